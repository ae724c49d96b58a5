//! A value that views follow.
//!
//! Leptos' signals have their code made anew for each type of value. Here only the news of a change is a signal, of one
//! type, and the value lies beside it: for this widget's seventeen values that is a tenth of its bytes. The program runs
//! on one thread.

use std::cell::RefCell;

use leptos::prelude::{ArcTrigger, Notify, Track};

/// A value of the page's life that views follow. A copy is the same value.
pub struct Live<T: 'static>(&'static Kept<T>);

struct Kept<T> {
    value: RefCell<T>,
    changed: ArcTrigger,
}

impl<T> Live<T> {
    /// A value to begin with. It is never freed: make it once a page, not once a screen.
    #[must_use]
    pub fn new(value: T) -> Live<T> {
        Live(Box::leak(Box::new(Kept {
            value: RefCell::new(value),
            changed: ArcTrigger::new(),
        })))
    }

    /// Looks at the value, and follows it.
    pub fn with<R>(self, look: impl FnOnce(&T) -> R) -> R {
        self.0.changed.track();
        look(&self.0.value.borrow())
    }

    /// A copy of the value, which is followed.
    #[must_use]
    pub fn get(self) -> T
    where
        T: Clone,
    {
        self.0.changed.track();
        self.get_untracked()
    }

    /// A copy of the value as it is now.
    #[must_use]
    pub fn get_untracked(self) -> T
    where
        T: Clone,
    {
        self.0.value.borrow().clone()
    }

    /// Sets the value. Who follows it runs again soon, not within this call.
    pub fn set(self, value: T) {
        // The old value is dropped after the cell is free again.
        drop(self.0.value.replace(value));
        self.0.changed.notify();
    }

    /// Changes the value.
    pub fn update(self, change: impl FnOnce(&mut T)) {
        change(&mut self.0.value.borrow_mut());
        self.0.changed.notify();
    }
}

impl<T> Clone for Live<T> {
    fn clone(&self) -> Live<T> {
        *self
    }
}

impl<T> Copy for Live<T> {}
