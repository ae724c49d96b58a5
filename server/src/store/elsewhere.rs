//! What was paid on an account of Stripe's that the salon had before: its present keys know nothing of it, so nobody asks about
//! it any more, and what of it was not over is the salon's to look after there.

use domain::{
    currency::Currency,
    id::{AttemptId, BookingId, RefundId, SalonSlug},
    money::Money,
    time::Moment,
};
use sqlx::{AnyConnection, AnyExecutor};

use super::StoreError;

/// Something that was not over when the salon turned to another account.
#[derive(Clone, Debug)]
pub struct Left {
    /// What.
    pub what: What,
    /// The booking that it is about.
    pub booking: BookingId,
    /// The client.
    pub client: String,
    /// How much it is about.
    pub sum: Money,
    /// The account that it is on (`acct_…`).
    pub account: String,
}

/// What was not over.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum What {
    /// A dispute (`dp_…`).
    Dispute(String),
    /// A refund that Stripe was not asked for, or not heard of again.
    RefundToMake(RefundId),
    /// A refund that Stripe has, and that may still fail.
    RefundUnderWay(RefundId),
    /// A payment of which nobody knows whether it took the money.
    Payment(AttemptId),
}

/// The keys of a salon are about to be those of this account. What was paid on the one before is put aside; what was put aside
/// because it is of this one is back, and what moved there meanwhile is read. Nothing changes where it is the same account.
///
/// # Errors
/// [`StoreError`].
pub async fn turn_to(db: &mut AnyConnection, slug: &SalonSlug, account: &str) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE attempt SET former_account = (SELECT s.account FROM salon s WHERE s.slug = $1), \
         left_open = CASE WHEN state IN ('created', 'unknown', 'requires_action', 'processing') THEN 1 ELSE 0 END \
         WHERE salon = $1 AND former_account IS NULL \
         AND EXISTS (SELECT 1 FROM salon s WHERE s.slug = $1 AND s.account <> $2)",
    )
    .bind(slug.as_str())
    .bind(account)
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "UPDATE salon SET settle_at = 0, settling_from = 0, look_at = 0, \
         settled_until = (SELECT MIN(a.created) / 1000 FROM attempt a WHERE a.salon = $1 AND a.former_account = $2), \
         disputes_until = (SELECT MIN(a.created) / 1000 FROM attempt a WHERE a.salon = $1 AND a.former_account = $2) \
         WHERE slug = $1 AND EXISTS (SELECT 1 FROM attempt a WHERE a.salon = $1 AND a.former_account = $2)",
    )
    .bind(slug.as_str())
    .bind(account)
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "UPDATE attempt SET former_account = NULL, left_open = 0 WHERE salon = $1 AND former_account = $2",
    )
    .bind(slug.as_str())
    .bind(account)
    .execute(db)
    .await?;
    Ok(())
}

/// What of a salon was not over on an account it had before, and that nobody has dealt with yet, the latest first (at most 50).
/// Of a test nothing is to be done once payments are real.
///
/// # Errors
/// [`StoreError`].
pub async fn of_salon(db: impl AnyExecutor<'_>, salon: &SalonSlug) -> Result<Vec<Left>, StoreError> {
    // What is open comes first: SQLite keeps to the order of `CROSS JOIN`, and of payments there may be a million.
    let rows: Vec<(String, String, String, String, i64, String, String)> = sqlx::query_as(
        "SELECT o.what, o.id, b.id, b.client_name, o.sum, a.currency, a.former_account FROM ( \
         SELECT 'dispute' AS what, d.id AS id, d.attempt AS attempt, d.sum AS sum FROM dispute d \
         WHERE d.salon = $1 AND d.handled IS NULL AND d.state NOT IN ('warning_closed', 'prevented', 'won', 'lost') \
         UNION ALL SELECT CASE WHEN r.state = 'created' THEN 'to_make' ELSE 'under_way' END, r.id, r.attempt, r.sum FROM refund r \
         WHERE r.handled IS NULL AND r.state IN ('created', 'pending', 'requires_action') \
         UNION ALL SELECT 'payment', p.id, p.id, p.sum FROM attempt p \
         WHERE p.salon = $1 AND p.left_open = 1 AND p.state NOT IN ('succeeded', 'declined')) o \
         CROSS JOIN attempt a CROSS JOIN booking b CROSS JOIN salon s \
         WHERE a.id = o.attempt AND b.id = a.booking AND s.slug = a.salon AND a.salon = $1 AND a.former_account IS NOT NULL AND (a.mode = 'live' OR a.mode = s.mode) \
         ORDER BY a.created DESC, o.id LIMIT 50",
    )
    .bind(salon.as_str())
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|(what, id, booking, client, sum, currency, account)| {
            let currency = Currency::parse(&currency).map_err(StoreError::damaged)?;
            Ok(Left {
                what: What::parse(&what, &id).ok_or_else(|| StoreError::damaged("what was left"))?,
                booking: BookingId::parse(&booking).map_err(StoreError::damaged)?,
                client,
                sum: Money::new(sum, currency).map_err(StoreError::damaged)?,
                account,
            })
        })
        .collect()
}

impl What {
    /// Its kind and its id, as an address names them.
    #[must_use]
    pub fn name(&self) -> (&'static str, &str) {
        match self {
            What::Dispute(id) => ("dispute", id),
            What::RefundToMake(id) => ("to_make", id.as_str()),
            What::RefundUnderWay(id) => ("under_way", id.as_str()),
            What::Payment(id) => ("payment", id.as_str()),
        }
    }

    /// Reads what [`name`](What::name) says.
    #[must_use]
    pub fn parse(what: &str, id: &str) -> Option<What> {
        match what {
            "dispute" => Some(What::Dispute(id.to_owned())),
            "to_make" => RefundId::parse(id).ok().map(What::RefundToMake),
            "under_way" => RefundId::parse(id).ok().map(What::RefundUnderWay),
            "payment" => AttemptId::parse(id).ok().map(What::Payment),
            _ => None,
        }
    }
}

/// Notes that somebody dealt with it on that account; `false` when there is nothing such.
///
/// A refund that was to be made is not made by itself any more, should the salon come back to that account: it was made by hand.
///
/// # Errors
/// [`StoreError`].
pub async fn note_handled(
    db: &mut AnyConnection,
    salon: &SalonSlug,
    what: &What,
    now: Moment,
) -> Result<bool, StoreError> {
    let sql = match what {
        What::Dispute(_) => {
            "UPDATE dispute SET handled = $3 WHERE salon = $2 AND id = $1 AND handled IS NULL \
             AND attempt IN (SELECT id FROM attempt WHERE salon = $2 AND former_account IS NOT NULL)"
        }
        What::RefundToMake(_) => {
            "UPDATE refund SET handled = $3, state = 'failed' WHERE id = $1 AND handled IS NULL AND state = 'created' \
             AND attempt IN (SELECT id FROM attempt WHERE salon = $2 AND former_account IS NOT NULL)"
        }
        What::RefundUnderWay(_) => {
            "UPDATE refund SET handled = $3 WHERE id = $1 AND handled IS NULL AND state IN ('pending', 'requires_action') \
             AND attempt IN (SELECT id FROM attempt WHERE salon = $2 AND former_account IS NOT NULL)"
        }
        What::Payment(_) => {
            "UPDATE attempt SET left_open = 0 WHERE id = $1 AND salon = $2 AND left_open = 1 AND $3 > 0 \
             AND former_account IS NOT NULL"
        }
    };
    let done = sqlx::query(sql)
        .bind(what.name().1)
        .bind(salon.as_str())
        .bind(now.0)
        .execute(&mut *db)
        .await?;
    if done.rows_affected() != 1 {
        return Ok(false);
    }
    if let What::RefundToMake(id) = what {
        // What was set aside for it is not any more. The row was moved just now: nobody else does this.
        sqlx::query(
            "UPDATE attempt SET reserved = reserved - (SELECT r.sum FROM refund r WHERE r.id = $1) \
             WHERE id = (SELECT r.attempt FROM refund r WHERE r.id = $1)",
        )
        .bind(id.as_str())
        .execute(db)
        .await?;
    }
    Ok(true)
}
