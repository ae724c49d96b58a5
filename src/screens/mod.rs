//! The screens, one folder each, and the frame they have in common.

pub mod details;
pub mod done;
pub mod employee;
pub mod ended;
pub mod payment;
pub mod services;
pub mod time;
pub mod visit;

use crate::{
    dom::{El, el, text, words},
    state::{App, Step, route},
};

/// The screen of a step.
#[must_use]
pub fn of(app: App, step: Step) -> El {
    match step {
        Step::Done => done::screen(app),
        Step::Visit => visit::screen(app),
        Step::Expired => ended::expired(app),
        Step::Link(why) => ended::link(app, why),
        // These are of a booking alone.
        _ if !crate::BOOKS => el("div", ""),
        Step::Services => services::screen(app),
        Step::Employee => employee::screen(app),
        Step::Time => time::screen(app),
        Step::Details => details::screen(app),
        Step::Payment => payment::screen(app),
        Step::Taken => ended::taken(app),
        Step::Empty => ended::empty(app),
        Step::Loading => loading(),
    }
}

/// A screen with its heading (a key of a text), which takes the focus when the screen is gone to.
#[must_use]
pub fn frame(step: Step, heading: &str) -> El {
    headed(empty(step), heading)
}

/// A screen that can be gone back from.
#[must_use]
pub fn frame_back(app: App, step: Step, heading: &str, back: Step) -> El {
    let way = text("button", "plain back", "‹ ").words("back");
    headed(
        empty(step).child(way.press(move || route::go(app, back))),
        heading,
    )
}

fn empty(step: Step) -> El {
    el("section", "screen")
        .attr("data-step", route::name(step))
        .attr("aria-labelledby", "title")
}

fn headed(screen: El, heading: &str) -> El {
    screen.child(words("h1", "", heading).id("title").attr("tabindex", "-1"))
}

fn loading() -> El {
    let bars = (0..6).map(|_| el("i", "")).collect();
    el("section", "screen skeleton")
        .attr("data-step", "loading")
        .attr("aria-busy", "true")
        .children(bars)
}
