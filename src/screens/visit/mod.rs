//! A visit link: the visit, what is due and why, and the card field right away.

mod tip;

use server::api::booking::Booking;

use super::{frame, payment};
use crate::{
    dom::{El, el, text},
    intl::{self, at},
    parts,
    state::{App, Step},
    texts::tf,
};

/// The visit.
#[must_use]
pub fn screen(app: App) -> El {
    let Some(booking) = app.booking.get_untracked() else {
        return el("div", "");
    };
    frame(Step::Visit, "visit.title")
        .maybe(
            (!booking.client.is_empty())
                .then(|| text("p", "", &tf("visit.hello", &[("name", &booking.client)]))),
        )
        .child(el("div", "tight").live(move || {
            let booking = app.booking.get();
            booking.map(|booking| lines(&booking)).into_iter().collect()
        }))
        .child(text("p", "", &when(app, &booking)))
        .maybe(booking.deadline.is_some().then(|| {
            el("p", "").live_text(move || {
                let booking = app.booking.get();
                booking
                    .and_then(|booking| booking.deadline.clone())
                    .unwrap_or_default()
            })
        }))
        .child(el("div", "").live(move || {
            let booking = app.booking.get();
            let choice = booking.and_then(|booking| tip::choice(app, &booking));
            choice.into_iter().collect()
        }))
        .children(payment::above(app))
}

/// Services and products, and their sum.
#[must_use]
pub fn lines(booking: &Booking) -> El {
    let mut rows = el("div", "tight");
    for line in &booking.lines {
        rows = rows.child(parts::row("", &line.name, parts::price(line.price, line.from)));
    }
    if booking.lines.len() > 1 {
        rows = rows.child(parts::named(
            "total",
            "total",
            parts::price(booking.quote.price, booking.quote.from),
        ));
    }
    rows
}

/// When, and with whom.
#[must_use]
pub fn when(app: App, booking: &Booking) -> String {
    let moment = at(booking.start, intl::MOMENT, app.zone());
    if booking.employee.is_empty() {
        return moment;
    }
    tf("when_with", &[("moment", &moment), ("name", &booking.employee)])
}
