//! Refunds.

use domain::{
    currency::Currency,
    id::{AttemptId, BookingId, RefundId, SalonSlug},
    money::Money,
    refund::RefundState,
    time::Moment,
};
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, AnyExecutor, FromRow};

use super::{StoreError, from_name, is_taken, to_name};

/// A refund as it is kept.
#[derive(Clone, Debug)]
pub struct RefundRecord {
    /// Its id, and the idempotency key of its call.
    pub id: RefundId,
    /// The attempt whose money goes back.
    pub attempt: AttemptId,
    /// How much.
    pub sum: Money,
    /// Why.
    pub reason: Reason,
    /// The service or product that it is of; `None`: of all that was paid for.
    pub service: Option<String>,
    /// Where it stands.
    pub state: RefundState,
    /// Stripe's `re_…`, once known.
    pub stripe_id: Option<String>,
}

/// Why money goes back.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It came after the time was lost, or a second time.
    NoBooking,
    /// The salon wants it so.
    Requested,
    /// The booking was cancelled.
    Cancelled,
    /// It was kept for a fee that the salon then did without.
    FeeWaived,
    /// Somebody gave it back in Stripe's dashboard.
    Dashboard,
}

macro_rules! select {
    ($where:literal) => {
        concat!(
            "SELECT r.id, r.attempt, r.sum, r.reason, r.state, r.stripe_id, r.service, a.currency \
             FROM refund r JOIN attempt a ON a.id = r.attempt WHERE ",
            $where
        )
    };
}

/// The refund of this id.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: impl AnyExecutor<'_>, id: &RefundId) -> Result<Option<RefundRecord>, StoreError> {
    let row: Option<Row> = sqlx::query_as(select!("r.id = $1"))
        .bind(id.as_str())
        .fetch_optional(db)
        .await?;
    row.map(Row::read).transpose()
}

/// A salon's refund that Stripe calls by this `re_…`, or that we called by this id.
///
/// # Errors
/// [`StoreError`].
pub async fn find_either(
    db: impl AnyExecutor<'_>,
    salon: &SalonSlug,
    stripe_id: &str,
    id: Option<&RefundId>,
) -> Result<Option<RefundRecord>, StoreError> {
    let row: Option<Row> = sqlx::query_as(select!("a.salon = $1 AND (r.stripe_id = $2 OR r.id = $3)"))
        .bind(salon.as_str())
        .bind(stripe_id)
        .bind(id.map_or("", RefundId::as_str))
        .fetch_optional(db)
        .await?;
    row.map(Row::read).transpose()
}

/// All refunds of a booking's payments, the latest first (at most 100).
///
/// # Errors
/// [`StoreError`].
pub async fn of_booking(
    db: impl AnyExecutor<'_>,
    booking: &BookingId,
) -> Result<Vec<RefundRecord>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(select!("a.booking = $1 ORDER BY r.created DESC, r.id LIMIT 100"))
        .bind(booking.as_str())
        .fetch_all(db)
        .await?;
    rows.into_iter().map(Row::read).collect()
}

/// A refund that failed, and whose.
#[derive(Clone, Debug)]
pub struct Failed {
    /// The refund.
    pub id: RefundId,
    /// The booking.
    pub booking: BookingId,
    /// The client.
    pub client: String,
    /// How much.
    pub sum: Money,
}

/// A salon's refunds that failed and that nobody has dealt with yet, the latest first (at most 50).
///
/// # Errors
/// [`StoreError`].
pub async fn failed(db: impl AnyExecutor<'_>, salon: &SalonSlug) -> Result<Vec<Failed>, StoreError> {
    let rows: Vec<(String, String, String, i64, String)> = sqlx::query_as(
        "SELECT r.id, b.id, b.client_name, r.sum, a.currency FROM refund r JOIN attempt a ON a.id = r.attempt \
         JOIN booking b ON b.id = a.booking JOIN salon s ON s.slug = a.salon AND s.mode = a.mode WHERE r.state = 'failed' AND r.handled IS NULL AND a.salon = $1 \
         ORDER BY r.created DESC LIMIT 50",
    )
    .bind(salon.as_str())
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|(id, booking, client, sum, currency)| {
            let currency = Currency::parse(&currency).map_err(StoreError::damaged)?;
            Ok(Failed {
                id: RefundId::parse(&id).map_err(StoreError::damaged)?,
                booking: BookingId::parse(&booking).map_err(StoreError::damaged)?,
                client,
                sum: Money::new(sum, currency).map_err(StoreError::damaged)?,
            })
        })
        .collect()
}

/// Notes that somebody dealt with a salon's refund that failed; `false` when there is none such.
///
/// # Errors
/// [`StoreError`].
pub async fn note_handled(
    db: &mut AnyConnection,
    salon: &SalonSlug,
    id: &RefundId,
    now: Moment,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE refund SET handled = $3 WHERE id = $1 AND state = 'failed' AND handled IS NULL \
         AND attempt IN (SELECT id FROM attempt WHERE salon = $2)",
    )
    .bind(id.as_str())
    .bind(salon.as_str())
    .bind(now.0)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes a new refund; `false` when there is one already: of money without a booking one is enough, and Stripe's ids are
/// unique.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(db: &mut AnyConnection, new: &RefundRecord, now: Moment) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO refund (id, attempt, sum, reason, state, stripe_id, created, service) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT DO NOTHING",
    )
    .bind(new.id.as_str())
    .bind(new.attempt.as_str())
    .bind(new.sum.minor())
    .bind(to_name(&new.reason)?)
    .bind(to_name(&new.state)?)
    .bind(new.stripe_id.as_deref())
    .bind(now.0)
    .bind(new.service.as_deref())
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Moves a refund from the state it was read in; `false` when somebody else moved it meanwhile.
///
/// # Errors
/// [`StoreError`].
pub async fn advance(
    db: &mut AnyConnection,
    from: &RefundRecord,
    to: RefundState,
    stripe_id: Option<&str>,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE refund SET state = $3, stripe_id = COALESCE(stripe_id, $4) WHERE id = $1 AND state = $2",
    )
    .bind(from.id.as_str())
    .bind(to_name(&from.state)?)
    .bind(to_name(&to)?)
    .bind(stripe_id)
    .execute(db)
    .await;
    match done {
        Ok(done) => Ok(done.rows_affected() == 1),
        // Another row of ours has this `re_…`: somebody was first.
        Err(error) if is_taken(&error) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[derive(FromRow)]
struct Row {
    id: String,
    attempt: String,
    sum: i64,
    reason: String,
    state: String,
    stripe_id: Option<String>,
    service: Option<String>,
    currency: String,
}

impl Row {
    fn read(self) -> Result<RefundRecord, StoreError> {
        let currency = Currency::parse(&self.currency).map_err(StoreError::damaged)?;
        Ok(RefundRecord {
            id: RefundId::parse(&self.id).map_err(StoreError::damaged)?,
            attempt: AttemptId::parse(&self.attempt).map_err(StoreError::damaged)?,
            sum: Money::new(self.sum, currency).map_err(StoreError::damaged)?,
            reason: from_name(&self.reason)?,
            state: from_name(&self.state)?,
            stripe_id: self.stripe_id,
            service: self.service,
        })
    }
}
