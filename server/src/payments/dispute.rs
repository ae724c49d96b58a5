//! What Stripe says of disputes.

use domain::{
    currency::Currency,
    dispute::{self, DisputeState, Sighting},
    id::{AttemptId, SalonSlug},
    ledger::{Entry, EntryKind},
    money::Money,
    time::Moment,
};

use super::{happened, impossible, object};
use crate::{
    api::error::ApiError,
    app::{App, random_id},
    store::{
        StoreError, Write,
        dispute::{self as disputes, DisputeRecord},
        job::{self, Job, Notice},
        ledger,
    },
    stripe::object::{BalanceTransaction, Dispute, Metadata, Reference},
};

/// How often an open dispute is asked about, in milliseconds: where its events are not heard, nothing else tells of its end.
pub const LOOK_AGAIN: i64 = 6 * 3_600_000;

/// As of when something of a dispute is known.
#[derive(Clone, Copy, Debug)]
pub enum AsOf {
    /// Stripe told it then, in seconds since 1970.
    Told(i64),
    /// It was asked for: nothing that is known is later. By Stripe's clock, whatever ours says.
    Asked,
}

/// Applies what Stripe says of a dispute that was asked for, in a transaction of its own.
///
/// # Errors
/// [`ApiError`]; then nothing was written.
pub async fn observe(app: &App, salon: &SalonSlug, seen: &Dispute) -> Result<(), ApiError> {
    for _ in 0..super::TRIES {
        let mut write = app.store.write().await?;
        if apply(&mut write, salon, seen, AsOf::Asked, app.now()).await? {
            match write.commit().await {
                Err(StoreError::Conflict(_)) => {}
                done => return Ok(done?),
            }
        }
    }
    Err(super::busy())
}

/// Applies what Stripe said of a dispute within a transaction; `false` when somebody else moved it meanwhile.
///
/// # Errors
/// [`ApiError`].
pub async fn apply(
    write: &mut Write,
    salon: &SalonSlug,
    told: &Dispute,
    as_of: AsOf,
    now: Moment,
) -> Result<bool, ApiError> {
    let intent = told.payment_intent.as_ref().map(Reference::id);
    let charge = told.charge.as_ref().map(Reference::id);
    let Some(attempt) = object::find(write, salon, intent, charge, &Metadata::default()).await? else {
        return Ok(true);
    };
    // What moved has moved, however old the news.
    for moved in &told.balance_transactions {
        book(write, salon, &attempt.id, &told.id, moved, now).await?;
    }
    let Some(state) = DisputeState::of_stripe(&told.status) else {
        tracing::warn!(dispute = %told.id, status = %told.status, "a state of a dispute that is not known here");
        return Ok(true);
    };
    let known = disputes::seen(write.conn(), salon, &told.id).await?;
    let at = match (as_of, known) {
        (AsOf::Told(at), _) => at,
        (AsOf::Asked, None) => told.stands_since(),
        (AsOf::Asked, Some(known)) => told.stands_since().max(known.at),
    };
    let seen = Sighting { state, at };
    let due_by = told.evidence_details.as_ref().and_then(|details| details.due_by);
    let Some(known) = known else {
        let currency = Currency::parse(&told.currency).map_err(|_| impossible("a dispute's currency"))?;
        let sum = Money::new(told.amount, currency).ok();
        let new = DisputeRecord {
            id: told.id.clone(),
            attempt: attempt.id.clone(),
            sum: sum
                .filter(|sum| !sum.is_zero())
                .ok_or_else(|| impossible("a dispute's sum"))?,
            reason: told.reason.clone(),
            seen,
            due_by,
            elsewhere: false,
        };
        if !disputes::insert(write.conn(), salon, &new).await? {
            return Ok(false);
        }
        if state.wants_answer() {
            notify(write, salon, &attempt.id, now).await?;
        }
        if !state.is_closed() {
            look_again(write, &attempt.id, now).await?;
        }
        return Ok(true);
    };
    let later = dispute::later(known, seen);
    if later == known {
        return Ok(true);
    }
    if state.wants_answer() && !known.state.wants_answer() {
        notify(write, salon, &attempt.id, now).await?;
    }
    if known.state.is_closed() && !later.state.is_closed() {
        look_again(write, &attempt.id, now).await?;
    }
    Ok(disputes::advance(write.conn(), salon, &told.id, known, later, due_by).await?)
}

async fn look_again(write: &mut Write, attempt: &AttemptId, now: Moment) -> Result<(), ApiError> {
    let job = Job::AwaitDispute {
        attempt: attempt.clone(),
    };
    Ok(job::insert(write.conn(), &random_id()?, &job, now.plus_millis(LOOK_AGAIN)).await?)
}

async fn book(
    write: &mut Write,
    salon: &SalonSlug,
    attempt: &AttemptId,
    dispute: &str,
    moved: &BalanceTransaction,
    now: Moment,
) -> Result<(), ApiError> {
    let kind = match moved.amount {
        ..=-1 => EntryKind::DisputeWithdrawn,
        0 => return Ok(()),
        1.. => EntryKind::DisputeReinstated,
    };
    let currency = Currency::parse(&moved.currency).map_err(|_| impossible("a dispute's currency"))?;
    let sum = i64::try_from(moved.amount.unsigned_abs())
        .ok()
        .and_then(|minor| Money::new(minor, currency).ok())
        .ok_or_else(|| impossible("a dispute's sum"))?;
    let entry = Entry {
        kind,
        sum,
        source: dispute.to_owned(),
    };
    let at = happened(Some(moved.created), now);
    Ok(ledger::add(write.conn(), salon, attempt, &moved.id, &entry, at).await?)
}

async fn notify(
    write: &mut Write,
    salon: &SalonSlug,
    attempt: &AttemptId,
    now: Moment,
) -> Result<(), ApiError> {
    let job = Job::Notify {
        salon: salon.clone(),
        attempt: attempt.clone(),
        notice: Notice::Dispute,
    };
    Ok(job::insert(write.conn(), &random_id()?, &job, now).await?)
}
