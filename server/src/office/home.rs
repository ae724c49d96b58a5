//! What is to be done, what is today, and where everything is set up.

use axum::{response::Response, routing::get};
use domain::role::Right;
use maud::html;

use super::{
    Route,
    desk::Desk,
    page::{Room, page},
    trouble::Answer,
};

pub fn routes() -> Vec<Route> {
    vec![
        Route {
            path: "/office/{salon}/today",
            right: Right::Own,
            answers: get(today),
        },
        Route {
            path: "/office/{salon}/settings",
            right: Right::Own,
            answers: get(settings),
        },
    ]
}

async fn today(desk: Desk) -> Answer {
    let body = html! {
        p { "Hello " (desk.staff().name) "." }
    };
    Ok(page(&desk, Room::Today, "Today", &body))
}

/// What can be set up, with what each is for.
const SETTINGS: [(&str, &str, &str, Right); 3] = [
    (
        "methods",
        "Payment methods",
        "Stripe's keys, and where clients can pay online.",
        Right::Keys,
    ),
    (
        "staff",
        "Staff",
        "Who may sign in, and what they may do.",
        Right::Staff,
    ),
    (
        "log",
        "Who did what",
        "Every change and every refund, with its name.",
        Right::Log,
    ),
];

async fn settings(desk: Desk) -> Response {
    let body = html! {
        ul.rows {
            @for (path, name, what, right) in SETTINGS {
                @if desk.may(right) {
                    li { a href=(desk.path(path)) { (name) } span.quiet { (what) } }
                }
            }
        }
        h2 { "You" }
        p.quiet { (desk.staff().name) ", " (desk.staff().role.name()) ", " (desk.staff().email) }
        div.buttons {
            form.inline method="post" action=(desk.path("sign-out")) { button.button.second { "Sign out" } }
            form.inline method="post" action=(desk.path("sign-out-everywhere")) {
                button.button.second { "Sign out everywhere" }
            }
        }
    };
    page(&desk, Room::Settings, "Settings", &body)
}
