//! The salon's account and the address for its events.

use domain::key::{PublishableKey, SecretKey};
use serde::Deserialize;

use super::{StripeClient, StripeError, client::API_VERSION, list::List};

/// The events a salon subscribes to: with them alone everything works (`docs/OPERATING.md`).
pub const EVENTS: [&str; 13] = [
    "charge.captured",
    "charge.expired",
    "charge.failed",
    "charge.pending",
    "charge.refunded",
    "charge.succeeded",
    "charge.updated",
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.refund.updated",
];

/// What an endpoint that is made here is told besides, sooner than it would be found out.
const BESIDES: [&str; 5] = [
    "account.updated",
    "payout.failed",
    "payout.paid",
    "setup_intent.setup_failed",
    "setup_intent.succeeded",
];

/// An account, as far as setting up needs it.
#[derive(Clone, Debug, Deserialize)]
pub struct AccountFacts {
    /// `acct_…`.
    pub id: String,
    /// Two letters (ISO 3166).
    #[serde(default)]
    pub country: String,
    /// Its currency, in small letters.
    #[serde(default)]
    pub default_currency: String,
    /// Whether it can take payments yet.
    #[serde(default)]
    pub charges_enabled: bool,
    /// Whether it is paid out.
    #[serde(default)]
    pub payouts_enabled: bool,
    #[serde(default)]
    settings: Settings,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Settings {
    #[serde(default)]
    dashboard: Dashboard,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Dashboard {
    display_name: Option<String>,
}

#[derive(Deserialize)]
struct SetupIntent {
    id: String,
    client_secret: Option<String>,
}

#[derive(Deserialize)]
struct Endpoint {
    id: String,
    #[serde(default)]
    url: String,
    secret: Option<String>,
}

/// An event that Stripe has had.
#[derive(Debug, Deserialize)]
pub struct HadEvent {
    /// `evt_…`.
    pub id: String,
    /// When, in seconds since 1970.
    pub created: i64,
}

#[derive(Deserialize)]
struct Anything {}

impl AccountFacts {
    /// The name that the owner filled in at Stripe; empty when there is none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.settings
            .dashboard
            .display_name
            .as_deref()
            .unwrap_or_default()
    }
}

impl StripeClient {
    /// The account of a key.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn account(&self, key: &SecretKey) -> Result<AccountFacts, StripeError> {
        self.get(key, "/v1/account").await
    }

    /// Whether both keys are of one account: what is begun with the one can be read with the other. `id` makes the call's
    /// idempotency key.
    ///
    /// # Errors
    /// [`StripeError`] when it could not be found out.
    pub async fn same_account(
        &self,
        publishable: &PublishableKey,
        secret: &SecretKey,
        id: &str,
    ) -> Result<bool, StripeError> {
        let form = [
            ("allowed_payment_method_types[]", "card".to_owned()),
            ("usage", "on_session".to_owned()),
        ];
        let made: SetupIntent = self
            .post(secret, "/v1/setup_intents", &format!("{id}-same"), &form)
            .await?;
        let client_secret = made.client_secret.unwrap_or_default();
        let path = format!("/v1/setup_intents/{}?client_secret={client_secret}", made.id);
        let read = self.get_public::<Anything>(publishable, &path).await;
        let cancel = format!("/v1/setup_intents/{}/cancel", made.id);
        let cancelled: Result<Anything, _> = self.post(secret, &cancel, &format!("{id}-over"), &[]).await;
        if let Err(error) = cancelled {
            tracing::info!(%error, "a SetupIntent that showed whose the keys are stays open at Stripe");
        }
        match read {
            Ok(Anything {}) => Ok(true),
            Err(StripeError::Refused { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Which of [`RIGHTS`] a restricted key does not have; that of `Webhook endpoints` is asked for only if it is to make one.
    ///
    /// # Errors
    /// [`StripeError`] when it could not be found out.
    pub async fn missing_rights(
        &self,
        key: &SecretKey,
        id: &str,
        makes_endpoint: bool,
    ) -> Result<Vec<&'static str>, StripeError> {
        let mut missing = Vec::new();
        let asked = RIGHTS
            .into_iter()
            .filter(|(right, ..)| makes_endpoint || *right != ENDPOINTS);
        for (number, (right, writes, path)) in (0..).zip(asked) {
            let answer: Result<Anything, _> = if writes {
                self.post(key, path, &format!("{id}-right-{number}"), &[]).await
            } else {
                self.get(key, path).await
            };
            match answer {
                Err(StripeError::Refused { status: 403, .. }) => missing.push(right),
                Ok(Anything {}) | Err(StripeError::Refused { .. } | StripeError::Declined { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(missing)
    }

    /// The latest of [`EVENTS`] that Stripe has had until then (seconds since 1970), of the last hundred; it keeps them for 30 days.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn latest_event(&self, key: &SecretKey, until: i64) -> Result<Option<HadEvent>, StripeError> {
        let kinds: String = EVENTS.iter().map(|kind| format!("&types[]={kind}")).collect();
        let list: List<HadEvent> = self.get(key, &format!("/v1/events?limit=100{kinds}")).await?;
        Ok(list.data.into_iter().find(|one| one.created <= until))
    }

    /// Makes a webhook endpoint at this address, in the place of an earlier one there, and answers its signing secret: Stripe
    /// tells it this once.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn make_endpoint(
        &self,
        key: &SecretKey,
        url: &str,
        id: &str,
    ) -> Result<Option<String>, StripeError> {
        let list: List<Endpoint> = self.get(key, "/v1/webhook_endpoints?limit=100").await?;
        let mut form = vec![("url", url.to_owned()), ("api_version", API_VERSION.to_owned())];
        let events = EVENTS.into_iter().chain(BESIDES);
        form.extend(events.map(|event| ("enabled_events[]", event.to_owned())));
        let made: Endpoint = self
            .post(key, "/v1/webhook_endpoints", &format!("{id}-hook"), &form)
            .await?;
        for old in list.data.iter().filter(|old| old.url == url && old.id != made.id) {
            let gone = self
                .delete(key, &format!("/v1/webhook_endpoints/{}", old.id))
                .await;
            if let Err(error) = gone {
                tracing::warn!(%error, "an earlier webhook endpoint stays at Stripe: its events will be refused");
            }
        }
        Ok(made.secret)
    }
}

/// The right that only making a webhook endpoint needs.
pub const ENDPOINTS: &str = "Webhook endpoints: write";

/// What a restricted key needs: a name for the owner, whether it writes, and a call that shows it and changes nothing.
pub const RIGHTS: [(&str, bool, &str); 9] = [
    (
        "PaymentIntents: write",
        true,
        "/v1/payment_intents/pi_none/cancel",
    ),
    ("SetupIntents: write", true, "/v1/setup_intents/seti_none/cancel"),
    ("Customers: write", true, "/v1/customers/cus_none"),
    ("Refunds: write", true, "/v1/refunds"),
    ("Disputes: write", true, "/v1/disputes/dp_none"),
    ("Charges: read", false, "/v1/charges?limit=1"),
    (
        "Balance transactions: read",
        false,
        "/v1/balance_transactions?limit=1",
    ),
    ("Payouts: read", false, "/v1/payouts?limit=1"),
    (ENDPOINTS, true, "/v1/webhook_endpoints/we_none"),
];
