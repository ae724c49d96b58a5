//! A service: its name, length and price, and who does it.

use axum::extract::Path;
use domain::{
    id::{EmployeeId, ServiceId},
    money::Money,
    terms::{Part, Rule},
};
use maud::{Markup, html};

use super::NEW;
use crate::{
    api::catalogue::Service,
    app::random_id,
    office::{
        desk::Desk,
        field::{Fields, Kind},
        form::{Form, Wrong},
        page::{Room, again, page},
        said::plain,
        terms::offered,
        trouble::{Answer, Trouble},
    },
    store::offer::{self, Offer},
};

pub async fn show(desk: Desk, Path((_, id)): Path<(String, String)>) -> Answer {
    let offered = offered(&desk).await?;
    let known = find(&offered, &id)?;
    let mut kept: Vec<(&str, String)> = Vec::new();
    if let Some(one) = known {
        kept.push(("name", one.name.clone()));
        kept.push(("description", one.description.clone()));
        kept.push(("minutes", one.minutes.to_string()));
        kept.push(("price", plain(one.price)));
        kept.push(("price_to", one.price_to.map(plain).unwrap_or_default()));
        kept.extend(one.employees.iter().map(|id| ("employee", id.to_string())));
    }
    let body = draw(&Form::of(&kept), &Wrong::default(), &offered, known);
    Ok(page(&desk, Room::Settings, title(known), &body))
}

pub async fn save(desk: Desk, Path((_, id)): Path<(String, String)>, form: Form) -> Answer {
    let offered = offered(&desk).await?;
    let known = find(&offered, &id)?;
    let mut wrong = Wrong::default();
    let name = form.get("name");
    if !(1..=80).contains(&name.chars().count()) {
        wrong.add("name", "Enter a name of at most 80 letters.");
    }
    if form.get("description").chars().count() > 300 {
        wrong.add("description", "Write at most 300 letters.");
    }
    let minutes = form.get("minutes").parse::<u16>().ok();
    let minutes = minutes.filter(|minutes| (5..=720).contains(minutes) && minutes % 5 == 0);
    let minutes = wrong.keep(
        "minutes",
        minutes.ok_or("Enter a multiple of 5 from 5 to 720 minutes."),
    );
    let currency = desk.salon.salon.currency;
    let price = wrong.keep("price", Money::read(form.get("price"), currency));
    let price_to = match form.get("price_to") {
        "" => Ok(None),
        text => Money::read(text, currency).map(Some),
    };
    let price_to = wrong.keep("price_to", price_to);
    if let (Some(price), Some(Some(to))) = (price, price_to)
        && to.minor() <= price.minor()
    {
        wrong.add("price_to", "Enter more than the price, or nothing.");
    }
    let employees: Vec<EmployeeId> = offered
        .employees
        .iter()
        .map(|one| one.employee.id.clone())
        .filter(|id| form.all("employee").any(|one| one == id.as_str()))
        .collect();
    let is_group = known.is_some_and(|one| one.dates.is_some());
    if employees.is_empty() && !is_group {
        wrong.add("employee", "Tick at least one person who does it.");
    }
    let (Some(minutes), Some(price), Some(price_to), true) = (minutes, price, price_to, wrong.is_empty())
    else {
        let body = draw(&form, &wrong, &offered, known);
        return Ok(again(&desk, Room::Settings, title(known), &body));
    };
    let service = Service {
        id: match known {
            Some(one) => one.id.clone(),
            None => new_id()?,
        },
        name: name.to_owned(),
        description: form.get("description").to_owned(),
        minutes,
        price,
        price_to,
        rule: known.map_or(Rule::Forbidden, |one| one.rule),
        part: known.map_or(Part::Full, |one| one.part),
        employees,
        dates: is_group.then(Vec::new),
    };
    let mut write = desk.app.store.write().await?;
    match known {
        Some(_) => offer::rewrite_service(write.conn(), desk.slug(), &service).await?,
        None => {
            let position = i64::try_from(offered.services.len()).unwrap_or(i64::MAX);
            offer::insert_service(write.conn(), desk.slug(), position, &service).await?;
        }
    }
    desk.log(&mut write, &format!("set the service {name} to {price}"), None)
        .await?;
    desk.done(
        write,
        "Saved. Whether it is paid online: under Terms.",
        "catalogue",
    )
    .await
}

/// The service of this id; `None` for a new one.
fn find<'a>(offered: &'a Offer, id: &str) -> Result<Option<&'a Service>, Trouble> {
    if id == NEW {
        return Ok(None);
    }
    let found = offered.services.iter().find(|one| one.id.as_str() == id);
    found.map(Some).ok_or_else(|| Trouble::not_found("service"))
}

fn new_id() -> Result<ServiceId, Trouble> {
    let id = format!("{}{}", ServiceId::PREFIX, random_id()?);
    ServiceId::parse(&id)
        .map_err(|error| crate::api::error::ApiError::invalid("id", error.to_string()).into())
}

fn title(known: Option<&Service>) -> &str {
    known.map_or("A new service", |one| one.name.as_str())
}

fn draw(form: &Form, wrong: &Wrong, offered: &Offer, known: Option<&Service>) -> Markup {
    let fields = Fields { form, wrong };
    html! {
        form method="post" {
            (fields.summary())
            (fields.input("name", "Name", Kind::Text, ""))
            (fields.text("description", "Description", "One or two sentences for clients.", 2))
            div.pair {
                (fields.input("minutes", "Minutes", Kind::Number, ""))
                (fields.input("price", "Price", Kind::Sum, ""))
                (fields.input("price_to", "Up to", Kind::Sum, "Only where it has a range."))
            }
            @if known.is_none_or(|one| one.dates.is_none()) {
                fieldset #employee {
                    legend { "Who does it" }
                    @if let Some(sentence) = wrong.of("employee") { p.wrong { (sentence) } }
                    @if offered.employees.is_empty() { p.quiet { "Add the people first." } }
                    @for one in &offered.employees {
                        @let id = one.employee.id.as_str();
                        div.tick {
                            input id=(id) name="employee" type="checkbox" value=(id) checked[form.all("employee").any(|one| one == id)];
                            label for=(id) { (one.employee.name) }
                        }
                    }
                }
            }
            button.button.wide { "Save" }
        }
    }
}
