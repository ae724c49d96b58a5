//! The steps of a history, and the calm after them in which everything must come right.

use server::worker;

use crate::history::{Doing, End, Go, History, Who, Wrong};

/// What can come next.
#[derive(Clone, Copy, Debug)]
enum Next {
    Client,
    Resume,
    Work,
    Post,
    Salon,
    Bill,
    Time,
    Crash,
    Stray,
}

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
/// Longer than a call waits for Stripe.
const PATIENCE: i64 = 12 * SECOND;
/// More than any operation has tries.
const ROUNDS: usize = 60;
/// How long the calm may take until all is quiet.
const CALM: i64 = 5 * 24 * HOUR;
/// How many histories of a hundred go on until the visits.
const LONG: usize = 35;

impl History<'_> {
    /// All of it: some steps with everything that can go wrong, then the calm; in some of them the visits after that, with all of
    /// it again. Then the books are compared.
    ///
    /// # Errors
    /// [`Wrong`].
    pub async fn run(&mut self) -> Go {
        let steps = 20 + self.dice.below(70);
        self.steps(steps).await?;
        self.calm_down().await?;
        if self.dice.chance(LONG) {
            self.weeks_pass();
            let steps = 15 + self.dice.below(50);
            self.steps(steps).await?;
            self.calm_down().await?;
        }
        self.compare().await
    }

    async fn steps(&mut self, steps: usize) -> Go {
        for _ in 0..steps {
            self.step().await?;
            self.sabotage().await?;
            self.look().await?;
        }
        Ok(())
    }

    /// All was quiet, and then the visits come: before the first of them, between two, or after the last. From here on things go
    /// wrong again.
    fn weeks_pass(&mut self) {
        let (first, last) = self.place.visits;
        let then = self
            .dice
            .between(first.plus_millis(-12 * HOUR).0, last.plus_millis(24 * HOUR).0);
        self.trace.step(self.now(), "weeks pass");
        self.figures.count("histories that last until the visits");
        self.pass(then - self.now().0);
        self.calm = false;
        self.visits_come = true;
    }

    async fn step(&mut self) -> Go {
        let weight = |yes: bool, weight| if yes { weight } else { 0 };
        let choices = [
            (30, Next::Client),
            (weight(!self.parked.is_empty(), 45), Next::Resume),
            (12, Next::Work),
            (weight(!self.post.is_empty(), 14), Next::Post),
            (9, Next::Salon),
            (weight(self.has_bill(), 7), Next::Bill),
            (9, Next::Time),
            (1, Next::Crash),
            (weight(!self.strays.is_empty(), 5), Next::Stray),
        ];
        match self.dice.pick(&choices).unwrap_or(Next::Client) {
            Next::Client => self.client_acts().await,
            Next::Resume => self.resume_any().await,
            Next::Work => self.work().await,
            Next::Post => self.deliver().await.map(drop),
            Next::Salon => self.salon_acts().await,
            Next::Bill => self.asks_for_bill().await,
            Next::Time => self.time_passes().await,
            Next::Crash => {
                let process = self.dice.below(self.processes.len());
                self.trace.step(self.now(), "a crash");
                self.crash(process).await
            }
            Next::Stray => self.stray_arrives().await,
        }
    }

    /// A worker does what is due, unless that process's worker still waits for Stripe.
    async fn work(&mut self) -> Go {
        let (process, app) = self.any_process()?;
        let busy = self
            .operations
            .values()
            .any(|operation| operation.who == Who::Worker && operation.process == process);
        if busy {
            return Ok(());
        }
        self.trace
            .step(self.now(), &format!("the worker of process {process}"));
        let doing: Doing = Box::pin(async move {
            worker::tick(&app).await;
            End::Worked
        });
        self.figures.count("ticks of the worker");
        self.choose_weather();
        self.start(Who::Worker, process, None, doing).await
    }

    async fn time_passes(&mut self) -> Go {
        let spans = [
            (40, (1, 10 * SECOND)),
            (30, (10 * SECOND, 3 * MINUTE)),
            (20, (3 * MINUTE, 25 * MINUTE)),
            (6, (HOUR, 5 * HOUR)),
            (3, (10 * HOUR, 30 * HOUR)),
        ];
        let (low, high) = self.dice.pick(&spans).unwrap_or((1, SECOND));
        let span = self.dice.between(low, high);
        self.trace.step(self.now(), &format!("{} s pass", span / SECOND));
        // Nobody waits for Stripe for hours: who waits gives up, tries again, gives up for good, and so on.
        for _ in 0..ROUNDS {
            if span < PATIENCE || self.parked.is_empty() {
                break;
            }
            self.pass(PATIENCE);
            self.give_up_all().await?;
        }
        self.pass(span);
        Ok(())
    }

    /// Nothing goes wrong any more: what is under way ends, what is due is done, until all is quiet.
    async fn calm_down(&mut self) -> Go {
        self.calm = true;
        self.trace.step(self.now(), "from here on nothing goes wrong");
        while !self.parked.is_empty() {
            self.resume_any().await?;
        }
        while !self.strays.is_empty() {
            self.stray_arrives().await?;
        }
        let end = self.now().plus_millis(CALM);
        let mut pause = SECOND;
        let mut quiet = 0;
        // Quiet twice, so that Stripe's list is read once after all is done.
        while quiet < 2 {
            if self.now() > end {
                let what = self.unquiet().await?;
                return Err(Wrong::Broken(format!("not quiet after days: {what}")));
            }
            while self.deliver().await? {}
            self.work_out().await?;
            self.sabotage().await?;
            self.look().await?;
            let what = self.unquiet().await?;
            quiet = if what.is_empty() { quiet + 1 } else { 0 };
            pause = (pause * 4).min(6 * HOUR);
            self.pass(if quiet > 0 { 11 * MINUTE } else { pause });
        }
        Ok(())
    }

    /// A worker's round, to its end.
    async fn work_out(&mut self) -> Go {
        self.work().await?;
        while !self.parked.is_empty() {
            self.resume_any().await?;
        }
        Ok(())
    }

    /// What is still to come; empty when all is quiet.
    async fn unquiet(&self) -> Go<String> {
        let mut what: Vec<String> = Vec::new();
        if !self.post.is_empty() {
            what.push("webhooks".to_owned());
        }
        if self.sandbox.state().pointer("/counts/tasks_waiting") != Some(&0.into()) {
            what.push("fees, refunds or payouts at Stripe".to_owned());
        }
        what.extend(self.open_ends().await?);
        Ok(what.join(", "))
    }
}
