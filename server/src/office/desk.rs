//! Who asks for a page, and what every page has at hand.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse as _, Response},
};
use domain::{
    id::{BookingId, SalonSlug},
    role::Right,
};

use super::trouble::Trouble;
use crate::{
    api::error::{ApiError, Code},
    app::{App, random_id},
    store::{
        Write,
        audit::{self, By},
        salon::SalonRecord,
        session::{self, Session},
        staff::StaffRecord,
    },
};

/// Somebody of a salon, signed in, at work. Put into the request by the door ([`super::door::guarded`]).
#[derive(Clone, Debug)]
pub struct Desk {
    /// The application.
    pub app: App,
    /// The salon.
    pub salon: Arc<SalonRecord>,
    /// The session.
    pub session: Arc<Session>,
    /// The hash of the session's token.
    pub token_hash: Arc<str>,
}

impl Desk {
    /// The salon's name in addresses.
    #[must_use]
    pub fn slug(&self) -> &SalonSlug {
        &self.salon.salon.slug
    }

    /// Who is at work.
    #[must_use]
    pub fn staff(&self) -> &StaffRecord {
        &self.session.staff
    }

    /// Whether they may do this too: a page leaves out what its reader may not do.
    #[must_use]
    pub fn may(&self, right: Right) -> bool {
        self.staff().role.may(right)
    }

    /// The address of a page of this salon's back office; `rest` without a slash at the start.
    #[must_use]
    pub fn path(&self, rest: &str) -> String {
        format!("/office/{}/{rest}", self.slug())
    }

    /// Writes into the log what is done, in the transaction that does it.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn log(
        &self,
        write: &mut Write,
        what: &str,
        booking: Option<&BookingId>,
    ) -> Result<(), ApiError> {
        let (id, now) = (random_id()?, self.app.now());
        Ok(audit::insert(
            write.conn(),
            &id,
            self.slug(),
            By::Staff(self.staff()),
            what,
            booking,
            now,
        )
        .await?)
    }

    /// Commits what was done, and goes on to a page that says so.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn done(&self, mut write: Write, said: &str, rest: &str) -> Result<Response, Trouble> {
        session::set_notice(write.conn(), &self.token_hash, said).await?;
        write.commit().await?;
        Ok(self.go(rest))
    }

    /// Goes on to a page of this salon's back office.
    #[must_use]
    pub fn go(&self, rest: &str) -> Response {
        see(&self.path(rest))
    }
}

/// Goes on to an address of ours by `GET`.
#[must_use]
pub fn see(address: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, address.to_owned())]).into_response()
}

impl<S: Send + Sync> FromRequestParts<S> for Desk {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Desk, Trouble> {
        let desk = parts.extensions.get::<Desk>().cloned();
        desk.ok_or_else(|| {
            tracing::error!("a page of the back office stands before its door");
            ApiError::new(Code::Failed, "The server could not do this.").into()
        })
    }
}
