//! What all pages of the back office have around them.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use domain::{key::Mode, role::Right};
use maud::{DOCTYPE, Markup, html};

use super::{desk::Desk, files};
use crate::{http::compress, store::salon::SalonRecord};

/// The content security policy of all pages here: their own style, script and forms, in no frame.
pub const POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
                          script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'";

/// Where in the back office a page is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Room {
    /// What is to be done.
    Today,
    /// The calendar and its visits.
    Visits,
    /// Figures.
    Reports,
    /// Everything that is set up once.
    Settings,
}

const ROOMS: [(Room, &str, &str, Right); 4] = [
    (Room::Today, "today", "Today", Right::Own),
    (Room::Visits, "visits", "Visits", Right::Visits),
    (Room::Reports, "reports", "Reports", Right::Reports),
    (Room::Settings, "settings", "Settings", Right::Own),
];

/// A page for somebody who is signed in.
#[must_use]
pub fn page(desk: &Desk, room: Room, title: &str, body: &Markup) -> Response {
    answer(StatusCode::OK, &whole(desk, room, title, body))
}

/// The same page once more, because something in its form is wrong.
#[must_use]
pub fn again(desk: &Desk, room: Room, title: &str, body: &Markup) -> Response {
    answer(StatusCode::UNPROCESSABLE_ENTITY, &whole(desk, room, title, body))
}

/// A page for somebody who is not signed in.
#[must_use]
pub fn bare(status: StatusCode, salon: &SalonRecord, title: &str, body: &Markup) -> Response {
    let markup = html! {
        (head(&format!("{title} · {}", salon.salon.name)))
        body.bare {
            main #main {
                p.house { (salon.salon.name) }
                h1 { (title) }
                (body)
            }
        }
    };
    answer(status, &document(&markup))
}

/// A page with one sentence.
#[must_use]
pub fn sentence(status: StatusCode, sentence: &str) -> Response {
    let markup = html! {
        (head("Back office"))
        body.bare {
            main #main {
                h1 { @if status.is_server_error() { "This did not work" } @else { "Not possible" } }
                p { (sentence) }
                p { a.button.second href="#" data-back hidden { "Back" } }
            }
        }
    };
    let mut response = answer(status, &document(&markup));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn whole(desk: &Desk, room: Room, title: &str, body: &Markup) -> Markup {
    let salon = &desk.salon.salon;
    let test = desk
        .salon
        .publishable_key
        .as_ref()
        .is_some_and(|key| key.mode() == Mode::Test);
    let markup = html! {
        (head(&format!("{title} · {}", salon.name)))
        body {
            a.skip href="#main" { "Skip to the content" }
            header {
                a.house href=(desk.path("today")) { (salon.name) }
                @if test {
                    span.ribbon title="Only test cards work, and no money moves." { "Test mode" }
                }
            }
            nav aria-label="Back office" {
                @for (one, path, name, right) in ROOMS {
                    @if desk.may(right) {
                        a href=(desk.path(path)) aria-current=[(one == room).then_some("page")] { (name) }
                    }
                }
            }
            main #main {
                @if let Some(notice) = &desk.session.notice {
                    p.notice role="status" { (notice) }
                }
                h1 { (title) }
                (body)
            }
        }
    };
    document(&markup)
}

fn document(content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" { (content) }
    }
}

fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="robots" content="noindex";
            title { (title) }
            link rel="stylesheet" href={ "/office/files/" (*files::STYLE) };
            link rel="icon" href="data:,";
            script src={ "/office/files/" (*files::SCRIPT) } defer {}
        }
    }
}

fn answer(status: StatusCode, markup: &Markup) -> Response {
    let mut response = Response::default();
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    compress::fill(&mut response, &HeaderMap::new(), markup.0.as_bytes().to_vec());
    response
}
