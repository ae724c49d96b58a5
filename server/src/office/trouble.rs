//! What a page says when it can't do what was asked.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::page;
use crate::api::error::{ApiError, Code};

/// What a page or a button answers.
pub type Answer = Result<Response, Trouble>;

/// Why there is no page. The cause is in the log; the sentence is for the person.
#[derive(Debug)]
pub struct Trouble(pub ApiError);

impl Trouble {
    /// There is no such thing at this salon.
    #[must_use]
    pub fn not_found(what: &str) -> Trouble {
        Trouble(ApiError::new(
            Code::NotFound,
            format!("There is no {what} at this address. It may have been removed meanwhile."),
        ))
    }

    /// Somebody else changed it at the same time.
    #[must_use]
    pub fn changed() -> Trouble {
        Trouble(ApiError::new(
            Code::InProgress,
            "Somebody changed this at the same moment. Look at it again.",
        ))
    }
}

impl<E: Into<ApiError>> From<E> for Trouble {
    fn from(error: E) -> Trouble {
        Trouble(error.into())
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        tracing::info!(code = ?self.0.code, message = %self.0.message, "refused");
        page::sentence(status, &self.0.message)
    }
}
