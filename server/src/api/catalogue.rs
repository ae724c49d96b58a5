//! What a salon offers.

use domain::{
    cancellation::CancellationTerms,
    currency::Currency,
    id::{EmployeeId, GroupDateId, SalonSlug, ServiceId},
    money::Money,
    terms::{Part, Rule, SalonTerms},
    time::Moment,
};
use serde::{Deserialize, Serialize};
use server_fn::codec::Json;
use server_fn_macro_default::server;

use super::error::ApiError;

/// The salon, as a client sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Salon {
    /// Its name in addresses.
    pub slug: SalonSlug,
    /// Its name.
    pub name: String,
    /// Street, place: one line.
    pub address: String,
    /// For calls, as people write it.
    pub phone: String,
    /// Its colour, `#rrggbb`. The page derives the rest.
    pub colour: String,
    /// The currency of all its prices.
    pub currency: Currency,
    /// IANA name, such as `Europe/Vienna`.
    pub time_zone: String,
    /// ISO 3166 country, two letters: the first choice for phone and card.
    pub country: String,
}

/// Everything a client can choose from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Catalogue {
    /// The salon.
    pub salon: Salon,
    /// Its services, in the salon's order.
    pub services: Vec<Service>,
    /// Its people, in the salon's order.
    pub employees: Vec<Employee>,
    /// Its terms of payment in online booking.
    pub terms: SalonTerms,
    /// Its terms for cancelling.
    pub cancellation: CancellationTerms,
    /// How long a slot is held while a client pays, in minutes.
    pub hold_minutes: u8,
}

/// A service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Its id.
    pub id: ServiceId,
    /// Its name.
    pub name: String,
    /// One or two sentences; may be empty.
    pub description: String,
    /// How long it takes, in minutes.
    pub minutes: u16,
    /// Its price, or the lower end of its price range.
    pub price: Money,
    /// The upper end of its price range, if it has one.
    pub price_to: Option<Money>,
    /// Its payment rule.
    pub rule: Rule,
    /// The part of it that is paid online.
    pub part: Part,
    /// Who does it. Empty for a group event.
    pub employees: Vec<EmployeeId>,
    /// The dates of a group event that can still be booked; `None` for a service by appointment.
    pub dates: Option<Vec<GroupDate>>,
}

/// One date of a group event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupDate {
    /// Its id.
    pub id: GroupDateId,
    /// When it starts.
    pub start: Moment,
    /// Who leads it.
    pub employee: EmployeeId,
    /// How many seats were free when this was asked: for whoever holds one, that one too.
    pub seats_left: u16,
}

/// Somebody who works at the salon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Employee {
    /// Their id.
    pub id: EmployeeId,
    /// Their name.
    pub name: String,
    /// What they do; may be empty.
    pub title: String,
    /// Their payment rule.
    pub rule: Rule,
}

/// Asks what a salon offers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CatalogueRequest {
    /// The salon.
    pub salon: SalonSlug,
}

/// What a salon offers. With the token of a hold, the seat of a group event that it holds counts as free.
///
/// # Errors
/// [`Code::NotFound`](super::error::Code::NotFound): no such salon.
#[server(name = CatalogueCall, prefix = "/api/v1", endpoint = "catalogue", input = Json, output = Json)]
pub async fn catalogue(request: CatalogueRequest) -> Result<Catalogue, ApiError> {
    crate::handlers::catalogue::catalogue(request).await
}
