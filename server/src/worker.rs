//! What time brings: holds end, unknown payments are asked about, jobs are done.
//!
//! Everything here may be done twice, by this process after a crash or by two processes at once: the database decides.
//!
//! The work has parts, and each part has lanes, one for each salon that has something due: no mail server, gateway or account
//! that does not answer holds up more than its own lane.

mod holds;
mod jobs;
mod lanes;
mod links;
mod look;
pub mod roll;
mod settle;
mod turn;

use std::{collections::HashMap, time::Duration};

use tokio::{
    sync::watch,
    task::{Id, JoinSet},
};

use self::turn::Turn;
use crate::{
    api::error::ApiError,
    app::App,
    payments::ask,
    store::{asking, attempt, hold, job, job::Queue, reading, sought},
};

/// How often each part looks for what is due.
const EVERY: Duration = Duration::from_millis(500);
/// How much of a lane is listed at a time.
const BATCH: i64 = 50;
/// How many lanes are listed at a time.
const LANES: i64 = 500;

/// A part of the work. Each goes on whatever holds up the others.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Part {
    Holds,
    Payments,
    Links,
    Jobs(Queue),
    Movements,
    Look,
    Figures,
    Sought,
}

/// In the order in which one after the other does them.
const PARTS: [Part; 10] = [
    Part::Holds,
    Part::Payments,
    Part::Links,
    Part::Jobs(Queue::Money),
    Part::Jobs(Queue::Letters),
    Part::Jobs(Queue::Messages),
    Part::Movements,
    Part::Look,
    Part::Figures,
    Part::Sought,
];

/// Works until told to stop; then what is under way is finished.
pub async fn run(app: App, stop: watch::Receiver<bool>) {
    let mut tasks = JoinSet::new();
    let mut parts: HashMap<Id, Part> = HashMap::new();
    for part in PARTS {
        let task = tasks.spawn(lanes::run(app.clone(), part, stop.clone()));
        parts.insert(task.id(), part);
    }
    while let Some(ended) = tasks.join_next_with_id().await {
        let Err(error) = ended else { continue };
        let Some(part) = parts.remove(&error.id()) else {
            continue;
        };
        tracing::error!(?part, %error, "a part of the worker broke, and begins anew");
        tokio::time::sleep(EVERY).await;
        let task = tasks.spawn(lanes::run(app.clone(), part, stop.clone()));
        parts.insert(task.id(), part);
    }
}

/// Does what is due now, one thing after the other. A failure is logged, and tried again the next time.
pub async fn tick(app: &App) {
    for part in PARTS {
        for lane in part.due(app).await {
            part.work(app, &lane, &mut Turn::endless()).await;
        }
    }
}

impl Part {
    /// The lanes in which something is due, the one that waits longest first.
    async fn due(self, app: &App) -> Vec<String> {
        match self.lanes(app).await {
            Ok(lanes) => lanes,
            Err(error) => {
                tracing::warn!(part = ?self, %error, "the worker could not look what is due");
                Vec::new()
            }
        }
    }

    async fn lanes(self, app: &App) -> Result<Vec<String>, ApiError> {
        let (db, now) = (app.store.read(), app.now());
        Ok(match self {
            Part::Holds => hold::salons_over(db, now, LANES).await?,
            Part::Payments => asking::salons_to_ask(db, now, LANES).await?,
            // Not of the salons: the database alone is asked.
            Part::Links | Part::Figures => vec![String::new()],
            Part::Jobs(queue) => job::salons_due(db, queue, now, LANES).await?,
            Part::Look => reading::to_look(db, now, LANES).await?,
            Part::Movements => reading::to_settle(db, now, LANES).await?,
            Part::Sought if sought::any_missing(db).await? => vec![String::new()],
            Part::Sought => vec![],
        })
    }

    /// Does what is due in a lane, until its turn is over.
    async fn work(self, app: &App, lane: &str, turn: &mut Turn) {
        let done = match self {
            Part::Holds => holds::run(app, lane, turn).await,
            Part::Payments => ask_about(app, lane, turn).await,
            Part::Links => links::run(app).await,
            Part::Jobs(queue) => jobs::run(app, queue, lane, turn).await,
            Part::Movements => settle::run(app, lane, turn).await,
            Part::Look => look::run(app, lane, turn).await,
            Part::Figures => figures(app, turn).await,
            Part::Sought => fill_in_sought(app).await,
        };
        if let Err(error) = done {
            tracing::warn!(part = ?self, lane, %error, "the worker could not go on");
        }
    }
}

/// What old bookings are found by.
async fn fill_in_sought(app: &App) -> Result<(), ApiError> {
    let mut write = app.store.write().await?;
    sought::fill_in(write.conn(), 4 * BATCH).await?;
    Ok(write.commit().await?)
}

async fn ask_about(app: &App, salon: &str, turn: &mut Turn) -> Result<(), ApiError> {
    for id in asking::to_ask(app.store.read(), salon, app.now(), BATCH).await? {
        if turn.is_over() {
            break;
        }
        let Some(attempt) = attempt::find(app.store.read(), &id).await? else {
            continue;
        };
        if let Err(error) = turn.step(ask::again(app, &attempt)).await {
            tracing::warn!(attempt = %id, %error, "a payment could not be asked about");
        }
    }
    Ok(())
}

async fn figures(app: &App, turn: &mut Turn) -> Result<(), ApiError> {
    while !turn.is_over() && !roll::some(app, 1).await? {}
    Ok(())
}
