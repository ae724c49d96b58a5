//! What is chosen so far, with the sum always in view: beside the form, and on a phone a line that opens.

use domain::terms::Offer;

use crate::{
    dom::{El, el, text, words},
    intl::{self, at},
    parts,
    state::{App, Live, Step, Who, offer, route},
    texts::t,
};

/// The summary, where the step has one.
#[must_use]
pub fn summary(app: App, open: Live<bool>) -> Option<El> {
    let step = app.step.get();
    if !matches!(step, Step::Employee | Step::Time | Step::Details | Step::Payment) {
        return None;
    }
    let catalogue = app.catalogue()?;
    let chosen = app.chosen.get();
    let services = offer::services(catalogue, &chosen);
    let quote = offer::current(app)?;
    let mut inside = el("div", "inside").id("summary-inside");
    for service in &services {
        let line = parts::row(
            "",
            &service.name,
            parts::price(service.price, service.price_to.is_some()),
        );
        let length = text("span", "quiet small", &parts::minutes(service.minutes));
        inside = inside.child(el("div", "").child(line).child(length));
    }
    let group = offer::group_dates(catalogue, &chosen).is_some();
    if !group && matches!(step, Step::Employee | Step::Time) && services.len() < 5 {
        inside = inside.child(
            text("button", "plain back", "+ ")
                .words("services.another")
                .press(move || route::go(app, Step::Services))
                .id("add-service"),
        );
    }
    let person = match (offer::person(&chosen), &chosen.who) {
        (Some(id), _) => Some(offer::name(catalogue, id).to_owned()),
        (None, Some(Who::Anyone)) if !group => Some(t("employee.any")),
        _ => None,
    };
    let when = chosen.start.map(|start| at(start, intl::MOMENT, app.zone()));
    let facts: Vec<El> = when
        .into_iter()
        .chain(person)
        .map(|line| text("p", "", &line))
        .collect();
    if !facts.is_empty() {
        inside = inside.child(el("div", "line").children(facts));
    }
    let total = || parts::price(quote.price, quote.from);
    let mut sums = el("div", "line tight").child(parts::named("total", "total", total()));
    if let Offer::Must(due) | Offer::Choice(due) = quote.offer {
        let key = if matches!(quote.offer, Offer::Must(_)) {
            "due.now"
        } else {
            "due.choice"
        };
        sums = sums.child(parts::named("small quiet", key, parts::sum(due.now)));
    } else {
        sums = sums.child(words("span", "small quiet", "due.nothing"));
    }
    inside = inside.child(sums);
    let is_open = move || if open.get() { "true" } else { "false" };
    let line = el("button", "")
        .attr("aria-controls", "summary-inside")
        .live_attr("aria-expanded", move || Some(is_open()))
        .child(text("span", "", &parts::names(&services)))
        .child(total())
        .press(move || open.update(|open| *open = !*open));
    let class = if open.get() { "summary open" } else { "summary" };
    Some(el("aside", class).label("summary").child(line).child(inside))
}
