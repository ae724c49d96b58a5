//! A payment's life as a pure state machine.
//!
//! A **booking** is paid by one or more **attempts**, one at a time. What anybody sees of an attempt (an answer of
//! Stripe's, a webhook, a re-read, a timer) is an [`Observation`]. [`advance`] takes the situation and one observation,
//! and says the next states and the [`Effect`]s to carry out. It moves forward, never backward: observations may come
//! late, twice and in any order, and the end is the same.

use serde::{Deserialize, Serialize};

use crate::decline::Decline;

/// Where a booking stands.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookingState {
    /// The slot is held while the client pays or decides.
    Held,
    /// It takes place. Whether it is paid is told by its attempts.
    Booked,
    /// The hold ended without payment; the slot is free again.
    Expired,
    /// Called off by the client or the salon.
    Cancelled,
}

/// Where one attempt to pay stands, in the order it can move.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    /// Written down, Stripe is being asked.
    Created,
    /// Stripe was asked and the answer was lost. Only the same key may ask again.
    Unknown,
    /// The payer's bank wants a confirmation.
    RequiresAction,
    /// Stripe is working on it.
    Processing,
    /// Declined: definite, no money was taken.
    Declined,
    /// Ended without money: cancelled, expired or refused as a request.
    Canceled,
    /// The money was taken.
    Succeeded,
}

/// What was seen of an attempt.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Observation {
    /// No answer, or one that says nothing definite (a time-out, a lost connection, a 500).
    NoAnswer,
    /// Stripe waits for the payer's confirmation.
    RequiresAction,
    /// Stripe is working on it.
    Processing,
    /// The card was declined, for this reason.
    Declined(Decline),
    /// The intent was cancelled, the authorisation expired, or the request itself was refused: there is no money in it.
    Canceled,
    /// The money was taken.
    Succeeded,
}

/// What an attempt pays.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The booking itself.
    #[default]
    Booking,
    /// A fee for cancelling it late, or for not coming.
    Fee,
    /// What was left to pay of it after a part was paid.
    Rest,
}

/// Whether a booking still has its time.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Slot {
    /// It has.
    Kept,
    /// It was given up, but nobody took it yet.
    Free,
    /// Somebody else has it.
    Taken,
}

/// All that decides what an observation means.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Situation {
    /// The booking's state.
    pub booking: BookingState,
    /// The state of the attempt that was observed.
    pub attempt: AttemptState,
    /// Whether the booking still has its time. Only looked at when money is seen ([`Observation::Succeeded`]).
    pub slot: Slot,
    /// Whether another attempt of the same booking took money.
    pub paid_otherwise: bool,
    /// Whether the attempt's sum is one that is asked for now. A declined intent can be confirmed after its booking was made
    /// another one, of another price.
    pub fits: bool,
}

/// What follows from an observation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Step {
    /// The booking's state from now on.
    pub booking: BookingState,
    /// The attempt's state from now on.
    pub attempt: AttemptState,
    /// What to do, in this order, in the same transaction or as jobs written in it.
    pub effects: Vec<Effect>,
}

/// Something to carry out.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Take the slot again: it is free.
    RetakeSlot,
    /// Write the client a confirmation with the receipt.
    MailBooked,
    /// Write the client a receipt for a visit that was booked before, or for a fee.
    MailPaid,
    /// Cancel the intent at Stripe, so that nothing can take money with it any more.
    CancelIntent,
    /// Pay all of it back: there is nothing to keep it for.
    RefundAll,
    /// Tell both sides that the money goes back, and why.
    MailRefunded,
    /// Ask Stripe again later what became of it.
    AskAgain,
}

impl Observation {
    /// The state of an attempt of which nothing else was seen.
    fn state(self) -> AttemptState {
        match self {
            Observation::NoAnswer => AttemptState::Unknown,
            Observation::RequiresAction => AttemptState::RequiresAction,
            Observation::Processing => AttemptState::Processing,
            Observation::Declined(_) => AttemptState::Declined,
            Observation::Canceled => AttemptState::Canceled,
            Observation::Succeeded => AttemptState::Succeeded,
        }
    }
}

impl AttemptState {
    /// Whether the attempt may still take money without anybody starting another.
    ///
    /// At most one attempt of a booking is open at a time; the database sees to it.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(
            self,
            AttemptState::Created
                | AttemptState::Unknown
                | AttemptState::RequiresAction
                | AttemptState::Processing
        )
    }

    /// How far along: an observation never moves an attempt to a lower rank. Money taken is the highest of all, for it
    /// must never be overlooked.
    fn rank(self) -> u8 {
        match self {
            AttemptState::Created => 0,
            AttemptState::Unknown => 1,
            AttemptState::RequiresAction => 2,
            AttemptState::Processing => 3,
            AttemptState::Declined => 4,
            AttemptState::Canceled => 5,
            AttemptState::Succeeded => 6,
        }
    }
}

/// Whether an observation can change anything about an attempt in this state: it is further along, or a question without
/// an answer, which is asked again.
///
/// States only move forward: what is no news to an attempt will never be.
#[must_use]
pub fn is_news(attempt: AttemptState, seen: Observation) -> bool {
    let next = seen.state();
    next.rank() > attempt.rank() || (next == AttemptState::Unknown && attempt.is_open())
}

/// Moves a payment forward by one observation.
///
/// ```
/// use domain::payment::*;
/// let held = Situation {
///     booking: BookingState::Held, attempt: AttemptState::Created, slot: Slot::Kept, paid_otherwise: false, fits: true,
/// };
/// let step = advance(held, Observation::Succeeded);
/// assert_eq!(step.booking, BookingState::Booked);
/// assert_eq!(step.effects, [Effect::MailBooked]);
///
/// // Paid after the hold ended, and the slot is gone: the money goes back.
/// let late = Situation { booking: BookingState::Expired, slot: Slot::Taken, ..held };
/// assert!(advance(late, Observation::Succeeded).effects.contains(&Effect::RefundAll));
///
/// // Another sum than is asked for pays nothing.
/// let other = Situation { fits: false, ..held };
/// assert_eq!(advance(other, Observation::Succeeded).booking, BookingState::Held);
/// assert!(advance(other, Observation::Succeeded).effects.contains(&Effect::RefundAll));
/// ```
#[must_use]
pub fn advance(now: Situation, seen: Observation) -> Step {
    step(now, seen, paid)
}

/// Moves what is paid for a booking besides its first payment forward by one observation: a fee, or the rest. It moves no
/// booking; [`Situation::paid_otherwise`] here also says that nobody wants the fee any more, and [`Situation::fits`] is false for the
/// rest of a booking that stands no more.
#[must_use]
pub fn advance_besides(now: Situation, seen: Observation) -> Step {
    step(now, seen, paid_besides)
}

fn step(now: Situation, seen: Observation, paid: fn(Situation) -> Step) -> Step {
    let next = seen.state();
    let stay = |effects| Step {
        booking: now.booking,
        attempt: now.attempt,
        effects,
    };
    if next.rank() <= now.attempt.rank() {
        // Seen before, or older news. A question without an answer is asked again.
        let asks = next == AttemptState::Unknown && now.attempt.is_open();
        return stay(if asks { vec![Effect::AskAgain] } else { vec![] });
    }
    let moved = |booking, effects| Step {
        booking,
        attempt: next,
        effects,
    };
    match next {
        AttemptState::Unknown | AttemptState::Processing => moved(now.booking, vec![Effect::AskAgain]),
        // A declined intent could be confirmed again by its secret: it is ended, and a new attempt gets a new one.
        AttemptState::Declined => moved(now.booking, vec![Effect::CancelIntent]),
        AttemptState::Succeeded => paid(now),
        AttemptState::Created | AttemptState::RequiresAction | AttemptState::Canceled => {
            moved(now.booking, vec![])
        }
    }
}

/// Money of a fee or a rest is there.
fn paid_besides(now: Situation) -> Step {
    Step {
        booking: now.booking,
        attempt: AttemptState::Succeeded,
        effects: if now.paid_otherwise || !now.fits {
            vec![Effect::RefundAll, Effect::MailRefunded]
        } else {
            vec![Effect::MailPaid]
        },
    }
}

/// The money is there: what for?
fn paid(now: Situation) -> Step {
    let to = |booking, effects| Step {
        booking,
        attempt: AttemptState::Succeeded,
        effects,
    };
    let give_back = vec![Effect::RefundAll, Effect::MailRefunded];
    if now.paid_otherwise || !now.fits {
        return to(now.booking, give_back);
    }
    match (now.booking, now.slot) {
        (BookingState::Held, Slot::Kept) => to(BookingState::Booked, vec![Effect::MailBooked]),
        (BookingState::Booked, _) => to(BookingState::Booked, vec![Effect::MailPaid]),
        (BookingState::Held | BookingState::Expired, Slot::Free | Slot::Kept) => {
            to(BookingState::Booked, vec![Effect::RetakeSlot, Effect::MailBooked])
        }
        (BookingState::Held | BookingState::Expired, Slot::Taken) => to(BookingState::Expired, give_back),
        (BookingState::Cancelled, _) => to(BookingState::Cancelled, give_back),
    }
}
