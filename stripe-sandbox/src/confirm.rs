//! Confirming a payment intent: what the card then does.

use serde_json::{Value, json};

use crate::account::Account;
use crate::cards::{Card, Challenge};
use crate::charges::{self, NewCharge};
use crate::confirmation_tokens::{self, Expected};
use crate::errors::{ApiError, Outcome};
use crate::params::Params;
use crate::payment_intents::{PaymentIntent, Status, find, unexpected};
use crate::payment_methods::{self, PaymentMethod};
use crate::{events, ids};

/// The parameters of a confirmation.
#[derive(Default)]
pub struct Confirmation {
    token: Option<String>,
    method: Option<String>,
    data: Option<PaymentMethod>,
    off_session: bool,
    return_url: Option<String>,
    use_stripe_sdk: bool,
    error_on_requires_action: bool,
}

impl Confirmation {
    pub fn read(account: &Account, params: &mut Params) -> Outcome<Self> {
        let confirmation = Self {
            token: params.text("confirmation_token")?,
            method: params.text("payment_method")?,
            data: params
                .map("payment_method_data")?
                .map(|data| payment_methods::read_data(account, data))
                .transpose()?,
            off_session: match params.text("off_session")?.as_deref() {
                None | Some("false") => false,
                Some("true" | "one_off" | "recurring") => true,
                Some(other) => {
                    return Err(ApiError::invalid(
                        format!("Invalid off_session: {other}"),
                        "off_session",
                    ));
                }
            },
            return_url: params.text("return_url")?,
            use_stripe_sdk: params.boolean("use_stripe_sdk")?.unwrap_or(false),
            error_on_requires_action: params.boolean("error_on_requires_action")?.unwrap_or(false),
        };
        let given = [
            confirmation.token.is_some(),
            confirmation.method.is_some(),
            confirmation.data.is_some(),
        ];
        if given.iter().filter(|given| **given).count() > 1 {
            return Err(ApiError::invalid(
                "You may only specify one of these parameters: confirmation_token, payment_method, payment_method_data.",
                "confirmation_token",
            ));
        }
        Ok(confirmation)
    }

    /// The name of a parameter that makes sense only with `confirm=true`.
    pub fn only_for_confirm(&self) -> Option<&'static str> {
        [
            ("confirmation_token", self.token.is_some()),
            ("off_session", self.off_session),
            ("return_url", self.return_url.is_some()),
            ("error_on_requires_action", self.error_on_requires_action),
        ]
        .into_iter()
        .find_map(|(name, given)| given.then_some(name))
    }

    /// The method named without a token.
    pub fn method(&self, account: &Account) -> Outcome<Option<PaymentMethod>> {
        match (&self.data, &self.method) {
            (Some(data), _) => Ok(Some(data.clone())),
            (None, Some(id)) => payment_methods::resolve(account, id).map(Some),
            (None, None) => Ok(None),
        }
    }
}

/// A confirmation that passed all checks of its parameters.
pub struct Prepared {
    method: PaymentMethod,
    token: Option<String>,
    off_session: bool,
    /// Where to return to after a redirect; none when Stripe.js shows the dialog.
    return_url: Option<String>,
    error_on_requires_action: bool,
}

/// Checks everything that can be refused. Changes nothing.
pub fn prepare(account: &Account, intent: &PaymentIntent, confirmation: Confirmation) -> Outcome<Prepared> {
    if !matches!(
        intent.status,
        Status::RequiresPaymentMethod | Status::RequiresConfirmation | Status::RequiresAction
    ) {
        return Err(unexpected(
            account,
            intent,
            "You cannot confirm this PaymentIntent because it has a status of",
        ));
    }
    let cards_only = intent
        .allowed
        .as_ref()
        .is_some_and(|allowed| allowed.iter().all(|kind| kind == "card"));
    let redirects = intent.redirects.as_deref() == Some("always") && !cards_only;
    let mut return_url = confirmation.return_url.clone();
    let mut use_stripe_sdk = confirmation.use_stripe_sdk;
    let method = if let Some(id) = &confirmation.token {
        let expected = Expected {
            mode: "payment",
            amount: Some(intent.amount),
            currency: Some(&intent.currency),
            setup_future_usage: intent.setup_future_usage.as_deref(),
        };
        let token = confirmation_tokens::usable(account, id, &expected)?;
        return_url = return_url.or_else(|| token.return_url.clone());
        use_stripe_sdk = true;
        token.method.clone()
    } else if let Some(method) = confirmation.method(account)? {
        method
    } else if let Some(id) = &intent.payment_method {
        payment_methods::resolve(account, id)?
    } else {
        return Err(ApiError::state(
            "payment_intent_unexpected_state",
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.",
        )
        .with("payment_intent", intent.json(account)));
    };
    if method.customer.is_some() && method.customer != intent.customer {
        return Err(ApiError::invalid(
            "The customer for this PaymentIntent does not match the customer of the PaymentMethod; include the customer parameter.",
            "payment_method",
        ));
    }
    if confirmation.off_session && intent.setup_future_usage.is_some() {
        return Err(ApiError::invalid(
            "You cannot set `setup_future_usage` together with `off_session`: the payer isn't there to agree.",
            "setup_future_usage",
        ));
    }
    if redirects && !confirmation.off_session && !use_stripe_sdk_only(&confirmation) && return_url.is_none() {
        return Err(ApiError::invalid(
            "This PaymentIntent is configured to accept payment methods that might redirect your customer off of your page: you must provide a `return_url`. If you don't want to accept redirect-based payment methods, set `allowed_payment_method_types[]=card` or `automatic_payment_methods[allow_redirects]` to `never`.",
            "return_url",
        ));
    }
    if return_url
        .as_ref()
        .is_some_and(|url| reqwest::Url::parse(url).is_err())
    {
        return Err(ApiError::invalid("Not a valid URL", "return_url").code("url_invalid"));
    }
    Ok(Prepared {
        method,
        token: confirmation.token,
        off_session: confirmation.off_session,
        return_url: return_url.filter(|_| !use_stripe_sdk),
        error_on_requires_action: confirmation.error_on_requires_action,
    })
}

fn use_stripe_sdk_only(confirmation: &Confirmation) -> bool {
    confirmation.use_stripe_sdk || confirmation.error_on_requires_action
}

/// Does what the card does. An error is an answer of the bank (402) and leaves its trace on the intent.
pub fn execute(account: &mut Account, id: &str, prepared: Prepared) -> Outcome<()> {
    let Prepared {
        mut method,
        token,
        off_session,
        return_url,
        error_on_requires_action,
    } = prepared;
    if let Some(token) = token.and_then(|token| account.tokens.get_mut(&token)) {
        token.intent = Some(id.to_owned());
        // The token's preview becomes a payment method of its own.
        method.id = ids::new("pm_1");
    }
    payment_methods::put(account, method.clone());
    if let Some(intent) = account.intents.get_mut(id) {
        intent.payment_method = Some(method.id.clone());
        intent.challenge = None;
        intent.last_error = None;
    }
    if wants_challenge(&method.card, off_session) {
        if off_session {
            let error = ApiError::card(
                "authentication_required",
                "Your card was declined. This transaction requires authentication.",
            )
            .with("decline_code", json!("authentication_required"));
            return Err(decline(account, id, &method, error));
        }
        if error_on_requires_action {
            let error = ApiError::card(
                "authentication_required",
                "This payment required an authentication action to complete, but `error_on_requires_action` was set.",
            );
            return Err(fail(account, id, &method, error, None));
        }
        if let Some(intent) = account.intents.get_mut(id) {
            intent.status = Status::RequiresAction;
            intent.challenge = Some((ids::new("src_1"), return_url));
        }
        let json = find(account, id)?.json(account);
        events::emit(account, "payment_intent.requires_action", &json);
        return Ok(());
    }
    charge(account, id, &method, false)
}

/// The payer answered the bank's challenge.
pub fn challenged(account: &mut Account, id: &str, passed: bool) -> Outcome<()> {
    let intent = find(account, id)?.clone();
    let method = intent
        .payment_method
        .as_ref()
        .and_then(|method| account.payment_methods.get(method))
        .cloned();
    let (Status::RequiresAction, Some(method)) = (intent.status, method) else {
        return Err(unexpected(
            account,
            &intent,
            "This PaymentIntent can't be authenticated because it has a status of",
        ));
    };
    if let Some(intent) = account.intents.get_mut(id) {
        intent.challenge = None;
    }
    if passed {
        return charge(account, id, &method, true);
    }
    let error = ApiError::state(
        "payment_intent_authentication_failure",
        "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
    );
    Err(fail(account, id, &method, error, None))
}

fn wants_challenge(card: &Card, off_session: bool) -> bool {
    match card.test_card().challenge {
        Challenge::Never => false,
        Challenge::Always => true,
        Challenge::UnlessSetUp => !(off_session && card.set_up),
        Challenge::SetUpAlready => !off_session,
    }
}

fn charge(account: &mut Account, id: &str, method: &PaymentMethod, authenticated: bool) -> Outcome<()> {
    let intent = find(account, id)?.clone();
    let captured = intent.capture_method != "manual";
    let pending = captured && account.pending_next > 0;
    if !pending && let Some(declined) = method.card.test_card().decline {
        return Err(decline(account, id, method, declined.error()));
    }
    let charge = if pending {
        account.pending_next -= 1;
        charges::wait(account, &intent, method, authenticated)
    } else {
        let new = NewCharge {
            method,
            authenticated,
            captured,
        };
        charges::succeed(account, &intent, new)
    };
    let mut method = method.clone();
    method.card.set_up |= intent.setup_future_usage.as_deref() == Some("off_session");
    match (&intent.setup_future_usage, &intent.customer, &method.customer) {
        (Some(_), Some(customer), None) => payment_methods::save(account, method, customer),
        (_, _, None) => {
            method.spent = true;
            payment_methods::put(account, method);
        }
        _ => payment_methods::put(account, method),
    }
    if let Some(intent) = account.intents.get_mut(id) {
        intent.status = match (pending, captured) {
            (true, _) => Status::Processing,
            (false, true) => Status::Succeeded,
            (false, false) => Status::RequiresCapture,
        };
        intent.amount_received = if captured && !pending { intent.amount } else { 0 };
        intent.charges.push(charge);
    }
    let intent = find(account, id)?;
    let (status, json) = (intent.status, intent.json(account));
    let kind = match status {
        Status::Processing => "payment_intent.processing",
        Status::RequiresCapture => "payment_intent.amount_capturable_updated",
        _ => "payment_intent.succeeded",
    };
    events::emit(account, kind, &json);
    Ok(())
}

/// The bank refused: a failed charge, and the intent waits for another card.
fn decline(account: &mut Account, id: &str, method: &PaymentMethod, error: Box<ApiError>) -> Box<ApiError> {
    let charge = match find(account, id).cloned() {
        Ok(intent) => charges::fail(account, &intent, method, &error),
        Err(missing) => return missing,
    };
    if let Some(intent) = account.intents.get_mut(id) {
        intent.charges.push(charge.clone());
    }
    fail(account, id, method, error, Some(charge))
}

fn fail(
    account: &mut Account,
    id: &str,
    method: &PaymentMethod,
    error: Box<ApiError>,
    charge: Option<String>,
) -> Box<ApiError> {
    let mut error = error
        .with("payment_method", method.json())
        .with("payment_method_type", json!("card"));
    if let Some(charge) = charge {
        error = error.with("charge", json!(charge));
    }
    if let Some(intent) = account.intents.get_mut(id) {
        intent.status = Status::RequiresPaymentMethod;
        intent.payment_method = None;
        intent.last_error = Some(error.members());
    }
    if let Some(row) = account
        .payment_methods
        .get_mut(&method.id)
        .filter(|row| row.customer.is_none())
    {
        row.spent = true;
    }
    let json = find(account, id).map_or(Value::Null, |intent| intent.json(account));
    events::emit(account, "payment_intent.payment_failed", &json);
    error.with("payment_intent", json)
}
