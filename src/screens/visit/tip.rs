//! A tip, where the salon lets one be added: some parts of the price to choose from, or a sum of one's own.

use domain::money::{Money, Percent};
use server::api::booking::Booking;
use wasm_bindgen::{JsCast, JsValue};

use crate::{
    dom::{El, by_id, el, get, text},
    flow,
    intl::money,
    number,
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
        .attr("type", "number")
        .attr("inputmode", "decimal")
        .attr("min", "0")
        .attr(
            "step",
            if services.currency().exponent() == 0 {
                "1"
            } else {
                "0.01"
            },
        )
        .id(OWN)
        .attr_if("value", is_own.then(|| plain(now)).as_deref());
    let set = crate::dom::button("button second", &t("tip.add"), move || {
        if let Some(sum) = typed(services) {
            flow::tip(app, sum);
        }
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
    let field = by_id(OWN)?;
    let value: f64 = get(field.unchecked_ref::<JsValue>(), "valueAsNumber").as_f64()?;
    let units = if services.currency().exponent() == 0 {
        1.0
    } else {
        100.0
    };
    let minor = number::whole(&(value * units).round().into())?;
    let sum = Money::new(minor, services.currency()).ok()?;
    (sum.minor() <= services.minor()).then_some(sum)
}

fn plain(sum: Money) -> String {
    let units = if sum.currency().exponent() == 0 {
        1.0
    } else {
        100.0
    };
    (number::float(sum.minor()) / units).to_string()
}
