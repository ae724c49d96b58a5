//! Payment intents: the calls. What a confirmation does stands in `confirm.rs`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::account::Account;
use crate::confirm::{self, Confirmation};
use crate::errors::{ApiError, Outcome};
use crate::lists::{self, Page};
use crate::params::{Params, merge};
pub use crate::payment_intent::{PaymentIntent, Status, challenge_json};
use crate::{charges, currencies, customers, events, ids};

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
    if let Some(amount) = params.integer("amount_to_confirm")?
        && amount != intent.amount
    {
        return Err(ApiError::invalid(
            "amount_to_confirm does not match the amount of the PaymentIntent.",
            "amount_to_confirm",
        ));
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
    if matches!(
        intent.status,
        Status::Processing | Status::Succeeded | Status::Canceled
    ) {
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

/// What was processing has come to something.
pub fn decided(account: &mut Account, id: &str, paid: bool, why: (&str, &str)) -> Outcome<()> {
    if let Some(row) = account.intents.get_mut(id) {
        if paid {
            row.status = Status::Succeeded;
            row.amount_received = row.amount;
        } else {
            row.status = Status::RequiresPaymentMethod;
            row.payment_method = None;
            let error = ApiError::card(why.0, why.1).with("decline_code", json!("generic_decline"));
            row.last_error = Some(error.members());
        }
    }
    let json = find(account, id)?.json(account);
    let kind = if paid {
        "payment_intent.succeeded"
    } else {
        "payment_intent.payment_failed"
    };
    events::emit(account, kind, &json);
    Ok(())
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
