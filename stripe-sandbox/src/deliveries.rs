//! Deliveries of events to webhook endpoints: planning, retries and the tricks a receiver must survive.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::account::Account;
use crate::events::Event;
use crate::table::Row;
use crate::{API_VERSION, events, ids, signature};

/// Disturbances of all deliveries, set by the control API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tricks {
    /// Hold everything back until resumed.
    pub paused: bool,
    /// Send each event this many more times.
    pub duplicates: usize,
    /// Wait before the first try.
    pub delay_ms: i64,
    /// Collect this many deliveries, then send them last first.
    pub reorder: usize,
    /// Lose this many of the next deliveries for good.
    pub drop: usize,
    /// Add a second, foreign v1 before the right one.
    pub two_signatures: bool,
    /// Sign wrongly.
    pub wrong_signature: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Pending,
    Delivered,
    Failed,
    Dropped,
}

/// One event on its way to one endpoint.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Delivery {
    pub id: String,
    pub created: i64,
    pub event: String,
    pub kind: String,
    pub endpoint: String,
    pub state: State,
    pub attempts: usize,
    pub due_ms: i64,
    /// Counts up: what is due at the same moment goes out in this order.
    number: u64,
    /// HTTP status of the last try; 0 when there was no answer.
    pub last_status: Option<u16>,
    pub last_error: Option<String>,
    body: String,
}

impl Row for Delivery {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

impl Delivery {
    pub fn json(&self) -> Value {
        json!({
            "id": self.id, "event": self.event, "type": self.kind, "endpoint": self.endpoint, "state": self.state, "attempts": self.attempts,
            "due_ms": self.due_ms, "last_status": self.last_status, "last_error": self.last_error, "created": self.created,
        })
    }
}

/// What a sender needs for one try; taken under the lock, sent without it.
pub struct Parcel {
    pub delivery: String,
    pub url: String,
    pub signature: String,
    pub body: String,
}

/// Plans the deliveries of a new event.
pub fn plan(account: &mut Account, event: &Event) {
    let targets: Vec<(String, String)> = account
        .endpoints
        .iter()
        .filter(|endpoint| !endpoint.deleted && !endpoint.disabled)
        .filter(|endpoint| {
            endpoint
                .enabled_events
                .iter()
                .any(|pattern| events::matches(pattern, &event.kind))
        })
        .map(|endpoint| {
            (
                endpoint.id.clone(),
                endpoint
                    .api_version
                    .clone()
                    .unwrap_or_else(|| API_VERSION.to_owned()),
            )
        })
        .collect();
    for (endpoint, version) in &targets {
        let body = event.body(version, targets.len());
        for _ in 0..=account.settings.tricks.duplicates.min(20) {
            add(account, event, endpoint, body.clone());
        }
    }
}

/// Sends an event once more, to every endpoint that takes it.
pub fn resend(account: &mut Account, event: &str) -> bool {
    let Some(event) = account.events.get(event).cloned() else {
        return false;
    };
    plan(account, &event);
    true
}

fn add(account: &mut Account, event: &Event, endpoint: &str, body: String) {
    let dropped = account.settings.tricks.drop > 0;
    account.settings.tricks.drop = account.settings.tricks.drop.saturating_sub(1);
    account.task_number += 1;
    let delivery = Delivery {
        id: ids::new("dlv_"),
        created: account.now(),
        event: event.id.clone(),
        kind: event.kind.clone(),
        endpoint: endpoint.to_owned(),
        state: if dropped { State::Dropped } else { State::Pending },
        attempts: 0,
        due_ms: account.now_ms.saturating_add(account.settings.tricks.delay_ms),
        number: account.task_number,
        last_status: None,
        last_error: None,
        body,
    };
    let (due, number, id) = (delivery.due_ms, delivery.number, delivery.id.clone());
    account.deliveries.insert(delivery);
    let limit = account.settings.max_events.saturating_mul(2);
    account.deliveries.keep(limit);
    if dropped {
        return;
    }
    if account.settings.tricks.reorder > 1 {
        account.held_for_reordering.push(id);
        if account.held_for_reordering.len() >= account.settings.tricks.reorder {
            release(account);
        }
    } else {
        account.due.insert((due, number, id));
    }
}

/// Lets the collected deliveries go, last first, a little apart so that the order arrives.
pub fn release(account: &mut Account) {
    let held = std::mem::take(&mut account.held_for_reordering);
    let mut due = account.now_ms;
    for id in held.into_iter().rev() {
        if let Some(delivery) = account.deliveries.get_mut(&id) {
            delivery.due_ms = due;
            account.due.insert((due, delivery.number, id));
            due = due.saturating_add(60);
        }
    }
}

/// Takes the next delivery that is due.
pub fn take(account: &mut Account, unix: i64) -> Option<Parcel> {
    if account.settings.tricks.paused {
        return None;
    }
    loop {
        let (due, number, id) = account.due.first()?.clone();
        if due > account.now_ms {
            return None;
        }
        account.due.remove(&(due, number, id.clone()));
        let Some(delivery) = account.deliveries.get_mut(&id) else {
            continue;
        };
        let Some(endpoint) = account
            .endpoints
            .get(&delivery.endpoint)
            .filter(|endpoint| !endpoint.deleted && !endpoint.disabled)
        else {
            delivery.state = State::Failed;
            delivery.last_error = Some("the endpoint is gone".to_owned());
            continue;
        };
        delivery.attempts += 1;
        let tricks = &account.settings.tricks;
        let mut signature = format!("t={unix}");
        let mut push = |secret: &str| {
            signature.push_str(",v1=");
            signature.push_str(&signature::v1(secret, unix, &delivery.body));
        };
        if tricks.two_signatures {
            push("whsec_of_somebody_else");
        }
        if tricks.wrong_signature {
            push("whsec_that_is_wrong");
        } else {
            endpoint.old_secret.iter().for_each(|old| push(old));
            push(&endpoint.secret);
        }
        return Some(Parcel {
            delivery: id,
            url: endpoint.url.clone(),
            signature,
            body: delivery.body.clone(),
        });
    }
}

/// Notes how a try ended and plans the next one.
pub fn finish(account: &mut Account, id: &str, result: Result<u16, String>) {
    let now = account.now_ms;
    let (base, cap, most) = (
        account.settings.retry_base,
        account.settings.retry_cap,
        account.settings.max_attempts,
    );
    let Some(delivery) = account.deliveries.get_mut(id) else {
        return;
    };
    let (status, error) = match result {
        Ok(status) => (status, None),
        Err(error) => (0, Some(error)),
    };
    delivery.last_status = Some(status);
    delivery.last_error = error;
    if (200..300).contains(&status) {
        delivery.state = State::Delivered;
    } else if delivery.attempts >= most {
        delivery.state = State::Failed;
    } else {
        let doublings = u32::try_from(delivery.attempts.saturating_sub(1).min(20)).unwrap_or(20);
        delivery.due_ms = now.saturating_add(base.saturating_mul(1_i64 << doublings).min(cap));
        account
            .due
            .insert((delivery.due_ms, delivery.number, id.to_owned()));
    }
}

/// After a restart: what was pending is due again.
pub fn restore(account: &mut Account) {
    account.due = account
        .deliveries
        .iter()
        .filter(|delivery| delivery.state == State::Pending)
        .map(|delivery| (delivery.due_ms, delivery.number, delivery.id.clone()))
        .collect();
}
