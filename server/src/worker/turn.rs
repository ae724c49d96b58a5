//! How long a lane goes on before others get their turn.

use std::time::{Duration, Instant};

use tokio::sync::watch;

/// A step that takes longer than this waited for somebody who hardly answers.
const SLOW: Duration = Duration::from_secs(10);
/// So long a lane goes on, if there is so much to do.
const BUDGET: Duration = Duration::from_secs(30);

/// A lane's turn: it ends after some time, after a step that took very long, and when the worker stops.
#[derive(Debug)]
pub struct Turn {
    limits: Option<(Instant, watch::Receiver<bool>)>,
    slow: bool,
}

impl Turn {
    /// One that ends when nothing is due any more.
    pub fn endless() -> Turn {
        Turn {
            limits: None,
            slow: false,
        }
    }

    /// One that ends.
    pub fn until(stop: watch::Receiver<bool>) -> Turn {
        Turn {
            limits: Some((Instant::now() + BUDGET, stop)),
            slow: false,
        }
    }

    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        self.limits
            .as_ref()
            .is_some_and(|(end, stop)| self.slow || *stop.borrow() || Instant::now() >= *end)
    }

    /// Whether somebody hardly answered in it.
    pub fn was_slow(&self) -> bool {
        self.slow
    }

    /// Does a step of it.
    pub async fn step<T>(&mut self, step: impl Future<Output = T>) -> T {
        let begun = Instant::now();
        let done = step.await;
        self.slow |= begun.elapsed() > SLOW;
        done
    }
}
