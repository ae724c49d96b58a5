//! Ctrl-C, SIGTERM and SIGHUP: remembered here, obeyed by whoever waits for something.

use crate::failure::{Failure, OrSay, Outcome};
use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);

/// From now on a signal is a wish, not the end: children are ended in order.
pub fn listen() -> Outcome {
    ctrlc::set_handler(|| ASKED.store(true, Ordering::SeqCst)).or_say("Ctrl-C can't be listened for")
}

/// Whether somebody asked to stop.
pub fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}

/// An early end, if somebody asked for it.
pub fn check() -> Outcome {
    if asked() { Err(Failure::stopped()) } else { Ok(()) }
}
