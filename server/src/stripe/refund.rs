//! Refunds.

use domain::{id::RefundId, key::SecretKey, money::Money};
use serde::Deserialize;

use super::{StripeClient, StripeError};

/// A refund, as far as it is needed.
#[derive(Clone, Debug, Deserialize)]
pub struct Refund {
    /// `re_…`.
    pub id: String,
    /// `pending`, `requires_action`, `succeeded`, `failed` or `canceled`; `null` in old accounts.
    pub status: Option<String>,
}

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
}
