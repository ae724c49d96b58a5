//! What may happen next, and what it does.

use domain::{
    payment::{AttemptState, BookingState},
    refund::RefundState,
};

use crate::{
    books::{give_up, observe_refund},
    pair::Which,
    protocol::{Flaw, Protocol},
    stripe::{self, Outcome, Reply},
    world::{Answer, Attempt, Call, Intent, Key, RefundJob, Stage, World},
};

/// Something that may happen. Those with two names are about that client's that attempt.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Action {
    /// The client takes the slot, or takes it again: `hold`.
    Hold(Which),
    /// The client pays: `confirm` writes the attempt, and its call goes out.
    Pay(Which),
    /// The client books and pays at the salon: `confirm` without a card.
    BookUnpaid(Which),
    /// The client, asked by the bank, turns to another card or another page: the attempt's intent is being cancelled.
    TurnAway(Which, Which),
    /// The payer says yes or no to the bank.
    Bank(Which, Which, bool),
    /// The payer confirms a declined intent again by its secret, from a page that still has it.
    ConfirmAgain(Which, Which),
    /// The hold's time is over.
    HoldOver(Which),
    /// The worker lists the hold among those to end.
    List(Which),
    /// The worker begins to cancel what could still take money.
    EndPayment(Which, Which),
    /// The worker ends the hold.
    Expire(Which),
    /// The worker or the payer's page asks about an open attempt.
    Ask(Which, Which),
    /// The worker takes the job that cancels a declined intent.
    CancelJob(Which, Which),
    /// The worker takes the job that gives money back.
    RefundJob(Which, Which),
    /// The worker reads Stripe's list of movements.
    ReadList(Which, Which),
    /// A day passes, and Stripe forgets the key.
    ForgetKey(Which, Which),
    /// Stripe's work on a payment ends, with or without the money.
    WorkEnds(Which, Which, bool),
    /// A refund moves on at Stripe.
    RefundMoves(Which, Which, RefundState),
    /// An event of this payment arrives: early, late, or once more.
    Webhook(Which, Which, Answer),
    /// An event of its refund arrives.
    RefundWebhook(Which, Which),
    /// A request to charge arrives at Stripe.
    Arrives(Call, Outcome),
    /// A request to cancel arrives at Stripe.
    CancelArrives(Call),
    /// A request to give money back arrives at Stripe, which makes such a refund or refuses.
    RefundArrives(Call, Option<RefundState>),
    /// No answer came; the call is tried again. The request before may still arrive (`true`).
    TriesAgain(Call, bool),
    /// No answer came, and the call gives up.
    GivesUp(Call, bool),
    /// The process that made the call dies.
    Dies(Call, bool),
    /// A request arrives that nobody waits for any more.
    LateArrives(Which, Which, Outcome),
    /// It never arrives.
    LateIsLost(Which, Which),
    /// What was heard is weighed and written in one transaction.
    Writes(Call),
    /// The same, but the process dies before all that follows from it is written.
    WritesInPart(Call),
    /// What was heard is weighed by rows that are read now and written later.
    Weighs(Call),
}

impl Action {
    /// Whether it is one of those of which a bound allows only so many.
    #[must_use]
    pub fn is_fault(self) -> bool {
        matches!(
            self,
            Action::TriesAgain(..) | Action::GivesUp(..) | Action::Dies(..) | Action::WritesInPart(_)
        )
    }
}

impl Protocol {
    /// What the world is after that.
    #[must_use]
    pub fn after(&self, before: &World, action: Action) -> World {
        let mut world = *before;
        if action.is_fault() && self.faults.is_some() {
            world.faults += 1;
        }
        match action {
            Action::Hold(c) => {
                world.slot = Some(c);
                let client = world.clients.get_mut(c);
                client.booking = Some(BookingState::Held);
                client.over = false;
            }
            Action::Pay(c) => self.pay(&mut world, c),
            Action::BookUnpaid(c) => world.clients.get_mut(c).booking = Some(BookingState::Booked),
            Action::TurnAway(c, a) => call(
                &mut world,
                c,
                a,
                Stage::Cancel {
                    job: false,
                    early: false,
                },
            ),
            Action::Bank(c, a, yes) | Action::WorkEnds(c, a, yes) => {
                stripe::decide(world.attempt_mut(c, a), yes);
            }
            Action::ConfirmAgain(c, a) => world.attempt_mut(c, a).intent = Intent::Action,
            Action::HoldOver(c) => world.clients.get_mut(c).over = true,
            Action::List(c) => world.clients.get_mut(c).listed = true,
            Action::EndPayment(c, a) => {
                let client = world.clients.get_mut(c);
                let early = client.booking == Some(BookingState::Held) && !client.over;
                client.listed = false;
                call(&mut world, c, a, Stage::Cancel { job: false, early });
            }
            Action::Expire(c) => self.expire(&mut world, c),
            Action::Ask(c, a) => self.ask(&mut world, c, a),
            Action::CancelJob(c, a) => call(
                &mut world,
                c,
                a,
                Stage::Cancel {
                    job: true,
                    early: false,
                },
            ),
            Action::RefundJob(c, a) => self.refund_job(&mut world, c, a),
            Action::ReadList(c, a) => {
                self.observe(&mut world, c, a, Answer::Succeeded, true, false);
                observe_refund(&mut world, c, a);
            }
            Action::ForgetKey(c, a) => world.attempt_mut(c, a).key = Key::Forgotten,
            Action::RefundMoves(c, a, to) => world.attempt_mut(c, a).given_back = Some(to),
            Action::Webhook(c, a, answer) => self.observe(&mut world, c, a, answer, true, false),
            Action::RefundWebhook(c, a) => observe_refund(&mut world, c, a),
            Action::Arrives(sent, outcome) => self.arrives(&mut world, sent, outcome),
            Action::CancelArrives(sent) => {
                let answer = stripe::cancel(&mut world, sent.client, sent.attempt);
                let job = matches!(sent.stage, Stage::Cancel { job: true, .. });
                world.calls.remove(sent);
                hear(&mut world, sent, answer, true, job);
            }
            Action::RefundArrives(sent, how) => {
                let made = self.refund(&mut world, sent.client, sent.attempt, how);
                world.calls.remove(sent);
                call(&mut world, sent.client, sent.attempt, Stage::RefundHeard { made });
            }
            Action::TriesAgain(lost, late) => {
                leave(&mut world, lost, late);
                call(
                    &mut world,
                    lost.client,
                    lost.attempt,
                    Stage::Charge {
                        first: true,
                        lost: true,
                    },
                );
            }
            Action::GivesUp(lost, late) => {
                leave(&mut world, lost, late);
                let job = matches!(
                    lost.stage,
                    Stage::Cancel { job: true, .. } | Stage::Heard { job: true, .. }
                );
                hear(&mut world, lost, Answer::Nothing, false, job);
            }
            Action::Dies(lost, late) => leave(&mut world, lost, late),
            Action::LateArrives(c, a, outcome) => {
                world.attempt_mut(c, a).late = false;
                self.charge(&mut world, c, a, outcome);
            }
            Action::LateIsLost(c, a) => world.attempt_mut(c, a).late = false,
            Action::Writes(done) => self.writes(&mut world, done, false),
            Action::WritesInPart(done) => self.writes(&mut world, done, true),
            Action::Weighs(heard) => self.weighs(&mut world, heard),
        }
        self.tidy(&mut world);
        world
    }

    fn pay(&self, world: &mut World, c: Which) {
        let Some(a) = self.next_attempt(world, c) else {
            return;
        };
        if !self.has(Flaw::CallBeforeRow) {
            world.attempt_mut(c, a).row = Some(AttemptState::Created);
        }
        call(
            world,
            c,
            a,
            Stage::Charge {
                first: true,
                lost: false,
            },
        );
    }

    fn expire(&self, world: &mut World, c: Which) {
        let client = world.clients.get_mut(c);
        client.booking = Some(BookingState::Expired);
        client.listed = false;
        if self.has(Flaw::EndsWithoutCancelling) {
            for a in Which::BOTH {
                let attempt = client.attempts.get_mut(a);
                attempt.row = attempt.row.map(|row| match row.is_open() {
                    true => AttemptState::Canceled,
                    false => row,
                });
            }
        }
        give_up(world, c);
    }

    fn ask(&self, world: &mut World, c: Which, a: Which) {
        let of = world.attempt_mut(c, a);
        if of.intent_known {
            // Reading changes nothing at Stripe, and what is read late could have been written early: one step.
            if let Some(answer) = of.intent.read() {
                self.observe(world, c, a, answer, true, false);
            }
            return;
        }
        if self.has(Flaw::NewKeyWhenUnknown) && of.key != Key::New {
            of.key = Key::New;
            of.intent = Intent::None;
        }
        call(
            world,
            c,
            a,
            Stage::Charge {
                first: false,
                lost: true,
            },
        );
    }

    fn refund_job(&self, world: &mut World, c: Which, a: Which) {
        let of = world.attempt_mut(c, a);
        let tried = of.refund_job == RefundJob::Tried;
        of.refund_job = RefundJob::Tried;
        if tried && of.given_back.is_some() && !self.has(Flaw::RefundsBlindly) {
            observe_refund(world, c, a);
            return;
        }
        if self.has(Flaw::JobDoneWhenTaken) {
            of.refund_job = RefundJob::None;
        }
        call(world, c, a, Stage::Refund);
    }

    fn arrives(&self, world: &mut World, sent: Call, outcome: Outcome) {
        let Stage::Charge { first, lost } = sent.stage else {
            return;
        };
        world.calls.remove(sent);
        let definite = first && (!lost || self.has(Flaw::TrustsRefusalAfterLostTry));
        let (answer, named) = match self.charge(world, sent.client, sent.attempt, outcome) {
            Reply::Answer(answer) => (answer, answer != Answer::Nothing),
            Reply::Refused => (Answer::Canceled, false),
            Reply::KeptOut if definite => (Answer::Canceled, false),
            Reply::KeptOut => (Answer::Nothing, false),
        };
        hear(world, sent, answer, named, false);
    }

    fn writes(&self, world: &mut World, done: Call, apart: bool) {
        let (c, a) = (done.client, done.attempt);
        match done.stage {
            Stage::Heard {
                answer, named, job, ..
            } => {
                world.calls.remove(done);
                if self.has(Flaw::CallBeforeRow) {
                    let of = world.attempt_mut(c, a);
                    of.row = of.row.or(Some(AttemptState::Created));
                }
                let was = world.attempt(c, a).row;
                self.observe(world, c, a, answer, named, apart);
                // A job that the same step has written anew is not the one that is done.
                let is_done = answer != Answer::Nothing || self.has(Flaw::ForgetsUnansweredCancel);
                if job && is_done && was == Some(AttemptState::Declined) {
                    world.attempt_mut(c, a).cancel_job = false;
                }
            }
            Stage::Weighed(weighed) => {
                if self.write_over(world, c, a, weighed) {
                    world.calls.remove(done);
                }
            }
            Stage::RefundHeard { made } => {
                world.calls.remove(done);
                if made {
                    observe_refund(world, c, a);
                } else {
                    let of = world.attempt_mut(c, a);
                    let refused = of.refund == Some(RefundState::Created);
                    of.refund = if refused {
                        Some(RefundState::Failed)
                    } else {
                        of.refund
                    };
                }
                world.attempt_mut(c, a).refund_job = RefundJob::None;
            }
            Stage::Charge { .. } | Stage::Cancel { .. } | Stage::Refund => {}
        }
    }

    fn weighs(&self, world: &mut World, heard: Call) {
        let Stage::Heard { answer, named, .. } = heard.stage else {
            return;
        };
        world.calls.remove(heard);
        if let Some(weighed) = self.weighed(world, heard.client, heard.attempt, answer, named) {
            call(world, heard.client, heard.attempt, Stage::Weighed(weighed));
        }
    }

    /// The attempt that `confirm` would write next.
    #[must_use]
    pub fn next_attempt(&self, world: &World, c: Which) -> Option<Which> {
        let twice = c == Which::One || self.both_try_twice;
        let most: &[Which] = if twice { &Which::BOTH } else { &[Which::One] };
        let is_new = |a: &&Which| {
            let of = world.attempt(c, **a);
            of.row.is_none() && of.intent == Intent::None && world.calls.about(c, **a).next().is_none()
        };
        most.iter().find(is_new).copied()
    }

    /// Forgets what can't matter any more, so that moments which differ in nothing else are one.
    fn tidy(&self, world: &mut World) {
        let before = *world;
        world.calls.retain(|call| match call.stage {
            Stage::Heard { job: true, .. } => true,
            Stage::Heard { answer, named, .. } => {
                let rowless =
                    self.has(Flaw::CallBeforeRow) && before.attempt(call.client, call.attempt).row.is_none();
                rowless || self.is_news(&before, call.client, call.attempt, answer, named)
            }
            _ => true,
        });
        let calls = world.calls;
        for c in Which::BOTH {
            let client = world.clients.get_mut(c);
            client.over &= client.booking == Some(BookingState::Held);
            for a in Which::BOTH {
                let charging = calls
                    .about(c, a)
                    .any(|call| matches!(call.stage, Stage::Charge { .. }));
                self.tidy_attempt(client.attempts.get_mut(a), charging);
            }
        }
    }

    fn tidy_attempt(&self, of: &mut Attempt, charging: bool) {
        // It would be answered as before or refused, and nobody listens.
        of.late &= of.key == Key::New && of.intent == Intent::None;
        of.failed_once &= of.is_open();
        of.secret &= self.world.confirmed_again && matches!(of.intent, Intent::Action | Intent::Failed);
        of.cancel_job &= of.row == Some(AttemptState::Declined);
        if of.refund != Some(RefundState::Created) {
            of.refund_job = RefundJob::None;
        }
        // Nobody will ask by the key any more.
        let settled = of.row.is_some() && (!of.is_open() || of.intent_known);
        if settled && !charging && matches!(of.key, Key::Kept(_)) {
            of.key = Key::Kept(Answer::Nothing);
        }
    }
}

/// A process begins to wait for a call.
fn call(world: &mut World, client: Which, attempt: Which, stage: Stage) {
    world.calls.add(Call {
        client,
        attempt,
        stage,
    });
}

fn hear(world: &mut World, sent: Call, answer: Answer, named: bool, job: bool) {
    let (first, lost) = match sent.stage {
        Stage::Charge { first, lost } | Stage::Heard { first, lost, .. } => (first, lost),
        _ => (false, true),
    };
    let stage = Stage::Heard {
        answer,
        named,
        first,
        lost,
        job,
    };
    call(world, sent.client, sent.attempt, stage);
}

/// A call ends without an answer; its request may still be on its way.
fn leave(world: &mut World, lost: Call, late: bool) {
    world.calls.remove(lost);
    if matches!(lost.stage, Stage::Charge { .. }) {
        world.attempt_mut(lost.client, lost.attempt).late |= late;
    }
}
