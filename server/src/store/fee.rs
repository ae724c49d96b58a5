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
    /// What of it stays of what was paid.
    pub kept: Money,
    /// How much of that stays of which payment: of the first, and of that of the rest. Empty where nothing was paid.
    pub kept_of: Vec<(AttemptId, Money)>,
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
            "SELECT f.id, f.booking, f.salon, f.cause, f.sum, f.kept, f.kept_of, f.rest, f.currency, f.state, f.created, \
             t.kept AS kept_too, t.kept_of AS kept_of_too FROM fee f LEFT JOIN fee t ON t.booking = f.booking \
             AND t.created = f.created AND t.part = 2 WHERE f.part = 1 AND ",
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
    let row: Option<Row> = sqlx::query_as(select!("f.booking = $1 AND f.state <> 'waived'"))
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
    let row: Option<Row> = sqlx::query_as(select!("f.booking = $1 ORDER BY f.created DESC LIMIT 1"))
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
        "f.salon = $1 AND f.state IN ('asked', 'needs_client', 'failed') ORDER BY f.created LIMIT 50"
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
    let zero = Money::zero(new.sum.currency());
    let mut of = new.kept_of.iter().map(|(attempt, kept)| (Some(attempt), *kept));
    let (kept_of, kept) = of.next().unwrap_or((None, zero));
    let first = Part {
        part: 1,
        id: new.id.as_str(),
        kept,
        kept_of,
        rest: new.rest,
    };
    if !first.insert(&mut *db, new).await? {
        return Ok(false);
    }
    let Some((kept_of, kept)) = of.next() else {
        return Ok(true);
    };
    let id = format!("{}_2", new.id);
    let second = Part {
        part: 2,
        id: &id,
        kept,
        kept_of,
        rest: zero,
    };
    second.insert(db, new).await
}

/// Moves a fee from the state it was read in; `false` when somebody else moved it meanwhile.
///
/// # Errors
/// [`StoreError`].
pub async fn advance(db: &mut AnyConnection, from: &FeeRecord, to: FeeState) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE fee SET state = $4 WHERE booking = $1 AND created = $2 AND state = $3")
        .bind(from.booking.as_str())
        .bind(from.created.0)
        .bind(to_name(&from.state)?)
        .bind(to_name(&to)?)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// A row of a fee: for each payment that it is kept of there is one.
struct Part<'a> {
    part: i64,
    id: &'a str,
    kept: Money,
    kept_of: Option<&'a AttemptId>,
    rest: Money,
}

impl Part<'_> {
    async fn insert(&self, db: &mut AnyConnection, of: &FeeRecord) -> Result<bool, StoreError> {
        let sum = self.kept.plus(self.rest).map_err(StoreError::damaged)?;
        let done = sqlx::query(
            "INSERT INTO fee (id, booking, salon, cause, sum, kept, kept_of, rest, currency, state, created, part) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING",
        )
        .bind(self.id)
        .bind(of.booking.as_str())
        .bind(of.salon.as_str())
        .bind(to_name(&of.cause)?)
        .bind(sum.minor())
        .bind(self.kept.minor())
        .bind(self.kept_of.map(AttemptId::as_str))
        .bind(self.rest.minor())
        .bind(sum.currency().code())
        .bind(to_name(&of.state)?)
        .bind(of.created.0)
        .bind(self.part)
        .execute(db)
        .await?;
        Ok(done.rows_affected() == 1)
    }
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
    kept_too: Option<i64>,
    kept_of_too: Option<String>,
}

impl Row {
    fn read(self) -> Result<FeeRecord, StoreError> {
        let currency = Currency::parse(&self.currency).map_err(StoreError::damaged)?;
        let money = |minor| Money::new(minor, currency).map_err(StoreError::damaged);
        let of = [(self.kept_of, Some(self.kept)), (self.kept_of_too, self.kept_too)];
        let of = of.into_iter().filter_map(|(of, kept)| of.zip(kept));
        let kept_of: Vec<(AttemptId, Money)> = of
            .map(|(of, kept)| Ok((AttemptId::parse(&of).map_err(StoreError::damaged)?, money(kept)?)))
            .collect::<Result<_, StoreError>>()?;
        let too = self.kept_too.unwrap_or(0);
        Ok(FeeRecord {
            id: FeeId::parse(&self.id).map_err(StoreError::damaged)?,
            booking: BookingId::parse(&self.booking).map_err(StoreError::damaged)?,
            salon: SalonSlug::parse(&self.salon).map_err(StoreError::damaged)?,
            cause: from_name(&self.cause)?,
            sum: money(self.sum + too)?,
            kept: money(self.kept + too)?,
            kept_of,
            rest: money(self.rest)?,
            state: from_name(&self.state)?,
            created: Moment(self.created),
        })
    }
}
