//! Lists: the newest first, a page at a time.

use domain::key::SecretKey;
use serde::Deserialize;

use super::{StripeClient, StripeError, object::BalanceTransaction};

/// A page of a list.
#[derive(Debug, Deserialize)]
pub struct List<T> {
    /// What is on it.
    pub data: Vec<T>,
    /// Whether there is another page.
    #[serde(default)]
    pub has_more: bool,
}

impl StripeClient {
    /// Up to 100 movements on the balance since then (seconds since 1970), the newest first, each with all of what moved it.
    /// `after` is the last id of the page before.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn balance_transactions(
        &self,
        key: &SecretKey,
        since: i64,
        after: Option<&str>,
    ) -> Result<List<BalanceTransaction>, StripeError> {
        let mut path =
            format!("/v1/balance_transactions?limit=100&created[gte]={since}&expand[]=data.source");
        if let Some(after) = after {
            path.push_str("&starting_after=");
            path.push_str(after);
        }
        self.get(key, &path).await
    }
}
