//! A payment's life: every situation with every observation, and whole lives at random.

use domain::{
    decline::Decline,
    payment::{
        AttemptState, BookingState, Effect, Observation, Situation, Slot, Step, advance, advance_besides,
        is_news,
    },
};
use proptest::prelude::*;

const BOOKINGS: [BookingState; 4] = [
    BookingState::Held,
    BookingState::Booked,
    BookingState::Expired,
    BookingState::Cancelled,
];
/// In the order in which an attempt moves.
const ATTEMPTS: [AttemptState; 7] = [
    AttemptState::Created,
    AttemptState::Unknown,
    AttemptState::RequiresAction,
    AttemptState::Processing,
    AttemptState::Declined,
    AttemptState::Canceled,
    AttemptState::Succeeded,
];
const SLOTS: [Slot; 3] = [Slot::Kept, Slot::Free, Slot::Taken];
const OBSERVATIONS: [Observation; 7] = [
    Observation::NoAnswer,
    Observation::RequiresAction,
    Observation::Processing,
    Observation::Declined(Decline::AskBank),
    Observation::Declined(Decline::Plain),
    Observation::Canceled,
    Observation::Succeeded,
];

fn every_situation() -> impl Iterator<Item = Situation> {
    BOOKINGS.into_iter().flat_map(|booking| {
        ATTEMPTS.into_iter().flat_map(move |attempt| {
            SLOTS.into_iter().flat_map(move |slot| {
                [(false, true), (true, true), (false, false), (true, false)].map(|(paid_otherwise, fits)| {
                    Situation {
                        booking,
                        attempt,
                        slot,
                        paid_otherwise,
                        fits,
                    }
                })
            })
        })
    })
}

fn every_step() -> impl Iterator<Item = (Situation, Observation, Step)> {
    every_situation().flat_map(|now| {
        OBSERVATIONS
            .into_iter()
            .map(move |seen| (now, seen, advance(now, seen)))
    })
}

fn rank(state: AttemptState) -> usize {
    ATTEMPTS.iter().position(|other| *other == state).unwrap()
}

/// The state that an observation alone speaks of.
fn shown(seen: Observation) -> AttemptState {
    match seen {
        Observation::NoAnswer => AttemptState::Unknown,
        Observation::RequiresAction => AttemptState::RequiresAction,
        Observation::Processing => AttemptState::Processing,
        Observation::Declined(_) => AttemptState::Declined,
        Observation::Canceled => AttemptState::Canceled,
        Observation::Succeeded => AttemptState::Succeeded,
    }
}

#[test]
fn an_attempt_only_moves_forward() {
    let mut steps = 0;
    for (now, seen, step) in every_step() {
        let expected = ATTEMPTS[rank(now.attempt).max(rank(shown(seen)))];
        assert_eq!(step.attempt, expected, "{now:?} {seen:?}");
        steps += 1;
    }
    assert_eq!(steps, 4 * 7 * 3 * 4 * 7);
}

#[test]
fn what_is_no_news_changes_nothing() {
    let mut kinds = [0, 0];
    for (now, seen, step) in every_step() {
        let news = is_news(now.attempt, seen);
        let stays = step.booking == now.booking && step.attempt == now.attempt && step.effects.is_empty();
        assert_eq!(news, !stays, "{now:?} {seen:?}");
        kinds[usize::from(news)] += 1;
    }
    assert!(kinds.iter().all(|count| *count > 100), "{kinds:?}");
}

#[test]
fn only_news_has_effects() {
    use Effect::*;
    for (now, seen, step) in every_step() {
        let news = rank(shown(seen)) > rank(now.attempt);
        let expected: &[Effect] = match seen {
            Observation::NoAnswer if now.attempt.is_open() => &[AskAgain],
            Observation::Processing if news => &[AskAgain],
            Observation::Declined(_) if news => &[CancelIntent],
            // The next test's.
            Observation::Succeeded if news => continue,
            _ => &[],
        };
        assert_eq!(step.effects, expected, "{now:?} {seen:?}");
        assert_eq!(
            step.booking, now.booking,
            "only money moves a booking: {now:?} {seen:?}"
        );
    }
}

#[test]
fn money_makes_a_booking_or_goes_back() {
    use BookingState::*;
    use Effect::*;
    use Slot::*;
    let back: &[Effect] = &[RefundAll, MailRefunded];
    let retake: &[Effect] = &[RetakeSlot, MailBooked];
    let table: [(BookingState, Slot, BookingState, &[Effect]); 12] = [
        (Held, Kept, Booked, &[MailBooked]),
        (Held, Free, Booked, retake),
        (Held, Taken, Expired, back),
        (Booked, Kept, Booked, &[MailPaid]),
        (Booked, Free, Booked, &[MailPaid]),
        (Booked, Taken, Booked, &[MailPaid]),
        (Expired, Kept, Booked, retake),
        (Expired, Free, Booked, retake),
        (Expired, Taken, Expired, back),
        (Cancelled, Kept, Cancelled, back),
        (Cancelled, Free, Cancelled, back),
        (Cancelled, Taken, Cancelled, back),
    ];
    for (booking, slot, next, effects) in table {
        for attempt in ATTEMPTS
            .into_iter()
            .filter(|state| *state != AttemptState::Succeeded)
        {
            let now = Situation {
                booking,
                attempt,
                slot,
                paid_otherwise: false,
                fits: true,
            };
            let expected = Step {
                booking: next,
                attempt: AttemptState::Succeeded,
                effects: effects.to_vec(),
            };
            assert_eq!(advance(now, Observation::Succeeded), expected, "{now:?}");
            // Paid twice, or another sum than is asked for: it goes back, and nothing else changes.
            for (paid_otherwise, fits) in [(true, true), (false, false), (true, false)] {
                let for_nothing = Situation {
                    paid_otherwise,
                    fits,
                    ..now
                };
                let expected = Step {
                    booking,
                    attempt: AttemptState::Succeeded,
                    effects: back.to_vec(),
                };
                let step = advance(for_nothing, Observation::Succeeded);
                assert_eq!(step, expected, "{for_nothing:?}");
            }
        }
    }
}

#[test]
fn the_same_observation_twice_is_one() {
    for (now, seen, step) in every_step() {
        let slot = if step.effects.contains(&Effect::RetakeSlot) {
            Slot::Kept
        } else {
            now.slot
        };
        let then = Situation {
            booking: step.booking,
            attempt: step.attempt,
            slot,
            ..now
        };
        let again = advance(then, seen);
        assert_eq!(
            (again.booking, again.attempt),
            (step.booking, step.attempt),
            "{now:?} {seen:?}"
        );
        assert!(
            again.effects.iter().all(|effect| *effect == Effect::AskAgain),
            "{now:?} {seen:?}"
        );
    }
}

#[test]
fn an_open_attempt_is_one_that_may_still_take_money() {
    let open: Vec<bool> = ATTEMPTS.into_iter().map(AttemptState::is_open).collect();
    assert_eq!(open, [true, true, true, true, false, false, false]);
}

/// What may happen to a booking.
#[derive(Clone, Copy, Debug)]
enum Event {
    Seen { attempt: usize, what: Observation },
    HoldEnds,
    SomebodyTakesTheSlot,
    Cancelled,
}

fn any_event() -> impl Strategy<Value = Event> {
    let seen = (0..3_usize, prop::sample::select(&OBSERVATIONS))
        .prop_map(|(attempt, what)| Event::Seen { attempt, what });
    prop_oneof![
        8 => seen,
        2 => Just(Event::HoldEnds),
        2 => Just(Event::SomebodyTakesTheSlot),
        1 => Just(Event::Cancelled),
    ]
}

/// A booking as the server keeps it: what the effects say is carried out.
#[derive(Debug)]
struct World {
    booking: BookingState,
    slot: Slot,
    attempts: [AttemptState; 3],
    refunded: [bool; 3],
    cancelled_by_hand: bool,
}

impl World {
    fn new() -> World {
        World {
            booking: BookingState::Held,
            slot: Slot::Kept,
            attempts: [AttemptState::Created; 3],
            refunded: [false; 3],
            cancelled_by_hand: false,
        }
    }

    fn kept(&self) -> usize {
        (0..3)
            .filter(|&i| self.attempts[i] == AttemptState::Succeeded && !self.refunded[i])
            .count()
    }

    fn happens(&mut self, event: Event) -> Result<(), TestCaseError> {
        match event {
            Event::HoldEnds if self.booking == BookingState::Held => {
                (self.booking, self.slot) = (BookingState::Expired, Slot::Free);
            }
            Event::SomebodyTakesTheSlot if self.slot == Slot::Free => self.slot = Slot::Taken,
            Event::Cancelled if self.booking != BookingState::Cancelled => {
                self.cancelled_by_hand = true;
                (self.booking, self.slot) = (BookingState::Cancelled, Slot::Free);
            }
            Event::Seen { attempt, what } => self.sees(attempt, what)?,
            _ => {}
        }
        Ok(())
    }

    fn sees(&mut self, attempt: usize, what: Observation) -> Result<(), TestCaseError> {
        let others = (0..3).filter(|&i| i != attempt);
        let now = Situation {
            booking: self.booking,
            attempt: self.attempts[attempt],
            slot: self.slot,
            paid_otherwise: others
                .into_iter()
                .any(|i| self.attempts[i] == AttemptState::Succeeded),
            fits: true,
        };
        let step = advance(now, what);
        prop_assert!(rank(step.attempt) >= rank(now.attempt));
        (self.booking, self.attempts[attempt]) = (step.booking, step.attempt);
        for effect in step.effects {
            match effect {
                Effect::RetakeSlot => {
                    prop_assert_eq!(self.slot, Slot::Free, "only a free slot can be taken again");
                    self.slot = Slot::Kept;
                }
                Effect::RefundAll => {
                    prop_assert!(!self.refunded[attempt], "refunded twice");
                    prop_assert_eq!(step.attempt, AttemptState::Succeeded, "nothing to refund");
                    let wanted = now.booking == BookingState::Booked && now.slot == Slot::Kept;
                    prop_assert!(!wanted || now.paid_otherwise, "a good payment was refunded");
                    self.refunded[attempt] = true;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn never_money_without_a_booking_never_a_booking_without_its_slot(
        events in prop::collection::vec(any_event(), 0..24),
    ) {
        let mut world = World::new();
        for event in events {
            world.happens(event)?;
            prop_assert!(world.kept() <= 1, "paid twice: {world:?}");
            if world.booking == BookingState::Booked {
                prop_assert_eq!(world.slot, Slot::Kept, "two in one slot");
            } else if !world.cancelled_by_hand {
                // What was paid before somebody cancelled is settled by the terms for cancelling.
                prop_assert_eq!(world.kept(), 0, "money without a booking: {:?}", world);
            }
        }
    }

    #[test]
    fn the_order_of_observations_does_not_matter(
        (seen, mixed) in prop::collection::vec(prop::sample::select(&OBSERVATIONS), 0..8)
            .prop_flat_map(|seen| (Just(seen.clone()), Just(seen).prop_shuffle())),
    ) {
        let end = |seen: &[Observation]| {
            let mut world = World::new();
            for what in seen {
                world.happens(Event::Seen { attempt: 0, what: *what })?;
            }
            Ok::<_, TestCaseError>((world.attempts[0], world.booking, world.refunded[0]))
        };
        prop_assert_eq!(end(&seen)?, end(&mixed)?);
    }
}

#[test]
fn a_fee_is_money_for_a_booking_that_does_not_take_place() {
    for now in every_situation() {
        let step = advance_besides(now, Observation::Succeeded);
        assert_eq!(step.booking, now.booking, "it makes no booking: {now:?}");
        let expected = match now {
            _ if now.attempt == AttemptState::Succeeded => vec![],
            _ if now.paid_otherwise || !now.fits => vec![Effect::RefundAll, Effect::MailRefunded],
            _ => vec![Effect::MailPaid],
        };
        assert_eq!(step.effects, expected, "{now:?}");
        for seen in [
            Observation::NoAnswer,
            Observation::Declined(Decline::Authenticate),
        ] {
            assert_eq!(advance_besides(now, seen), advance(now, seen), "{now:?}");
        }
    }
}
