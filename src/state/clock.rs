//! The hold's countdown, by the server's clock.

use domain::time::Moment;
use server::api::booking::State;

use super::{App, Busy, Step, route};
use crate::{intl, number, texts};

/// What to announce, in seconds before the end.
const ANNOUNCED: [i64; 2] = [300, 60];

/// The server's clock.
#[must_use]
pub fn server_now(app: App) -> Moment {
    intl::now().plus_millis(app.offset.get_untracked())
}

/// Counts: called every second. At the end of a hold that nothing is under way for, says that it ended.
pub fn tick(app: App) {
    let until = app
        .booking
        .get_untracked()
        .and_then(|booking| match booking.state {
            State::Held { until } => Some(until),
            _ => None,
        });
    let left = until.map(|until| seconds(until.since(server_now(app))));
    let before = app.left.get_untracked();
    if before == left {
        return;
    }
    app.left.set(left);
    if let (Some(before), Some(left)) = (before, left)
        && let Some(minutes) = announced(before, left)
    {
        app.said.set(texts::tn("hold.announce", minutes, &[]));
    }
    let waiting = matches!(app.step.get_untracked(), Step::Payment | Step::Details);
    if left == Some(0) && waiting && app.busy.get_untracked() == Busy::No {
        route::replace(app, Step::Expired);
    }
}

/// The minutes to announce when the countdown goes from one second to another.
#[must_use]
pub fn announced(before: i64, left: i64) -> Option<i64> {
    ANNOUNCED
        .into_iter()
        .find(|at| before > *at && left <= *at)
        .map(|at| at / 60)
}

/// `14:05`
#[must_use]
pub fn minutes_and_seconds(left: i64) -> String {
    let seconds = number::text(left % 60);
    let zero = if seconds.len() < 2 { "0" } else { "" };
    [&number::text(left / 60), ":", zero, &seconds].concat()
}

/// Whole seconds, begun ones counted, never below zero.
fn seconds(millis: i64) -> i64 {
    (millis.max(0) + 999) / 1000
}
