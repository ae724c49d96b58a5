//! The control API (`/_sandbox/…`): looking inside, and making things happen.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::account::{Account, NewAccount};
use crate::cards::{DisputeKind, TEST_CARDS};
use crate::deliveries;
use crate::errors::{ApiError, Outcome};
use crate::faults::Fault;
use crate::world::{App, World};
use crate::{charges, disputes, events, payouts, refunds, state, webhook_endpoints};

/// Answers every call under `/_sandbox/`.
pub async fn control(State(app): State<Arc<App>>, request: Request) -> Response<Body> {
    // Other people's pages must not pull levers here.
    if request
        .headers()
        .get("sec-fetch-site")
        .is_some_and(|site| site == "cross-site")
    {
        return answer(
            403,
            &json!({ "error": { "message": "The control API can't be called from another site's page." } }),
        );
    }
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default();
    let body: Value = match if body.is_empty() {
        Ok(Value::Null)
    } else {
        serde_json::from_slice(&body)
    } {
        Ok(body) => body,
        Err(error) => {
            return answer(
                400,
                &json!({ "error": { "message": format!("The body is not JSON: {error}") } }),
            );
        }
    };
    let path = parts
        .uri
        .path()
        .trim_start_matches("/_sandbox/")
        .trim_end_matches('/')
        .to_owned();
    let segments: Vec<&str> = path.split('/').collect();
    if segments == ["settle"] {
        return answer(200, &settle(&app, &body).await);
    }
    let query = parts.uri.query().unwrap_or_default();
    let result = {
        let mut world = app.lock();
        let now = world.now_ms();
        for account in &mut world.accounts {
            account.now_ms = now;
        }
        world.dirty |= parts.method != "GET";
        dispatch(&app, &mut world, parts.method.as_str(), &segments, query, body)
    };
    app.wake.notify_one();
    app.changed.notify_waiters();
    match result {
        Ok(value) => answer(200, &value),
        Err(error) => answer(error.status, &error.body()),
    }
}

fn answer(status: u16, body: &Value) -> Response<Body> {
    Response::builder()
        .status(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CACHE_CONTROL, "no-store")
        .body(Body::from(body.to_string()))
        .unwrap_or_default()
}

fn read<T: for<'de> Deserialize<'de> + Default>(body: Value) -> Outcome<T> {
    if body.is_null() {
        return Ok(T::default());
    }
    serde_json::from_value(body)
        .map_err(|error| ApiError::invalid(format!("The body can't be understood: {error}"), "body"))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Order {
    what: Option<String>,
    advance_s: Option<i64>,
    amount: Option<i64>,
    reason: Option<String>,
    kind: Option<DisputeKind>,
    won: bool,
    paid: Option<bool>,
    times: Option<u32>,
}

fn dispatch(
    app: &App,
    world: &mut World,
    method: &str,
    segments: &[&str],
    query: &str,
    body: Value,
) -> Outcome<Value> {
    match (method, segments) {
        ("GET", ["state"]) => {
            let place = place(world, query)?;
            Ok(world
                .accounts
                .get(place)
                .map(|account| state::json(world, account))
                .unwrap_or_default())
        }
        ("POST", ["reset"]) => {
            *world = World::new(world.settings.clone());
            world.add_default()?;
            world.dirty = true;
            Ok(json!({ "reset": true }))
        }
        ("GET", ["cards"]) => Ok(
            json!({ "data": TEST_CARDS.iter().map(|card| json!({ "number": card.number, "payment_method": card.alias, "label": card.label })).collect::<Vec<_>>() }),
        ),
        ("GET", ["accounts"]) => {
            Ok(json!({ "data": world.accounts.iter().map(state::account).collect::<Vec<_>>() }))
        }
        ("POST", ["accounts"]) => {
            let new: NewAccount = read(body)?;
            world.add(new).map(state::account)
        }
        ("GET", ["faults"]) => Ok(world.faults.list()),
        ("POST", ["faults"]) => {
            let fault: Fault = serde_json::from_value(body).map_err(|error| {
                ApiError::invalid(format!("The fault can't be understood: {error}"), "body")
            })?;
            world
                .faults
                .add(fault)
                .map_err(|message| ApiError::invalid(message, "fault"))
        }
        ("DELETE", ["faults"]) => {
            world.faults.clear(None);
            Ok(world.faults.list())
        }
        ("DELETE", ["faults", id]) => {
            world.faults.clear(id.parse().ok());
            Ok(world.faults.list())
        }
        ("GET", ["webhooks"]) => Ok(json!(world.tricks)),
        ("POST", ["webhooks"]) => {
            // What isn't named stays as it is.
            let mut merged = json!(world.tricks);
            if let (Some(members), Value::Object(changes)) = (merged.as_object_mut(), body) {
                members.extend(changes);
            }
            let tricks: deliveries::Tricks = read(merged)?;
            world.set_tricks(tricks);
            Ok(json!(world.tricks))
        }
        ("DELETE", ["webhooks"]) => {
            world.set_tricks(deliveries::Tricks::default());
            Ok(json!(world.tricks))
        }
        ("POST", ["clock"]) => {
            let order: Order = read(body)?;
            world.clock_offset_ms = world
                .clock_offset_ms
                .saturating_add(order.advance_s.unwrap_or_default().saturating_mul(1_000));
            let now = world.now_ms();
            for account in &mut world.accounts {
                account.now_ms = now;
                account.run_due();
            }
            Ok(json!({ "now": now.div_euclid(1_000) }))
        }
        ("GET", ["config"]) => Ok(json!({ "url": app.config.url() })),
        _ => {
            let place = place(world, query)?;
            let account = world.accounts.get_mut(place).ok_or_else(ApiError::internal)?;
            act(account, method, segments, body)
        }
    }
}

/// What happens to objects of one account.
fn act(account: &mut Account, method: &str, segments: &[&str], body: Value) -> Outcome<Value> {
    if let ("POST", ["account"]) = (method, segments) {
        return change_account(account, read(body)?);
    }
    if let ("POST", ["webhook_endpoints", id, "roll"]) = (method, segments) {
        return webhook_endpoints::roll(account, id);
    }
    let order: Order = read(body)?;
    let found = |account: &Account, id: &str| {
        account
            .object(id)
            .ok_or_else(|| ApiError::missing("object", id, "id"))
    };
    match (method, segments) {
        ("POST", ["advance"]) => {
            let what = order.what.as_deref().unwrap_or("all");
            if !["all", "fees", "refunds", "disputes", "payouts"].contains(&what) {
                return Err(ApiError::invalid(
                    "what is one of all, fees, refunds, disputes, payouts.",
                    "what",
                ));
            }
            Ok(json!({ "ran": account.advance(what) }))
        }
        ("POST", ["events", id, "resend"]) if deliveries::resend(account, id) => Ok(json!({ "resent": id })),
        ("POST", ["webhooks", "release"]) => {
            deliveries::release(account);
            Ok(json!({ "released": true }))
        }
        ("POST", ["charges", id, "dispute"]) => {
            let kind = order.kind.unwrap_or(DisputeKind::Fraudulent);
            let dispute = disputes::open(account, id, kind).ok_or_else(|| {
                ApiError::invalid(
                    "This charge can't be disputed: it was not captured, is refunded or disputed already.",
                    "id",
                )
            })?;
            found(account, &dispute)
        }
        ("POST", ["charges", id, "refund"]) => refunds::make(
            account,
            id,
            order.amount,
            order.reason,
            std::collections::BTreeMap::default(),
        ),
        ("POST", ["pending"]) => {
            account.pending_next = order.times.unwrap_or(1);
            Ok(json!({ "times": account.pending_next }))
        }
        ("POST", ["charges", id, "decide"]) => charges::decide(account, id, order.paid.unwrap_or(true)),
        ("POST", ["charges", id, "expire"]) => charges::expire(account, id),
        ("POST", ["charges", id, "fee"]) => {
            crate::transactions::settle_charge(account, id);
            found(account, id)
        }
        ("POST", ["refunds", id, "fail"]) => {
            refunds::fail(account, id);
            found(account, id)
        }
        ("POST", ["disputes", id, "close"]) => {
            disputes::close(account, id, order.won);
            found(account, id)
        }
        ("POST", ["disputes", id, "reopen"]) if disputes::reopen(account, id) => found(account, id),
        ("POST", ["payouts"]) => payouts::automatic(account),
        ("POST", ["payouts", id, "fail"]) => {
            payouts::pay(account, id, false);
            found(account, id)
        }
        ("GET", ["objects", id]) => {
            found(account, id).or_else(|error| account.events.get(id).map(events::Event::json).ok_or(error))
        }
        _ => Err(ApiError::not_found(
            method,
            &format!("/_sandbox/{}", segments.join("/")),
        )),
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct AccountChange {
    charges_enabled: Option<bool>,
    payouts_enabled: Option<bool>,
    details_submitted: Option<bool>,
    display_name: Option<String>,
}

fn change_account(account: &mut Account, change: AccountChange) -> Outcome<Value> {
    account.charges_enabled = change.charges_enabled.unwrap_or(account.charges_enabled);
    account.payouts_enabled = change.payouts_enabled.unwrap_or(account.payouts_enabled);
    account.details_submitted = change.details_submitted.unwrap_or(account.details_submitted);
    account.display_name = change.display_name.or_else(|| account.display_name.take());
    let json = account.json();
    events::emit(account, "account.updated", &json);
    Ok(json)
}

/// The account meant: `?account=acct_…` or `?key=…`, else the first.
fn place(world: &World, query: &str) -> Outcome<usize> {
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        let found = match name {
            "account" => world.accounts.iter().position(|account| account.id == value),
            "key" => world.account_of(value).map(|(place, _)| place),
            _ => continue,
        };
        return found.ok_or_else(|| ApiError::missing("account", "of the query", name));
    }
    Ok(0)
}

/// Waits until no delivery is due or on its way, at most `timeout_ms` (5 seconds).
async fn settle(app: &App, body: &Value) -> Value {
    let limit = Duration::from_millis(body.get("timeout_ms").and_then(Value::as_u64).unwrap_or(5_000));
    let waiting = async {
        loop {
            let changed = app.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let pending: usize = {
                let world = app.lock();
                let now = world.now_ms();
                world
                    .accounts
                    .iter()
                    .map(|account| state::pending(account, now))
                    .sum()
            };
            if pending == 0 {
                return;
            }
            changed.await;
        }
    };
    let settled = tokio::time::timeout(limit, waiting).await.is_ok();
    json!({ "settled": settled })
}
