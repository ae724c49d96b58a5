//! Work to be done after a commit, written in the same transaction as what it follows from. Safe to do twice.

use domain::{
    id::{AttemptId, BookingId, RefundId, SalonSlug},
    time::Moment,
};
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, AnyPool};

use super::{StoreError, from_json, to_json, to_name};

/// What is due in a queue: of which salons, or of one of them. Money is whatever is not for another queue.
macro_rules! due {
    ($what:literal, $kinds:literal, per_salon) => {
        concat!(
            "SELECT ",
            $what,
            " FROM job WHERE done IS NULL AND run_at <= $1 AND kind ",
            $kinds,
            " GROUP BY salon ORDER BY MIN(run_at) LIMIT $2"
        )
    };
    ($what:literal, $kinds:literal, of_salon) => {
        concat!(
            "SELECT ",
            $what,
            " FROM job WHERE done IS NULL AND run_at <= $1 AND salon = $2 AND kind ",
            $kinds,
            " ORDER BY run_at LIMIT 1"
        )
    };
}

/// Something to do.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum Job {
    /// Write to the client.
    Mail {
        /// About this booking.
        booking: BookingId,
        /// What.
        letter: Letter,
    },
    /// Write to the client that the salon gives money back.
    MailRefund {
        /// The refund.
        refund: RefundId,
    },
    /// Hand a short message over.
    Message {
        /// About this booking.
        booking: BookingId,
        /// What.
        letter: Letter,
    },
    /// Hand over the short message that the salon gives money back.
    MessageRefund {
        /// The refund.
        refund: RefundId,
    },
    /// Cancel an attempt's intent at Stripe.
    CancelIntent {
        /// The attempt.
        attempt: AttemptId,
    },
    /// Give money back at Stripe.
    Refund {
        /// The refund.
        refund: RefundId,
    },
    /// Ask Stripe which refunds an attempt has.
    ReadRefunds {
        /// The attempt.
        attempt: AttemptId,
    },
    /// Send the salon's answer to a dispute.
    AnswerDispute {
        /// The answer.
        evidence: String,
    },
    /// Ask Stripe which disputes an attempt has.
    ReadDisputes {
        /// The attempt.
        attempt: AttemptId,
    },
    /// Ask Stripe what became of a refund that is on its way, again and again until it has come to something.
    AwaitRefund {
        /// The refund.
        refund: RefundId,
    },
    /// Ask Stripe what became of an attempt's disputes, again and again until they are closed.
    AwaitDispute {
        /// The attempt.
        attempt: AttemptId,
    },
    /// Write to the salon that a payout did not reach its bank.
    PayoutFailed {
        /// The salon.
        salon: SalonSlug,
        /// Stripe's `po_…`.
        payout: String,
    },
    /// Write to the salon.
    Notify {
        /// The salon.
        salon: SalonSlug,
        /// About this attempt.
        attempt: AttemptId,
        /// What.
        notice: Notice,
    },
    /// Write to the salon what a client did.
    Tell {
        /// With this booking.
        booking: BookingId,
        /// What.
        news: News,
    },
}

/// What a client did with a booking.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum News {
    /// Cancelled it.
    Cancelled,
    /// Moved it to another time.
    Moved {
        /// When it was to begin before.
        from: Moment,
    },
}

/// What a mail is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Letter {
    /// The booking is made.
    Booked,
    /// A visit that was booked before is paid.
    Paid,
    /// The money goes back.
    Refunded,
    /// The link by which a visit is paid.
    Link,
    /// The same once more.
    Reminder,
    /// The visit was called off, because it was not paid in time.
    CalledOff,
    /// The booking is at another time.
    Moved,
    /// The booking is cancelled.
    Cancelled,
    /// The client did not come, and that costs something.
    Missed,
    /// The fee was charged.
    FeeCharged,
    /// The client is asked to pay the fee.
    FeeToPay,
    /// The salon does without the fee.
    FeeWaived,
}

impl Letter {
    /// Its name, as it is kept and as gateways are told.
    ///
    /// # Errors
    /// [`StoreError`], never.
    pub fn name(self) -> Result<String, StoreError> {
        to_name(&self)
    }

    /// Whether it is about cancelling, not coming, or what that costs.
    #[must_use]
    pub fn is_about_a_fee(self) -> bool {
        matches!(
            self,
            Letter::Cancelled | Letter::Missed | Letter::FeeCharged | Letter::FeeToPay | Letter::FeeWaived
        )
    }
}

/// What the salon is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// Money came too late or twice, and goes back.
    GivenBack,
    /// A refund did not reach the client.
    RefundFailed,
    /// A dispute wants an answer.
    Dispute,
    /// A fee could not be charged.
    FeeFailed,
}

/// Jobs that wait for the same kind of other side.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Queue {
    /// Stripe.
    Money,
    /// The mail server.
    Letters,
    /// The gateways for short messages.
    Messages,
}

/// A job that is due.
#[derive(Debug)]
pub struct DueJob {
    /// Its id, 32 hexadecimal digits.
    pub id: String,
    /// What to do, if it can be read.
    pub job: Result<Job, StoreError>,
    /// How often it was tried.
    pub tries: i64,
}

/// Writes a job, due at that time.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(db: &mut AnyConnection, id: &str, job: &Job, due: Moment) -> Result<(), StoreError> {
    let salon = salon_of(db, job).await?;
    sqlx::query("INSERT INTO job (id, kind, payload, run_at, salon) VALUES ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(kind(job))
        .bind(to_json(job)?)
        .bind(due.0)
        .bind(salon)
        .execute(db)
        .await?;
    Ok(())
}

/// Writes a job that follows from another, unless it is written already: whoever does the other twice writes this once.
///
/// # Errors
/// [`StoreError`].
pub async fn insert_once(db: &mut AnyConnection, id: &str, job: &Job, due: Moment) -> Result<(), StoreError> {
    let salon = salon_of(db, job).await?;
    sqlx::query(
        "INSERT INTO job (id, kind, payload, run_at, salon) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
    )
    .bind(id)
    .bind(kind(job))
    .bind(to_json(job)?)
    .bind(due.0)
    .bind(salon)
    .execute(db)
    .await?;
    Ok(())
}

/// Up to `most` salons with jobs of this queue that are due, the one that waits longest first.
///
/// # Errors
/// [`StoreError`].
pub async fn salons_due(
    db: &AnyPool,
    queue: Queue,
    now: Moment,
    most: i64,
) -> Result<Vec<String>, StoreError> {
    let sql = match queue {
        Queue::Money => due!("salon", "NOT IN ('mail', 'notify', 'tell', 'message')", per_salon),
        Queue::Letters => due!("salon", "IN ('mail', 'notify', 'tell')", per_salon),
        Queue::Messages => due!("salon", "= 'message'", per_salon),
    };
    let rows: Vec<(String,)> = sqlx::query_as(sql).bind(now.0).bind(most).fetch_all(db).await?;
    Ok(rows.into_iter().map(|(salon,)| salon).collect())
}

/// The job of a salon in this queue that is due longest.
///
/// # Errors
/// [`StoreError`].
pub async fn next_due(
    db: &AnyPool,
    queue: Queue,
    salon: &str,
    now: Moment,
) -> Result<Option<String>, StoreError> {
    let sql = match queue {
        Queue::Money => due!("id", "NOT IN ('mail', 'notify', 'tell', 'message')", of_salon),
        Queue::Letters => due!("id", "IN ('mail', 'notify', 'tell')", of_salon),
        Queue::Messages => due!("id", "= 'message'", of_salon),
    };
    let row: Option<(String,)> = sqlx::query_as(sql)
        .bind(now.0)
        .bind(salon)
        .fetch_optional(db)
        .await?;
    Ok(row.map(|(id,)| id))
}

/// Takes a job that is due until `again`: should this process die, it is due again then. `None` when another took it.
///
/// # Errors
/// [`StoreError`].
pub async fn take(
    db: &mut AnyConnection,
    id: &str,
    now: Moment,
    again: Moment,
) -> Result<Option<DueJob>, StoreError> {
    let row: Option<(String, String, i64)> = sqlx::query_as(
        "UPDATE job SET run_at = $3, tries = tries + 1 WHERE id = $1 AND done IS NULL AND run_at <= $2 \
         RETURNING id, payload, tries",
    )
    .bind(id)
    .bind(now.0)
    .bind(again.0)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|(id, payload, tries)| DueJob {
        id,
        job: from_json(&payload),
        tries,
    }))
}

/// Whether a job of this kind was tried several times, and is still to be done.
///
/// # Errors
/// [`StoreError`].
pub async fn is_stuck(db: &AnyPool, kind: &str) -> Result<bool, StoreError> {
    let found: Option<(String,)> =
        sqlx::query_as("SELECT id FROM job WHERE done IS NULL AND kind = $1 AND tries >= 5 LIMIT 1")
            .bind(kind)
            .fetch_optional(db)
            .await?;
    Ok(found.is_some())
}

/// Notes that a job is done.
///
/// # Errors
/// [`StoreError`].
pub async fn finish(db: &mut AnyConnection, id: &str, now: Moment) -> Result<(), StoreError> {
    sqlx::query("UPDATE job SET done = $2 WHERE id = $1")
        .bind(id)
        .bind(now.0)
        .execute(db)
        .await?;
    Ok(())
}

/// Notes when a job is tried again, and why it failed (empty: it did not, and has to be done again).
///
/// # Errors
/// [`StoreError`].
pub async fn put_off(db: &mut AnyConnection, id: &str, until: Moment, error: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE job SET run_at = $2, last_error = $3 WHERE id = $1")
        .bind(id)
        .bind(until.0)
        .bind(error)
        .execute(db)
        .await?;
    Ok(())
}

fn kind(job: &Job) -> &'static str {
    match job {
        Job::Mail { .. } | Job::MailRefund { .. } => "mail",
        Job::Message { .. } | Job::MessageRefund { .. } => "message",
        Job::CancelIntent { .. } => "cancel_intent",
        Job::Refund { .. } => "refund",
        Job::ReadRefunds { .. } => "read_refunds",
        Job::AnswerDispute { .. } => "answer_dispute",
        Job::ReadDisputes { .. } => "read_disputes",
        Job::AwaitRefund { .. } => "await_refund",
        Job::AwaitDispute { .. } => "await_dispute",
        Job::Notify { .. } | Job::PayoutFailed { .. } => "notify",
        Job::Tell { .. } => "tell",
    }
}

/// The salon that a job is done for; empty when what it is about is not there.
async fn salon_of(db: &mut AnyConnection, job: &Job) -> Result<String, StoreError> {
    let (sql, id) = match job {
        Job::Notify { salon, .. } | Job::PayoutFailed { salon, .. } => return Ok(salon.to_string()),
        Job::Mail { booking, .. } | Job::Message { booking, .. } | Job::Tell { booking, .. } => {
            ("SELECT salon FROM booking WHERE id = $1", booking.as_str())
        }
        Job::MailRefund { refund }
        | Job::MessageRefund { refund }
        | Job::Refund { refund }
        | Job::AwaitRefund { refund } => (
            "SELECT a.salon FROM refund r JOIN attempt a ON a.id = r.attempt WHERE r.id = $1",
            refund.as_str(),
        ),
        Job::CancelIntent { attempt }
        | Job::ReadRefunds { attempt }
        | Job::ReadDisputes { attempt }
        | Job::AwaitDispute { attempt } => ("SELECT salon FROM attempt WHERE id = $1", attempt.as_str()),
        Job::AnswerDispute { evidence } => ("SELECT salon FROM evidence WHERE id = $1", evidence.as_str()),
    };
    let row: Option<(String,)> = sqlx::query_as(sql).bind(id).fetch_optional(db).await?;
    Ok(row.map(|(salon,)| salon).unwrap_or_default())
}
