//! What the salon offers, and who does it: services, and people with their working hours.

mod dates;
mod person;
mod service;
mod sheet;

use axum::routing::{get, post};
use domain::role::Right;
use maud::html;

use super::{
    Route,
    desk::Desk,
    page::{Room, page},
    terms::offered,
    trouble::Answer,
};
use crate::store::withdrawn;

pub fn routes() -> Vec<Route> {
    let route = |path, answers| Route {
        path,
        right: Right::Terms,
        answers,
    };
    vec![
        route("/office/{salon}/catalogue", get(show)),
        route(
            "/office/{salon}/catalogue/import",
            get(sheet::show).post(sheet::bring_in),
        ),
        route("/office/{salon}/catalogue/services.csv", get(sheet::services)),
        route("/office/{salon}/catalogue/people.csv", get(sheet::people)),
        route(
            "/office/{salon}/services/{id}",
            get(service::show).post(service::save),
        ),
        route("/office/{salon}/services/{id}/withdraw", post(service::withdraw)),
        route(
            "/office/{salon}/services/{id}/bring-back",
            post(service::bring_back),
        ),
        route("/office/{salon}/services/{id}/dates", post(dates::add)),
        route(
            "/office/{salon}/services/{id}/dates/{date}/withdraw",
            post(dates::withdraw),
        ),
        route(
            "/office/{salon}/people/{id}",
            get(person::show).post(person::save),
        ),
        route("/office/{salon}/people/{id}/withdraw", post(person::withdraw)),
        route("/office/{salon}/people/{id}/bring-back", post(person::bring_back)),
    ]
}

/// What stands in an address for something that is not there yet.
const NEW: &str = "new";

async fn show(desk: Desk) -> Answer {
    let offered = offered(&desk).await?;
    let (services, people) = withdrawn::all(desk.app.store.read(), desk.slug()).await?;
    let body = html! {
        h2 { "Services" }
        @if offered.services.is_empty() { p.quiet { "What can clients book? Add the people first, then each service with its length and price." } }
        ul.rows {
            @for one in &offered.services {
                li {
                    a href=(desk.path(&format!("services/{}", one.id))) { (one.name) }
                    span.quiet { (one.minutes) " min · " (one.price) @if let Some(to) = one.price_to { " to " (to) } }
                    @if one.employees.is_empty() && one.dates.is_none() { span.tag.warn { "nobody does it" } }
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
        h2 { "Many at once" }
        p { a.button.second href=(desk.path("catalogue/import")) { "Import and export" } }
        @if !services.is_empty() || !people.is_empty() {
            h2 { "Taken out" }
            ul.rows {
                @for (kind, withdrawn) in [("services", &services), ("people", &people)] {
                    @for (id, name) in withdrawn {
                        li {
                            span { (name) }
                            form.inline method="post" action=(desk.path(&format!("{kind}/{id}/bring-back"))) {
                                button.button.second { "Bring back" }
                            }
                        }
                    }
                }
            }
        }
    };
    Ok(page(&desk, Room::Settings, "Services and people", &body))
}
