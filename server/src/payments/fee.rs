//! Fees: charging them, and doing without.

use domain::{
    fee::{FeeState, Way},
    id::{AttemptId, FeeId},
    money::Chargeable,
    payment::{AttemptState, Purpose},
    time::Moment,
};

use sqlx::AnyExecutor;

use super::{lost, mail, note, refund};
use crate::{
    api::error::{ApiError, Code},
    app::random_id,
    store::{
        StoreError, Write, asking,
        attempt::{self, AttemptRecord, Reach},
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

/// The salon does without the fee: what was kept for it goes back, and what is charged for it at this moment is not sent any
/// more, or goes back too. `false` as in [`take`].
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
    for (kept_of, kept) in &fee.kept_of {
        let paid = attempt::find(write.conn(), kept_of).await?;
        let paid = paid.ok_or_else(|| lost("what a fee was kept of"))?;
        // Less may be left: the salon gave some of it back meanwhile.
        let left = paid.left().min(kept.minor());
        let left = domain::money::Money::new(left, paid.sum.currency()).map_err(|_| lost("a sum"))?;
        // Of a test there is no money to go back.
        let moves = !left.is_zero() && paid.reach != Reach::Test;
        if moves && !refund::begin(write, &paid, left, Reason::FeeWaived, now).await? {
            return Ok(false);
        }
    }
    asking::give_up_fee(write.conn(), &booking.id, now).await?;
    mail(write, booking, Letter::FeeWaived, now).await?;
    Ok(true)
}

/// The fee that an attempt pays, if the salon still wants it. One that began after the attempt is another.
pub(super) async fn of_attempt(
    db: impl AnyExecutor<'_>,
    attempt: &AttemptRecord,
) -> Result<Option<FeeRecord>, StoreError> {
    let fee = fees::of_booking(db, &attempt.booking).await?;
    Ok(fee.filter(|fee| fee.created <= attempt.created))
}

/// What follows for a fee from where its charge now stands.
pub(super) async fn follow(
    write: &mut Write,
    booking: &BookingRecord,
    attempt: &AttemptRecord,
    now: Moment,
) -> Result<(), ApiError> {
    let Some(fee) = of_attempt(write.conn(), attempt).await? else {
        return Ok(());
    };
    let by_client = attempt.by_client();
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
            let before = attempt::of_purpose(write.conn(), &fee.booking, Purpose::Fee).await?;
            if before.iter().any(|attempt| attempt.state.is_open()) {
                return Err(ApiError::new(
                    Code::InProgress,
                    "A payment of this fee, or of one before it, is under way. Look again in a minute.",
                ));
            }
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
                reach: Reach::Now,
                asks: 0,
                ask_at: Some(now),
                created: now,
            };
            Ok(attempt::insert(write.conn(), &new, None).await?)
        }
        FeeState::NeedsClient => mail(write, booking, Letter::FeeToPay, now).await,
        _ => Ok(()),
    }
}

pub(super) fn new_id() -> Result<FeeId, ApiError> {
    FeeId::parse(&format!("{}{}", FeeId::PREFIX, random_id()?)).map_err(|_| lost("an id"))
}
