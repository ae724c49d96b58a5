//! The dates of a group event: when, led by whom, for how many.

use axum::extract::Path;
use domain::id::{EmployeeId, GroupDateId};
use maud::{Markup, html};

use super::service::{self, draw};
use crate::{
    api::catalogue::{GroupDate, Service},
    app::random_id,
    office::{
        desk::Desk,
        field::{Fields, Kind},
        form::{Form, Wrong},
        page::{Room, again},
        terms::offered,
        trouble::{Answer, Trouble},
        visits, when,
    },
    store::offer::{self, Offer},
};

/// A room for more people than this is no salon.
const MOST_SEATS: u16 = 500;

/// The part of the event's page about them.
pub async fn section(
    desk: &Desk,
    offered: &Offer,
    service: &Service,
    fields: Fields<'_>,
) -> Result<Markup, Trouble> {
    let zone = when::zone(&desk.salon.salon.time_zone);
    let all = offer::dates(desk.app.store.read(), desk.slug(), desk.app.now(), None).await?;
    let people: Vec<(String, &str)> = offered
        .employees
        .iter()
        .map(|one| (one.employee.id.to_string(), one.employee.name.as_str()))
        .collect();
    let path = |rest: &str| desk.path(&format!("services/{}/dates{rest}", service.id));
    let own = all.iter().filter(|one| one.service == service.id);
    Ok(html! {
        h2 { "Dates" }
        ul.rows {
            @for one in own {
                li {
                    span { (when::full(one.date.start, &zone)) }
                    span.quiet { (one.date.seats_left) " of " (one.seats) " seats free" }
                    @if one.date.seats_left == one.seats {
                        form.inline method="post" action=(path(&format!("/{}/withdraw", one.date.id))) {
                            button.button.second { "Take out" }
                        }
                    }
                }
            }
        }
        form.card method="post" action=(path("")) {
            div.pair {
                (fields.input("day", "Day", Kind::Date, ""))
                (fields.input("time", "Time", Kind::Time, ""))
                (fields.input("seats", "Seats", Kind::Number, ""))
            }
            (fields.select("leader", "Led by", "", &people))
            button.button.second { "Add the date" }
        }
        h2 { "The event" }
    })
}

pub async fn add(desk: Desk, Path((_, id)): Path<(String, String)>, form: Form) -> Answer {
    let offered = offered(&desk).await?;
    let known = service::find(&offered, &id)?.filter(|one| one.dates.is_some());
    let Some(service) = known else {
        return Err(Trouble::not_found("group event"));
    };
    let mut wrong = Wrong::default();
    let start = wrong.keep("time", visits::start(&desk, &form));
    if start.is_some_and(|start| start <= desk.app.now()) {
        wrong.add("day", "This is over. Choose a day to come.");
    }
    let seats = form.get("seats").parse::<u16>().ok();
    let seats = seats.filter(|seats| (1..=MOST_SEATS).contains(seats));
    let seats = wrong.keep("seats", seats.ok_or("Enter a whole number from 1 to 500."));
    let leader = EmployeeId::parse(form.get("leader")).ok();
    let leader = leader.filter(|id| offered.employees.iter().any(|one| one.employee.id == *id));
    let leader = wrong.keep("leader", leader.ok_or("Choose who leads it."));
    let (Some(start), Some(seats), Some(employee), true) = (start, seats, leader, wrong.is_empty()) else {
        return not_yet(&desk, &form, &wrong, &offered, service).await;
    };
    let id = format!("{}{}", GroupDateId::PREFIX, random_id()?);
    let date = GroupDate {
        id: GroupDateId::parse(&id)
            .map_err(|error| crate::api::error::ApiError::invalid("id", error.to_string()))?,
        start,
        employee,
        seats_left: seats,
    };
    let mut write = desk.app.store.write().await?;
    if !offer::insert_date(write.conn(), service, &date, seats).await? {
        drop(write);
        wrong.add(
            "leader",
            "Somebody booked this person for then. Choose another time, or another person.",
        );
        return not_yet(&desk, &form, &wrong, &offered, service).await;
    }
    desk.log(&mut write, &format!("added a date of {}", service.name), None)
        .await?;
    desk.done(
        write,
        "The date can be booked.",
        &format!("services/{}", service.id),
    )
    .await
}

pub async fn withdraw(desk: Desk, Path((_, service, date)): Path<(String, String, String)>) -> Answer {
    let date = GroupDateId::parse(&date).map_err(|_| Trouble::not_found("date"))?;
    let mut write = desk.app.store.write().await?;
    if !offer::withdraw_date(write.conn(), desk.slug(), &date).await? {
        return Err(Trouble::changed());
    }
    desk.log(&mut write, "took a date of a group event out", None)
        .await?;
    desk.done(
        write,
        "The date can't be booked any more.",
        &format!("services/{service}"),
    )
    .await
}

async fn not_yet(desk: &Desk, form: &Form, wrong: &Wrong, offered: &Offer, service: &Service) -> Answer {
    let mut fields = service::fields_of(service);
    for name in ["day", "time", "seats", "leader"] {
        fields.push((name, form.get(name).to_owned()));
    }
    let body = draw(desk, &Form::of(&fields), wrong, offered, Some(service)).await?;
    Ok(again(desk, Room::Settings, &service.name, &body))
}
