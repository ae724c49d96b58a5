//! Refunds: giving money back, and reading what became of it.

use domain::{id::RefundId, key::SecretKey, money::Money};

use super::{StripeClient, StripeError, list::List, object::Refund};

impl StripeClient {
    /// Gives back `sum` of an intent's money. Our id is the idempotency key.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn refund(
        &self,
        key: &SecretKey,
        id: &RefundId,
        intent: &str,
        sum: Money,
    ) -> Result<Refund, StripeError> {
        let form = [
            ("payment_intent", intent.to_owned()),
            ("amount", sum.minor().to_string()),
            ("metadata[refund]", id.as_str().to_owned()),
        ];
        self.post(key, "/v1/refunds", id.as_str(), &form).await
    }

    /// The refunds of an intent's money, the newest first, at most 100.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn refunds(&self, key: &SecretKey, intent: &str) -> Result<Vec<Refund>, StripeError> {
        let path = format!("/v1/refunds?limit=100&payment_intent={intent}");
        let list: List<Refund> = self.get(key, &path).await?;
        Ok(list.data)
    }
}
