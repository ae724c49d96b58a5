//! Refunds: every state with every sighting.

use domain::refund::{Movement, RefundState, advance};
use proptest::prelude::*;

const STATES: [RefundState; 6] = [
    RefundState::Created,
    RefundState::RequiresAction,
    RefundState::Pending,
    RefundState::Succeeded,
    RefundState::Failed,
    RefundState::Canceled,
];

#[test]
fn stripes_words() {
    for (word, state) in [
        (None, RefundState::Succeeded),
        (Some("succeeded"), RefundState::Succeeded),
        (Some("pending"), RefundState::Pending),
        (Some("requires_action"), RefundState::RequiresAction),
        (Some("failed"), RefundState::Failed),
        (Some("canceled"), RefundState::Canceled),
        (Some("a word of next year"), RefundState::Pending),
    ] {
        assert_eq!(RefundState::of_stripe(word), state, "{word:?}");
    }
}

#[test]
fn each_change_moves_what_it_must() {
    use Movement::*;
    use RefundState::*;
    for (now, seen, state, movement) in [
        (Created, Pending, Pending, Out),
        (Created, Succeeded, Succeeded, Out),
        (Created, RequiresAction, RequiresAction, Out),
        (Created, Failed, Failed, OutAndBack),
        (Created, Canceled, Canceled, OutAndBack),
        (RequiresAction, Pending, Pending, None),
        (RequiresAction, Canceled, Canceled, Back),
        (Pending, Succeeded, Succeeded, None),
        (Pending, Failed, Failed, Back),
        (Succeeded, Failed, Failed, Back),
        (Succeeded, Pending, Succeeded, None),
        (Failed, Succeeded, Failed, None),
        (Failed, Canceled, Failed, None),
        (Canceled, Failed, Canceled, None),
    ] {
        assert_eq!(advance(now, seen), (state, movement), "{now:?} {seen:?}");
    }
}

#[test]
fn a_state_is_out_or_over_or_only_written_down() {
    for state in STATES {
        let kinds = [state == RefundState::Created, state.is_out(), state.is_over()];
        assert_eq!(kinds.iter().filter(|kind| **kind).count(), 1, "{state:?}");
    }
}

proptest! {
    /// What moved adds up to whether the money is out, whatever was seen in whichever order; and the order does not matter
    /// as long as one end is seen.
    #[test]
    fn movements_add_up(seen in prop::collection::vec(prop::sample::select(&STATES[1..]), 0..8)) {
        let mut state = RefundState::Created;
        let mut out = 0;
        for one in seen {
            let (next, movement) = advance(state, one);
            out += match movement {
                Movement::Out => 1,
                Movement::Back => -1,
                Movement::None | Movement::OutAndBack => 0,
            };
            state = next;
            prop_assert_eq!(out, i32::from(state.is_out()));
            prop_assert_eq!(advance(state, one), (state, Movement::None));
        }
    }
}

#[test]
fn what_is_on_its_way_waits_and_nothing_else() {
    let waiting = STATES.map(RefundState::waits);
    assert_eq!(waiting, [false, true, true, false, false, false]);
}
