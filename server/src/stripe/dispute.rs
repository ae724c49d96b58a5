//! Reading disputes.

use domain::key::SecretKey;

use super::{StripeClient, StripeError, list::List, object::Dispute};

impl StripeClient {
    /// The disputes of an intent's money, the newest first, at most 100.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn disputes(&self, key: &SecretKey, intent: &str) -> Result<Vec<Dispute>, StripeError> {
        let path = format!("/v1/disputes?limit=100&payment_intent={intent}");
        let list: List<Dispute> = self.get(key, &path).await?;
        Ok(list.data)
    }
}
