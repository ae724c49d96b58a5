//! Payouts to the salon's bank: what Stripe says of them, the latest word.

use domain::id::SalonSlug;
use sqlx::{AnyConnection, AnyExecutor, FromRow};

use super::StoreError;

/// A payout to the salon's bank.
#[derive(Clone, Debug)]
pub struct PayoutRecord {
    /// Stripe's `po_…`.
    pub id: String,
    /// How much, in minor units; negative when the bank pays Stripe.
    pub amount: i64,
    /// In capitals.
    pub currency: String,
    /// Stripe's `status`.
    pub state: String,
    /// When Stripe said so, in seconds since 1970.
    pub seen_at: i64,
    /// When it reaches the bank, in seconds since 1970.
    pub arrives: i64,
}

// Each column by its name: see `booking`.
macro_rules! select {
    ($where:literal) => {
        concat!(
            "SELECT id, amount, currency, state, seen_at, arrives FROM payout WHERE ",
            $where
        )
    };
}

/// A salon's payout of this id.
///
/// # Errors
/// [`StoreError`].
pub async fn find(
    db: impl AnyExecutor<'_>,
    salon: &SalonSlug,
    id: &str,
) -> Result<Option<PayoutRecord>, StoreError> {
    let row: Option<Row> = sqlx::query_as(select!("salon = $1 AND id = $2"))
        .bind(salon.as_str())
        .bind(id)
        .fetch_optional(db)
        .await?;
    Ok(row.map(Row::read))
}

/// A salon's payouts, in the mode of its present keys, that have come to nothing definite yet and were to reach its bank since
/// then (seconds since 1970), those that arrive first first (at most 100).
///
/// # Errors
/// [`StoreError`].
pub async fn open(
    db: impl AnyExecutor<'_>,
    salon: &SalonSlug,
    since: i64,
) -> Result<Vec<PayoutRecord>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(select!(
        "salon = $1 AND mode = (SELECT s.mode FROM salon s WHERE s.slug = $1) \
         AND state IN ('pending', 'in_transit') AND arrives >= $2 ORDER BY arrives LIMIT 100"
    ))
    .bind(salon.as_str())
    .bind(since)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Row::read).collect())
}

/// A salon's payouts, in the mode of its present keys, that reach its bank in this time (seconds since 1970), the latest first
/// (at most 100).
///
/// # Errors
/// [`StoreError`].
pub async fn arriving(
    db: impl AnyExecutor<'_>,
    salon: &SalonSlug,
    from: i64,
    to: i64,
) -> Result<Vec<PayoutRecord>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(select!(
        "salon = $1 AND mode = (SELECT s.mode FROM salon s WHERE s.slug = $1) \
         AND arrives >= $2 AND arrives < $3 ORDER BY arrives DESC LIMIT 100"
    ))
    .bind(salon.as_str())
    .bind(from)
    .bind(to)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Row::read).collect())
}

/// Writes what Stripe says of a payout, unless something later is known.
///
/// # Errors
/// [`StoreError`].
pub async fn keep(db: &mut AnyConnection, salon: &SalonSlug, new: &PayoutRecord) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO payout (salon, id, amount, currency, state, seen_at, arrives, mode) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, COALESCE((SELECT s.mode FROM salon s WHERE s.slug = $1), 'live')) \
         ON CONFLICT (salon, id) DO UPDATE SET state = excluded.state, seen_at = excluded.seen_at, arrives = excluded.arrives \
         WHERE payout.seen_at <= excluded.seen_at",
    )
    .bind(salon.as_str())
    .bind(&new.id)
    .bind(new.amount)
    .bind(&new.currency)
    .bind(&new.state)
    .bind(new.seen_at)
    .bind(new.arrives)
    .execute(db)
    .await?;
    Ok(())
}

#[derive(FromRow)]
struct Row {
    id: String,
    amount: i64,
    currency: String,
    state: String,
    seen_at: i64,
    arrives: i64,
}

impl Row {
    fn read(self) -> PayoutRecord {
        PayoutRecord {
            id: self.id,
            amount: self.amount,
            currency: self.currency,
            state: self.state,
            seen_at: self.seen_at,
            arrives: self.arrives,
        }
    }
}
