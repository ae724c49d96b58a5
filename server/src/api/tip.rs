//! A tip that goes with the payment of a visit.

use domain::money::Money;
use serde::{Deserialize, Serialize};
use server_fn::codec::Json;
use server_fn_macro_default::server;

use super::{booking::Booking, error::ApiError};

/// Sets the tip of the bearer's visit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TipRequest {
    /// The tip: zero up to the price of the visit.
    pub tip: Money,
}

/// Sets, changes or takes back the tip that is paid with the bearer's visit. Afterwards it costs that much more, and that much more is
/// due.
///
/// Safe to send again.
///
/// # Errors
/// `Invalid`: the salon did not offer it, or the sum is no tip of this visit; `InProgress`, `AlreadyPaid`: it is too late;
/// `NotYours`, `OpenedElsewhere`.
#[server(name = TipCall, prefix = "/api/v1", endpoint = "tip", input = Json, output = Json)]
pub async fn tip(request: TipRequest) -> Result<Booking, ApiError> {
    crate::handlers::tip::tip(request).await
}
