//! A booking as its client sees it.

use domain::{
    money::Money,
    payment::{AttemptState, BookingState, Purpose},
};

use super::{
    bill::{self, Bill, Rest},
    consent, link, tip,
};
use crate::{
    api::{
        booking::{Booking, Line, Payment, State},
        error::ApiError,
    },
    app::App,
    payments::manage,
    store::{
        StoreError,
        attempt::{self, AttemptRecord, Reach},
        booking::{self, BookingRecord},
        fee::FeeRecord,
        offer,
        salon::{self, SalonRecord},
    },
};

/// What is known of a booking besides its own row.
#[derive(Debug)]
pub struct Around<'a> {
    /// Its salon.
    pub salon: &'a SalonRecord,
    /// Its attempts, the latest first.
    pub attempts: &'a [AttemptRecord],
    /// Its services and products.
    pub lines: Vec<Line>,
    /// The name of who does it.
    pub employee: String,
    /// Where its client looks after it.
    pub manage: Option<String>,
    /// Whether a tip may be added.
    pub tips: bool,
    /// By when it is to be paid by its link.
    pub deadline: Option<String>,
}

/// A booking as its client sees it: four queries. A page that was opened by a link for a fee or a rest sees that.
///
/// # Errors
/// [`ApiError`].
pub async fn view(app: &App, record: &BookingRecord) -> Result<Booking, ApiError> {
    view_for(app, record, &bill::of_page(app, record).await?).await
}

/// What is to be paid for a booking, as the client sees it who is to pay it: the booking itself, its rest, or its fee.
///
/// # Errors
/// [`ApiError`].
pub async fn view_for(app: &App, record: &BookingRecord, bill: &Bill) -> Result<Booking, ApiError> {
    match bill {
        Bill::Fee(fee) => view_of_fee(app, record, fee).await,
        Bill::Rest(rest) => view_of_rest(app, record, *rest).await,
        Bill::Visit => view_of_booking(app, record).await,
    }
}

async fn view_of_rest(app: &App, record: &BookingRecord, rest: Rest) -> Result<Booking, ApiError> {
    let db = app.store.read();
    let salon = salon::find(db, &record.salon)
        .await?
        .ok_or_else(|| StoreError::damaged("a booking without its salon"))?;
    let attempts = attempt::of_purpose(db, &record.id, Purpose::Rest).await?;
    let quote = bill::quote(rest.sum);
    let around = Around {
        salon: &salon,
        attempts: &attempts,
        lines: vec![bill::line_of_rest(rest, &record.client.language)],
        employee: offer::employee_name(db, &record.employee).await?,
        manage: None,
        tips: false,
        deadline: link::deadline(app, &salon, record, &quote, &attempts).await?,
    };
    Ok(Booking {
        choice: None,
        consent: None,
        quote,
        ..view_of(app, record, around)
    })
}

async fn view_of_fee(app: &App, record: &BookingRecord, fee: &FeeRecord) -> Result<Booking, ApiError> {
    let db = app.store.read();
    let salon = salon::find(db, &record.salon)
        .await?
        .ok_or_else(|| StoreError::damaged("a booking without its salon"))?;
    let attempts = attempt::of_purpose(db, &record.id, Purpose::Fee).await?;
    let around = Around {
        salon: &salon,
        attempts: &attempts,
        lines: vec![bill::line(fee, &record.client.language)],
        employee: offer::employee_name(db, &record.employee).await?,
        manage: None,
        tips: false,
        deadline: None,
    };
    Ok(Booking {
        consent: None,
        cancellation: bill::no_terms(),
        ..view_of(app, &bill::shown(record.clone(), fee), around)
    })
}

async fn view_of_booking(app: &App, record: &BookingRecord) -> Result<Booking, ApiError> {
    let db = app.store.read();
    let salon = salon::find(db, &record.salon)
        .await?
        .ok_or_else(|| StoreError::damaged("a booking without its salon"))?;
    let attempts = attempt::of_booking(db, &record.id).await?;
    // Read again after its attempts: what has paid it meanwhile has booked it too.
    let paid = attempts
        .iter()
        .any(|attempt| attempt.state == AttemptState::Succeeded);
    let again = if paid && record.state == BookingState::Held {
        booking::find(db, &record.id).await?
    } else {
        None
    };
    let record = again.as_ref().unwrap_or(record);
    let lines = booking::lines(db, &record.id, record.quote.price.currency()).await?;
    let around = Around {
        salon: &salon,
        attempts: &attempts,
        lines,
        employee: offer::employee_name(db, &record.employee).await?,
        manage: manage_address(app, record).await?,
        tips: tip::is_offered(app, record).await?,
        deadline: link::deadline(app, &salon, record, &record.quote, &attempts).await?,
    };
    Ok(view_of(app, record, around))
}

/// Where the client of a booking looks after it, once it is made. Not on pages opened by a link: whoever pays a visit need not
/// be the one who may cancel it.
///
/// # Errors
/// [`ApiError`].
pub async fn manage_address(app: &App, record: &BookingRecord) -> Result<Option<String>, ApiError> {
    let by_client = record.choice.is_some() && record.token_until.is_none();
    if by_client && record.state == BookingState::Booked {
        Ok(Some(manage::address(app, &record.id).await?))
    } else {
        Ok(None)
    }
}

/// The same, of what is known already.
#[must_use]
pub fn view_of(app: &App, record: &BookingRecord, mut around: Around<'_>) -> Booking {
    tip::name(&mut around.lines, &record.quote, &record.client.language);
    Booking {
        id: record.id.clone(),
        reference: record.reference.clone(),
        salon: record.salon.clone(),
        lines: around.lines,
        employee: around.employee,
        start: record.start,
        end: record.end,
        client: record.client.name.clone(),
        email: record.client.email.clone(),
        quote: record.quote.clone(),
        cancellation: record.cancelling(around.salon),
        state: match record.state {
            BookingState::Held => State::Held {
                until: record.hold_until.unwrap_or(record.start),
            },
            BookingState::Booked => State::Booked,
            BookingState::Expired => State::Expired,
            BookingState::Cancelled => State::Cancelled,
        },
        payment: payment(record.state, around.attempts),
        choice: record.choice.clone(),
        consent: consent::offered(around.salon, record),
        manage: around.manage,
        tips: around.tips,
        deadline: around.deadline,
        now: app.now(),
    }
}

/// Where the payment of a booking stands, by its attempts, the latest first.
#[must_use]
pub fn payment(booking: BookingState, attempts: &[AttemptRecord]) -> Payment {
    let Some(latest) = attempts.first() else {
        return Payment::None;
    };
    if let Some(paid) = attempts.iter().find(|attempt| attempt.pays()) {
        return match Money::new(paid.given_back(), paid.sum.currency()) {
            Ok(back) if booking == BookingState::Cancelled && !back.is_zero() => {
                Payment::GivenBack { sum: back }
            }
            _ => Payment::Paid { sum: paid.sum },
        };
    }
    // What went back is told of until the time is held anew, or another card is tried for a booking that stands.
    let tried = booking == BookingState::Booked && latest.by_client() && latest.declined().is_some();
    let told = booking != BookingState::Held && !latest.state.is_open() && !tried;
    let took =
        |attempt: &&AttemptRecord| attempt.state == AttemptState::Succeeded && attempt.reach != Reach::Test;
    if let Some(took) = attempts.iter().find(took).filter(|_| told) {
        return Payment::GivenBack { sum: took.sum };
    }
    match latest.state {
        AttemptState::RequiresAction => Payment::WithBank,
        AttemptState::Created | AttemptState::Unknown | AttemptState::Processing => Payment::UnderWay,
        AttemptState::Declined | AttemptState::Canceled => latest
            .declined()
            // What became of the saved card is not for the payer's page, where no card was entered yet.
            .filter(|_| latest.by_client())
            .map_or(Payment::None, |decline| Payment::Declined { decline }),
        AttemptState::Succeeded => Payment::None,
    }
}
