//! The simulated time, which is also where a process can die: wherever the server's code looks at the clock.

use std::{
    panic::resume_unwind,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use domain::time::Moment;
use server::app;

/// The time of a history. Every look at it moves it on by a millisecond, so that no two things happen at once.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    now: AtomicI64,
    /// How many looks are left until the process dies; negative: it lives.
    left: AtomicI64,
}

/// What a process that dies unwinds with.
struct Died;

impl Clock {
    /// Starts here.
    #[must_use]
    pub fn at(start: Moment) -> Clock {
        Clock(Arc::new(Inner {
            now: AtomicI64::new(start.0),
            left: AtomicI64::new(-1),
        }))
    }

    /// The time, without moving it.
    #[must_use]
    pub fn now(&self) -> Moment {
        Moment(self.0.now.load(Ordering::SeqCst))
    }

    /// Moves on, in milliseconds.
    pub fn pass(&self, millis: i64) {
        self.0.now.fetch_add(millis, Ordering::SeqCst);
    }

    /// Lets whoever looks at the clock for the `looks`-th time from now die there; `None`: nobody.
    pub fn die_at(&self, looks: Option<i64>) {
        self.0.left.store(looks.unwrap_or(-1), Ordering::SeqCst);
    }

    /// As the server wants it.
    #[must_use]
    pub fn of_server(&self) -> app::Clock {
        let clock = self.clone();
        app::Clock::of(move || clock.look())
    }

    fn look(&self) -> Moment {
        if self.0.left.fetch_sub(1, Ordering::SeqCst) == 0 {
            // Not a mistake that anybody reports: the end of a process.
            resume_unwind(Box::new(Died));
        }
        Moment(self.0.now.fetch_add(1, Ordering::SeqCst) + 1)
    }
}
