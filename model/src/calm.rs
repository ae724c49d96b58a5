//! What goes on without anybody's doing: requests arrive, answers are written, the worker works, time passes. And where that
//! ends, when nothing more is lost and nobody dies.

use domain::{
    payment::{AttemptState, BookingState},
    refund::RefundState,
};

use crate::{
    pair::Which,
    protocol::{Flaw, Protocol},
    step::Action,
    stripe::Outcome,
    world::{Answer, Attempt, Intent, Key, RefundJob, Stage, World},
};

/// More steps than any moment needs to come to rest.
const STEPS: usize = 80;

impl Protocol {
    /// What certainly happens next, if nobody does anything, no webhook comes, and Stripe answers a first request like this;
    /// `None` when all is quiet.
    #[must_use]
    pub fn certain(&self, world: &World, outcome: Outcome) -> Option<Action> {
        if let Some(call) = world.calls.iter().next() {
            return Some(match call.stage {
                Stage::Charge { .. } => Action::Arrives(call, outcome),
                Stage::Cancel { .. } => Action::CancelArrives(call),
                Stage::Refund => Action::RefundArrives(call, Some(RefundState::Succeeded)),
                Stage::Heard { .. } | Stage::Weighed(_) | Stage::RefundHeard { .. } => Action::Writes(call),
            });
        }
        let each = || Which::BOTH.into_iter().flat_map(|c| Which::BOTH.map(|a| (c, a)));
        each()
            .find_map(|(c, a)| self.certain_of_attempt(world, c, a, outcome))
            .or_else(|| {
                Which::BOTH
                    .into_iter()
                    .find_map(|c| self.certain_of_hold(world, c))
            })
    }

    fn certain_of_attempt(&self, world: &World, c: Which, a: Which, outcome: Outcome) -> Option<Action> {
        let of = world.attempt(c, a);
        if of.late {
            return Some(Action::LateArrives(c, a, outcome));
        }
        if of.intent == Intent::Processing {
            return Some(Action::WorkEnds(c, a, outcome != Outcome::Declines));
        }
        if of.given_back == Some(RefundState::Pending) {
            return Some(Action::RefundMoves(c, a, RefundState::Succeeded));
        }
        let ready = [
            Action::CancelJob(c, a),
            Action::RefundJob(c, a),
            Action::ReadList(c, a),
        ];
        if let Some(action) = ready.into_iter().find(|action| self.is_due(world, *action)) {
            return Some(action);
        }
        // Asking is worth it while the answer could be another one than before.
        let (ask, end) = (Action::Ask(c, a), Action::EndPayment(c, a));
        let stuck = !of.intent_known && of.key == Key::Kept(Answer::Nothing);
        if stuck && of.is_open() {
            return self.world.forgets.then_some(Action::ForgetKey(c, a));
        }
        if self.is_due(world, ask) && (!of.intent_known || reads_news(self, world, c, a)) {
            return Some(ask);
        }
        self.is_due(world, end).then_some(end)
    }

    fn certain_of_hold(&self, world: &World, c: Which) -> Option<Action> {
        let client = world.clients.get(c);
        if client.booking == Some(BookingState::Held) && !client.over {
            return Some(Action::HoldOver(c));
        }
        let expire = Action::Expire(c);
        self.is_due(world, expire).then_some(expire)
    }

    /// Whether the worker would do this now.
    #[must_use]
    pub fn is_due(&self, world: &World, action: Action) -> bool {
        match action {
            Action::CancelJob(c, a) => {
                let of = world.attempt(c, a);
                let busy = world.calls.about(c, a).any(|call| {
                    is_cancel(call.stage) || matches!(call.stage, Stage::Heard { job: true, .. })
                });
                of.cancel_job && of.intent_known && !busy
            }
            Action::RefundJob(c, a) => {
                let of = world.attempt(c, a);
                of.refund == Some(RefundState::Created) && of.refund_job != RefundJob::None && of.intent_known
            }
            Action::ReadList(c, a) => {
                let of = world.attempt(c, a);
                let pays =
                    of.intent == Intent::Succeeded && self.is_news(world, c, a, Answer::Succeeded, true);
                !self.has(Flaw::ReadsNoList) && (pays || refund_is_news(of))
            }
            Action::Ask(c, a) => self.may_ask(world, c, a),
            Action::EndPayment(c, a) => self.may_end(world, c, a),
            Action::Expire(c) => {
                let client = world.clients.get(c);
                let ignores =
                    self.has(Flaw::ExpiresPaymentsUnderWay) || self.has(Flaw::EndsWithoutCancelling);
                client.booking == Some(BookingState::Held) && client.over && (ignores || !client.has_open())
            }
            _ => false,
        }
    }

    fn may_ask(&self, world: &World, c: Which, a: Which) -> bool {
        let of = world.attempt(c, a);
        let client = world.clients.get(c);
        let asked_before = |stage| matches!(stage, Stage::Charge { first: false, .. });
        // The first call may still be refused, which says that there is no money in it: nobody else may put any in.
        let first = |stage| {
            matches!(
                stage,
                Stage::Charge {
                    first: true,
                    lost: false
                } | Stage::Heard {
                    first: true,
                    lost: false,
                    ..
                }
            )
        };
        let too_early = world.calls.about(c, a).any(|call| first(call.stage));
        let at_hold_end = client.booking == Some(BookingState::Held) && client.over;
        of.is_open()
            && !self.has(Flaw::NeverAsks)
            && (of.intent_known
                || !world.calls.about(c, a).any(|call| asked_before(call.stage))
                    && (!too_early || (self.has(Flaw::HoldEndAsksTooEarly) && at_hold_end)))
    }

    fn may_end(&self, world: &World, c: Which, a: Which) -> bool {
        let (client, of) = (world.clients.get(c), world.attempt(c, a));
        let over = client.over || (self.has(Flaw::EndsByOldList) && client.listed);
        let hold_ends = client.booking == Some(BookingState::Held) && over;
        // Where no hold ends it, an hour does.
        let abandoned = client.booking != Some(BookingState::Held)
            && of.row == Some(AttemptState::RequiresAction)
            && !self.has(Flaw::EndsOnlyWithHold);
        // Those that end a hold otherwise do not ask Stripe.
        let ends = !self.has(Flaw::EndsWithoutCancelling) && !self.has(Flaw::ExpiresPaymentsUnderWay);
        of.is_open()
            && of.intent_known
            && (hold_ends && ends || abandoned)
            && !world.calls.about(c, a).any(|call| is_cancel(call.stage))
    }

    /// What there is after all that is certain has happened, and whether it came to rest at all.
    #[must_use]
    pub fn rest(&self, world: &World, outcome: Outcome) -> Option<World> {
        let mut now = *world;
        for _ in 0..STEPS {
            match self.certain(&now, outcome) {
                Some(action) => now = self.after(&now, action),
                None => return Some(now),
            }
        }
        None
    }
}

/// Whether what Stripe knows of a refund is news to us.
#[must_use]
pub fn refund_is_news(of: &Attempt) -> bool {
    match (of.refund, of.given_back) {
        (Some(ours), Some(seen)) => domain::refund::advance(ours, seen).0 != ours,
        _ => false,
    }
}

fn reads_news(protocol: &Protocol, world: &World, c: Which, a: Which) -> bool {
    let read = world.attempt(c, a).intent.read();
    read.is_some_and(|answer| protocol.is_news(world, c, a, answer, true))
}

/// Whether a call is on its way to cancel.
#[must_use]
pub fn is_cancel(stage: Stage) -> bool {
    matches!(stage, Stage::Cancel { .. })
}

/// Whether a closed attempt's intent can't take money any more, whoever has its secret.
#[must_use]
pub fn is_dead(of: &Attempt) -> bool {
    // After a day without an answer nobody ever got the secret.
    let nobody_has_it = of.key == Key::Forgotten;
    match of.intent {
        Intent::None | Intent::Refused | Intent::Succeeded | Intent::Canceled => true,
        Intent::Action | Intent::Failed => nobody_has_it,
        Intent::Processing => false,
    }
}

/// Whether all money is known, has a booking or went back, and the ledger agrees with Stripe: of a moment at which all is quiet.
#[must_use]
pub fn is_settled(world: &World) -> bool {
    let of_attempt = |booking, of: &Attempt| {
        let known = of.captures == 0 || of.is_paid();
        let refunded = match of.refund {
            None => of.given_back.is_none(),
            Some(RefundState::Failed) => of.given_back.is_none_or(|state| state == RefundState::Failed),
            Some(ours) => ours != RefundState::Created && of.given_back == Some(ours),
        };
        let back = of.given_back.is_some_and(RefundState::is_out);
        let balanced = of.ledger.sum() == i16::from(of.captures) - i16::from(back);
        let has_booking = of.captures == 0 || of.refund.is_some() || booking == Some(BookingState::Booked);
        known && refunded && balanced && has_booking
    };
    world.clients.iter().all(|client| {
        let kept = client
            .attempts
            .iter()
            .filter(|of| of.captures > 0 && of.refund.is_none());
        kept.count() <= 1 && client.attempts.iter().all(|of| of_attempt(client.booking, of))
    })
}

/// Whether nothing is left that could take money, and no slot is kept for nothing: of a moment at which all is quiet.
#[must_use]
pub fn is_closed(world: &World) -> bool {
    world.clients.iter().all(|client| {
        let closed = |of: &Attempt| !of.is_open() && is_dead(of);
        client.attempts.iter().all(closed) && client.booking != Some(BookingState::Held)
    })
}
