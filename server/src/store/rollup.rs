//! Figures by day, service, person and way to pay, rolled up from the ledger and from Stripe's list as they grow.
//!
//! The worker rolls up ([`roll`]): what was taken in is marked in the same transaction, so that it counts once at however
//! many processes. [`afresh`] computes the same from nothing, and [`check`] compares.

mod facets;
mod kept;

use std::collections::BTreeMap;

use domain::{
    currency::Currency,
    id::{AttemptId, SalonSlug},
    report::Figures,
};
use sqlx::{AnyConnection, AnyPool, FromRow};

use self::facets::Facets;
use super::{StoreError, attempt};

/// What a figure is of.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Key {
    /// The salon.
    pub salon: String,
    /// The salon's own day, `YYYY-MM-DD`.
    pub day: String,
    /// The service or product, by the name it was booked under.
    pub service: String,
    /// Who did it.
    pub employee: String,
    /// `online`, `link` or `fee`.
    pub way: String,
    /// In capitals.
    pub currency: String,
}

/// Figures by what they are of.
pub type Table = BTreeMap<Key, Figures>;

/// Rolls up to `most` entries that were not yet; answers how many it was.
///
/// # Errors
/// [`StoreError`].
pub async fn roll(db: &mut AnyConnection, most: i64) -> Result<usize, StoreError> {
    attempt::complete(db).await?;
    // Stripe can list a dispute with its fee before it tells of it: the fee has waited for the entry that comes now.
    sqlx::query(
        "UPDATE settled SET rolled = 0 WHERE rolled = 2 AND (salon, source) IN \
         (SELECT salon, source FROM ledger WHERE rolled = 0 ORDER BY at LIMIT $1)",
    )
    .bind(most)
    .execute(&mut *db)
    .await?;
    let entries: Vec<EntryRow> = sqlx::query_as(
        "UPDATE ledger SET rolled = 1 WHERE rolled = 0 AND (salon, id) IN \
         (SELECT salon, id FROM ledger WHERE rolled = 0 ORDER BY at LIMIT $1) \
         RETURNING salon, attempt, kind, sum, currency, source, at",
    )
    .bind(most)
    .fetch_all(&mut *db)
    .await?;
    let fees: Vec<FeeRow> = sqlx::query_as(
        "UPDATE settled SET rolled = 1 WHERE rolled = 0 AND (salon, id) IN \
         (SELECT salon, id FROM settled WHERE rolled = 0 ORDER BY created LIMIT $1) \
         RETURNING id, salon, source, fee, currency, created",
    )
    .bind(most)
    .fetch_all(&mut *db)
    .await?;
    for row in entries.iter().filter(|row| row.kind != "captured") {
        kept::cap(db, &row.attempt).await?;
    }
    let kept = kept::take(db, most).await?;
    let count = entries.len() + fees.len() + kept.len();
    let mut facets = Facets::default();
    let mut table = Table::new();
    for row in entries {
        row.add(db, &mut facets, &mut table).await?;
    }
    for row in fees {
        if !row.add(db, &mut facets, &mut table).await? {
            sqlx::query("UPDATE settled SET rolled = 2 WHERE salon = $1 AND id = $2")
                .bind(&row.salon)
                .bind(&row.id)
                .execute(&mut *db)
                .await?;
        }
    }
    for row in kept {
        row.add(db, &mut facets, &mut table).await?;
    }
    for (key, figures) in table {
        add(db, &key, figures).await?;
    }
    Ok(count)
}

/// Whether anything is to be rolled up.
///
/// # Errors
/// [`StoreError`].
pub async fn any_to_roll(db: &AnyPool) -> Result<bool, StoreError> {
    let found: Option<(i64,)> = sqlx::query_as(concat!(
        "SELECT CAST(1 AS BIGINT) WHERE EXISTS (SELECT 1 FROM ledger WHERE rolled = 0) \
         OR EXISTS (SELECT 1 FROM settled WHERE rolled = 0) OR EXISTS (SELECT 1 FROM fee WHERE rolled_kept <> ",
        kept::counts!(),
        ")"
    ))
    .fetch_optional(db)
    .await?;
    Ok(found.is_some())
}

/// Adds figures to what is there, in one statement: of two at once none is lost.
///
/// # Errors
/// [`StoreError`].
pub async fn add(db: &mut AnyConnection, key: &Key, more: Figures) -> Result<(), StoreError> {
    if more.is_nothing() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO rollup (salon, day, service, employee, way, currency, payments, gross, refunds, disputes, fees, kept) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         ON CONFLICT (salon, day, service, employee, way, currency) DO UPDATE SET \
         payments = rollup.payments + excluded.payments, gross = rollup.gross + excluded.gross, \
         refunds = rollup.refunds + excluded.refunds, disputes = rollup.disputes + excluded.disputes, \
         fees = rollup.fees + excluded.fees, kept = rollup.kept + excluded.kept",
    )
    .bind(&key.salon)
    .bind(&key.day)
    .bind(&key.service)
    .bind(&key.employee)
    .bind(&key.way)
    .bind(&key.currency)
    .bind(more.payments)
    .bind(more.gross)
    .bind(more.refunds)
    .bind(more.disputes)
    .bind(more.fees)
    .bind(more.kept)
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets a salon's figures: the worker rolls all of it up anew. For a salon whose time zone changed.
///
/// # Errors
/// [`StoreError`].
pub async fn begin_anew(db: &mut AnyConnection, salon: &SalonSlug) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM rollup WHERE salon = $1",
        "UPDATE ledger SET rolled = 0 WHERE salon = $1",
        "UPDATE settled SET rolled = 0 WHERE salon = $1",
        "UPDATE fee SET rolled_kept = 0 WHERE salon = $1",
    ] {
        sqlx::query(sql).bind(salon.as_str()).execute(&mut *db).await?;
    }
    Ok(())
}

/// The figures as they come out when all is read anew, of what was rolled up so far.
///
/// # Errors
/// [`StoreError`].
pub async fn afresh(db: &mut AnyConnection, salon: &SalonSlug) -> Result<Table, StoreError> {
    let entries: Vec<EntryRow> = sqlx::query_as(
        "SELECT salon, attempt, kind, sum, currency, source, at FROM ledger WHERE salon = $1 AND rolled = 1",
    )
    .bind(salon.as_str())
    .fetch_all(&mut *db)
    .await?;
    let fees: Vec<FeeRow> = sqlx::query_as(
        "SELECT id, salon, source, fee, currency, created FROM settled WHERE salon = $1 AND rolled = 1",
    )
    .bind(salon.as_str())
    .fetch_all(&mut *db)
    .await?;
    let kept = kept::taken(db, salon).await?;
    let mut facets = Facets::default();
    let mut table = Table::new();
    for row in entries {
        row.add(db, &mut facets, &mut table).await?;
    }
    for row in fees {
        row.add(db, &mut facets, &mut table).await?;
    }
    for row in kept {
        row.add(db, &mut facets, &mut table).await?;
    }
    table.retain(|_, figures| !figures.is_nothing());
    Ok(table)
}

/// The keys under which the kept figures differ from [`afresh`], with both. Within one transaction.
///
/// # Errors
/// [`StoreError`].
pub async fn check(
    db: &mut AnyConnection,
    salon: &SalonSlug,
) -> Result<Vec<(Key, Figures, Figures)>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT salon, day, service, employee, way, currency, payments, gross, refunds, disputes, fees, kept \
         FROM rollup WHERE salon = $1",
    )
    .bind(salon.as_str())
    .fetch_all(&mut *db)
    .await?;
    let mut kept: Table = rows.into_iter().map(Row::read).collect();
    kept.retain(|_, figures| !figures.is_nothing());
    let mut anew = afresh(db, salon).await?;
    let mut differ = Vec::new();
    for (key, figures) in kept {
        let other = anew.remove(&key).unwrap_or_default();
        if other != figures {
            differ.push((key, figures, other));
        }
    }
    differ.extend(
        anew.into_iter()
            .map(|(key, other)| (key, Figures::default(), other)),
    );
    Ok(differ)
}

#[derive(FromRow)]
struct EntryRow {
    salon: String,
    attempt: String,
    kind: String,
    sum: i64,
    currency: String,
    source: String,
    at: i64,
}

impl EntryRow {
    async fn add(
        self,
        db: &mut AnyConnection,
        facets: &mut Facets,
        table: &mut Table,
    ) -> Result<(), StoreError> {
        let attempt = AttemptId::parse(&self.attempt).map_err(StoreError::damaged)?;
        let Some(of) = facets.of(db, &attempt).await? else {
            return Ok(());
        };
        let part = |sum: i64| match self.kind.as_str() {
            "captured" => Figures {
                gross: sum,
                ..Figures::default()
            },
            "refunded" => Figures {
                refunds: sum,
                ..Figures::default()
            },
            "refund_failed" => Figures {
                refunds: -sum,
                ..Figures::default()
            },
            "dispute_withdrawn" => Figures {
                disputes: sum,
                ..Figures::default()
            },
            _ => Figures {
                disputes: -sum,
                ..Figures::default()
            },
        };
        let day = of.day(self.at);
        let service = if matches!(self.kind.as_str(), "refunded" | "refund_failed") {
            facets::service_of(db, &self.salon, &self.source).await?
        } else {
            None
        };
        let shares = match &service {
            Some(service) => vec![(service.as_str(), self.sum)],
            None => of.shares(self.sum),
        };
        for (nth, (service, sum)) in shares.into_iter().enumerate() {
            let mut figures = part(sum);
            figures.payments = i64::from(nth == 0 && self.kind == "captured");
            if of.way == "fee" {
                figures.kept = figures.gross - figures.refunds - figures.disputes;
            }
            let key = of.key(&self.salon, &day, service, &self.currency);
            let entry = table.entry(key).or_default();
            *entry = entry.plus(figures);
        }
        Ok(())
    }
}

#[derive(FromRow)]
struct FeeRow {
    id: String,
    salon: String,
    source: String,
    fee: i64,
    currency: String,
    created: i64,
}

impl FeeRow {
    /// Of a payment, a refund or a dispute of ours. `false`: what it is of is not known here, or not yet.
    async fn add(
        &self,
        db: &mut AnyConnection,
        facets: &mut Facets,
        table: &mut Table,
    ) -> Result<bool, StoreError> {
        if self.fee == 0 {
            return Ok(true);
        }
        let Some(attempt) = facets::attempt_of(db, &self.salon, &self.source).await? else {
            return Ok(false);
        };
        let Some(of) = facets.of(db, &attempt).await? else {
            return Ok(false);
        };
        let day = of.day(self.created.saturating_mul(1000));
        for (service, fees) in of.shares(self.fee) {
            let key = of.key(&self.salon, &day, service, &self.currency);
            let entry = table.entry(key).or_default();
            *entry = entry.plus(Figures {
                fees,
                ..Figures::default()
            });
        }
        Ok(true)
    }
}

#[derive(FromRow)]
struct Row {
    salon: String,
    day: String,
    service: String,
    employee: String,
    way: String,
    currency: String,
    payments: i64,
    gross: i64,
    refunds: i64,
    disputes: i64,
    fees: i64,
    kept: i64,
}

impl Row {
    fn read(self) -> (Key, Figures) {
        (
            Key {
                salon: self.salon,
                day: self.day,
                service: self.service,
                employee: self.employee,
                way: self.way,
                currency: self.currency,
            },
            Figures {
                payments: self.payments,
                gross: self.gross,
                refunds: self.refunds,
                disputes: self.disputes,
                fees: self.fees,
                kept: self.kept,
            },
        )
    }
}

/// A line of a report.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Line {
    /// What it is of: a day, a month, a service, a person, a way to pay.
    pub name: String,
    /// The currency.
    pub currency: Currency,
    /// The figures.
    pub figures: Figures,
}

/// What a report is grouped by.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum By {
    /// The salon's days.
    Day,
    /// Months, `YYYY-MM`.
    Month,
    /// Services and products.
    Service,
    /// People, by their ids.
    Employee,
    /// Ways to pay.
    Way,
}

/// A salon's figures from one day to another (`YYYY-MM-DD`, the last one included), in order of their names (at most 10,000: more days than a period has).
///
/// # Errors
/// [`StoreError`].
pub async fn lines(
    db: &AnyPool,
    salon: &SalonSlug,
    by: By,
    from: &str,
    to: &str,
) -> Result<Vec<Line>, StoreError> {
    macro_rules! sums {
        ($column:literal) => {
            concat!(
                "SELECT ", $column, " AS name, currency, CAST(SUM(payments) AS BIGINT) AS payments, \
                 CAST(SUM(gross) AS BIGINT) AS gross, CAST(SUM(refunds) AS BIGINT) AS refunds, \
                 CAST(SUM(disputes) AS BIGINT) AS disputes, CAST(SUM(fees) AS BIGINT) AS fees, \
                 CAST(SUM(kept) AS BIGINT) AS kept FROM rollup WHERE salon = $1 AND day >= $2 AND day <= $3 GROUP BY ",
                $column, ", currency ORDER BY ", $column, ", currency LIMIT 10000"
            )
        };
    }
    let sql = match by {
        By::Day => sums!("day"),
        By::Month => sums!("SUBSTR(day, 1, 7)"),
        By::Service => sums!("service"),
        By::Employee => sums!("employee"),
        By::Way => sums!("way"),
    };
    let rows: Vec<LineRow> = sqlx::query_as(sql)
        .bind(salon.as_str())
        .bind(from)
        .bind(to)
        .fetch_all(db)
        .await?;
    rows.into_iter().map(LineRow::read).collect()
}

#[derive(FromRow)]
struct LineRow {
    name: String,
    currency: String,
    payments: i64,
    gross: i64,
    refunds: i64,
    disputes: i64,
    fees: i64,
    kept: i64,
}

impl LineRow {
    fn read(self) -> Result<Line, StoreError> {
        Ok(Line {
            name: self.name,
            currency: Currency::parse(&self.currency).map_err(StoreError::damaged)?,
            figures: Figures {
                payments: self.payments,
                gross: self.gross,
                refunds: self.refunds,
                disputes: self.disputes,
                fees: self.fees,
                kept: self.kept,
            },
        })
    }
}
