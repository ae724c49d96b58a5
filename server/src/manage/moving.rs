//! Moving to another free time, with the same person. What was paid stays paid.

use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use domain::{availability::local_date, payment::BookingState, time::Moment};
use jiff::ToSpan as _;
use maud::html;
use serde::Deserialize;

use super::{Answer, Care, Trouble, changed};
use crate::{
    api::{
        error::Code,
        free_times::{Day, FreeTimesRequest},
        quote::Choice,
    },
    app::App,
    handlers::{context::Context, free_times},
    mail,
    office::form::Form,
    payments::{TRIES, moving, note, tell},
    store::{StoreError, audit::By, job::News},
};

/// So many days are shown at once.
const DAYS: u8 = 7;

/// Whether the client may still move it here.
pub fn may(care: &Care) -> bool {
    let may = care.booking.permissions(&care.salon, !care.paid().is_zero());
    let now = care.app.now();
    let price = care.booking.quote.services();
    let free = care.booking.cancelling(&care.salon).fee_at(now, price).is_zero();
    care.booking.state == BookingState::Booked
        && !care.missed
        && chosen(care).is_some()
        && free
        && may.moving.allows(care.booking.start, now)
}

/// Which days are looked at.
#[derive(Debug, Deserialize)]
pub struct Wish {
    from: Option<String>,
}

pub async fn choose(State(app): State<App>, Path(token): Path<String>, Query(wish): Query<Wish>) -> Answer {
    let care = Care::of(app, &token).await?;
    draw(&care, wish.from, None).await
}

pub async fn done(State(app): State<App>, Path(token): Path<String>, form: Form) -> Answer {
    let start = form.get("start").parse().map(Moment);
    let start = start.map_err(|_| Trouble::nowhere())?;
    for _ in 0..TRIES {
        let care = Care::of(app.clone(), &token).await?;
        if care.booking.start == start {
            // Pressed twice.
            return Ok(care.back());
        }
        if !may(&care) {
            return Ok(care.refused(too_late(&care)));
        }
        let mut write = app.store.write().await?;
        match moving::carry_out(&mut write, &app, &care.salon, &care.booking, start).await {
            Ok(true) => {
                let news = News::Moved {
                    from: care.booking.start,
                };
                tell(&mut write, &care.booking.id, news, app.now()).await?;
                let zone = &care.salon.salon.time_zone;
                let what = format!(
                    "moved the visit online, from {}",
                    mail::when(care.booking.start, zone, false)
                );
                let about = (&care.booking.salon, &care.booking.id);
                note(&mut write, about, By::Client, &what, app.now()).await?;
            }
            Ok(false) => continue,
            Err(error) if error.code == Code::SlotTaken => {
                drop(write);
                return draw(&care, None, Some(&error.message)).await;
            }
            Err(error) => return Err(error.into()),
        }
        match write.commit().await {
            Ok(()) => return Ok(care.back()),
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(changed().into())
}

async fn draw(care: &Care, from: Option<String>, wrong: Option<&str>) -> Answer {
    let Some(choice) = chosen(care).filter(|_| may(care)) else {
        return Ok(care.refused(too_late(care)));
    };
    let days = times(care, choice, from).await?;
    Ok(page(care, &days, wrong))
}

fn page(care: &Care, days: &[Day], wrong: Option<&str>) -> Response {
    let words = &care.words;
    let open: Vec<&Day> = days.iter().filter(|day| !day.times.is_empty()).collect();
    let body = html! {
        @if wrong.is_some() {
            p.warning role="alert" { (words.pick(
                "Somebody has just taken this time. Choose another one.",
                "Diese Zeit ist gerade vergeben worden. Bitte wählen Sie eine andere.",
            )) }
        }
        p { (words.pick("Now:", "Jetzt:")) " " (words.moment(care.booking.start)) }
        @if !care.paid().is_zero() { p.quiet { (words.pick("What you paid stays paid.", "Was Sie bezahlt haben, bleibt bezahlt.")) } }
        @if open.is_empty() { p { (words.pick("Nothing is free in these days.", "In diesen Tagen ist nichts frei.")) } }
        @for day in open {
            @if let Some(first) = day.times.first() { h2 { (words.day(first.start)) } }
            form.inline method="post" action=(care.path("move")) {
                div.buttons {
                    @for time in &day.times {
                        button.button.second name="start" value=(time.start.0) aria-label=(words.moment(time.start)) { (words.time(time.start)) }
                    }
                }
            }
        }
        @if let Some(next) = next(days) {
            p { a.button.second href={ (care.path("move")) "?from=" (next) } { (words.pick("Later days", "Spätere Tage")) } }
        }
        p { a href=(care.path("")) { (words.pick("Keep it as it is", "So lassen")) } }
    };
    let status = if wrong.is_some() {
        StatusCode::CONFLICT
    } else {
        StatusCode::OK
    };
    care.page(
        status,
        words.pick("Move your booking", "Termin verschieben"),
        &body,
    )
}

async fn times(care: &Care, choice: &Choice, from: Option<String>) -> Result<Vec<Day>, Trouble> {
    let context = Context {
        app: care.app.clone(),
        token: None,
        client: None,
    };
    let today = local_date(care.words.zone(), care.app.now()).to_string();
    let request = FreeTimesRequest {
        salon: choice.salon.clone(),
        services: choice.services.clone(),
        employee: Some(choice.employee.clone()),
        from: Some(from.unwrap_or(today)),
        days: DAYS,
    };
    let found = free_times::find(&context, request.clone()).await?;
    match found.next {
        // Nothing in these days: those from the next free one on.
        Some(next) if found.days.iter().all(|day| day.times.is_empty()) => {
            let from = Some(next);
            Ok(free_times::find(&context, FreeTimesRequest { from, ..request })
                .await?
                .days)
        }
        _ => Ok(found.days),
    }
}

/// The day after these.
fn next(days: &[Day]) -> Option<String> {
    let last: jiff::civil::Date = days.last()?.date.parse().ok()?;
    Some(last.saturating_add(1.day()).to_string())
}

/// What was chosen: group events and visits of the salon's own making are moved by the salon.
fn chosen(care: &Care) -> Option<&Choice> {
    care.booking
        .choice
        .as_ref()
        .filter(|choice| choice.date.is_none())
}

fn too_late(care: &Care) -> &str {
    care.words.pick(
        "It can't be moved here any more. Please call the salon.",
        "Er kann hier nicht mehr verschoben werden. Bitte rufen Sie den Salon an.",
    )
}
