//! When a choice of services can be had.

use domain::{
    id::{EmployeeId, SalonSlug, ServiceId},
    time::Moment,
};
use serde::{Deserialize, Serialize};
use server_fn::codec::Json;
use server_fn_macro_default::server;

use super::error::ApiError;

/// Asks for free times. For group events see the dates in the catalogue.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FreeTimesRequest {
    /// The salon.
    pub salon: SalonSlug,
    /// The services, one after the other: 1 to 5.
    pub services: Vec<ServiceId>,
    /// Who shall do them; `None`: anybody who can.
    pub employee: Option<EmployeeId>,
    /// The first day, `2026-11-24`, in the salon's time zone; `None`: today.
    pub from: Option<String>,
    /// How many days, 1 to 31.
    pub days: u8,
}

/// Free times, day by day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FreeTimes {
    /// Every day that was asked for up to [`FreeTimes::last`], also those without a free time.
    pub days: Vec<Day>,
    /// When none of these days has a free time: the next day that has one, up to 60 days on.
    pub next: Option<String>,
    /// The last day that can be booked, `2027-01-23`: asking for later ones finds nothing.
    pub last: String,
}

/// A day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Day {
    /// `2026-11-24`, in the salon's time zone.
    pub date: String,
    /// Its free times, earliest first; each moment once.
    pub times: Vec<FreeTime>,
}

/// A time that is free.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct FreeTime {
    /// When the first service would start.
    pub start: Moment,
    /// Who would do it: the one who was asked for, or one of those who are free.
    pub employee: EmployeeId,
}

/// Free times of a choice of services. With the token of a hold, the time that it holds counts as free.
///
/// # Errors
/// `NotFound`: no such salon, service or person; `Invalid`: a date or a number is out of range.
#[server(name = FreeTimesCall, prefix = "/api/v1", endpoint = "free-times", input = Json, output = Json)]
pub async fn free_times(request: FreeTimesRequest) -> Result<FreeTimes, ApiError> {
    crate::handlers::free_times::free_times(request).await
}
