//! What of an attempt's money is set aside for refunds, and what is given back.

use domain::id::AttemptId;
use sqlx::AnyConnection;

use crate::store::StoreError;

/// Sets `sum` (minor units) aside for a refund; `false` when that much is not left, or when so much as `given_back`, if that is
/// told, is not what went back before. Of two refunds at once the database lets one through.
///
/// # Errors
/// [`StoreError`].
pub async fn reserve(
    db: &mut AnyConnection,
    id: &AttemptId,
    sum: i64,
    given_back: Option<i64>,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE attempt SET reserved = reserved + $2 \
         WHERE id = $1 AND state = 'succeeded' AND $2 > 0 AND refunded + reserved + $2 <= sum \
         AND refunded + reserved = COALESCE($3, refunded + reserved)",
    )
    .bind(id.as_str())
    .bind(sum)
    .bind(given_back)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Moves what is set aside and what is given back by so much (minor units, signed); `false` when it does not fit the payment.
///
/// # Errors
/// [`StoreError`].
pub async fn move_refunds(
    db: &mut AnyConnection,
    id: &AttemptId,
    reserved: i64,
    refunded: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE attempt SET reserved = reserved + $2, refunded = refunded + $3 \
         WHERE id = $1 AND reserved + $2 >= 0 AND refunded + $3 >= 0 AND refunded + $3 <= sum",
    )
    .bind(id.as_str())
    .bind(reserved)
    .bind(refunded)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}
