//! A value that views follow.
//!
//! Leptos' signals have their code made anew for each type of value. Here only the news of a change is a signal, of one
//! type, and the value lies beside it: for this widget's seventeen values that is a tenth of its bytes. The program runs
//! on one thread.

use std::cell::RefCell;

use leptos::prelude::{Notify, RwSignal, Track};

/// A value of the page's life that views follow. A copy is the same value.
pub struct Live<T: 'static> {
    value: &'static RefCell<T>,
    changed: RwSignal<()>,
}

impl<T> Live<T> {
    /// A value to begin with. It is never freed: make it once a page, not once a screen.
    #[must_use]
    pub fn new(value: T) -> Live<T> {
        Live {
            value: Box::leak(Box::new(RefCell::new(value))),
            changed: RwSignal::new(()),
        }
    }

    /// Looks at the value, and follows it.
    pub fn with<R>(self, look: impl FnOnce(&T) -> R) -> R {
        self.changed.track();
        look(&self.value.borrow())
    }

    /// A copy of the value, which is followed.
    #[must_use]
    pub fn get(self) -> T
    where
        T: Clone,
    {
        self.changed.track();
        self.get_untracked()
    }

    /// A copy of the value as it is now.
    #[must_use]
    pub fn get_untracked(self) -> T
    where
        T: Clone,
    {
        self.value.borrow().clone()
    }

    /// Sets the value. Who follows it runs again soon, not within this call.
    pub fn set(self, value: T) {
        // The old value is dropped after the cell is free again.
        drop(self.value.replace(value));
        self.changed.notify();
    }

    /// Changes the value.
    pub fn update(self, change: impl FnOnce(&mut T)) {
        change(&mut self.value.borrow_mut());
        self.changed.notify();
    }
}

impl<T> Clone for Live<T> {
    fn clone(&self) -> Live<T> {
        *self
    }
}

impl<T> Copy for Live<T> {}
