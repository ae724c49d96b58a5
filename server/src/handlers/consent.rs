//! The sentence by which a client lets the salon save the card for fees.

use domain::{money::Money, payment::BookingState, terms::Offer, time::Moment};

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

/// The sentence, where the salon saves cards, cancelling or not coming can cost something, and the client may pay by card.
/// Not in India, where no card can be charged without its holder.
#[must_use]
pub fn offered(salon: &SalonRecord, booking: &BookingRecord) -> Option<confirm::Consent> {
    let pays = booking.state == BookingState::Held && !matches!(booking.quote.offer, Offer::AtSalon);
    if !salon.changes.save_cards || !pays || salon.salon.country == "IN" {
        return None;
    }
    let price = booking.quote.services();
    let explained = salon.cancellation.explain(booking.start, price);
    let most = explained.steps.iter().map(|step| step.fee.minor()).max()?;
    let most = Money::new(most, price.currency())
        .ok()
        .filter(|most| !most.is_zero())?;
    let name = &salon.salon.name;
    let text = if booking.client.language.starts_with("de") {
        let most = mail::sum(most, true);
        format!(
            "Ich bin einverstanden, dass {name} diese Karte bei Stripe speichert und davon, ohne erneut zu fragen, die oben \
             genannte Gebühr abbucht, wenn ich spät absage oder nicht komme: höchstens {most}."
        )
    } else {
        let most = mail::sum(most, false);
        format!(
            "I agree that {name} saves this card with Stripe and charges it, without asking again, the fee named above if I \
             cancel late or do not come: at most {most}."
        )
    };
    Some(confirm::Consent {
        text,
        version: VERSION,
    })
}

/// What is kept of what a client agreed to: only what was offered counts.
///
/// # Errors
/// `PriceChanged` when the sentence is another one by now.
pub fn check(
    salon: &SalonRecord,
    booking: &BookingRecord,
    given: Option<confirm::Consent>,
    now: Moment,
) -> Result<Option<Consent>, ApiError> {
    let Some(given) = given else { return Ok(None) };
    if offered(salon, booking).as_ref() != Some(&given) {
        return Err(ApiError::new(
            Code::PriceChanged,
            "The salon has just changed its terms. Look at them again.",
        ));
    }
    Ok(Some(Consent {
        text: given.text,
        version: given.version,
        language: booking.client.language.clone(),
        at: now,
    }))
}
