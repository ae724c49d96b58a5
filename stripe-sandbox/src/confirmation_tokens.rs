//! Confirmation tokens: what the payer entered, for one confirmation within twelve hours.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::account::Account;
use crate::errors::{ApiError, Outcome};
use crate::ids;
use crate::params::Params;
use crate::payment_methods::{self, PaymentMethod};
use crate::table::Row;

const LIFE_S: i64 = 12 * 60 * 60;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConfirmationToken {
    pub id: String,
    pub created: i64,
    pub method: PaymentMethod,
    pub return_url: Option<String>,
    pub setup_future_usage: Option<String>,
    /// What `stripe.elements()` was told; none for a token of the test helper.
    pub elements: Option<ElementsOptions>,
    /// The intent that used it.
    pub intent: Option<String>,
}

/// The options of `stripe.elements()` that must equal the intent's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElementsOptions {
    pub mode: String,
    pub amount: Option<i64>,
    pub currency: Option<String>,
    pub setup_future_usage: Option<String>,
    pub capture_method: Option<String>,
}

impl Row for ConfirmationToken {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

impl ConfirmationToken {
    pub fn json(&self) -> Value {
        let of = |prefix: &str| self.intent.as_ref().filter(|id| id.starts_with(prefix));
        json!({
            "id": self.id, "object": "confirmation_token", "created": self.created, "expires_at": self.created + LIFE_S, "livemode": false,
            "mandate_data": null, "metadata": {}, "payment_intent": of("pi_"), "payment_method_options": null,
            "payment_method_preview": {
                "allow_redisplay": "unspecified", "billing_details": self.method.billing.json(), "card": self.method.card.json(),
                "customer": null, "customer_account": null, "type": "card",
            },
            "return_url": self.return_url, "setup_future_usage": self.setup_future_usage, "setup_intent": of("seti_"), "shipping": null,
            "use_stripe_sdk": true,
        })
    }
}

/// From Stripe.js (`browser`, with the options of `stripe.elements()`) or from the test helper.
pub fn create(account: &mut Account, mut params: Params, browser: bool) -> Outcome<Value> {
    let return_url = params.text("return_url")?;
    let mut setup_future_usage = params.one_of("setup_future_usage", &["off_session", "on_session"])?;
    let named = params.text("payment_method")?;
    let data = params.map("payment_method_data")?;
    let mut elements = None;
    if browser && let Some(mut level) = params.map("elements")? {
        let options = ElementsOptions {
            mode: level
                .one_of("mode", &["payment", "setup"])?
                .ok_or_else(|| level.required("mode"))?,
            amount: level.integer("amount")?,
            currency: level.text("currency")?.map(|currency| currency.to_lowercase()),
            setup_future_usage: level.one_of("setup_future_usage", &["off_session", "on_session"])?,
            capture_method: level.text("capture_method")?,
        };
        level.finish()?;
        setup_future_usage = setup_future_usage.or_else(|| options.setup_future_usage.clone());
        elements = Some(options);
    }
    params.accept(&["payment_method_options", "shipping"]);
    params.finish()?;
    let method = match (named, data) {
        (Some(id), None) => payment_methods::resolve(account, &id)?,
        (None, Some(data)) => payment_methods::read_data(account, data)?,
        _ => {
            return Err(ApiError::invalid(
                "Give either payment_method or payment_method_data.",
                "payment_method",
            )
            .code("parameter_missing"));
        }
    };
    let token = ConfirmationToken {
        id: ids::new("ctoken_1"),
        created: account.now(),
        method,
        return_url,
        setup_future_usage,
        elements,
        intent: None,
    };
    let json = token.json();
    account.tokens.insert(token);
    let limit = account.settings.max_events;
    account.tokens.keep(limit);
    Ok(json)
}

pub fn retrieve(account: &Account, id: &str, params: Params) -> Outcome<Value> {
    params.finish()?;
    account
        .tokens
        .get(id)
        .map(ConfirmationToken::json)
        .ok_or_else(|| ApiError::missing("confirmation_token", id, "confirmation_token"))
}

/// The intent's side of the comparison with what the payer was shown.
pub struct Expected<'a> {
    pub mode: &'static str,
    pub amount: Option<i64>,
    pub currency: Option<&'a str>,
    pub setup_future_usage: Option<&'a str>,
}

/// A token that may still be used for this intent. Nothing is changed yet.
pub fn usable<'a>(account: &'a Account, id: &str, expected: &Expected<'_>) -> Outcome<&'a ConfirmationToken> {
    let token = account
        .tokens
        .get(id)
        .ok_or_else(|| ApiError::missing("confirmation_token", id, "confirmation_token"))?;
    let refuse = |message: String| Err(ApiError::invalid(message, "confirmation_token"));
    if token.intent.is_some() {
        return refuse(format!(
            "The ConfirmationToken {id} has already been used. Create a new one to confirm again."
        ));
    }
    if account.now() >= token.created + LIFE_S {
        return refuse(format!(
            "The ConfirmationToken {id} has expired. Create a new one to confirm."
        ));
    }
    let noun = if expected.mode == "payment" {
        "PaymentIntent"
    } else {
        "SetupIntent"
    };
    let Some(elements) = &token.elements else {
        if expected.mode == "payment"
            && token.setup_future_usage.is_some()
            && token.setup_future_usage.as_deref() != expected.setup_future_usage
        {
            return refuse(differs(
                "setup_future_usage",
                token.setup_future_usage.as_deref(),
                expected.setup_future_usage,
                noun,
            ));
        }
        return Ok(token);
    };
    if elements.mode != expected.mode {
        return refuse(format!(
            "The ConfirmationToken was created with mode `{}` in stripe.elements() and can't confirm a {noun}.",
            elements.mode
        ));
    }
    if expected.mode == "payment" {
        if elements.amount != expected.amount {
            let text = |amount: Option<i64>| amount.map(|amount| amount.to_string());
            return refuse(differs(
                "amount",
                text(elements.amount).as_deref(),
                text(expected.amount).as_deref(),
                noun,
            ));
        }
        if elements.currency.as_deref() != expected.currency {
            return refuse(differs(
                "currency",
                elements.currency.as_deref(),
                expected.currency,
                noun,
            ));
        }
        if elements.setup_future_usage.as_deref() != expected.setup_future_usage {
            return refuse(differs(
                "setup_future_usage",
                elements.setup_future_usage.as_deref(),
                expected.setup_future_usage,
                noun,
            ));
        }
    }
    Ok(token)
}

fn differs(what: &str, shown: Option<&str>, wanted: Option<&str>, noun: &str) -> String {
    format!(
        "The {what} provided to stripe.elements() ({}) does not match the {what} of the {noun} ({}).",
        shown.unwrap_or("none"),
        wanted.unwrap_or("none")
    )
}
