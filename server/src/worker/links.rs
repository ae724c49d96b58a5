//! What time brings to visit links: reminders, and visits that are called off because nobody paid.

use domain::{id::BookingId, payment::BookingState};

use super::BATCH;
use crate::{
    api::error::ApiError,
    app::App,
    payments::{mail, note},
    store::{
        StoreError,
        attempt::{self, AttemptRecord},
        audit::By,
        booking, claim,
        job::Letter,
        link,
    },
};

pub async fn run(app: &App) -> Result<(), ApiError> {
    remind(app).await?;
    for id in link::to_cancel(app.store.read(), app.now(), BATCH).await? {
        if let Err(error) = cancel(app, &id).await {
            tracing::warn!(booking = %id, %error, "an unpaid visit could not be called off yet");
        }
    }
    Ok(())
}

async fn remind(app: &App) -> Result<(), ApiError> {
    let now = app.now();
    if !link::any_to_remind(app.store.read(), now).await? {
        return Ok(());
    }
    let mut write = app.store.write().await?;
    for id in link::take_to_remind(write.conn(), now, BATCH).await? {
        if let Some(visit) = booking::find(&mut *write.conn(), &id).await? {
            // Whether it is still to be paid is looked at when the letter is written.
            mail(&mut write, &visit, Letter::Reminder, now).await?;
        }
    }
    Ok(write.commit().await?)
}

/// Calls a visit off, unless it was paid or somebody is paying: that is waited for.
async fn cancel(app: &App, id: &BookingId) -> Result<(), ApiError> {
    let mut write = app.store.write().await?;
    let Some(visit) = booking::find(&mut *write.conn(), id).await? else {
        return Ok(());
    };
    let attempts = attempt::of_booking(&mut *write.conn(), id).await?;
    if attempts.iter().any(|one| one.state.is_open()) {
        return Ok(());
    }
    let paid = attempts.iter().any(AttemptRecord::pays);
    if !paid && visit.state == BookingState::Booked {
        if !booking::advance(write.conn(), id, visit.version, BookingState::Cancelled).await? {
            return Ok(());
        }
        claim::give_up(write.conn(), id.as_str()).await?;
        mail(&mut write, &visit, Letter::CalledOff, app.now()).await?;
        let what = "called the visit off: it was not paid in time";
        note(&mut write, (&visit.salon, id), By::Server, what, app.now()).await?;
        tracing::info!(booking = %id, "a visit that was not paid in time is called off");
    }
    link::forget_cancelling(write.conn(), id).await?;
    match write.commit().await {
        // Done again at the next tick.
        Err(StoreError::Conflict(_)) => Ok(()),
        done => Ok(done?),
    }
}
