//! What is due now and why, what is due at the salon, and what cancelling costs: before the button, in words.

use domain::terms::{Offer, Quote, Reason};
use server::api::booking::Booking;

use crate::{
    dom::{El, el, text, words},
    flow,
    intl::{self, at, money},
    parts,
    state::{App, clock},
    texts::tf,
};

/// The terms of a booking.
#[must_use]
pub fn terms(app: App, booking: &Booking) -> Vec<El> {
    let sum = flow::sum(booking, app.all.get(), app.at_salon.get());
    let mut rows = el("div", "note stretch");
    if let Some(now) = sum {
        rows = rows.child(parts::named("total", "due.now", parts::sum(now)));
        if let Ok(rest) = booking.quote.price.less(now)
            && (!rest.is_zero() || booking.quote.from)
        {
            rows = rows.child(parts::named(
                "",
                "due.salon",
                parts::price(rest, booking.quote.from),
            ));
        }
    } else {
        rows = rows.child(parts::named(
            "total",
            "due.salon",
            parts::price(booking.quote.price, booking.quote.from),
        ));
    }
    vec![
        rows.child(reasons(app, &booking.quote, sum.is_some())),
        cancellation(app, booking),
    ]
}

/// Why this amount: only what bears on what is chosen now.
fn reasons(app: App, quote: &Quote, pays_now: bool) -> El {
    // Where nothing can be paid now, the first reason is the one that decided.
    let most = if quote.offer == Offer::AtSalon {
        1
    } else {
        quote.reasons.len()
    };
    let is_choice = matches!(quote.offer, Offer::Choice(_));
    let bears = |reason: &Reason| match reason {
        Reason::YourChoice => true,
        _ if is_choice && !pays_now => false,
        // "When you book" says nothing of a visit that was booked before, nor of what one may choose.
        Reason::ServiceInFull => !is_choice && !app.is_visit(),
        _ => true,
    };
    let all = quote
        .reasons
        .iter()
        .take(most)
        .filter(|reason| bears(reason))
        .map(|reason| text("li", "", &parts::why(*reason)))
        .collect();
    el("ul", "tight small quiet").id("why").children(all)
}

fn cancellation(app: App, booking: &Booking) -> El {
    let zone = app.zone();
    let now = clock::server_now(app);
    let list = el("div", "tight")
        .id("cancellation")
        .child(words("h2", "", "cancel.title"));
    let terms = &booking.cancellation;
    let Some(until) = terms.free_until else {
        return list.child(words("p", "", "cancel.free"));
    };
    let list = if until > now {
        list.child(text(
            "p",
            "",
            &tf("cancel.free_until", &[("moment", &at(until, intl::MOMENT, zone))]),
        ))
    } else {
        list
    };
    let steps = terms
        .from(now)
        .iter()
        .map(|step| {
            let fee = money(step.fee);
            let words = if step.from > now {
                tf(
                    "cancel.after",
                    &[("moment", &at(step.from, intl::MOMENT, zone)), ("fee", &fee)],
                )
            } else {
                tf("cancel.now", &[("fee", &fee)])
            };
            text("p", "quiet small", &words)
        })
        .collect();
    list.children(steps)
}
