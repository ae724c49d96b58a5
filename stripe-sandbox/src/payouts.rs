//! Payouts to the bank.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::account::{Account, Task};
use crate::errors::{ApiError, Outcome};
use crate::lists::{self, Page};
use crate::params::Params;
use crate::table::Row;
use crate::transactions::{self, Movement};
use crate::{events, ids};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Payout {
    pub id: String,
    pub created: i64,
    pub amount: i64,
    pub currency: String,
    pub automatic: bool,
    pub status: String,
    pub description: Option<String>,
    pub statement_descriptor: Option<String>,
    pub metadata: BTreeMap<String, String>,
    pub transaction: Option<String>,
    pub failure_transaction: Option<String>,
}

impl Row for Payout {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

impl Payout {
    pub fn json(&self) -> Value {
        let failed = self.status == "failed";
        json!({
            "id": self.id, "object": "payout", "amount": self.amount, "application_fee": null, "application_fee_amount": null,
            "arrival_date": self.created + 2 * 86_400, "automatic": self.automatic, "balance_transaction": self.transaction, "created": self.created,
            "currency": self.currency, "description": self.description, "destination": "ba_1SandboxBankAccount",
            "failure_balance_transaction": self.failure_transaction, "failure_code": failed.then_some("account_closed"),
            "failure_message": failed.then_some("The bank account has been closed"), "livemode": false, "metadata": self.metadata,
            "method": "standard", "original_payout": null, "payout_method": null,
            "reconciliation_status": if self.automatic { "completed" } else { "not_applicable" }, "reversed_by": null, "source_type": "card",
            "statement_descriptor": self.statement_descriptor, "status": self.status, "trace_id": null, "type": "bank_account",
        })
    }
}

pub fn create(account: &mut Account, mut params: Params) -> Outcome<Value> {
    let (amount, currency) = (
        params.require_integer("amount")?,
        params.require_text("currency")?,
    );
    let description = params.clearable("description")?;
    let statement_descriptor = params.text("statement_descriptor")?;
    let metadata = params.metadata()?.unwrap_or_default();
    params.accept(&["destination", "method", "payout_method", "source_type"]);
    params.finish()?;
    if amount < 1 {
        return Err(ApiError::invalid("Invalid positive integer", "amount").code("parameter_invalid_integer"));
    }
    if currency != account.default_currency {
        return Err(ApiError::invalid(
            format!("Sorry, you don't have any external accounts in that currency ({currency})."),
            "currency",
        ));
    }
    if amount > account.balances.get(&currency).copied().unwrap_or_default() {
        return Err(ApiError::state(
            "balance_insufficient",
            "You have insufficient funds in your Stripe account for this transfer.",
        ));
    }
    let id = make(account, amount, false, description, metadata);
    if let Some(row) = account.payouts.get_mut(&id) {
        row.statement_descriptor = statement_descriptor;
    }
    account
        .object(&id)
        .ok_or_else(|| ApiError::missing("payout", &id, "id"))
}

/// The automatic payout: all that is there, with the transactions it is made of (control API).
pub fn automatic(account: &mut Account) -> Outcome<Value> {
    let currency = account.default_currency.clone();
    let open: Vec<String> = account
        .transactions
        .iter()
        .filter(|row| row.payout.is_none() && row.kind != "payout" && row.kind != "payout_failure")
        .map(|row| row.id.clone())
        .collect();
    let amount: i64 = open
        .iter()
        .filter_map(|id| account.transactions.get(id))
        .map(transactions::Transaction::net)
        .sum();
    if amount < 1 || amount > account.balances.get(&currency).copied().unwrap_or_default() {
        return Err(ApiError::state(
            "balance_insufficient",
            "There is nothing to pay out yet.",
        ));
    }
    let id = make(
        account,
        amount,
        true,
        Some("STRIPE PAYOUT".to_owned()),
        BTreeMap::new(),
    );
    for transaction in open {
        if let Some(row) = account.transactions.get_mut(&transaction) {
            row.payout = Some(id.clone());
        }
    }
    account
        .object(&id)
        .ok_or_else(|| ApiError::missing("payout", &id, "id"))
}

fn make(
    account: &mut Account,
    amount: i64,
    automatic: bool,
    description: Option<String>,
    metadata: BTreeMap<String, String>,
) -> String {
    let id = ids::new("po_1");
    let currency = account.default_currency.clone();
    let movement = Movement {
        amount: -amount,
        currency: &currency,
        fee: 0,
        kind: "payout",
        category: "payout",
        source: &id,
        description: Some("STRIPE PAYOUT".to_owned()),
    };
    let transaction = transactions::book(account, movement);
    if let Some(row) = account.transactions.get_mut(&transaction).filter(|_| automatic) {
        row.payout = Some(id.clone());
    }
    let payout = Payout {
        id: id.clone(),
        created: account.now(),
        amount,
        currency,
        automatic,
        status: "pending".to_owned(),
        description,
        statement_descriptor: None,
        metadata,
        transaction: Some(transaction),
        failure_transaction: None,
    };
    let json = payout.json();
    account.payouts.insert(payout);
    events::emit(account, "payout.created", &json);
    account.plan(account.settings.payout_delay, Task::Payout(id.clone()));
    id
}

/// The bank took the money, or sent it back.
pub fn pay(account: &mut Account, id: &str, arrived: bool) {
    let Some(payout) = account
        .payouts
        .get(id)
        .filter(|payout| payout.status == "pending" || (!arrived && payout.status == "paid"))
        .cloned()
    else {
        return;
    };
    let returned = (!arrived).then(|| {
        let movement = Movement {
            amount: payout.amount,
            currency: &payout.currency,
            fee: 0,
            kind: "payout_failure",
            category: "payout_reversal",
            source: id,
            description: Some("STRIPE PAYOUT FAILURE".to_owned()),
        };
        transactions::book(account, movement)
    });
    if let Some(row) = account.payouts.get_mut(id) {
        row.status = if arrived { "paid" } else { "failed" }.to_owned();
        row.failure_transaction = returned;
    }
    let json = account.object(id).unwrap_or_default();
    events::emit(
        account,
        if arrived { "payout.paid" } else { "payout.failed" },
        &json,
    );
}

pub fn retrieve(account: &Account, id: &str, params: Params) -> Outcome<Value> {
    params.finish()?;
    account
        .payouts
        .get(id)
        .map(Payout::json)
        .ok_or_else(|| ApiError::missing("payout", id, "id"))
}

pub fn list(account: &Account, mut params: Params) -> Outcome<Value> {
    let page = Page::read(&mut params)?;
    let (from, to) = lists::range(&mut params, "arrival_date")?;
    let status = params.text("status")?;
    params.accept(&["destination"]);
    params.finish()?;
    let wanted = |row: &Payout| {
        let arrival = row.created + 2 * 86_400;
        arrival >= from && arrival <= to && status.as_ref().is_none_or(|status| row.status == *status)
    };
    lists::list(&account.payouts, &page, "/v1/payouts", wanted, Payout::json)
}
