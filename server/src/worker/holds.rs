//! Ends holds that are over.

use domain::{
    id::BookingId,
    payment::{AttemptState, BookingState},
};

use super::{BATCH, turn::Turn};
use crate::{
    api::error::ApiError,
    app::App,
    payments::ask,
    store::{
        attempt::{self, AttemptRecord},
        booking::{self, BookingRecord},
        claim, hold,
    },
};

/// The longest pause until the end of a hold is tried again, in milliseconds: its time can't be sold until then.
const LONGEST: i64 = 10 * 60_000;

/// Ends the holds of a salon that are over.
pub async fn run(app: &App, salon: &str, turn: &mut Turn) -> Result<(), ApiError> {
    for (id, tries) in hold::over(app.store.read(), salon, app.now(), BATCH).await? {
        if turn.is_over() {
            break;
        }
        match turn.step(end_hold(app, &id)).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(booking = %id, %error, "a hold could not be ended yet"),
        }
        let again = app.now().plus_millis(ask::pause(tries + 1).min(LONGEST));
        let mut write = app.store.write().await?;
        hold::put_off(write.conn(), &id, again).await?;
        write.commit().await?;
    }
    Ok(())
}

/// Ends one hold: first what could still take money for it, then the hold. `false` when that can't be done yet.
async fn end_hold(app: &App, id: &BookingId) -> Result<bool, ApiError> {
    let attempts = attempt::of_booking(app.store.read(), id).await?;
    // Read after its attempts: the list of holds may be minutes old by now, and a hold that was taken again meanwhile may
    // have a new payment.
    let booking = booking::find(app.store.read(), id).await?;
    if !booking.is_some_and(|booking| is_over(app, &booking)) {
        return Ok(true);
    }
    if let Some(open) = attempts.iter().find(|attempt| attempt.state.is_open())
        && !is_ended(app, open).await?
    {
        // Not known yet. The slot stays taken rather than being sold twice.
        return Ok(false);
    }
    let mut write = app.store.write().await?;
    let Some(booking) = booking::find(write.conn(), id).await? else {
        return Ok(true);
    };
    let open = attempt::of_booking(write.conn(), id)
        .await?
        .iter()
        .any(|attempt| attempt.state.is_open());
    if is_over(app, &booking)
        && !open
        && booking::advance(write.conn(), id, booking.version, BookingState::Expired).await?
    {
        claim::give_up(write.conn(), id.as_str()).await?;
        write.commit().await?;
        tracing::info!(booking = %id, "a hold ended");
    }
    Ok(true)
}

fn is_over(app: &App, booking: &BookingRecord) -> bool {
    booking.state == BookingState::Held && booking.hold_until <= Some(app.now())
}

/// Ends a payment for the end of its hold, unless the worker has to ask about it first: before its intent is known, the
/// first call may be under way, and a question beside it could take the money that the call is then told was not taken. Stripe's
/// own work can't be cancelled.
async fn is_ended(app: &App, open: &AttemptRecord) -> Result<bool, ApiError> {
    if open.intent.is_none() || open.state == AttemptState::Processing {
        return Ok(false);
    }
    Ok(!ask::end(app, open).await?.state.is_open())
}
