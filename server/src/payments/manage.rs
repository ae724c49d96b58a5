//! The address where a client looks after a booking.

use domain::id::{BookingId, ManageToken};

use super::lost;
use crate::{
    api::error::ApiError,
    app::App,
    store::{Write, manage},
};

/// The address of a booking; it gets one now, if it has none yet.
///
/// # Errors
/// [`ApiError`].
pub async fn address(app: &App, booking: &BookingId) -> Result<String, ApiError> {
    let mut known = manage::token(app.store.read(), &app.master_key, booking).await?;
    if known.is_none() {
        let mut write = app.store.write().await?;
        give(&mut write, app, booking).await?;
        write.commit().await?;
        // Somebody else's may have been first.
        known = manage::token(app.store.read(), &app.master_key, booking).await?;
    }
    let token = known.ok_or_else(|| lost("a booking's address"))?;
    Ok(format!("{}/manage/{}", app.public_url, token.reveal()))
}

/// Gives a booking an address, unless it has one.
///
/// # Errors
/// [`ApiError`].
pub async fn give(write: &mut Write, app: &App, booking: &BookingId) -> Result<(), ApiError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| lost("random bytes"))?;
    let token = ManageToken::from_random(&bytes);
    Ok(manage::insert(write.conn(), &app.master_key, booking, &token).await?)
}
