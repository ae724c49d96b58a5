//! A tip, where the salon lets one be added: some parts of the price to choose from, or a sum of one's own.

use domain::money::{Money, Percent};
use server::api::booking::Booking;

use crate::{
    dom::{El, button, by_id, el, get, text},
    flow,
    intl::money,
    state::{App, Busy},
    texts::{t, tf},
};

/// The parts that are offered, in percent.
const PARTS: [u8; 3] = [5, 10, 15];
const OWN: &str = "tip-own";

/// The part of the screen about it.
#[must_use]
pub fn choice(app: App, booking: &Booking) -> Option<El> {
    if !booking.tips {
        return None;
    }
    let services = booking.quote.services();
    let none = Money::zero(services.currency());
    let now = booking.quote.tip.unwrap_or(none);
    let mut sums = vec![(t("tip.none"), none)];
    for part in PARTS {
        if let Some(percent) = Percent::parse(part) {
            let words = tf("tip.part", &[("percent", &part.to_string())]);
            sums.push((words, services.percent(percent)));
        }
    }
    let is_own = sums.iter().all(|(_, sum)| *sum != now);
    let picks = sums
        .into_iter()
        .map(|(words, sum)| pick(app, &words, sum, sum == now))
        .collect();
    let own = el("input", "")
        .attr("type", "text")
        .attr("inputmode", "decimal")
        .attr("autocomplete", "off")
        .id(OWN)
        .attr_if("value", is_own.then(|| plain(now)).as_deref());
    let set = button("button second", &t("tip.add"), move || match typed(services) {
        Some(sum) => flow::tip(app, sum),
        None => app
            .problem
            .set(Some(tf("tip.wrong", &[("sum", &money(services))]))),
    });
    Some(
        el("fieldset", "stack")
            .id("tip")
            .child(text("legend", "label", &t("tip.title")))
            .child(el("div", "picks").children(picks))
            .child(
                el("div", "field")
                    .child(text("label", "", &t("tip.own")).attr("for", OWN))
                    .child(el("div", "beside").child(own).child(set)),
            ),
    )
}

fn pick(app: App, words: &str, sum: Money, chosen: bool) -> El {
    let input = el("input", "")
        .attr("type", "radio")
        .attr("name", "tip")
        .id(&["tip-", &sum.minor().to_string()].concat())
        .live_prop("checked", move || chosen)
        .live_prop("disabled", move || app.busy.get() != Busy::No)
        .on("change", move |_| flow::tip(app, sum));
    let label = el("label", "pick with-mark")
        .child(input)
        .child(text("span", "", words));
    if sum.is_zero() {
        return label;
    }
    label.child(text("span", "sum", &money(sum)))
}

/// What is typed, if it is a sum up to the price.
fn typed(services: Money) -> Option<Money> {
    let typed = get(by_id(OWN)?.as_ref(), "value").as_string()?;
    let sum = Money::read(&typed, services.currency()).ok()?;
    (sum.minor() <= services.minor()).then_some(sum)
}

/// As one types it: `3.50`.
fn plain(sum: Money) -> String {
    let text = sum.to_string();
    text.split(' ').next_back().unwrap_or_default().to_owned()
}
