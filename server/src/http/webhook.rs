//! The webhooks' door: signature over the raw bytes, kept and applied in one transaction, then 2xx.

use std::borrow::Cow;

use axum::{
    body::{Body, to_bytes},
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use domain::{id::SalonSlug, key::Mode, time::Moment};
use serde_json::Value;

use super::WHOLE_BODY;
use crate::{
    api::error::{ApiError, Code},
    app::App,
    payments::{TRIES, event},
    store::{StoreError, event as events, salon},
    stripe::signature,
};

/// Stripe's events are far smaller, in bytes.
const LONGEST: usize = 512 * 1024;

/// Takes an event for a salon.
///
/// Answers 2xx only after the commit, so that Stripe sends again whatever was not kept.
pub async fn take(
    State(app): State<App>,
    Path(slug): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> (StatusCode, &'static str) {
    match try_take(&app, &slug, &headers, body).await {
        Ok(()) => (StatusCode::OK, "kept\n"),
        Err(error) => {
            tracing::warn!(message = %error.message, "a webhook was refused");
            if error.code == Code::Invalid {
                note_refused(&app, &slug, &error.message).await;
            }
            match error.code {
                Code::Invalid => (StatusCode::BAD_REQUEST, "This event can't be taken.\n"),
                Code::NotFound => (StatusCode::NOT_FOUND, "There is no webhook at this address.\n"),
                _ => (
                    StatusCode::SERVICE_UNAVAILABLE,
                    "Not kept. Send it again later.\n",
                ),
            }
        }
    }
}

/// So that the owner sees it: a signing secret that was mistyped refuses every event.
async fn note_refused(app: &App, slug: &str, why: &str) {
    let Ok(slug) = SalonSlug::parse(slug) else { return };
    let lately = |at: Moment| app.now().since(at) < 60_000;
    let note = async {
        let found = salon::find(app.store.read(), &slug).await?;
        let Some(salon) = found.filter(|salon| !salon.refused.as_ref().is_some_and(|(at, _)| lately(*at)))
        else {
            return Ok(());
        };
        let mut write = app.store.write().await?;
        salon::note_refused(write.conn(), &salon.salon.slug, why, app.now()).await?;
        write.commit().await
    };
    if let Err(error) = note.await {
        tracing::warn!(%error, "a refused webhook could not be noted");
    }
}

async fn try_take(app: &App, slug: &str, headers: &HeaderMap, body: Body) -> Result<(), ApiError> {
    let body = tokio::time::timeout(WHOLE_BODY, to_bytes(body, LONGEST))
        .await
        .ok()
        .and_then(Result::ok)
        .ok_or_else(|| invalid("the body is too long, took too long, or was cut off"))?;
    let unknown = || ApiError::new(Code::NotFound, "no such salon, or one without a signing secret");
    let slug = SalonSlug::parse(slug).map_err(|_| unknown())?;
    let salon = salon::find(app.store.read(), &slug).await?.ok_or_else(unknown)?;
    let header = headers
        .get("stripe-signature")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let now = app.now();
    let secrets = salon.signing_secrets(&app.master_key, now)?;
    let seconds = now.0.div_euclid(1000);
    // Two while a secret is being replaced: either will do. A refusal is the present secret's.
    let mut checked = secrets
        .iter()
        .map(|secret| signature::verify(header, &body, secret, seconds));
    let present = checked.next().ok_or_else(unknown)?;
    if let Err(error) = present
        && !checked.any(|former| former.is_ok())
    {
        return Err(invalid(&error.to_string()));
    }

    let text = std::str::from_utf8(&body).map_err(|_| invalid("the body is not text"))?;
    let parsed = event::parse(text).map_err(|error| invalid(&error.to_string()))?;
    let text = &*without_secrets(text);
    let live = salon
        .publishable_key
        .as_ref()
        .is_some_and(|key| key.mode() == Mode::Live);
    if parsed.livemode != live {
        return Err(invalid("an event of the other mode, live or test"));
    }
    for _ in 0..TRIES {
        let mut write = app.store.write().await?;
        let new = events::keep(write.conn(), &slug, &parsed.id, &parsed.kind, text, now).await?;
        if !new {
            return Ok(());
        }
        if event::apply(&mut write, &slug, &parsed, now).await? {
            match write.commit().await {
                Err(StoreError::Conflict(_)) => continue,
                done => done?,
            }
            tracing::info!(event = %parsed.id, kind = %parsed.kind, "kept an event");
            return Ok(());
        }
    }
    Err(ApiError::new(
        Code::Busy,
        "the booking of this event changed all the time",
    ))
}

/// An event as it is kept. A PaymentIntent's event carries its client secret, which is for the payer's browser alone: by itself,
/// and in the address at which the payer's bank asks.
fn without_secrets(text: &str) -> Cow<'_, str> {
    const SECRET: &str = "secret";
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|name, _| !name.contains(SECRET));
                fields.values_mut().for_each(strip);
            }
            Value::Array(list) => list.iter_mut().for_each(strip),
            Value::String(text) if text.contains(SECRET) => "(not kept)".clone_into(text),
            _ => {}
        }
    }
    if !text.contains(SECRET) {
        return Cow::Borrowed(text);
    }
    // It was read as JSON a moment ago; should it not be now, nothing of it is kept.
    let mut value = serde_json::from_str(text).unwrap_or_default();
    strip(&mut value);
    Cow::Owned(value.to_string())
}

fn invalid(why: &str) -> ApiError {
    ApiError::new(Code::Invalid, why)
}

#[cfg(test)]
mod tests {
    use super::without_secrets;

    #[test]
    fn an_event_is_kept_as_it_came_but_for_what_is_secret_in_it() {
        let plain = r#"{"id": "evt_1",  "data": {"amount": 1.50}}"#;
        assert_eq!(without_secrets(plain), plain);
        let with = r#"{"id":"evt_1","data":{"object":{"client_secret":"pi_1_secret_2","id":"pi_1","list":[{"client_secret":null}],
            "next_action":{"url":"https://hooks.stripe.com/x?client_secret=src_3"}}}}"#;
        assert_eq!(
            without_secrets(with),
            r#"{"data":{"object":{"id":"pi_1","list":[{}],"next_action":{"url":"(not kept)"}}},"id":"evt_1"}"#
        );
    }
}
