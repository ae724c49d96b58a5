//! Disputes: what Stripe says of them, the latest word.

use domain::{
    currency::Currency,
    dispute::Sighting,
    id::{AttemptId, SalonSlug},
    money::Money,
};
use sqlx::{AnyConnection, AnyExecutor, FromRow};

use super::{StoreError, from_name, to_name};

/// A dispute as it is kept.
#[derive(Clone, Debug)]
pub struct DisputeRecord {
    /// Stripe's `dp_…`.
    pub id: String,
    /// The attempt it is about.
    pub attempt: AttemptId,
    /// How much is asked back, in the currency of the payment.
    pub sum: Money,
    /// Stripe's `reason`.
    pub reason: String,
    /// Where it stands, and since when that is known.
    pub seen: Sighting,
    /// Until when it must be answered, in seconds since 1970.
    pub due_by: Option<i64>,
    /// Whether it is on an account of Stripe's that the salon had before.
    pub elsewhere: bool,
}

// Each column by its name: see `booking`.
macro_rules! select {
    ($where:literal) => {
        concat!(
            "SELECT id, attempt, sum, currency, reason, state, seen_at, due_by, (SELECT COUNT(*) FROM attempt o WHERE o.id = dispute.attempt \
             AND o.former_account IS NOT NULL) AS elsewhere FROM dispute WHERE ",
            $where
        )
    };
}

/// Where a salon's dispute of this id stands.
///
/// # Errors
/// [`StoreError`].
pub async fn seen(
    db: impl AnyExecutor<'_>,
    salon: &SalonSlug,
    id: &str,
) -> Result<Option<Sighting>, StoreError> {
    let row: Option<(String, i64)> =
        sqlx::query_as("SELECT state, seen_at FROM dispute WHERE salon = $1 AND id = $2")
            .bind(salon.as_str())
            .bind(id)
            .fetch_optional(db)
            .await?;
    row.map(|(state, at)| {
        Ok(Sighting {
            state: from_name(&state)?,
            at,
        })
    })
    .transpose()
}

/// A salon's disputes: those to be answered first, by their deadline, then the latest (at most 200).
///
/// # Errors
/// [`StoreError`].
pub async fn of_salon(db: impl AnyExecutor<'_>, salon: &SalonSlug) -> Result<Vec<DisputeRecord>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(select!(
        "salon = $1 AND EXISTS (SELECT 1 FROM attempt a JOIN salon s ON s.slug = a.salon AND s.mode = a.mode WHERE a.id = dispute.attempt) \
         ORDER BY CASE WHEN state IN ('warning_needs_response', 'needs_response', 'appeal_needs_response') \
         THEN 0 ELSE 1 END, due_by LIMIT 200"
    ))
    .bind(salon.as_str())
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// A salon's dispute of this id.
///
/// # Errors
/// [`StoreError`].
pub async fn find(
    db: impl AnyExecutor<'_>,
    salon: &SalonSlug,
    id: &str,
) -> Result<Option<DisputeRecord>, StoreError> {
    let row: Option<Row> = sqlx::query_as(select!("salon = $1 AND id = $2"))
        .bind(salon.as_str())
        .bind(id)
        .fetch_optional(db)
        .await?;
    row.map(Row::read).transpose()
}

/// The dispute of an attempt that wants an answer, if any does: the latest.
///
/// # Errors
/// [`StoreError`].
pub async fn to_answer(
    db: impl AnyExecutor<'_>,
    salon: &SalonSlug,
    attempt: &AttemptId,
) -> Result<Option<DisputeRecord>, StoreError> {
    let row: Option<Row> = sqlx::query_as(select!(
        "salon = $1 AND attempt = $2 AND state IN ('warning_needs_response', 'needs_response', 'appeal_needs_response') \
         ORDER BY seen_at DESC, id LIMIT 1"
    ))
    .bind(salon.as_str())
    .bind(attempt.as_str())
    .fetch_optional(db)
    .await?;
    row.map(Row::read).transpose()
}

/// Whether any dispute of an attempt is known.
///
/// # Errors
/// [`StoreError`].
pub async fn is_disputed(db: impl AnyExecutor<'_>, attempt: &AttemptId) -> Result<bool, StoreError> {
    let found: Option<(String,)> = sqlx::query_as("SELECT id FROM dispute WHERE attempt = $1 LIMIT 1")
        .bind(attempt.as_str())
        .fetch_optional(db)
        .await?;
    Ok(found.is_some())
}

/// Whether any dispute of an attempt is not closed yet.
///
/// # Errors
/// [`StoreError`].
pub async fn is_any_open(db: impl AnyExecutor<'_>, attempt: &AttemptId) -> Result<bool, StoreError> {
    let found: Option<(String,)> = sqlx::query_as(
        "SELECT id FROM dispute WHERE attempt = $1 \
         AND state NOT IN ('warning_closed', 'prevented', 'won', 'lost') LIMIT 1",
    )
    .bind(attempt.as_str())
    .fetch_optional(db)
    .await?;
    Ok(found.is_some())
}

/// Writes a new dispute; `false` when somebody was first.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(
    db: &mut AnyConnection,
    salon: &SalonSlug,
    new: &DisputeRecord,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO dispute (salon, id, attempt, sum, currency, reason, state, seen_at, due_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
    )
    .bind(salon.as_str())
    .bind(&new.id)
    .bind(new.attempt.as_str())
    .bind(new.sum.minor())
    .bind(new.sum.currency().code())
    .bind(&new.reason)
    .bind(to_name(&new.seen.state)?)
    .bind(new.seen.at)
    .bind(new.due_by)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Moves a dispute on from what was known of it; `false` when somebody else did meanwhile.
///
/// # Errors
/// [`StoreError`].
pub async fn advance(
    db: &mut AnyConnection,
    salon: &SalonSlug,
    id: &str,
    from: Sighting,
    to: Sighting,
    due_by: Option<i64>,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE dispute SET state = $5, seen_at = $6, due_by = $7 \
         WHERE salon = $1 AND id = $2 AND state = $3 AND seen_at = $4",
    )
    .bind(salon.as_str())
    .bind(id)
    .bind(to_name(&from.state)?)
    .bind(from.at)
    .bind(to_name(&to.state)?)
    .bind(to.at)
    .bind(due_by)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

#[derive(FromRow)]
struct Row {
    id: String,
    attempt: String,
    sum: i64,
    currency: String,
    reason: String,
    state: String,
    seen_at: i64,
    due_by: Option<i64>,
    elsewhere: i64,
}

impl Row {
    fn read(self) -> Result<DisputeRecord, StoreError> {
        let currency = Currency::parse(&self.currency).map_err(StoreError::damaged)?;
        Ok(DisputeRecord {
            id: self.id,
            attempt: AttemptId::parse(&self.attempt).map_err(StoreError::damaged)?,
            sum: Money::new(self.sum, currency).map_err(StoreError::damaged)?,
            reason: self.reason,
            seen: Sighting {
                state: from_name(&self.state)?,
                at: self.seen_at,
            },
            due_by: self.due_by,
            elsewhere: self.elsewhere != 0,
        })
    }
}
