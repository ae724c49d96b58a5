//! Sends the salon's answer to a dispute.

use domain::key::SecretKey;

use super::{TRIES, dispute::AsOf};
use crate::{
    api::error::{ApiError, Code},
    app::App,
    store::{StoreError, evidence, salon},
    stripe::{StripeClient, StripeError, object::Dispute},
};

/// Sends an answer that was written down, with its id as the key: sent twice, Stripe has it once.
///
/// # Errors
/// [`ApiError`] when it could not be sent yet.
pub async fn send(app: &App, id: &str) -> Result<(), ApiError> {
    let db = app.store.read();
    let Some(answer) = evidence::find(db, id).await? else {
        return Ok(());
    };
    if answer.sent.is_some() || answer.refused.is_some() {
        return Ok(());
    }
    let found = salon::find(db, &answer.salon).await?;
    let key = match &found {
        Some(salon) => salon.secret_key(&app.master_key)?,
        None => None,
    };
    let key = key.ok_or_else(|| ApiError::new(Code::PaymentDown, "the salon has no keys at the moment"))?;
    let sent = submit(&app.stripe, &key, &answer).await;
    let refused = match &sent {
        Ok(_) => None,
        Err(StripeError::Refused { status, message, .. }) if !matches!(status, 401 | 403 | 429) => {
            Some(message.as_str())
        }
        Err(error) => return Err(ApiError::new(Code::PaymentDown, error.to_string())),
    };
    for _ in 0..TRIES {
        let now = app.now();
        let mut write = app.store.write().await?;
        evidence::note(write.conn(), id, now, refused).await?;
        if let Ok(dispute) = &sent
            && !super::dispute::apply(&mut write, &answer.salon, dispute, AsOf::Asked, now).await?
        {
            continue;
        }
        match write.commit().await {
            Err(StoreError::Conflict(_)) => {}
            done => return Ok(done?),
        }
    }
    Err(ApiError::new(Code::Busy, "the dispute changed all the time"))
}

async fn submit(
    stripe: &StripeClient,
    key: &SecretKey,
    answer: &evidence::Evidence,
) -> Result<Dispute, StripeError> {
    let named: Vec<(String, &String)> = answer
        .fields
        .iter()
        .map(|(name, text)| (format!("evidence[{name}]"), text))
        .collect();
    let mut form: Vec<(&str, String)> = named
        .iter()
        .map(|(name, text)| (name.as_str(), (*text).clone()))
        .collect();
    form.push(("submit", "true".to_owned()));
    stripe
        .post(
            key,
            &format!("/v1/disputes/{}", answer.dispute),
            &answer.id,
            &form,
        )
        .await
}
