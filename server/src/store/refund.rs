//! Refunds.

use domain::time::Moment;
use domain::{
    currency::Currency,
    id::{AttemptId, RefundId},
    money::Money,
};
use sqlx::{AnyConnection, AnyExecutor};

use super::StoreError;

/// A refund as it is kept.
#[derive(Clone, Debug)]
pub struct RefundRecord {
    /// Its id, and the idempotency key of its call.
    pub id: RefundId,
    /// The attempt whose money goes back.
    pub attempt: AttemptId,
    /// How much.
    pub sum: Money,
}

/// The refund of this id.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: impl AnyExecutor<'_>, id: &RefundId) -> Result<Option<RefundRecord>, StoreError> {
    let row: Option<(String, i64, String)> = sqlx::query_as(
        "SELECT r.attempt, r.sum, a.currency FROM refund r JOIN attempt a ON a.id = r.attempt WHERE r.id = $1",
    )
    .bind(id.as_str())
    .fetch_optional(db)
    .await?;
    row.map(|(attempt, sum, currency)| {
        let currency = Currency::parse(&currency).map_err(StoreError::damaged)?;
        Ok(RefundRecord {
            id: id.clone(),
            attempt: AttemptId::parse(&attempt).map_err(StoreError::damaged)?,
            sum: Money::new(sum, currency).map_err(StoreError::damaged)?,
        })
    })
    .transpose()
}

/// Writes a refund of money that has no booking; `false` when there is one already.
///
/// # Errors
/// [`StoreError`].
pub async fn insert_for_nothing(
    db: &mut AnyConnection,
    new: &RefundRecord,
    now: Moment,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO refund (id, attempt, sum, reason, state, created) VALUES ($1, $2, $3, 'no_booking', 'created', $4) \
         ON CONFLICT DO NOTHING",
    )
    .bind(new.id.as_str())
    .bind(new.attempt.as_str())
    .bind(new.sum.minor())
    .bind(now.0)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes what Stripe says of a refund.
///
/// # Errors
/// [`StoreError`].
pub async fn set_state(
    db: impl AnyExecutor<'_>,
    id: &RefundId,
    stripe_id: &str,
    state: &str,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE refund SET stripe_id = $2, state = $3 WHERE id = $1")
        .bind(id.as_str())
        .bind(stripe_id)
        .bind(state)
        .execute(db)
        .await?;
    Ok(())
}
