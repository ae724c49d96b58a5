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

    /// Up to 100 disputes of the account since then (seconds since 1970), inquiries too, the newest first. `after` is the last id
    /// of the page before.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn disputes_since(
        &self,
        key: &SecretKey,
        since: i64,
        after: Option<&str>,
    ) -> Result<List<Dispute>, StripeError> {
        let mut path = format!("/v1/disputes?limit=100&created[gte]={since}");
        if let Some(after) = after {
            path.push_str("&starting_after=");
            path.push_str(after);
        }
        self.get(key, &path).await
    }
}
