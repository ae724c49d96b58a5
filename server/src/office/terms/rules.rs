//! The rule of each service and person: one by one, or many at once.

use domain::{
    currency::Currency,
    money::{Money, Percent},
    terms::{Line, Part, Rule},
};
use maud::{Markup, html};

use super::{Typed, not_yet, offered, preview};
use crate::{
    api::catalogue::Service,
    office::{
        desk::Desk,
        field::Fields,
        form::{Form, Wrong},
        said::{differences, plain},
        trouble::{Answer, Trouble},
    },
    store::{
        booking::token_hash,
        offer::{self, Offer},
    },
};

const RULES: [(&str, &str); 3] = [
    ("forbidden", "Never online"),
    ("allowed", "May be paid"),
    ("required", "Must be paid"),
];

/// The part of the page about them.
pub fn section(desk: &Desk, offered: &Offer, typed: Option<&(Form, Wrong)>) -> Markup {
    let mut kept: Vec<(String, String)> = Vec::new();
    for service in &offered.services {
        kept.push((format!("rule_{}", service.id), value(service.rule).to_owned()));
        kept.push((format!("part_{}", service.id), part_text(service.part)));
    }
    for one in &offered.employees {
        kept.push((
            format!("rule_{}", one.employee.id),
            value(one.employee.rule).to_owned(),
        ));
    }
    let kept: Vec<(&str, String)> = kept
        .iter()
        .map(|(name, text)| (name.as_str(), text.clone()))
        .collect();
    let (kept, none) = (Form::of(&kept), Wrong::default());
    let fields = match typed {
        Some((form, wrong)) => Fields { form, wrong },
        None => Fields {
            form: &kept,
            wrong: &none,
        },
    };
    let ticked = |id: &str| fields.form.all("tick").any(|one| one == id);
    html! {
        form.rules method="post" action=(desk.path("terms/rules")) {
            (fields.summary())
            input #as_of type="hidden" name="as_of" value=(as_of(offered));
            @for service in &offered.services {
                @let id = service.id.as_str();
                fieldset.card {
                    legend.unseen { (service.name) }
                    div.tick {
                        input id={ "tick_" (id) } name="tick" type="checkbox" value=(id) checked[ticked(id)];
                        label for={ "tick_" (id) } { (service.name) " · " (service.price) }
                    }
                    div.pair {
                        (fields.select(&format!("rule_{id}"), "Online payment", "", &RULES))
                        @if service.dates.is_none() {
                            (fields.input(&format!("part_{id}"), "How much", crate::office::field::Kind::Text, "full, 30% or a sum"))
                        }
                    }
                    @if let Some(warning) = warning(desk, service) { p.warning { (warning) } }
                }
            }
            @for one in &offered.employees {
                @let id = one.employee.id.as_str();
                fieldset.card {
                    legend.unseen { (one.employee.name) }
                    div.tick {
                        input id={ "tick_" (id) } name="tick" type="checkbox" value=(id) checked[ticked(id)];
                        label for={ "tick_" (id) } { (one.employee.name) }
                    }
                    (fields.select(&format!("rule_{id}"), "Online payment", "", &RULES))
                }
            }
            button.button.wide { "Save all" }
            details.card open[typed.is_some_and(|(form, _)| form.all("tick").next().is_some())] {
                summary { "Change all that are ticked" }
                div.pair {
                    (fields.select("bulk_rule", "Online payment", "", &RULES))
                    (fields.input("bulk_part", "How much", crate::office::field::Kind::Text, "full, 30% or a sum; people have none"))
                }
                button.button.second formaction=(desk.path("terms/bulk")) { "Set for the ticked" }
            }
        }
    }
}

/// Saves the rules of all.
pub async fn save(desk: Desk, form: Form) -> Answer {
    put(desk, form, "Saved.").await
}

/// Stands for the rules as they are: who saves a page says by it what the page was made of.
fn as_of(offered: &Offer) -> String {
    let services = offered.services.iter();
    let services = services.map(|one| format!("{} {:?} {:?}", one.id, one.rule, one.part));
    let people = offered.employees.iter().map(|one| &one.employee);
    let people = people.map(|one| format!("{} {:?}", one.id, one.rule));
    let all: Vec<String> = services.chain(people).collect();
    token_hash(&all.join("\n"))
}

async fn put(desk: Desk, form: Form, said: &str) -> Answer {
    let offered = offered(&desk).await?;
    let mut wrong = Wrong::default();
    if form.get("as_of") != as_of(&offered) {
        wrong.add(
            "as_of",
            "Somebody else changed these rules while you had the page open. Yours are shown and not saved: compare them with the \
             present ones on another page, then save again.",
        );
    }
    let mut services = Vec::new();
    for service in &offered.services {
        let name = format!("rule_{}", service.id);
        let rule = wrong.keep(&name, rule(form.get(&name)));
        let name = format!("part_{}", service.id);
        let part = match service.dates {
            Some(_) => Some(Part::Full),
            None => wrong.keep(
                &name,
                part(desk.salon.salon.currency, form.get(&name), Some(service.price)),
            ),
        };
        if let (Some(rule), Some(part)) = (rule, part) {
            services.push((service.id.clone(), rule, part));
        }
    }
    let mut people = Vec::new();
    for one in &offered.employees {
        let name = format!("rule_{}", one.employee.id);
        if let Some(rule) = wrong.keep(&name, rule(form.get(&name))) {
            people.push((one.employee.id.clone(), rule));
        }
    }
    if !wrong.is_empty() {
        return wrong_rules(&desk, form, wrong).await;
    }
    let before = in_words(&offered);
    let mut to = offered;
    for (id, rule, part) in &services {
        for one in to.services.iter_mut().filter(|one| one.id == *id) {
            (one.rule, one.part) = (*rule, *part);
        }
    }
    for (id, rule) in &people {
        for one in to.employees.iter_mut().filter(|one| one.employee.id == *id) {
            one.employee.rule = *rule;
        }
    }
    let changed = differences(&before, &in_words(&to));
    let mut write = desk.app.store.write().await?;
    for (id, rule, part) in &services {
        offer::set_service_rule(write.conn(), desk.slug(), id, *rule, *part).await?;
    }
    for (id, rule) in &people {
        offer::set_employee_rule(write.conn(), desk.slug(), id, *rule).await?;
    }
    if !changed.is_empty() {
        let what = format!("changed the rules of services and people: {changed}");
        desk.log(&mut write, &what, None).await?;
    }
    desk.done(write, said, "terms").await
}

/// The rule of each by its name, for the log.
fn in_words(offered: &Offer) -> Vec<(String, String)> {
    let word = |rule| {
        let found = RULES.iter().find(|(name, _)| *name == value(rule));
        found.map_or("", |(_, label)| label)
    };
    let services = offered.services.iter().map(|one| {
        let rule = format!("{}, {}", word(one.rule), part_text(one.part));
        (one.name.clone(), rule)
    });
    let people = offered.employees.iter().map(|one| &one.employee);
    let people = people.map(|one| (one.name.clone(), word(one.rule).to_owned()));
    services.chain(people).collect()
}

/// Saves one rule for all that are ticked, and with it what else is typed on the page.
pub async fn bulk(desk: Desk, form: Form) -> Answer {
    let offered = offered(&desk).await?;
    let mut wrong = Wrong::default();
    let rule = wrong.keep("bulk_rule", rule(form.get("bulk_rule")));
    let part = part(desk.salon.salon.currency, form.get("bulk_part"), None);
    let part = wrong.keep("bulk_part", part);
    let ticked = |id: &str| form.all("tick").any(|one| one == id);
    let services: Vec<&Service> = offered
        .services
        .iter()
        .filter(|one| ticked(one.id.as_str()))
        .collect();
    let people: Vec<_> = offered
        .employees
        .iter()
        .map(|one| &one.employee)
        .filter(|one| ticked(one.id.as_str()))
        .collect();
    let least = services
        .iter()
        .map(|service| service.price)
        .min_by_key(|price| price.minor());
    if let (Some(Part::Fixed(sum)), Some(least)) = (part, least)
        && sum.minor() > least.minor()
    {
        wrong.add(
            "bulk_part",
            format!("One of them costs {least}: ask for that much at most, or for a percentage."),
        );
    }
    if services.is_empty() && people.is_empty() {
        wrong.add("bulk_rule", "Tick the services and people that it shall be for.");
    }
    let (Some(rule), Some(part), true) = (rule, part, wrong.is_empty()) else {
        return wrong_rules(&desk, form, wrong).await;
    };
    let mut form = form;
    for service in &services {
        form.set(&format!("rule_{}", service.id), value(rule));
        form.set(&format!("part_{}", service.id), &part_text(part));
    }
    for one in &people {
        form.set(&format!("rule_{}", one.id), value(rule));
    }
    let said = format!("{} are set.", services.len() + people.len());
    put(desk, form, &said).await
}

async fn wrong_rules(desk: &Desk, form: Form, wrong: Wrong) -> Result<axum::response::Response, Trouble> {
    let typed = Typed {
        rules: Some((form, wrong)),
        ..Typed::default()
    };
    not_yet(desk, &typed).await
}

/// What a service's terms come to that its owner may not expect.
fn warning(desk: &Desk, service: &Service) -> Option<String> {
    let line = Line {
        price: service.price,
        from: service.price_to.is_some(),
        service: service.rule,
        part: service.part,
        group: service.dates.is_some(),
        employee: Rule::Allowed,
    };
    preview::minimum(desk, &[line])
}

/// A rule in a field.
pub fn value(rule: Rule) -> &'static str {
    match rule {
        Rule::Forbidden => "forbidden",
        Rule::Allowed => "allowed",
        Rule::Required => "required",
    }
}

/// Reads a rule from a field.
///
/// # Errors
/// A sentence that says what to do.
pub fn rule(text: &str) -> Result<Rule, &'static str> {
    let all = [Rule::Forbidden, Rule::Allowed, Rule::Required];
    let found = all.into_iter().find(|rule| value(*rule) == text);
    found.ok_or("Choose whether it is paid online.")
}

/// A part in a field: `full`, `30%`, `20.00`.
pub fn part_text(part: Part) -> String {
    match part {
        Part::Full => "full".to_owned(),
        Part::Percent(percent) => format!("{}%", percent.get()),
        Part::Fixed(sum) => plain(sum),
    }
}

/// Reads `full`, `30%` or a sum, which may not be above the price.
///
/// # Errors
/// A sentence that says what to do.
pub fn part(currency: Currency, text: &str, price: Option<Money>) -> Result<Part, String> {
    let text = text.trim().to_lowercase();
    if matches!(text.as_str(), "" | "full" | "all" | "100%" | "100 %") {
        return Ok(Part::Full);
    }
    if let Some(number) = text.strip_suffix('%') {
        let percent = number.trim().parse().ok().and_then(Percent::parse);
        return percent
            .map(Part::Percent)
            .ok_or_else(|| "Enter a whole percentage from 1% to 100%, full, or a sum.".to_owned());
    }
    let sum = Money::read(&text, currency)
        .map_err(|error| format!("{error} Or write full, or a percentage such as 30%."))?;
    match price {
        _ if sum.is_zero() => Err("Enter a sum above zero, or choose “Never online”.".to_owned()),
        Some(price) if sum.minor() > price.minor() => Err(format!(
            "The price is {price}: ask for that much at most, or write full."
        )),
        _ => Ok(Part::Fixed(sum)),
    }
}
