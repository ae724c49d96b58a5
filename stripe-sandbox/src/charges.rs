//! Charges: one for each attempt that reached the bank.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::account::{Account, Task};
use crate::cards::Card;
use crate::errors::{ApiError, Outcome};
use crate::lists::{self, Page};
use crate::params::{Params, merge};
use crate::payment_intents::PaymentIntent;
use crate::payment_methods::{Billing, PaymentMethod};
use crate::table::Row;
use crate::{events, ids, payment_intents, refunds};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Charge {
    pub id: String,
    pub created: i64,
    pub amount: i64,
    pub amount_captured: i64,
    pub amount_refunded: i64,
    pub currency: String,
    pub paid: bool,
    /// The bank has not decided yet.
    #[serde(default)]
    pub pending: bool,
    pub captured: bool,
    pub disputed: bool,
    pub intent: String,
    pub customer: Option<String>,
    pub description: Option<String>,
    pub metadata: BTreeMap<String, String>,
    pub receipt_email: Option<String>,
    pub suffix: Option<String>,
    pub method: String,
    pub card: Card,
    pub billing: Billing,
    pub authenticated: bool,
    pub failure: Option<(String, String, Option<String>)>,
    pub transaction: Option<String>,
    pub refunds: Vec<String>,
    pub disputes: Vec<String>,
}

impl Row for Charge {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

impl Charge {
    pub fn json(&self, account: &Account) -> Value {
        let (code, message, reason) = match &self.failure {
            Some((code, message, reason)) => (Some(code), Some(message), reason.as_ref().or(Some(code))),
            None => (None, None, None),
        };
        let card = self.card.test_card();
        let good = self.paid || self.pending;
        let outcome = json!({
            "advice_code": null, "network_advice_code": null, "network_decline_code": self.failure.as_ref().map(|_| "01"),
            "network_status": if good { "approved_by_network" } else { "declined_by_network" }, "reason": reason, "risk_level": "normal",
            "risk_score": 12, "seller_message": if good { "Payment complete." } else { "The bank did not return any further details with this decline." },
            "type": if good { "authorized" } else { "issuer_declined" },
        });
        let three_d_secure = self.authenticated.then(|| {
            json!({ "authentication_flow": "challenge", "electronic_commerce_indicator": "05", "exemption_indicator": null, "result": "authenticated", "result_reason": null, "transaction_id": null, "version": "2.2.0" })
        });
        json!({
            "id": self.id, "object": "charge", "amount": self.amount, "amount_captured": self.amount_captured, "amount_refunded": self.amount_refunded,
            "application": null, "application_fee": null, "application_fee_amount": null, "balance_transaction": self.transaction,
            "billing_details": self.billing.json(), "calculated_statement_descriptor": "SANDBOX SALON", "captured": self.captured,
            "created": self.created, "currency": self.currency, "customer": self.customer, "description": self.description,
            "disputed": self.disputed, "failure_balance_transaction": null, "failure_code": code, "failure_message": message,
            "fraud_details": {}, "livemode": false, "metadata": self.metadata, "on_behalf_of": null, "outcome": outcome, "paid": self.paid,
            "payment_intent": self.intent, "payment_method": self.method,
            "payment_method_details": {
                "card": {
                    "amount_authorized": self.paid.then_some(self.amount), "authorization_code": self.paid.then_some("123456"), "brand": card.brand,
                    "checks": self.card.checks(), "country": card.country, "exp_month": self.card.exp_month, "exp_year": self.card.exp_year,
                    "extended_authorization": { "status": "disabled" }, "fingerprint": format!("sandbox{}", self.card.last4()), "funding": "credit",
                    "incremental_authorization": { "status": "unavailable" }, "installments": null, "last4": self.card.last4(), "mandate": null,
                    "multicapture": { "status": "unavailable" }, "network": card.brand, "network_token": { "used": false },
                    "network_transaction_id": "104102100103104", "overcapture": { "maximum_amount_capturable": self.amount, "status": "unavailable" },
                    "regulated_status": "unregulated", "three_d_secure": three_d_secure, "wallet": null,
                },
                "type": "card",
            },
            "radar_options": {}, "receipt_email": self.receipt_email, "receipt_number": null,
            "receipt_url": self.paid.then(|| format!("{}/receipts/{}", account.settings.base_url, self.id)),
            "refunded": self.paid && self.amount_refunded >= self.amount, "review": null, "shipping": null, "source": null, "source_transfer": null,
            "statement_descriptor": null, "statement_descriptor_suffix": self.suffix, "status": if self.paid { "succeeded" } else if self.pending { "pending" } else { "failed" },
            "transfer_data": null, "transfer_group": null,
        })
    }

    /// What can still be refunded.
    pub fn refundable(&self) -> i64 {
        self.amount_captured - self.amount_refunded
    }
}

/// What a successful attempt adds to its intent.
pub struct NewCharge<'a> {
    pub method: &'a PaymentMethod,
    pub authenticated: bool,
    pub captured: bool,
}

fn of(account: &Account, intent: &PaymentIntent, method: &PaymentMethod) -> Charge {
    Charge {
        id: ids::new("ch_3"),
        created: account.now(),
        amount: intent.amount,
        amount_captured: 0,
        amount_refunded: 0,
        currency: intent.currency.clone(),
        paid: false,
        pending: false,
        captured: false,
        disputed: false,
        intent: intent.id.clone(),
        customer: intent.customer.clone(),
        description: intent.description.clone(),
        metadata: intent.metadata.clone(),
        receipt_email: intent.receipt_email.clone(),
        suffix: intent.statement_descriptor_suffix.clone(),
        method: method.id.clone(),
        card: method.card.clone(),
        billing: method.billing.clone(),
        authenticated: false,
        failure: None,
        transaction: None,
        refunds: Vec::new(),
        disputes: Vec::new(),
    }
}

pub fn succeed(account: &mut Account, intent: &PaymentIntent, new: NewCharge<'_>) -> String {
    let mut charge = of(account, intent, new.method);
    charge.paid = true;
    charge.authenticated = new.authenticated;
    charge.captured = new.captured;
    charge.amount_captured = if new.captured { intent.amount } else { 0 };
    let (id, json, dispute) = (
        charge.id.clone(),
        charge.json(account),
        charge.card.test_card().dispute,
    );
    account.charges.insert(charge);
    events::emit(account, "charge.succeeded", &json);
    if new.captured {
        account.plan(account.settings.fee_delay, Task::Fee(id.clone()));
    }
    if let Some(kind) = dispute {
        account.plan(account.settings.dispute_delay, Task::Dispute(id.clone(), kind));
    }
    id
}

/// The bank takes its time.
pub fn wait(
    account: &mut Account,
    intent: &PaymentIntent,
    method: &PaymentMethod,
    authenticated: bool,
) -> String {
    let mut charge = of(account, intent, method);
    charge.pending = true;
    charge.authenticated = authenticated;
    let (id, json) = (charge.id.clone(), charge.json(account));
    account.charges.insert(charge);
    events::emit(account, "charge.pending", &json);
    id
}

/// The bank has decided about a charge that was pending (control API).
pub fn decide(account: &mut Account, id: &str, paid: bool) -> Outcome<Value> {
    let charge = find(account, id)?.clone();
    if !charge.pending {
        return Err(ApiError::invalid("This charge is not pending.", "id"));
    }
    if let Some(row) = account.charges.get_mut(id) {
        row.pending = false;
        row.paid = paid;
        row.captured = paid;
        row.amount_captured = if paid { row.amount } else { 0 };
        if !paid {
            let (code, message) = REFUSED;
            row.failure = Some((
                code.to_owned(),
                message.to_owned(),
                Some("generic_decline".to_owned()),
            ));
        }
    }
    let json = find(account, id)?.json(account);
    if paid {
        events::emit(account, "charge.succeeded", &json);
        account.plan(account.settings.fee_delay, Task::Fee(id.to_owned()));
        if let Some(kind) = charge.card.test_card().dispute {
            account.plan(account.settings.dispute_delay, Task::Dispute(id.to_owned(), kind));
        }
    } else {
        events::emit(account, "charge.failed", &json);
    }
    payment_intents::decided(account, &charge.intent, paid, REFUSED)?;
    Ok(json)
}

/// How the bank refuses what was pending.
const REFUSED: (&str, &str) = ("card_declined", "Your card was declined.");

pub fn fail(
    account: &mut Account,
    intent: &PaymentIntent,
    method: &PaymentMethod,
    error: &ApiError,
) -> String {
    let mut charge = of(account, intent, method);
    let reason = error
        .extra
        .get("decline_code")
        .and_then(Value::as_str)
        .map(str::to_owned);
    charge.failure = Some((
        error.code.clone().unwrap_or_default(),
        error.message.clone(),
        reason,
    ));
    let (id, json) = (charge.id.clone(), charge.json(account));
    account.charges.insert(charge);
    events::emit(account, "charge.failed", &json);
    id
}

pub fn capture(account: &mut Account, id: &str, amount: i64) {
    let Some(charge) = account.charges.get_mut(id) else {
        return;
    };
    charge.captured = true;
    charge.amount_captured = amount;
    // What was authorised and not taken goes back, and shows as refunded.
    charge.amount_refunded = charge.amount - amount;
    let charge = charge.clone();
    events::emit(account, "charge.captured", &charge.json(account));
    account.plan(account.settings.fee_delay, Task::Fee(id.to_owned()));
}

/// Gives up an authorisation because its intent was cancelled.
pub fn release(account: &mut Account, id: &str) {
    let Some(charge) = account.charges.get_mut(id) else {
        return;
    };
    charge.amount_refunded = charge.amount;
    let json = charge.clone().json(account);
    events::emit(account, "charge.refunded", &json);
}

/// An authorisation ran out before it was captured (control API).
pub fn expire(account: &mut Account, id: &str) -> Outcome<Value> {
    let charge = find(account, id)?.clone();
    if !charge.paid || charge.captured {
        return Err(ApiError::state(
            "charge_invalid_parameter",
            "Only an authorised charge that was not captured can expire.",
        ));
    }
    if let Some(row) = account.charges.get_mut(id) {
        row.amount_refunded = row.amount;
    }
    let json = find(account, id)?.json(account);
    events::emit(account, "charge.expired", &json);
    payment_intents::finish_canceled(account, &charge.intent, Some("expired"))?;
    Ok(json)
}

pub fn retrieve(account: &Account, id: &str, params: Params) -> Outcome<Value> {
    params.finish()?;
    find(account, id).map(|charge| charge.json(account))
}

pub fn update(account: &mut Account, id: &str, mut params: Params) -> Outcome<Value> {
    let metadata = params.metadata()?;
    let description = params.clearable("description")?;
    params.accept(&[
        "receipt_email",
        "fraud_details",
        "shipping",
        "transfer_group",
        "customer",
    ]);
    params.finish()?;
    let charge = account
        .charges
        .get_mut(id)
        .ok_or_else(|| ApiError::missing("charge", id, "id"))?;
    merge(&mut charge.metadata, metadata.unwrap_or_default());
    if let Some(description) = description {
        charge.description = Some(description).filter(|text| !text.is_empty());
    }
    let json = charge.clone().json(account);
    events::emit(account, "charge.updated", &json);
    Ok(json)
}

pub fn list(account: &Account, mut params: Params) -> Outcome<Value> {
    let page = Page::read(&mut params)?;
    let (intent, customer) = (params.text("payment_intent")?, params.text("customer")?);
    params.accept(&["transfer_group"]);
    params.finish()?;
    if let Some(intent) = intent {
        return lists::list_ids(
            &account.charges,
            &payment_intents::find(account, &intent)?.charges,
            &page,
            "/v1/charges",
            |row| row.json(account),
        );
    }
    lists::list(
        &account.charges,
        &page,
        "/v1/charges",
        |row| customer.is_none() || row.customer == customer,
        |row| row.json(account),
    )
}

/// `refunds` of a charge, which must be asked for by `expand[]`.
pub fn refunds(account: &Account, id: &str) -> Value {
    let url = format!("/v1/charges/{id}/refunds");
    let ids = account
        .charges
        .get(id)
        .map(|charge| charge.refunds.as_slice())
        .unwrap_or_default();
    lists::envelope(
        ids.iter()
            .rev()
            .take(10)
            .filter_map(|id| account.refunds.get(id))
            .map(refunds::Refund::json)
            .collect(),
        ids.len() > 10,
        &url,
    )
}

pub fn find<'a>(account: &'a Account, id: &str) -> Outcome<&'a Charge> {
    account
        .charges
        .get(id)
        .ok_or_else(|| ApiError::missing("charge", id, "id"))
}
