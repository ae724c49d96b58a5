//! Explores the protocol in larger worlds than a test run has time for, and prints the figures.
#![allow(clippy::print_stdout, reason = "it talks to a person")]

use std::process::ExitCode;

use model::{
    check::explore,
    protocol::{Occasions, Protocol},
};

fn main() -> ExitCode {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    println!(
        "{:<42}{:>12}{:>13}{:>7}{:>9}",
        "world", "states", "steps", "depth", "seconds"
    );
    let mut sound = true;
    for (name, protocol) in worlds() {
        let figures = explore(protocol, threads);
        let seconds = figures.time.as_secs();
        let (states, steps, depth) = (figures.states, figures.steps, figures.depth);
        println!("{name:<42}{states:>12}{steps:>13}{depth:>7}{seconds:>9}");
        for broken in &figures.broken {
            println!("    broken: {broken}");
        }
        sound &= figures.broken.is_empty();
    }
    if sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn worlds() -> [(&'static str, Protocol); 6] {
    let few = Occasions::FEW;
    let one = |world| Protocol {
        world,
        ..Protocol::SMALL
    };
    let two = |world| Protocol {
        calls: 2,
        ..one(world)
    };
    let again = Occasions {
        confirmed_again: true,
        ..few
    };
    let slow = Occasions {
        processing: true,
        ..few
    };
    let refusals = Occasions {
        refusals: true,
        ..few
    };
    let both = Protocol {
        both_try_twice: true,
        ..one(again)
    };
    [
        ("two calls at a time, slow payments", two(slow)),
        ("two calls at a time, refusals", two(refusals)),
        ("two calls at a time, confirmed again", two(again)),
        ("both try twice, confirmed again", both),
        ("a visit, two calls, all occasions", visit()),
        ("all occasions", one(Occasions::ALL)),
    ]
}

fn visit() -> Protocol {
    let world = Occasions {
        pay_at_salon: false,
        ..Occasions::ALL
    };
    Protocol {
        visit: true,
        calls: 2,
        world,
        ..Protocol::SMALL
    }
}
