//! Errors in Stripe's envelope.

use serde_json::{Map, Value, json};

/// A call's result. The error is boxed: it is rare, and large.
pub type Outcome<T> = Result<T, Box<ApiError>>;

/// One refusal, with what the client is told.
#[derive(Debug)]
pub struct ApiError {
    pub status: u16,
    /// `invalid_request_error`, `card_error`, `idempotency_error` or `api_error`.
    pub kind: &'static str,
    pub code: Option<String>,
    pub message: String,
    pub param: Option<String>,
    /// Further members of `error`: `decline_code`, `payment_intent`, …
    pub extra: Map<String, Value>,
    /// Whether an idempotency key keeps this answer. Refusals of parameters are not kept: no work had begun.
    pub stored: bool,
}

impl ApiError {
    fn new(status: u16, kind: &'static str, message: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            status,
            kind,
            code: None,
            message: message.into(),
            param: None,
            extra: Map::new(),
            stored: false,
        })
    }

    /// A parameter that can't be accepted; nothing was done.
    pub fn invalid(message: impl Into<String>, param: impl Into<String>) -> Box<Self> {
        let mut error = Self::new(400, "invalid_request_error", message);
        error.param = Some(param.into());
        error
    }

    /// A refusal that depends on an object's state: work had begun, so an idempotency key keeps it.
    pub fn state(code: &str, message: impl Into<String>) -> Box<Self> {
        let mut error = Self::new(400, "invalid_request_error", message);
        error.code = Some(code.to_owned());
        error.stored = true;
        error
    }

    pub fn missing(kind: &str, id: &str, param: &str) -> Box<Self> {
        let mut error = Self::new(404, "invalid_request_error", format!("No such {kind}: '{id}'"));
        error.code = Some("resource_missing".to_owned());
        error.param = Some(param.to_owned());
        error
    }

    pub fn unauthorized(message: impl Into<String>) -> Box<Self> {
        Self::new(401, "invalid_request_error", message)
    }

    pub fn forbidden(message: impl Into<String>) -> Box<Self> {
        Self::new(403, "invalid_request_error", message)
    }

    pub fn not_found(method: &str, path: &str) -> Box<Self> {
        Self::new(
            404,
            "invalid_request_error",
            format!("Unrecognized request URL ({method}: {path}). The sandbox doesn't know this address."),
        )
    }

    pub fn idempotency(message: impl Into<String>) -> Box<Self> {
        Self::new(400, "idempotency_error", message)
    }

    pub fn in_use() -> Box<Self> {
        let mut error = Self::new(
            409,
            "idempotency_error",
            "There is currently another in-progress request using this Idempotency-Key (that probably means you submitted twice, and the other request is still going through). Please try again later.",
        );
        error.code = Some("idempotency_key_in_use".to_owned());
        error
    }

    pub fn lock_timeout(status: u16) -> Box<Self> {
        let mut error = Self::new(
            status,
            "invalid_request_error",
            "This object cannot be accessed right now because another API request or Stripe process is currently accessing it. Please retry the request.",
        );
        error.code = Some("lock_timeout".to_owned());
        error
    }

    pub fn rate_limit() -> Box<Self> {
        let mut error = Self::new(
            429,
            "invalid_request_error",
            "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
        );
        error.code = Some("rate_limit".to_owned());
        error
    }

    pub fn internal() -> Box<Self> {
        let mut error = Self::new(
            500,
            "api_error",
            "Sorry! There was an error while talking to one of our backends. (A fault asked of the sandbox.)",
        );
        error.stored = true;
        error
    }

    /// A declined card. The message is written for the payer.
    pub fn card(code: &str, message: &str) -> Box<Self> {
        let mut error = Self::new(402, "card_error", message);
        error.code = Some(code.to_owned());
        error.stored = true;
        error
    }

    #[must_use]
    pub fn code(mut self: Box<Self>, code: &str) -> Box<Self> {
        self.code = Some(code.to_owned());
        self
    }

    #[must_use]
    pub fn param(mut self: Box<Self>, param: &str) -> Box<Self> {
        self.param = Some(param.to_owned());
        self
    }

    #[must_use]
    pub fn with(mut self: Box<Self>, key: &str, value: Value) -> Box<Self> {
        self.extra.insert(key.to_owned(), value);
        self
    }

    /// The members of `error`, as also kept in `last_payment_error`.
    pub fn members(&self) -> Value {
        let mut members = self.extra.clone();
        members.insert("type".to_owned(), json!(self.kind));
        members.insert("message".to_owned(), json!(self.message));
        if let Some(code) = &self.code {
            members.insert("code".to_owned(), json!(code));
            members.insert(
                "doc_url".to_owned(),
                json!(format!(
                    "https://stripe.com/docs/error-codes/{}",
                    code.replace('_', "-")
                )),
            );
        }
        if let Some(param) = &self.param {
            members.insert("param".to_owned(), json!(param));
        }
        Value::Object(members)
    }

    pub fn body(&self) -> Value {
        json!({ "error": self.members() })
    }
}
