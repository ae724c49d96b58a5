//! What a server function knows of the request it answers.

use std::net::IpAddr;

use domain::id::{BookingToken, SalonSlug};

use crate::{
    api::error::{ApiError, Code},
    app::App,
    store::{
        booking::{self, BookingRecord, token_hash},
        salon::{self, SalonRecord},
    },
};

/// The request a server function answers.
#[derive(Clone, Debug)]
pub struct Context {
    /// The application.
    pub app: App,
    /// The bearer's token, if there is one.
    pub token: Option<BookingToken>,
    /// Where it comes from, if that is known.
    pub client: Option<IpAddr>,
}

tokio::task_local! {
    /// Set around each server function by the API's door (`http::api`).
    pub static CONTEXT: Context;
}

/// The request this server function answers.
///
/// # Errors
/// Only when called outside of one.
pub fn current() -> Result<Context, ApiError> {
    CONTEXT
        .try_with(Clone::clone)
        .map_err(|_| ApiError::new(Code::Failed, "There is no request to answer."))
}

impl Context {
    /// The bearer's token.
    ///
    /// # Errors
    /// `NotYours` when the call carries none.
    pub fn token(&self) -> Result<&BookingToken, ApiError> {
        self.token.as_ref().ok_or_else(not_yours)
    }

    /// The booking of the bearer's token.
    ///
    /// # Errors
    /// `NotYours` when it fits none; `OpenedElsewhere` when its time is over, or another page opened the link since.
    pub async fn booking(&self) -> Result<BookingRecord, ApiError> {
        let hash = token_hash(self.token()?.reveal());
        let db = self.app.store.read();
        let elsewhere = |why| Err(ApiError::new(Code::OpenedElsewhere, why));
        match booking::by_token(db, &hash).await? {
            Some(booking) if booking.token_until.is_some_and(|until| until <= self.app.now()) => {
                elsewhere("This page is more than an hour old. Open the link again to go on.")
            }
            Some(booking) => Ok(booking),
            None if booking::was_token(db, &hash).await? => {
                elsewhere("This link was opened on another page. Go on there, or open it here again.")
            }
            None => Err(not_yours()),
        }
    }

    /// The salon of this name.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn salon(&self, slug: &SalonSlug) -> Result<SalonRecord, ApiError> {
        salon::find(self.app.store.read(), slug)
            .await?
            .ok_or_else(|| ApiError::new(Code::NotFound, "There is no salon at this address."))
    }
}

fn not_yours() -> ApiError {
    ApiError::new(
        Code::NotYours,
        "This page is not linked to a booking any more. Start again, or open your link again.",
    )
}
