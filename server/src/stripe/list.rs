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

/// A time, in seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Its first second.
    pub from: i64,
    /// The first second after it; `None`: there is no end.
    pub to: Option<i64>,
}

impl StripeClient {
    /// Up to 100 movements on the balance of a time, the newest first, each with all of what moved it. `after` is the last id of
    /// the page before.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn balance_transactions(
        &self,
        key: &SecretKey,
        of: Span,
        after: Option<&str>,
    ) -> Result<List<BalanceTransaction>, StripeError> {
        let mut path = format!(
            "/v1/balance_transactions?limit=100&created[gte]={}&expand[]=data.source",
            of.from
        );
        if let Some(to) = of.to {
            path.push_str(&format!("&created[lt]={to}"));
        }
        if let Some(after) = after {
            path.push_str("&starting_after=");
            path.push_str(after);
        }
        self.get(key, &path).await
    }
}
