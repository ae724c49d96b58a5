//! Opening a visit link. Paying then goes through `confirm` and `settle`, like every payment.

use domain::id::LinkToken;
use serde::{Deserialize, Serialize};
use server_fn::codec::Json;
use server_fn_macro_default::server;

use super::{booking::Booking, error::ApiError};

/// Opens a visit link for the bearer's token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OpenRequest {
    /// The link's secret part.
    pub link: LinkToken,
}

/// Opens a visit link: from now on the bearer's token (new, made in the browser of 32 random bytes) acts for the visit, for
/// one hour, and the page that opened it before does not any more. A payment that page had under way is ended first; if it
/// was paid meanwhile, it was paid.
///
/// # Errors
/// `NotFound`: no such link; `LinkExpired`; `InProgress`: what the earlier page began can't be ended yet.
#[server(name = OpenLinkCall, prefix = "/api/v1", endpoint = "open-link", input = Json, output = Json)]
pub async fn open_link(request: OpenRequest) -> Result<Booking, ApiError> {
    crate::handlers::link::open(request).await
}
