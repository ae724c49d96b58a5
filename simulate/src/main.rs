//! `simulate --seed N` tells one history; `simulate --histories M [--from N]` runs many, and stops at the first that breaks
//! a promise.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this program talks to a person at a terminal; nothing else reads it"
)]

mod helper;
mod many;

use std::process::ExitCode;

use lexopt::{Arg, ValueExt as _};
use simulate::{Options, Report, Runner, Trouble};

const HELP: &str = "\
simulate --seed N                     tells one history
simulate --histories M [--from N]     runs M histories from seed N on (0), on all cores [--threads T] [--seconds S]";

/// What the person asked for.
struct Wishes {
    seed: Option<u64>,
    histories: u64,
    from: u64,
    threads: usize,
    seconds: u64,
    /// Not a person: the program itself, for histories beside others.
    helps: bool,
}

fn main() -> ExitCode {
    let wishes = match parse() {
        Ok(wishes) => wishes,
        Err(error) => {
            eprintln!("{error}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    let fine = match wishes.seed {
        _ if wishes.helps => helper::help().map(|()| true),
        Some(seed) => tell(seed),
        None => many::run(&wishes),
    };
    match fine {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(trouble) => {
            eprintln!("The simulation failed: {trouble}");
            ExitCode::from(3)
        }
    }
}

fn parse() -> Result<Wishes, lexopt::Error> {
    let mut wishes = Wishes {
        seed: None,
        histories: 1_000,
        from: 0,
        threads: std::thread::available_parallelism().map_or(1, Into::into),
        seconds: u64::MAX,
        helps: false,
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("seed") => wishes.seed = Some(parser.value()?.parse()?),
            Arg::Long("histories") => wishes.histories = parser.value()?.parse()?,
            Arg::Long("from") => wishes.from = parser.value()?.parse()?,
            Arg::Long("threads") => wishes.threads = parser.value()?.parse()?,
            Arg::Long("seconds") => wishes.seconds = parser.value()?.parse()?,
            Arg::Long(helper::HELP) => wishes.helps = true,
            other => return Err(other.unexpected()),
        }
    }
    Ok(wishes)
}

fn tell(seed: u64) -> Result<bool, Trouble> {
    let report = Runner::new()?.run(seed, Options::default())?;
    show(seed, &report);
    Ok(report.broken.is_none())
}

fn show(seed: u64, report: &Report) {
    for line in &report.trace {
        println!("{line}");
    }
    match &report.broken {
        None => println!("\nHistory {seed}: every promise kept"),
        Some(what) => {
            println!("\nHistory {seed} breaks a promise: {what}\nAgain: cargo xtask simulate --seed {seed}")
        }
    }
}
