//! Reads all that decides what an observation means.

use domain::{
    fee::FeeState,
    id::GroupDateId,
    payment::{BookingState, Observation, Purpose, Situation, Slot},
};

use super::{fee, rest};
use crate::{
    api::error::ApiError,
    store::{
        StoreError, Write,
        attempt::{self, AttemptRecord},
        booking::BookingRecord,
        claim, missed,
    },
};

/// The time is looked at only when money is seen: nothing else depends on it.
pub async fn read(
    write: &mut Write,
    booking: &BookingRecord,
    attempt: &AttemptRecord,
    attempts: &[AttemptRecord],
    seen: Observation,
) -> Result<Situation, ApiError> {
    let mut paid_otherwise = attempts
        .iter()
        .any(|other| other.id != attempt.id && other.pays());
    let mut fits = match attempt.purpose {
        Purpose::Booking => booking.quote.accepts(attempt.sum),
        Purpose::Fee => {
            // One that is charged already is so by another attempt, whatever became of that one's money.
            let fee = fee::of_attempt(write.conn(), attempt).await?;
            paid_otherwise |= fee.as_ref().is_none_or(|fee| fee.state == FeeState::Charged);
            fee.is_some_and(|fee| fee.rest == attempt.sum)
        }
        Purpose::Rest => {
            let first = attempt::of_booking(write.conn(), &booking.id).await?;
            let left = rest::left(booking, &first).map_err(StoreError::damaged)?;
            booking.state == BookingState::Booked && left == Some(attempt.sum)
        }
    };
    let counts = attempt.purpose != Purpose::Fee && booking.state == BookingState::Booked;
    if counts && seen == Observation::Succeeded {
        // For a visit that was missed only its fee is asked for.
        fits &= missed::at(write.conn(), &booking.id).await?.is_none();
    }
    let slot = if seen == Observation::Succeeded {
        slot(write, booking).await?
    } else {
        Slot::Taken
    };
    Ok(Situation {
        booking: booking.state,
        attempt: attempt.state,
        slot,
        paid_otherwise,
        fits,
    })
}

pub async fn seats(write: &mut Write, date: &GroupDateId) -> Result<u16, StoreError> {
    let (seats,): (i64,) = sqlx::query_as("SELECT seats FROM group_date WHERE id = $1")
        .bind(date.as_str())
        .fetch_one(write.conn())
        .await?;
    u16::try_from(seats).map_err(StoreError::damaged)
}

async fn slot(write: &mut Write, booking: &BookingRecord) -> Result<Slot, ApiError> {
    if matches!(booking.state, BookingState::Held | BookingState::Booked)
        && claim::has_any(write.conn(), booking.id.as_str()).await?
    {
        return Ok(Slot::Kept);
    }
    let free = match &booking.group_date {
        None => claim::is_time_free(write.conn(), &booking.employee, booking.start, booking.end).await?,
        Some(date) => claim::is_seat_free(write.conn(), date).await?,
    };
    Ok(if free { Slot::Free } else { Slot::Taken })
}
