//! Screens where it does not go on as planned: each says what is, and the way on.

use server::api::booking::{Booking, Payment};

use super::frame;
use crate::{
    dom::{El, button, el, text, words},
    flow, parts,
    state::{App, Busy, Dead, Step, route},
    texts::{t, with_sum},
};

/// The hold ended: the slot again in one tap.
#[must_use]
pub fn expired(app: App) -> El {
    let given_back = app
        .booking
        .get_untracked()
        .and_then(|booking| match booking.payment {
            Payment::GivenBack { sum } => Some(with_sum("done.given_back", sum)),
            _ => None,
        });
    let again = el("button", "button wide")
        .id("take-again")
        .live_prop("disabled", move || app.busy.get() != Busy::No)
        .live(move || {
            let spin = (app.busy.get() != Busy::No).then(|| el("span", "spin").attr("aria-hidden", "true"));
            spin.into_iter()
                .chain([words("span", "", "expired.again")])
                .collect()
        })
        .press(move || flow::take_again(app));
    let other =
        (!app.is_visit()).then(|| button("plain", "taken.choose", move || route::go(app, Step::Time)));
    frame(Step::Expired, "expired.title")
        .child(text("p", "", &given_back.unwrap_or_else(|| t("expired.text"))))
        .child(el("div", "").attr("role", "alert").live(move || {
            app.problem
                .get()
                .map(|words| parts::note("bad", &words))
                .into_iter()
                .collect()
        }))
        .child(again)
        .maybe(other)
}

/// Somebody else has the time: everything else is kept.
#[must_use]
pub fn taken(app: App) -> El {
    frame(Step::Taken, "taken.title")
        .child(words("p", "", "taken.text"))
        .child(button("button wide", "taken.choose", move || route::go(app, Step::Time)).id("other-time"))
}

/// A visit link that can't be used.
#[must_use]
pub fn link(app: App, why: Dead) -> El {
    let key = match why {
        Dead::Unknown => "link.unknown",
        Dead::Expired => "link.expired",
        Dead::Elsewhere => "link.elsewhere",
        Dead::Cancelled => "link.cancelled",
    };
    let money_of = |booking: &Booking| match booking.payment {
        _ if why != Dead::Cancelled => None,
        Payment::GivenBack { sum } => Some(with_sum("link.cancelled.back", sum)),
        Payment::Paid { sum } => Some(with_sum("link.cancelled.kept", sum)),
        _ => None,
    };
    let what = app.booking.get_untracked().and_then(|booking| money_of(&booking));
    let what = what.unwrap_or_else(|| t(&[key, ".text"].concat()));
    let screen = frame(Step::Link(why), &[key, ".title"].concat()).child(text("p", "", &what));
    let screen = match why {
        Dead::Elsewhere if app.is_visit() => screen
            .child(button("button wide", "link.open_here", move || flow::open_here(app)).id("open-here")),
        Dead::Cancelled if !app.is_visit() => {
            screen.child(button("button wide", "done.another", move || app.begin_anew()).id("book-another"))
        }
        _ => screen,
    };
    screen.maybe(call(app))
}

/// A salon that offers nothing online.
#[must_use]
pub fn empty(app: App) -> El {
    frame(Step::Empty, "empty.title")
        .child(words("p", "", "empty.text"))
        .maybe(call(app))
}

fn call(app: App) -> Option<El> {
    let phone = app.phone();
    (!phone.is_empty()).then(|| {
        el("p", "")
            .words("call")
            .text(" ")
            .child(parts::phone_link(phone))
    })
}
