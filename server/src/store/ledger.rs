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

/// Adds an entry under a name that says what was seen (`re_…:refunded`), of when it happened. Seen again, it is not added again.
///
/// # Errors
/// [`StoreError`].
pub async fn add(
    db: &mut AnyConnection,
    salon: &SalonSlug,
    attempt: &AttemptId,
    name: &str,
    entry: &Entry,
    at: Moment,
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
    .bind(at.0)
    .execute(db)
    .await?;
    Ok(())
}

/// The entries of a salon from this moment on. Here and below: of the mode of its present keys.
///
/// # Errors
/// [`StoreError`].
pub async fn entries(db: &AnyPool, salon: &SalonSlug, from: Moment) -> Result<Vec<Entry>, StoreError> {
    let rows: Vec<EntryRow> = sqlx::query_as(
        "SELECT l.kind, l.sum, l.currency, l.source FROM ledger l JOIN attempt a ON a.id = l.attempt \
         JOIN salon s ON s.slug = l.salon AND s.mode = a.mode WHERE l.salon = $1 AND l.at >= $2 ORDER BY l.at, l.id",
    )
    .bind(salon.as_str())
    .bind(from.0)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(EntryRow::read).collect()
}

/// The end of a part of the books and of Stripe's list: the source up to which there are some `size` entries and as many movements
/// after this one. `None`: so many are not left.
///
/// # Errors
/// [`StoreError`].
pub async fn part(
    db: &AnyPool,
    salon: &SalonSlug,
    after: &str,
    size: i64,
) -> Result<Option<String>, StoreError> {
    // The database compares: it knows its own order of texts.
    let (end,): (Option<String>,) = sqlx::query_as(
        "SELECT MIN(source) FROM (SELECT source FROM \
         (SELECT source FROM ledger WHERE salon = $1 AND source > $2 ORDER BY source LIMIT 1 OFFSET $3) a UNION ALL SELECT source FROM \
         (SELECT source FROM settled WHERE salon = $1 AND source > $2 ORDER BY source LIMIT 1 OFFSET $3) b) c",
    )
    .bind(salon.as_str())
    .bind(after)
    .bind(size)
    .fetch_one(db)
    .await?;
    Ok(end)
}

/// The entries of a salon whose source is after the one and not after the other.
///
/// # Errors
/// [`StoreError`].
pub async fn entries_between(
    db: &AnyPool,
    salon: &SalonSlug,
    after: &str,
    to: Option<&str>,
) -> Result<Vec<Entry>, StoreError> {
    let rows: Vec<EntryRow> = sqlx::query_as(
        "SELECT l.kind, l.sum, l.currency, l.source FROM ledger l JOIN attempt a ON a.id = l.attempt \
         JOIN salon s ON s.slug = l.salon AND s.mode = a.mode WHERE l.salon = $1 AND l.source > $2 \
         AND (l.source <= $3 OR CAST($4 AS BIGINT) = 1) ORDER BY l.at, l.id",
    )
    .bind(salon.as_str())
    .bind(after)
    .bind(to.unwrap_or_default())
    .bind(i64::from(to.is_none()))
    .fetch_all(db)
    .await?;
    rows.into_iter().map(EntryRow::read).collect()
}

/// Whether anything of this source stands in the books.
///
/// # Errors
/// [`StoreError`].
pub async fn is_booked(db: &AnyPool, salon: &SalonSlug, source: &str) -> Result<bool, StoreError> {
    let found: Option<(String,)> =
        sqlx::query_as("SELECT id FROM ledger WHERE salon = $1 AND source = $2 LIMIT 1")
            .bind(salon.as_str())
            .bind(source)
            .fetch_optional(db)
            .await?;
    Ok(found.is_some())
}

/// How many movements of a salon, payouts left out, name nothing that moved them.
///
/// # Errors
/// [`StoreError`].
pub async fn without_source(db: &AnyPool, salon: &SalonSlug) -> Result<i64, StoreError> {
    let (count,): (i64,) = sqlx::query_as(
        "SELECT COUNT(*) FROM settled t JOIN salon s ON s.slug = t.salon AND s.mode = t.mode \
             WHERE t.salon = $1 AND t.source = '' AND t.kind <> 'payout'",
    )
    .bind(salon.as_str())
    .fetch_one(db)
    .await?;
    Ok(count)
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
        "INSERT INTO settled (salon, id, kind, source, amount, fee, currency, created, mode) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, COALESCE((SELECT s.mode FROM salon s WHERE s.slug = $1), 'live')) \
         ON CONFLICT DO NOTHING",
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

/// A movement of Stripe's list, and what else is known of it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The movement.
    pub movement: Settled,
    /// When Stripe made it.
    pub created: Moment,
    /// Whether it is of a payment, a refund or a dispute of ours.
    pub ours: bool,
}

macro_rules! listed {
    ($where:literal) => {
        concat!(
            "SELECT s.id, s.kind, s.source, s.amount, s.fee, s.currency, s.created, CAST(CASE WHEN \
             EXISTS (SELECT 1 FROM attempt a WHERE a.charge = s.source AND a.salon = s.salon) \
             OR EXISTS (SELECT 1 FROM refund r JOIN attempt a ON a.id = r.attempt WHERE r.stripe_id = s.source AND a.salon = s.salon) \
             OR EXISTS (SELECT 1 FROM dispute d WHERE d.id = s.source AND d.salon = s.salon) THEN 1 ELSE 0 END AS BIGINT) AS ours \
             FROM settled s JOIN salon o ON o.slug = s.salon AND o.mode = s.mode WHERE s.salon = $1 AND ",
            $where
        )
    };
}

/// The movements of a salon that Stripe made from this moment on, as far as its list was read.
///
/// # Errors
/// [`StoreError`].
pub async fn listed(db: &AnyPool, salon: &SalonSlug, from: Moment) -> Result<Vec<Listed>, StoreError> {
    let rows: Vec<SettledRow> = sqlx::query_as(listed!("s.created >= $2 ORDER BY s.created, s.id"))
        .bind(salon.as_str())
        .bind(from.0.div_euclid(1000))
        .fetch_all(db)
        .await?;
    rows.into_iter().map(SettledRow::read).collect()
}

/// The movements of a salon whose source is after the one and not after the other.
///
/// # Errors
/// [`StoreError`].
pub async fn listed_between(
    db: &AnyPool,
    salon: &SalonSlug,
    after: &str,
    to: Option<&str>,
) -> Result<Vec<Listed>, StoreError> {
    let rows: Vec<SettledRow> = sqlx::query_as(listed!(
        "s.source > $2 AND (s.source <= $3 OR CAST($4 AS BIGINT) = 1) ORDER BY s.created, s.id"
    ))
    .bind(salon.as_str())
    .bind(after)
    .bind(to.unwrap_or_default())
    .bind(i64::from(to.is_none()))
    .fetch_all(db)
    .await?;
    rows.into_iter().map(SettledRow::read).collect()
}

/// The movements of one charge, refund or dispute.
///
/// # Errors
/// [`StoreError`].
pub async fn listed_of(db: &AnyPool, salon: &SalonSlug, source: &str) -> Result<Vec<Listed>, StoreError> {
    let rows: Vec<SettledRow> = sqlx::query_as(listed!("s.source = $2"))
        .bind(salon.as_str())
        .bind(source)
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
    created: i64,
    ours: i64,
}

impl SettledRow {
    fn read(self) -> Result<Listed, StoreError> {
        Ok(Listed {
            movement: Settled {
                id: self.id,
                kind: from_name(&self.kind)?,
                source: self.source,
                amount: self.amount,
                fee: self.fee,
                currency: Currency::parse(&self.currency).map_err(StoreError::damaged)?,
            },
            created: Moment(self.created.saturating_mul(1000)),
            ours: self.ours != 0,
        })
    }
}
