//! What an answer to a dispute says: of a payment for a booking, or of a fee.

use domain::{
    fee::FeeState,
    payment::{BookingState, Purpose},
};

use super::Case;
use crate::{
    mail,
    office::{desk::Desk, fees::what, trouble::Trouble, when},
    store::{
        attempt, audit,
        booking::{self, BookingRecord},
        card::{self, CardRecord},
        fee::{self, Cause, FeeRecord},
        offer, visit,
    },
};

/// What goes to Stripe: facts by their own names, and the story.
pub async fn fields(desk: &Desk, case: &Case, story: &str) -> Result<Vec<(String, String)>, Trouble> {
    let db = desk.app.store.read();
    let visit = &case.visit;
    let lines = booking::lines(db, &visit.id, visit.quote.price.currency()).await?;
    let services: Vec<String> = lines.into_iter().map(|line| line.name).collect();
    let services = services.join(", ");
    let zone = when::zone(&desk.salon.salon.time_zone);
    let fee = fee_of(desk, case).await?;
    let card = card::of_booking(db, &visit.id).await?;
    let mut address = attempt::address(db, &case.attempt.id).await?;
    if let (None, Some(card)) = (&address, &card) {
        // Nobody was there when a saved card was charged: what is known is from where its holder agreed to that.
        address = attempt::address(db, &card.attempt).await?;
    }
    let mut policy = vec![terms(desk, visit)];
    if let (Some(_), Some(card)) = (&fee, &card) {
        policy.push(agreed(desk, card));
    }
    let all = [
        ("customer_name", visit.client.name.clone()),
        ("customer_email_address", visit.client.email.clone()),
        ("customer_purchase_ip", address.unwrap_or_default()),
        (
            "product_description",
            match &fee {
                Some(fee) => format!("Fee {}: {services}", what(fee.cause)),
                None => services,
            },
        ),
        ("service_date", when::full(visit.start, &zone)),
        ("cancellation_policy_disclosure", policy.join("\n")),
        ("uncategorized_text", story.to_owned()),
    ];
    Ok(all
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| (name.to_owned(), text))
        .collect())
}

/// A first draft of the story, from what is known.
pub async fn story(desk: &Desk, case: &Case) -> Result<String, Trouble> {
    let db = desk.app.store.read();
    let (visit, public) = (&case.visit, &desk.salon.salon);
    let zone = when::zone(&public.time_zone);
    let who = offer::employee_name(db, &visit.employee).await?;
    let by_client = visit.choice.is_some();
    let mut text = vec![format!(
        "{} booked this visit at {} ({}) under the name {}: {} with {who}, booking {}.",
        if by_client {
            "The client"
        } else {
            "The salon, for the client,"
        },
        public.name,
        public.address,
        visit.client.name,
        when::full(visit.start, &zone),
        visit.reference
    )];
    match fee_of(desk, case).await? {
        Some(fee) => text.extend(of_fee(desk, case, &fee).await?),
        None => text.extend([
            format!(
                "The client paid {} by card on {}, on a page that named the price, the terms for cancelling and the salon.",
                case.attempt.sum,
                when::full(case.attempt.created, &zone)
            ),
            terms(desk, visit),
        ]),
    }
    if !visit.client.email.is_empty() {
        if by_client {
            text.push(format!("A confirmation went to {}.", visit.client.email));
        }
        text.extend(visits_before(desk, visit).await?);
    }
    for deed in audit::of_booking(db, &visit.id).await?.iter().rev() {
        text.push(format!(
            "{}: {} {}.",
            when::full(deed.at, &zone),
            deed.who,
            deed.what
        ));
    }
    Ok(text.join("\n"))
}

/// The fee that the disputed payment is of; `None`: it paid for the booking.
async fn fee_of(desk: &Desk, case: &Case) -> Result<Option<FeeRecord>, Trouble> {
    Ok(match case.attempt.purpose {
        Purpose::Booking | Purpose::Rest => None,
        Purpose::Fee => fee::latest(desk.app.store.read(), &case.visit.id).await?,
    })
}

/// How a fee came about, and how it was paid.
async fn of_fee(desk: &Desk, case: &Case, fee: &FeeRecord) -> Result<Vec<String>, Trouble> {
    let (attempt, visit) = (&case.attempt, &case.visit);
    let zone = when::zone(&desk.salon.salon.time_zone);
    let (noted, paid) = (when::full(fee.created, &zone), when::full(attempt.created, &zone));
    let mut text = vec![
        terms(desk, visit),
        match fee.cause {
            Cause::Cancelled => format!("The visit was cancelled on {noted}."),
            Cause::Missed => format!("The client did not come, which was noted on {noted}."),
        },
        format!("By these terms that costs {}.", fee.sum),
    ];
    if !fee.kept.is_zero() && fee.state != FeeState::Waived {
        text.push(format!(
            "{} of it was kept of what was paid in advance.",
            fee.kept
        ));
    }
    if !attempt.confirmation_token.is_empty() {
        text.push(format!(
            "The client paid {} of it by card on {paid}, on a page that named the fee, what it is for and the salon.",
            attempt.sum
        ));
    } else if let Some(card) = card::of_booking(desk.app.store.read(), &visit.id).await? {
        text.push(agreed(desk, &card));
        text.push(format!(
            "By that agreement {} was charged to the saved card on {paid}, without the client.",
            attempt.sum
        ));
    }
    Ok(text)
}

/// The terms for cancelling that the client was told of.
fn terms(desk: &Desk, visit: &BookingRecord) -> String {
    let explained = visit.cancelling(&desk.salon);
    let zone = &desk.salon.salon.time_zone;
    let Some(until) = explained.free_until else {
        return "Terms for cancelling that the client was told of: free at any time.".to_owned();
    };
    let mut text = format!(
        "Terms for cancelling that the client was told of: Free to cancel until {}.",
        mail::when(until, zone, false)
    );
    for step in &explained.steps {
        let from = mail::when(step.from, zone, false);
        text.push_str(&format!(" From {from} on it costs {}.", step.fee));
    }
    text
}

/// What the card's holder agreed to.
fn agreed(desk: &Desk, card: &CardRecord) -> String {
    let (consent, zone) = (&card.consent, &desk.salon.salon.time_zone);
    format!(
        "On {} the client ticked a box beside this sentence (version {}, language {}): “{}”",
        mail::when(consent.at, zone, false),
        consent.version,
        consent.language,
        consent.text
    )
}

async fn visits_before(desk: &Desk, visit: &BookingRecord) -> Result<Option<String>, Trouble> {
    let (db, public) = (desk.app.store.read(), &desk.salon.salon);
    let (now, zone) = (desk.app.now(), when::zone(&public.time_zone));
    let others = visit::of_client(db, desk.slug(), public.currency, &visit.client.email).await?;
    let before: Vec<String> = others
        .iter()
        .filter(|row| row.id != visit.id && row.end < now && row.state == BookingState::Booked)
        .take(10)
        .map(|row| format!("{} ({})", when::full(row.start, &zone), row.first))
        .collect();
    Ok((!before.is_empty()).then(|| format!("The same client was here before: {}.", before.join("; "))))
}
