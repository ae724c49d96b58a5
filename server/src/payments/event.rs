//! Stripe's events: a trigger and a record.

use domain::{id::SalonSlug, time::Moment};
use serde::Deserialize;

use super::object;
use crate::{api::error::ApiError, store::Write, stripe::object::Object};

/// An event, as far as it is needed.
#[derive(Debug, Deserialize)]
pub struct Event {
    /// `evt_…`.
    pub id: String,
    /// Such as `charge.succeeded`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it is about real money.
    pub livemode: bool,
    /// When Stripe made it, in seconds since 1970: what it carries is as it was then.
    #[serde(default)]
    pub created: i64,
    data: Data,
}

#[derive(Debug, Deserialize)]
struct Data {
    object: Object,
}

/// Reads an event.
///
/// # Errors
/// When it is not one.
pub fn parse(text: &str) -> Result<Event, serde_json::Error> {
    serde_json::from_str(text)
}

/// Applies an event within a transaction; `false` when somebody changed the same thing meanwhile: roll back and try again.
///
/// An event about something that is not ours changes nothing, and is kept all the same.
///
/// # Errors
/// [`ApiError`].
pub async fn apply(
    write: &mut Write,
    salon: &SalonSlug,
    event: &Event,
    now: Moment,
) -> Result<bool, ApiError> {
    let told = object::Told {
        kind: &event.kind,
        at: event.created,
    };
    object::apply(write, salon, &event.data.object, told, now).await
}
