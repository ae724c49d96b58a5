//! A booking as its client sees it.

use domain::payment::{AttemptState, BookingState};

use crate::{
    api::{
        booking::{Booking, Payment, State},
        error::ApiError,
    },
    app::App,
    store::{
        attempt::{self, AttemptRecord},
        booking::{self, BookingRecord},
        salon,
    },
};

/// A booking as its client sees it.
///
/// # Errors
/// [`ApiError`].
pub async fn view(app: &App, record: &BookingRecord) -> Result<Booking, ApiError> {
    let attempts = attempt::of_booking(app.store.read(), &record.id).await?;
    let salon = salon::find(app.store.read(), &record.salon).await?;
    let lines = booking::lines(app.store.read(), &record.id, record.quote.price.currency()).await?;
    let employee: Option<(String,)> = sqlx::query_as("SELECT name FROM employee WHERE id = $1")
        .bind(record.employee.as_str())
        .fetch_optional(app.store.read())
        .await?;
    let terms = salon.map(|salon| salon.cancellation).unwrap_or_default();
    Ok(Booking {
        id: record.id.clone(),
        reference: record.reference.clone(),
        salon: record.salon.clone(),
        lines,
        employee: employee.map(|(name,)| name).unwrap_or_default(),
        start: record.start,
        end: record.end,
        client: record.client.name.clone(),
        email: record.client.email.clone(),
        quote: record.quote.clone(),
        cancellation: terms.explain(record.start, record.quote.price),
        state: match record.state {
            BookingState::Held => State::Held {
                until: record.hold_until.unwrap_or(record.start),
            },
            BookingState::Booked => State::Booked,
            BookingState::Expired => State::Expired,
            BookingState::Cancelled => State::Cancelled,
        },
        payment: payment(&attempts),
        choice: record.choice.clone(),
        now: app.now(),
    })
}

/// Where the payment of these attempts stands, the latest first.
#[must_use]
pub fn payment(attempts: &[AttemptRecord]) -> Payment {
    let paid = attempts
        .iter()
        .find(|attempt| attempt.state == AttemptState::Succeeded);
    if let Some(paid) = paid {
        let kept = paid.refunded < paid.sum.minor();
        return if kept {
            Payment::Paid { sum: paid.sum }
        } else {
            Payment::GivenBack { sum: paid.sum }
        };
    }
    match attempts.first() {
        None => Payment::None,
        Some(latest) => match latest.state {
            AttemptState::RequiresAction => Payment::WithBank,
            AttemptState::Created | AttemptState::Unknown | AttemptState::Processing => Payment::UnderWay,
            AttemptState::Declined => latest
                .decline
                .map_or(Payment::None, |decline| Payment::Declined { decline }),
            AttemptState::Canceled | AttemptState::Succeeded => Payment::None,
        },
    }
}
