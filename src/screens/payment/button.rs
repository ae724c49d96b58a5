//! Below the card field: what went wrong, the button with verb and sum, and who gets the money.

use super::{card_blocked, needs_card, trust};
use crate::{
    dom::{El, bind, el, text, words},
    flow, number, parts,
    state::{App, Busy, Step},
    stripe::{self, Card},
    texts::with_sum,
};

/// The part below the card field.
#[must_use]
pub fn after(app: App) -> Vec<El> {
    bind(move || stripe::show(needs_card(app) && app.card.get() != Card::None));
    if !matches!(app.step.get(), Step::Payment | Step::Visit) {
        return Vec::new();
    }
    vec![
        el("div", "").live(move || card_blocked(app)),
        el("div", "")
            .id("pay-error")
            .attr("role", "alert")
            .attr("tabindex", "-1")
            .live(move || {
                app.problem
                    .get()
                    .map(|words| parts::note("bad", &words))
                    .into_iter()
                    .collect()
            }),
        pay_button(app),
        el("div", "stack").live(move || trust(app)),
    ]
}

fn pay_button(app: App) -> El {
    // While something is under way the button stays where the focus is, and does nothing.
    el("button", "button wide")
        .id("pay")
        .live_prop("disabled", move || is_off(app))
        .live_attr("aria-busy", move || {
            (app.busy.get() != Busy::No).then_some("true")
        })
        .live(move || {
            let busy = app.busy.get();
            let spin = (busy != Busy::No).then(|| el("span", "spin").attr("aria-hidden", "true"));
            spin.into_iter().chain([label(app, busy)]).collect()
        })
        .press(move || flow::pay(app))
}

fn is_off(app: App) -> bool {
    let waits_for_card =
        needs_card(app) && app.card.get() != Card::Ready && app.question.with(Option::is_none);
    app.busy.get() != Busy::No || waits_for_card
}

fn label(app: App, busy: Busy) -> El {
    let sum = app.booking.with(|booking| {
        booking
            .as_ref()
            .and_then(|one| flow::sum(one, app.all.get(), app.at_salon.get()))
    });
    let plain = |key| words("span", "", key);
    match (busy, sum) {
        (Busy::Paying, Some(_)) => plain("pay.paying"),
        (Busy::Paying, None) => plain("pay.booking"),
        (Busy::AtBank, _) => plain("pay.at_bank"),
        (Busy::Checking, _) => plain("pay.checking"),
        (Busy::Holding, _) => plain("pay.opening"),
        (Busy::No, _) if app.question.with(Option::is_some) => plain("pay.confirm"),
        (Busy::No, Some(sum)) => {
            text("span", "", &with_sum("pay.button", sum)).attr("data-sum", &number::text(sum.minor()))
        }
        (Busy::No, None) => {
            let free = app
                .booking
                .with(|booking| booking.as_ref().is_some_and(|one| one.quote.price.is_zero()));
            plain(if free { "pay.book_free" } else { "pay.book" })
        }
    }
}
