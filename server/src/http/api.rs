//! The server functions' door: JSON only, bearer tokens only, an error with its own status.

use std::time::Duration;

use axum::{
    Extension,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use domain::id::BookingToken;

use super::{
    WHOLE_BODY, compress,
    limits::What,
    peer::{self, Client},
    trace::RequestId,
};
use crate::{
    api::{
        confirm::{Confirmed, Next},
        error::{ApiError, Code},
    },
    app::App,
    handlers::context::{CONTEXT, Context},
};

/// No call of the API is longer than this, in bytes.
const LONGEST_REQUEST: usize = 16 * 1024;
/// No answer is longer than this, in bytes: a month of free times with a wide margin.
const LONGEST_ANSWER: usize = 4 * 1024 * 1024;
/// No call takes longer. Stripe is given 36 s at most (three tries), the database 5 s for each turn.
const LONGEST_CALL: Duration = Duration::from_secs(60);

/// Answers a call of a server function.
pub async fn answer(
    State(app): State<App>,
    Extension(RequestId(id)): Extension<RequestId>,
    request: Request,
) -> Response {
    let headers = request.headers().clone();
    match call(app, request).await {
        Ok((status, bytes)) => json(&headers, status, bytes),
        Err(error) => {
            tracing::info!(code = ?error.code, message = %error.message, field = ?error.field, "refused");
            let status =
                StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let error = ApiError {
                request: Some(id),
                ..error
            };
            let mut answer = json(&headers, status, serde_json::to_vec(&error).unwrap_or_default());
            if let Some(seconds) = error.retry_after {
                answer
                    .headers_mut()
                    .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            answer
        }
    }
}

/// Anything but a `POST`.
pub async fn not_a_post() -> (StatusCode, [(header::HeaderName, &'static str); 1]) {
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "POST")])
}

async fn call(app: App, request: Request) -> Result<(StatusCode, Vec<u8>), ApiError> {
    let (parts, body) = request.into_parts();
    let client = peer::of(&parts.extensions);
    // Before anything is read: what is too much costs next to nothing.
    let name = parts.uri.path().rsplit('/').next().unwrap_or_default();
    let pays = matches!(name, "confirm" | "settle");
    check_limits(&app, name, client)?;
    check_headers(&parts.headers)?;
    let token = bearer(&parts.headers)?;
    let bytes = tokio::time::timeout(WHOLE_BODY, to_bytes(body, LONGEST_REQUEST))
        .await
        .ok()
        .and_then(Result::ok)
        .ok_or_else(|| {
            ApiError::new(
                Code::Invalid,
                "This request is too long, took too long, or was cut off.",
            )
        })?;
    let mut service = server_fn::axum::get_server_fn_service(parts.uri.path(), Method::POST)
        .ok_or_else(|| ApiError::new(Code::NotFound, "There is no such call."))?;
    let request = Request::from_parts(parts, Body::from(bytes));
    let context = Context {
        app: app.clone(),
        token,
        client: client.map(|client| client.0),
    };
    // A task of its own: a browser that hangs up does not stop a payment half way.
    let answer = tokio::spawn(tracing::Instrument::in_current_span(
        CONTEXT.scope(context, async move { service.run(request).await }),
    ));
    let answer = tokio::time::timeout(LONGEST_CALL, answer).await.map_err(|_| {
        tracing::error!("a call took too long, and goes on without its caller");
        ApiError::new(
            Code::Busy,
            "This takes longer than it should. Trying again in a moment.",
        )
    })?;
    let response = answer.map_err(|error| {
        tracing::error!(%error, "a server function panicked");
        ApiError::new(
            Code::Failed,
            "The server could not do this. Try again in a moment.",
        )
    })?;
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, LONGEST_ANSWER).await.map_err(|error| {
        tracing::error!(%error, "an answer can't be read");
        ApiError::new(
            Code::Failed,
            "The server could not do this. Try again in a moment.",
        )
    })?;
    if parts.status.is_success() {
        if pays && is_decline(&bytes) {
            // Counted: whether there is room for more is looked at before the next card.
            let _ = app.limits.take(What::Decline, client, app.now());
        }
        return Ok((parts.status, bytes.into()));
    }
    Err(serde_json::from_slice(&bytes)
        .unwrap_or_else(|_| ApiError::new(Code::Invalid, "This request can't be read. Load the page again.")))
}

/// What one address may do.
fn check_limits(app: &App, name: &str, client: Option<Client>) -> Result<(), ApiError> {
    let now = app.now();
    app.limits.take(What::Call, client, now)?;
    match name {
        "hold" => app.limits.take(What::Hold, client, now),
        "confirm" => {
            app.limits.look(What::Decline, client, now)?;
            app.limits.take(What::Confirm, client, now)
        }
        _ => Ok(()),
    }
}

/// Whether this answer tells a payer that the card was declined.
fn is_decline(answer: &[u8]) -> bool {
    let read = serde_json::from_slice::<Confirmed>(answer);
    read.is_ok_and(|confirmed| matches!(confirmed.next, Next::AnotherTry { .. }))
}

/// Only what a page of ours sends: a form on another site can send neither this type nor a bearer token.
fn check_headers(headers: &HeaderMap) -> Result<(), ApiError> {
    let has = |name, text: &str| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
            .is_some_and(|value| value.contains(text))
    };
    if !has(header::CONTENT_TYPE, "application/json") {
        return Err(ApiError::new(Code::Invalid, "Calls are made in JSON."));
    }
    if has(header::ACCEPT, "text/html") {
        return Err(ApiError::new(Code::Invalid, "This address is not for browsing."));
    }
    Ok(())
}

fn bearer(headers: &HeaderMap) -> Result<Option<BookingToken>, ApiError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let token = value.to_str().ok().and_then(|text| text.strip_prefix("Bearer "));
    token
        .and_then(|token| BookingToken::parse(token).ok())
        .map(Some)
        .ok_or_else(|| {
            ApiError::new(
                Code::NotYours,
                "This page is not linked to a booking any more. Start again.",
            )
        })
}

fn json(request: &HeaderMap, status: StatusCode, bytes: Vec<u8>) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    compress::fill(&mut response, request, bytes);
    response
}
