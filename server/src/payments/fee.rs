//! Fees: charging them, and doing without.

use domain::{
    fee::{FeeState, Way},
    id::{AttemptId, FeeId},
    money::Chargeable,
    payment::{AttemptState, Purpose},
    time::Moment,
};

use super::{ask, lost, mail, note, refund};
use crate::{
    api::error::{ApiError, Code},
    app::{App, random_id},
    store::{
        Write,
        attempt::{self, AttemptRecord},
        audit::By,
        booking::{self, BookingRecord},
        card,
        fee::{self as fees, FeeRecord},
        job::{self, Job, Letter, Notice},
        refund::Reason,
    },
};

/// How the rest of a fee can be paid.
///
/// # Errors
/// [`ApiError`].
pub async fn way(write: &mut Write, fee: &FeeRecord) -> Result<Way, ApiError> {
    let card = card::of_booking(write.conn(), &fee.booking).await?;
    // No more than its holder agreed to.
    let covers = card.is_some_and(|card| {
        card.consent
            .most
            .is_none_or(|most| most.minor() >= fee.rest.minor())
    });
    Ok(match fee.rest.chargeable() {
        _ if fee.rest.is_zero() => Way::Nothing,
        Chargeable::Yes if covers => Way::Card,
        Chargeable::Yes => Way::Client,
        Chargeable::BelowMinimum(_) | Chargeable::AboveMaximum => Way::NotByCard,
    })
}

/// The salon wants the fee: the saved card is charged, or the client is asked to pay. `false` when there is nothing to decide
/// (any more), or somebody changed the booking since it was read: drop the transaction.
///
/// # Errors
/// [`ApiError`].
pub async fn take(write: &mut Write, booking: &BookingRecord, now: Moment) -> Result<bool, ApiError> {
    let Some(fee) = fees::of_booking(write.conn(), &booking.id).await? else {
        return Ok(false);
    };
    let Some(to) = fee.state.wanted(way(write, &fee).await?) else {
        return Ok(false);
    };
    if !booking::advance(write.conn(), &booking.id, booking.version, booking.state).await?
        || !fees::advance(write.conn(), &fee, to).await?
    {
        return Ok(false);
    }
    enter(write, booking, &FeeRecord { state: to, ..fee }, now).await?;
    Ok(true)
}

/// The salon does without the fee: what was kept for it goes back. `false` as in [`take`], and while it is being charged
/// ([`end_charge`] first).
///
/// # Errors
/// [`ApiError`].
pub async fn waive(write: &mut Write, booking: &BookingRecord, now: Moment) -> Result<bool, ApiError> {
    let Some(fee) = fees::of_booking(write.conn(), &booking.id).await? else {
        return Ok(false);
    };
    let Some(to) = fee.state.waived() else {
        return Ok(false);
    };
    if !booking::advance(write.conn(), &booking.id, booking.version, booking.state).await?
        || !fees::advance(write.conn(), &fee, to).await?
    {
        return Ok(false);
    }
    if let Some(kept_of) = &fee.kept_of
        && !fee.kept.is_zero()
    {
        let paid = attempt::find(write.conn(), kept_of).await?;
        let paid = paid.ok_or_else(|| lost("what a fee was kept of"))?;
        // Less may be left: the salon gave some of it back meanwhile.
        let left = (paid.sum.minor() - paid.refunded - paid.reserved).min(fee.kept.minor());
        let left = domain::money::Money::new(left, paid.sum.currency()).map_err(|_| lost("a sum"))?;
        if !left.is_zero() && !refund::begin(write, &paid, left, Reason::FeeWaived, now).await? {
            return Ok(false);
        }
    }
    mail(write, booking, Letter::FeeWaived, now).await?;
    Ok(true)
}

/// Ends what charges a fee at this moment, so that it can be waived; if it took the money meanwhile, it did.
///
/// # Errors
/// `InProgress` while that is not known.
pub async fn end_charge(app: &App, booking: &BookingRecord) -> Result<(), ApiError> {
    let attempts = attempt::of_purpose(app.store.read(), &booking.id, Purpose::Fee).await?;
    let Some(open) = attempts.iter().find(|attempt| attempt.state.is_open()) else {
        return Ok(());
    };
    if ask::end(app, open).await?.state.is_open() {
        return Err(ApiError::new(
            Code::InProgress,
            "The fee is being charged at this moment. Look again in a minute.",
        ));
    }
    Ok(())
}

/// What follows for a fee from where its charge now stands.
pub(super) async fn follow(
    write: &mut Write,
    booking: &BookingRecord,
    attempt: &AttemptRecord,
    now: Moment,
) -> Result<(), ApiError> {
    let Some(fee) = fees::of_booking(write.conn(), &booking.id).await? else {
        return Ok(());
    };
    let by_client = !attempt.confirmation_token.is_empty();
    let to = fee.state.after(attempt.state, attempt.decline, by_client);
    if to == fee.state {
        return Ok(());
    }
    if !fees::advance(write.conn(), &fee, to).await? {
        return Err(lost("a fee as it was read"));
    }
    tracing::info!(fee = %fee.id, from = ?fee.state, to = ?to, "fee");
    let sum = attempt.sum;
    let told = match (to, by_client) {
        (FeeState::Charged, true) => Some((By::Client, format!("paid {sum} of the fee by card"))),
        (FeeState::Charged, false) => Some((By::Server, format!("charged the saved card {sum} for the fee"))),
        (FeeState::Failed | FeeState::NeedsClient, false) => Some((
            By::Server,
            format!("could not charge the saved card {sum} for the fee"),
        )),
        _ => None,
    };
    if let Some((by, what)) = told {
        note(write, (&attempt.salon, &booking.id), by, &what, now).await?;
    }
    match to {
        FeeState::NeedsClient if !by_client => mail(write, booking, Letter::FeeToPay, now).await,
        FeeState::Failed => {
            let job = Job::Notify {
                salon: attempt.salon.clone(),
                attempt: attempt.id.clone(),
                notice: Notice::FeeFailed,
            };
            Ok(job::insert(write.conn(), &random_id()?, &job, now).await?)
        }
        _ => Ok(()),
    }
}

/// Does what a fee's new state asks for.
pub(super) async fn enter(
    write: &mut Write,
    booking: &BookingRecord,
    fee: &FeeRecord,
    now: Moment,
) -> Result<(), ApiError> {
    match fee.state {
        FeeState::Charging => {
            // The worker sends it: the row stands before Stripe hears of it.
            let new = AttemptRecord {
                id: AttemptId::parse(&format!("{}{}", AttemptId::PREFIX, random_id()?))
                    .map_err(|_| lost("an id"))?,
                booking: fee.booking.clone(),
                purpose: Purpose::Fee,
                salon: fee.salon.clone(),
                sum: fee.rest,
                state: AttemptState::Created,
                confirmation_token: String::new(),
                intent: None,
                charge: None,
                decline: None,
                refunded: 0,
                reserved: 0,
                for_nothing: false,
                asks: 0,
                created: now,
            };
            Ok(attempt::insert(write.conn(), &new, now, None).await?)
        }
        FeeState::NeedsClient => mail(write, booking, Letter::FeeToPay, now).await,
        _ => Ok(()),
    }
}

pub(super) fn new_id() -> Result<FeeId, ApiError> {
    FeeId::parse(&format!("{}{}", FeeId::PREFIX, random_id()?)).map_err(|_| lost("an id"))
}
