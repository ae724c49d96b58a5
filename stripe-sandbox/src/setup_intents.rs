//! Setup intents: saving a card without paying.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::account::Account;
use crate::cards::Challenge;
use crate::confirm::Confirmation;
use crate::confirmation_tokens::{self, Expected};
use crate::errors::{ApiError, Outcome};
use crate::lists::{self, Page};
use crate::params::{Params, merge};
use crate::payment_intents::{challenge_json, check_secret};
use crate::payment_methods::{self, PaymentMethod};
use crate::table::Row;
use crate::{customers, events, ids};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SetupIntent {
    pub id: String,
    pub created: i64,
    pub status: String,
    pub client_secret: String,
    pub customer: Option<String>,
    pub description: Option<String>,
    pub metadata: BTreeMap<String, String>,
    pub payment_method: Option<String>,
    pub usage: String,
    pub allowed: Option<Vec<String>>,
    pub challenge: Option<String>,
    pub last_error: Option<Value>,
    pub cancellation_reason: Option<String>,
}

impl Row for SetupIntent {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

impl SetupIntent {
    pub fn json(&self, account: &Account) -> Value {
        json!({
            "id": self.id, "object": "setup_intent", "allowed_payment_method_types": self.allowed, "application": null,
            "automatic_payment_methods": null, "cancellation_reason": self.cancellation_reason, "client_secret": self.client_secret,
            "created": self.created, "customer": self.customer, "customer_account": null, "description": self.description,
            "excluded_payment_method_types": null, "flow_directions": null, "last_setup_error": self.last_error, "latest_attempt": null,
            "livemode": false, "mandate": null, "metadata": self.metadata,
            "next_action": self.challenge.as_ref().map(|source| challenge_json(account, &self.client_secret, source, None)),
            "on_behalf_of": null, "payment_method": self.payment_method, "payment_method_configuration_details": null,
            "payment_method_options": { "card": { "mandate_options": null, "network": null, "request_three_d_secure": "automatic" } },
            "payment_method_types": ["card"], "single_use_mandate": null, "status": self.status, "usage": self.usage,
        })
    }
}

const UNUSED: &[&str] = &[
    "attach_to_self",
    "automatic_payment_methods",
    "customer_account",
    "excluded_payment_method_types",
    "flow_directions",
    "mandate_data",
    "payment_method_configuration",
    "payment_method_options",
    "single_use",
];

fn read(account: &Account, params: &mut Params, intent: &mut SetupIntent) -> Outcome<()> {
    if let Some(customer) = params.text("customer")? {
        customers::find(account, &customer, "customer")?;
        intent.customer = Some(customer);
    }
    if let Some(description) = params.clearable("description")? {
        intent.description = Some(description).filter(|text| !text.is_empty());
    }
    if let Some(allowed) = params.list("allowed_payment_method_types")? {
        intent.allowed = Some(allowed);
    }
    merge(&mut intent.metadata, params.metadata()?.unwrap_or_default());
    params.accept(UNUSED);
    Ok(())
}

pub fn create(account: &mut Account, mut params: Params) -> Outcome<Value> {
    let id = ids::new("seti_1");
    let mut intent = SetupIntent {
        client_secret: ids::new(&format!("{id}_secret_")),
        id,
        created: account.now(),
        status: "requires_payment_method".to_owned(),
        customer: None,
        description: None,
        metadata: BTreeMap::new(),
        payment_method: None,
        usage: "off_session".to_owned(),
        allowed: None,
        challenge: None,
        last_error: None,
        cancellation_reason: None,
    };
    read(account, &mut params, &mut intent)?;
    if let Some(usage) = params.one_of("usage", &["off_session", "on_session"])? {
        intent.usage = usage;
    }
    let confirmed = params.boolean("confirm")?.unwrap_or(false);
    let token = params.text("confirmation_token")?;
    let confirmation = Confirmation::read(account, &mut params)?;
    params.finish()?;
    let id = intent.id.clone();
    if confirmed {
        let method = prepare(account, &intent, token.as_deref(), &confirmation)?;
        insert(account, intent);
        execute(account, &id, method, token)?;
    } else {
        if token.is_some() {
            return Err(ApiError::invalid(
                "`confirmation_token` can only be set when `confirm` is true.",
                "confirmation_token",
            ));
        }
        if let Some(method) = confirmation.method(account)? {
            intent.payment_method = Some(method.id.clone());
            intent.status = "requires_confirmation".to_owned();
            payment_methods::put(account, method);
        }
        insert(account, intent);
    }
    Ok(find(account, &id)?.json(account))
}

fn insert(account: &mut Account, intent: SetupIntent) {
    let json = intent.json(account);
    account.setup_intents.insert(intent);
    events::emit(account, "setup_intent.created", &json);
}

pub fn confirm(account: &mut Account, id: &str, mut params: Params, publishable: bool) -> Outcome<Value> {
    let intent = find(account, id)?.clone();
    if publishable {
        check_secret(&intent.client_secret, &mut params)?;
    }
    let token = params.text("confirmation_token")?;
    let confirmation = Confirmation::read(account, &mut params)?;
    params.accept(UNUSED);
    params.accept(&["allowed_payment_method_types"]);
    params.finish()?;
    let method = prepare(account, &intent, token.as_deref(), &confirmation)?;
    execute(account, id, method, token)?;
    Ok(find(account, id)?.json(account))
}

fn prepare(
    account: &Account,
    intent: &SetupIntent,
    token: Option<&str>,
    confirmation: &Confirmation,
) -> Outcome<PaymentMethod> {
    if !matches!(
        intent.status.as_str(),
        "requires_payment_method" | "requires_confirmation" | "requires_action"
    ) {
        return Err(unexpected(account, intent, "confirm"));
    }
    if let Some(token) = token {
        let expected = Expected {
            mode: "setup",
            amount: None,
            currency: None,
            setup_future_usage: None,
        };
        return Ok(confirmation_tokens::usable(account, token, &expected)?
            .method
            .clone());
    }
    if let Some(method) = confirmation.method(account)? {
        return Ok(method);
    }
    match &intent.payment_method {
        Some(id) => payment_methods::resolve(account, id),
        None => Err(ApiError::state(
            "setup_intent_unexpected_state",
            "You cannot confirm this SetupIntent because it's missing a payment method.",
        )),
    }
}

fn execute(account: &mut Account, id: &str, mut method: PaymentMethod, token: Option<String>) -> Outcome<()> {
    if let Some(token) = token.and_then(|token| account.tokens.get_mut(&token)) {
        token.intent = Some(id.to_owned());
        method.id = ids::new("pm_1");
    }
    payment_methods::put(account, method.clone());
    let source = (!matches!(method.card.test_card().challenge, Challenge::Never)).then(|| ids::new("src_1"));
    let challenged = source.is_some();
    if let Some(intent) = account.setup_intents.get_mut(id) {
        intent.payment_method = Some(method.id.clone());
        intent.last_error = None;
        intent.challenge = source;
        if challenged {
            intent.status = "requires_action".to_owned();
        }
    }
    if challenged {
        let json = find(account, id)?.json(account);
        events::emit(account, "setup_intent.requires_action", &json);
        return Ok(());
    }
    save(account, id, method)
}

fn save(account: &mut Account, id: &str, mut method: PaymentMethod) -> Outcome<()> {
    let card = method.card.test_card();
    if let Some(decline) = card
        .decline
        .filter(|_| !card.saves && card.challenge == Challenge::Never)
    {
        return Err(fail(account, id, &method, decline.error()));
    }
    let intent = find(account, id)?.clone();
    method.card.set_up = intent.usage == "off_session";
    match &intent.customer {
        Some(customer) => payment_methods::save(account, method, customer),
        None => payment_methods::put(account, method),
    }
    if let Some(intent) = account.setup_intents.get_mut(id) {
        intent.status = "succeeded".to_owned();
        intent.challenge = None;
    }
    let json = find(account, id)?.json(account);
    events::emit(account, "setup_intent.succeeded", &json);
    Ok(())
}

/// The payer answered the bank's challenge.
pub fn challenged(account: &mut Account, id: &str, passed: bool) -> Outcome<()> {
    let intent = find(account, id)?.clone();
    let method = intent
        .payment_method
        .as_ref()
        .and_then(|method| account.payment_methods.get(method))
        .cloned();
    let ("requires_action", Some(method)) = (intent.status.as_str(), method) else {
        return Err(unexpected(account, &intent, "authenticate"));
    };
    if passed {
        return save(account, id, method);
    }
    let error = ApiError::state(
        "setup_intent_authentication_failure",
        "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
    );
    Err(fail(account, id, &method, error))
}

fn fail(account: &mut Account, id: &str, method: &PaymentMethod, error: Box<ApiError>) -> Box<ApiError> {
    let error = error
        .with("payment_method", method.json())
        .with("payment_method_type", json!("card"));
    if let Some(intent) = account.setup_intents.get_mut(id) {
        intent.status = "requires_payment_method".to_owned();
        intent.payment_method = None;
        intent.challenge = None;
        intent.last_error = Some(error.members());
    }
    let json = find(account, id).map_or(Value::Null, |intent| intent.json(account));
    events::emit(account, "setup_intent.setup_failed", &json);
    error.with("setup_intent", json)
}

pub fn retrieve(account: &Account, id: &str, mut params: Params, publishable: bool) -> Outcome<Value> {
    let intent = find(account, id)?;
    if publishable {
        check_secret(&intent.client_secret, &mut params)?;
    }
    params.accept(&["client_secret"]);
    params.finish()?;
    let mut json = intent.json(account);
    if let Some(members) = json.as_object_mut().filter(|_| publishable) {
        members.retain(|key, _| {
            !matches!(
                key.as_str(),
                "customer" | "metadata" | "on_behalf_of" | "application"
            )
        });
    }
    Ok(json)
}

pub fn update(account: &mut Account, id: &str, mut params: Params) -> Outcome<Value> {
    let mut intent = find(account, id)?.clone();
    read(account, &mut params, &mut intent)?;
    params.finish()?;
    let json = intent.json(account);
    if let Some(row) = account.setup_intents.get_mut(id) {
        *row = intent;
    }
    Ok(json)
}

pub fn cancel(account: &mut Account, id: &str, mut params: Params) -> Outcome<Value> {
    let reason = params.one_of(
        "cancellation_reason",
        &["abandoned", "duplicate", "requested_by_customer"],
    )?;
    params.finish()?;
    let intent = find(account, id)?.clone();
    if matches!(intent.status.as_str(), "succeeded" | "canceled") {
        return Err(unexpected(account, &intent, "cancel"));
    }
    if let Some(row) = account.setup_intents.get_mut(id) {
        row.status = "canceled".to_owned();
        row.cancellation_reason = reason;
        row.challenge = None;
    }
    let json = find(account, id)?.json(account);
    events::emit(account, "setup_intent.canceled", &json);
    Ok(json)
}

pub fn list(account: &Account, mut params: Params) -> Outcome<Value> {
    let page = Page::read(&mut params)?;
    let (customer, method) = (params.text("customer")?, params.text("payment_method")?);
    params.accept(&["attach_to_self", "customer_account"]);
    params.finish()?;
    let wanted = |row: &SetupIntent| {
        (customer.is_none() || row.customer == customer) && (method.is_none() || row.payment_method == method)
    };
    lists::list(
        &account.setup_intents,
        &page,
        "/v1/setup_intents",
        wanted,
        |row| row.json(account),
    )
}

pub fn find<'a>(account: &'a Account, id: &str) -> Outcome<&'a SetupIntent> {
    account
        .setup_intents
        .get(id)
        .ok_or_else(|| ApiError::missing("setup_intent", id, "intent"))
}

fn unexpected(account: &Account, intent: &SetupIntent, verb: &str) -> Box<ApiError> {
    ApiError::state(
        "setup_intent_unexpected_state",
        format!(
            "You cannot {verb} this SetupIntent because it has a status of {}.",
            intent.status
        ),
    )
    .with("setup_intent", intent.json(account))
}
