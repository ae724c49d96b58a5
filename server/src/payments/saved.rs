//! Cards that are saved for fees: the customers they are saved for at Stripe.

use domain::{id::BookingId, key::SecretKey, payment::Purpose};

use crate::{
    api::error::ApiError,
    app::App,
    store::{
        attempt::{self, AttemptRecord},
        card,
    },
    stripe::StripeError,
};

/// A saved card that can be charged.
pub struct Saved {
    /// Stripe's `cus_…`.
    pub customer: String,
    /// Stripe's `pm_…`.
    pub payment_method: String,
}

/// The customer that an attempt's card is saved for, if its holder agreed to that: made at Stripe the first time, and written
/// down before anything is charged for it.
pub async fn customer(
    app: &App,
    key: &SecretKey,
    attempt: &AttemptRecord,
) -> Result<Result<Option<String>, StripeError>, ApiError> {
    if attempt.purpose != Purpose::Booking {
        return Ok(Ok(None));
    }
    let Some(card) = card::of_attempt(app.store.read(), &attempt.id).await? else {
        return Ok(Ok(None));
    };
    if card.customer.is_some() {
        return Ok(Ok(card.customer));
    }
    let made = match app.stripe.customer(key, &attempt.id, &attempt.booking).await {
        Ok(made) => made,
        Err(error) => return Ok(Err(error)),
    };
    let mut write = app.store.write().await?;
    card::note(write.conn(), &attempt.id, &made, None).await?;
    write.commit().await?;
    Ok(Ok(Some(made)))
}

/// The card that a booking's client agreed to have charged. What Stripe calls it is asked the first time.
pub async fn card(
    app: &App,
    key: &SecretKey,
    booking: &BookingId,
) -> Result<Result<Saved, StripeError>, ApiError> {
    let Some(record) = card::of_booking(app.store.read(), booking).await? else {
        return Ok(Err(none()));
    };
    let Some(customer) = record.customer else {
        return Ok(Err(none()));
    };
    if let Some(payment_method) = record.payment_method {
        return Ok(Ok(Saved {
            customer,
            payment_method,
        }));
    }
    let paid = attempt::find(app.store.read(), &record.attempt).await?;
    let Some(intent) = paid.and_then(|paid| paid.intent) else {
        return Ok(Err(none()));
    };
    let intent = match app.stripe.intent(key, &intent).await {
        Ok(intent) => intent,
        Err(error) => return Ok(Err(error)),
    };
    let Some(payment_method) = intent.payment_method().map(str::to_owned) else {
        return Ok(Err(none()));
    };
    let mut write = app.store.write().await?;
    card::note(write.conn(), &record.attempt, &customer, Some(&payment_method)).await?;
    write.commit().await?;
    Ok(Ok(Saved {
        customer,
        payment_method,
    }))
}

fn none() -> StripeError {
    StripeError::Refused {
        status: 404,
        code: None,
        param: None,
        message: "no card is saved for this booking".to_owned(),
        request: None,
    }
}
