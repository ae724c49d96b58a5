//! What is kept of payments for late cancelling and not coming. A fee can be waived later, and the payment can go back all the
//! same, so it is followed both ways.

use domain::{
    id::{AttemptId, SalonSlug},
    report::Figures,
};
use sqlx::{AnyConnection, FromRow};

use super::{Facets, Table};
use crate::store::StoreError;

/// How much of a fee counts as kept, as the index `fee_to_roll` has it.
macro_rules! counts {
    () => {
        "CASE WHEN state IN ('asked', 'waived') THEN 0 WHEN kept_at_most < kept THEN kept_at_most ELSE kept END"
    };
}

pub(super) use counts;

/// What a fee adds to the figures, or takes from them.
#[derive(FromRow)]
pub struct KeptRow {
    id: String,
    salon: String,
    kept_of: Option<String>,
    currency: String,
    created: i64,
    was: i64,
    now: i64,
}

/// Up to `most` fees whose part in the figures has changed, each taken.
pub async fn take(db: &mut AnyConnection, most: i64) -> Result<Vec<KeptRow>, StoreError> {
    let rows: Vec<KeptRow> = sqlx::query_as(concat!(
        "SELECT id, salon, kept_of, currency, created, rolled_kept AS was, ",
        counts!(),
        " AS now FROM fee WHERE rolled_kept <> ",
        counts!(),
        " ORDER BY created LIMIT $1"
    ))
    .bind(most)
    .fetch_all(&mut *db)
    .await?;
    let mut taken = Vec::with_capacity(rows.len());
    for row in rows {
        let done = sqlx::query("UPDATE fee SET rolled_kept = $3 WHERE id = $1 AND rolled_kept = $2")
            .bind(&row.id)
            .bind(row.was)
            .bind(row.now)
            .execute(&mut *db)
            .await?;
        if done.rows_affected() == 1 {
            taken.push(row);
        }
    }
    Ok(taken)
}

/// Something moved of this payment: no more of it is kept than is left.
pub async fn cap(db: &mut AnyConnection, attempt: &str) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE fee SET kept_at_most = (SELECT CAST(CASE WHEN SUM(l.sum) > 0 THEN SUM(l.sum) ELSE 0 END AS BIGINT) FROM \
         (SELECT attempt, CASE WHEN kind IN ('refunded', 'dispute_withdrawn') THEN -sum ELSE sum END AS sum FROM ledger) l \
         WHERE l.attempt = $1) WHERE kept_of = $1",
    )
    .bind(attempt)
    .execute(db)
    .await?;
    Ok(())
}

/// All that fees have added to a salon's figures so far.
pub async fn taken(db: &mut AnyConnection, salon: &SalonSlug) -> Result<Vec<KeptRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT id, salon, kept_of, currency, created, CAST(0 AS BIGINT) AS was, rolled_kept AS now FROM fee \
         WHERE salon = $1 AND rolled_kept <> 0",
    )
    .bind(salon.as_str())
    .fetch_all(db)
    .await?;
    Ok(rows)
}

impl KeptRow {
    /// Adds it, on the day of the fee.
    pub async fn add(
        self,
        db: &mut AnyConnection,
        facets: &mut Facets,
        table: &mut Table,
    ) -> Result<(), StoreError> {
        let Some(attempt) = &self.kept_of else {
            return Ok(());
        };
        let attempt = AttemptId::parse(attempt).map_err(StoreError::damaged)?;
        let Some(of) = facets.of(db, &attempt).await? else {
            return Ok(());
        };
        let day = of.day(self.created);
        // Not the shares of the difference: those of two parts need not add up to those of the whole.
        let shares = of.shares(self.now).into_iter().zip(of.shares(self.was));
        for ((service, now), (_, was)) in shares {
            let kept = now - was;
            let entry = table
                .entry(of.key(&self.salon, &day, service, &self.currency))
                .or_default();
            *entry = entry.plus(Figures {
                kept,
                ..Figures::default()
            });
        }
        Ok(())
    }
}
