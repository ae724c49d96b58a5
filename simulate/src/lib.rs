//! Deterministic simulation: the real server code on a simulated clock, with the sandbox at Stripe's place and everything
//! that can go wrong between them, from a seed. The same seed gives the same history.
//!
//! Why it is built this way is in docs/decisions/0013-simulation.md.

mod bill;
mod clients;
mod clock;
mod compare;
mod dice;
mod fates;
mod fees;
mod figures;
mod gate;
mod glance;
mod history;
mod moves;
mod place;
mod post;
mod reports;
mod salon;
mod steps;
mod told;
mod trace;
mod weather;

use std::time::Instant;

use history::{History, Wrong};
use place::Place;
use tokio::runtime::{Builder, Runtime};

pub use figures::Figures;
pub use place::Trouble;

/// How a history is run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Breaks the books on purpose, to see that it is noticed.
    pub sabotage: Option<Sabotage>,
}

/// A way to break the books.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sabotage {
    /// Jobs that give money back are struck off undone.
    LostRefundJobs,
    /// Payments are forgotten.
    ForgottenPayments,
    /// Nobody has any time any more.
    FreedTime,
    /// Bookings that were made are not.
    Unmade,
    /// What was declined counts as paid.
    SaidPaid,
    /// Time that a booking had before it was moved is still its own.
    KeptTime,
    /// Bookings are moved to the same time.
    SoldTwice,
    /// Letters are struck off unwritten.
    LostLetters,
    /// The ledger is off by a cent.
    WrongLedger,
    /// Fees of Stripe's count in no report.
    LostFees,
    /// What was charged for calling off late counts as done without.
    ChargedAnyway,
    /// Nobody agreed to have a card charged.
    NobodyAgreed,
    /// Who is asked to pay a fee gets no letter about it.
    NeverAsked,
    /// A fee that its client paid waits for being paid.
    AskedAgain,
    /// A fee is another sum than the one that was paid for it.
    OtherSum,
    /// Nothing is kept for a visit that was missed.
    KeptForNothing,
    /// Who did not come did.
    NeverMissed,
    /// Who did not come had not come before it was time.
    MissedEarly,
    /// Payments that are under way are never asked about.
    OpenForEver,
}

/// What became of a history.
#[derive(Debug)]
pub struct Report {
    /// What happened, line by line.
    pub trace: Vec<String>,
    /// The promise that was broken, if one was.
    pub broken: Option<String>,
    /// What it was made of.
    pub figures: Figures,
}

/// Runs histories, one after the other, on the thread that calls it.
#[derive(Debug)]
pub struct Runner {
    runtime: Runtime,
    place: Place,
}

impl Runner {
    /// Makes everything ready.
    ///
    /// # Errors
    /// When there is no folder, no port, or the demo salon can't be made.
    pub fn new() -> Result<Runner, Trouble> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let place = runtime.block_on(Place::new())?;
        Ok(Runner { runtime, place })
    }

    /// Runs one history.
    ///
    /// # Errors
    /// When the simulation itself fails: no room for the books, say.
    pub fn run(&mut self, seed: u64, options: Options) -> Result<Report, Trouble> {
        self.runtime.block_on(run(&mut self.place, seed, options))
    }
}

async fn run(place: &mut Place, seed: u64, options: Options) -> Result<Report, Trouble> {
    let begun = Instant::now();
    let mut history = History::begin(place, seed, options).await?;
    let outcome = history.run().await;
    let (mut trace, mut figures) = history.end().await;
    let broken = match outcome {
        Ok(()) => None,
        Err(Wrong::Broken(what)) => Some(trace.named(&what)),
        Err(Wrong::Trouble(trouble)) => return Err(trouble),
    };
    figures.count("histories");
    figures.add("steps", u64::try_from(trace.steps()).unwrap_or_default());
    figures.add(
        "milliseconds",
        u64::try_from(begun.elapsed().as_millis()).unwrap_or_default(),
    );
    Ok(Report {
        trace: trace.lines().to_vec(),
        broken,
        figures,
    })
}
