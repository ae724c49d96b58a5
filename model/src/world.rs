//! All that the model knows at one moment: the books, what Stripe knows, and what is on its way between them.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use domain::{
    decline::Decline,
    payment::{AttemptState, BookingState, Observation},
    refund::RefundState,
};

use crate::pair::{Pair, Which};

/// A moment.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct World {
    /// Who has the slot: the one row of table `claim`.
    pub slot: Option<Which>,
    /// The clients.
    pub clients: Pair<Client>,
    /// Calls to Stripe that some process of ours is making.
    pub calls: Calls,
    /// Requests and answers lost, and processes died, so far. Counted only where a bound is set.
    pub faults: u8,
}

/// A client, her booking and what she pays it by.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Client {
    /// Her booking, once there is one.
    pub booking: Option<BookingState>,
    /// Whether the time of its hold is over.
    pub over: bool,
    /// Whether the worker has it on a list of holds to end, which may be older than the hold.
    pub listed: bool,
    /// Her attempts, in the order in which they were begun.
    pub attempts: Pair<Attempt>,
}

/// An attempt to pay, as we and as Stripe know it.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Attempt {
    /// The row's state, once there is a row.
    pub row: Option<AttemptState>,
    /// Whether the row has Stripe's id of the intent.
    pub intent_known: bool,
    /// The refund for money without a booking, as we know it.
    pub refund: Option<RefundState>,
    /// How many such refunds were written down. The database allows one.
    pub refund_rows: u8,
    /// Whether a job to cancel the intent is written down.
    pub cancel_job: bool,
    /// The job that gives the money back.
    pub refund_job: RefundJob,
    /// The intent at Stripe.
    pub intent: Intent,
    /// What Stripe remembers of the attempt's key.
    pub key: Key,
    /// Whether the payer's page may have the intent's secret.
    pub secret: bool,
    /// Whether the intent failed once: that event may be told at any time.
    pub failed_once: bool,
    /// How often money was taken.
    pub captures: u8,
    /// The refund at Stripe.
    pub given_back: Option<RefundState>,
    /// Whether Stripe refused to make it: the key repeats that.
    pub refund_refused: bool,
    /// Whether a request to charge, to which nobody listens any more, may still arrive.
    pub late: bool,
    /// What the ledger holds of it.
    pub ledger: Entries,
}

/// The ledger's entries of an attempt: how often each kind is there. The database allows each name once.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Entries {
    /// The money was taken.
    pub captured: u8,
    /// It went back.
    pub refunded: u8,
    /// What went back came again, for the refund failed.
    pub returned: u8,
}

/// A job that gives money back.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum RefundJob {
    /// There is none, or it is done.
    #[default]
    None,
    /// Written down, never tried.
    Due,
    /// Taken at least once: by somebody who works on it, or who died.
    Tried,
}

/// A PaymentIntent at Stripe.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Intent {
    /// None was made.
    #[default]
    None,
    /// None was made, and none will: the request itself is refused, each time.
    Refused,
    /// `requires_action`.
    Action,
    /// `processing`.
    Processing,
    /// `requires_payment_method` after a decline.
    Failed,
    /// `succeeded`.
    Succeeded,
    /// `canceled`.
    Canceled,
}

/// What Stripe remembers of an idempotency key.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Key {
    /// It has not seen it.
    #[default]
    New,
    /// It gives this answer, the first one, again and again.
    Kept(Answer),
    /// A day has passed: neither the key nor the card's token in the request is good any more.
    Forgotten,
}

/// What was heard of an attempt.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Answer {
    /// Nothing definite.
    Nothing,
    /// It waits for the payer's bank.
    Action,
    /// It is being worked on.
    Processing,
    /// It was declined.
    Declined,
    /// There is no money in it.
    Canceled,
    /// The money was taken.
    Succeeded,
}

/// A call to Stripe by some process of ours.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Call {
    /// Whose attempt it is about.
    pub client: Which,
    /// Which of her attempts.
    pub attempt: Which,
    /// How far it is.
    pub stage: Stage,
}

/// How far a call is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Stage {
    /// A request to charge is on its way.
    Charge {
        /// By `confirm`, just after the row; not by anybody who asks again.
        first: bool,
        /// An earlier try of the same call may have come through.
        lost: bool,
    },
    /// A request to cancel is on its way.
    Cancel {
        /// By the job, not by the end of a hold.
        job: bool,
        /// For the end of a hold that has not ended.
        early: bool,
    },
    /// Stripe has answered, and it is not written down yet.
    Heard {
        /// What it answered.
        answer: Answer,
        /// Whether the answer names the intent.
        named: bool,
        /// The call's origin, as above.
        first: bool,
        /// As above.
        lost: bool,
        /// As above.
        job: bool,
    },
    /// What was heard was weighed against rows that may have changed since. Only where no version is checked.
    Weighed(Weighed),
    /// A request to give money back is on its way.
    Refund,
    /// Stripe has answered it: it was made, or refused.
    RefundHeard {
        /// Whether it was made.
        made: bool,
    },
}

/// What is about to be written, whatever the rows are by now.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Weighed {
    /// Whether the booking becomes booked; otherwise it gets the state it had when it was read.
    pub booked: bool,
    /// Whether it becomes expired.
    pub expired: bool,
    /// The attempt's new state, as the observation of it.
    pub attempt: Answer,
    /// Whether the slot is taken again.
    pub retake: bool,
    /// Whether the money goes back.
    pub refund: bool,
}

/// A few calls at a time, in no order.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Calls([Option<Call>; 3]);

impl World {
    /// An attempt.
    #[must_use]
    pub fn attempt(&self, client: Which, attempt: Which) -> &Attempt {
        self.clients.get(client).attempts.get(attempt)
    }

    /// An attempt, to be changed.
    pub fn attempt_mut(&mut self, client: Which, attempt: Which) -> &mut Attempt {
        self.clients.get_mut(client).attempts.get_mut(attempt)
    }

    /// The same moment with the clients' names swapped, if that is the one to stand for both.
    #[must_use]
    pub fn representative(self) -> World {
        let rank = |client: &Client| {
            let mut hasher = DefaultHasher::new();
            client.hash(&mut hasher);
            hasher.finish()
        };
        if rank(&self.clients.one) <= rank(&self.clients.two) {
            return self;
        }
        World {
            slot: self.slot.map(Which::other),
            clients: Pair {
                one: self.clients.two,
                two: self.clients.one,
            },
            calls: self.calls.map(|call| Call {
                client: call.client.other(),
                ..call
            }),
            ..self
        }
    }
}

impl Client {
    /// Whether any attempt may still take money, as far as we know.
    #[must_use]
    pub fn has_open(&self) -> bool {
        self.attempts.iter().any(Attempt::is_open)
    }
}

impl Entries {
    /// What they add up to, in payments.
    #[must_use]
    pub fn sum(self) -> i16 {
        i16::from(self.captured) + i16::from(self.returned) - i16::from(self.refunded)
    }
}

impl Attempt {
    /// Whether it may still take money, as far as we know.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.row.is_some_and(AttemptState::is_open)
    }

    /// Whether we know that it took money.
    #[must_use]
    pub fn is_paid(&self) -> bool {
        self.row == Some(AttemptState::Succeeded)
    }

    /// Whether it took money that was not given back, as far as we know.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.is_paid() && self.refund.is_none()
    }
}

impl Intent {
    /// What reading it says; `None` where there is nothing to read.
    #[must_use]
    pub fn read(self) -> Option<Answer> {
        match self {
            Intent::None | Intent::Refused => None,
            Intent::Action => Some(Answer::Action),
            Intent::Processing => Some(Answer::Processing),
            Intent::Failed => Some(Answer::Declined),
            Intent::Succeeded => Some(Answer::Succeeded),
            Intent::Canceled => Some(Answer::Canceled),
        }
    }
}

impl Answer {
    /// The rules' word for it.
    #[must_use]
    pub fn observation(self) -> Observation {
        match self {
            Answer::Nothing => Observation::NoAnswer,
            Answer::Action => Observation::RequiresAction,
            Answer::Processing => Observation::Processing,
            Answer::Declined => Observation::Declined(Decline::AskBank),
            Answer::Canceled => Observation::Canceled,
            Answer::Succeeded => Observation::Succeeded,
        }
    }
}

impl Calls {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Call> + '_ {
        self.0.iter().flatten().copied()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The calls about an attempt.
    pub fn about(&self, client: Which, attempt: Which) -> impl Iterator<Item = Call> + '_ {
        self.iter()
            .filter(move |call| call.client == client && call.attempt == attempt)
    }

    /// Adds one; `false` when there is no room for it.
    pub fn add(&mut self, call: Call) -> bool {
        let Some(room) = self.0.iter_mut().find(|call| call.is_none()) else {
            return false;
        };
        *room = Some(call);
        self.0.sort_unstable();
        true
    }

    /// Takes one out; `false` when it is not there.
    pub fn remove(&mut self, call: Call) -> bool {
        let Some(room) = self.0.iter_mut().find(|one| **one == Some(call)) else {
            return false;
        };
        *room = None;
        self.0.sort_unstable();
        true
    }

    /// Each of them, changed.
    #[must_use]
    pub fn map(self, change: impl Fn(Call) -> Call) -> Calls {
        let mut changed = self.0.map(|call| call.map(&change));
        changed.sort_unstable();
        Calls(changed)
    }

    /// Only those that are to stay.
    pub fn retain(&mut self, stays: impl Fn(Call) -> bool) {
        for room in &mut self.0 {
            *room = room.filter(|call| stays(*call));
        }
        self.0.sort_unstable();
    }
}
