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
    mail, messages,
    payments::{self, ask},
    store::{
        attempt,
        job::{self, DueJob, Job},
        refund::{self, RefundRecord},
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

/// What came of a job.
enum Outcome {
    Done,
    /// It is to be done again after so many milliseconds.
    Again(i64),
}

/// Notes in one transaction which jobs are done, and which are tried again when.
async fn note(app: &App, results: Vec<(DueJob, Result<Outcome, ApiError>)>) -> Result<(), ApiError> {
    let now = app.now();
    let mut write = app.store.write().await?;
    for (job, result) in results {
        match result {
            Ok(Outcome::Done) => job::finish(write.conn(), &job.id, now).await?,
            Ok(Outcome::Again(after)) => {
                job::put_off(write.conn(), &job.id, now.plus_millis(after), "").await?;
            }
            Err(error) => {
                tracing::warn!(job = %job.id, tries = job.tries, %error, "a job failed, and is tried again");
                let again = now.plus_millis(pause(job.tries));
                job::put_off(write.conn(), &job.id, again, &error.message).await?;
            }
        }
    }
    Ok(write.commit().await?)
}

async fn work(app: &App, due: &DueJob) -> Result<Outcome, ApiError> {
    let done = match &due.job {
        Job::Mail { booking, letter } => mail::send(app, &due.id, booking, *letter).await,
        Job::MailRefund { refund } => mail::refund::send(app, &due.id, refund).await,
        Job::Message { booking, letter } => messages::send(app, &due.id, booking, *letter).await,
        Job::MessageRefund { refund } => messages::refund::send(app, &due.id, refund).await,
        Job::CancelIntent { attempt } => cancel(app, attempt).await,
        Job::Refund { refund } => give_back(app, due, refund).await,
        Job::ReadRefunds { attempt } => read_refunds(app, attempt).await,
        Job::AnswerDispute { evidence } => payments::evidence::send(app, evidence).await,
        Job::ReadDisputes { attempt } => read_disputes(app, attempt).await,
        Job::AwaitRefund { refund } => return await_refund(app, refund).await,
        Job::Notify {
            salon,
            attempt,
            notice,
        } => mail::to_salon::notify(app, &due.id, salon, attempt, *notice).await,
        Job::Tell { booking, news } => mail::to_salon::tell(app, &due.id, booking, *news).await,
    };
    done.map(|()| Outcome::Done)
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

/// Asks what became of a refund that is on its way.
async fn await_refund(app: &App, id: &RefundId) -> Result<Outcome, ApiError> {
    let Some(waits) = waiting(app, id).await? else {
        return Ok(Outcome::Done);
    };
    read_refunds(app, &waits.attempt).await?;
    Ok(match waiting(app, id).await? {
        Some(_) => Outcome::Again(payments::refund::LOOK_AGAIN),
        None => Outcome::Done,
    })
}

async fn waiting(app: &App, id: &RefundId) -> Result<Option<RefundRecord>, ApiError> {
    let row = refund::find(app.store.read(), id).await?;
    Ok(row.filter(|row| row.state.waits()))
}

/// Asks which disputes an attempt has, and applies each.
async fn read_disputes(app: &App, id: &AttemptId) -> Result<(), ApiError> {
    let Some(attempt) = attempt::find(app.store.read(), id).await? else {
        return Ok(());
    };
    let Some(intent) = &attempt.intent else {
        return Ok(());
    };
    let key = ask::key_of(app, &attempt).await?;
    let disputes = app.stripe.disputes(&key, intent).await.map_err(|error| {
        tracing::warn!(%error, "disputes could not be read");
        ApiError::new(Code::PaymentDown, "Stripe did not give its disputes")
    })?;
    for seen in disputes {
        payments::dispute::observe(app, &attempt.salon, &seen).await?;
    }
    Ok(())
}

/// Milliseconds until a job that was tried so often is tried again: 2 s, doubled each time, at most an hour.
fn pause(tries: i64) -> i64 {
    let doublings = u32::try_from(tries.clamp(1, 12)).unwrap_or(1) - 1;
    (2_000_i64 << doublings).min(3_600_000)
}
