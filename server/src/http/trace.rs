//! Gives each request an id, a line in the log, and the headers that every answer has.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use tracing::Instrument as _;

use super::policy;
use crate::app::App;

/// The id of a request, 32 hexadecimal digits: in its log lines and in its answer.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

const HEADERS: [(&str, &str); 2] = [
    ("x-content-type-options", "nosniff"),
    // A visit link is a secret: it must not travel in a `Referer`.
    ("referrer-policy", "no-referrer"),
];

const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Wraps each request.
pub async fn layer(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let id = crate::app::random_id().unwrap_or_default();
    // The route, never the address: a visit link's address holds its token, and anything may stand in a made-up one.
    let route = match request.extensions().get::<MatchedPath>() {
        Some(path) if path.as_str().starts_with("/api/") => {
            let mut calls = server_fn::axum::server_fn_paths();
            let call = calls.find(|(path, _)| *path == request.uri().path());
            call.map_or("no such call", |(path, _)| path).to_owned()
        }
        Some(path) => path.as_str().to_owned(),
        None => "a file".to_owned(),
    };
    let is_page = route.starts_with("/book/") || route.starts_with("/pay/");
    let span = tracing::info_span!("request", id = %id, method = %request.method(), route = %route);
    request.extensions_mut().insert(RequestId(id.clone()));
    let began = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| tracing::info!(status = response.status().as_u16(), ms, "answered"));
    let headers = response.headers_mut();
    // Only the pages say what they need.
    let permissions = if headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        policy::permissions(&app.stripe_js)
    } else {
        let nothing = if is_page {
            policy::SENTENCE
        } else {
            policy::NOTHING
        };
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(nothing));
        policy::permissions("")
    };
    if let Ok(permissions) = HeaderValue::from_str(&permissions) {
        headers.insert("permissions-policy", permissions);
    }
    if !headers.contains_key(CORP) {
        headers.insert(CORP, HeaderValue::from_static("same-origin"));
    }
    if app.public_url.starts_with("https://") {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    for (name, value) in HEADERS {
        if !headers.contains_key(name) {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert("x-request-id", id);
    }
    response
}
