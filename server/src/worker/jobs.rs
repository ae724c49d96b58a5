//! Does the jobs that are due.

use domain::{
    id::{AttemptId, RefundId},
    payment::AttemptState,
    refund::RefundState,
};

use super::BATCH;
use crate::{
    api::error::{ApiError, Code},
    app::App,
    mail,
    payments::{self, ask},
    store::{
        attempt,
        job::{self, DueJob, Job},
        refund,
    },
    stripe::{StripeError, object},
};

/// How long a job may take before it counts as lost with its process, in milliseconds.
const LEASE: i64 = 120_000;

pub async fn run(app: &App) -> Result<(), ApiError> {
    while job::any_due(app.store.read(), app.now()).await? {
        let now = app.now();
        let mut write = app.store.write().await?;
        let due = job::take(write.conn(), now, now.plus_millis(LEASE), BATCH).await?;
        write.commit().await?;
        let mut results = Vec::with_capacity(due.len());
        for job in due {
            let result = work(app, &job).await;
            results.push((job, result));
        }
        note(app, results).await?;
    }
    Ok(())
}

/// Notes in one transaction which jobs are done, and which are tried again when.
async fn note(app: &App, results: Vec<(DueJob, Result<(), ApiError>)>) -> Result<(), ApiError> {
    let now = app.now();
    let mut write = app.store.write().await?;
    for (job, result) in results {
        match result {
            Ok(()) => job::finish(write.conn(), &job.id, now).await?,
            Err(error) => {
                tracing::warn!(job = %job.id, tries = job.tries, %error, "a job failed, and is tried again");
                let again = now.plus_millis(pause(job.tries));
                job::put_off(write.conn(), &job.id, again, &error.message).await?;
            }
        }
    }
    Ok(write.commit().await?)
}

async fn work(app: &App, due: &DueJob) -> Result<(), ApiError> {
    match &due.job {
        Job::Mail { booking, letter } => mail::send(app, &due.id, booking, *letter).await,
        Job::CancelIntent { attempt } => cancel(app, attempt).await,
        Job::Refund { refund } => give_back(app, due, refund).await,
        Job::ReadRefunds { attempt } => read_refunds(app, attempt).await,
        Job::AnswerDispute { evidence } => payments::evidence::send(app, evidence).await,
        Job::Notify {
            salon,
            attempt,
            notice,
        } => mail::notify(app, &due.id, salon, attempt, *notice).await,
    }
}

/// Cancels the intent of a declined attempt. If it turns out paid, that goes the way of every observation.
async fn cancel(app: &App, id: &AttemptId) -> Result<(), ApiError> {
    let Some(attempt) = attempt::find(app.store.read(), id).await? else {
        return Ok(());
    };
    if attempt.state != AttemptState::Declined {
        return Ok(());
    }
    let after = ask::cancel(app, &attempt).await?;
    // No answer is no end of it: whoever has the intent's secret could still confirm it.
    if after.state == AttemptState::Declined && after.intent.is_some() {
        return Err(ApiError::new(
            Code::PaymentDown,
            "Stripe did not say that the intent is cancelled",
        ));
    }
    Ok(())
}

async fn give_back(app: &App, due: &DueJob, id: &RefundId) -> Result<(), ApiError> {
    let Some(row) = refund::find(app.store.read(), id).await? else {
        return Ok(());
    };
    if row.state != RefundState::Created {
        return Ok(());
    }
    let Some(attempt) = attempt::find(app.store.read(), &row.attempt).await? else {
        return Ok(());
    };
    let Some(intent) = &attempt.intent else {
        return Err(ApiError::new(
            Code::Failed,
            "the payment to give back has no intent yet",
        ));
    };
    let key = ask::key_of(app, &attempt).await?;
    // Tried before: Stripe forgets keys after a day, so what came of it is looked for first.
    if due.tries > 1 {
        let made = app.stripe.refunds(&key, intent).await.map_err(no_refund)?;
        let of_ours = |one: &&object::Refund| one.metadata.refund.as_deref() == Some(id.as_str());
        if let Some(made) = made.iter().find(of_ours) {
            return payments::refund::observe(app, &attempt.salon, made).await;
        }
    }
    match app.stripe.refund(&key, id, intent, row.sum).await {
        Ok(mut made) => {
            // This is the refund that was asked for, whatever is written in it.
            made.metadata.refund = Some(id.as_str().to_owned());
            payments::refund::observe(app, &attempt.salon, &made).await
        }
        Err(StripeError::Refused { status, code, .. }) if !matches!(status, 401 | 403 | 429) => {
            tracing::error!(refund = %id, ?code, "Stripe refused a refund");
            payments::refund::refused(app, &attempt, &row).await
        }
        Err(error) => Err(no_refund(error)),
    }
}

fn no_refund(error: StripeError) -> ApiError {
    tracing::error!(%error, "a refund failed");
    ApiError::new(Code::PaymentDown, "Stripe did not take the refund")
}

/// Asks which refunds an attempt has, and applies each.
async fn read_refunds(app: &App, id: &AttemptId) -> Result<(), ApiError> {
    let Some(attempt) = attempt::find(app.store.read(), id).await? else {
        return Ok(());
    };
    let Some(intent) = &attempt.intent else {
        return Ok(());
    };
    let key = ask::key_of(app, &attempt).await?;
    for seen in app.stripe.refunds(&key, intent).await.map_err(no_refund)? {
        payments::refund::observe(app, &attempt.salon, &seen).await?;
    }
    Ok(())
}

/// Milliseconds until a job that was tried so often is tried again: 2 s, doubled each time, at most an hour.
fn pause(tries: i64) -> i64 {
    let doublings = u32::try_from(tries.clamp(1, 12)).unwrap_or(1) - 1;
    (2_000_i64 << doublings).min(3_600_000)
}
