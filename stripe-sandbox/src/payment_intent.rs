//! The payment intent itself. Its calls stand in `payment_intents.rs`, what a confirmation does in `confirm.rs`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::account::Account;
use crate::table::Row;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    Processing,
    RequiresCapture,
    Succeeded,
    Canceled,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Status::RequiresPaymentMethod => "requires_payment_method",
            Status::RequiresConfirmation => "requires_confirmation",
            Status::RequiresAction => "requires_action",
            Status::Processing => "processing",
            Status::RequiresCapture => "requires_capture",
            Status::Succeeded => "succeeded",
            Status::Canceled => "canceled",
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PaymentIntent {
    pub id: String,
    pub created: i64,
    pub amount: i64,
    pub amount_received: i64,
    pub currency: String,
    pub status: Status,
    pub client_secret: String,
    pub capture_method: String,
    pub customer: Option<String>,
    pub description: Option<String>,
    pub metadata: BTreeMap<String, String>,
    pub payment_method: Option<String>,
    /// Charges of all attempts, oldest first.
    pub charges: Vec<String>,
    pub last_error: Option<Value>,
    /// The 3-D Secure source that is waited for, and where a redirect would return to.
    pub challenge: Option<(String, Option<String>)>,
    pub setup_future_usage: Option<String>,
    pub allowed: Option<Vec<String>>,
    /// `allow_redirects` of `automatic_payment_methods`.
    pub redirects: Option<String>,
    pub receipt_email: Option<String>,
    pub statement_descriptor: Option<String>,
    pub statement_descriptor_suffix: Option<String>,
    pub canceled_at: Option<i64>,
    pub cancellation_reason: Option<String>,
}

impl Row for PaymentIntent {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

impl PaymentIntent {
    pub fn json(&self, account: &Account) -> Value {
        let next_action = self.challenge.as_ref().map(|(source, return_url)| {
            challenge_json(account, &self.client_secret, source, return_url.as_deref())
        });
        let capturable = if self.status == Status::RequiresCapture {
            self.amount
        } else {
            0
        };
        json!({
            "id": self.id, "object": "payment_intent", "allowed_payment_method_types": self.allowed, "amount": self.amount,
            "amount_capturable": capturable, "amount_details": { "tip": {} }, "amount_received": self.amount_received, "application": null,
            "application_fee_amount": null,
            "automatic_payment_methods": self.redirects.as_ref().map(|redirects| json!({ "allow_redirects": redirects, "enabled": true })),
            "canceled_at": self.canceled_at, "cancellation_reason": self.cancellation_reason, "capture_method": self.capture_method,
            "client_secret": self.client_secret, "confirmation_method": "automatic", "created": self.created, "currency": self.currency,
            "customer": self.customer, "customer_account": null, "description": self.description, "excluded_payment_method_types": null,
            "last_payment_error": self.last_error, "latest_charge": self.charges.last(), "livemode": false, "managed_payments": null,
            "metadata": self.metadata, "next_action": next_action, "on_behalf_of": null, "payment_method": self.payment_method,
            "payment_method_configuration_details": null,
            "payment_method_options": { "card": { "installments": null, "mandate_options": null, "network": null, "request_three_d_secure": "automatic" } },
            "payment_method_types": ["card"], "payment_record": null, "processing": (self.status == Status::Processing).then(|| json!({ "type": "card", "card": {} })), "receipt_email": self.receipt_email, "review": null,
            "setup_future_usage": self.setup_future_usage, "shipping": null, "source": null, "statement_descriptor": self.statement_descriptor,
            "statement_descriptor_suffix": self.statement_descriptor_suffix, "status": self.status.name(), "transfer_data": null,
            "transfer_group": null,
        })
    }

    /// What a publishable key and the client secret may see.
    pub fn public_json(&self, account: &Account) -> Value {
        let mut json = self.json(account);
        if let Some(members) = json.as_object_mut() {
            for hidden in [
                "amount_received",
                "application",
                "application_fee_amount",
                "customer",
                "customer_account",
                "latest_charge",
                "metadata",
                "on_behalf_of",
                "review",
                "statement_descriptor",
                "statement_descriptor_suffix",
                "transfer_data",
                "transfer_group",
                "payment_record",
            ] {
                members.remove(hidden);
            }
        }
        json
    }
}

/// `next_action` of a card that wants the payer to authenticate.
pub fn challenge_json(
    account: &Account,
    client_secret: &str,
    source: &str,
    return_url: Option<&str>,
) -> Value {
    let mut url = format!(
        "{}/3ds/{source}?client_secret={client_secret}&key={}",
        account.settings.base_url, account.publishable_key
    );
    match return_url {
        Some(return_url) => {
            if let Ok(mut with_return) = reqwest::Url::parse(&url) {
                with_return
                    .query_pairs_mut()
                    .append_pair("return_url", return_url);
                url = with_return.into();
            }
            json!({ "type": "redirect_to_url", "redirect_to_url": { "return_url": return_url, "url": url } })
        }
        None => {
            json!({ "type": "use_stripe_sdk", "use_stripe_sdk": { "type": "three_d_secure_redirect", "source": source, "stripe_js": url } })
        }
    }
}
