//! Cancelling a booking, and noting that a client did not come: what it costs, and what becomes of the money.
//!
//! Look first ([`look`]), show it, then do it ([`carry_out`]): what was shown is what is done, or nothing is.

use domain::{
    fee::{FeeState, Parts, divide, within},
    money::Money,
    payment::BookingState,
    time::Moment,
};

use super::{ask, fee, lost, mail, refund};
use crate::{
    api::error::{ApiError, Code},
    app::App,
    store::{
        Write,
        attempt::{self, AttemptRecord},
        booking::{self, BookingRecord},
        card, claim,
        fee::{self as fees, Cause, FeeRecord},
        job::Letter,
        missed,
        refund::Reason,
        salon::SalonRecord,
    },
};

/// What happens with the fee.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Decision {
    /// What the salon's settings say: by itself, or after asking.
    AsSet,
    /// Somebody of the salon decides later.
    Later,
    /// The salon wants it: from the payment, the saved card, or by a link to the client.
    Take,
    /// The salon does without.
    Waive,
}

/// What it would cost, and what would become of the money.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The booking as it was looked at.
    pub booking: BookingRecord,
    /// What for.
    pub cause: Cause,
    /// The fee and where it comes from.
    pub parts: Parts,
    /// Where the fee begins; `None`: there is none.
    pub begins: Option<FeeState>,
    paid: Vec<AttemptRecord>,
}

impl Plan {
    /// What it will really cost: nothing where nobody takes the fee, and no more than was paid where its rest is not asked for.
    #[must_use]
    pub fn costs(&self) -> Money {
        match self.begins {
            None => Money::zero(self.parts.fee.currency()),
            Some(FeeState::Kept) => self.parts.kept,
            Some(_) => self.parts.fee,
        }
    }

    /// What a page shows of it and sends back, so that nothing else is done.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("{} {}", self.costs().minor(), self.parts.refund.minor())
    }

    /// All that will have gone back of the payment, with what went back before.
    ///
    /// # Errors
    /// [`ApiError`] when the sums do not go together.
    pub fn given_back(&self) -> Result<Money, ApiError> {
        let before: i64 = self.paid.iter().map(AttemptRecord::given_back).sum();
        let refund = self.parts.refund;
        Money::new(before + refund.minor(), refund.currency()).map_err(|_| lost("a sum"))
    }

    /// What is kept of each payment for the fee, of the first one first, and what goes back of it.
    fn shares(&self) -> Result<Vec<(&AttemptRecord, Money, Money)>, ApiError> {
        let currency = self.parts.fee.currency();
        let money = |minor| Money::new(minor, currency).map_err(|_| lost("a sum"));
        let mut keep = self.parts.kept.minor();
        let share = |paid| {
            let kept = keep.min(AttemptRecord::left(paid));
            keep -= kept;
            // Where anything goes back, all does that is not kept.
            let back = if self.parts.refund.is_zero() {
                0
            } else {
                paid.left() - kept
            };
            Ok((paid, money(kept)?, money(back)?))
        };
        self.paid.iter().map(share).collect()
    }
}

/// What cancelling this booking, or not coming, costs now. Changes nothing.
///
/// # Errors
/// `Cancelled`, `Invalid` when there is nothing to cancel or to miss (yet).
pub async fn look(
    app: &App,
    salon: &SalonRecord,
    booking: &BookingRecord,
    cause: Cause,
    decision: Decision,
) -> Result<Plan, ApiError> {
    check(app, booking, cause).await?;
    let attempts = attempt::of_visit(app.store.read(), &booking.id).await?;
    plan(app, salon, booking.clone(), &attempts, cause, decision).await
}

/// Ends the payment of a booking that is under way, so that it can be cancelled; if it took the money meanwhile, then it is
/// paid. Answers the booking as it is then.
///
/// # Errors
/// `InProgress` while what became of it is not known.
pub async fn clear_way(app: &App, booking: &BookingRecord) -> Result<BookingRecord, ApiError> {
    let attempts = attempt::of_visit(app.store.read(), &booking.id).await?;
    if let Some(open) = attempts.iter().find(|attempt| attempt.state.is_open())
        && ask::end(app, open).await?.state.is_open()
    {
        return Err(under_way());
    }
    let again = booking::find(app.store.read(), &booking.id).await?;
    again.ok_or_else(|| lost("booking"))
}

/// Does what was planned, in one transaction with what else the caller writes. `false` when the booking or its money changed
/// since it was looked at: drop the transaction, and look again.
///
/// # Errors
/// `InProgress` while a payment is under way ([`clear_way`] first); the transaction must be dropped.
pub async fn carry_out(write: &mut Write, plan: &Plan, now: Moment) -> Result<bool, ApiError> {
    let Plan {
        booking,
        cause,
        parts,
        begins,
        ..
    } = plan;
    let state = match cause {
        Cause::Cancelled => BookingState::Cancelled,
        Cause::Missed => BookingState::Booked,
    };
    if !booking::advance(write.conn(), &booking.id, booking.version, state).await? {
        return Ok(false);
    }
    let attempts = attempt::of_visit(&mut *write.conn(), &booking.id).await?;
    if attempts.iter().any(|attempt| attempt.state.is_open()) {
        return Err(under_way());
    }
    match cause {
        Cause::Cancelled => claim::give_up(write.conn(), booking.id.as_str()).await?,
        Cause::Missed => missed::mark(write.conn(), &booking.id, Some(now)).await?,
    }
    let shares = plan.shares()?;
    for (paid, _, back) in &shares {
        if !back.is_zero()
            && !refund::begin_as_shown(write, paid, None, *back, Reason::Cancelled, now).await?
        {
            return Ok(false);
        }
    }
    let letter = match cause {
        Cause::Cancelled => Letter::Cancelled,
        Cause::Missed => Letter::Missed,
    };
    if *cause == Cause::Cancelled || begins.is_some() {
        mail(write, booking, letter, now).await?;
    }
    if let Some(state) = *begins {
        let new = FeeRecord {
            id: fee::new_id()?,
            booking: booking.id.clone(),
            salon: booking.salon.clone(),
            cause: *cause,
            sum: parts.fee,
            kept: parts.kept,
            kept_of: shares
                .iter()
                .map(|(paid, kept, _)| (paid.id.clone(), *kept))
                .collect(),
            rest: parts.rest,
            state,
            created: now,
        };
        if !fees::insert(write.conn(), &new).await? {
            return Ok(false);
        }
        fee::enter(write, booking, &new, now).await?;
    }
    tracing::info!(booking = %booking.id, ?cause, fee = %plan.costs(), "called off");
    Ok(true)
}

/// The client came after all: takes the note back, and the fee with it. `false` when that can't be done (any more): it was
/// charged, or somebody changed the booking since it was read.
///
/// # Errors
/// [`ApiError`]; the transaction must be dropped.
pub async fn came_after_all(
    write: &mut Write,
    booking: &BookingRecord,
    now: Moment,
) -> Result<bool, ApiError> {
    if missed::at(write.conn(), &booking.id).await?.is_none() {
        return Ok(false);
    }
    let has_fee = fees::of_booking(write.conn(), &booking.id).await?.is_some();
    let done = if has_fee {
        fee::waive(write, booking, now).await?
    } else {
        booking::advance(write.conn(), &booking.id, booking.version, booking.state).await?
    };
    if done {
        missed::mark(write.conn(), &booking.id, None).await?;
    }
    Ok(done)
}

async fn plan(
    app: &App,
    salon: &SalonRecord,
    booking: BookingRecord,
    attempts: &[AttemptRecord],
    cause: Cause,
    decision: Decision,
) -> Result<Plan, ApiError> {
    let db = app.store.read();
    // The first payment first.
    let paid: Vec<AttemptRecord> = attempts.iter().rev().filter(|one| one.pays()).cloned().collect();
    let price = booking.quote.services();
    let sum = paid.iter().map(AttemptRecord::left).sum();
    let sum = Money::new(sum, price.currency()).map_err(|_| lost("a sum"))?;
    let at = match cause {
        Cause::Cancelled => app.now(),
        // The tier for not coming is the one that holds at the start.
        Cause::Missed => app.now().max(booking.start),
    };
    let fee = match decision {
        Decision::Waive => Money::zero(price.currency()),
        _ => booking.cancelling(salon).fee_at(at, price),
    };
    let card = card::of_booking(db, &booking.id)
        .await?
        .filter(|_| !fee.is_zero());
    let fee = match card.as_ref().and_then(|card| card.consent.most) {
        Some(most) => within(fee, sum, most).map_err(|_| lost("one currency"))?,
        None => fee,
    };
    let mut parts = divide(fee, sum, card.is_some()).map_err(|_| lost("one currency"))?;
    if cause == Cause::Missed && fee.is_zero() && decision != Decision::Waive {
        // The terms say nothing of not coming: what was paid stays, until the salon gives it back.
        parts.refund = fee;
    }
    let begins = match decision {
        Decision::AsSet => parts.begin(salon.changes.ask_first),
        Decision::Later => parts.begin(true),
        Decision::Take => parts.begin(true).and_then(|asked| asked.wanted(parts.way)),
        Decision::Waive => None,
    };
    Ok(Plan {
        booking,
        cause,
        parts,
        begins,
        paid,
    })
}

async fn check(app: &App, booking: &BookingRecord, cause: Cause) -> Result<(), ApiError> {
    match booking.state {
        BookingState::Booked => {}
        BookingState::Cancelled => {
            return Err(ApiError::new(
                Code::Cancelled,
                "This booking is cancelled already.",
            ));
        }
        BookingState::Held | BookingState::Expired => {
            return Err(ApiError::new(
                Code::Invalid,
                "This booking was never made: there is nothing to cancel.",
            ));
        }
    }
    if missed::at(app.store.read(), &booking.id).await?.is_some() {
        return Err(ApiError::new(
            Code::Cancelled,
            "It is noted already that the client did not come.",
        ));
    }
    if cause == Cause::Missed && app.now() < booking.start {
        return Err(ApiError::new(
            Code::Invalid,
            "This visit has not begun yet. Once it has, you can note that the client did not come.",
        ));
    }
    Ok(())
}

fn under_way() -> ApiError {
    ApiError::new(
        Code::InProgress,
        "A payment of this booking is under way. Try again in a minute.",
    )
}
