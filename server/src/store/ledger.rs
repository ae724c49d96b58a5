//! The books of money: entries that are only added to, and Stripe's list beside them.

use domain::{
    currency::Currency,
    id::{AttemptId, SalonSlug},
    ledger::{Entry, Settled},
    money::Money,
    time::Moment,
};
use sqlx::{AnyConnection, AnyExecutor, AnyPool, FromRow};

use super::{StoreError, from_name, to_name};

/// Adds an entry under a name that says what was seen (`re_…:refunded`). Seen again, it is not added again.
///
/// # Errors
/// [`StoreError`].
pub async fn add(
    db: &mut AnyConnection,
    salon: &SalonSlug,
    attempt: &AttemptId,
    name: &str,
    entry: &Entry,
    now: Moment,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO ledger (id, salon, attempt, kind, sum, currency, source, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT DO NOTHING",
    )
    .bind(name)
    .bind(salon.as_str())
    .bind(attempt.as_str())
    .bind(to_name(&entry.kind)?)
    .bind(entry.sum.minor())
    .bind(entry.sum.currency().code())
    .bind(&entry.source)
    .bind(now.0)
    .execute(db)
    .await?;
    Ok(())
}

/// All entries of a salon.
///
/// # Errors
/// [`StoreError`].
pub async fn entries(db: &AnyPool, salon: &SalonSlug) -> Result<Vec<Entry>, StoreError> {
    let rows: Vec<EntryRow> =
        sqlx::query_as("SELECT kind, sum, currency, source FROM ledger WHERE salon = $1 ORDER BY at, id")
            .bind(salon.as_str())
            .fetch_all(db)
            .await?;
    rows.into_iter().map(EntryRow::read).collect()
}

/// Stripe's ids of all that is ours at a salon: charges, refunds, disputes.
///
/// # Errors
/// [`StoreError`].
pub async fn sources(db: &AnyPool, salon: &SalonSlug) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT charge FROM attempt WHERE salon = $1 AND charge IS NOT NULL \
         UNION ALL SELECT r.stripe_id FROM refund r JOIN attempt a ON a.id = r.attempt \
         WHERE a.salon = $1 AND r.stripe_id IS NOT NULL \
         UNION ALL SELECT id FROM dispute WHERE salon = $1",
    )
    .bind(salon.as_str())
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Keeps a movement of Stripe's list; `false` when it is kept already.
///
/// # Errors
/// [`StoreError`].
pub async fn keep(
    db: &mut AnyConnection,
    salon: &SalonSlug,
    new: &Settled,
    created: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO settled (salon, id, kind, source, amount, fee, currency, created) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
    )
    .bind(salon.as_str())
    .bind(&new.id)
    .bind(to_name(&new.kind)?)
    .bind(&new.source)
    .bind(new.amount)
    .bind(new.fee)
    .bind(new.currency.code())
    .bind(created)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Stripe's fee of a charge, once its movement was listed.
///
/// # Errors
/// [`StoreError`].
pub async fn fee_of(
    db: impl AnyExecutor<'_>,
    salon: &SalonSlug,
    charge: &str,
) -> Result<Option<Money>, StoreError> {
    let row: Option<(i64, String)> = sqlx::query_as(
        "SELECT fee, currency FROM settled WHERE salon = $1 AND source = $2 AND kind = 'charge'",
    )
    .bind(salon.as_str())
    .bind(charge)
    .fetch_optional(db)
    .await?;
    row.map(|(fee, currency)| {
        let currency = Currency::parse(&currency).map_err(StoreError::damaged)?;
        Money::new(fee, currency).map_err(StoreError::damaged)
    })
    .transpose()
}

/// Whether a movement is kept.
///
/// # Errors
/// [`StoreError`].
pub async fn is_kept(db: impl AnyExecutor<'_>, salon: &SalonSlug, id: &str) -> Result<bool, StoreError> {
    let found: Option<(String,)> = sqlx::query_as("SELECT id FROM settled WHERE salon = $1 AND id = $2")
        .bind(salon.as_str())
        .bind(id)
        .fetch_optional(db)
        .await?;
    Ok(found.is_some())
}

/// All movements of a salon that are kept.
///
/// # Errors
/// [`StoreError`].
pub async fn settled(db: &AnyPool, salon: &SalonSlug) -> Result<Vec<Settled>, StoreError> {
    let rows: Vec<SettledRow> = sqlx::query_as(
        "SELECT id, kind, source, amount, fee, currency FROM settled WHERE salon = $1 ORDER BY created, id",
    )
    .bind(salon.as_str())
    .fetch_all(db)
    .await?;
    rows.into_iter().map(SettledRow::read).collect()
}

#[derive(FromRow)]
struct EntryRow {
    kind: String,
    sum: i64,
    currency: String,
    source: String,
}

impl EntryRow {
    fn read(self) -> Result<Entry, StoreError> {
        let currency = Currency::parse(&self.currency).map_err(StoreError::damaged)?;
        Ok(Entry {
            kind: from_name(&self.kind)?,
            sum: Money::new(self.sum, currency).map_err(StoreError::damaged)?,
            source: self.source,
        })
    }
}

#[derive(FromRow)]
struct SettledRow {
    id: String,
    kind: String,
    source: String,
    amount: i64,
    fee: i64,
    currency: String,
}

impl SettledRow {
    fn read(self) -> Result<Settled, StoreError> {
        Ok(Settled {
            id: self.id,
            kind: from_name(&self.kind)?,
            source: self.source,
            amount: self.amount,
            fee: self.fee,
            currency: Currency::parse(&self.currency).map_err(StoreError::damaged)?,
        })
    }
}
