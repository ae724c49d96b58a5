//! Moving a visit: to any free time, with anybody who does it. What was paid stays paid, and the client is told.

use axum::extract::{Path, Query};
use domain::{
    availability::Day,
    id::{EmployeeId, GroupDateId},
    payment::BookingState,
    time::Moment,
};
use jiff::{ToSpan as _, civil::Date};
use maud::{Markup, html};
use serde::Deserialize;

use super::{new, one::find};
use crate::{
    api::error::{ApiError, Code},
    handlers::free_times,
    office::{
        desk::Desk,
        field::{Fields, Kind},
        form::{Form, Wrong},
        page::{Room, again, page},
        trouble::{Answer, Trouble},
        when,
    },
    payments::moving::{self, Place},
    store::{
        booking::{self, BookingRecord},
        missed,
        offer::{self, DateRecord, EmployeeRecord},
    },
};

const TITLE: &str = "Move the visit";
/// So many days are shown at once.
const DAYS: u8 = 7;

/// Which days are looked at, and whose.
#[derive(Debug, Default, Deserialize)]
pub struct Wish {
    employee: Option<String>,
    day: Option<String>,
}

/// Where a visit could go.
enum Places {
    /// To any time of somebody who does it.
    People(Vec<EmployeeRecord>),
    /// To a date of the same event.
    Dates(Vec<DateRecord>),
}

/// Whether a visit can be moved.
pub fn may(visit: &BookingRecord, is_missed: bool) -> bool {
    visit.state == BookingState::Booked && !is_missed
}

pub async fn show(desk: Desk, Path((_, id)): Path<(String, String)>, Query(wish): Query<Wish>) -> Answer {
    let visit = movable(&desk, &id).await?;
    let zone = when::zone(&desk.salon.salon.time_zone);
    let first = visit.start.max(desk.app.now());
    let form = Form::of(&[
        (
            "employee",
            wish.employee.unwrap_or_else(|| visit.employee.to_string()),
        ),
        (
            "day",
            wish.day
                .unwrap_or_else(|| when::local(first, &zone).date().to_string()),
        ),
        ("time", when::time(visit.start, &zone)),
    ]);
    let places = places(&desk, &visit).await?;
    let body = draw(&desk, &visit, &places, &form, &Wrong::default()).await?;
    Ok(page(&desk, Room::Visits, TITLE, &body))
}

/// Moves it.
pub async fn carry_out(desk: Desk, Path((_, id)): Path<(String, String)>, form: Form) -> Answer {
    let visit = movable(&desk, &id).await?;
    let places = places(&desk, &visit).await?;
    let back = format!("visits/{}", visit.id);
    let mut wrong = Wrong::default();
    let Some(place) = read(&desk, &places, &form, &mut wrong) else {
        return not_yet(&desk, &visit, &places, &form, &wrong).await;
    };
    if place == Place::of(&visit) {
        // Pressed twice.
        return Ok(desk.go(&back));
    }
    let zone = when::zone(&desk.salon.salon.time_zone);
    let db = desk.app.store.read();
    let from = offer::employee_name(db, &visit.employee).await?;
    let to = offer::employee_name(db, &place.employee).await?;
    let what = format!(
        "moved the visit from {} with {from} to {} with {to}",
        when::full(visit.start, &zone),
        when::full(place.start, &zone)
    );
    let mut write = desk.app.store.write().await?;
    match moving::put(&mut write, &visit, place, desk.app.now()).await {
        Ok(true) => {}
        Ok(false) => return Err(Trouble::changed()),
        Err(error) if error.code == Code::SlotTaken => {
            drop(write);
            wrong.add(
                "time",
                "This time is taken. Choose another one, or somebody else.",
            );
            return not_yet(&desk, &visit, &places, &form, &wrong).await;
        }
        Err(error) => return Err(error.into()),
    }
    desk.log(&mut write, &what, Some(&visit.id)).await?;
    let told = !visit.client.email.is_empty() || desk.salon.messages.is_some();
    let said = if told {
        "The visit is moved, and the client is told."
    } else {
        "The visit is moved. Nothing is known by which the client could be told."
    };
    desk.done(write, said, &back).await
}

async fn not_yet(desk: &Desk, visit: &BookingRecord, places: &Places, form: &Form, wrong: &Wrong) -> Answer {
    let body = draw(desk, visit, places, form, wrong).await?;
    Ok(again(desk, Room::Visits, TITLE, &body))
}

async fn movable(desk: &Desk, id: &str) -> Result<BookingRecord, Trouble> {
    let visit = find(desk, id).await?;
    let is_missed = missed::at(desk.app.store.read(), &visit.id).await?.is_some();
    if may(&visit, is_missed) {
        return Ok(visit);
    }
    let sentence = "Only a visit that is booked can be moved. This one is not, or the client did not come.";
    Err(ApiError::new(Code::Invalid, sentence).into())
}

async fn places(desk: &Desk, visit: &BookingRecord) -> Result<Places, Trouble> {
    let db = desk.app.store.read();
    if let Some(date) = &visit.group_date {
        let event = offer::event_of(db, date).await?;
        let dates = offer::dates(db, desk.slug(), desk.app.now(), None).await?;
        let free = |one: &DateRecord| {
            Some(&one.service) == event.as_ref() && one.date.id != *date && one.date.seats_left > 0
        };
        return Ok(Places::Dates(dates.into_iter().filter(free).collect()));
    }
    let offered = offer::read(db, desk.slug(), desk.salon.salon.currency).await?;
    // What was chosen in the widget is known by its id. What the salon wrote down itself is known by its name.
    let lines = booking::lines(db, &visit.id, visit.quote.price.currency()).await?;
    let is_of_it = |service: &&crate::api::catalogue::Service| match &visit.choice {
        Some(choice) => choice.services.contains(&service.id),
        None => lines.iter().any(|line| line.name == service.name),
    };
    let services: Vec<_> = offered.services.iter().filter(is_of_it).collect();
    let does = |who: &EmployeeId| services.iter().all(|one| one.employees.contains(who));
    let people = offered.employees.into_iter();
    let people = people.filter(|one| one.employee.id == visit.employee || does(&one.employee.id));
    Ok(Places::People(people.collect()))
}

fn read(desk: &Desk, places: &Places, form: &Form, wrong: &mut Wrong) -> Option<Place> {
    match places {
        Places::Dates(dates) => {
            let id = GroupDateId::parse(form.get("date")).ok();
            let found = dates.iter().find(|one| Some(&one.date.id) == id.as_ref());
            let found = wrong.keep(
                "time",
                found.ok_or("This date is full or over. Choose another one."),
            )?;
            Some(Place {
                start: found.date.start,
                employee: found.date.employee.clone(),
                date: id,
            })
        }
        Places::People(people) => {
            let known = people
                .iter()
                .find(|one| one.employee.id.as_str() == form.get("employee"));
            let known = wrong.keep("employee", known.ok_or("Choose who does it."));
            // A free time that was pressed, or a time that was typed.
            let start = match form.get("start").parse() {
                Ok(millis) => Some(Moment(millis)),
                Err(_) => wrong.keep("time", new::start(desk, form)),
            };
            if start.is_some_and(|start| start < desk.app.now()) {
                wrong.add("time", "This time is over. Choose a later one.");
            }
            let (known, start) = (known?, start?);
            wrong.is_empty().then(|| Place {
                start,
                employee: known.employee.id.clone(),
                date: None,
            })
        }
    }
}

async fn draw(
    desk: &Desk,
    visit: &BookingRecord,
    places: &Places,
    form: &Form,
    wrong: &Wrong,
) -> Result<Markup, Trouble> {
    let zone = when::zone(&desk.salon.salon.time_zone);
    let who = offer::employee_name(desk.app.store.read(), &visit.employee).await?;
    let fields = Fields { form, wrong };
    let choice = match places {
        Places::Dates(dates) => event_dates(desk, dates).await?,
        Places::People(people) => times(desk, visit, people, &fields).await?,
    };
    Ok(html! {
        p { "Now: " strong { (when::full(visit.start, &zone)) } " with " (who) ", for " (visit.client.name) }
        p.quiet { "What was paid stays paid, and the price stays as it was booked. The client is told." }
        (fields.summary())
        (choice)
        p { a href=(desk.path(&format!("visits/{}", visit.id))) { "Leave it as it is" } }
    })
}

async fn event_dates(desk: &Desk, dates: &[DateRecord]) -> Result<Markup, Trouble> {
    let zone = when::zone(&desk.salon.salon.time_zone);
    let mut rows = Vec::new();
    for one in dates {
        let who = offer::employee_name(desk.app.store.read(), &one.date.employee).await?;
        rows.push((one, who));
    }
    Ok(html! {
        div #time tabindex="-1" {
            @if rows.is_empty() { p.quiet { "This event has no other date with a free seat." } }
            form method="post" {
                @for (one, who) in &rows {
                    button.button.second.wide name="date" value=(one.date.id) {
                        (when::full(one.date.start, &zone)) " with " (who) " · " (one.date.seats_left) " free"
                    }
                }
            }
        }
    })
}

async fn times(
    desk: &Desk,
    visit: &BookingRecord,
    people: &[EmployeeRecord],
    fields: &Fields<'_>,
) -> Result<Markup, Trouble> {
    let zone = when::zone(&desk.salon.salon.time_zone);
    let today = when::local(desk.app.now(), &zone).date();
    let day = fields.form.get("day").parse::<Date>().unwrap_or(today).max(today);
    let chosen = people
        .iter()
        .find(|one| one.employee.id.as_str() == fields.form.get("employee"))
        .or_else(|| people.first());
    let Some(chosen) = chosen else {
        return Ok(html! { p { "Nobody who works here does this any more. See Services and people." } });
    };
    let days = free_times::instead(&desk.app, &desk.salon, visit, chosen, day, u16::from(DAYS)).await?;
    let open: Vec<&Day> = days.iter().filter(|day| !day.starts.is_empty()).collect();
    let next = day.saturating_add(i64::from(DAYS).days());
    let id = &chosen.employee.id;
    let who: Vec<(String, String)> = people
        .iter()
        .map(|one| (one.employee.id.to_string(), one.employee.name.clone()))
        .collect();
    Ok(html! {
        form method="get" {
            (fields.select("employee", "With", "", &who))
            (fields.input("day", "From this day on", Kind::Date, ""))
            button.button.second { "Show free times" }
        }
        h2 { "Free with " (chosen.employee.name) }
        @if open.is_empty() { p.quiet { "Nothing is free in these seven days." } }
        @for day in open {
            h3 { (when::day(day.date)) }
            form.inline method="post" {
                input type="hidden" name="employee" value=(id);
                div.buttons {
                    @for start in day.starts.iter().filter(|start| **start != visit.start || *id != visit.employee) {
                        button.button.second name="start" value=(start.0) aria-label=(when::full(*start, &zone)) { (when::time(*start, &zone)) }
                    }
                }
            }
        }
        p { a.button.second href=(desk.path(&format!("visits/{}/move?employee={id}&day={next}", visit.id))) { "Later days" } }
        details open[fields.wrong.of("time").is_some()] {
            summary { "Another time" }
            p.hint { "Also outside the working hours, as long as nobody else has the time." }
            form method="post" {
                input type="hidden" name="employee" value=(id);
                (typed(fields))
                button.button.wide { "Move it there" }
            }
        }
    })
}

/// The day and the time of one's own choice. The other form of the page has a day too.
fn typed(fields: &Fields<'_>) -> Markup {
    html! {
        div.pair {
            div.field {
                label for="typed-day" { "Day" }
                input #typed-day name="day" type="date" value=(fields.form.get("day"));
            }
            (fields.input("time", "Time", Kind::Time, ""))
        }
    }
}
