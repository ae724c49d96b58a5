//! Does the jobs that are due, one salon's beside another's.

use domain::{
    id::{AttemptId, RefundId},
    payment::AttemptState,
    refund::RefundState,
};

use super::turn::Turn;
use crate::{
    api::error::{ApiError, Code},
    app::App,
    mail, messages,
    payments::{self, ask},
    store::{
        StoreError,
        attempt::{self, AttemptRecord, Reach},
        dispute, evidence,
        job::{self, DueJob, Job, Queue},
        refund::{self, RefundRecord},
    },
    stripe::{StripeError, object},
};

/// How long a job may take before it counts as lost with its process, in milliseconds.
const LEASE: i64 = 120_000;

/// How long a job is left that is about an account which the salon had before, in milliseconds: it may come back to it.
const ASIDE: i64 = 24 * 3_600_000;

/// How long a job is left that can't be read, in milliseconds: a newer server may know it.
const UNREADABLE: i64 = 3_600_000;

/// Does the jobs of a salon that are due in a queue, each taken and noted by itself.
pub async fn run(app: &App, queue: Queue, salon: &str, turn: &mut Turn) -> Result<(), ApiError> {
    while !turn.is_over() {
        let now = app.now();
        let Some(id) = job::next_due(app.store.read(), queue, salon, now).await? else {
            break;
        };
        let mut write = app.store.write().await?;
        let taken = job::take(write.conn(), &id, now, now.plus_millis(LEASE)).await?;
        match write.commit().await {
            Err(StoreError::Conflict(_)) => continue,
            done => done?,
        }
        // Else another process has it.
        if let Some(due) = taken {
            let result = turn.step(work(app, &due)).await;
            note(app, &due, result).await?;
        }
    }
    Ok(())
}

/// What came of a job.
enum Outcome {
    Done,
    /// It is to be done again after so many milliseconds.
    Again(i64),
    /// Nobody can read it.
    Unreadable(String),
}

/// Notes that a job is done, or when it is tried again.
async fn note(app: &App, due: &DueJob, result: Result<Outcome, ApiError>) -> Result<(), ApiError> {
    let (now, id) = (app.now(), due.id.as_str());
    let mut write = app.store.write().await?;
    match result {
        Ok(Outcome::Done) => job::finish(write.conn(), id, now).await?,
        Ok(Outcome::Again(after)) => job::put_off(write.conn(), id, now.plus_millis(after), "").await?,
        Ok(Outcome::Unreadable(error)) => {
            tracing::error!(job = %id, %error, "a job can't be read, and is left for an hour");
            job::put_off(write.conn(), id, now.plus_millis(UNREADABLE), &error).await?;
        }
        Err(error) => {
            tracing::warn!(job = %id, tries = due.tries, %error, "a job failed, and is tried again");
            let again = now.plus_millis(pause(due.tries));
            job::put_off(write.conn(), id, again, &error.message).await?;
        }
    }
    Ok(write.commit().await?)
}

async fn work(app: &App, due: &DueJob) -> Result<Outcome, ApiError> {
    let job = match &due.job {
        Ok(job) => job,
        Err(error) => return Ok(Outcome::Unreadable(error.to_string())),
    };
    if is_elsewhere(app, job).await? {
        return Ok(Outcome::Again(ASIDE));
    }
    let done = match job {
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
        Job::AwaitDispute { attempt } => return await_dispute(app, attempt).await,
        Job::PayoutFailed { salon, payout } => {
            mail::to_salon::payout_failed(app, &due.id, salon, payout).await
        }
        Job::Notify {
            salon,
            attempt,
            notice,
        } => mail::to_salon::notify(app, &due.id, salon, attempt, *notice).await,
        Job::Tell { booking, news } => mail::to_salon::tell(app, &due.id, booking, *news).await,
    };
    done.map(|()| Outcome::Done)
}

/// Whether a job would ask Stripe about what was paid on an account that the salon had before. Its keys would be answered *not found*
/// again and again; the first page tells the salon instead (`office/elsewhere.rs`).
async fn is_elsewhere(app: &App, job: &Job) -> Result<bool, ApiError> {
    let db = app.store.read();
    let attempt = match job {
        Job::CancelIntent { attempt }
        | Job::ReadRefunds { attempt }
        | Job::ReadDisputes { attempt }
        | Job::AwaitDispute { attempt } => Some(attempt.clone()),
        Job::Refund { refund } | Job::AwaitRefund { refund } => {
            refund::find(db, refund).await?.map(|row| row.attempt)
        }
        Job::AnswerDispute { evidence } => match evidence::find(db, evidence).await? {
            Some(answer) => dispute::find(db, &answer.salon, &answer.dispute)
                .await?
                .map(|dispute| dispute.attempt),
            None => None,
        },
        Job::Mail { .. }
        | Job::MailRefund { .. }
        | Job::Message { .. }
        | Job::MessageRefund { .. }
        | Job::PayoutFailed { .. }
        | Job::Notify { .. }
        | Job::Tell { .. } => None,
    };
    let found = match attempt {
        Some(id) => attempt::find(db, &id).await?,
        None => None,
    };
    Ok(found.is_some_and(|attempt| attempt.reach == Reach::Elsewhere))
}

/// The attempt that a job is about; `None` when there is nothing to do (any more). Of a test no key knows anything once payments are
/// real, and no money waits for it.
async fn reached(app: &App, id: &AttemptId) -> Result<Option<AttemptRecord>, ApiError> {
    let found = attempt::find(app.store.read(), id).await?;
    Ok(found.filter(|attempt| attempt.reach != Reach::Test))
}

/// Cancels the intent of a declined attempt. If it turns out paid, that goes the way of every observation.
async fn cancel(app: &App, id: &AttemptId) -> Result<(), ApiError> {
    let Some(attempt) = reached(app, id).await? else {
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
    let Some(attempt) = reached(app, &row.attempt).await? else {
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
    let Some(attempt) = reached(app, id).await? else {
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
    let Some(attempt) = reached(app, id).await? else {
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

/// Asks what became of the disputes of an attempt.
async fn await_dispute(app: &App, id: &AttemptId) -> Result<Outcome, ApiError> {
    if !dispute::is_any_open(app.store.read(), id).await? {
        return Ok(Outcome::Done);
    }
    read_disputes(app, id).await?;
    Ok(if dispute::is_any_open(app.store.read(), id).await? {
        Outcome::Again(payments::dispute::LOOK_AGAIN)
    } else {
        Outcome::Done
    })
}

/// Milliseconds until a job that was tried so often is tried again: 2 s, doubled each time, at most an hour.
fn pause(tries: i64) -> i64 {
    let doublings = u32::try_from(tries.clamp(1, 12)).unwrap_or(1) - 1;
    (2_000_i64 << doublings).min(3_600_000)
}
