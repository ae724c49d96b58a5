//! PaymentIntents: asking for money, and reading what became of it.

use std::fmt;

use domain::{
    decline::Decline,
    id::{AttemptId, BookingId},
    key::SecretKey,
    money::Money,
    payment::Observation,
};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{
    StripeClient, StripeError,
    list::List,
    object::{LastError, Metadata, Reference},
};

/// A PaymentIntent, as far as it is needed. Unknown fields are passed over.
#[derive(Clone, Debug, Deserialize)]
pub struct Intent {
    /// `pi_…`.
    pub id: String,
    #[serde(default)]
    created: i64,
    status: String,
    client_secret: Option<ClientSecret>,
    last_payment_error: Option<LastError>,
    latest_charge: Option<Reference>,
    payment_method: Option<Reference>,
    #[serde(default)]
    metadata: Metadata,
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
    /// The card.
    pub card: Card<'a>,
}

/// What is charged with.
#[derive(Clone, Debug)]
pub enum Card<'a> {
    /// A card whose holder is there.
    Present {
        /// Stripe's `ctoken_…`.
        confirmation_token: &'a str,
        /// Where a bank that insists on leaving the page returns to.
        return_url: &'a str,
        /// The customer (`cus_…`) that it is saved for, to be charged later without its holder, who agreed to that.
        save_for: Option<&'a str>,
    },
    /// A card that was saved, without its holder.
    Saved {
        /// Stripe's `cus_…`.
        customer: &'a str,
        /// Stripe's `pm_…`.
        payment_method: &'a str,
    },
}

/// Among which intents one is looked for.
#[derive(Clone, Copy, Debug)]
pub enum Among<'a> {
    /// A customer's (`cus_…`).
    Customer(&'a str),
    /// Those made from then on, in seconds since 1970.
    Since(i64),
}

#[derive(Deserialize)]
struct Customer {
    id: String,
}

impl StripeClient {
    /// Creates an intent and confirms it in one call.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn charge(&self, key: &SecretKey, charge: &Charge<'_>) -> Result<Intent, StripeError> {
        let mut form = vec![
            ("amount", charge.sum.minor().to_string()),
            ("currency", charge.sum.currency().stripe_code()),
            ("allowed_payment_method_types[]", "card".to_owned()),
            ("confirm", "true".to_owned()),
        ];
        match charge.card {
            Card::Present {
                confirmation_token,
                return_url,
                save_for,
            } => {
                form.push(("confirmation_token", confirmation_token.to_owned()));
                form.push(("return_url", return_url.to_owned()));
                if let Some(customer) = save_for {
                    form.push(("customer", customer.to_owned()));
                    form.push(("setup_future_usage", "off_session".to_owned()));
                }
            }
            Card::Saved {
                customer,
                payment_method,
            } => {
                form.push(("customer", customer.to_owned()));
                form.push(("payment_method", payment_method.to_owned()));
                form.push(("off_session", "true".to_owned()));
            }
        }
        form.push(("description", format!("Booking {}", charge.reference)));
        form.push(("metadata[booking]", charge.booking.to_owned()));
        form.push(("metadata[attempt]", charge.attempt.to_owned()));
        self.post(key, "/v1/payment_intents", charge.attempt, &form).await
    }

    /// Makes a customer to save a card for, and answers its `cus_…`. No name and no address: the booking's id is enough.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn customer(
        &self,
        key: &SecretKey,
        attempt: &AttemptId,
        booking: &BookingId,
    ) -> Result<String, StripeError> {
        let form = [("metadata[booking]", booking.as_str().to_owned())];
        let made: Customer = self
            .post(key, "/v1/customers", &format!("customer_{attempt}"), &form)
            .await?;
        Ok(made.id)
    }

    /// The intent that was made for this attempt, if there is one among the latest 100 of those.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn intent_of(
        &self,
        key: &SecretKey,
        among: Among<'_>,
        attempt: &AttemptId,
    ) -> Result<Option<Intent>, StripeError> {
        let among = match among {
            Among::Customer(customer) => format!("customer={customer}"),
            Among::Since(moment) => format!("created[gte]={moment}"),
        };
        let path = format!("/v1/payment_intents?limit=100&{among}");
        let list: List<Intent> = self.get(key, &path).await?;
        let of_ours = |intent: &Intent| intent.metadata.attempt.as_deref() == Some(attempt.as_str());
        Ok(list.data.into_iter().find(of_ours))
    }

    /// Reads an intent, with all of its latest charge.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn intent(&self, key: &SecretKey, id: &str) -> Result<Intent, StripeError> {
        self.get(key, &format!("/v1/payment_intents/{id}?expand[]=latest_charge"))
            .await
    }

    /// Cancels an intent, or says what it is instead when it can't be cancelled any more (it was paid, or is cancelled), or when
    /// what came of it is not known.
    ///
    /// `once` is another at each call: Stripe would give a failure that it keeps under a key again for a day. Cancelling twice
    /// is cancelling.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn cancel(&self, key: &SecretKey, id: &str, once: &str) -> Result<Intent, StripeError> {
        let path = format!("/v1/payment_intents/{id}/cancel");
        match self.post(key, &path, &format!("cancel_{once}"), &[]).await {
            Err(StripeError::Unknown(_)) => self.intent(key, id).await,
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

    /// When its latest charge was made, in seconds since 1970. Where that was not asked for, this answers the call that made both.
    #[must_use]
    pub fn charged(&self) -> i64 {
        match &self.latest_charge {
            Some(Reference::Object { created, .. }) if *created > 0 => *created,
            _ => self.created,
        }
    }

    /// The card, `pm_…`.
    #[must_use]
    pub fn payment_method(&self) -> Option<&str> {
        self.payment_method.as_ref().map(Reference::id)
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
