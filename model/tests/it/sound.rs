//! The protocol in several small worlds, each explored to exhaustion.

use model::{
    check::{Figures, explore},
    protocol::{Occasions, Protocol},
};

const THREADS: usize = 2;

/// Reached only by payments that come too late, which takes a payer who confirms again or an answer missed for a day: the
/// protocol cancels everything else first.
const ONLY_TOO_LATE: [&str; 3] = [
    "paid too late, and given back",
    "paid too late, and the slot taken again",
    "both clients paid",
];

fn sound(protocol: Protocol) -> Figures {
    let figures = explore(protocol, THREADS);
    assert_eq!(figures.broken, Vec::<&str>::new(), "{figures:?}");
    figures
}

fn small(world: Occasions) -> Protocol {
    Protocol {
        world,
        ..Protocol::SMALL
    }
}

#[test]
fn two_calls_at_a_time_lost_repeated_and_late() {
    let figures = sound(Protocol {
        calls: 2,
        ..Protocol::SMALL
    });
    assert_eq!(figures.unreached, ONLY_TOO_LATE);
}

#[test]
fn requests_refused_and_stripe_out_of_reach() {
    let world = Occasions {
        refusals: true,
        ..Occasions::FEW
    };
    assert_eq!(sound(small(world)).unreached, ONLY_TOO_LATE);
}

#[test]
fn payments_that_take_their_time() {
    let world = Occasions {
        processing: true,
        ..Occasions::FEW
    };
    assert_eq!(sound(small(world)).unreached, ONLY_TOO_LATE);
}

#[test]
fn declined_payments_confirmed_again_in_another_tab() {
    let world = Occasions {
        confirmed_again: true,
        ..Occasions::FEW
    };
    // Everything that is worth reaching is reached here.
    assert_eq!(sound(small(world)).unreached, Vec::<&str>::new());
}

#[test]
fn a_day_without_an_answer() {
    let world = Occasions {
        forgets: true,
        breaks: true,
        ..Occasions::FEW
    };
    assert_eq!(sound(small(world)).unreached, Vec::<&str>::new());
}

#[test]
fn refunds_that_wait_fail_or_are_refused() {
    let world = Occasions {
        confirmed_again: true,
        refund_trouble: true,
        ..Occasions::FEW
    };
    assert_eq!(sound(small(world)).unreached, Vec::<&str>::new());
}

#[test]
fn a_visit_paid_by_its_link() {
    let world = Occasions {
        pay_at_salon: false,
        ..Occasions::ALL
    };
    let figures = sound(Protocol {
        visit: true,
        calls: 2,
        ..small(world)
    });
    // One client, and no hold that could end.
    let mut without_hold = ONLY_TOO_LATE.to_vec();
    without_hold.push("an open payment keeps a slot whose hold is over");
    assert_eq!(figures.unreached, without_hold);
}
