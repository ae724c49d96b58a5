//! Which address is which call.

use serde_json::Value;

use crate::account::{Account, country_spec};
use crate::errors::{ApiError, Outcome};
use crate::params::Params;
use crate::{
    charges, confirm, confirmation_tokens, customers, disputes, events, expand, form, payment_intents,
    payment_methods, payouts, refunds, setup_intents, transactions, webhook_endpoints,
};

/// Answers one call. `publishable` says that it came with a publishable key.
pub fn answer(
    account: &mut Account,
    method: &str,
    path: &str,
    form: &str,
    publishable: bool,
) -> Outcome<Value> {
    let mut params = Params::new(form::parse(form).map_err(|message| ApiError::invalid(message, "body"))?);
    let expansions = params.list("expand")?.unwrap_or_default();
    expand::check(&expansions)?;
    let segments: Vec<&str> = path
        .trim_start_matches("/v1/")
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect();
    let mut value = if publishable {
        public(account, method, &segments, params, path)?
    } else {
        secret(account, method, &segments, params, path)?
    };
    expand::apply(account, &mut value, &expansions)?;
    Ok(value)
}

/// What Stripe.js may call.
fn public(
    account: &mut Account,
    method: &str,
    segments: &[&str],
    params: Params,
    path: &str,
) -> Outcome<Value> {
    match (method, segments) {
        ("POST", ["confirmation_tokens"]) => confirmation_tokens::create(account, params, true),
        ("GET", ["payment_intents", id]) => payment_intents::retrieve(account, id, params, true),
        ("POST", ["payment_intents", id, "confirm"]) => payment_intents::confirm(account, id, params, true),
        ("GET", ["setup_intents", id]) => setup_intents::retrieve(account, id, params, true),
        ("POST", ["setup_intents", id, "confirm"]) => setup_intents::confirm(account, id, params, true),
        ("POST", ["payment_methods"]) => payment_methods::create(account, params),
        ("POST", ["3ds2", "authenticate"]) => authenticate(account, params),
        _ if known(segments) => Err(ApiError::unauthorized("This API call cannot be made with a publishable API key. Please use a secret API key. You can find a list of your API keys at https://dashboard.stripe.com/account/apikeys.").code("secret_key_required")),
        _ => Err(ApiError::not_found(method, path)),
    }
}

fn known(segments: &[&str]) -> bool {
    matches!(
        segments.first(),
        Some(
            &("account"
                | "accounts"
                | "balance"
                | "balance_transactions"
                | "charges"
                | "confirmation_tokens"
                | "country_specs"
                | "customers"
                | "disputes"
                | "events"
                | "payment_intents"
                | "payment_methods"
                | "payouts"
                | "refunds"
                | "setup_intents"
                | "test_helpers"
                | "webhook_endpoints")
        )
    )
}

fn secret(
    account: &mut Account,
    method: &str,
    segments: &[&str],
    params: Params,
    path: &str,
) -> Outcome<Value> {
    match segments {
        ["payment_intents", rest @ ..] => intents(account, method, rest, params, path),
        ["setup_intents", rest @ ..] => setups(account, method, rest, params, path),
        [
            "refunds" | "charges" | "disputes" | "payouts" | "balance" | "balance_transactions",
            ..,
        ] => money(account, method, segments, params, path),
        ["customers" | "payment_methods", ..] => people(account, method, segments, params, path),
        ["webhook_endpoints" | "events", ..] => hooks(account, method, segments, params, path),
        _ => match (method, segments) {
            ("GET", ["account"]) => params.finish().map(|()| account.json()),
            ("GET", ["accounts", id]) if *id == account.id => params.finish().map(|()| account.json()),
            ("GET", ["country_specs", country]) => params.finish().and_then(|()| country_spec(country)),
            ("GET", ["confirmation_tokens", id]) => confirmation_tokens::retrieve(account, id, params),
            ("POST", ["test_helpers", "confirmation_tokens"]) => {
                confirmation_tokens::create(account, params, false)
            }
            _ => Err(ApiError::not_found(method, path)),
        },
    }
}

fn intents(account: &mut Account, method: &str, rest: &[&str], params: Params, path: &str) -> Outcome<Value> {
    match (method, rest) {
        ("POST", []) => payment_intents::create(account, params),
        ("GET", []) => payment_intents::list(account, params),
        ("GET", [id]) => payment_intents::retrieve(account, id, params, false),
        ("POST", [id]) => payment_intents::update(account, id, params),
        ("POST", [id, "confirm"]) => payment_intents::confirm(account, id, params, false),
        ("POST", [id, "cancel"]) => payment_intents::cancel(account, id, params),
        ("POST", [id, "capture"]) => payment_intents::capture(account, id, params),
        _ => Err(ApiError::not_found(method, path)),
    }
}

fn setups(account: &mut Account, method: &str, rest: &[&str], params: Params, path: &str) -> Outcome<Value> {
    match (method, rest) {
        ("POST", []) => setup_intents::create(account, params),
        ("GET", []) => setup_intents::list(account, params),
        ("GET", [id]) => setup_intents::retrieve(account, id, params, false),
        ("POST", [id]) => setup_intents::update(account, id, params),
        ("POST", [id, "confirm"]) => setup_intents::confirm(account, id, params, false),
        ("POST", [id, "cancel"]) => setup_intents::cancel(account, id, params),
        _ => Err(ApiError::not_found(method, path)),
    }
}

fn money(
    account: &mut Account,
    method: &str,
    segments: &[&str],
    params: Params,
    path: &str,
) -> Outcome<Value> {
    match (method, segments) {
        ("GET", ["charges"]) => charges::list(account, params),
        ("GET", ["charges", id]) => charges::retrieve(account, id, params),
        ("POST", ["charges", id]) => charges::update(account, id, params),
        ("POST", ["refunds"]) => refunds::create(account, params),
        ("GET", ["refunds"]) => refunds::list(account, params),
        ("GET", ["refunds", id]) => refunds::retrieve(account, id, params),
        ("POST", ["refunds", id]) => refunds::update(account, id, params),
        ("POST", ["refunds", id, "cancel"]) => refunds::cancel(account, id, params),
        ("GET", ["disputes"]) => disputes::list(account, params),
        ("GET", ["disputes", id]) => disputes::retrieve(account, id, params),
        ("POST", ["disputes", id]) => disputes::update(account, id, params),
        ("POST", ["disputes", id, "close"]) => disputes::give_in(account, id, params),
        ("GET", ["balance"]) => transactions::balance(account, params),
        ("GET", ["balance_transactions"]) => transactions::list(account, params),
        ("GET", ["balance_transactions", id]) => transactions::retrieve(account, id, params),
        ("POST", ["payouts"]) => payouts::create(account, params),
        ("GET", ["payouts"]) => payouts::list(account, params),
        ("GET", ["payouts", id]) => payouts::retrieve(account, id, params),
        _ => Err(ApiError::not_found(method, path)),
    }
}

fn people(
    account: &mut Account,
    method: &str,
    segments: &[&str],
    params: Params,
    path: &str,
) -> Outcome<Value> {
    match (method, segments) {
        ("POST", ["customers"]) => customers::create(account, params),
        ("GET", ["customers"]) => customers::list(account, params),
        ("GET", ["customers", id]) => customers::retrieve(account, id, params),
        ("POST", ["customers", id]) => customers::update(account, id, params),
        ("DELETE", ["customers", id]) => customers::delete(account, id, params),
        ("GET", ["customers", id, "payment_methods"]) => payment_methods::list(account, params, Some(id)),
        ("GET", ["payment_methods"]) => payment_methods::list(account, params, None),
        ("POST", ["payment_methods"]) => payment_methods::create(account, params),
        ("GET", ["payment_methods", id]) => payment_methods::retrieve(account, id, params),
        ("POST", ["payment_methods", id]) => payment_methods::update(account, id, params),
        ("POST", ["payment_methods", id, "attach"]) => payment_methods::attach(account, id, params),
        ("POST", ["payment_methods", id, "detach"]) => payment_methods::detach(account, id, params),
        _ => Err(ApiError::not_found(method, path)),
    }
}

fn hooks(
    account: &mut Account,
    method: &str,
    segments: &[&str],
    params: Params,
    path: &str,
) -> Outcome<Value> {
    match (method, segments) {
        ("POST", ["webhook_endpoints"]) => webhook_endpoints::create(account, params),
        ("GET", ["webhook_endpoints"]) => webhook_endpoints::list(account, params),
        ("GET", ["webhook_endpoints", id]) => webhook_endpoints::retrieve(account, id, params),
        ("POST", ["webhook_endpoints", id]) => webhook_endpoints::update(account, id, params),
        ("DELETE", ["webhook_endpoints", id]) => webhook_endpoints::delete(account, id, params),
        ("GET", ["events"]) => events::list(account, params),
        ("GET", ["events", id]) => events::retrieve(account, id, params),
        _ => Err(ApiError::not_found(method, path)),
    }
}

/// The button pressed in the bank's dialog. The answer is the intent as Stripe.js sees it afterwards.
fn authenticate(account: &mut Account, mut params: Params) -> Outcome<Value> {
    let secret = params.require_text("client_secret")?;
    let source = params.require_text("source")?;
    let passed = params
        .one_of("outcome", &["complete", "fail", "cancel"])?
        .as_deref()
        == Some("complete");
    params.finish()?;
    let (id, _) = secret.split_once("_secret_").unwrap_or_default();
    let wrong = || ApiError::invalid("This authentication is not waited for (any more).", "source");
    if id.starts_with("seti_") {
        let intent = setup_intents::find(account, id)?;
        if intent.client_secret != secret || intent.challenge.as_ref() != Some(&source) {
            return Err(wrong());
        }
        // How it ended stands in the intent, declined or not.
        let _ = setup_intents::challenged(account, id, passed);
        return Ok(setup_intents::find(account, id)?.json(account));
    }
    let intent = payment_intents::find(account, id)?;
    if intent.client_secret != secret
        || intent
            .challenge
            .as_ref()
            .is_none_or(|(waiting, _)| *waiting != source)
    {
        return Err(wrong());
    }
    let _ = confirm::challenged(account, id, passed);
    Ok(payment_intents::find(account, id)?.public_json(account))
}
