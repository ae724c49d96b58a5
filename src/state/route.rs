//! The address of a step: `#time?service=svc_cut&employee=any`. It survives a reload, and back and forward move by it.

use domain::{
    id::{EmployeeId, GroupDateId, ServiceId},
    time::Moment,
};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::History;

use super::{App, Chosen, Step, Who, is_over, offer};
use crate::{dom, number, texts};

/// Goes on to a step: the browser's back leads to the one before.
pub fn go(app: App, step: Step) {
    let _ = history().push_state_with_url(&JsValue::NULL, "", Some(&address(app, step)));
    show(app, step);
}

/// Shows a step instead of the one before: there is no way back to that.
pub fn replace(app: App, step: Step) {
    let _ = history().replace_state_with_url(&JsValue::NULL, "", Some(&address(app, step)));
    show(app, step);
}

/// Goes where the browser's back and forward went.
pub fn follow(app: App) {
    let hash = dom::location("hash");
    let (step, chosen) = parse(&hash, "");
    let booking = app.booking.get_untracked();
    if booking.as_ref().is_some_and(|booking| is_over(booking)) {
        return replace(app, Step::Done);
    }
    if app.is_visit() {
        return;
    }
    let chosen = app
        .catalogue()
        .map(|catalogue| valid(catalogue, chosen))
        .unwrap_or_default();
    let step = reachable(app, step, &chosen);
    app.chosen.set(chosen);
    show(app, step);
}

/// The step to begin with: the address's, as far as what it needs is there.
pub fn begin(app: App) {
    let (step, chosen) = parse(&dom::location("hash"), &dom::location("search"));
    let chosen = app
        .catalogue()
        .map(|catalogue| valid(catalogue, chosen))
        .unwrap_or_default();
    let step = step.or_else(|| (!chosen.services.is_empty()).then_some(Step::Details));
    let step = reachable(app, step, &chosen);
    app.chosen.set(chosen);
    replace(app, step);
}

/// The first step that what is chosen does not answer yet, and at most the one asked for.
#[must_use]
pub fn reachable(app: App, step: Option<Step>, chosen: &Chosen) -> Step {
    let asked = step.unwrap_or(Step::Services);
    if app
        .catalogue()
        .is_some_and(|catalogue| catalogue.services.is_empty())
    {
        return Step::Empty;
    }
    let order = [
        Step::Services,
        Step::Employee,
        Step::Time,
        Step::Details,
        Step::Payment,
    ];
    let held = app.booking.get_untracked().is_some();
    let given = [
        !chosen.services.is_empty(),
        chosen.who.is_some(),
        chosen.start.is_some(),
        held,
    ];
    for (step, given) in order.into_iter().zip(given) {
        if step == asked || !given {
            return step;
        }
    }
    if asked == Step::Payment {
        Step::Payment
    } else {
        Step::Services
    }
}

/// The address of a step with what is chosen: `#time?service=…`.
#[must_use]
pub fn write(step: Step, chosen: &Chosen) -> String {
    let mut address = String::from("#");
    address.push_str(name(step));
    let mut mark = "?";
    let mut add = |key: &str, value: &str| {
        for part in [mark, key, "=", value] {
            address.push_str(part);
        }
        mark = "&";
    };
    if !chosen.services.is_empty() {
        let services: Vec<&str> = chosen.services.iter().map(ServiceId::as_str).collect();
        add("service", &services.join(","));
    }
    match &chosen.who {
        Some(Who::Anyone) => add("employee", "any"),
        Some(Who::One(id)) => add("employee", id.as_str()),
        None => {}
    }
    if let Some(start) = chosen.start {
        add("start", &number::text(start.0));
        if let (Some(Who::Anyone), Some(id)) = (&chosen.who, &chosen.employee) {
            add("with", id.as_str());
        }
    }
    if let Some(date) = &chosen.date {
        add("date", date.as_str());
    }
    address
}

/// Reads an address: its own values first, then those of the page's query (a salon's site preselects with them).
#[must_use]
pub fn parse(hash: &str, query: &str) -> (Option<Step>, Chosen) {
    let hash = hash.strip_prefix(['#']).unwrap_or(hash);
    let (name, own) = hash.split_once(['?']).unwrap_or((hash, ""));
    let source = if own.is_empty() {
        query.strip_prefix(['?']).unwrap_or(query)
    } else {
        own
    };
    let value = |key: &str| {
        source
            .split(['&'])
            .filter_map(|pair| pair.split_once(['=']))
            .find(|(k, _)| *k == key)
            .map(|(_, value)| value)
    };
    let services = texts::replaced(value("service").unwrap_or_default(), "%2C", ",");
    let services = services
        .split([','])
        .filter_map(|id| ServiceId::parse(id).ok())
        .collect();
    let who = value("employee").and_then(|id| match id {
        "any" => Some(Who::Anyone),
        id => EmployeeId::parse(id).ok().map(Who::One),
    });
    let employee = match &who {
        Some(Who::One(id)) => Some(id.clone()),
        _ => value("with").and_then(|id| EmployeeId::parse(id).ok()),
    };
    let start = value("start").and_then(number::parse).map(Moment);
    let date = value("date").and_then(|id| GroupDateId::parse(id).ok());
    (
        step(name),
        Chosen {
            services,
            who,
            start,
            employee,
            date,
        },
    )
}

/// What of an address this salon has, and goes together.
fn valid(catalogue: &server::api::catalogue::Catalogue, mut chosen: Chosen) -> Chosen {
    let services = offer::services(catalogue, &chosen);
    let known = services.len() == chosen.services.len() && services.len() <= 5;
    if services.is_empty() || !known {
        return Chosen::default();
    }
    if let [event] = services.as_slice()
        && let Some(dates) = &event.dates
    {
        let date = dates.iter().find(|one| Some(&one.id) == chosen.date.as_ref());
        chosen.start = date.map(|date| date.start);
        chosen.employee = date.map(|date| date.employee.clone());
        chosen.date = date.map(|date| date.id.clone());
        chosen.who = Some(Who::Anyone);
        return chosen;
    }
    let people = offer::people(catalogue, &services);
    chosen.date = None;
    if let [only] = people.as_slice() {
        chosen.who = Some(Who::One(only.id.clone()));
        chosen.employee = Some(only.id.clone());
    }
    let can = |id: &EmployeeId| people.iter().any(|one| one.id == *id);
    if matches!(&chosen.who, Some(Who::One(id)) if !can(id)) {
        chosen.who = None;
    }
    if !chosen.employee.as_ref().is_some_and(can) || chosen.who.is_none() {
        chosen.employee = None;
        chosen.start = None;
    }
    chosen
}

fn address(app: App, step: Step) -> String {
    if app.is_visit() {
        return ["#", name(step)].concat();
    }
    write(step, &app.chosen.get_untracked())
}

fn show(app: App, step: Step) {
    if app.step.get_untracked() != step {
        app.step.set(step);
    }
}

/// The name of a step in addresses and in `data-step`.
#[must_use]
pub fn name(step: Step) -> &'static str {
    match step {
        Step::Services => "services",
        Step::Employee => "employee",
        Step::Time => "time",
        Step::Details => "details",
        Step::Payment => "payment",
        Step::Done => "done",
        Step::Expired => "expired",
        Step::Taken => "taken",
        Step::Visit => "visit",
        Step::Link(_) => "link",
        Step::Empty => "empty",
        Step::Loading => "loading",
    }
}

fn step(name: &str) -> Option<Step> {
    [
        Step::Services,
        Step::Employee,
        Step::Time,
        Step::Details,
        Step::Payment,
    ]
    .into_iter()
    .find(|step| self::name(*step) == name)
}

fn history() -> History {
    dom::global("history").unchecked_into()
}
