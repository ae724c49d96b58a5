//! The API over HTTP: headers, faults, answers.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};

use crate::API_VERSION;
use crate::errors::ApiError;
use crate::faults::{Fault, Kind};
use crate::world::{App, Begun, Call};

const MAX_BODY: usize = 1 << 20;
/// How long a call that "times out" is held, unless the fault says otherwise.
const TIMEOUT_MS: u64 = 60_000;

/// Answers every call under `/v1/`.
pub async fn v1(State(app): State<Arc<App>>, request: Request) -> Response<Body> {
    if request.method() == Method::OPTIONS {
        return cors(Response::builder().status(StatusCode::NO_CONTENT))
            .body(Body::empty())
            .unwrap_or_default();
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else {
        return answer(
            &ApiError::invalid("The request body is too large.", "body")
                .body()
                .to_string(),
            413,
            &[],
        );
    };
    let text = |name: &str| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let query = parts.uri.query().unwrap_or_default();
    let method = parts.method.as_str().to_owned();
    let body = String::from_utf8_lossy(&body);
    let form = match (query.is_empty(), body.is_empty()) {
        (true, _) => body.into_owned(),
        (false, true) => query.to_owned(),
        (false, false) => format!("{query}&{body}"),
    };
    let json =
        method == "POST" && text("content-type").is_some_and(|kind| kind.starts_with("application/json"));
    let call = Call {
        method,
        path: parts.uri.path().trim_end_matches('/').to_owned(),
        form,
        key: key(&parts.headers),
        idempotency_key: text("idempotency-key"),
        version: text("stripe-version"),
        request_id: Call::request_id(),
    };
    if json {
        let error = ApiError::invalid(
            "Invalid request (check that your POST content type is application/x-www-form-urlencoded). If you have questions, we can help at https://support.stripe.com/.",
            "body",
        );
        return respond(&call, 400, &error.body().to_string(), None, None);
    }
    match first(&app, &call) {
        First::Answered(response) => response,
        First::Lost(held, fault) => lost(held, fault.as_ref()).await,
        // A task of its own: the work gets done even when the caller hangs up meanwhile.
        First::Work(place, publishable, fault) => {
            tokio::spawn(async move { disturbed(&app, &call, place, publishable, fault).await })
                .await
                .unwrap_or_default()
        }
    }
}

/// How far a call got under the first lock.
enum First {
    Answered(Response<Body>),
    /// No answer: held until the caller gives up, or broken at once.
    Lost(bool, Option<Fault>),
    Work(usize, bool, Option<Fault>),
}

/// Works on a call that a fault strikes.
async fn disturbed(
    app: &App,
    call: &Call,
    place: usize,
    publishable: bool,
    fault: Option<Fault>,
) -> Response<Body> {
    let kind = fault.as_ref().and_then(|fault| fault.fault);
    if kind == Some(Kind::Slow) {
        tokio::time::sleep(Duration::from_millis(
            fault.as_ref().and_then(|fault| fault.delay_ms).unwrap_or(3_000),
        ))
        .await;
    }
    let spoilt = (kind == Some(Kind::ServerErrorAfter)).then(|| {
        (
            ApiError::internal(),
            fault.as_ref().and_then(|fault| fault.stored).unwrap_or(true),
        )
    });
    let refusal = fault.as_ref().and_then(Fault::refusal);
    let (status, body) = app.lock().work(place, publishable, call, refusal, spoilt);
    notify(app, call);
    match kind {
        Some(Kind::TimeoutAfter) => lost(true, fault.as_ref()).await,
        Some(Kind::ConnectionResetAfter) => lost(false, fault.as_ref()).await,
        _ => respond(call, status, &body, None, fault.as_ref()),
    }
}

/// All that can be done in one go: everything, when no fault strikes.
fn first(app: &App, call: &Call) -> First {
    let mut world = app.lock();
    let fault = world.faults.strike(&call.method, &call.path);
    let kind = fault.as_ref().and_then(|fault| fault.fault);
    if let Some(Kind::TimeoutBefore | Kind::ConnectionResetBefore) = kind {
        return First::Lost(kind == Some(Kind::TimeoutBefore), fault);
    }
    match world.begin(call) {
        Err(error) => First::Answered(respond(
            call,
            error.status,
            &error.body().to_string(),
            None,
            fault.as_ref(),
        )),
        // A fault hits the replay just as it would have hit the first answer.
        Ok(Begun::Replay(_)) if kind == Some(Kind::TimeoutAfter) => First::Lost(true, fault),
        Ok(Begun::Replay(_)) if kind == Some(Kind::ConnectionResetAfter) => First::Lost(false, fault),
        Ok(Begun::Replay(answer)) => First::Answered(respond(
            call,
            answer.status,
            &answer.body,
            Some(&answer.request_id),
            fault.as_ref(),
        )),
        Ok(Begun::Work(place, publishable)) if fault.is_some() => First::Work(place, publishable, fault),
        Ok(Begun::Work(place, publishable)) => {
            let (status, body) = world.work(place, publishable, call, None, None);
            drop(world);
            notify(app, call);
            First::Answered(respond(call, status, &body, None, None))
        }
    }
}

fn notify(app: &App, call: &Call) {
    if call.method != "GET" {
        app.wake.notify_one();
        app.changed.notify_waiters();
    }
}

/// The key from `Authorization: Bearer …`.
fn key(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    None
}

fn respond(
    call: &Call,
    status: u16,
    body: &str,
    replayed: Option<&str>,
    fault: Option<&Fault>,
) -> Response<Body> {
    let mut headers = vec![
        ("request-id", call.request_id.clone()),
        (
            "stripe-version",
            call.version.clone().unwrap_or_else(|| API_VERSION.to_owned()),
        ),
    ];
    if let Some(key) = &call.idempotency_key {
        headers.push(("idempotency-key", key.clone()));
    }
    if let Some(original) = replayed {
        headers.push(("idempotent-replayed", "true".to_owned()));
        headers.push(("original-request", original.to_owned()));
    }
    if let Some(retry) = fault.and_then(|fault| fault.should_retry) {
        headers.push(("stripe-should-retry", retry.to_string()));
    }
    answer(body, status, &headers)
}

fn answer(body: &str, status: u16, headers: &[(&str, String)]) -> Response<Body> {
    let mut response = cors(Response::builder().status(status))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CACHE_CONTROL, "no-cache, no-store");
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response = response.header(*name, value);
        }
    }
    response.body(Body::from(body.to_owned())).unwrap_or_default()
}

/// Stripe.js calls from any page, with a publishable key and without cookies.
fn cors(builder: axum::http::response::Builder) -> axum::http::response::Builder {
    builder
        .header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")
        .header(
            header::ACCESS_CONTROL_ALLOW_METHODS,
            "GET, HEAD, PUT, PATCH, POST, DELETE",
        )
        .header(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "Authorization, Content-Type, Idempotency-Key, Stripe-Version",
        )
        .header(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            "Request-Id, Stripe-Version, Idempotent-Replayed",
        )
        .header(header::ACCESS_CONTROL_MAX_AGE, "300")
}

/// The answer never comes: the connection breaks, at once or after the caller should have given up.
async fn lost(held: bool, fault: Option<&Fault>) -> Response<Body> {
    let delay = fault
        .and_then(|fault| fault.delay_ms)
        .unwrap_or(if held { TIMEOUT_MS } else { 0 });
    tokio::time::sleep(Duration::from_millis(delay)).await;
    Response::builder()
        .header(header::CONTENT_LENGTH, "1")
        .body(Body::new(Broken))
        .unwrap_or_default()
}

/// A body that fails before its first byte, so that the connection is closed without an answer.
struct Broken;

impl HttpBody for Broken {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(Some(Err(std::io::Error::from(
            std::io::ErrorKind::ConnectionReset,
        ))))
    }
}
