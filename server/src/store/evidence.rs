//! What the salon answers to disputes.

use domain::{id::SalonSlug, time::Moment};
use sqlx::{AnyConnection, AnyExecutor, FromRow};

use super::{StoreError, from_json, to_json};

/// An answer to a dispute.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// Its id, and the idempotency key of its call.
    pub id: String,
    /// The salon.
    pub salon: SalonSlug,
    /// The dispute (`dp_…`).
    pub dispute: String,
    /// Stripe's names of the fields, and what stands in them.
    pub fields: Vec<(String, String)>,
    /// When Stripe had it.
    pub sent: Option<Moment>,
    /// Why Stripe did not take it.
    pub refused: Option<String>,
}

/// The answer of this id.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: impl AnyExecutor<'_>, id: &str) -> Result<Option<Evidence>, StoreError> {
    let row: Option<Row> =
        sqlx::query_as("SELECT id, salon, dispute, fields, sent, refused FROM evidence WHERE id = $1")
            .bind(id)
            .fetch_optional(db)
            .await?;
    row.map(Row::read).transpose()
}

/// The answer to a dispute.
///
/// # Errors
/// [`StoreError`].
pub async fn of_dispute(
    db: impl AnyExecutor<'_>,
    salon: &SalonSlug,
    dispute: &str,
) -> Result<Option<Evidence>, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT id, salon, dispute, fields, sent, refused FROM evidence WHERE salon = $1 AND dispute = $2",
    )
    .bind(salon.as_str())
    .bind(dispute)
    .fetch_optional(db)
    .await?;
    row.map(Row::read).transpose()
}

/// Writes a new answer; in the place of one that Stripe refused. `false` when there is one that it did not refuse.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(db: &mut AnyConnection, new: &Evidence, now: Moment) -> Result<bool, StoreError> {
    sqlx::query("DELETE FROM evidence WHERE salon = $1 AND dispute = $2 AND refused IS NOT NULL")
        .bind(new.salon.as_str())
        .bind(&new.dispute)
        .execute(&mut *db)
        .await?;
    let done = sqlx::query(
        "INSERT INTO evidence (id, salon, dispute, fields, created) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
    )
    .bind(&new.id)
    .bind(new.salon.as_str())
    .bind(&new.dispute)
    .bind(to_json(&new.fields)?)
    .bind(now.0)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that Stripe has it (`refused` is `None`), or why it did not take it.
///
/// # Errors
/// [`StoreError`].
pub async fn note(
    db: &mut AnyConnection,
    id: &str,
    now: Moment,
    refused: Option<&str>,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE evidence SET sent = $2, refused = $3 WHERE id = $1")
        .bind(id)
        .bind(if refused.is_none() { Some(now.0) } else { None })
        .bind(refused)
        .execute(db)
        .await?;
    Ok(())
}

#[derive(FromRow)]
struct Row {
    id: String,
    salon: String,
    dispute: String,
    fields: String,
    sent: Option<i64>,
    refused: Option<String>,
}

impl Row {
    fn read(self) -> Result<Evidence, StoreError> {
        Ok(Evidence {
            id: self.id,
            salon: SalonSlug::parse(&self.salon).map_err(StoreError::damaged)?,
            dispute: self.dispute,
            fields: from_json(&self.fields)?,
            sent: self.sent.map(Moment),
            refused: self.refused,
        })
    }
}
