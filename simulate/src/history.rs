//! One history: a seed decides who does what next, and what befalls it. One thing runs at a time, until it is parked at the
//! gate or done; so the same seed gives the same history.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::AssertUnwindSafe,
    pin::Pin,
    time::Duration,
};

use domain::{id::LinkToken, time::Moment};
use server::{
    api::{booking::Booking, confirm::Confirmed, error::ApiError},
    app::App,
};
use stripe_sandbox::Sandbox;
use tokio::task::JoinHandle;

use crate::{
    Options,
    clients::Client,
    clock::Clock,
    dice::Dice,
    figures::Figures,
    gate::Call,
    glance::Glance,
    place::{Books, Place, Process, START, Trouble},
    post::Post,
    trace::Trace,
    weather::Weather,
};

/// What happens while something runs.
#[derive(Debug)]
pub enum Happened {
    /// A call to Stripe arrived at the gate.
    Parked(Call),
    /// An operation came to its end.
    Ended(usize, End),
}

/// How an operation ended.
#[derive(Debug)]
pub enum End {
    /// With a booking, or an error.
    Booking(Result<Box<Booking>, ApiError>),
    /// With what comes next, or an error.
    Confirmed(Result<Box<Confirmed>, ApiError>),
    /// A webhook, with this status.
    Kept(u16),
    /// The page where a client looks after a booking, with a link by which its fee is paid.
    Billed(Option<LinkToken>),
    /// The worker or the salon, whatever came of it.
    Worked,
    /// Its process died in it.
    Died,
}

/// Whose operation it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Who {
    /// The client of this number.
    Client(usize),
    /// The worker of a process.
    Worker,
    /// The webhook of this number.
    Post(usize),
    /// The salon.
    Salon,
    /// Somebody who wants to pay a fee.
    Payer,
}

/// Something a process does.
#[derive(Debug)]
pub struct Operation {
    pub process: usize,
    pub who: Who,
    /// What a client confirms with.
    pub token: Option<String>,
    task: JoinHandle<()>,
}

/// A call at the gate, and the operation that waits for it.
#[derive(Debug)]
pub struct Parked {
    pub operation: usize,
    pub call: Call,
}

/// A call that nobody waits for any more, and until when it may still arrive.
#[derive(Debug)]
pub struct Stray {
    pub call: Call,
    pub until: Moment,
}

/// Why a history can't go on.
#[derive(Debug)]
pub enum Wrong {
    /// A promise of the server's is broken.
    Broken(String),
    /// The simulation itself failed.
    Trouble(Trouble),
}

pub type Go<T = ()> = Result<T, Wrong>;
pub type Doing = Pin<Box<dyn Future<Output = End> + Send>>;

/// A history under way.
#[derive(Debug)]
pub struct History<'p> {
    pub place: &'p mut Place,
    pub options: Options,
    pub books: Books,
    pub dice: Dice,
    pub clock: Clock,
    pub trace: Trace,
    pub figures: Figures,
    pub sandbox: Sandbox,
    /// How far Stripe's clock is ahead of ours, in milliseconds.
    pub skew: i64,
    pub processes: Vec<Process>,
    pub operations: BTreeMap<usize, Operation>,
    pub parked: Vec<Parked>,
    pub strays: Vec<Stray>,
    pub clients: Vec<Client>,
    /// How many of them, the last ones, came by a link to pay a fee.
    pub payers: usize,
    /// Intents whose secret has left the server.
    pub secrets_told: BTreeSet<String>,
    /// Bookings of which somebody was told that they are made.
    pub told_booked: BTreeSet<String>,
    /// The first thing that somebody was told and that was not so.
    pub lie: Option<String>,
    pub post: Post,
    pub glance: Glance,
    pub weather: Weather,
    /// From here on nothing goes wrong any more.
    pub calm: bool,
    /// The time of the visits has come.
    pub visits_come: bool,
    /// Something ran since the books were last looked at.
    pub ran: bool,
    started: usize,
}

impl<'p> History<'p> {
    /// Makes everything ready for a history.
    ///
    /// # Errors
    /// When books or sandbox can't be made.
    pub async fn begin(place: &'p mut Place, seed: u64, options: Options) -> Result<History<'p>, Trouble> {
        // What the one before left behind.
        while place.inbox.try_recv().is_ok() {}
        let mut dice = Dice::new(seed);
        let clock = Clock::at(START);
        let books = place.fresh_books()?;
        let mut processes = vec![place.process(&books, &clock).await?];
        if dice.chance(20) {
            processes.push(place.process(&books, &clock).await?);
        }
        let skew = if dice.chance(25) {
            dice.between(-120_000, 120_000)
        } else {
            0
        };
        let delay = |low, high, dice: &mut Dice| {
            let seconds = u64::try_from(dice.between(low, high)).unwrap_or_default();
            Some(Duration::from_secs(seconds))
        };
        let config = stripe_sandbox::Config {
            fee_delay: delay(1, 3_000, &mut dice),
            refund_delay: delay(60, 90_000, &mut dice),
            dispute_delay: delay(60, 7_200, &mut dice),
            payout_delay: delay(3_600, 90_000, &mut dice),
            ..stripe_sandbox::Config::default()
        };
        let sandbox = Sandbox::still(config, clock.now().0 + skew)?;
        let clients = Client::some(&mut dice, place);
        let post = Post::new(&mut dice);
        Ok(History {
            options,
            books,
            dice,
            clock,
            trace: Trace::new(START),
            figures: Figures::default(),
            sandbox,
            skew,
            processes,
            operations: BTreeMap::new(),
            parked: Vec::new(),
            strays: Vec::new(),
            clients,
            payers: 0,
            secrets_told: BTreeSet::new(),
            told_booked: BTreeSet::new(),
            lie: None,
            post,
            glance: Glance::default(),
            weather: Weather::default(),
            calm: false,
            visits_come: false,
            ran: true,
            started: 0,
            place,
        })
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Lets time pass, at Stripe too.
    pub fn pass(&mut self, millis: i64) {
        self.clock.pass(millis);
        self.sandbox.set_now(self.now().0 + self.skew);
        self.collect_post();
    }

    /// A process, by chance.
    pub fn any_process(&mut self) -> Go<(usize, App)> {
        let at = self.dice.below(self.processes.len());
        let process = self.processes.get(at);
        process
            .map(|process| (at, process.app.clone()))
            .ok_or_else(|| Wrong::Broken("there is no process".to_owned()))
    }

    /// Starts an operation, and lets it run until it is parked or done.
    pub async fn start(&mut self, who: Who, process: usize, token: Option<String>, doing: Doing) -> Go {
        self.started += 1;
        let (number, outbox) = (self.started, self.place.outbox.clone());
        self.before_run(Some(who)).await?;
        let task = tokio::spawn(async move {
            let end = until_death(doing).await;
            // Without a history nobody listens.
            let _ = outbox.send(Happened::Ended(number, end));
        });
        let operation = Operation {
            process,
            who,
            token,
            task,
        };
        self.operations.insert(number, operation);
        self.wait(number).await
    }

    /// Waits until what runs is parked or done, and takes in what came of it.
    pub async fn wait(&mut self, number: usize) -> Go {
        let limit = Duration::from_secs(60);
        let Ok(happened) = tokio::time::timeout(limit, self.place.inbox.recv()).await else {
            return Err(Wrong::Broken(format!(
                "operation {number} hangs: not parked and not done after a minute"
            )));
        };
        self.ran = true;
        self.after_run().await?;
        match happened {
            Some(Happened::Parked(call)) => {
                self.trace.then(&format!("→ {}", call.name()));
                self.parked.push(Parked {
                    operation: number,
                    call,
                });
                Ok(())
            }
            Some(Happened::Ended(ended, end)) if ended == number => {
                let Some(operation) = self.operations.remove(&number) else {
                    return Err(Wrong::Broken(format!("operation {number} ended twice")));
                };
                self.take_in(operation, end).await
            }
            other => Err(Wrong::Broken(format!(
                "something else runs than operation {number}: {other:?}"
            ))),
        }
    }

    async fn take_in(&mut self, operation: Operation, end: End) -> Go {
        if matches!(end, End::Died) {
            if let Who::Client(client) = operation.who {
                self.client_heard(client, operation.token, None);
            }
            if let Who::Post(number) = operation.who {
                self.post_answered(number, None);
            }
            self.figures.count("deaths in the middle of an operation");
            return self.crash(operation.process).await;
        }
        match (operation.who, end) {
            (Who::Client(client), end) => self.client_heard(client, operation.token, Some(end)),
            (Who::Post(number), End::Kept(status)) => self.post_answered(number, Some(status)),
            (Who::Payer, End::Billed(link)) => self.payer_comes(link),
            (_, _) => {}
        }
        Ok(())
    }

    /// A process dies: all that it was doing is gone, and a new one starts on the same books. What it had sent to Stripe is on
    /// its way, or lost.
    pub async fn crash(&mut self, process: usize) -> Go {
        self.figures.count("processes that died");
        self.trace
            .then(&format!("process {process} dies, and is started anew"));
        let gone: Vec<usize> = self
            .operations
            .iter()
            .filter(|(_, operation)| operation.process == process)
            .map(|(number, _)| *number)
            .collect();
        for number in gone {
            let Some(operation) = self.operations.remove(&number) else {
                continue;
            };
            operation.task.abort();
            // Cancelled, as it was told.
            let _ = operation.task.await;
            match operation.who {
                Who::Client(client) => self.client_heard(client, operation.token, None),
                Who::Post(number) => self.post_answered(number, None),
                Who::Worker | Who::Salon | Who::Payer => {}
            }
        }
        let (lost, kept) = std::mem::take(&mut self.parked)
            .into_iter()
            .partition(|parked| !self.operations.contains_key(&parked.operation));
        self.parked = kept;
        let lost: Vec<Parked> = lost;
        for parked in lost {
            self.astray(parked.call);
        }
        let new = self.place.process(&self.books, &self.clock).await;
        let new = new.map_err(Wrong::Trouble)?;
        if let Some(place) = self.processes.get_mut(process) {
            let old = std::mem::replace(place, new);
            old.app.store.close().await;
        }
        Ok(())
    }

    /// Nobody waits for a call any more; it may still arrive.
    pub fn astray(&mut self, mut call: Call) {
        call.hang_up();
        if self.calm || self.dice.chance(40) {
            return;
        }
        let until = self.now().plus_millis(self.dice.between(1_000, 20 * 60_000));
        self.strays.push(Stray { call, until });
    }

    /// Ends all that still runs, so that the next history finds nobody.
    pub async fn end(mut self) -> (Trace, Figures) {
        for (_, operation) in std::mem::take(&mut self.operations) {
            operation.task.abort();
            let _ = operation.task.await;
        }
        for process in &self.processes {
            process.app.store.close().await;
        }
        (self.trace, self.figures)
    }
}

/// Runs an operation, and says if its process died in it.
async fn until_death(mut doing: Doing) -> End {
    std::future::poll_fn(move |context| {
        let poll = AssertUnwindSafe(|| doing.as_mut().poll(context));
        std::panic::catch_unwind(poll).unwrap_or(std::task::Poll::Ready(End::Died))
    })
    .await
}
