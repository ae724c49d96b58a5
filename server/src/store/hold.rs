//! Holds that are over: which can be ended now.

use domain::{id::BookingId, time::Moment};
use sqlx::{AnyConnection, AnyPool};

use super::StoreError;

/// A hold that is over and can be ended: nobody knows when what has no intent yet, or is Stripe's own work, comes to an end, and it is
/// asked about until it does.
macro_rules! hold_is_over {
    () => {
        "b.state = 'held' AND b.hold_until <= $1 AND b.end_at <= $1 AND NOT EXISTS (SELECT 1 FROM attempt a \
         WHERE a.booking = b.id AND a.purpose = 'booking' AND (a.state IN ('created', 'unknown', 'processing') \
         OR (a.state = 'requires_action' AND a.intent IS NULL)))"
    };
}

/// Up to `most` salons with bookings whose hold is over, the longest ended first.
///
/// # Errors
/// [`StoreError`].
pub async fn salons_over(db: &AnyPool, now: Moment, most: i64) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = sqlx::query_as(concat!(
        "SELECT b.salon FROM booking b WHERE ",
        hold_is_over!(),
        " GROUP BY b.salon ORDER BY MIN(b.hold_until) LIMIT $2"
    ))
    .bind(now.0)
    .bind(most)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|(salon,)| salon).collect())
}

/// Up to `most` bookings of a salon whose hold is over, the longest ended first, and how often their end was tried in vain.
///
/// # Errors
/// [`StoreError`].
pub async fn over(
    db: &AnyPool,
    salon: &str,
    now: Moment,
    most: i64,
) -> Result<Vec<(BookingId, i64)>, StoreError> {
    let rows: Vec<(String, i64)> = sqlx::query_as(concat!(
        "SELECT b.id, b.end_tries FROM booking b WHERE ",
        hold_is_over!(),
        " AND b.salon = $2 ORDER BY b.hold_until LIMIT $3"
    ))
    .bind(now.0)
    .bind(salon)
    .bind(most)
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|(id, tries)| Ok((BookingId::parse(&id).map_err(StoreError::damaged)?, tries)))
        .collect()
}

/// Notes when the end of a hold is tried again. Any change of the booking or its payment brings that forward.
///
/// # Errors
/// [`StoreError`].
pub async fn put_off(db: &mut AnyConnection, id: &BookingId, until: Moment) -> Result<(), StoreError> {
    sqlx::query("UPDATE booking SET end_at = $2, end_tries = end_tries + 1 WHERE id = $1")
        .bind(id.as_str())
        .bind(until.0)
        .execute(db)
        .await?;
    Ok(())
}
