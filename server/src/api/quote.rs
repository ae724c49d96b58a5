//! What a booking costs, what is due now, and why.

use domain::{
    cancellation::Explained,
    id::{EmployeeId, GroupDateId, SalonSlug, ServiceId},
    terms::Quote,
    time::Moment,
};
use serde::{Deserialize, Serialize};
use server_fn::codec::Json;
use server_fn_macro_default::server;

use super::error::ApiError;

/// What a client chose.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// The salon.
    pub salon: SalonSlug,
    /// The services, one after the other: 1 to 5. A group event stands alone.
    pub services: Vec<ServiceId>,
    /// Who does them.
    pub employee: EmployeeId,
    /// When the first one starts.
    pub start: Moment,
    /// The date of a group event; `None` for services by appointment.
    pub date: Option<GroupDateId>,
}

/// The price of a choice and its terms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quoted {
    /// What it costs, what is due now and why, for a client the salon does not know.
    pub quote: Quote,
    /// What cancelling will cost, and until when it is free.
    pub cancellation: Explained,
}

/// Prices a choice. Reserves nothing.
///
/// # Errors
/// `NotFound`: no such salon, service or person; `Invalid`: they do not go together.
#[server(name = QuoteCall, prefix = "/api/v1", endpoint = "quote", input = Json, output = Json)]
pub async fn quote(request: Choice) -> Result<Quoted, ApiError> {
    crate::handlers::quote::quote(request).await
}
