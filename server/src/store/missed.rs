//! Who did not come.

use domain::{
    id::{BookingId, SalonSlug},
    terms::History,
    time::Moment,
};
use sqlx::{AnyConnection, AnyExecutor, AnyPool};

use super::StoreError;

/// When the salon noted that the client of this booking did not come; `None`: it did not.
///
/// # Errors
/// [`StoreError`].
pub async fn at(db: impl AnyExecutor<'_>, id: &BookingId) -> Result<Option<Moment>, StoreError> {
    let found: Option<(Option<i64>,)> = sqlx::query_as("SELECT missed FROM booking WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(db)
        .await?;
    Ok(found.and_then(|(at,)| at).map(Moment))
}

/// Notes that a client did not come, or (`None`) that they did after all. Goes with a change of the booking's version
/// (`booking::advance`).
///
/// # Errors
/// [`StoreError`].
pub async fn mark(db: &mut AnyConnection, id: &BookingId, at: Option<Moment>) -> Result<(), StoreError> {
    sqlx::query("UPDATE booking SET missed = $2 WHERE id = $1")
        .bind(id.as_str())
        .bind(at.map(|at| at.0))
        .execute(db)
        .await?;
    Ok(())
}

/// What the salon knows of a client of this address.
///
/// # Errors
/// [`StoreError`].
pub async fn history(
    db: &AnyPool,
    salon: &SalonSlug,
    email: &str,
    now: Moment,
) -> Result<History, StoreError> {
    let found: Option<(Option<i64>,)> = sqlx::query_as(
        "SELECT missed FROM booking \
         WHERE salon = $1 AND email = $2 AND state = 'booked' AND (missed IS NOT NULL OR ends < $3) \
         ORDER BY CASE WHEN missed IS NULL THEN 1 ELSE 0 END LIMIT 1",
    )
    .bind(salon.as_str())
    .bind(email)
    .bind(now.0)
    .fetch_optional(db)
    .await?;
    Ok(match found {
        None => History::New,
        Some((None,)) => History::Known,
        Some((Some(_),)) => History::Missed,
    })
}
