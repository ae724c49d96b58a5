//! The booking of the bearer's token.

use super::{context::current, view::view};
use crate::api::{
    booking::{Booking, StatusRequest},
    error::ApiError,
};

/// Answers [`crate::api::booking::status`].
///
/// # Errors
/// See there.
pub async fn status(_: StatusRequest) -> Result<Booking, ApiError> {
    let context = current()?;
    let booking = context.booking().await?;
    view(&context.app, &booking).await
}
