//! Faults on demand: what can go wrong between a client and Stripe.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::errors::ApiError;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// No answer, and nothing was done.
    TimeoutBefore,
    /// No answer, though it was done.
    TimeoutAfter,
    #[serde(rename = "500_before")]
    ServerErrorBefore,
    #[serde(rename = "500_after")]
    ServerErrorAfter,
    /// The key is refused, as one that was withdrawn; it may be taken again for the next call.
    #[serde(rename = "401")]
    KeyRefused,
    #[serde(rename = "409")]
    Conflict,
    #[serde(rename = "429")]
    RateLimit,
    /// Works, late; its idempotency key is in flight meanwhile.
    Slow,
    ConnectionResetBefore,
    ConnectionResetAfter,
}

/// What goes wrong in the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Js {
    /// Stripe.js answers 503.
    Blocked,
    /// Stripe.js comes late.
    Slow,
    /// The Payment Element fires `loaderror`.
    Loaderror,
    /// The Payment Element's frame comes late.
    SlowFrame,
}

fn once() -> u32 {
    1
}

/// One fault. It strikes `times` matching calls, then it is gone.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    #[serde(default)]
    pub id: u64,
    pub method: Option<String>,
    /// An address; `*` stands for one segment, at the end for all that follow. None matches every address.
    pub path: Option<String>,
    pub fault: Option<Kind>,
    pub js: Option<Js>,
    #[serde(default = "once")]
    pub times: u32,
    pub delay_ms: Option<u64>,
    /// Whether a 500's answer is kept under the idempotency key. By default: after the effect yes, before it no.
    pub stored: Option<bool>,
    /// Header `Stripe-Should-Retry` on the answer.
    pub should_retry: Option<bool>,
    /// `lock_timeout` for a 409 or 429 of that kind.
    pub code: Option<String>,
    /// How often it struck.
    #[serde(default)]
    pub struck: u32,
}

impl Fault {
    /// The answer in place of the work, for faults that prevent it.
    pub fn refusal(&self) -> Option<Box<ApiError>> {
        let lock = self.code.as_deref() == Some("lock_timeout");
        match self.fault? {
            Kind::ServerErrorBefore => {
                let mut error = ApiError::internal();
                error.stored = self.stored.unwrap_or(false);
                Some(error)
            }
            Kind::KeyRefused => {
                Some(ApiError::unauthorized("Invalid API Key provided").code("api_key_invalid"))
            }
            Kind::Conflict if lock => Some(ApiError::lock_timeout(409)),
            Kind::Conflict => Some(ApiError::in_use()),
            Kind::RateLimit if lock => Some(ApiError::lock_timeout(429)),
            Kind::RateLimit => Some(ApiError::rate_limit()),
            _ => None,
        }
    }
}

/// The faults waiting to strike.
#[derive(Default)]
pub struct Faults {
    waiting: Vec<Fault>,
    number: u64,
}

impl Faults {
    pub fn add(&mut self, mut fault: Fault) -> Result<Value, String> {
        match (fault.fault, fault.js) {
            (Some(_), None) | (None, Some(_)) => {}
            _ => return Err("Give either `fault` (for calls) or `js` (for the browser).".to_owned()),
        }
        self.number += 1;
        fault.id = self.number;
        fault.struck = 0;
        let json = json!(fault);
        self.waiting.push(fault);
        Ok(json)
    }

    pub fn list(&self) -> Value {
        json!({ "data": self.waiting })
    }

    pub fn clear(&mut self, id: Option<u64>) {
        self.waiting.retain(|fault| id.is_some_and(|id| fault.id != id));
    }

    /// Takes one strike of the first fault that matches this call.
    pub fn strike(&mut self, method: &str, path: &str) -> Option<Fault> {
        if self.waiting.is_empty() {
            return None;
        }
        self.take(|fault| {
            fault.fault.is_some()
                && fault
                    .method
                    .as_ref()
                    .is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
                && fault.path.as_ref().is_none_or(|pattern| matches(pattern, path))
        })
    }

    /// Takes one strike of a browser fault.
    pub fn strike_js(&mut self, kinds: &[Js]) -> Option<Fault> {
        self.take(|fault| fault.js.is_some_and(|js| kinds.contains(&js)))
    }

    fn take(&mut self, matching: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let at = self.waiting.iter().position(matching)?;
        let fault = self.waiting.get_mut(at)?;
        fault.struck += 1;
        let struck = fault.clone();
        if fault.times <= fault.struck {
            self.waiting.remove(at);
        }
        Some(struck)
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    let mut wanted = pattern.trim_end_matches('/').split('/').peekable();
    let mut given = path.trim_end_matches('/').split('/');
    while let Some(part) = wanted.next() {
        match given.next() {
            Some(_) if part == "*" && wanted.peek().is_none() => return true,
            Some(segment) if part == "*" || part == segment => {}
            _ => return false,
        }
    }
    given.next().is_none()
}

#[cfg(test)]
mod tests {
    #[test]
    fn paths() {
        for (pattern, path, expected) in [
            ("/v1/payment_intents", "/v1/payment_intents", true),
            ("/v1/payment_intents", "/v1/payment_intents/pi_1", false),
            (
                "/v1/payment_intents/*/cancel",
                "/v1/payment_intents/pi_1/cancel",
                true,
            ),
            (
                "/v1/payment_intents/*/cancel",
                "/v1/payment_intents/pi_1/confirm",
                false,
            ),
            ("/v1/payment_intents/*", "/v1/payment_intents/pi_1/confirm", true),
            ("/v1/payment_intents/*", "/v1/payment_intents", false),
            ("/v1/*", "/v1/refunds", true),
        ] {
            assert_eq!(super::matches(pattern, path), expected, "{pattern} {path}");
        }
    }
}
