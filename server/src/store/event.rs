//! Stripe's events, kept as they came.

use domain::{id::SalonSlug, time::Moment};
use sqlx::AnyConnection;

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
