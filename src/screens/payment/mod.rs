//! Terms and payment. Its first part stands above the card field, its second below: the field itself never moves.

mod button;
mod terms;

use domain::terms::Offer;
use server::api::booking::Booking;

use super::frame_back;
use crate::{
    dom::{El, bind, el, text, words},
    flow, parts,
    state::{App, Busy, Live, Step, clock},
    stripe::{self, Card},
    texts::tf,
};
pub use button::after;
pub use terms::terms;

/// The booking, its terms and how to pay.
#[must_use]
pub fn screen(app: App) -> El {
    let screen = frame_back(app, Step::Payment, "payment.title", Step::Details);
    screen.child(countdown(app)).children(above(app))
}

/// All that stands above the card field, for a booking as for a visit.
#[must_use]
pub fn above(app: App) -> Vec<El> {
    let Some(booking) = app.booking.get_untracked() else {
        return Vec::new();
    };
    follow_sum(app);
    vec![
        el("div", "stack").live(move || {
            app.booking
                .get()
                .map(|booking| terms(app, &booking))
                .unwrap_or_default()
        }),
        el("div", "stack").live(move || {
            app.booking
                .get()
                .map(|booking| choices(app, &booking))
                .unwrap_or_default()
        }),
        el("div", "").live(move || {
            if needs_card(app) {
                vec![words("h2", "", "payment.card")]
            } else {
                Vec::new()
            }
        }),
    ]
    .into_iter()
    .chain(consent(app, &booking))
    .collect()
}

/// Whether the card field is needed for what is chosen now.
#[must_use]
pub fn needs_card(app: App) -> bool {
    let sum = app.booking.with(|booking| {
        booking
            .as_ref()
            .and_then(|booking| flow::sum(booking, app.all.get(), app.at_salon.get()))
    });
    sum.is_some() && matches!(app.step.get(), Step::Payment | Step::Visit)
}

/// Keeps the card field's sum, and whether it is shown, in step with what is chosen.
fn follow_sum(app: App) {
    bind(move || {
        let sum = app.booking.with(|booking| {
            booking
                .as_ref()
                .and_then(|booking| flow::sum(booking, app.all.get(), app.at_salon.get()))
        });
        if let Some(sum) = sum {
            stripe::open(sum);
        }
    });
}

/// How long the slot is held yet.
fn countdown(app: App) -> El {
    let minutes = move || app.left.get().map(clock::minutes_and_seconds).unwrap_or_default();
    el("p", "quiet small")
        .words("hold.for")
        .text(" ")
        .child(el("span", "").id("countdown").live_text(minutes))
        .live_attr("hidden", move || app.left.get().is_none().then_some(""))
}

/// Now or at the salon, a part or all: where there is a choice.
fn choices(app: App, booking: &Booking) -> Vec<El> {
    let mut shown = Vec::new();
    let (due, free) = match booking.quote.offer {
        Offer::AtSalon => return shown,
        Offer::Choice(due) => (due, true),
        Offer::Must(due) => (due, false),
    };
    if free {
        let now = option(app, "pay-now", "when", "pay.now", None, app.at_salon, false);
        let later = option(
            app,
            "pay-at-salon",
            "when",
            "pay.at_salon",
            None,
            app.at_salon,
            true,
        );
        shown.push(group("pay.when", vec![now, later]));
    }
    if let Some(all) = due.all {
        let part = option(
            app,
            "pay-part",
            "how-much",
            "pay.part",
            Some(due.now),
            app.all,
            false,
        );
        let whole = option(app, "pay-all", "how-much", "pay.all", Some(all), app.all, true);
        let both = group("pay.how_much", vec![part, whole]);
        shown.push(both.live_attr("hidden", move || (free && app.at_salon.get()).then_some("")));
    }
    shown
}

/// The box by which the salon may save the card for fees: empty until somebody ticks it.
fn consent(app: App, booking: &Booking) -> Option<El> {
    let Some(consent) = &booking.consent else {
        // What was agreed to before does not hold any more.
        app.agreed.set(false);
        stripe::save(false);
        return None;
    };
    bind(move || stripe::save(app.agreed.get()));
    let input = el("input", "")
        .attr("type", "checkbox")
        .id("consent")
        .live_prop("checked", move || app.agreed.get())
        .live_prop("disabled", move || {
            app.busy.get() != Busy::No || app.question.with(Option::is_some)
        })
        .on("change", move |_| app.agreed.set(!app.agreed.get_untracked()));
    let label = el("label", "pick with-mark")
        .child(input)
        .child(text("span", "small", &consent.text));
    Some(label.live_attr("hidden", move || (!needs_card(app)).then_some("")))
}

fn group(legend: &str, options: Vec<El>) -> El {
    el("fieldset", "stack")
        .child(words("legend", "label", legend))
        .child(el("div", "picks").children(options))
}

fn option(
    app: App,
    id: &str,
    name: &str,
    key: &str,
    sum: Option<domain::money::Money>,
    chosen: Live<bool>,
    value: bool,
) -> El {
    let input = el("input", "")
        .attr("type", "radio")
        .attr("name", name)
        .id(id)
        .live_prop("checked", move || chosen.get() == value)
        .live_prop("disabled", move || {
            app.busy.get() != Busy::No || app.question.with(Option::is_some)
        })
        .on("change", move |_| chosen.set(value));
    el("label", "pick with-mark")
        .child(input)
        .child(words("span", "name", key))
        .child(sum.map_or_else(|| el("span", ""), parts::sum))
}

/// The card did not come: what to do instead.
fn card_blocked(app: App) -> Vec<El> {
    if app.card.get() != Card::Blocked || !needs_card(app) {
        return Vec::new();
    }
    let retry = crate::dom::button("button second", "card.retry", stripe::retry).id("card-retry");
    let at_salon = app
        .booking
        .with(|booking| booking.as_ref().is_some_and(|one| one.quote.accepts_unpaid()));
    let note = parts::said("care", "card.blocked")
        .attr("role", "alert")
        .child(retry);
    let note = if at_salon {
        note.child(words("p", "", "card.blocked_salon"))
    } else {
        note
    };
    let phone = app.phone();
    let call = (!phone.is_empty()).then(|| {
        el("p", "")
            .words("card.blocked_call")
            .text(" ")
            .child(parts::phone_link(phone))
    });
    vec![note.maybe(call)]
}

/// Who takes the money, and who sees the card.
fn trust(app: App) -> Vec<El> {
    if !needs_card(app) {
        return Vec::new();
    }
    let salon = app.page.salon.as_ref().map_or("", |salon| &salon.name);
    let test = app.page.stripe.as_ref().is_some_and(|stripe| stripe.test);
    let mut shown = vec![text("p", "quiet small", &tf("pay.trust", &[("salon", salon)]))];
    if test {
        shown.insert(0, parts::said("care small", "test.card"));
    }
    shown
}
