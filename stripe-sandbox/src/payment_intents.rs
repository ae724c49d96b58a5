//! Payment intents: the object and its calls. What a confirmation does stands in `confirm.rs`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::account::Account;
use crate::confirm::{self, Confirmation};
use crate::errors::{ApiError, Outcome};
use crate::lists::{self, Page};
use crate::params::{Params, merge};
use crate::table::Row;
use crate::{charges, currencies, customers, events, ids};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
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
            "payment_method_types": ["card"], "payment_record": null, "processing": null, "receipt_email": self.receipt_email, "review": null,
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

/// Known to Stripe and without meaning for cards here.
const UNUSED: &[&str] = &[
    "amount_details",
    "customer_account",
    "excluded_payment_method_types",
    "hooks",
    "mandate",
    "mandate_data",
    "payment_details",
    "payment_method_configuration",
    "payment_method_options",
    "radar_options",
    "shipping",
    "transfer_group",
];

/// The parameters that create and update share.
fn read(account: &Account, params: &mut Params, intent: &mut PaymentIntent) -> Outcome<()> {
    if let Some(amount) = params.integer("amount")? {
        intent.amount = amount;
    }
    if let Some(currency) = params.text("currency")? {
        intent.currency = currency.to_lowercase();
    }
    if let Some(method) = params.one_of("capture_method", &["automatic", "automatic_async", "manual"])? {
        intent.capture_method = method;
    }
    if let Some(allowed) = params.list("allowed_payment_method_types")? {
        if !allowed.iter().any(|kind| kind == "card") {
            return Err(ApiError::invalid(
                "The sandbox takes cards only: allowed_payment_method_types must contain card.",
                "allowed_payment_method_types",
            ));
        }
        intent.allowed = Some(allowed);
        intent.redirects = None;
    }
    if let Some(customer) = params.text("customer")? {
        customers::find(account, &customer, "customer")?;
        intent.customer = Some(customer);
    }
    if let Some(description) = params.clearable("description")? {
        intent.description = Some(description).filter(|text| !text.is_empty());
    }
    if let Some(email) = params.clearable("receipt_email")? {
        intent.receipt_email = Some(email).filter(|text| !text.is_empty());
    }
    if let Some(usage) = params.one_of("setup_future_usage", &["off_session", "on_session", ""])? {
        intent.setup_future_usage = Some(usage).filter(|usage| !usage.is_empty());
    }
    if let Some(suffix) = descriptor(params, "statement_descriptor_suffix")? {
        intent.statement_descriptor_suffix = Some(suffix);
    }
    if let Some(text) = descriptor(params, "statement_descriptor")? {
        return Err(ApiError::invalid(
            format!(
                "The statement_descriptor parameter is not supported for the card payment method type. Use statement_descriptor_suffix instead of '{text}'."
            ),
            "statement_descriptor",
        ));
    }
    merge(&mut intent.metadata, params.metadata()?.unwrap_or_default());
    if intent.metadata.len() > 50 {
        return Err(ApiError::invalid("Metadata can have up to 50 keys.", "metadata"));
    }
    params.accept(UNUSED);
    Ok(())
}

fn descriptor(params: &mut Params, key: &str) -> Outcome<Option<String>> {
    let Some(text) = params.text(key)? else {
        return Ok(None);
    };
    if text.chars().count() > 22
        || text.contains(['<', '>', '\'', '"', '*', '\\'])
        || !text.chars().any(char::is_alphabetic)
    {
        return Err(ApiError::invalid(
            "The statement descriptor must be at most 22 characters, contain a letter, and none of <>\\'\"*.",
            key,
        ));
    }
    Ok(Some(text))
}

pub fn create(account: &mut Account, mut params: Params) -> Outcome<Value> {
    let id = ids::new("pi_3");
    let mut intent = PaymentIntent {
        client_secret: ids::new(&format!("{id}_secret_")),
        id,
        created: account.now(),
        amount: 0,
        amount_received: 0,
        currency: String::new(),
        status: Status::RequiresPaymentMethod,
        capture_method: "automatic_async".to_owned(),
        customer: None,
        description: None,
        metadata: BTreeMap::new(),
        payment_method: None,
        charges: Vec::new(),
        last_error: None,
        challenge: None,
        setup_future_usage: None,
        allowed: None,
        redirects: Some("always".to_owned()),
        receipt_email: None,
        statement_descriptor: None,
        statement_descriptor_suffix: None,
        canceled_at: None,
        cancellation_reason: None,
    };
    read(account, &mut params, &mut intent)?;
    if let Some(mut automatic) = params.map("automatic_payment_methods")? {
        let enabled = automatic.boolean("enabled")?;
        let redirects = automatic.one_of("allow_redirects", &["always", "never"])?;
        automatic.finish()?;
        if intent.allowed.is_some() && enabled == Some(true) {
            return Err(ApiError::invalid(
                "You may only specify one of these parameters: automatic_payment_methods, allowed_payment_method_types.",
                "automatic_payment_methods",
            ));
        }
        intent.redirects = redirects.or(intent.redirects).filter(|_| enabled != Some(false));
    }
    params.one_of("confirmation_method", &["automatic"])?;
    let confirmed = params.boolean("confirm")?.unwrap_or(false);
    let confirmation = Confirmation::read(account, &mut params)?;
    for key in ["amount", "currency"] {
        if (key == "amount" && intent.amount == 0) || (key == "currency" && intent.currency.is_empty()) {
            // Zero is told apart from absent by the message only.
            return Err(params.required(key));
        }
    }
    params.finish()?;
    if !account.charges_enabled {
        return Err(
            ApiError::forbidden("Your account cannot currently make charges.").code("account_invalid")
        );
    }
    currencies::check(intent.amount, &intent.currency, &account.default_currency)?;
    if !confirmed {
        if let Some(misplaced) = confirmation.only_for_confirm() {
            return Err(ApiError::invalid(
                format!("`{misplaced}` can only be set when `confirm` is true."),
                misplaced,
            ));
        }
        if let Some(method) = confirmation.method(account)? {
            intent.payment_method = Some(method.id.clone());
            intent.status = Status::RequiresConfirmation;
            crate::payment_methods::put(account, method);
        }
        return Ok(insert(account, intent));
    }
    // Everything that can be refused is refused before the intent exists.
    let prepared = confirm::prepare(account, &intent, confirmation)?;
    let id = intent.id.clone();
    insert(account, intent);
    confirm::execute(account, &id, prepared)?;
    Ok(find(account, &id)?.json(account))
}

fn insert(account: &mut Account, intent: PaymentIntent) -> Value {
    let json = intent.json(account);
    account.intents.insert(intent);
    events::emit(account, "payment_intent.created", &json);
    json
}

pub fn confirm(account: &mut Account, id: &str, mut params: Params, publishable: bool) -> Outcome<Value> {
    if publishable {
        check_secret(&find(account, id)?.client_secret, &mut params)?;
    }
    let mut intent = find(account, id)?.clone();
    let usage = params.one_of("setup_future_usage", &["off_session", "on_session", ""])?;
    if let Some(usage) = usage {
        intent.setup_future_usage = Some(usage).filter(|usage| !usage.is_empty());
    }
    if let Some(email) = params.clearable("receipt_email")? {
        intent.receipt_email = Some(email).filter(|text| !text.is_empty());
    }
    if let Some(method) = params.one_of("capture_method", &["automatic", "automatic_async", "manual"])? {
        intent.capture_method = method;
    }
    if let Some(amount) = params.integer("amount_to_confirm")? {
        if amount != intent.amount {
            return Err(ApiError::invalid(
                "amount_to_confirm does not match the amount of the PaymentIntent.",
                "amount_to_confirm",
            ));
        }
    }
    if let Some(allowed) = params.list("allowed_payment_method_types")? {
        intent.allowed = Some(allowed);
    }
    let confirmation = Confirmation::read(account, &mut params)?;
    params.accept(UNUSED);
    params.finish()?;
    let prepared = confirm::prepare(account, &intent, confirmation)?;
    if let Some(row) = account.intents.get_mut(id) {
        *row = intent;
    }
    confirm::execute(account, id, prepared)?;
    let intent = find(account, id)?;
    Ok(if publishable {
        intent.public_json(account)
    } else {
        intent.json(account)
    })
}

pub fn retrieve(account: &Account, id: &str, mut params: Params, publishable: bool) -> Outcome<Value> {
    let intent = find(account, id)?;
    if publishable {
        check_secret(&intent.client_secret, &mut params)?;
        params.finish()?;
        return Ok(intent.public_json(account));
    }
    params.accept(&["client_secret"]);
    params.finish()?;
    Ok(intent.json(account))
}

/// A publishable key sees an intent only with its client secret.
pub fn check_secret(secret: &str, params: &mut Params) -> Outcome<()> {
    let given = params.require_text("client_secret")?;
    if given == secret {
        return Ok(());
    }
    Err(ApiError::invalid(
        "The client_secret provided does not match the client_secret associated with the PaymentIntent.",
        "client_secret",
    )
    .code("payment_intent_invalid_parameter"))
}

pub fn update(account: &mut Account, id: &str, mut params: Params) -> Outcome<Value> {
    let mut intent = find(account, id)?.clone();
    let (amount, currency) = (intent.amount, intent.currency.clone());
    read(account, &mut params, &mut intent)?;
    let method = params.text("payment_method")?;
    params.finish()?;
    let changed = intent.amount != amount || intent.currency != currency || method.is_some();
    let open = matches!(
        intent.status,
        Status::RequiresPaymentMethod | Status::RequiresConfirmation | Status::RequiresAction
    );
    if changed && !open {
        return Err(unexpected(
            account,
            &intent,
            "This PaymentIntent's amount, currency or payment method could not be updated because it has a status of",
        ));
    }
    currencies::check(intent.amount, &intent.currency, &account.default_currency)?;
    if let Some(method) = method {
        let method = crate::payment_methods::resolve(account, &method)?;
        intent.payment_method = Some(method.id.clone());
        intent.status = Status::RequiresConfirmation;
        crate::payment_methods::put(account, method);
    }
    let json = intent.json(account);
    if let Some(row) = account.intents.get_mut(id) {
        *row = intent;
    }
    Ok(json)
}

pub fn cancel(account: &mut Account, id: &str, mut params: Params) -> Outcome<Value> {
    let reason = params.one_of(
        "cancellation_reason",
        &["abandoned", "duplicate", "fraudulent", "requested_by_customer"],
    )?;
    params.finish()?;
    let intent = find(account, id)?.clone();
    if matches!(intent.status, Status::Succeeded | Status::Canceled) {
        return Err(unexpected(
            account,
            &intent,
            "You cannot cancel this PaymentIntent because it has a status of",
        ));
    }
    if intent.status == Status::RequiresCapture {
        charges::release(account, intent.charges.last().map_or("", String::as_str));
    }
    finish_canceled(account, id, reason.as_deref())
}

/// Ends an intent without money; by a call, or when an authorisation expired.
pub fn finish_canceled(account: &mut Account, id: &str, reason: Option<&str>) -> Outcome<Value> {
    let now = account.now();
    if let Some(row) = account.intents.get_mut(id) {
        row.status = Status::Canceled;
        row.canceled_at = Some(now);
        row.cancellation_reason = reason.map(str::to_owned);
        row.challenge = None;
    }
    let json = find(account, id)?.json(account);
    events::emit(account, "payment_intent.canceled", &json);
    Ok(json)
}

pub fn capture(account: &mut Account, id: &str, mut params: Params) -> Outcome<Value> {
    let amount = params.integer("amount_to_capture")?;
    let metadata = params.metadata()?;
    params.boolean("final_capture")?;
    params.accept(&[
        "amount_details",
        "hooks",
        "payment_details",
        "statement_descriptor",
        "statement_descriptor_suffix",
    ]);
    params.finish()?;
    let intent = find(account, id)?.clone();
    if intent.status != Status::RequiresCapture {
        return Err(unexpected(
            account,
            &intent,
            "This PaymentIntent could not be captured because it has a status of",
        ));
    }
    let amount = amount.unwrap_or(intent.amount);
    if amount < 1 || amount > intent.amount {
        return Err(ApiError::invalid(
            "The amount to capture must be between 1 and the capturable amount.",
            "amount_to_capture",
        )
        .code("amount_too_large"));
    }
    if let Some(row) = account.intents.get_mut(id) {
        row.status = Status::Succeeded;
        row.amount_received = amount;
        merge(&mut row.metadata, metadata.unwrap_or_default());
    }
    charges::capture(account, intent.charges.last().map_or("", String::as_str), amount);
    let json = find(account, id)?.json(account);
    events::emit(account, "payment_intent.succeeded", &json);
    Ok(json)
}

pub fn list(account: &Account, mut params: Params) -> Outcome<Value> {
    let page = Page::read(&mut params)?;
    let customer = params.text("customer")?;
    params.accept(&["customer_account"]);
    params.finish()?;
    let wanted = |row: &PaymentIntent| customer.is_none() || row.customer == customer;
    lists::list(&account.intents, &page, "/v1/payment_intents", wanted, |row| {
        row.json(account)
    })
}

pub fn find<'a>(account: &'a Account, id: &str) -> Outcome<&'a PaymentIntent> {
    account
        .intents
        .get(id)
        .ok_or_else(|| ApiError::missing("payment_intent", id, "intent"))
}

/// A call that the intent's status doesn't allow.
pub fn unexpected(account: &Account, intent: &PaymentIntent, why: &str) -> Box<ApiError> {
    ApiError::state(
        "payment_intent_unexpected_state",
        format!("{why} {}.", intent.status.name()),
    )
    .with("payment_intent", intent.json(account))
}
