//! One part of the work: some of its lanes at once, each by itself.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

use tokio::{
    sync::watch,
    task::{Id, JoinError, JoinSet},
    time::MissedTickBehavior,
};

use super::{EVERY, Part, turn::Turn};
use crate::app::App;

/// So many lanes of a part go on at once.
const AT_ONCE: usize = 8;
/// So long a lane rests in which somebody hardly answered, so that the lanes of those who answer are not taken up by those who
/// don't.
const REST: Duration = Duration::from_secs(30);

/// Works until told to stop; then the lanes that go on end after the step they are at.
pub async fn run(app: App, part: Part, mut stop: watch::Receiver<bool>) {
    let mut lanes = Lanes::default();
    let mut look = tokio::time::interval(EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !*stop.borrow() {
        tokio::select! {
            _ = look.tick() => lanes.waiting = part.due(&app).await.into(),
            Some(ended) = lanes.going.join_next_with_id() => lanes.ended(part, ended),
            changed = stop.changed() => {
                // Whoever could tell us to stop is gone.
                if changed.is_err() {
                    break;
                }
            }
        }
        lanes.begin(&app, part, &stop);
    }
    while let Some(ended) = lanes.going.join_next_with_id().await {
        lanes.ended(part, ended);
    }
}

#[derive(Default)]
struct Lanes {
    waiting: VecDeque<String>,
    going: JoinSet<Turn>,
    /// The lanes that go on, by their tasks.
    names: HashMap<Id, String>,
    resting: HashMap<String, Instant>,
}

impl Lanes {
    /// Begins as many of the lanes that wait as there is room for.
    fn begin(&mut self, app: &App, part: Part, stop: &watch::Receiver<bool>) {
        self.resting.retain(|_, until| *until > Instant::now());
        while self.going.len() < AT_ONCE && !*stop.borrow() {
            let Some(lane) = self.waiting.pop_front() else {
                break;
            };
            if self.resting.contains_key(&lane) || self.names.values().any(|going| *going == lane) {
                continue;
            }
            let (app, name, mut turn) = (app.clone(), lane.clone(), Turn::until(stop.clone()));
            let task = self.going.spawn(async move {
                part.work(&app, &name, &mut turn).await;
                turn
            });
            self.names.insert(task.id(), lane);
        }
    }

    fn ended(&mut self, part: Part, ended: Result<(Id, Turn), JoinError>) {
        let (id, rests) = match &ended {
            Ok((id, turn)) => (*id, turn.was_slow()),
            Err(error) => (error.id(), true),
        };
        let Some(lane) = self.names.remove(&id) else {
            return;
        };
        if let Err(error) = ended {
            tracing::error!(?part, lane, %error, "a lane of the worker broke");
        }
        if rests {
            self.resting.insert(lane, Instant::now() + REST);
        }
    }
}
