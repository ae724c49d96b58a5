//! Many histories, several at once, until one of them breaks a promise.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use simulate::{Figures, Report, Trouble};

use crate::{Wishes, helper::Helper, show};

/// What the threads share. Each has a helper.
struct Shared {
    next: AtomicU64,
    stop: AtomicBool,
    figures: Mutex<Figures>,
    failed: Mutex<Option<(u64, Report)>>,
}

/// Runs as many as were asked for. `false` when one breaks a promise.
///
/// # Errors
/// When the simulation itself fails.
pub fn run(wishes: &Wishes) -> Result<bool, Trouble> {
    let begun = Instant::now();
    let shared = Shared {
        next: AtomicU64::new(wishes.from),
        stop: AtomicBool::new(false),
        figures: Mutex::default(),
        failed: Mutex::default(),
    };
    let end = wishes.from.saturating_add(wishes.histories);
    let outcome: Result<(), Trouble> = std::thread::scope(|scope| {
        let shared = &shared;
        let threads: Vec<_> = (0..wishes.threads.max(1))
            .map(|number| scope.spawn(move || work(shared, number, end)))
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

fn work(shared: &Shared, number: usize, end: u64) -> Result<(), Trouble> {
    let outcome = work_until(shared, number, end);
    if outcome.is_err() {
        shared.stop.store(true, Ordering::SeqCst);
    }
    outcome
}

fn work_until(shared: &Shared, number: usize, end: u64) -> Result<(), Trouble> {
    let mut helper = Helper::start(number)?;
    while !shared.stop.load(Ordering::SeqCst) {
        let seed = shared.next.fetch_add(1, Ordering::SeqCst);
        if seed >= end {
            break;
        }
        let report = helper.run(seed);
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
    Ok(helper.end()?)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
