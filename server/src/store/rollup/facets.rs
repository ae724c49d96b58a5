//! What a payment was for, as it was when it began: whose day, which services, who did them, how it was paid.

use std::{collections::HashMap, sync::Arc};

use domain::{id::AttemptId, report::shares};
use jiff::{Timestamp, tz::TimeZone};
use sqlx::AnyConnection;

use super::Key;
use crate::store::{StoreError, attempt};

/// What the payments of one round were for: each is read once.
#[derive(Default)]
pub struct Facets {
    known: HashMap<AttemptId, Option<Arc<Of>>>,
    zones: HashMap<String, TimeZone>,
}

/// What one payment was for.
pub struct Of {
    /// `online`, `link` or `fee`.
    pub way: String,
    employee: String,
    zone: TimeZone,
    /// Services and products, with their prices.
    lines: Vec<(String, i64)>,
}

impl Facets {
    /// What this payment was for; `None`: it is not of the mode of the salon's present keys, and counts nowhere.
    pub async fn of(
        &mut self,
        db: &mut AnyConnection,
        attempt: &AttemptId,
    ) -> Result<Option<Arc<Of>>, StoreError> {
        if let Some(known) = self.known.get(attempt) {
            return Ok(known.clone());
        }
        let read = self.read(db, attempt).await?.map(Arc::new);
        self.known.insert(attempt.clone(), read.clone());
        Ok(read)
    }

    async fn read(&mut self, db: &mut AnyConnection, attempt: &AttemptId) -> Result<Option<Of>, StoreError> {
        let row: Option<(String, String, String)> = sqlx::query_as(
            "SELECT a.employee, a.way, s.time_zone FROM attempt a JOIN salon s ON s.slug = a.salon AND s.mode = a.mode WHERE a.id = $1",
        )
        .bind(attempt.as_str())
        .fetch_optional(&mut *db)
        .await?;
        let Some((employee, way, zone)) = row else {
            return Ok(None);
        };
        let lines = attempt::lines(&mut *db, attempt).await?;
        Ok(Some(Of {
            way,
            employee,
            zone: self.zone(&zone)?,
            lines: if lines.is_empty() {
                vec![(String::new(), 0)]
            } else {
                lines
            },
        }))
    }

    fn zone(&mut self, name: &str) -> Result<TimeZone, StoreError> {
        if let Some(zone) = self.zones.get(name) {
            return Ok(zone.clone());
        }
        let zone = TimeZone::get(name).map_err(StoreError::damaged)?;
        self.zones.insert(name.to_owned(), zone.clone());
        Ok(zone)
    }
}

impl Of {
    /// The salon's own day of a moment (milliseconds since 1970).
    pub fn day(&self, at: i64) -> String {
        let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
        at.to_zoned(self.zone.clone()).date().to_string()
    }

    /// A sum, shared out over the services and products.
    pub fn shares(&self, sum: i64) -> Vec<(&str, i64)> {
        let prices: Vec<i64> = self.lines.iter().map(|(_, price)| *price).collect();
        let names = self.lines.iter().map(|(name, _)| name.as_str());
        names.zip(shares(sum, &prices)).collect()
    }

    /// Under what a figure of it stands.
    pub fn key(&self, salon: &str, day: &str, service: &str, currency: &str) -> Key {
        Key {
            salon: salon.to_owned(),
            day: day.to_owned(),
            service: service.to_owned(),
            employee: self.employee.clone(),
            way: self.way.clone(),
            currency: currency.to_owned(),
        }
    }
}

/// The payment that a charge, a refund or a dispute of Stripe's is of.
pub async fn attempt_of(
    db: &mut AnyConnection,
    salon: &str,
    source: &str,
) -> Result<Option<AttemptId>, StoreError> {
    let found: Option<(String,)> = sqlx::query_as(
        "SELECT id FROM attempt WHERE salon = $1 AND charge = $2 \
         UNION ALL SELECT r.attempt FROM refund r JOIN attempt a ON a.id = r.attempt WHERE a.salon = $1 AND r.stripe_id = $2 \
         UNION ALL SELECT attempt FROM dispute WHERE salon = $1 AND id = $2 LIMIT 1",
    )
    .bind(salon)
    .bind(source)
    .fetch_optional(db)
    .await?;
    found
        .map(|(id,)| AttemptId::parse(&id).map_err(StoreError::damaged))
        .transpose()
}

/// The service or product that a refund of Stripe's is of, if of one alone.
pub async fn service_of(
    db: &mut AnyConnection,
    salon: &str,
    source: &str,
) -> Result<Option<String>, StoreError> {
    let found: Option<(Option<String>,)> = sqlx::query_as(
        "SELECT r.service FROM refund r JOIN attempt a ON a.id = r.attempt WHERE a.salon = $1 AND r.stripe_id = $2",
    )
    .bind(salon)
    .bind(source)
    .fetch_optional(db)
    .await?;
    Ok(found.and_then(|(service,)| service))
}
