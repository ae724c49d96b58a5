//! A tip, where the salon lets one be added: some parts of the price to choose from, or a sum of one's own.

use domain::money::{Money, Percent};
use server::api::booking::Booking;

use crate::{
    dom::{El, button, by_id, el, get, text, words},
    flow,
    intl::money,
    number,
    state::{App, Busy},
    texts::{t, tf, with_sum},
};

/// The parts that are offered, in percent.
const PARTS: [u8; 3] = [5, 10, 15];
const OWN: &str = "tip-own";

/// The part of the screen about it.
#[must_use]
pub fn choice(app: App, booking: &Booking) -> Option<El> {
    // Pages of online booking know no tips, nor carry what is below.
    if crate::BOOKS || !booking.tips {
        return None;
    }
    let services = booking.quote.services();
    let none = Money::zero(services.currency());
    let now = booking.quote.tip.unwrap_or(none);
    let mut sums = vec![(t("tip.none"), none)];
    for part in PARTS {
        if let Some(percent) = Percent::parse(part) {
            let words = tf("tip.part", &[("percent", &number::text(part.into()))]);
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
    let set = button("button second", "tip.add", move || match typed(services) {
        Some(sum) => flow::tip(app, sum),
        None => app.problem.set(Some(with_sum("tip.wrong", services))),
    });
    Some(
        el("fieldset", "stack")
            .id("tip")
            .child(words("legend", "label", "tip.title"))
            .child(el("div", "picks").children(picks))
            .child(
                el("div", "field")
                    .child(words("label", "", "tip.own").attr("for", OWN))
                    .child(el("div", "beside").child(own).child(set)),
            ),
    )
}

fn pick(app: App, words: &str, sum: Money, chosen: bool) -> El {
    let input = el("input", "")
        .attr("type", "radio")
        .attr("name", "tip")
        .id(&["tip-", &number::text(sum.minor())].concat())
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

/// What is typed, if it is a sum up to the price. By hand: the reader that the back office has weighs more than all of this screen.
fn typed(services: Money) -> Option<Money> {
    let text = get(by_id(OWN)?.as_ref(), "value").as_string()?;
    let places = services.currency().exponent();
    let (mut minor, mut after) = (0_i64, None);
    for letter in text.trim().bytes() {
        match (letter, after) {
            (b'.' | b',', None) if places > 0 => after = Some(0),
            (b'0'..=b'9', _) if after < Some(places) => {
                minor = minor.checked_mul(10)?.checked_add(i64::from(letter - b'0'))?;
                after = after.map(|so_far| so_far + 1);
            }
            _ => return None,
        }
    }
    for _ in after.unwrap_or(0)..places {
        minor = minor.checked_mul(10)?;
    }
    let sum = Money::new(minor, services.currency()).ok()?;
    (!text.is_empty() && sum.minor() <= services.minor()).then_some(sum)
}

/// As one types it: `3.50`.
fn plain(sum: Money) -> String {
    let mut text = number::text(sum.minor());
    let places = usize::from(sum.currency().exponent());
    while text.len() <= places {
        text.insert(0, '0');
    }
    if places > 0 {
        text.insert(text.len() - places, '.');
    }
    text
}
