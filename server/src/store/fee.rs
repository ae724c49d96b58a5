//! Fees for cancelling late and for not coming.

use domain::{
    currency::Currency,
    fee::FeeState,
    id::{AttemptId, BookingId, FeeId, SalonSlug},
    money::Money,
    time::Moment,
};
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, AnyExecutor, FromRow};

use super::{StoreError, from_name, to_name};

/// A fee as it is kept. Every change of it goes with a change of its booking's version (`booking::advance`), so that of two
/// at once one notices.
#[derive(Clone, Debug)]
pub struct FeeRecord {
    /// Its id.
    pub id: FeeId,
    /// The booking that was cancelled or missed.
    pub booking: BookingId,
    /// The salon.
    pub salon: SalonSlug,
    /// What for.
    pub cause: Cause,
    /// All of it.
    pub sum: Money,
    /// What of it stays of the payment.
    pub kept: Money,
    /// The attempt that is kept of; `None` where nothing was paid.
    pub kept_of: Option<AttemptId>,
    /// What is charged besides.
    pub rest: Money,
    /// Where it stands.
    pub state: FeeState,
    /// Since when.
    pub created: Moment,
}

impl FeeRecord {
    /// What it costs the client: where it is kept of the payment, its rest is not asked for.
    #[must_use]
    pub fn costs(&self) -> Money {
        match self.state {
            FeeState::Kept => self.kept,
            _ => self.sum,
        }
    }
}

/// What a fee is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Cancelling late.
    Cancelled,
    /// Not coming.
    Missed,
}

// Each column by its name: see `booking`.
macro_rules! select {
    ($where:literal) => {
        concat!(
            "SELECT id, booking, salon, cause, sum, kept, kept_of, rest, currency, state, created FROM fee WHERE ",
            $where
        )
    };
}

/// The fee of a booking, if there is one that the salon did not do without.
///
/// # Errors
/// [`StoreError`].
pub async fn of_booking(
    db: impl AnyExecutor<'_>,
    booking: &BookingId,
) -> Result<Option<FeeRecord>, StoreError> {
    let row: Option<Row> = sqlx::query_as(select!("booking = $1 AND state <> 'waived'"))
        .bind(booking.as_str())
        .fetch_optional(db)
        .await?;
    row.map(Row::read).transpose()
}

/// The latest fee of a booking, waived or not.
///
/// # Errors
/// [`StoreError`].
pub async fn latest(db: impl AnyExecutor<'_>, booking: &BookingId) -> Result<Option<FeeRecord>, StoreError> {
    let row: Option<Row> = sqlx::query_as(select!("booking = $1 ORDER BY created DESC LIMIT 1"))
        .bind(booking.as_str())
        .fetch_optional(db)
        .await?;
    row.map(Row::read).transpose()
}

/// A salon's fees that somebody must decide about, the oldest first (at most 50).
///
/// # Errors
/// [`StoreError`].
pub async fn to_decide(db: impl AnyExecutor<'_>, salon: &SalonSlug) -> Result<Vec<FeeRecord>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(select!(
        "salon = $1 AND state IN ('asked', 'needs_client', 'failed') ORDER BY created LIMIT 50"
    ))
    .bind(salon.as_str())
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// Writes a new fee; `false` when its booking has one already.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(db: &mut AnyConnection, new: &FeeRecord) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO fee (id, booking, salon, cause, sum, kept, kept_of, rest, currency, state, created) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
    )
    .bind(new.id.as_str())
    .bind(new.booking.as_str())
    .bind(new.salon.as_str())
    .bind(to_name(&new.cause)?)
    .bind(new.sum.minor())
    .bind(new.kept.minor())
    .bind(new.kept_of.as_ref().map(AttemptId::as_str))
    .bind(new.rest.minor())
    .bind(new.sum.currency().code())
    .bind(to_name(&new.state)?)
    .bind(new.created.0)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Moves a fee from the state it was read in; `false` when somebody else moved it meanwhile.
///
/// # Errors
/// [`StoreError`].
pub async fn advance(db: &mut AnyConnection, from: &FeeRecord, to: FeeState) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE fee SET state = $3 WHERE id = $1 AND state = $2")
        .bind(from.id.as_str())
        .bind(to_name(&from.state)?)
        .bind(to_name(&to)?)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

#[derive(FromRow)]
struct Row {
    id: String,
    booking: String,
    salon: String,
    cause: String,
    sum: i64,
    kept: i64,
    kept_of: Option<String>,
    rest: i64,
    currency: String,
    state: String,
    created: i64,
}

impl Row {
    fn read(self) -> Result<FeeRecord, StoreError> {
        let currency = Currency::parse(&self.currency).map_err(StoreError::damaged)?;
        let money = |minor| Money::new(minor, currency).map_err(StoreError::damaged);
        let kept_of = self.kept_of.as_deref().map(AttemptId::parse).transpose();
        Ok(FeeRecord {
            id: FeeId::parse(&self.id).map_err(StoreError::damaged)?,
            booking: BookingId::parse(&self.booking).map_err(StoreError::damaged)?,
            salon: SalonSlug::parse(&self.salon).map_err(StoreError::damaged)?,
            cause: from_name(&self.cause)?,
            sum: money(self.sum)?,
            kept: money(self.kept)?,
            kept_of: kept_of.map_err(StoreError::damaged)?,
            rest: money(self.rest)?,
            state: from_name(&self.state)?,
            created: Moment(self.created),
        })
    }
}
