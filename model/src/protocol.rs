//! What is explored: how much of the world there is, and which mistakes the protocol makes.

/// A protocol in a world, to be explored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Protocol {
    /// Whether a second client wants the same slot.
    pub two_clients: bool,
    /// Whether the second client may try twice, like the first.
    pub both_try_twice: bool,
    /// Whether the first client's booking is a visit the salon made, paid by a link.
    pub visit: bool,
    /// How many calls to Stripe may be under way at once, by all processes together: 1 to 3.
    pub calls: usize,
    /// How many requests and answers may be lost and processes die; `None`: any number.
    pub faults: Option<u8>,
    /// What Stripe, the payer and time may do.
    pub world: Occasions,
    /// The mistakes that the protocol makes.
    pub flaws: Flaws,
}

/// What may happen outside of our servers beside the usual.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Occasions {
    /// A payer confirms a declined intent again by its secret, in another tab.
    pub confirmed_again: bool,
    /// Stripe works on a payment for a while.
    pub processing: bool,
    /// Stripe refuses requests to charge, or can't be reached.
    pub refusals: bool,
    /// A day passes without an answer: Stripe forgets the key.
    pub forgets: bool,
    /// Stripe answers 500, which it repeats for that key, after or without taking the money.
    pub breaks: bool,
    /// Refunds wait, are refused, or fail after they succeeded.
    pub refund_trouble: bool,
    /// The client books without paying, as the salon allows.
    pub pay_at_salon: bool,
}

/// A mistake that a protocol can make.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Flaw {
    /// A hold ends without its intents being cancelled at Stripe: its attempts are just called ended.
    EndsWithoutCancelling,
    /// A hold ends whatever its attempts do.
    ExpiresPaymentsUnderWay,
    /// An attempt may begin beside an open one.
    ManyOpenAttempts,
    /// A question after an answer that was lost gets a key of its own.
    NewKeyWhenUnknown,
    /// Stripe is called before the attempt's row is written.
    CallBeforeRow,
    /// What was read is written over what has changed since.
    NoVersionCheck,
    /// Money without a booking may be given back several times.
    RefundsTwice,
    /// Another attempt's success is not looked at.
    IgnoresOtherAttempts,
    /// Two claims of one slot are possible.
    NoClaim,
    /// A refund's job is not written with what it follows from, but after it.
    JobApart,
    /// The ledger's entry of a payment is not written with what it follows from, but after it.
    EntryApart,
    /// The ledger's entries have no names: what is seen again is booked again.
    BooksEachSighting,
    /// A refund's job counts as done when it is taken.
    JobDoneWhenTaken,
    /// A refund that was tried is asked for again by another key, without looking for it.
    RefundsBlindly,
    /// What is news of a declined attempt is not: the first word counts.
    FirstWordCounts,
    /// Nobody asks Stripe about an attempt without an answer.
    NeverAsks,
    /// Stripe's list is not read.
    ReadsNoList,
    /// The job that cancels a declined intent is done even when Stripe gave no answer.
    ForgetsUnansweredCancel,
    /// A refusal counts as definite though an earlier try of the same call may have come through.
    TrustsRefusalAfterLostTry,
    /// The end of a hold asks about an attempt whose first call may still be refused.
    HoldEndAsksTooEarly,
    /// A payment that waits for the bank is ended only with a hold: not for a visit, and not beside the attempt that paid.
    EndsOnlyWithHold,
    /// Money that went back counts as a payment of the booking when it is held anew.
    RefundedCountsAsPaid,
    /// The end of a hold is decided by a list, not by the hold.
    EndsByOldList,
}

/// A set of mistakes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Flaws(u32);

impl Flaws {
    /// These.
    #[must_use]
    pub const fn of(flaws: &[Flaw]) -> Flaws {
        let mut bits = 0;
        let mut rest = flaws;
        while let [first, others @ ..] = rest {
            bits |= 1 << *first as u32;
            rest = others;
        }
        Flaws(bits)
    }

    /// Whether this one is among them.
    #[must_use]
    pub fn has(self, flaw: Flaw) -> bool {
        self.0 & (1 << flaw as u32) != 0
    }
}

impl Occasions {
    /// Success, decline, the bank's question, and nothing else.
    pub const FEW: Occasions = Occasions {
        confirmed_again: false,
        processing: false,
        refusals: false,
        forgets: false,
        breaks: false,
        refund_trouble: false,
        pay_at_salon: false,
    };

    /// All that the model knows.
    pub const ALL: Occasions = Occasions {
        confirmed_again: true,
        processing: true,
        refusals: true,
        forgets: true,
        breaks: true,
        refund_trouble: true,
        pay_at_salon: true,
    };
}

impl Protocol {
    /// Two clients for one slot, the first of whom may try twice: small enough for every test run.
    pub const SMALL: Protocol = Protocol {
        two_clients: true,
        both_try_twice: false,
        visit: false,
        calls: 1,
        faults: None,
        world: Occasions::FEW,
        flaws: Flaws(0),
    };

    /// The same with these mistakes.
    #[must_use]
    pub const fn with(self, flaws: &[Flaw]) -> Protocol {
        Protocol {
            flaws: Flaws::of(flaws),
            ..self
        }
    }

    /// Whether it makes this mistake.
    #[must_use]
    pub fn has(&self, flaw: Flaw) -> bool {
        self.flaws.has(flaw)
    }
}
