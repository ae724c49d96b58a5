//! The sentence by which a client lets the salon save the card for fees.

use domain::{money::Money, payment::BookingState, terms::Offer, time::Moment};

use super::bill::Bill;
use crate::{
    api::{
        confirm,
        error::{ApiError, Code},
    },
    mail,
    store::{booking::BookingRecord, card::Consent, salon::SalonRecord},
};

/// Grows when the sentence's meaning changes.
const VERSION: u16 = 1;

/// The sentence, where the salon saves cards, cancelling or not coming can cost something, and the client may pay by card: with the
/// booking itself, not with its rest or its fee. Not in India, where no card can be charged without its holder.
#[must_use]
pub fn offered(salon: &SalonRecord, booking: &BookingRecord) -> Option<confirm::Consent> {
    sentence(salon, booking).map(|(consent, _)| consent)
}

/// The sentence, and the sum that it names.
fn sentence(salon: &SalonRecord, booking: &BookingRecord) -> Option<(confirm::Consent, Money)> {
    // A booking that is being made, or a visit whose link was opened.
    let open = match booking.state {
        BookingState::Held => true,
        BookingState::Booked => booking.choice.is_none() && booking.token_until.is_some(),
        BookingState::Expired | BookingState::Cancelled => false,
    };
    let pays = open && !matches!(booking.quote.offer, Offer::AtSalon);
    if !salon.changes.save_cards || !pays || salon.salon.country == "IN" {
        return None;
    }
    let price = booking.quote.services();
    let explained = booking.cancelling(salon);
    let most = explained.steps.iter().map(|step| step.fee.minor()).max()?;
    let most = Money::new(most, price.currency())
        .ok()
        .filter(|most| !most.is_zero())?;
    let name = &salon.salon.name;
    let text = if booking.client.language.starts_with("de") {
        let sum = mail::sum(most, true);
        format!(
            "Ich bin einverstanden, dass {name} diese Karte bei Stripe speichert und davon, ohne erneut zu fragen, die oben \
             genannte Gebühr abbucht, wenn ich spät absage oder nicht komme: höchstens {sum}."
        )
    } else {
        let sum = mail::sum(most, false);
        format!(
            "I agree that {name} saves this card with Stripe and charges it, without asking again, the fee named above if I \
             cancel late or do not come: at most {sum}."
        )
    };
    let consent = confirm::Consent {
        text,
        version: VERSION,
    };
    Some((consent, most))
}

/// What is kept of what a client agreed to: only what was offered counts.
///
/// # Errors
/// `PriceChanged` when the sentence is another one by now.
pub fn check(
    salon: &SalonRecord,
    booking: &BookingRecord,
    bill: &Bill,
    given: Option<confirm::Consent>,
    now: Moment,
) -> Result<Option<Consent>, ApiError> {
    let Some(given) = given else { return Ok(None) };
    let offered = sentence(salon, booking).filter(|_| matches!(bill, Bill::Visit));
    let Some((_, most)) = offered.filter(|(offered, _)| *offered == given) else {
        return Err(ApiError::new(
            Code::PriceChanged,
            "The salon has just changed its terms. Look at them again.",
        ));
    };
    Ok(Some(Consent {
        text: given.text,
        version: given.version,
        most: Some(most),
        language: booking.client.language.clone(),
        at: now,
    }))
}
