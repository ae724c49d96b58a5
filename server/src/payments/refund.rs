//! Giving money back, and what becomes of it.

use domain::{
    id::{RefundId, SalonSlug},
    ledger::{Entry, EntryKind},
    money::Money,
    refund::{self, Movement, RefundState},
    time::Moment,
};

use super::{happened, impossible, lost, object};
use crate::{
    api::error::{ApiError, Code},
    app::{App, random_id},
    store::{
        StoreError, Write,
        attempt::{self, AttemptRecord, Reach},
        job::{self, Job, Notice},
        ledger,
        refund::{self as refunds, Reason, RefundRecord},
    },
    stripe::object::{Reference, Refund},
};

/// How long after a refund was seen on its way Stripe is asked what became of it, and asked again, in milliseconds. A webhook
/// tells sooner, if it comes.
pub const LOOK_AGAIN: i64 = 6 * 3_600_000;

/// Sets a sum aside and writes the job that gives it back. `false` when that much is not left, or, for money without a
/// booking, when it is on its way already; then nothing was written.
///
/// # Errors
/// `Invalid` when it was paid in another mode than the keys are of; [`ApiError`]; the transaction must be dropped.
pub async fn begin(
    write: &mut Write,
    attempt: &AttemptRecord,
    sum: Money,
    reason: Reason,
    now: Moment,
) -> Result<bool, ApiError> {
    begin_if(write, attempt, None, None, sum, reason, now).await
}

/// The same for somebody who was shown what went back so far: `false` also when that is not as it was read any more. A form
/// that is sent twice gives back once. With a service, it is for that one of those that were paid for: the figures count it
/// there.
///
/// # Errors
/// [`ApiError`]; the transaction must be dropped.
pub async fn begin_as_shown(
    write: &mut Write,
    attempt: &AttemptRecord,
    service: Option<String>,
    sum: Money,
    reason: Reason,
    now: Moment,
) -> Result<bool, ApiError> {
    let given_back = Some(attempt.given_back());
    begin_if(write, attempt, given_back, service, sum, reason, now).await
}

async fn begin_if(
    write: &mut Write,
    attempt: &AttemptRecord,
    given_back: Option<i64>,
    service: Option<String>,
    sum: Money,
    reason: Reason,
    now: Moment,
) -> Result<bool, ApiError> {
    // What was paid on an account that the salon had before is owed all the same: the salon is told to give it back there.
    if let Some(why) = attempt.reach.refusal()
        && attempt.reach != Reach::Elsewhere
    {
        return Err(ApiError::new(Code::Invalid, why));
    }
    let new = RefundRecord {
        id: new_id()?,
        attempt: attempt.id.clone(),
        sum,
        reason,
        service,
        state: RefundState::Created,
        stripe_id: None,
    };
    if !attempt::reserve(write.conn(), &attempt.id, sum.minor(), given_back).await? {
        return Ok(false);
    }
    if !refunds::insert(write.conn(), &new, now).await? {
        return match attempt::move_refunds(write.conn(), &attempt.id, -sum.minor(), 0).await? {
            true => Ok(false),
            false => Err(lost("what was set aside")),
        };
    }
    job::insert(write.conn(), &random_id()?, &Job::Refund { refund: new.id }, now).await?;
    Ok(true)
}

/// Applies what Stripe says of a refund, in a transaction of its own.
///
/// # Errors
/// [`ApiError`]; then nothing was written.
pub async fn observe(app: &App, salon: &SalonSlug, seen: &Refund) -> Result<(), ApiError> {
    for _ in 0..super::TRIES {
        let mut write = app.store.write().await?;
        if apply(&mut write, salon, seen, app.now()).await? {
            match write.commit().await {
                Err(StoreError::Conflict(_)) => {}
                done => return Ok(done?),
            }
        }
    }
    Err(super::busy())
}

/// Applies what Stripe says of a refund within a transaction; `false` when somebody else moved it meanwhile.
///
/// # Errors
/// [`ApiError`].
pub async fn apply(
    write: &mut Write,
    salon: &SalonSlug,
    seen: &Refund,
    now: Moment,
) -> Result<bool, ApiError> {
    let ours = seen
        .metadata
        .refund
        .as_deref()
        .and_then(|id| RefundId::parse(id).ok());
    let known = refunds::find_either(write.conn(), salon, &seen.id, ours.as_ref()).await?;
    let row = match known {
        Some(row) => row,
        None => match adopt(write, salon, seen, now).await? {
            Adopted::Row(row) => row,
            Adopted::NotOurs => return Ok(true),
            Adopted::Again => return Ok(false),
        },
    };
    let (state, movement) = refund::advance(row.state, RefundState::of_stripe(seen.status.as_deref()));
    if state == row.state && row.stripe_id.is_some() {
        return Ok(true);
    }
    if !refunds::advance(write.conn(), &row, state, Some(&seen.id)).await? {
        return Ok(false);
    }
    tracing::info!(refund = %row.id, from = ?row.state, to = ?state, "refund");
    let sum = row.sum.minor();
    let set_aside = row.state == RefundState::Created && row.reason != Reason::Dashboard;
    let reserved = if set_aside && state != RefundState::Created {
        -sum
    } else {
        0
    };
    let refunded = match movement {
        Movement::Out => sum,
        Movement::Back => -sum,
        Movement::None | Movement::OutAndBack => 0,
    };
    if !attempt::move_refunds(write.conn(), &row.attempt, reserved, refunded).await? {
        return Err(lost("room for a refund"));
    }
    book(write, salon, &row, seen, movement, now).await?;
    // Of the others the client hears with what they are about: a lost time, a cancelled booking, a fee.
    if movement == Movement::Out && matches!(row.reason, Reason::Requested | Reason::Dashboard) {
        let job = Job::MailRefund {
            refund: row.id.clone(),
        };
        job::insert(write.conn(), &random_id()?, &job, now).await?;
    }
    if state.waits() {
        let job = Job::AwaitRefund {
            refund: row.id.clone(),
        };
        job::insert(write.conn(), &random_id()?, &job, now.plus_millis(LOOK_AGAIN)).await?;
    }
    if state.is_over() {
        notify(write, salon, &row, now).await?;
    }
    Ok(true)
}

/// Notes that Stripe refused to give a refund's money back, for good: the salon keeps it, and is told.
///
/// # Errors
/// [`ApiError`].
pub async fn refused(app: &App, attempt: &AttemptRecord, row: &RefundRecord) -> Result<(), ApiError> {
    let now = app.now();
    let mut write = app.store.write().await?;
    if !refunds::advance(write.conn(), row, RefundState::Failed, None).await? {
        // Somebody saw it at Stripe after all.
        return Ok(());
    }
    if !attempt::move_refunds(write.conn(), &attempt.id, -row.sum.minor(), 0).await? {
        return Err(lost("room for a refund"));
    }
    // What else went back, perhaps in the dashboard, explains it.
    let job = Job::ReadRefunds {
        attempt: attempt.id.clone(),
    };
    job::insert(write.conn(), &random_id()?, &job, now).await?;
    notify(&mut write, &attempt.salon, row, now).await?;
    Ok(write.commit().await?)
}

enum Adopted {
    Row(RefundRecord),
    NotOurs,
    Again,
}

/// Writes down a refund that somebody made in Stripe's dashboard.
async fn adopt(
    write: &mut Write,
    salon: &SalonSlug,
    seen: &Refund,
    now: Moment,
) -> Result<Adopted, ApiError> {
    let intent = seen.payment_intent.as_ref().map(Reference::id);
    let charge = seen.charge.as_ref().map(Reference::id);
    let Some(attempt) = object::find(write, salon, intent, charge, &seen.metadata).await? else {
        return Ok(Adopted::NotOurs);
    };
    let sum = Money::new(seen.amount, attempt.sum.currency()).ok();
    let sum = sum
        .filter(|sum| !sum.is_zero())
        .ok_or_else(|| impossible("a refund's sum"))?;
    let row = RefundRecord {
        id: new_id()?,
        attempt: attempt.id,
        sum,
        reason: Reason::Dashboard,
        service: None,
        state: RefundState::Created,
        stripe_id: Some(seen.id.clone()),
    };
    if refunds::insert(write.conn(), &row, now).await? {
        Ok(Adopted::Row(row))
    } else {
        Ok(Adopted::Again)
    }
}

async fn book(
    write: &mut Write,
    salon: &SalonSlug,
    row: &RefundRecord,
    seen: &Refund,
    movement: Movement,
    now: Moment,
) -> Result<(), ApiError> {
    let stripe_id = &seen.id;
    let kinds: &[(EntryKind, &str)] = match movement {
        Movement::None => &[],
        Movement::Out => &[(EntryKind::Refunded, "refunded")],
        Movement::Back => &[(EntryKind::RefundFailed, "failed")],
        Movement::OutAndBack => &[
            (EntryKind::Refunded, "refunded"),
            (EntryKind::RefundFailed, "failed"),
        ],
    };
    for (kind, what) in kinds {
        let entry = Entry {
            kind: *kind,
            sum: row.sum,
            source: stripe_id.clone(),
        };
        let name = format!("{stripe_id}:{what}");
        let at = match kind {
            EntryKind::Refunded => happened(Some(seen.created), now),
            // When it came back, Stripe does not say.
            _ => now,
        };
        ledger::add(write.conn(), salon, &row.attempt, &name, &entry, at).await?;
    }
    Ok(())
}

async fn notify(
    write: &mut Write,
    salon: &SalonSlug,
    row: &RefundRecord,
    now: Moment,
) -> Result<(), ApiError> {
    tracing::error!(refund = %row.id, "a refund did not reach the client");
    let job = Job::Notify {
        salon: salon.clone(),
        attempt: row.attempt.clone(),
        notice: Notice::RefundFailed,
    };
    Ok(job::insert(write.conn(), &random_id()?, &job, now).await?)
}

fn new_id() -> Result<RefundId, ApiError> {
    RefundId::parse(&format!("{}{}", RefundId::PREFIX, random_id()?)).map_err(|_| lost("refund"))
}
