//! Our side: what a process of ours writes in one transaction. The rules are the shipped ones of `domain`.

use domain::{
    payment::{AttemptState, BookingState, Effect, Observation, Situation, Slot, Step, advance, is_news},
    refund::{self, Movement},
};

use crate::{
    pair::Which,
    protocol::{Flaw, Protocol},
    world::{Answer, RefundJob, Weighed, World},
};

impl Protocol {
    /// Whether what was heard would change anything.
    #[must_use]
    pub fn is_news(&self, world: &World, client: Which, attempt: Which, answer: Answer, named: bool) -> bool {
        let of = world.attempt(client, attempt);
        let Some(row) = of.row else {
            return false;
        };
        // A question without an answer moves a new attempt; of the others it only puts the next question off.
        let news = match answer {
            Answer::Nothing => row == AttemptState::Created,
            answer => is_news(row, answer.observation()),
        };
        (news && !self.is_deaf_to(row)) || (named && !of.intent_known)
    }

    fn is_deaf_to(&self, row: AttemptState) -> bool {
        self.has(Flaw::FirstWordCounts) && matches!(row, AttemptState::Declined | AttemptState::Canceled)
    }

    /// What the rules say to do about what was heard, by the rows as they are. Nothing is written.
    #[must_use]
    pub fn weigh(&self, world: &World, client: Which, attempt: Which, answer: Answer) -> Option<Step> {
        let of = world.clients.get(client);
        let row = of.attempts.get(attempt).row?;
        let booking = of.booking?;
        let seen = answer.observation();
        let paid = |which| {
            let other = of.attempts.get(which);
            if self.has(Flaw::RefundedCountsAsPaid) {
                other.is_paid()
            } else {
                other.is_kept()
            }
        };
        if self.is_deaf_to(row) {
            return Some(Step {
                booking,
                attempt: row,
                effects: vec![],
            });
        }
        let situation = Situation {
            booking,
            attempt: row,
            slot: if seen == Observation::Succeeded {
                self.slot(world, client, booking)
            } else {
                Slot::Taken
            },
            paid_otherwise: paid(attempt.other()) && !self.has(Flaw::IgnoresOtherAttempts),
            // There is one price here.
            fits: true,
        };
        Some(advance(situation, seen))
    }

    fn slot(&self, world: &World, client: Which, booking: BookingState) -> Slot {
        let holds = world.slot == Some(client);
        if holds && matches!(booking, BookingState::Held | BookingState::Booked) {
            Slot::Kept
        } else if world.slot.is_none() || self.has(Flaw::NoClaim) {
            Slot::Free
        } else {
            Slot::Taken
        }
    }

    /// `payments::observe`: one transaction that reads, weighs and writes. `apart` says that the process dies between this and
    /// what belongs to it, for a protocol that does not write both at once.
    pub fn observe(
        &self,
        world: &mut World,
        client: Which,
        attempt: Which,
        answer: Answer,
        named: bool,
        apart: bool,
    ) {
        if !self.is_news(world, client, attempt, answer, named) {
            let of = world.attempt_mut(client, attempt);
            if self.has(Flaw::BooksEachSighting) && of.is_paid() {
                of.ledger.captured = (of.ledger.captured + 1).min(2);
            }
            return;
        }
        world.attempt_mut(client, attempt).intent_known |= named;
        let Some(step) = self.weigh(world, client, attempt, answer) else {
            return;
        };
        if step.effects.contains(&Effect::RetakeSlot) {
            world.slot = Some(client);
        }
        let of = world.clients.get_mut(client);
        let was = of.booking.replace(step.booking);
        let row = of.attempts.get_mut(attempt);
        row.row = Some(step.attempt);
        if row.is_paid() && !(apart && self.has(Flaw::EntryApart)) {
            row.ledger.captured = row.ledger.captured.max(1);
        }
        if step.effects.contains(&Effect::CancelIntent) {
            row.cancel_job = true;
        }
        if step.effects.contains(&Effect::RefundAll) {
            self.begin_refund(world, client, attempt, !(apart && self.has(Flaw::JobApart)));
        }
        if step.booking == BookingState::Expired && was == Some(BookingState::Held) {
            give_up(world, client);
        }
    }

    /// What a process without a version check would write later.
    #[must_use]
    pub fn weighed(
        &self,
        world: &World,
        client: Which,
        attempt: Which,
        answer: Answer,
        named: bool,
    ) -> Option<Weighed> {
        if !self.is_news(world, client, attempt, answer, named) {
            return None;
        }
        let step = self.weigh(world, client, attempt, answer)?;
        Some(Weighed {
            booked: step.booking == BookingState::Booked,
            expired: step.booking == BookingState::Expired,
            attempt: answer,
            retake: step.effects.contains(&Effect::RetakeSlot),
            refund: step.effects.contains(&Effect::RefundAll),
        })
    }

    /// Writes what was weighed before, over whatever is there now. The constraints of the database hold; `false` when one of
    /// them refuses it.
    pub fn write_over(&self, world: &mut World, client: Which, attempt: Which, weighed: Weighed) -> bool {
        if weighed.retake && world.slot.is_some() && world.slot != Some(client) {
            return false;
        }
        if weighed.retake {
            world.slot = Some(client);
        }
        let of = world.clients.get_mut(client);
        of.booking = Some(match (weighed.booked, weighed.expired) {
            (true, _) => BookingState::Booked,
            (_, true) => BookingState::Expired,
            _ => BookingState::Held,
        });
        let row = of.attempts.get_mut(attempt);
        row.intent_known = true;
        row.row = Some(match weighed.attempt {
            Answer::Nothing => AttemptState::Unknown,
            Answer::Action => AttemptState::RequiresAction,
            Answer::Processing => AttemptState::Processing,
            Answer::Declined => AttemptState::Declined,
            Answer::Canceled => AttemptState::Canceled,
            Answer::Succeeded => AttemptState::Succeeded,
        });
        row.cancel_job |= weighed.attempt == Answer::Declined;
        if row.is_paid() {
            row.ledger.captured = row.ledger.captured.max(1);
        }
        if weighed.refund {
            self.begin_refund(world, client, attempt, true);
        }
        true
    }

    fn begin_refund(&self, world: &mut World, client: Which, attempt: Which, with_job: bool) {
        let row = world.attempt_mut(client, attempt);
        if row.refund.is_some() && !self.has(Flaw::RefundsTwice) {
            return;
        }
        row.refund_rows = (row.refund_rows + 1).min(2);
        row.refund = row.refund.or(Some(refund::RefundState::Created));
        if with_job {
            row.refund_job = RefundJob::Due;
        }
    }
}

/// Ends a booking's hold on the slot: `claim::give_up`.
pub fn give_up(world: &mut World, client: Which) {
    if world.slot == Some(client) {
        world.slot = None;
    }
}

/// Applies what Stripe says of a refund: `payments::refund::apply`.
pub fn observe_refund(world: &mut World, client: Which, attempt: Which) {
    let row = world.attempt_mut(client, attempt);
    if let (Some(ours), Some(seen)) = (row.refund, row.given_back) {
        let (state, movement) = refund::advance(ours, seen);
        row.refund = Some(state);
        // By name, as all entries: of one refund each movement is there once.
        if matches!(movement, Movement::Out | Movement::OutAndBack) {
            row.ledger.refunded = 1;
        }
        if matches!(movement, Movement::Back | Movement::OutAndBack) {
            row.ledger.returned = 1;
        }
    }
}
