//! The calendar: a day or a week, and each visit's payment at a glance.

mod client;
mod link;
mod moving;
mod new;
mod one;
pub mod refund;
mod rest;

use axum::{
    extract::Query,
    routing::{get, post},
};
use domain::{payment::BookingState, role::Right};
use jiff::{ToSpan as _, civil::Date, tz::TimeZone};
use maud::{Markup, html};
use serde::Deserialize;

pub use self::new::start;
use super::{
    Route,
    desk::Desk,
    page::{Room, page},
    trouble::Answer,
    when,
};
use crate::store::visit::{self, VisitRow};

#[derive(Debug, Default, Deserialize)]
struct Wish {
    day: Option<String>,
    week: Option<String>,
    find: Option<String>,
}

pub fn routes() -> Vec<Route> {
    let route = |path, answers| Route {
        path,
        right: Right::Visits,
        answers,
    };
    vec![
        route("/office/{salon}/visits", get(calendar)),
        route("/office/{salon}/visits/new", get(new::show).post(new::book)),
        route("/office/{salon}/visits/{id}", get(one::show)),
        route(
            "/office/{salon}/visits/{id}/move",
            get(moving::show).post(moving::carry_out),
        ),
        route(
            "/office/{salon}/visits/{id}/details",
            get(client::show).post(client::change),
        ),
        route("/office/{salon}/visits/{id}/link", post(link::make)),
        route("/office/{salon}/visits/{id}/rest", post(rest::make)),
        route("/office/{salon}/visits/{id}/link/send", post(link::send)),
        route(
            "/office/{salon}/visits/{id}/link/take-back",
            post(link::take_back),
        ),
        Route {
            path: "/office/{salon}/visits/{id}/refund",
            right: Right::Refunds,
            answers: post(refund::give_back),
        },
    ]
}

async fn calendar(desk: Desk, Query(wish): Query<Wish>) -> Answer {
    let (db, public) = (desk.app.store.read(), &desk.salon.salon);
    let zone = when::zone(&public.time_zone);
    if let Some(text) = wish
        .find
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
    {
        let found = visit::search(db, desk.slug(), public.currency, text).await?;
        let body = html! {
            (search(&desk, text))
            @if found.is_empty() { p.quiet { "Nobody found. Try a part of the name, the e-mail address or the telephone, or the booking's six letters." } }
            (list(&desk, &found, &zone, true))
        };
        return Ok(page(&desk, Room::Visits, "Visits", &body));
    }
    let read = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<Date>().ok());
    let today = when::local(desk.app.now(), &zone).date();
    let week = wish.week.is_some();
    let day = read(&wish.day).or(read(&wish.week)).unwrap_or(today);
    let first = if week { monday(day) } else { day };
    let span = if week { 7 } else { 1 };
    let next = first.saturating_add(span.days());
    let before = first.saturating_sub(span.days());
    let rows = visit::between(
        db,
        desk.slug(),
        public.currency,
        when::begin(first, &zone),
        when::begin(next, &zone),
    )
    .await?;
    let unit = if week { "week" } else { "day" };
    let path = |unit: &str, day: Date| desk.path(&format!("visits?{unit}={day}"));
    let body = html! {
        div.bar {
            a.button.second.step href=(path(unit, before)) aria-label={ "The " (unit) " before" } { "‹" }
            h2 { @if week { (when::day(first)) " – " (when::day(next.saturating_sub(1.days()))) } @else { (when::long_day(first)) } }
            a.button.second.step href=(path(unit, next)) aria-label={ "The next " (unit) } { "›" }
        }
        div.buttons {
            @if first != today || week { a.button.second href=(path("day", today)) { "Today" } }
            @if week { a.button.second href=(path("day", day)) { "Day" } } @else { a.button.second href=(path("week", day)) { "Week" } }
            a.button href=(desk.path(&format!("visits/new?day={day}"))) { "Book a visit" }
        }
        (search(&desk, ""))
        @if rows.len() >= visit::MOST {
            p.warning { "Only the first " (visit::MOST) " are shown here. " @if week { "Look at single days to see all of them." } @else { "Find the others by name." } }
        }
        @if rows.is_empty() {
            p.quiet { "Nothing is booked " @if week { "in this week" } @else { "on this day" } ". Bookings of your web site appear here by themselves; "
                "those of the phone you enter by " em { "Book a visit" } "." }
        }
        @if week {
            @for offset in 0..7_i8 {
                @let day = first.saturating_add(i64::from(offset).days());
                @let of_day = rows.iter().filter(|row| when::local(row.start, &zone).date() == day).cloned().collect::<Vec<_>>();
                @if !of_day.is_empty() { h3 { (when::day(day)) } (list(&desk, &of_day, &zone, false)) }
            }
        } @else { (list(&desk, &rows, &zone, false)) }
    };
    Ok(page(&desk, Room::Visits, "Visits", &body))
}

/// Visits, a line each.
pub fn list(desk: &Desk, rows: &[VisitRow], zone: &TimeZone, with_day: bool) -> Markup {
    html! {
        ol.visits {
            @for row in rows {
                li class=[(row.state == BookingState::Cancelled).then_some("over")] {
                    a href=(desk.path(&format!("visits/{}", row.id))) {
                        span.when {
                            @if with_day { span { (when::day(when::local(row.start, zone).date())) } }
                            span { (when::time(row.start, zone)) } span.quiet { (when::time(row.end, zone)) }
                        }
                        span.who { strong { (row.client) } span.quiet { (row.first) " · " (row.employee) } }
                        (tag(row))
                    }
                }
            }
        }
    }
}

/// The payment of a visit at a glance.
fn tag(row: &VisitRow) -> Markup {
    let missing = row.due.less(row.paid).is_ok_and(|rest| !rest.is_zero());
    match row.state {
        BookingState::Cancelled => html! { span.tag { "Cancelled" } },
        BookingState::Held => html! { span.tag.warn { @if row.paying { "Paying" } @else { "Held" } } },
        BookingState::Expired => html! { span.tag { "Run out" } },
        BookingState::Booked if row.paying => html! { span.tag.warn { "Paying" } },
        BookingState::Booked if missing => html! { span.tag.warn { "Due " (row.due) } },
        BookingState::Booked if !row.given_back.is_zero() => {
            html! { span.tag { "Given back " (row.given_back) } }
        }
        BookingState::Booked if row.paid.minor() >= row.price.minor() && !row.price.is_zero() => {
            html! { span.tag.good { "Paid" } }
        }
        BookingState::Booked if !row.paid.is_zero() => html! { span.tag.good { "Paid " (row.paid) } },
        BookingState::Booked => html! { span.tag { "At the salon" } },
    }
}

fn search(desk: &Desk, text: &str) -> Markup {
    html! {
        form.find method="get" action=(desk.path("visits")) role="search" {
            input name="find" type="search" aria-label="Find a visit by name, e-mail, phone or reference" placeholder="Name, e-mail, phone, reference" value=(text);
            button.button.second { "Find" }
        }
    }
}

fn monday(day: Date) -> Date {
    let since = i64::from(day.weekday().to_monday_zero_offset());
    day.saturating_sub(since.days())
}
