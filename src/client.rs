//! Calls of the server: with the booking's token, a time limit, and again by itself where that is safe.

use domain::id::BookingToken;
use js_sys::{JSON, Promise};
use server::api::error::{ApiError, Code};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Response};

use crate::{
    dom::get,
    number,
    state::App,
    wire::{self, Call, object},
};

/// How often a call that is safe to repeat is sent, at most.
const TRIES: u32 = 8;

/// Who is told to come back after so many seconds waits for it; whoever shall wait for longer is told.
const AT_ONCE: u32 = 2;

/// Calls the server. Failures are of its own kind, or [`Code::Network`] when no answer came.
///
/// While answers stay out, the page says so ([`App::lost`]).
///
/// # Errors
/// What the server answered.
pub async fn call<C: Call>(app: App, call: C, token: Option<&BookingToken>) -> Result<C::Answer, ApiError> {
    let body = object(&[("request", call.request())]);
    let body = JSON::stringify(&body).map(String::from).unwrap_or_default();
    let tries = if C::REPEATABLE { TRIES } else { 1 };
    let answer = exchange(
        app,
        C::PATH,
        &body,
        token.map(BookingToken::reveal),
        C::LIMIT,
        tries,
    )
    .await?;
    C::answer(&answer).ok_or_else(|| ApiError::new(Code::Failed, "unreadable"))
}

/// Waits.
pub async fn sleep(millis: i32) {
    let promise = Promise::new(&mut |resolve, _| {
        set_timeout(&resolve, millis);
    });
    let _ = JsFuture::from(promise).await;
}

async fn exchange(
    app: App,
    path: &str,
    body: &str,
    token: Option<&str>,
    limit: u32,
    tries: u32,
) -> Result<JsValue, ApiError> {
    let mut wait = 700;
    for tried in 1.. {
        let answer = once(path, body, token, limit).await;
        let passing = answer.as_ref().is_err_and(|error| {
            error.code.is_passing() || error.retry_after.is_some_and(|seconds| seconds <= AT_ONCE)
        });
        let lost = answer.as_ref().is_err_and(|error| error.code == Code::Network);
        app.set_lost(lost);
        if !passing || tried >= tries {
            return answer;
        }
        // Jitter, so that a crowd that lost the server does not come back as one.
        sleep(wait + jitter(wait)).await;
        wait = (wait * 2).min(8_000);
    }
    Err(ApiError::new(Code::Network, ""))
}

async fn once(path: &str, body: &str, token: Option<&str>, limit: u32) -> Result<JsValue, ApiError> {
    let lost = |_| ApiError::new(Code::Network, "");
    let headers = object(&[
        ("content-type", "application/json".into()),
        ("accept", "application/json".into()),
    ]);
    if let Some(token) = token {
        crate::dom::set(&headers, "authorization", &["Bearer ", token].concat().into());
    }
    let options = object(&[
        ("method", "POST".into()),
        ("body", body.into()),
        ("headers", headers),
        ("credentials", "omit".into()),
        ("cache", "no-store".into()),
        ("signal", AbortSignal::timeout_with_u32(limit).into()),
    ]);
    let response = JsFuture::from(fetch(path, &options)).await.map_err(lost)?;
    let response: Response = response.unchecked_into();
    let json = JsFuture::from(response.json().map_err(lost)?).await;
    if get(&response, "ok").is_truthy() {
        return json.map_err(lost);
    }
    // A proxy's page instead of an answer of ours: as good as none, so it may be asked again.
    match json {
        Ok(json) if get(&json, "code").as_string().is_some() => Err(wire::error(&json)),
        _ => Err(ApiError::new(
            if number::whole(&get(&response, "status")) >= Some(500) {
                Code::Busy
            } else {
                Code::Failed
            },
            "",
        )),
    }
}

fn jitter(wait: i32) -> i32 {
    let mut byte = [0u8];
    crate::state::token::random(&mut byte);
    let [byte] = byte;
    wait * i32::from(byte) / 1024
}

#[wasm_bindgen]
extern "C" {
    fn fetch(path: &str, options: &JsValue) -> Promise;
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(run: &js_sys::Function, millis: i32);
}
