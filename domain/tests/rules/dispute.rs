//! Disputes: Stripe's words, and which of two sightings holds.

use domain::dispute::{DisputeState, Sighting, later};
use proptest::prelude::*;

const WORDS: [(&str, DisputeState, bool, bool); 10] = [
    (
        "warning_needs_response",
        DisputeState::WarningNeedsResponse,
        true,
        false,
    ),
    (
        "warning_under_review",
        DisputeState::WarningUnderReview,
        false,
        false,
    ),
    ("warning_closed", DisputeState::WarningClosed, false, true),
    ("needs_response", DisputeState::NeedsResponse, true, false),
    ("under_review", DisputeState::UnderReview, false, false),
    ("prevented", DisputeState::Prevented, false, true),
    ("won", DisputeState::Won, false, true),
    ("lost", DisputeState::Lost, false, true),
    (
        "appeal_needs_response",
        DisputeState::AppealNeedsResponse,
        true,
        false,
    ),
    (
        "appeal_under_review",
        DisputeState::AppealUnderReview,
        false,
        false,
    ),
];

#[test]
fn stripes_words_and_what_they_ask_for() {
    for (word, state, wants_answer, closed) in WORDS {
        assert_eq!(DisputeState::of_stripe(word), Some(state));
        assert_eq!(state.wants_answer(), wants_answer, "{word}");
        assert_eq!(state.is_closed(), closed, "{word}");
    }
    assert_eq!(DisputeState::of_stripe("a word of next year"), None);
}

#[test]
fn of_one_second_the_one_further_along_holds() {
    let at = |state| Sighting { state, at: 7 };
    let order = [
        DisputeState::WarningNeedsResponse,
        DisputeState::WarningUnderReview,
        DisputeState::WarningClosed,
        DisputeState::NeedsResponse,
        DisputeState::UnderReview,
        DisputeState::AppealNeedsResponse,
        DisputeState::AppealUnderReview,
        DisputeState::Won,
    ];
    for pair in order.windows(2) {
        assert_eq!(later(at(pair[0]), at(pair[1])), at(pair[1]));
        assert_eq!(later(at(pair[1]), at(pair[0])), at(pair[1]));
    }
    // Stripe never says both of one second. Should it, what is known stays.
    let (won, lost) = (at(DisputeState::Won), at(DisputeState::Lost));
    assert_eq!((later(won, lost), later(lost, won)), (won, lost));
}

proptest! {
    #[test]
    fn the_order_of_arrival_does_not_matter(
        mut seen in prop::collection::vec((0..WORDS.len(), 0_i64..5), 1..8), turn in 0_usize..8,
    ) {
        // One second never has two ends: Stripe closes a dispute once.
        seen.retain(|(word, _)| !["prevented", "lost"].contains(&WORDS[*word].0));
        let fold = |seen: &[(usize, i64)]| {
            seen.iter()
                .map(|(word, at)| Sighting { state: WORDS[*word].1, at: *at })
                .reduce(later)
        };
        let end = fold(&seen);
        let middle = turn.min(seen.len());
        seen.rotate_left(middle);
        prop_assert_eq!(fold(&seen), end);
        seen.reverse();
        prop_assert_eq!(fold(&seen), end);
    }
}
