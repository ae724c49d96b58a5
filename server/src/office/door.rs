//! The doors of the back office: who is let in, and what every page of it carries.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use domain::{id::SalonSlug, role::Right, time::Moment};

use super::{
    desk::{Desk, see},
    page,
    trouble::Trouble,
};
use crate::{
    api::error::ApiError,
    app::App,
    http::{limits::What, peer},
    store::{booking::token_hash, salon, session},
};

/// A session ends when it was not used for so long, and in any case after so long, in days.
const IDLE_DAYS: i64 = 14;
const WHOLE_DAYS: i64 = 60;
const DAY: i64 = 24 * 60;
/// Using a session is noted this often, in milliseconds: not every page is a write.
const NOTE_EVERY: i64 = 60_000;

/// Lets anybody in: to sign in, and to the style sheet.
pub async fn open(State(app): State<App>, request: Request, next: Next) -> Response {
    if let Some(refusal) = refuse(&app, &request) {
        return refusal;
    }
    with_headers(next.run(request).await)
}

/// Lets those in who are signed in at the salon of the address and have the right.
pub async fn guarded(State((app, right)): State<(App, Right)>, request: Request, next: Next) -> Response {
    if let Some(refusal) = refuse(&app, &request) {
        return refusal;
    }
    let (mut parts, body) = request.into_parts();
    let answer = match enter(&app, right, &parts).await {
        Ok(Entry::Desk(desk)) => {
            parts.extensions.insert(*desk);
            next.run(Request::from_parts(parts, body)).await
        }
        Ok(Entry::Refused(refusal)) => refusal,
        Err(error) => Trouble(error).into_response(),
    };
    with_headers(answer)
}

enum Entry {
    Desk(Box<Desk>),
    Refused(Response),
}

async fn enter(app: &App, right: Right, request: &Parts) -> Result<Entry, ApiError> {
    let path = request.uri.path();
    let slug = path.split('/').nth(2).unwrap_or_default();
    let found = match SalonSlug::parse(slug) {
        Ok(slug) => salon::find(app.store.read(), &slug).await?,
        Err(_) => None,
    };
    let Some(salon) = found else {
        let sentence = "There is no salon at this address.";
        return Ok(Entry::Refused(page::sentence(StatusCode::NOT_FOUND, sentence)));
    };
    let now = app.now();
    let public = &salon.salon;
    let known = match token(&request.headers) {
        Some(token) => {
            let hash = token_hash(token);
            let since = |days: i64| now.plus_minutes(-days * DAY);
            let (created, used) = (since(WHOLE_DAYS), since(IDLE_DAYS));
            let db = app.store.read();
            session::find(db, &hash, &public.slug, public.currency, created, used)
                .await?
                .map(|session| (session, hash))
        }
        None => None,
    };
    let Some((session, hash)) = known else {
        return Ok(Entry::Refused(sign_in_first(request, public.slug.as_str())));
    };
    if !session.staff.role.may(right) {
        tracing::warn!(salon = %public.slug, staff = %session.staff.id, ?right, "not allowed");
        let sentence = format!(
            "As {} you can't do this here. Ask the owner of the salon.",
            session.staff.role.name()
        );
        return Ok(Entry::Refused(page::sentence(StatusCode::FORBIDDEN, &sentence)));
    }
    note_used(app, &session, &hash, now).await?;
    Ok(Entry::Desk(Box::new(Desk {
        app: app.clone(),
        salon: Arc::new(salon),
        session: Arc::new(session),
        token_hash: hash.into(),
    })))
}

async fn note_used(app: &App, session: &session::Session, hash: &str, now: Moment) -> Result<(), ApiError> {
    if now.since(session.used) < NOTE_EVERY && session.notice.is_none() {
        return Ok(());
    }
    let mut write = app.store.write().await?;
    session::note_used(write.conn(), hash, now).await?;
    Ok(write.commit().await?)
}

/// The cookie's name.
pub const COOKIE: &str = "office";

/// The token of the session, from the cookie.
#[must_use]
pub fn token(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter();
    let pairs = cookies
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'));
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, token)| token)
        .filter(|token| token.len() == 64 && token.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn sign_in_first(request: &Parts, slug: &str) -> Response {
    let address = format!("/office/{slug}/sign-in");
    if request.method == Method::GET {
        let wanted = request.uri.path_and_query().map_or("", |wanted| wanted.as_str());
        let wanted: String = form_urlencoded::byte_serialize(wanted.as_bytes()).collect();
        return see(&format!("{address}?then={wanted}"));
    }
    page::sentence(
        StatusCode::UNAUTHORIZED,
        "You are not signed in any more. Sign in on another page, then go back and send this again.",
    )
}

/// Refuses what is too much for one address, and what another site's page sends in the name of who is signed in here.
fn refuse(app: &App, request: &Request) -> Option<Response> {
    let client = peer::of(request.extensions());
    if let Err(error) = app.limits.take(What::Call, client, app.now()) {
        return Some(Trouble(error).into_response());
    }
    if matches!(*request.method(), Method::GET | Method::HEAD) || is_our_page(app, request.headers()) {
        return None;
    }
    tracing::warn!("a page of another site sent a form to the back office");
    Some(page::sentence(
        StatusCode::FORBIDDEN,
        "This was not sent from a page of this back office. Nothing was changed.",
    ))
}

/// Whether a form was sent by a page of ours: browsers say so (Fetch Metadata), older ones by the origin.
fn is_our_page(app: &App, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match text("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => text("origin") == Some(crate::http::policy::origin(&app.public_url)),
    }
}

fn with_headers(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(page::POLICY),
        );
    }
    // Forms sent from a page that gives no referrer come from the origin `null`.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    answer
}
