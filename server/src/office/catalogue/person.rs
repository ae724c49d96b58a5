//! A person: name, title and working hours.

use axum::extract::Path;
use domain::{
    availability::{Interval, WorkingHours},
    id::EmployeeId,
    terms::Rule,
};
use jiff::civil::Weekday;
use maud::{Markup, html};

use super::NEW;
use crate::{
    api::catalogue::Employee,
    app::random_id,
    office::{
        desk::Desk,
        field::{Fields, Kind},
        form::{Form, Wrong},
        page::{Room, again, page},
        terms::offered,
        trouble::{Answer, Trouble},
    },
    store::{
        Write,
        offer::{self, EmployeeRecord, Offer},
        withdrawn,
    },
};

/// The days: names of fields, and of columns.
pub const DAYS: [(&str, &str); 7] = [
    ("mon", "Monday"),
    ("tue", "Tuesday"),
    ("wed", "Wednesday"),
    ("thu", "Thursday"),
    ("fri", "Friday"),
    ("sat", "Saturday"),
    ("sun", "Sunday"),
];

pub async fn show(desk: Desk, Path((_, id)): Path<(String, String)>) -> Answer {
    let offered = offered(&desk).await?;
    let known = find(&offered, &id)?;
    let kept = known.map(fields_of).unwrap_or_default();
    let body = draw(&desk, &Form::of(&kept), &Wrong::default(), known);
    Ok(page(&desk, Room::Settings, title(known), &body))
}

pub async fn save(desk: Desk, Path((_, id)): Path<(String, String)>, form: Form) -> Answer {
    let offered = offered(&desk).await?;
    let known = find(&offered, &id)?;
    let mut wrong = Wrong::default();
    let Some(person) = read(&form, known, &mut wrong)? else {
        let body = draw(&desk, &form, &wrong, known);
        return Ok(again(&desk, Room::Settings, title(known), &body));
    };
    let mut write = desk.app.store.write().await?;
    put(&mut write, &desk, &offered, &person, 0).await?;
    desk.log(
        &mut write,
        &format!("set the hours of {}", person.employee.name),
        None,
    )
    .await?;
    desk.done(write, "Saved.", "catalogue").await
}

/// Reads a person; `None` when something is wrong.
///
/// # Errors
/// When there are no random numbers for a new id.
pub fn read(
    form: &Form,
    known: Option<&EmployeeRecord>,
    wrong: &mut Wrong,
) -> Result<Option<EmployeeRecord>, Trouble> {
    let name = form.get("name");
    if !(1..=80).contains(&name.chars().count()) {
        wrong.add("name", "Enter a name of at most 80 letters.");
    }
    if form.get("title").chars().count() > 80 {
        wrong.add("title", "Write at most 80 letters.");
    }
    let mut week: [Vec<Interval>; 7] = Default::default();
    for ((day, _), slot) in DAYS.into_iter().zip(&mut week) {
        if let Some(intervals) = wrong.keep(day, intervals(form.get(day))) {
            *slot = intervals;
        }
    }
    let hours = wrong.keep("mon", WorkingHours::new(week).map_err(|error| error.to_string()));
    let (Some(hours), true) = (hours, wrong.is_empty()) else {
        return Ok(None);
    };
    Ok(Some(EmployeeRecord {
        employee: Employee {
            id: match known {
                Some(one) => one.employee.id.clone(),
                None => new_id()?,
            },
            name: name.to_owned(),
            title: form.get("title").to_owned(),
            rule: known.map_or(Rule::Allowed, |one| one.employee.rule),
        },
        hours,
    }))
}

/// Writes a person: over the one of this id, or after all others and the `added` that were
/// just added.
///
/// # Errors
/// [`Trouble`].
pub async fn put(
    write: &mut Write,
    desk: &Desk,
    offered: &Offer,
    person: &EmployeeRecord,
    added: usize,
) -> Result<(), Trouble> {
    let is_known = offered
        .employees
        .iter()
        .any(|one| one.employee.id == person.employee.id);
    if is_known {
        offer::rewrite_employee(write.conn(), desk.slug(), person).await?;
    } else {
        let position = i64::try_from(offered.employees.len() + added).unwrap_or(i64::MAX);
        offer::insert_employee(write.conn(), desk.slug(), position, person).await?;
    }
    Ok(())
}

/// The name, title and hours of a person, in the fields of the form.
#[must_use]
pub fn fields_of(one: &EmployeeRecord) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("name", one.employee.name.clone()),
        ("title", one.employee.title.clone()),
    ];
    for ((day, _), number) in DAYS.into_iter().zip(1_i8..) {
        let weekday = Weekday::from_monday_one_offset(number);
        let hours = weekday.map_or_else(|_| String::new(), |weekday| text(one.hours.on(weekday)));
        fields.push((day, hours));
    }
    fields
}

pub async fn withdraw(desk: Desk, Path((_, id)): Path<(String, String)>) -> Answer {
    set_withdrawn(desk, &id, true).await
}

pub async fn bring_back(desk: Desk, Path((_, id)): Path<(String, String)>) -> Answer {
    set_withdrawn(desk, &id, false).await
}

async fn set_withdrawn(desk: Desk, id: &str, yes: bool) -> Answer {
    let id = EmployeeId::parse(id).map_err(|_| Trouble::not_found("person"))?;
    let mut write = desk.app.store.write().await?;
    if !withdrawn::set_employee(write.conn(), desk.slug(), &id, yes).await? {
        return Err(Trouble::not_found("person"));
    }
    let name = offer::employee_name(desk.app.store.read(), &id).await?;
    let (what, said) = if yes {
        (
            "withdrew",
            "can't be booked any more. Visits that are booked stay.",
        )
    } else {
        ("brought back", "can be booked again.")
    };
    desk.log(&mut write, &format!("{what} {name}"), None).await?;
    desk.done(write, &format!("{name} {said}"), "catalogue").await
}

/// The person of this id; `None` for a new one.
fn find<'a>(offered: &'a Offer, id: &str) -> Result<Option<&'a EmployeeRecord>, Trouble> {
    if id == NEW {
        return Ok(None);
    }
    let found = offered
        .employees
        .iter()
        .find(|one| one.employee.id.as_str() == id);
    found.map(Some).ok_or_else(|| Trouble::not_found("person"))
}

fn new_id() -> Result<EmployeeId, Trouble> {
    let id = format!("{}{}", EmployeeId::PREFIX, random_id()?);
    EmployeeId::parse(&id)
        .map_err(|error| crate::api::error::ApiError::invalid("id", error.to_string()).into())
}

fn title(known: Option<&EmployeeRecord>) -> &str {
    known.map_or("A new person", |one| one.employee.name.as_str())
}

fn draw(desk: &Desk, form: &Form, wrong: &Wrong, known: Option<&EmployeeRecord>) -> Markup {
    let fields = Fields { form, wrong };
    html! {
        form method="post" {
            (fields.summary())
            (fields.input("name", "Name", Kind::Text, ""))
            (fields.input("title", "Title", Kind::Text, "Such as “Master colourist”."))
            fieldset {
                legend { "Working hours" }
                p.hint { "Such as 9:00-12:30, 13:00-18:00. Empty: a free day." }
                @for (day, name) in DAYS { (fields.input(day, name, Kind::Text, "")) }
            }
            button.button.wide { "Save" }
        }
        @if let Some(known) = known {
            form.inline method="post" action=(desk.path(&format!("people/{}/withdraw", known.employee.id))) {
                button.button.second { "Take out of online booking" }
            }
        }
    }
}

/// `9:00-12:30, 13:00-18:00`.
fn text(intervals: &[Interval]) -> String {
    let clock = |minutes: u16| format!("{}:{:02}", minutes / 60, minutes % 60);
    let parts: Vec<String> = intervals
        .iter()
        .map(|one| format!("{}-{}", clock(one.start()), clock(one.end())))
        .collect();
    parts.join(", ")
}

fn intervals(text: &str) -> Result<Vec<Interval>, String> {
    let unclear = || "Enter hours such as 9:00-12:30, 13:00-18:00, or nothing.".to_owned();
    let clock = |text: &str| -> Option<u16> {
        let (hours, minutes) = text.trim().split_once(':').unwrap_or((text.trim(), "00"));
        let (hours, minutes) = (hours.parse::<u16>().ok()?, minutes.parse::<u16>().ok()?);
        (hours <= 24 && minutes < 60).then_some(hours * 60 + minutes)
    };
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (from, to) = part.split_once(['-', '–']).ok_or_else(unclear)?;
            let (from, to) = (clock(from).ok_or_else(unclear)?, clock(to).ok_or_else(unclear)?);
            Interval::new(from, to).map_err(|error| error.to_string())
        })
        .collect()
}
