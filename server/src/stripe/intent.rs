//! PaymentIntents: asking for money, and reading what became of it.

use std::fmt;

use domain::{decline::Decline, key::SecretKey, money::Money, payment::Observation};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{
    StripeClient, StripeError,
    object::{LastError, Reference},
};

/// A PaymentIntent, as far as it is needed. Unknown fields are passed over.
#[derive(Clone, Debug, Deserialize)]
pub struct Intent {
    /// `pi_…`.
    pub id: String,
    status: String,
    client_secret: Option<ClientSecret>,
    last_payment_error: Option<LastError>,
    latest_charge: Option<Reference>,
}

/// For Stripe.js alone. Never logged, never kept.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct ClientSecret(Zeroizing<String>);

/// What is charged.
#[derive(Clone, Debug)]
pub struct Charge<'a> {
    /// Our id of the attempt: the idempotency key, and in the metadata, so that a webhook finds the attempt even before the
    /// answer of this call is known.
    pub attempt: &'a str,
    /// Our id of the booking, for the metadata.
    pub booking: &'a str,
    /// What people say on the phone, for the description.
    pub reference: &'a str,
    /// The sum.
    pub sum: Money,
    /// Stripe's `ctoken_…`.
    pub confirmation_token: &'a str,
    /// Where a bank that insists on leaving the page returns to.
    pub return_url: &'a str,
}

impl StripeClient {
    /// Creates an intent and confirms it in one call.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn charge(&self, key: &SecretKey, charge: &Charge<'_>) -> Result<Intent, StripeError> {
        let form = [
            ("amount", charge.sum.minor().to_string()),
            ("currency", charge.sum.currency().stripe_code()),
            ("allowed_payment_method_types[]", "card".to_owned()),
            ("confirm", "true".to_owned()),
            ("confirmation_token", charge.confirmation_token.to_owned()),
            ("return_url", charge.return_url.to_owned()),
            ("description", format!("Booking {}", charge.reference)),
            ("metadata[booking]", charge.booking.to_owned()),
            ("metadata[attempt]", charge.attempt.to_owned()),
        ];
        self.post(key, "/v1/payment_intents", charge.attempt, &form).await
    }

    /// Reads an intent.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn intent(&self, key: &SecretKey, id: &str) -> Result<Intent, StripeError> {
        self.get(key, &format!("/v1/payment_intents/{id}")).await
    }

    /// Cancels an intent, or says what it is instead when it can't be cancelled any more (it was paid, or is cancelled).
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn cancel(&self, key: &SecretKey, id: &str) -> Result<Intent, StripeError> {
        let path = format!("/v1/payment_intents/{id}/cancel");
        match self.post(key, &path, &format!("cancel_{id}"), &[]).await {
            Err(StripeError::Refused { code: Some(code), .. })
                if code == "payment_intent_unexpected_state" =>
            {
                self.intent(key, id).await
            }
            other => other,
        }
    }
}

impl Intent {
    /// What this says of the attempt it belongs to.
    #[must_use]
    pub fn observation(&self) -> Observation {
        match self.status.as_str() {
            "succeeded" => Observation::Succeeded,
            "canceled" => Observation::Canceled,
            "requires_action" | "requires_confirmation" => Observation::RequiresAction,
            // Created with `confirm`, so this is what a decline or a failed confirmation with the bank leaves behind.
            "requires_payment_method" => Observation::Declined(
                self.last_payment_error
                    .as_ref()
                    .map_or(Decline::AskBank, LastError::decline),
            ),
            _ => Observation::Processing,
        }
    }

    /// The latest charge, `ch_…`.
    #[must_use]
    pub fn charge(&self) -> Option<&str> {
        self.latest_charge.as_ref().map(Reference::id)
    }

    /// For Stripe.js.
    #[must_use]
    pub fn client_secret(&self) -> Option<&ClientSecret> {
        self.client_secret.as_ref()
    }
}

impl ClientSecret {
    /// The secret itself, for the answer to the browser.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(…)")
    }
}
