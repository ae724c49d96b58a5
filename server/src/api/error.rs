//! The one error type of the wire.

use serde::{Deserialize, Serialize};
use server_fn::{codec::JsonEncoding, error::FromServerFnError, error::ServerFnErrorErr};

/// What went wrong, for the page to act on and for a person to read.
///
/// Never holds a secret: the cause goes to the log, under [`ApiError::request`].
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct ApiError {
    /// What the page acts on, and has its own words for in the client's language.
    pub code: Code,
    /// One plain English sentence that says what happened and what to do.
    pub message: String,
    /// The input the error is about, for [`Code::Invalid`]: `name`, `email`, `phone`, `note`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// For [`Code::TooMany`]: after so many seconds it may be tried again. The header `Retry-After` says it too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// The id of the request in the server's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
}

/// The kinds of error.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// An input can't be right: [`ApiError::field`] says which.
    Invalid,
    /// There is no such salon, service, person, date or link.
    NotFound,
    /// The call carries no token, or one that fits nothing (any more).
    NotYours,
    /// Somebody else has that time.
    SlotTaken,
    /// The hold ended; the slot can be taken again if it is still free.
    HoldEnded,
    /// The sum is not what the server asks for: the price or the terms changed.
    PriceChanged,
    /// A payment of this booking is under way, here or in another tab: ask for the status.
    InProgress,
    /// The booking is paid, or needs no payment any more.
    AlreadyPaid,
    /// The booking was called off.
    Cancelled,
    /// The visit link is past its time.
    LinkExpired,
    /// The visit link was opened again elsewhere, or the opened page is too old.
    OpenedElsewhere,
    /// Too many calls from one address, or too many declined cards ([`ApiError::field`] is `card`). See
    /// [`ApiError::retry_after`].
    TooMany,
    /// Busy for a moment: the same call may be sent again.
    Busy,
    /// Stripe does not answer, or refuses the salon's account. Nothing was charged by this call. If the sum is less than a
    /// card can be charged, [`ApiError::field`] is `amount`.
    PaymentDown,
    /// The server failed. The cause is in its log.
    Failed,
    /// The call never got an answer: made by the client, never sent by the server.
    Network,
}

impl ApiError {
    /// An error of this kind with this sentence.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> ApiError {
        ApiError {
            code,
            message: message.into(),
            field: None,
            retry_after: None,
            request: None,
        }
    }

    /// An input that can't be right.
    #[must_use]
    pub fn invalid(field: &str, message: impl Into<String>) -> ApiError {
        ApiError {
            field: Some(field.to_owned()),
            ..ApiError::new(Code::Invalid, message)
        }
    }
}

impl Code {
    /// The HTTP status of an answer with this code.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Code::Invalid => 400,
            Code::NotYours => 401,
            Code::NotFound => 404,
            Code::SlotTaken | Code::PriceChanged | Code::InProgress | Code::AlreadyPaid | Code::Cancelled => {
                409
            }
            Code::HoldEnded | Code::LinkExpired | Code::OpenedElsewhere => 410,
            Code::TooMany => 429,
            Code::PaymentDown => 502,
            Code::Busy | Code::Network => 503,
            Code::Failed => 500,
        }
    }

    /// Whether the very same call may be sent again by itself after a moment. [`Code::TooMany`] says itself when.
    #[must_use]
    pub fn is_passing(self) -> bool {
        matches!(self, Code::Busy | Code::Network)
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ApiError {}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(value: ServerFnErrorErr) -> ApiError {
        match value {
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => ApiError::new(
                Code::Network,
                "There was no answer. Check your connection and try again.",
            ),
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Deserialization(_) => {
                ApiError::new(Code::Invalid, "This request can't be read. Load the page again.")
            }
            _ => ApiError::new(
                Code::Failed,
                "The server could not do this. Try again in a moment.",
            ),
        }
    }
}
