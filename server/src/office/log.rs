//! Who did what, the latest first.

use axum::{extract::Query, routing::get};
use domain::{role::Right, time::Moment};
use maud::html;
use serde::Deserialize;

use super::{
    Route,
    desk::Desk,
    page::{Room, page},
    trouble::Answer,
    when,
};
use crate::store::audit;

/// How many lines a page has.
const PAGE: i64 = 50;

#[derive(Debug, Deserialize)]
struct From {
    /// Milliseconds since 1970 and the id of a deed: what was done before that.
    before: Option<i64>,
    id: Option<String>,
}

pub fn routes() -> Vec<Route> {
    vec![Route {
        path: "/office/{salon}/log",
        right: Right::Log,
        answers: get(show),
    }]
}

async fn show(desk: Desk, Query(from): Query<From>) -> Answer {
    let before = Moment(from.before.unwrap_or(i64::MAX));
    let id = from.id.unwrap_or_default();
    let deeds = audit::before(desk.app.store.read(), desk.slug(), (before, &id), PAGE).await?;
    let zone = when::zone(&desk.salon.salon.time_zone);
    let last = deeds.last().map(|deed| (deed.at.0, &deed.id));
    let body = html! {
        @if deeds.is_empty() {
            p.quiet { "Whatever anybody changes here or does with money is written down, and can't be changed." }
        }
        ol.rows {
            @for deed in &deeds {
                li {
                    span { strong { (deed.who) } " " (deed.what) }
                    span.quiet { (when::full(deed.at, &zone)) }
                    @if let Some(booking) = &deed.booking {
                        a href=(desk.path(&format!("visits/{booking}"))) {
                            @match &deed.about {
                                Some((client, reference)) => { "The visit of " (client) " (" (reference) ")" }
                                None => { "The visit" }
                            }
                        }
                    }
                }
            }
        }
        @if let (Some((at, id)), true) = (last, deeds.len() >= 50) {
            p { a.button.second href=(desk.path(&format!("log?before={at}&id={id}"))) { "Earlier" } }
        }
    };
    Ok(page(&desk, Room::Settings, "Who did what", &body))
}
