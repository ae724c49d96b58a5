//! All that may happen in a moment.

use domain::{
    payment::{AttemptState, BookingState},
    refund::RefundState,
};

use crate::{
    calm::{is_cancel, refund_is_news},
    pair::Which,
    protocol::{Flaw, Protocol},
    step::Action,
    stripe::Outcome,
    world::{Answer, Call, Client, Intent, Key, Stage, World},
};

impl Protocol {
    /// All that may happen next.
    pub fn possible(&self, world: &World, to: &mut Vec<Action>) {
        let room = world.calls.len() < self.calls;
        for c in Which::BOTH {
            self.of_client(world, c, room, to);
            for a in Which::BOTH {
                if world.attempt(c, a).row.is_some() {
                    self.of_payer(world, c, a, room, to);
                    self.of_worker(world, c, a, room, to);
                    self.of_webhooks(world, c, a, to);
                }
                self.of_stripe(world, c, a, to);
            }
        }
        for call in world.calls.iter() {
            self.of_call(world, call, to);
        }
        if self.faults.is_some_and(|most| world.faults >= most) {
            to.retain(|action| !action.is_fault());
        }
    }

    /// Whether `confirm` says that the booking is paid already.
    #[must_use]
    pub fn refuses_as_paid(&self, client: &Client) -> bool {
        client
            .attempts
            .iter()
            .any(|of| match self.has(Flaw::RefundedCountsAsPaid) {
                true => of.is_paid(),
                false => of.is_kept(),
            })
    }

    fn of_client(&self, world: &World, c: Which, room: bool, to: &mut Vec<Action>) {
        if c == Which::Two && (!self.two_clients || self.visit) {
            return;
        }
        let client = world.clients.get(c);
        let held = client.booking == Some(BookingState::Held);
        let running = held && !client.over;
        let wants = client.booking.is_none() || client.booking == Some(BookingState::Expired);
        let free = world.slot.is_none() || world.slot == Some(c);
        if (wants || (held && client.over)) && free && !client.has_open() && !self.visit {
            to.push(Action::Hold(c));
        }
        let visit = self.visit && client.booking == Some(BookingState::Booked);
        let may_begin = !client.has_open() || self.has(Flaw::ManyOpenAttempts);
        if (running || visit) && may_begin && room && !self.refuses_as_paid(client) {
            to.extend(self.next_attempt(world, c).map(|_| Action::Pay(c)));
        }
        if self.world.pay_at_salon && running && !client.has_open() {
            to.push(Action::BookUnpaid(c));
        }
        if running {
            to.push(Action::HoldOver(c));
        }
        if self.has(Flaw::EndsByOldList) && held && client.over && !client.listed {
            to.push(Action::List(c));
        }
        if self.is_due(world, Action::Expire(c)) {
            to.push(Action::Expire(c));
        }
    }

    fn of_payer(&self, world: &World, c: Which, a: Which, room: bool, to: &mut Vec<Action>) {
        let of = world.attempt(c, a);
        let waits = of.row == Some(AttemptState::RequiresAction) && of.intent_known;
        let canceling = world.calls.about(c, a).any(|call| is_cancel(call.stage));
        let has_another = self.next_attempt(world, c).is_some();
        if waits && room && !canceling && has_another {
            to.push(Action::TurnAway(c, a));
        }
        if of.intent == Intent::Action {
            to.extend([Action::Bank(c, a, true), Action::Bank(c, a, false)]);
        }
        if self.world.confirmed_again && of.intent == Intent::Failed && of.secret {
            to.push(Action::ConfirmAgain(c, a));
        }
    }

    fn of_worker(&self, world: &World, c: Which, a: Which, room: bool, to: &mut Vec<Action>) {
        let of = world.attempt(c, a);
        for action in [
            Action::CancelJob(c, a),
            Action::RefundJob(c, a),
            Action::EndPayment(c, a),
        ] {
            if room && self.is_due(world, action) {
                to.push(action);
            }
        }
        let ask = Action::Ask(c, a);
        let reads = of.intent.read().filter(|_| of.intent_known);
        let worth = reads.map_or(room, |answer| self.is_news(world, c, a, answer, true));
        if worth && self.is_due(world, ask) {
            to.push(ask);
        }
        if self.is_due(world, Action::ReadList(c, a)) {
            to.push(Action::ReadList(c, a));
        }
    }

    fn of_webhooks(&self, world: &World, c: Which, a: Which, to: &mut Vec<Action>) {
        let of = world.attempt(c, a);
        let failed = Some(Answer::Declined).filter(|_| of.failed_once && of.intent != Intent::Failed);
        for answer in of.intent.read().into_iter().chain(failed) {
            // What changes nothing is no step, but for who books it all the same.
            let booked_again = self.has(Flaw::BooksEachSighting) && of.is_paid();
            if self.is_news(world, c, a, answer, true) || booked_again {
                to.push(Action::Webhook(c, a, answer));
            }
        }
        if refund_is_news(of) {
            to.push(Action::RefundWebhook(c, a));
        }
    }

    fn of_stripe(&self, world: &World, c: Which, a: Which, to: &mut Vec<Action>) {
        let of = world.attempt(c, a);
        if of.intent == Intent::Processing {
            to.extend([Action::WorkEnds(c, a, true), Action::WorkEnds(c, a, false)]);
        }
        if of.late {
            let arrives = self.outcomes(of).into_iter();
            let arrives = arrives.filter(|outcome| *outcome != Outcome::KeepsOut);
            to.extend(arrives.map(|outcome| Action::LateArrives(c, a, outcome)));
            to.push(Action::LateIsLost(c, a));
        }
        let asked = world.calls.about(c, a).next().is_some() || of.late;
        if self.world.forgets && of.is_open() && !of.intent_known && !asked && of.key != Key::Forgotten {
            to.push(Action::ForgetKey(c, a));
        }
        let moves: &[RefundState] = match of.given_back {
            Some(RefundState::Pending) => &[RefundState::Succeeded, RefundState::Failed],
            Some(RefundState::Succeeded) if self.world.refund_trouble => &[RefundState::Failed],
            _ => &[],
        };
        to.extend(moves.iter().map(|state| Action::RefundMoves(c, a, *state)));
    }

    fn of_call(&self, world: &World, call: Call, to: &mut Vec<Action>) {
        let of = world.attempt(call.client, call.attempt);
        let lates: &[bool] = match call.stage {
            Stage::Charge { .. } if of.key == Key::New && of.intent == Intent::None => &[false, true],
            _ => &[false],
        };
        match call.stage {
            Stage::Charge { first, lost } => {
                to.extend(
                    self.outcomes(of)
                        .into_iter()
                        .map(|outcome| Action::Arrives(call, outcome)),
                );
                if first && !lost {
                    to.extend(lates.iter().map(|late| Action::TriesAgain(call, *late)));
                }
                to.extend(lates.iter().map(|late| Action::GivesUp(call, *late)));
            }
            Stage::Cancel { job, .. } => {
                to.push(Action::CancelArrives(call));
                // Without an answer the job is put off, as if its process had died.
                if job && self.has(Flaw::ForgetsUnansweredCancel) {
                    to.push(Action::GivesUp(call, false));
                }
            }
            Stage::Refund => {
                to.push(Action::RefundArrives(call, Some(RefundState::Succeeded)));
                if self.world.refund_trouble && of.given_back.is_none() && !of.refund_refused {
                    to.push(Action::RefundArrives(call, Some(RefundState::Pending)));
                    to.push(Action::RefundArrives(call, None));
                }
            }
            Stage::Heard {
                answer, first, lost, ..
            } => {
                to.push(Action::Writes(call));
                if self.has(Flaw::JobApart) || self.has(Flaw::EntryApart) {
                    to.push(Action::WritesInPart(call));
                }
                if self.has(Flaw::NoVersionCheck) {
                    to.push(Action::Weighs(call));
                }
                if first && !lost {
                    to.push(Action::TriesAgain(call, false));
                }
                if answer != Answer::Nothing {
                    to.push(Action::GivesUp(call, false));
                }
            }
            Stage::Weighed(_) | Stage::RefundHeard { .. } => to.push(Action::Writes(call)),
        }
        to.extend(lates.iter().map(|late| Action::Dies(call, *late)));
    }
}
