//! Visit links.

use domain::{id::BookingId, time::Moment};
use sqlx::{AnyConnection, AnyExecutor, AnyPool, FromRow};

use super::StoreError;

/// A visit link as it is kept.
#[derive(Clone, Debug)]
pub struct LinkRecord {
    /// The visit.
    pub booking: BookingId,
    /// Until when it works; `None`: until paid.
    pub expires: Option<Moment>,
    /// When it was first opened.
    pub opened: Option<Moment>,
}

/// The link whose token has this hash.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: impl AnyExecutor<'_>, token_hash: &str) -> Result<Option<LinkRecord>, StoreError> {
    let row: Option<Row> =
        sqlx::query_as("SELECT booking, expires, opened FROM visit_link WHERE token_hash = $1")
            .bind(token_hash)
            .fetch_optional(db)
            .await?;
    row.map(|row| {
        Ok(LinkRecord {
            booking: BookingId::parse(&row.booking).map_err(StoreError::damaged)?,
            expires: row.expires.map(Moment),
            opened: row.opened.map(Moment),
        })
    })
    .transpose()
}

/// A link that is to be written.
#[derive(Clone, Debug)]
pub struct NewLink {
    /// The hash of its token.
    pub token_hash: String,
    /// Its token, encrypted.
    pub sealed: String,
    /// Until when it works; `None`: until paid.
    pub expires: Option<Moment>,
    /// When a reminder goes out.
    pub remind_at: Option<Moment>,
    /// When the visit is called off.
    pub cancel_at: Option<Moment>,
    /// Whether the payer may add a tip.
    pub tips: bool,
    /// Whether it is for what is left to pay after a part was paid.
    pub rest: bool,
}

/// A link as the salon sees it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Its token, encrypted; `None`: made before that was kept.
    pub sealed: Option<String>,
    /// Until when it works.
    pub expires: Option<Moment>,
    /// When it was first opened.
    pub opened: Option<Moment>,
    /// When it was sent by mail.
    pub sent: Option<Moment>,
    /// When a reminder goes out.
    pub remind_at: Option<Moment>,
    /// When the visit is called off.
    pub cancel_at: Option<Moment>,
    /// Whether the payer may add a tip.
    pub tips: bool,
    /// Whether it is for what is left to pay after a part was paid.
    pub rest: bool,
}

/// Writes a visit's link in the place of an earlier one.
///
/// # Errors
/// [`StoreError`].
pub async fn replace(
    db: &mut AnyConnection,
    booking: &BookingId,
    new: &NewLink,
    now: Moment,
) -> Result<(), StoreError> {
    // One statement: of two who make one at the same moment the later one's works.
    sqlx::query(
        "INSERT INTO visit_link (token_hash, booking, expires, created, sealed, remind_at, cancel_at, tips, rest) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (booking) DO UPDATE SET token_hash = excluded.token_hash, \
         expires = excluded.expires, created = excluded.created, sealed = excluded.sealed, remind_at = excluded.remind_at, \
         cancel_at = excluded.cancel_at, tips = excluded.tips, rest = excluded.rest, opened = NULL, sent = NULL",
    )
    .bind(&new.token_hash)
    .bind(booking.as_str())
    .bind(new.expires.map(|at| at.0))
    .bind(now.0)
    .bind(&new.sealed)
    .bind(new.remind_at.map(|at| at.0))
    .bind(new.cancel_at.map(|at| at.0))
    .bind(i64::from(new.tips))
    .bind(i64::from(new.rest))
    .execute(db)
    .await?;
    Ok(())
}

/// The link of a visit.
///
/// # Errors
/// [`StoreError`].
pub async fn of_booking(db: impl AnyExecutor<'_>, booking: &BookingId) -> Result<Option<Shown>, StoreError> {
    let row: Option<ShownRow> = sqlx::query_as(
        "SELECT sealed, expires, opened, sent, remind_at, cancel_at, tips, rest FROM visit_link WHERE booking = $1",
    )
    .bind(booking.as_str())
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Shown {
        sealed: row.sealed,
        expires: row.expires.map(Moment),
        opened: row.opened.map(Moment),
        sent: row.sent.map(Moment),
        remind_at: row.remind_at.map(Moment),
        cancel_at: row.cancel_at.map(Moment),
        tips: row.tips != 0,
        rest: row.rest != 0,
    }))
}

/// What a link's token is sealed for.
#[must_use]
pub fn place(booking: &str) -> String {
    format!("{booking}/link")
}

/// Takes a visit's link back; `false` when there is none.
///
/// # Errors
/// [`StoreError`].
pub async fn remove(db: &mut AnyConnection, booking: &BookingId) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM visit_link WHERE booking = $1")
        .bind(booking.as_str())
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that a link was sent.
///
/// # Errors
/// [`StoreError`].
pub async fn note_sent(db: &mut AnyConnection, booking: &BookingId, now: Moment) -> Result<(), StoreError> {
    sqlx::query("UPDATE visit_link SET sent = $2 WHERE booking = $1")
        .bind(booking.as_str())
        .bind(now.0)
        .execute(db)
        .await?;
    Ok(())
}

/// Up to `most` visits whose reminder is due, each taken: it is reminded of once.
///
/// # Errors
/// [`StoreError`].
pub async fn take_to_remind(
    db: &mut AnyConnection,
    now: Moment,
    most: i64,
) -> Result<Vec<BookingId>, StoreError> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "UPDATE visit_link SET remind_at = NULL WHERE remind_at <= $1 AND token_hash IN \
         (SELECT token_hash FROM visit_link WHERE remind_at <= $1 ORDER BY remind_at LIMIT $2) RETURNING booking",
    )
    .bind(now.0)
    .bind(most)
    .fetch_all(db)
    .await?;
    read(rows)
}

/// Up to `most` visits that are called off by now, should they not be paid. They stay in this list until
/// [`forget_cancelling`], and are left out while somebody is paying.
///
/// # Errors
/// [`StoreError`].
pub async fn to_cancel(db: &AnyPool, now: Moment, most: i64) -> Result<Vec<BookingId>, StoreError> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT l.booking FROM visit_link l WHERE l.cancel_at <= $1 AND NOT EXISTS (SELECT 1 FROM attempt a \
         WHERE a.booking = l.booking AND a.purpose = 'booking' \
         AND a.state IN ('created', 'unknown', 'requires_action', 'processing')) ORDER BY l.cancel_at LIMIT $2",
    )
    .bind(now.0)
    .bind(most)
    .fetch_all(db)
    .await?;
    read(rows)
}

/// Whether any reminder is due.
///
/// # Errors
/// [`StoreError`].
pub async fn any_to_remind(db: &AnyPool, now: Moment) -> Result<bool, StoreError> {
    let found: Option<(String,)> =
        sqlx::query_as("SELECT booking FROM visit_link WHERE remind_at <= $1 LIMIT 1")
            .bind(now.0)
            .fetch_optional(db)
            .await?;
    Ok(found.is_some())
}

/// The visit is paid or called off: nothing more is to be done by the clock.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_cancelling(db: &mut AnyConnection, booking: &BookingId) -> Result<(), StoreError> {
    sqlx::query("UPDATE visit_link SET cancel_at = NULL, remind_at = NULL WHERE booking = $1")
        .bind(booking.as_str())
        .execute(db)
        .await?;
    Ok(())
}

fn read(rows: Vec<(String,)>) -> Result<Vec<BookingId>, StoreError> {
    rows.into_iter()
        .map(|(id,)| BookingId::parse(&id).map_err(StoreError::damaged))
        .collect()
}

/// Notes that a link was opened, the first time.
///
/// # Errors
/// [`StoreError`].
pub async fn note_opened(db: &mut AnyConnection, token_hash: &str, now: Moment) -> Result<(), StoreError> {
    sqlx::query("UPDATE visit_link SET opened = COALESCE(opened, $2) WHERE token_hash = $1")
        .bind(token_hash)
        .bind(now.0)
        .execute(db)
        .await?;
    Ok(())
}

#[derive(FromRow)]
struct Row {
    booking: String,
    expires: Option<i64>,
    opened: Option<i64>,
}

#[derive(FromRow)]
struct ShownRow {
    sealed: Option<String>,
    expires: Option<i64>,
    opened: Option<i64>,
    sent: Option<i64>,
    remind_at: Option<i64>,
    cancel_at: Option<i64>,
    tips: i64,
    rest: i64,
}
