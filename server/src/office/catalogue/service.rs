//! A service: its name, length and price, and who does it.

use axum::extract::Path;
use domain::{
    id::{EmployeeId, ServiceId},
    money::Money,
    terms::{Part, Rule},
};
use maud::{Markup, html};

use super::{NEW, dates};
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
    store::{
        Write,
        offer::{self, Offer},
        withdrawn,
    },
};

pub async fn show(desk: Desk, Path((_, id)): Path<(String, String)>) -> Answer {
    let offered = offered(&desk).await?;
    let known = find(&offered, &id)?;
    let kept = known.map(fields_of).unwrap_or_default();
    let body = draw(&desk, &Form::of(&kept), &Wrong::default(), &offered, known).await?;
    Ok(page(&desk, Room::Settings, title(known), &body))
}

pub async fn save(desk: Desk, Path((_, id)): Path<(String, String)>, form: Form) -> Answer {
    let offered = offered(&desk).await?;
    let known = find(&offered, &id)?;
    let mut wrong = Wrong::default();
    let Some(service) = read(&desk, &form, &offered, known, &mut wrong)? else {
        let body = draw(&desk, &form, &wrong, &offered, known).await?;
        return Ok(again(&desk, Room::Settings, title(known), &body));
    };
    let mut write = desk.app.store.write().await?;
    put(&mut write, &desk, &offered, &service, 0).await?;
    let (name, price) = (&service.name, service.price);
    desk.log(&mut write, &format!("set the service {name} to {price}"), None)
        .await?;
    let (said, next) = if known.is_none() && service.dates.is_some() {
        ("Saved. Now add its dates.", format!("services/{}", service.id))
    } else {
        (
            "Saved. Whether it is paid online: under Terms.",
            "catalogue".to_owned(),
        )
    };
    desk.done(write, said, &next).await
}

/// Reads a service; `None` when something is wrong.
///
/// # Errors
/// When there are no random numbers for a new id.
pub fn read(
    desk: &Desk,
    form: &Form,
    offered: &Offer,
    known: Option<&Service>,
    wrong: &mut Wrong,
) -> Result<Option<Service>, Trouble> {
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
    let is_group = known.map_or(form.ticked("group"), |one| one.dates.is_some());
    if employees.is_empty() && !is_group {
        wrong.add("employee", "Tick at least one person who does it.");
    }
    let (Some(minutes), Some(price), Some(price_to), true) = (minutes, price, price_to, wrong.is_empty())
    else {
        return Ok(None);
    };
    Ok(Some(Service {
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
    }))
}

/// Writes a service: over the one of this id, or after all others and the `added` that were
/// just added.
///
/// # Errors
/// [`Trouble`].
pub async fn put(
    write: &mut Write,
    desk: &Desk,
    offered: &Offer,
    service: &Service,
    added: usize,
) -> Result<(), Trouble> {
    if offered.services.iter().any(|one| one.id == service.id) {
        offer::rewrite_service(write.conn(), desk.slug(), service).await?;
    } else {
        let position = i64::try_from(offered.services.len() + added).unwrap_or(i64::MAX);
        offer::insert_service(write.conn(), desk.slug(), position, service).await?;
    }
    Ok(())
}

/// What is set of a service, in the fields of the form.
#[must_use]
pub fn fields_of(one: &Service) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("name", one.name.clone()),
        ("description", one.description.clone()),
        ("minutes", one.minutes.to_string()),
        ("price", plain(one.price)),
        ("price_to", one.price_to.map(plain).unwrap_or_default()),
    ];
    fields.extend(one.employees.iter().map(|id| ("employee", id.to_string())));
    fields
}

pub async fn withdraw(desk: Desk, Path((_, id)): Path<(String, String)>) -> Answer {
    set_withdrawn(desk, &id, true).await
}

pub async fn bring_back(desk: Desk, Path((_, id)): Path<(String, String)>) -> Answer {
    set_withdrawn(desk, &id, false).await
}

async fn set_withdrawn(desk: Desk, id: &str, yes: bool) -> Answer {
    let id = ServiceId::parse(id).map_err(|_| Trouble::not_found("service"))?;
    let mut write = desk.app.store.write().await?;
    if !withdrawn::set_service(write.conn(), desk.slug(), &id, yes).await? {
        return Err(Trouble::not_found("service"));
    }
    let (what, said) = if yes {
        (
            "withdrew a service",
            "It can't be booked any more. Visits that are booked stay.",
        )
    } else {
        ("brought a service back", "It can be booked again.")
    };
    desk.log(&mut write, what, None).await?;
    desk.done(write, said, "catalogue").await
}

/// The service of this id; `None` for a new one.
pub fn find<'a>(offered: &'a Offer, id: &str) -> Result<Option<&'a Service>, Trouble> {
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

/// The page of a service.
pub async fn draw(
    desk: &Desk,
    form: &Form,
    wrong: &Wrong,
    offered: &Offer,
    known: Option<&Service>,
) -> Result<Markup, Trouble> {
    let fields = Fields { form, wrong };
    let dates = match known.filter(|one| one.dates.is_some()) {
        Some(service) => dates::section(desk, offered, service, fields).await?,
        None => html! {},
    };
    Ok(html! {
        (dates)
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
            @if known.is_none() {
                (fields.tick("group", "A group event", "On dates that you set, with a number of seats; always paid in full."))
            }
            button.button.wide { "Save" }
        }
        @if let Some(known) = known {
            form.inline method="post" action=(desk.path(&format!("services/{}/withdraw", known.id))) {
                button.button.second { "Take out of online booking" }
            }
        }
    })
}
