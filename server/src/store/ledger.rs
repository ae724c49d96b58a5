//! The books of money: entries that are only added to, and Stripe's list beside them.

use domain::{
    currency::Currency,
    id::{AttemptId, BookingId, SalonSlug},
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

/// The entries of a salon from this moment on.
///
/// # Errors
/// [`StoreError`].
pub async fn entries(db: &AnyPool, salon: &SalonSlug, from: Moment) -> Result<Vec<Entry>, StoreError> {
    let rows: Vec<EntryRow> = sqlx::query_as(
        "SELECT kind, sum, currency, source FROM ledger WHERE salon = $1 AND at >= $2 ORDER BY at, id",
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
        "SELECT kind, sum, currency, source FROM ledger WHERE salon = $1 AND source > $2 \
         AND (source <= $3 OR CAST($4 AS BIGINT) = 1) ORDER BY at, id",
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
    let (count,): (i64,) =
        sqlx::query_as("SELECT COUNT(*) FROM settled WHERE salon = $1 AND source = '' AND kind <> 'payout'")
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

/// Which entries are asked for. An empty text: any.
#[derive(Clone, Debug)]
pub struct Behind {
    /// The first moment.
    pub from: Moment,
    /// The first moment after it.
    pub to: Moment,
    /// Where the page before ended: the moment and the id of its last entry.
    pub before: Option<(Moment, String)>,
    /// A service or product, by the name it was booked under.
    pub service: String,
    /// Who did it.
    pub employee: String,
    /// `online`, `link` or `fee`.
    pub way: String,
}

/// An entry, and whose.
#[derive(Clone, Debug)]
pub struct Entered {
    /// Its id: of entries of the same moment, the greater one comes first.
    pub id: String,
    /// When.
    pub at: Moment,
    /// What: `captured`, `refunded`, …
    pub kind: String,
    /// How much, in minor units; negative where it left the salon.
    pub signed: i64,
    /// The currency.
    pub currency: Currency,
    /// The booking.
    pub booking: BookingId,
    /// The client.
    pub client: String,
}

/// The entries of a salon behind a figure, the latest first.
///
/// # Errors
/// [`StoreError`].
pub async fn behind(
    db: &AnyPool,
    salon: &SalonSlug,
    which: &Behind,
    most: i64,
) -> Result<Vec<Entered>, StoreError> {
    let (until, id) = match &which.before {
        Some((at, id)) => (at.0, id.as_str()),
        None => (which.to.0, ""),
    };
    let rows: Vec<(String, i64, String, i64, String, String, String)> = sqlx::query_as(
        "SELECT l.id, l.at, l.kind, l.sum, l.currency, b.id, b.client_name FROM ledger l JOIN attempt a ON a.id = l.attempt \
         JOIN booking b ON b.id = a.booking WHERE l.salon = $1 AND l.at >= $2 AND l.at <= $3 AND (l.at < $3 OR l.id < $8) \
         AND ($4 = '' OR EXISTS (SELECT 1 FROM booking_line n WHERE n.booking = b.id AND n.name = $4)) \
         AND ($5 = '' OR b.employee = $5) \
         AND ($6 = '' OR $6 = CASE WHEN a.purpose = 'fee' THEN 'fee' WHEN b.choice IS NULL THEN 'link' ELSE 'online' END) \
         ORDER BY l.at DESC, l.id DESC LIMIT $7",
    )
    .bind(salon.as_str())
    .bind(which.from.0)
    .bind(until)
    .bind(&which.service)
    .bind(&which.employee)
    .bind(&which.way)
    .bind(most)
    .bind(id)
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|(id, at, kind, sum, currency, booking, client)| {
            let sign = if matches!(kind.as_str(), "refunded" | "dispute_withdrawn") {
                -1
            } else {
                1
            };
            Ok(Entered {
                id,
                at: Moment(at),
                signed: sum * sign,
                kind,
                currency: Currency::parse(&currency).map_err(StoreError::damaged)?,
                booking: BookingId::parse(&booking).map_err(StoreError::damaged)?,
                client,
            })
        })
        .collect()
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
            "SELECT id, kind, source, amount, fee, currency, created, CAST(CASE WHEN \
             EXISTS (SELECT 1 FROM attempt a WHERE a.charge = s.source AND a.salon = s.salon) \
             OR EXISTS (SELECT 1 FROM refund r JOIN attempt a ON a.id = r.attempt WHERE r.stripe_id = s.source AND a.salon = s.salon) \
             OR EXISTS (SELECT 1 FROM dispute d WHERE d.id = s.source AND d.salon = s.salon) THEN 1 ELSE 0 END AS BIGINT) AS ours \
             FROM settled s WHERE s.salon = $1 AND ",
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
