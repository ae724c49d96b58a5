//! Wrong passwords in a row, by the address that was typed: known or not, it is counted alike, so that nobody learns who signs in
//! here.

use domain::{id::SalonSlug, time::Moment};
use sqlx::{AnyConnection, AnyExecutor};

use super::{StoreError, booking::token_hash};

/// Forgotten after so long, in minutes.
const KEPT: i64 = 24 * 60;

/// Wrong passwords of late.
#[derive(Clone, Copy, Debug)]
pub struct Tried {
    /// How many in a row.
    pub failures: i64,
    /// Until when none is tried.
    pub blocked_until: Moment,
}

/// The wrong passwords of an address.
///
/// # Errors
/// [`StoreError`].
pub async fn of(db: impl AnyExecutor<'_>, salon: &SalonSlug, email: &str) -> Result<Tried, StoreError> {
    let row: Option<(i64, i64)> = sqlx::query_as(
        "SELECT failures, blocked_until FROM wrong_password WHERE salon = $1 AND address_hash = $2",
    )
    .bind(salon.as_str())
    .bind(token_hash(email))
    .fetch_optional(db)
    .await?;
    let (failures, until) = row.unwrap_or_default();
    Ok(Tried {
        failures,
        blocked_until: Moment(until),
    })
}

/// Counts a wrong password: no other is tried until then. Those of yesterday are forgotten, whosever they were.
///
/// # Errors
/// [`StoreError`].
pub async fn note(
    db: &mut AnyConnection,
    salon: &SalonSlug,
    email: &str,
    until: Moment,
    now: Moment,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM wrong_password WHERE at < $1")
        .bind(now.plus_minutes(-KEPT).0)
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "INSERT INTO wrong_password (salon, address_hash, failures, blocked_until, at) VALUES ($1, $2, 1, $3, $4) \
         ON CONFLICT (salon, address_hash) DO UPDATE SET failures = wrong_password.failures + 1, \
         blocked_until = excluded.blocked_until, at = excluded.at",
    )
    .bind(salon.as_str())
    .bind(token_hash(email))
    .bind(until.0)
    .bind(now.0)
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets those of an address, after the right one or a new one.
///
/// # Errors
/// [`StoreError`].
pub async fn forget(db: &mut AnyConnection, salon: &SalonSlug, email: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM wrong_password WHERE salon = $1 AND address_hash = $2")
        .bind(salon.as_str())
        .bind(token_hash(email))
        .execute(db)
        .await?;
    Ok(())
}
