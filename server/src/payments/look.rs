//! Looking for what became of a payment, without sending anything.

use domain::{key::SecretKey, payment::Purpose};

use super::fee;
use crate::{
    api::error::ApiError,
    app::App,
    store::{attempt::AttemptRecord, card},
    stripe::{
        StripeError,
        intent::{Among, Intent},
    },
};

/// Whether an attempt charges a fee that the salon does without by now.
pub async fn is_unwanted(app: &App, attempt: &AttemptRecord) -> Result<bool, ApiError> {
    Ok(attempt.purpose == Purpose::Fee && fee::of_attempt(app.store.read(), attempt).await?.is_none())
}

/// Looks for the intent of an attempt of which none is known, without asking for one.
pub async fn intent(
    app: &App,
    key: &SecretKey,
    attempt: &AttemptRecord,
) -> Result<Result<Option<Intent>, StripeError>, ApiError> {
    let card = match attempt.purpose {
        Purpose::Booking => card::of_attempt(app.store.read(), &attempt.id).await?,
        Purpose::Rest => None,
        Purpose::Fee if attempt.by_client() => None,
        Purpose::Fee => card::of_booking(app.store.read(), &attempt.booking).await?,
    };
    let customer = card.and_then(|card| card.customer);
    let among = match &customer {
        Some(customer) => Among::Customer(customer),
        // Stripe's clock may be a little behind.
        None => Among::Since(attempt.created.plus_minutes(-5).0.div_euclid(1_000)),
    };
    Ok(app.stripe.intent_of(key, among, &attempt.id).await)
}
