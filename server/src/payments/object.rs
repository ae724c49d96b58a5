//! What an object of Stripe's says of our payments, wherever it came from: an event, a list, an answer.

use domain::{
    decline::Decline,
    id::{AttemptId, SalonSlug},
    payment::Observation,
    time::Moment,
};

use super::{
    Applied, Seen, apply as apply_seen,
    dispute::{self, AsOf},
    note, payout, refund,
};
use crate::{
    api::error::ApiError,
    app::random_id,
    store::{
        Write,
        attempt::{self, AttemptRecord},
        audit::By,
        dispute::is_disputed,
        job::{self, Job},
        salon::{self, May},
    },
    stripe::object::{Account, Charge, LastError, Metadata, Object, PaidWith, PaymentIntent, Reference},
};

/// By what an object was told.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// The event's type; of an object that was asked for, empty.
    pub kind: &'a str,
    /// As of when, in seconds since 1970.
    pub at: i64,
}

/// Applies what an object says within a transaction; `false` when somebody changed the same thing meanwhile: roll back and
/// try again.
///
/// # Errors
/// [`ApiError`].
pub async fn apply(
    write: &mut Write,
    salon: &SalonSlug,
    object: &Object,
    told: Told<'_>,
    now: Moment,
) -> Result<bool, ApiError> {
    match object {
        Object::PaymentIntent(intent) => {
            let Some(seen) = of_intent(intent, told) else {
                return Ok(true);
            };
            let found = find(write, salon, Some(&intent.id), None, &intent.metadata).await?;
            observe(write, found, &seen, now).await
        }
        Object::Charge(charge) => apply_charge(write, salon, charge, told, now).await,
        Object::Refund(seen) => refund::apply(write, salon, seen, now).await,
        Object::Dispute(seen) => dispute::apply(write, salon, seen, AsOf::Told(told.at), now).await,
        Object::Payout(seen) => payout::apply(write, salon, seen, told.at, now)
            .await
            .map(|()| true),
        Object::Account(account) => {
            warn_of(salon, account);
            let may = May {
                charge: account.charges_enabled,
                pay_out: account.payouts_enabled,
            };
            salon::note_account(write.conn(), salon, may).await?;
            Ok(true)
        }
        Object::Other => Ok(true),
    }
}

/// The attempt that something is about: by its intent or charge, or by the id in its metadata while those are not written
/// down yet.
///
/// # Errors
/// [`ApiError`].
pub async fn find(
    write: &mut Write,
    salon: &SalonSlug,
    intent: Option<&str>,
    charge: Option<&str>,
    metadata: &Metadata,
) -> Result<Option<AttemptRecord>, ApiError> {
    if let Some(intent) = intent
        && let Some(attempt) = attempt::by_intent(write.conn(), salon, intent).await?
    {
        return Ok(Some(attempt));
    }
    if let Some(charge) = charge
        && let Some(attempt) = attempt::by_charge(write.conn(), salon, charge).await?
    {
        return Ok(Some(attempt));
    }
    let Some(id) = metadata
        .attempt
        .as_deref()
        .and_then(|id| AttemptId::parse(id).ok())
    else {
        return Ok(None);
    };
    Ok(attempt::find(write.conn(), &id)
        .await?
        .filter(|attempt| attempt.salon == *salon))
}

async fn apply_charge(
    write: &mut Write,
    salon: &SalonSlug,
    charge: &Charge,
    told: Told<'_>,
    now: Moment,
) -> Result<bool, ApiError> {
    let intent = charge.payment_intent.as_ref().map(Reference::id);
    let Some(attempt) = find(write, salon, intent, Some(&charge.id), &charge.metadata).await? else {
        tracing::info!(charge = %charge.id, kind = %told.kind, "a charge that is not ours");
        return Ok(true);
    };
    // A charge tells only how much went back. Which refunds, and what became of them, is asked.
    if charge.amount_refunded != attempt.refunded {
        let job = Job::ReadRefunds {
            attempt: attempt.id.clone(),
        };
        job::insert(write.conn(), &random_id()?, &job, now).await?;
    }
    // A dispute that was told of before anything of its charge was known here was taken for somebody else's.
    if charge.disputed && !is_disputed(write.conn(), &attempt.id).await? {
        let job = Job::ReadDisputes {
            attempt: attempt.id.clone(),
        };
        job::insert(write.conn(), &random_id()?, &job, now).await?;
    }
    // The page never offers it. Money that was taken is never refused for it.
    let is_link = charge
        .payment_method_details
        .as_ref()
        .is_some_and(PaidWith::is_link);
    if is_link && charge.captured && attempt::note_link(write.conn(), &attempt.id).await? {
        tracing::warn!(attempt = %attempt.id, charge = %charge.id, "paid with Link, though only cards are offered");
        let what = format!(
            "saw that {} was paid with Link, Stripe's own wallet, though only cards are offered; it counts",
            attempt.sum
        );
        note(write, (salon, &attempt.booking), By::Server, &what, now).await?;
    }
    match of_charge(charge, told.kind) {
        Some(seen) => observe(write, Some(attempt), &seen, now).await,
        None => Ok(true),
    }
}

async fn observe(
    write: &mut Write,
    attempt: Option<AttemptRecord>,
    seen: &Seen,
    now: Moment,
) -> Result<bool, ApiError> {
    let Some(attempt) = attempt.filter(|attempt| seen.is_news_to(attempt)) else {
        return Ok(true);
    };
    Ok(matches!(
        apply_seen(write, &attempt, seen, now).await?,
        Applied::Done(_)
    ))
}

fn of_intent(intent: &PaymentIntent, told: Told<'_>) -> Option<Seen> {
    let observation = match told.kind {
        "payment_intent.succeeded" => Observation::Succeeded,
        "payment_intent.canceled" => Observation::Canceled,
        "payment_intent.processing" => Observation::Processing,
        "payment_intent.requires_action" => Observation::RequiresAction,
        "payment_intent.payment_failed" => {
            let error = intent.last_payment_error.as_ref();
            Observation::Declined(error.map_or(Decline::AskBank, LastError::decline))
        }
        _ => return None,
    };
    Some(Seen {
        observation,
        intent: Some(intent.id.clone()),
        charge: intent.latest_charge.as_ref().map(|charge| charge.id().to_owned()),
        at: Some(told.at),
    })
}

/// Any event that carries a charge tells how the charge stands: whichever comes first is enough.
fn of_charge(charge: &Charge, kind: &str) -> Option<Seen> {
    let observation = match (charge.status.as_deref(), charge.captured) {
        _ if kind == "charge.expired" => Observation::Canceled,
        (Some("succeeded"), true) => Observation::Succeeded,
        (Some("pending"), _) => Observation::Processing,
        (Some("failed"), _) => {
            let reason = charge
                .outcome
                .as_ref()
                .and_then(|outcome| outcome.reason.as_deref());
            Observation::Declined(Decline::of(charge.failure_code.as_deref(), reason))
        }
        _ => return None,
    };
    Some(Seen {
        observation,
        intent: charge
            .payment_intent
            .as_ref()
            .map(|intent| intent.id().to_owned()),
        charge: Some(charge.id.clone()),
        at: Some(charge.created),
    })
}

fn warn_of(salon: &SalonSlug, account: &Account) {
    if !account.charges_enabled || !account.payouts_enabled {
        tracing::error!(
            %salon,
            charges = account.charges_enabled,
            payouts = account.payouts_enabled,
            "Stripe has restricted the salon's account"
        );
    }
}
