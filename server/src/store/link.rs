//! Visit links.

use domain::{id::BookingId, time::Moment};
use sqlx::{AnyConnection, AnyExecutor, FromRow};

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

/// Writes a new link.
///
/// # Errors
/// [`StoreError`]; a unique violation when the visit has one.
pub async fn insert(
    db: &mut AnyConnection,
    token_hash: &str,
    booking: &BookingId,
    expires: Option<Moment>,
    now: Moment,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO visit_link (token_hash, booking, expires, created) VALUES ($1, $2, $3, $4)")
        .bind(token_hash)
        .bind(booking.as_str())
        .bind(expires.map(|at| at.0))
        .bind(now.0)
        .execute(db)
        .await?;
    Ok(())
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
