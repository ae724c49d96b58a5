//! `simulate --seed N` tells one history; `simulate --histories M [--from N]` runs many, and stops at the first that breaks
//! a promise.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this program talks to a person at a terminal; nothing else reads it"
)]

use std::{
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use lexopt::{Arg, ValueExt as _};
use simulate::{Figures, Options, Report, Runner, Trouble};

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
        Some(seed) => tell(seed),
        None => run_many(&wishes),
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
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("seed") => wishes.seed = Some(parser.value()?.parse()?),
            Arg::Long("histories") => wishes.histories = parser.value()?.parse()?,
            Arg::Long("from") => wishes.from = parser.value()?.parse()?,
            Arg::Long("threads") => wishes.threads = parser.value()?.parse()?,
            Arg::Long("seconds") => wishes.seconds = parser.value()?.parse()?,
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

/// What the threads share.
struct Shared {
    next: AtomicU64,
    stop: AtomicBool,
    figures: Mutex<Figures>,
    failed: Mutex<Option<(u64, Report)>>,
}

fn run_many(wishes: &Wishes) -> Result<bool, Trouble> {
    let begun = Instant::now();
    let shared = Shared {
        next: AtomicU64::new(wishes.from),
        stop: AtomicBool::new(false),
        figures: Mutex::default(),
        failed: Mutex::default(),
    };
    let end = wishes.from.saturating_add(wishes.histories);
    let outcome: Result<(), Trouble> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..wishes.threads.max(1))
            .map(|_| scope.spawn(|| work(&shared, end)))
            .collect();
        let mut told = Instant::now();
        while !threads.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            std::thread::sleep(Duration::from_millis(50));
            if begun.elapsed().as_secs() >= wishes.seconds {
                shared.stop.store(true, Ordering::SeqCst);
            }
            if told.elapsed() >= Duration::from_secs(10) {
                told = Instant::now();
                let done = lock(&shared.figures).of("histories");
                let tenths = u128::from(done) * 10_000 / begun.elapsed().as_millis().max(1);
                println!("  {done} histories, {}.{} a second", tenths / 10, tenths % 10);
            }
        }
        for thread in threads {
            thread.join().map_err(|_| Trouble::from("a thread panicked"))??;
        }
        Ok(())
    });
    outcome?;
    let figures = lock(&shared.figures);
    println!(
        "{} histories in {} s on {} threads, seeds {} to {}\n{figures}",
        figures.of("histories"),
        begun.elapsed().as_secs(),
        wishes.threads,
        wishes.from,
        shared.next.load(Ordering::SeqCst).min(end).saturating_sub(1),
    );
    let failed = lock(&shared.failed);
    let Some((seed, report)) = failed.as_ref() else {
        println!("every promise kept");
        return Ok(true);
    };
    show(*seed, report);
    Ok(false)
}

/// One thread, with a runner of its own.
fn work(shared: &Shared, end: u64) -> Result<(), Trouble> {
    let outcome = work_until(shared, end);
    if outcome.is_err() {
        shared.stop.store(true, Ordering::SeqCst);
    }
    outcome
}

fn work_until(shared: &Shared, end: u64) -> Result<(), Trouble> {
    let mut runner = Runner::new()?;
    while !shared.stop.load(Ordering::SeqCst) {
        let seed = shared.next.fetch_add(1, Ordering::SeqCst);
        if seed >= end {
            break;
        }
        let report = runner.run(seed, Options::default());
        let report = report.map_err(|trouble| format!("seed {seed}: {trouble}"))?;
        lock(&shared.figures).merge(&report.figures);
        if report.broken.is_some() {
            shared.stop.store(true, Ordering::SeqCst);
            // The lowest of those that two threads find at once.
            let mut failed = lock(&shared.failed);
            if failed.as_ref().is_none_or(|(other, _)| seed < *other) {
                *failed = Some((seed, report));
            }
        }
    }
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
