//! What the salon offers, and who does it: services, and people with their working hours.

mod person;
mod service;

use axum::routing::get;
use domain::role::Right;
use maud::html;

use super::{
    Route,
    desk::Desk,
    page::{Room, page},
    terms::offered,
    trouble::Answer,
};

pub fn routes() -> Vec<Route> {
    let route = |path, answers| Route {
        path,
        right: Right::Terms,
        answers,
    };
    vec![
        route("/office/{salon}/catalogue", get(show)),
        route(
            "/office/{salon}/services/{id}",
            get(service::show).post(service::save),
        ),
        route(
            "/office/{salon}/people/{id}",
            get(person::show).post(person::save),
        ),
    ]
}

/// What stands in an address for something that is not there yet.
const NEW: &str = "new";

async fn show(desk: Desk) -> Answer {
    let offered = offered(&desk).await?;
    let body = html! {
        h2 { "Services" }
        @if offered.services.is_empty() { p.quiet { "What can clients book? Add the people first, then each service with its length and price." } }
        ul.rows {
            @for one in &offered.services {
                li {
                    a href=(desk.path(&format!("services/{}", one.id))) { (one.name) }
                    span.quiet { (one.minutes) " min · " (one.price) @if let Some(to) = one.price_to { " to " (to) } }
                }
            }
        }
        p { a.button.second href=(desk.path("services/new")) { "Add a service" } }
        h2 { "People" }
        ul.rows {
            @for one in &offered.employees {
                li {
                    a href=(desk.path(&format!("people/{}", one.employee.id))) { (one.employee.name) }
                    span.quiet { (one.employee.title) }
                }
            }
        }
        p { a.button.second href=(desk.path("people/new")) { "Add a person" } }
    };
    Ok(page(&desk, Room::Settings, "Services and people", &body))
}
