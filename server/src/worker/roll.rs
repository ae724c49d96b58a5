//! Rolls figures up, so that a report is there at once however many payments it is of.

use crate::{
    api::error::ApiError,
    app::App,
    store::{StoreError, rollup},
};

/// So many entries are taken in at a time.
const BATCH: i64 = 500;

/// Rolls up all that is to be.
///
/// # Errors
/// [`ApiError`]; what was not taken in is taken in the next time.
pub async fn run(app: &App) -> Result<(), ApiError> {
    while !some(app, usize::MAX).await? {}
    Ok(())
}

/// Rolls up so many times some hundred entries; answers whether that was all.
///
/// # Errors
/// [`ApiError`]; what was not taken in is taken in the next time.
pub async fn some(app: &App, times: usize) -> Result<bool, ApiError> {
    for _ in 0..times {
        if !rollup::any_to_roll(app.store.read()).await? {
            return Ok(true);
        }
        let mut write = app.store.write().await?;
        let rolled = rollup::roll(write.conn(), BATCH).await;
        let done = match rolled {
            Ok(_) => write.commit().await,
            Err(error) => Err(error),
        };
        match done {
            // Another process did it.
            Err(StoreError::Conflict(_)) => return Ok(true),
            done => done?,
        }
    }
    Ok(false)
}
