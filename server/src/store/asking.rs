//! When Stripe is asked what became of attempts.

use domain::{
    id::{AttemptId, BookingId},
    time::Moment,
};
use sqlx::{AnyConnection, AnyPool};

use super::{StoreError, attempt::AttemptRecord, to_name};

/// Puts off the next question about an attempt (`None`: no more are needed), and counts this one. `false` when it is not as it
/// was read any more: somebody else asks, or it was given up.
///
/// # Errors
/// [`StoreError`].
pub async fn put_off(
    db: &mut AnyConnection,
    from: &AttemptRecord,
    until: Option<Moment>,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE attempt SET asks = asks + 1, ask_at = $4 WHERE id = $1 AND state = $2 AND asks = $3",
    )
    .bind(from.id.as_str())
    .bind(to_name(&from.state)?)
    .bind(from.asks)
    .bind(until.map(|at| at.0))
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The first call of an attempt begins only now: nobody asks about it before `until`.
///
/// # Errors
/// [`StoreError`].
pub async fn begin_now(db: &mut AnyConnection, id: &AttemptId, until: Moment) -> Result<(), StoreError> {
    sqlx::query("UPDATE attempt SET ask_at = $2 WHERE id = $1 AND state = 'created' AND asks = 0")
        .bind(id.as_str())
        .bind(until.0)
        .execute(db)
        .await?;
    Ok(())
}

/// Nobody wants the fee of this booking any more: a charge that Stripe was never asked for is ended, and what became of one
/// that it was asked for is looked at next.
///
/// # Errors
/// [`StoreError`].
pub async fn give_up_fee(db: &mut AnyConnection, booking: &BookingId, now: Moment) -> Result<(), StoreError> {
    // Whoever sends it has counted that before: one of the two is first.
    sqlx::query(
        "UPDATE attempt SET state = 'canceled', ask_at = NULL WHERE booking = $1 AND purpose = 'fee' AND state = 'created' \
         AND asks = 0 AND confirmation_token = ''",
    )
    .bind(booking.as_str())
    .execute(&mut *db)
    .await?;
    // A payment of the client's own whose intent is not known yet may be on its way at this moment.
    sqlx::query(
        "UPDATE attempt SET ask_at = $2 WHERE booking = $1 AND purpose = 'fee' AND ask_at > $2 \
         AND (confirmation_token = '' OR intent IS NOT NULL)",
    )
    .bind(booking.as_str())
    .bind(now.0)
    .execute(db)
    .await?;
    Ok(())
}

/// Up to `most` salons with attempts that Stripe must be asked about by now.
///
/// # Errors
/// [`StoreError`].
pub async fn salons_to_ask(db: &AnyPool, now: Moment, most: i64) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT salon FROM attempt WHERE ask_at <= $1 GROUP BY salon ORDER BY MIN(ask_at) LIMIT $2",
    )
    .bind(now.0)
    .bind(most)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|(salon,)| salon).collect())
}

/// Up to `most` attempts of a salon that Stripe must be asked about by now.
///
/// # Errors
/// [`StoreError`].
pub async fn to_ask(db: &AnyPool, salon: &str, now: Moment, most: i64) -> Result<Vec<AttemptId>, StoreError> {
    let rows: Vec<(String,)> =
        sqlx::query_as("SELECT id FROM attempt WHERE ask_at <= $1 AND salon = $2 ORDER BY ask_at LIMIT $3")
            .bind(now.0)
            .bind(salon)
            .bind(most)
            .fetch_all(db)
            .await?;
    rows.into_iter()
        .map(|(id,)| AttemptId::parse(&id).map_err(StoreError::damaged))
        .collect()
}
