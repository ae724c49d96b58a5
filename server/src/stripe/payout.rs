//! Reading payouts.

use domain::key::SecretKey;

use super::{StripeClient, StripeError, object::Payout};

impl StripeClient {
    /// A payout, as it stands now.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn payout(&self, key: &SecretKey, id: &str) -> Result<Payout, StripeError> {
        self.get(key, &format!("/v1/payouts/{id}")).await
    }
}
