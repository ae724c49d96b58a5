//! Refunds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::account::{Account, Task};
use crate::cards::RefundFate;
use crate::charges::{self, Charge};
use crate::errors::{ApiError, Outcome};
use crate::lists::{self, Page};
use crate::params::{Params, merge};
use crate::table::Row;
use crate::transactions::{self, Movement};
use crate::{events, ids, payment_intents};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Pending,
    Succeeded,
    Failed,
    Canceled,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Refund {
    pub id: String,
    pub created: i64,
    pub amount: i64,
    pub currency: String,
    pub charge: String,
    pub intent: String,
    pub reason: Option<String>,
    pub metadata: BTreeMap<String, String>,
    pub status: Status,
    pub failure_reason: Option<String>,
    pub transaction: Option<String>,
    pub failure_transaction: Option<String>,
}

impl Row for Refund {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

impl Refund {
    pub fn json(&self) -> Value {
        let mut json = json!({
            "id": self.id, "object": "refund", "amount": self.amount, "balance_transaction": self.transaction, "charge": self.charge,
            "created": self.created, "currency": self.currency, "customer": null, "customer_account": null,
            "destination_details": { "card": { "reference": null, "reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund" }, "type": "card" },
            "metadata": self.metadata, "payment_intent": self.intent, "payment_method": null, "reason": self.reason, "receipt_number": null,
            "source_transfer_reversal": null, "status": self.status, "transfer_reversal": null,
        });
        if let Some(members) = json.as_object_mut() {
            if let Some(reason) = &self.failure_reason {
                members.insert("failure_reason".to_owned(), json!(reason));
                members.insert(
                    "failure_balance_transaction".to_owned(),
                    json!(self.failure_transaction),
                );
            }
            if self.status == Status::Pending {
                members.insert("pending_reason".to_owned(), json!("processing"));
            }
        }
        json
    }
}

pub fn create(account: &mut Account, mut params: Params) -> Outcome<Value> {
    let (intent, charge) = (params.text("payment_intent")?, params.text("charge")?);
    let amount = params.integer("amount")?;
    let reason = params.one_of("reason", &["duplicate", "fraudulent", "requested_by_customer"])?;
    let metadata = params.metadata()?.unwrap_or_default();
    params.accept(&["refund_application_fee", "reverse_transfer", "instructions_email"]);
    params.finish()?;
    let charge =
        match (intent, charge) {
            (Some(id), charge) => {
                let intent = account
                    .intents
                    .get(&id)
                    .ok_or_else(|| ApiError::missing("payment_intent", &id, "payment_intent"))?;
                let paid = intent
                    .charges
                    .iter()
                    .rev()
                    .find(|id| account.charges.get(id).is_some_and(|charge| charge.paid));
                let Some(paid) = paid.cloned() else {
                    return Err(payment_intents::unexpected(
                        account,
                        intent,
                        "This PaymentIntent does not have a successful charge to refund; it has a status of",
                    ));
                };
                if charge.is_some_and(|charge| charge != paid) {
                    return Err(ApiError::invalid(
                        "The charge does not belong to the payment_intent.",
                        "charge",
                    ));
                }
                paid
            }
            (None, Some(charge)) => charge,
            (None, None) => return Err(ApiError::invalid(
                "One of the following params should be provided for this request: payment_intent or charge.",
                "charge",
            )
            .code("parameter_missing")),
        };
    make(account, &charge, amount, reason, metadata)
}

/// Refunds a charge; also what a button in the dashboard does.
pub fn make(
    account: &mut Account,
    charge: &str,
    amount: Option<i64>,
    reason: Option<String>,
    metadata: BTreeMap<String, String>,
) -> Outcome<Value> {
    let charge = account
        .charges
        .get(charge)
        .ok_or_else(|| ApiError::missing("charge", charge, "charge"))?
        .clone();
    let amount = refundable(account, &charge, amount)?;
    let fate = charge.card.test_card().refund;
    let mut refund = Refund {
        id: ids::new("re_3"),
        created: account.now(),
        amount,
        currency: charge.currency.clone(),
        charge: charge.id.clone(),
        intent: charge.intent.clone(),
        reason,
        metadata,
        status: if fate == RefundFate::Pending {
            Status::Pending
        } else {
            Status::Succeeded
        },
        failure_reason: None,
        transaction: None,
        failure_transaction: None,
    };
    let movement = Movement {
        amount: -amount,
        currency: &charge.currency,
        fee: 0,
        kind: "refund",
        category: "refund",
        source: &refund.id,
        description: Some("REFUND FOR CHARGE".to_owned()),
    };
    refund.transaction = Some(transactions::book(account, movement));
    let (id, json) = (refund.id.clone(), refund.json());
    account.refunds.insert(refund);
    if let Some(row) = account.charges.get_mut(&charge.id) {
        row.amount_refunded += amount;
        row.refunds.push(id.clone());
    }
    events::emit(account, "refund.created", &json);
    if let Some(json) = account.object(&charge.id) {
        let previous = json!({ "amount_refunded": charge.amount_refunded, "refunded": false });
        events::emit_change(account, "charge.refunded", &json, Some(previous));
    }
    if fate != RefundFate::Succeeds {
        account.plan(account.settings.refund_delay, Task::Refund(id));
    }
    Ok(json)
}

fn refundable(account: &Account, charge: &Charge, amount: Option<i64>) -> Outcome<i64> {
    if !charge.paid || !charge.captured {
        return Err(ApiError::state(
            "charge_not_refundable",
            format!("Charge {} can't be refunded: it was not captured.", charge.id),
        ));
    }
    if charge
        .disputes
        .iter()
        .filter_map(|id| account.disputes.get(id))
        .any(|dispute| !dispute.refundable())
    {
        return Err(ApiError::state(
            "charge_disputed",
            format!(
                "Charge {} has been charged back; cannot issue a refund.",
                charge.id
            ),
        ));
    }
    let left = charge.refundable();
    if left <= 0 {
        return Err(ApiError::state(
            "charge_already_refunded",
            format!("Charge {} has already been refunded.", charge.id),
        ));
    }
    match amount.unwrap_or(left) {
        amount if amount < 1 => {
            Err(ApiError::invalid("Invalid positive integer", "amount").code("parameter_invalid_integer"))
        }
        amount if amount > left => {
            let mut error = ApiError::state(
                "amount_too_large",
                format!("Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"),
            );
            error.param = Some("amount".to_owned());
            Err(error)
        }
        amount => Ok(amount),
    }
}

/// What the card's bank says in the end: a pending refund succeeds, the other kind fails.
pub fn settle(account: &mut Account, id: &str) {
    let Some(refund) = account.refunds.get(id) else {
        return;
    };
    match refund.status {
        Status::Pending => {
            if let Some(row) = account.refunds.get_mut(id) {
                row.status = Status::Succeeded;
            }
            changed(
                account,
                id,
                &["refund.updated", "charge.refund.updated"],
                "pending",
            );
        }
        Status::Succeeded => {
            fail(account, id);
        }
        Status::Failed | Status::Canceled => {}
    }
}

/// A refund comes back: the money is the salon's again (control API, or a test card).
pub fn fail(account: &mut Account, id: &str) -> bool {
    let Some(refund) = account
        .refunds
        .get(id)
        .filter(|refund| matches!(refund.status, Status::Pending | Status::Succeeded))
        .cloned()
    else {
        return false;
    };
    undo(account, &refund, Status::Failed, Some("expired_or_canceled_card"));
    changed(
        account,
        id,
        &["refund.updated", "refund.failed", "charge.refund.updated"],
        if refund.status == Status::Pending {
            "pending"
        } else {
            "succeeded"
        },
    );
    true
}

fn undo(account: &mut Account, refund: &Refund, status: Status, reason: Option<&str>) {
    let movement = Movement {
        amount: refund.amount,
        currency: &refund.currency,
        fee: 0,
        kind: "refund_failure",
        category: "refund_failure",
        source: &refund.id,
        description: Some("REFUND FAILED".to_owned()),
    };
    let transaction = transactions::book(account, movement);
    if let Some(row) = account.refunds.get_mut(&refund.id) {
        row.status = status;
        row.failure_reason = reason.map(str::to_owned);
        row.failure_transaction = Some(transaction);
    }
    if let Some(row) = account.charges.get_mut(&refund.charge) {
        row.amount_refunded -= refund.amount;
    }
}

fn changed(account: &mut Account, id: &str, kinds: &[&str], before: &str) {
    let Some(json) = account.object(id) else { return };
    for kind in kinds {
        events::emit_change(account, kind, &json, Some(json!({ "status": before })));
    }
}

pub fn retrieve(account: &Account, id: &str, params: Params) -> Outcome<Value> {
    params.finish()?;
    account
        .refunds
        .get(id)
        .map(Refund::json)
        .ok_or_else(|| ApiError::missing("refund", id, "id"))
}

pub fn update(account: &mut Account, id: &str, mut params: Params) -> Outcome<Value> {
    let metadata = params.metadata()?;
    params.finish()?;
    let refund = account
        .refunds
        .get_mut(id)
        .ok_or_else(|| ApiError::missing("refund", id, "id"))?;
    merge(&mut refund.metadata, metadata.unwrap_or_default());
    let json = refund.json();
    events::emit(account, "refund.updated", &json);
    events::emit(account, "charge.refund.updated", &json);
    Ok(json)
}

pub fn cancel(account: &mut Account, id: &str, params: Params) -> Outcome<Value> {
    params.finish()?;
    let refund = account
        .refunds
        .get(id)
        .ok_or_else(|| ApiError::missing("refund", id, "id"))?
        .clone();
    if refund.status != Status::Pending {
        return Err(ApiError::state(
            "charge_invalid_parameter",
            "Only a pending refund can be canceled.",
        ));
    }
    undo(account, &refund, Status::Canceled, None);
    changed(
        account,
        id,
        &["refund.updated", "charge.refund.updated"],
        "pending",
    );
    account
        .object(id)
        .ok_or_else(|| ApiError::missing("refund", id, "id"))
}

pub fn list(account: &Account, mut params: Params) -> Outcome<Value> {
    let page = Page::read(&mut params)?;
    let (intent, charge) = (params.text("payment_intent")?, params.text("charge")?);
    params.finish()?;
    if let Some(charge) = charge {
        return lists::list_ids(
            &account.refunds,
            &charges::find(account, &charge)?.refunds,
            &page,
            "/v1/refunds",
            Refund::json,
        );
    }
    if let Some(intent) = intent {
        let charges = &payment_intents::find(account, &intent)?.charges;
        let ids: Vec<String> = charges
            .iter()
            .filter_map(|id| account.charges.get(id))
            .flat_map(|charge| charge.refunds.iter().cloned())
            .collect();
        return lists::list_ids(&account.refunds, &ids, &page, "/v1/refunds", Refund::json);
    }
    lists::list(&account.refunds, &page, "/v1/refunds", |_| true, Refund::json)
}
