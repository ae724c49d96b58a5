//! Protocols with a mistake, each with what it breaks: a model in which nothing can go wrong proves nothing.

use model::{
    check::{explore, shortest},
    protocol::{Flaw, Occasions, Protocol},
};

const AGAIN: Occasions = Occasions {
    confirmed_again: true,
    ..Occasions::FEW
};
const REFUSALS: Occasions = Occasions {
    refusals: true,
    ..Occasions::FEW
};
const FORGETS: Occasions = Occasions {
    forgets: true,
    ..Occasions::FEW
};

const CHARGED_ONCE: &str = "charged once unless the payer confirms again";
const ALL_KNOWN: &str = "left alone, all money becomes known";
const NOTHING_OPEN: &str = "left alone, nothing stays open";
const HONEST: &str = "nothing was taken where we say so";

/// Shows that a protocol with these mistakes breaks this, in so many steps and no fewer, and that one without them does not.
fn breaks(calls: usize, world: Occasions, flaws: &[Flaw], property: &str, steps: usize) {
    let sound = Protocol {
        calls,
        world,
        ..Protocol::SMALL
    };
    let path = shortest(sound.with(flaws), property, steps);
    let length = path.as_ref().map(Vec::len);
    assert_eq!(length, Some(steps), "{flaws:?} and {property:?}: {path:#?}");
    assert_eq!(shortest(sound, property, steps), None, "it is broken anyway");
}

#[test]
fn a_hold_that_ends_without_cancelling_first_tells_lies_and_charges_twice() {
    breaks(1, Occasions::FEW, &[Flaw::EndsWithoutCancelling], HONEST, 5);
    breaks(1, Occasions::FEW, &[Flaw::EndsWithoutCancelling], CHARGED_ONCE, 9);
}

#[test]
fn a_hold_that_ends_while_a_payment_is_open_takes_the_slot_from_under_it() {
    let flaws = [Flaw::ExpiresPaymentsUnderWay];
    breaks(1, Occasions::FEW, &flaws, "an open payment has its slot", 4);
}

#[test]
fn two_open_attempts_charge_twice() {
    breaks(1, Occasions::FEW, &[Flaw::ManyOpenAttempts], CHARGED_ONCE, 6);
}

#[test]
fn a_new_key_after_a_lost_answer_charges_twice() {
    let flaws = [Flaw::NewKeyWhenUnknown];
    breaks(1, Occasions::FEW, &flaws, "one capture of an attempt", 6);
}

#[test]
fn a_call_before_its_row_loses_money_in_a_crash() {
    breaks(1, Occasions::FEW, &[Flaw::CallBeforeRow], ALL_KNOWN, 3);
}

#[test]
fn writing_over_what_has_changed_gives_a_slot_to_two() {
    breaks(1, AGAIN, &[Flaw::NoVersionCheck], "no two bookings in a slot", 8);
}

#[test]
fn refunds_are_doubled_only_when_two_guards_are_gone() {
    let twice = "no more given back than was taken";
    breaks(1, AGAIN, &[Flaw::NoVersionCheck, Flaw::RefundsTwice], twice, 13);
    // Either guard is enough.
    for flaw in [Flaw::NoVersionCheck, Flaw::RefundsTwice] {
        let one = Protocol {
            world: AGAIN,
            ..Protocol::SMALL
        };
        assert_eq!(shortest(one.with(&[flaw]), twice, 13), None);
    }
}

#[test]
fn money_taken_twice_is_kept_when_other_attempts_are_not_looked_at() {
    let flaws = [Flaw::IgnoresOtherAttempts];
    breaks(1, AGAIN, &flaws, "one capture kept for a booking", 11);
}

#[test]
fn without_the_claim_s_key_late_money_takes_a_slot_that_is_taken() {
    breaks(1, AGAIN, &[Flaw::NoClaim], "no two bookings in a slot", 11);
}

#[test]
fn a_refund_s_job_apart_from_its_row_is_lost_in_a_crash() {
    breaks(1, AGAIN, &[Flaw::JobApart], ALL_KNOWN, 11);
    breaks(1, AGAIN, &[Flaw::JobDoneWhenTaken], ALL_KNOWN, 13);
}

#[test]
fn a_ledger_that_is_written_apart_or_at_each_sighting_does_not_balance() {
    let says = "the ledger says what the rows say";
    breaks(1, Occasions::FEW, &[Flaw::EntryApart], says, 4);
    breaks(1, Occasions::FEW, &[Flaw::EntryApart], ALL_KNOWN, 4);
    breaks(1, Occasions::FEW, &[Flaw::BooksEachSighting], says, 5);
}

#[test]
fn a_refund_asked_for_again_without_looking_is_told_as_failed() {
    breaks(1, AGAIN, &[Flaw::RefundsBlindly], ALL_KNOWN, 14);
}

#[test]
fn a_decline_that_counts_for_good_loses_the_later_success() {
    breaks(1, AGAIN, &[Flaw::FirstWordCounts], ALL_KNOWN, 7);
}

#[test]
fn whoever_never_asks_keeps_a_slot_for_ever() {
    breaks(1, Occasions::FEW, &[Flaw::NeverAsks], NOTHING_OPEN, 3);
}

#[test]
fn only_the_list_tells_of_money_after_a_day_without_answers() {
    breaks(1, FORGETS, &[Flaw::ReadsNoList], ALL_KNOWN, 5);
    // In a world that answers within a day, nothing depends on the list.
    let answered = Protocol {
        world: AGAIN,
        ..Protocol::SMALL
    };
    let figures = explore(answered.with(&[Flaw::ReadsNoList]), 2);
    assert_eq!(figures.broken, Vec::<&str>::new());
}

/// What the model found in the server, by the shortest way to each.
mod found {
    use super::*;

    /// A time-out of the job's call leaves a declined intent that its secret can confirm.
    #[test]
    fn a_cancelling_job_that_forgets_an_unanswered_call_leaves_an_intent_alive() {
        breaks(1, AGAIN, &[Flaw::ForgetsUnansweredCancel], NOTHING_OPEN, 6);
    }

    /// The first try takes the money, its answer is lost, and the second try is not let in (401).
    #[test]
    fn a_refusal_after_a_lost_try_says_that_nothing_was_charged() {
        let flaws = [Flaw::TrustsRefusalAfterLostTry];
        breaks(1, REFUSALS, &flaws, HONEST, 6);
        breaks(1, REFUSALS, &flaws, CHARGED_ONCE, 8);
    }

    /// The worker asks while the first call is still under way; the question takes the money, the first call is refused.
    #[test]
    fn asking_at_the_end_of_a_hold_too_early_says_that_nothing_was_charged() {
        breaks(2, REFUSALS, &[Flaw::HoldEndAsksTooEarly], HONEST, 7);
    }

    /// The payer of a visit leaves the bank's dialog; or an earlier attempt pays late, and the one begun meanwhile waits.
    #[test]
    fn a_payment_that_no_hold_ends_stays_open() {
        breaks(1, AGAIN, &[Flaw::EndsOnlyWithHold], NOTHING_OPEN, 8);
    }

    /// Paid too late, given back, held again: "This booking is paid already."
    #[test]
    fn a_booking_whose_money_went_back_can_not_be_paid_again() {
        let flaws = [Flaw::RefundedCountsAsPaid];
        breaks(1, AGAIN, &flaws, "a running hold can be paid", 14);
    }

    /// The worker lists a hold, the client takes it again and pays, the worker gets to it.
    #[test]
    fn an_old_list_ends_a_payment_of_a_running_hold() {
        let property = "a running hold's payment is not ended by the clock";
        breaks(1, Occasions::FEW, &[Flaw::EndsByOldList], property, 8);
    }

    /// None of them loses money, or keeps it twice.
    #[test]
    fn with_all_of_them_money_is_still_known_and_kept_once() {
        let flaws = [
            Flaw::ForgetsUnansweredCancel,
            Flaw::TrustsRefusalAfterLostTry,
            Flaw::HoldEndAsksTooEarly,
            Flaw::EndsOnlyWithHold,
            Flaw::RefundedCountsAsPaid,
            Flaw::EndsByOldList,
        ];
        let mildly = [
            CHARGED_ONCE,
            HONEST,
            "a running hold can be paid",
            "a running hold's payment is not ended by the clock",
            NOTHING_OPEN,
        ];
        let one_call = Protocol {
            world: Occasions {
                refusals: true,
                ..AGAIN
            },
            faults: Some(1),
            ..Protocol::SMALL
        };
        let two_calls = Protocol {
            calls: 2,
            world: REFUSALS,
            faults: Some(0),
            ..Protocol::SMALL
        };
        for protocol in [one_call, two_calls] {
            let figures = explore(protocol.with(&flaws), 2);
            assert!(
                figures.broken.iter().all(|name| mildly.contains(name)),
                "{figures:?}"
            );
            assert!(figures.broken.contains(&HONEST), "{figures:?}");
        }
    }
}
