//! Webhook endpoints. The sandbox sends to this machine only.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::account::Account;
use crate::errors::{ApiError, Outcome};
use crate::lists::{self, Page};
use crate::params::{Params, merge};
use crate::table::Row;
use crate::{API_VERSION, ids};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WebhookEndpoint {
    pub id: String,
    pub created: i64,
    pub url: String,
    pub enabled_events: Vec<String>,
    pub api_version: Option<String>,
    pub description: Option<String>,
    pub metadata: BTreeMap<String, String>,
    pub disabled: bool,
    pub secret: String,
    /// The secret before the last roll, still valid beside the new one.
    pub old_secret: Option<String>,
    pub deleted: bool,
}

impl Row for WebhookEndpoint {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

impl WebhookEndpoint {
    pub fn json(&self) -> Value {
        json!({
            "id": self.id, "object": "webhook_endpoint", "api_version": self.api_version, "application": null, "created": self.created,
            "description": self.description, "enabled_events": self.enabled_events, "livemode": false, "metadata": self.metadata,
            "status": if self.disabled { "disabled" } else { "enabled" }, "url": self.url,
        })
    }
}

pub fn create(account: &mut Account, mut params: Params) -> Outcome<Value> {
    let url = local(&params.require_text("url")?)?;
    let enabled_events = events(&mut params)?.ok_or_else(|| params.required("enabled_events"))?;
    let api_version = params.text("api_version")?;
    let description = params.clearable("description")?.filter(|text| !text.is_empty());
    let metadata = params.metadata()?.unwrap_or_default();
    params.accept(&["connect"]);
    params.finish()?;
    if account
        .endpoints
        .iter()
        .filter(|endpoint| !endpoint.deleted)
        .count()
        >= 16
    {
        return Err(ApiError::state(
            "resource_limit_exceeded",
            "You have reached the maximum of 16 test webhook endpoints.",
        ));
    }
    let endpoint = WebhookEndpoint {
        id: ids::new("we_1"),
        created: account.now(),
        url,
        enabled_events,
        api_version: Some(api_version.unwrap_or_else(|| API_VERSION.to_owned())),
        description,
        metadata,
        disabled: false,
        secret: ids::new("whsec_"),
        old_secret: None,
        deleted: false,
    };
    let mut answer = endpoint.json();
    if let Some(answer) = answer.as_object_mut() {
        // Told this once and never again.
        answer.insert("secret".to_owned(), json!(endpoint.secret));
    }
    account.endpoints.insert(endpoint);
    Ok(answer)
}

pub fn retrieve(account: &Account, id: &str, params: Params) -> Outcome<Value> {
    params.finish()?;
    account
        .endpoints
        .get(id)
        .filter(|row| !row.deleted)
        .map(WebhookEndpoint::json)
        .ok_or_else(|| missing(id))
}

pub fn update(account: &mut Account, id: &str, mut params: Params) -> Outcome<Value> {
    let url = params.text("url")?.map(|url| local(&url)).transpose()?;
    let enabled = events(&mut params)?;
    let description = params.clearable("description")?;
    let disabled = params.boolean("disabled")?;
    let metadata = params.metadata()?;
    params.finish()?;
    let endpoint = account
        .endpoints
        .get_mut(id)
        .filter(|row| !row.deleted)
        .ok_or_else(|| missing(id))?;
    if let Some(url) = url {
        endpoint.url = url;
    }
    if let Some(enabled) = enabled {
        endpoint.enabled_events = enabled;
    }
    if let Some(description) = description {
        endpoint.description = Some(description).filter(|text| !text.is_empty());
    }
    if let Some(disabled) = disabled {
        endpoint.disabled = disabled;
    }
    merge(&mut endpoint.metadata, metadata.unwrap_or_default());
    Ok(endpoint.json())
}

pub fn delete(account: &mut Account, id: &str, params: Params) -> Outcome<Value> {
    params.finish()?;
    let endpoint = account
        .endpoints
        .get_mut(id)
        .filter(|row| !row.deleted)
        .ok_or_else(|| missing(id))?;
    endpoint.deleted = true;
    Ok(json!({ "id": id, "object": "webhook_endpoint", "deleted": true }))
}

pub fn list(account: &Account, mut params: Params) -> Outcome<Value> {
    let page = Page::read(&mut params)?;
    params.finish()?;
    lists::list(
        &account.endpoints,
        &page,
        "/v1/webhook_endpoints",
        |row| !row.deleted,
        WebhookEndpoint::json,
    )
}

/// Rolls the signing secret: from now on deliveries carry a signature by each of the two.
pub fn roll(account: &mut Account, id: &str) -> Outcome<Value> {
    let endpoint = account
        .endpoints
        .get_mut(id)
        .filter(|row| !row.deleted)
        .ok_or_else(|| missing(id))?;
    let old = std::mem::replace(&mut endpoint.secret, ids::new("whsec_"));
    endpoint.old_secret = Some(old);
    Ok(json!({ "id": id, "secret": endpoint.secret }))
}

fn missing(id: &str) -> Box<ApiError> {
    ApiError::missing("webhook endpoint", id, "webhook_endpoint")
}

fn events(params: &mut Params) -> Outcome<Option<Vec<String>>> {
    let Some(events) = params.list("enabled_events")? else {
        return Ok(None);
    };
    if events.is_empty() {
        return Err(ApiError::invalid(
            "enabled_events must name at least one event.",
            "enabled_events",
        ));
    }
    for event in &events {
        if event != "*"
            && !(event.contains('.')
                && event
                    .chars()
                    .all(|letter| letter.is_ascii_lowercase() || "._*0123456789".contains(letter)))
        {
            return Err(ApiError::invalid(
                format!("Invalid enabled_events: {event} is not an event type."),
                "enabled_events",
            ));
        }
    }
    Ok(Some(events))
}

/// Accepts addresses of this machine only: a sandbox must never call out.
fn local(url: &str) -> Outcome<String> {
    let refused = || {
        ApiError::invalid("The sandbox delivers webhooks to this machine only: use http://127.0.0.1:PORT/…, http://localhost:PORT/… or http://[::1]:PORT/….", "url").code("url_invalid")
    };
    let parsed = reqwest::Url::parse(url).map_err(|_| {
        ApiError::invalid(
            "Invalid URL: An explicit scheme (such as https) must be provided.",
            "url",
        )
        .code("url_invalid")
    })?;
    let host = parsed.host_str().unwrap_or_default();
    let loopback = host == "localhost"
        || host.ends_with(".localhost")
        || host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback());
    if parsed.scheme() != "http" || !loopback {
        Err(refused())
    } else {
        Ok(url.to_owned())
    }
}
