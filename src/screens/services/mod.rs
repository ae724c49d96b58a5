//! Which services.

use domain::availability::DurationMinutes;
use server::api::catalogue::{Catalogue, Service};

use super::{frame, frame_back};
use crate::{
    dom::{El, el, text, words},
    number, parts,
    state::{App, Chosen, Step, Who, offer, route},
    texts::{t, tf},
};

/// How many services one booking can have.
const MOST: usize = 5;

/// The list of services. Choosing one goes on; with one chosen already, another is added.
#[must_use]
pub fn screen(app: App) -> El {
    let Some(catalogue) = app.catalogue() else {
        return el("div", "");
    };
    let chosen = app.chosen.get_untracked();
    let adding = !chosen.services.is_empty() && offer::group_dates(catalogue, &chosen).is_none();
    let screen = if adding {
        frame_back(app, Step::Services, "services.another", Step::Time)
    } else {
        frame(Step::Services, "services.title")
    };
    let single = catalogue
        .services
        .iter()
        .filter(|service| service.dates.is_none());
    let group = catalogue
        .services
        .iter()
        .filter(|service| service.dates.is_some());
    let list = |heading: Option<String>, items: Vec<El>| {
        (!items.is_empty()).then(|| {
            let list = el("div", "picks").children(items);
            el("div", "stack")
                .maybe(heading.map(|heading| text("h2", "", &heading)))
                .child(list)
        })
    };
    let groups: Vec<El> = group
        .filter(|_| !adding)
        .map(|one| pick(app, catalogue, one, &chosen))
        .collect();
    let single: Vec<El> = single.map(|one| pick(app, catalogue, one, &chosen)).collect();
    let heading = (!groups.is_empty()).then(|| t("services.by_appointment"));
    screen
        .maybe(list(heading, single))
        .maybe(list(Some(t("services.group")), groups))
}

fn pick(app: App, catalogue: &'static Catalogue, service: &'static Service, chosen: &Chosen) -> El {
    let is_chosen = chosen.services.contains(&service.id);
    let quote = offer::quote(catalogue, &[service], None);
    let terms = quote.as_ref().and_then(parts::short_terms);
    let unfit = (!is_chosen).then(|| unfit(catalogue, service, chosen)).flatten();
    let more = el("span", "more").text(&parts::minutes(service.minutes));
    let more = match terms {
        Some(terms) => more.text(" · ").child(text("span", "tag", &terms)),
        None => more,
    };
    let price = match service.price_to {
        Some(to) => {
            let range = [
                ("from", &*crate::intl::money(service.price)),
                ("to", &crate::intl::money(to)),
            ];
            text("span", "sum", &tf("price.range", &range))
                .attr("data-sum", &number::text(service.price.minor()))
        }
        None => parts::price(service.price, false),
    };
    let about = (!service.description.is_empty()).then(|| text("span", "more", &service.description));
    el("button", "pick")
        .attr("data-service", service.id.as_str())
        .attr_if("aria-pressed", is_chosen.then_some("true"))
        .attr_if("disabled", unfit.map(|_| ""))
        .child(text("span", "name", &service.name))
        .child(price)
        .maybe(about)
        .child(more)
        .maybe(unfit.map(|key| words("span", "more", key)))
        .press(move || choose(app, catalogue, service))
}

/// Why it can't be had together with what is chosen: the key of a sentence.
fn unfit(catalogue: &Catalogue, service: &Service, chosen: &Chosen) -> Option<&'static str> {
    if service.dates.is_some() {
        return None;
    }
    let mut all = offer::services(catalogue, chosen);
    if offer::group_dates(catalogue, chosen).is_some() {
        all.clear();
    }
    all.push(service);
    let minutes = all.iter().map(|one| one.minutes).sum();
    if all.len() > MOST || DurationMinutes::parse(minutes).is_none() {
        Some("services.too_long")
    } else if !offer::people(catalogue, &all).is_empty() {
        None
    } else if all.len() > 1 {
        Some("services.not_together")
    } else {
        Some("services.nobody")
    }
}

fn choose(app: App, catalogue: &'static Catalogue, service: &'static Service) {
    let mut chosen = app.chosen.get_untracked();
    let group = service.dates.is_some() || offer::group_dates(catalogue, &chosen).is_some();
    if group {
        chosen.services.clear();
    }
    if !chosen.services.contains(&service.id) {
        chosen.services.push(service.id.clone());
    }
    chosen.start = None;
    chosen.date = None;
    chosen.employee = None;
    let services = offer::services(catalogue, &chosen);
    let people = offer::people(catalogue, &services);
    if service.dates.is_some() {
        chosen.who = Some(Who::Anyone);
    } else if let [only] = people.as_slice() {
        chosen.who = Some(Who::One(only.id.clone()));
    } else if group || !matches!(&chosen.who, Some(Who::One(id)) if people.iter().any(|one| one.id == *id)) {
        chosen.who = None;
    }
    let next = if chosen.who.is_some() {
        Step::Time
    } else {
        Step::Employee
    };
    app.chosen.set(chosen);
    route::go(app, next);
}
