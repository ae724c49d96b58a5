//! Stripe's events, kept as they came.

use domain::{id::SalonSlug, time::Moment};
use sqlx::{AnyConnection, AnyExecutor};

use super::StoreError;

/// Keeps an event; `false` when it was kept before.
///
/// # Errors
/// [`StoreError`].
pub async fn keep(
    db: &mut AnyConnection,
    salon: &SalonSlug,
    id: &str,
    kind: &str,
    payload: &str,
    now: Moment,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO event (salon, id, type, received, payload) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
    )
    .bind(salon.as_str())
    .bind(id)
    .bind(kind)
    .bind(now.0)
    .bind(payload)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether an event of this id came.
///
/// # Errors
/// [`StoreError`].
pub async fn is_kept(db: impl AnyExecutor<'_>, salon: &SalonSlug, id: &str) -> Result<bool, StoreError> {
    let found: Option<(String,)> = sqlx::query_as("SELECT id FROM event WHERE salon = $1 AND id = $2")
        .bind(salon.as_str())
        .bind(id)
        .fetch_optional(db)
        .await?;
    Ok(found.is_some())
}

/// When the latest event of a salon came.
///
/// # Errors
/// [`StoreError`].
pub async fn latest(db: impl AnyExecutor<'_>, salon: &SalonSlug) -> Result<Option<Moment>, StoreError> {
    let found: Option<(i64,)> =
        sqlx::query_as("SELECT received FROM event WHERE salon = $1 ORDER BY received DESC LIMIT 1")
            .bind(salon.as_str())
            .fetch_optional(db)
            .await?;
    Ok(found.map(|(at,)| Moment(at)))
}

/// Whether an event came since then that names this object of Stripe's.
///
/// # Errors
/// [`StoreError`].
pub async fn named_since(
    db: impl AnyExecutor<'_>,
    salon: &SalonSlug,
    object: &str,
    since: Moment,
) -> Result<bool, StoreError> {
    let found: Option<(String,)> = sqlx::query_as(
        "SELECT id FROM event WHERE salon = $1 AND received >= $2 AND payload LIKE '%' || $3 || '%' LIMIT 1",
    )
    .bind(salon.as_str())
    .bind(since.0)
    .bind(object)
    .fetch_optional(db)
    .await?;
    Ok(found.is_some())
}
