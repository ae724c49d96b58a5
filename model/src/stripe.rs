//! Stripe's side: what a request that arrives does there, and what is answered.

use domain::refund::RefundState;

use crate::{
    pair::Which,
    protocol::{Flaw, Protocol},
    world::{Answer, Attempt, Intent, Key, RefundJob, World},
};

/// What Stripe does with a request to charge by a key that it does not know.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Outcome {
    /// Takes the money.
    Takes,
    /// Declines the card.
    Declines,
    /// Wants the payer's confirmation.
    WantsAction,
    /// Works on it for a while.
    Works,
    /// Refuses the request itself, as it would each time.
    Refuses,
    /// Is not reached, or lets nobody in. The only one that also happens to a key it knows.
    KeepsOut,
    /// Answers 500 without having done anything.
    Breaks,
    /// Takes the money and answers 500.
    TakesAndBreaks,
}

/// What was heard of a request to charge: an answer, and whether it names the intent. A refusal is told apart by `None`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Reply {
    /// Stripe's answer.
    Answer(Answer),
    /// The request was refused: there is no intent, and there will be none.
    Refused,
    /// Nobody was let in; nothing is said of what was there before.
    KeptOut,
}

impl Protocol {
    /// All that Stripe may do with a request to charge that arrives now.
    #[must_use]
    pub fn outcomes(&self, of: &Attempt) -> Vec<Outcome> {
        let mut all = Vec::with_capacity(8);
        match (of.key, of.intent) {
            (Key::New, Intent::None) => {
                all.extend([Outcome::Takes, Outcome::Declines, Outcome::WantsAction]);
                if self.world.processing {
                    all.push(Outcome::Works);
                }
                if self.world.refusals {
                    all.push(Outcome::Refuses);
                }
                if self.world.breaks {
                    all.extend([Outcome::Breaks, Outcome::TakesAndBreaks]);
                }
            }
            // Whatever is chosen, the first answer is given again.
            _ => all.push(Outcome::Takes),
        }
        if self.world.refusals {
            all.push(Outcome::KeepsOut);
        }
        all
    }

    /// A request to charge arrives.
    pub fn charge(&self, world: &mut World, client: Which, attempt: Which, outcome: Outcome) -> Reply {
        let of = world.attempt_mut(client, attempt);
        if outcome == Outcome::KeepsOut {
            return Reply::KeptOut;
        }
        match (of.key, of.intent) {
            (Key::Kept(first), _) => return Reply::Answer(first),
            (Key::Forgotten, _) | (Key::New, Intent::Refused) => return Reply::Refused,
            (Key::New, _) => {}
        }
        let (intent, answer) = match outcome {
            Outcome::Takes => (Intent::Succeeded, Answer::Succeeded),
            Outcome::Declines => (Intent::Failed, Answer::Declined),
            Outcome::WantsAction => (Intent::Action, Answer::Action),
            Outcome::Works => (Intent::Processing, Answer::Processing),
            Outcome::Breaks => (Intent::None, Answer::Nothing),
            Outcome::TakesAndBreaks => (Intent::Succeeded, Answer::Nothing),
            Outcome::Refuses | Outcome::KeepsOut => {
                of.intent = Intent::Refused;
                return Reply::Refused;
            }
        };
        of.key = Key::Kept(answer);
        of.intent = intent;
        of.secret |= intent == Intent::Action;
        of.failed_once |= intent == Intent::Failed;
        if intent == Intent::Succeeded {
            capture(of);
        }
        Reply::Answer(answer)
    }

    /// A request to give money back arrives; whether it was taken.
    pub fn refund(&self, world: &mut World, client: Which, attempt: Which, how: Option<RefundState>) -> bool {
        let of = world.attempt_mut(client, attempt);
        let again = of.given_back.is_some();
        if again && self.has(Flaw::RefundsBlindly) && of.refund_job == RefundJob::Tried {
            // By a key of its own: there is nothing left to give back.
            return false;
        }
        if !of.refund_refused {
            of.given_back = of.given_back.or(how);
        }
        of.refund_refused = of.given_back.is_none();
        !of.refund_refused
    }
}

/// A request to cancel arrives; the answer is what the intent is after it.
pub fn cancel(world: &mut World, client: Which, attempt: Which) -> Answer {
    let of = world.attempt_mut(client, attempt);
    if matches!(of.intent, Intent::Action | Intent::Failed) {
        of.intent = Intent::Canceled;
    }
    of.intent.read().unwrap_or(Answer::Nothing)
}

/// The payer confirms with the bank, or Stripe's work on a payment ends.
pub fn decide(of: &mut Attempt, taken: bool) {
    if taken {
        of.intent = Intent::Succeeded;
        capture(of);
    } else {
        of.intent = Intent::Failed;
        of.failed_once = true;
    }
}

/// Takes the money. More than twice is as wrong as twice.
fn capture(of: &mut Attempt) {
    of.captures = (of.captures + 1).min(2);
}
