//! Addresses where clients look after their bookings.

use domain::id::{BookingId, ManageToken};
use sqlx::{AnyConnection, AnyExecutor};

use super::StoreError;
use crate::{store::booking::token_hash, vault::MasterKey};

/// The booking that this token is the address of.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: impl AnyExecutor<'_>, token: &ManageToken) -> Result<Option<BookingId>, StoreError> {
    let row: Option<(String,)> = sqlx::query_as("SELECT booking FROM manage_link WHERE token_hash = $1")
        .bind(token_hash(token.reveal()))
        .fetch_optional(db)
        .await?;
    row.map(|(id,)| BookingId::parse(&id).map_err(StoreError::damaged))
        .transpose()
}

/// The token of a booking's address; `None` while it has none.
///
/// # Errors
/// [`StoreError`].
pub async fn token(
    db: impl AnyExecutor<'_>,
    master: &MasterKey,
    booking: &BookingId,
) -> Result<Option<ManageToken>, StoreError> {
    let row: Option<(String,)> = sqlx::query_as("SELECT sealed FROM manage_link WHERE booking = $1")
        .bind(booking.as_str())
        .fetch_optional(db)
        .await?;
    let Some((sealed,)) = row else { return Ok(None) };
    let plain = master
        .open(&place(booking.as_str()), &sealed)
        .map_err(StoreError::damaged)?;
    ManageToken::parse(&plain).map(Some).map_err(StoreError::damaged)
}

/// Gives a booking this address, unless it has one.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(
    db: &mut AnyConnection,
    master: &MasterKey,
    booking: &BookingId,
    token: &ManageToken,
) -> Result<(), StoreError> {
    let sealed = master
        .seal(&place(booking.as_str()), token.reveal())
        .map_err(StoreError::damaged)?;
    sqlx::query(
        "INSERT INTO manage_link (booking, token_hash, sealed) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
    )
    .bind(booking.as_str())
    .bind(token_hash(token.reveal()))
    .bind(sealed)
    .execute(db)
    .await?;
    Ok(())
}

pub(super) fn place(booking: &str) -> String {
    format!("{booking}/manage")
}
