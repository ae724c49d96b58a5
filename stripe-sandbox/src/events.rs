//! Events: what happened, kept as the bytes that are sent.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::account::Account;
use crate::errors::{ApiError, Outcome};
use crate::lists::{self, Page};
use crate::params::Params;
use crate::table::Row;
use crate::{API_VERSION, deliveries, ids};

/// One event. Its object is kept rendered, as it was at that moment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event {
    pub id: String,
    pub created: i64,
    pub kind: String,
    pub object: String,
    /// The id of that object.
    pub about: String,
    pub previous: Option<String>,
    pub request_id: Option<String>,
    pub idempotency_key: Option<String>,
}

impl Row for Event {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

impl Event {
    /// The body of a delivery to an endpoint of this API version.
    pub fn body(&self, api_version: &str, pending_webhooks: usize) -> String {
        let previous = self
            .previous
            .as_ref()
            .map(|previous| format!(",\"previous_attributes\":{previous}"))
            .unwrap_or_default();
        format!(
            "{{\"id\":\"{}\",\"object\":\"event\",\"api_version\":{},\"created\":{},\"data\":{{\"object\":{}{previous}}},\"livemode\":false,\"pending_webhooks\":{pending_webhooks},\"request\":{},\"type\":\"{}\"}}",
            self.id,
            json!(api_version),
            self.created,
            self.object,
            json!({ "id": self.request_id, "idempotency_key": self.idempotency_key }),
            self.kind,
        )
    }

    pub fn json(&self) -> Value {
        let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
        let mut data = json!({ "object": parse(&self.object) });
        if let (Some(previous), Some(data)) = (&self.previous, data.as_object_mut()) {
            data.insert("previous_attributes".to_owned(), parse(previous));
        }
        json!({
            "id": self.id, "object": "event", "api_version": API_VERSION, "created": self.created, "data": data, "livemode": false,
            "pending_webhooks": 0, "request": { "id": self.request_id, "idempotency_key": self.idempotency_key }, "type": self.kind,
        })
    }
}

/// Records that something happened and plans its deliveries.
pub fn emit(account: &mut Account, kind: &str, object: &Value) {
    emit_change(account, kind, object, None);
}

/// As [`emit`], with what the changed attributes were before.
pub fn emit_change(account: &mut Account, kind: &str, object: &Value, previous: Option<Value>) {
    let event = Event {
        id: ids::new("evt_1"),
        created: account.now(),
        kind: kind.to_owned(),
        object: object.to_string(),
        about: object
            .get("id")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        previous: previous.map(|previous| previous.to_string()),
        request_id: account.request.0.clone(),
        idempotency_key: account.request.1.clone(),
    };
    deliveries::plan(account, &event);
    account.events.insert(event);
    let limit = account.settings.max_events;
    account.events.keep(limit);
}

pub fn retrieve(account: &Account, id: &str, params: Params) -> Outcome<Value> {
    params.finish()?;
    account
        .events
        .get(id)
        .map(Event::json)
        .ok_or_else(|| ApiError::missing("event", id, "id"))
}

pub fn list(account: &Account, mut params: Params) -> Outcome<Value> {
    let page = Page::read(&mut params)?;
    let kind = params.text("type")?;
    let kinds = params.list("types")?;
    params.accept(&["delivery_success"]);
    params.finish()?;
    let wanted = |event: &Event| {
        kind.as_ref().is_none_or(|kind| matches(kind, &event.kind))
            && kinds
                .as_ref()
                .is_none_or(|kinds| kinds.iter().any(|kind| matches(kind, &event.kind)))
    };
    lists::list(&account.events, &page, "/v1/events", wanted, Event::json)
}

/// Whether a subscription (`*`, `charge.*`, `charge.failed`) takes events of this type.
pub fn matches(pattern: &str, kind: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => kind.starts_with(start),
        None => pattern == kind,
    }
}
