//! Booking a visit for a client.

use std::collections::HashMap;

use axum::extract::Query;
use domain::{
    id::{EmployeeId, ServiceId},
    money::Money,
    time::Moment,
};
use jiff::civil::{Date, Time};
use maud::{Markup, html};

use super::{client, link};
use crate::{
    api::booking::Line,
    handlers::visit::{self, NewVisit},
    office::{
        desk::Desk,
        field::{Fields, Kind},
        form::{Form, Wrong},
        page::{Room, again, page},
        trouble::{Answer, Trouble},
        when,
    },
    payments::mail,
    store::{
        job::Letter,
        offer::{self, Offer},
    },
};

const TITLE: &str = "Book a visit";
/// How many lines for products and other things the form has.
const EXTRAS: usize = 3;

pub async fn show(desk: Desk, Query(wish): Query<HashMap<String, String>>) -> Answer {
    let zone = when::zone(&desk.salon.salon.time_zone);
    let today = when::local(desk.app.now(), &zone).date().to_string();
    let form = Form::of(&[
        ("day", wish.get("day").cloned().unwrap_or(today)),
        ("time", "10:00".to_owned()),
    ]);
    let body = draw(&desk, &form, &Wrong::default()).await?;
    Ok(page(&desk, Room::Visits, TITLE, &body))
}

pub async fn book(desk: Desk, form: Form) -> Answer {
    let offered = read_offer(&desk).await?;
    let mut wrong = Wrong::default();
    let read = read(&desk, &form, &offered, &mut wrong);
    let Some(new) = read.filter(|_| wrong.is_empty()) else {
        return not_yet(&desk, &form, &wrong).await;
    };
    let mut write = desk.app.store.write().await?;
    let Some(visit) = visit::make(&mut write, new, desk.app.now()).await? else {
        drop(write);
        wrong.add(
            "time",
            "This time is taken. Choose another one, or somebody else.",
        );
        return not_yet(&desk, &form, &wrong).await;
    };
    let told = form.ticked("tell").then(|| link::reached(&desk, &visit));
    if let Some(Some(_)) = told {
        mail(&mut write, &visit, Letter::Booked, desk.app.now()).await?;
    }
    let said = match told {
        None => "The visit is booked.".to_owned(),
        Some(Some(reached)) => format!("The visit is booked. The confirmation goes to {reached}."),
        Some(None) => {
            "The visit is booked. No confirmation could be sent: there is nowhere to send it.".to_owned()
        }
    };
    let what = format!("booked a visit for {}", visit.client.name);
    desk.log(&mut write, &what, Some(&visit.id)).await?;
    desk.done(write, &said, &format!("visits/{}", visit.id)).await
}

async fn not_yet(desk: &Desk, form: &Form, wrong: &Wrong) -> Answer {
    let body = draw(desk, form, wrong).await?;
    Ok(again(desk, Room::Visits, TITLE, &body))
}

async fn read_offer(desk: &Desk) -> Result<Offer, Trouble> {
    Ok(offer::read(desk.app.store.read(), desk.slug(), desk.salon.salon.currency).await?)
}

fn read(desk: &Desk, form: &Form, offered: &Offer, wrong: &mut Wrong) -> Option<NewVisit> {
    let currency = desk.salon.salon.currency;
    let client = client::read(form, wrong);
    let employee = EmployeeId::parse(form.get("employee"))
        .ok()
        .filter(|id| offered.employees.iter().any(|one| one.employee.id == *id));
    let employee = wrong.keep("employee", employee.ok_or("Choose who does it."));
    let start = wrong.keep("time", start(desk, form));
    let lines = wrong.keep("services", lines(form, offered, desk));
    if start.is_some_and(|start| start < desk.app.now().plus_minutes(-366 * 24 * 60)) {
        wrong.add("day", "This day is more than a year ago. Choose another one.");
    }
    Some(NewVisit {
        salon: desk.slug().clone(),
        currency,
        employee: employee?,
        start: start?,
        lines: lines?,
        client: client?,
        due: None,
    })
}

/// Reads a day and a time of the salon's time zone.
///
/// # Errors
/// A sentence that says what to do.
pub fn start(desk: &Desk, form: &Form) -> Result<Moment, String> {
    let day: Date = form
        .get("day")
        .parse()
        .map_err(|_| "Choose a day, such as 2026-11-24.".to_owned())?;
    let time: Time = form
        .get("time")
        .parse()
        .map_err(|_| "Enter a time, such as 15:00.".to_owned())?;
    if time.minute() % 5 != 0 || time.second() != 0 {
        return Err("Begin at a full five minutes, such as 15:00 or 15:05.".to_owned());
    }
    let zone = when::zone(&desk.salon.salon.time_zone);
    let start = day.to_datetime(time).to_zoned(zone);
    let start = start.map_err(|_| "There is no such time on that day.".to_owned())?;
    if start.time() != time {
        return Err("On that day the clocks are set forward, and there is no such time.".to_owned());
    }
    Ok(Moment(start.timestamp().as_millisecond()))
}

/// The services that were ticked, in the order of the catalogue, and what was written beside them.
fn lines(form: &Form, offered: &Offer, desk: &Desk) -> Result<Vec<Line>, String> {
    let mut lines: Vec<Line> = Vec::new();
    let chosen: Vec<ServiceId> = form
        .all("service")
        .filter_map(|id| ServiceId::parse(id).ok())
        .collect();
    for service in offered.services.iter().filter(|one| chosen.contains(&one.id)) {
        lines.push(Line {
            name: service.name.clone(),
            minutes: service.minutes,
            price: service.price,
            from: service.price_to.is_some(),
        });
    }
    for (name, price) in form.all("extra").zip(form.all("extra_price")) {
        if name.is_empty() && price.is_empty() {
            continue;
        }
        if !(1..=80).contains(&name.chars().count()) {
            return Err("Give each other thing a name of at most 80 letters.".to_owned());
        }
        let price =
            Money::read(price, desk.salon.salon.currency).map_err(|error| format!("{name}: {error}"))?;
        lines.push(Line {
            name: name.to_owned(),
            minutes: 0,
            price,
            from: false,
        });
    }
    let minutes: u32 = lines.iter().map(|line| u32::from(line.minutes)).sum();
    match minutes {
        0 => Err("Choose at least one service.".to_owned()),
        1..=720 => Ok(lines),
        _ => Err("A visit lasts twelve hours at most. Choose fewer services.".to_owned()),
    }
}

async fn draw(desk: &Desk, form: &Form, wrong: &Wrong) -> Result<Markup, Trouble> {
    let offered = read_offer(desk).await?;
    let fields = Fields { form, wrong };
    let mut who = vec![(String::new(), "Choose".to_owned())];
    who.extend(offered.employees.iter().map(|one| {
        let one = &one.employee;
        (one.id.to_string(), one.name.clone())
    }));
    let names: Vec<&str> = form.all("extra").collect();
    let prices: Vec<&str> = form.all("extra_price").collect();
    Ok(html! {
        form method="post" {
            (fields.summary())
            fieldset {
                legend { "Who" }
                (client::fields(&fields))
            }
            fieldset #services {
                legend { "What" }
                @if let Some(sentence) = wrong.of("services") { p.wrong { (sentence) } }
                @for service in offered.services.iter().filter(|one| one.dates.is_none()) {
                    div.tick {
                        input id=(service.id) name="service" type="checkbox" value=(service.id)
                            checked[form.all("service").any(|id| id == service.id.as_str())];
                        label for=(service.id) { (service.name) }
                        p.hint { (service.minutes) " min · " (service.price) }
                    }
                }
                details open[names.iter().any(|name| !name.is_empty())] {
                    summary { "Products and other things" }
                    @for number in 0..EXTRAS {
                        div.pair {
                            div.field {
                                label for={ "extra" (number) } { "Name" }
                                input id={ "extra" (number) } name="extra" value=(names.get(number).unwrap_or(&""));
                            }
                            div.field {
                                label for={ "price" (number) } { "Price" }
                                input id={ "price" (number) } name="extra_price" inputmode="decimal" value=(prices.get(number).unwrap_or(&""));
                            }
                        }
                    }
                }
            }
            fieldset {
                legend { "When, and with whom" }
                (fields.select("employee", "With", "", &who))
                div.pair {
                    (fields.input("day", "Day", Kind::Date, ""))
                    (fields.input("time", "Time", Kind::Time, ""))
                }
            }
            (client::note(&fields))
            (fields.tick("tell", "Send a confirmation", if desk.salon.messages.is_some() { "To the e-mail address and the telephone above." } else { "To the e-mail address above." }))
            button.button.wide { "Book" }
        }
    })
}
