//! What time brings: holds end, unknown payments are asked about, jobs are done.
//!
//! Everything here may be done twice, by this process after a crash or by two processes at once: the database decides.

mod jobs;
mod links;
pub mod roll;
mod settle;

use std::time::Duration;

use domain::{
    id::BookingId,
    payment::{AttemptState, BookingState},
};
use tokio::sync::watch;

use crate::{
    api::error::ApiError,
    app::App,
    payments::ask,
    store::{
        attempt::{self, AttemptRecord},
        booking::{self, BookingRecord},
        claim, sought,
    },
};

/// How often the worker looks, and how much of each kind it takes at a time.
const EVERY: Duration = Duration::from_millis(500);
const BATCH: i64 = 50;

/// Works until told to stop.
pub async fn run(app: App, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        tick(&app).await;
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            changed = stop.changed() => {
                // Whoever could tell us to stop is gone.
                if changed.is_err() {
                    return;
                }
            }
        }
    }
}

/// Does what is due now. A failure is logged, and tried again at the next tick.
pub async fn tick(app: &App) {
    for (what, result) in [
        ("ends of holds", end_holds(app).await),
        ("unknown payments", ask_about(app).await),
        ("visit links", links::run(app).await),
        ("jobs", jobs::run(app).await),
        ("Stripe's list of movements", settle::run(app).await),
        ("figures", roll::run(app).await),
        ("what visits are found by", fill_in_sought(app).await),
    ] {
        if let Err(error) = result {
            tracing::warn!(what, %error, "the worker could not go on");
        }
    }
}

/// What old bookings are found by.
async fn fill_in_sought(app: &App) -> Result<(), ApiError> {
    if !sought::any_missing(app.store.read()).await? {
        return Ok(());
    }
    let mut write = app.store.write().await?;
    sought::fill_in(write.conn(), 4 * BATCH).await?;
    Ok(write.commit().await?)
}

async fn end_holds(app: &App) -> Result<(), ApiError> {
    for id in booking::holds_over(app.store.read(), app.now(), BATCH).await? {
        if let Err(error) = end_hold(app, &id).await {
            tracing::warn!(booking = %id, %error, "a hold could not be ended yet");
        }
    }
    Ok(())
}

/// Ends one hold: first what could still take money for it, then the hold.
async fn end_hold(app: &App, id: &BookingId) -> Result<(), ApiError> {
    let attempts = attempt::of_booking(app.store.read(), id).await?;
    // Read after its attempts: the list of holds may be minutes old by now, and a hold that was taken again meanwhile may
    // have a new payment.
    let booking = booking::find(app.store.read(), id).await?;
    if !booking.is_some_and(|booking| is_over(app, &booking)) {
        return Ok(());
    }
    if let Some(open) = attempts.iter().find(|attempt| attempt.state.is_open())
        && !is_ended(app, open).await?
    {
        // Not known yet. The slot stays taken rather than being sold twice.
        return Ok(());
    }
    let mut write = app.store.write().await?;
    let Some(booking) = booking::find(write.conn(), id).await? else {
        return Ok(());
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
    Ok(())
}

fn is_over(app: &App, booking: &BookingRecord) -> bool {
    booking.state == BookingState::Held && booking.hold_until <= Some(app.now())
}

/// Ends a payment for the end of its hold, unless [`ask_about`] has to ask about it first: before its intent is known, the
/// first call may be under way, and a question beside it could take the money that the call is then told was not taken. Stripe's
/// own work can't be cancelled.
async fn is_ended(app: &App, open: &AttemptRecord) -> Result<bool, ApiError> {
    if open.intent.is_none() || open.state == AttemptState::Processing {
        return Ok(false);
    }
    Ok(!ask::end(app, open).await?.state.is_open())
}

async fn ask_about(app: &App) -> Result<(), ApiError> {
    for id in attempt::to_ask(app.store.read(), app.now(), BATCH).await? {
        let Some(attempt) = attempt::find(app.store.read(), &id).await? else {
            continue;
        };
        if let Err(error) = ask::again(app, &attempt).await {
            tracing::warn!(attempt = %id, %error, "a payment could not be asked about");
        }
    }
    Ok(())
}
