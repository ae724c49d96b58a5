//! Which services.

use server::api::catalogue::{Catalogue, Service};

use super::{frame, frame_back};
use crate::{
    dom::{El, el, text},
    parts,
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
        frame_back(app, Step::Services, &t("services.another"), Step::Time)
    } else {
        frame(Step::Services, &t("services.title"))
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
                .attr("data-sum", &service.price.minor().to_string())
        }
        None => parts::price(service.price, false),
    };
    let about = (!service.description.is_empty()).then(|| text("span", "more", &service.description));
    let possible = is_chosen || fits(catalogue, service, chosen);
    el("button", "pick")
        .attr("type", "button")
        .attr("data-service", service.id.as_str())
        .attr_if("aria-pressed", is_chosen.then_some("true"))
        .attr_if("disabled", (!possible).then_some(""))
        .child(text("span", "name", &service.name))
        .child(price)
        .maybe(about)
        .child(more)
        .press(move || choose(app, catalogue, service))
}

/// Whether somebody can do it together with what is chosen.
fn fits(catalogue: &Catalogue, service: &Service, chosen: &Chosen) -> bool {
    if service.dates.is_some() {
        return true;
    }
    if offer::group_dates(catalogue, chosen).is_some() {
        return !service.employees.is_empty();
    }
    let mut all = offer::services(catalogue, chosen);
    all.push(service);
    all.len() <= MOST && !offer::people(catalogue, &all).is_empty()
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
