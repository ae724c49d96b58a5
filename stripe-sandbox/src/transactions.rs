//! Balance transactions and the balance.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::account::Account;
use crate::errors::{ApiError, Outcome};
use crate::lists::{self, Page};
use crate::params::Params;
use crate::table::Row;
use crate::{currencies, events, ids};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Transaction {
    pub id: String,
    pub created: i64,
    pub amount: i64,
    pub fee: i64,
    pub currency: String,
    /// `charge`, `refund`, `refund_failure`, `adjustment` or `payout`.
    pub kind: String,
    pub category: String,
    pub source: String,
    pub description: Option<String>,
    /// Millionths of the settlement currency for one unit of the charged one.
    pub exchange_rate: Option<i64>,
    /// The automatic payout that carried it to the bank.
    pub payout: Option<String>,
}

impl Row for Transaction {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

impl Transaction {
    pub fn net(&self) -> i64 {
        self.amount - self.fee
    }

    pub fn json(&self) -> Value {
        let details = match self.fee {
            0 => json!([]),
            fee => {
                json!([{ "amount": fee, "application": null, "currency": self.currency, "description": "Stripe processing fees", "type": "stripe_fee" }])
            }
        };
        let rate = self.exchange_rate.and_then(|rate| {
            format!("{}.{:06}", rate / 1_000_000, rate % 1_000_000)
                .parse::<f64>()
                .ok()
        });
        json!({
            "id": self.id, "object": "balance_transaction", "amount": self.amount, "available_on": self.created, "balance_type": "payments",
            "created": self.created, "currency": self.currency, "description": self.description, "exchange_rate": rate, "fee": self.fee,
            "fee_details": details, "net": self.net(), "reporting_category": self.category, "source": self.source,
            "status": "available", "type": self.kind,
        })
    }
}

/// A movement of money, before it has an id.
pub struct Movement<'a> {
    pub amount: i64,
    pub currency: &'a str,
    pub fee: i64,
    pub kind: &'a str,
    pub category: &'a str,
    pub source: &'a str,
    pub description: Option<String>,
}

/// Books a movement in the settlement currency.
pub fn book(account: &mut Account, movement: Movement<'_>) -> String {
    let settlement = account.default_currency.clone();
    let foreign = movement.currency != settlement;
    let sign = movement.amount.signum();
    let amount = currencies::convert(movement.amount.abs(), movement.currency, &settlement) * sign;
    let transaction = Transaction {
        id: ids::new("txn_3"),
        created: account.now(),
        amount,
        fee: movement.fee,
        exchange_rate: foreign.then(|| {
            i64::try_from(currencies::exchange_rate_millionths(
                movement.currency,
                &settlement,
            ))
            .unwrap_or_default()
        }),
        currency: settlement,
        kind: movement.kind.to_owned(),
        category: movement.category.to_owned(),
        source: movement.source.to_owned(),
        description: movement.description,
        payout: None,
    };
    let id = transaction.id.clone();
    let balance = account.balances.entry(transaction.currency.clone()).or_default();
    *balance = balance.saturating_add(transaction.net());
    account.transactions.insert(transaction);
    id
}

/// The fee of a captured charge is known: `charge.updated`.
pub fn settle_charge(account: &mut Account, id: &str) {
    let Some(charge) = account
        .charges
        .get(id)
        .filter(|charge| charge.captured && charge.transaction.is_none())
        .cloned()
    else {
        return;
    };
    let settled = currencies::convert(
        charge.amount_captured,
        &charge.currency,
        &account.default_currency,
    );
    let movement = Movement {
        amount: charge.amount_captured,
        currency: &charge.currency,
        fee: currencies::fee(settled),
        kind: "charge",
        category: "charge",
        source: id,
        description: charge.description.clone(),
    };
    let transaction = book(account, movement);
    if let Some(row) = account.charges.get_mut(id) {
        row.transaction = Some(transaction);
    }
    if let Some(json) = account.object(id) {
        events::emit_change(
            account,
            "charge.updated",
            &json,
            Some(json!({ "balance_transaction": null, "receipt_url": null })),
        );
    }
}

pub fn retrieve(account: &Account, id: &str, params: Params) -> Outcome<Value> {
    params.finish()?;
    account
        .transactions
        .get(id)
        .map(Transaction::json)
        .ok_or_else(|| ApiError::missing("balance transaction", id, "id"))
}

pub fn list(account: &Account, mut params: Params) -> Outcome<Value> {
    let page = Page::read(&mut params)?;
    let (payout, source, kind, currency) = (
        params.text("payout")?,
        params.text("source")?,
        params.text("type")?,
        params.text("currency")?,
    );
    params.finish()?;
    let wanted = |row: &Transaction| {
        (payout.is_none() || row.payout == payout)
            && source.as_ref().is_none_or(|source| row.source == *source)
            && kind.as_ref().is_none_or(|kind| row.kind == *kind)
            && currency.as_ref().is_none_or(|currency| row.currency == *currency)
    };
    lists::list(
        &account.transactions,
        &page,
        "/v1/balance_transactions",
        wanted,
        Transaction::json,
    )
}

pub fn balance(account: &Account, params: Params) -> Outcome<Value> {
    params.finish()?;
    let amount = account
        .balances
        .get(&account.default_currency)
        .copied()
        .unwrap_or_default();
    let part = |amount: i64| json!([{ "amount": amount, "currency": account.default_currency, "source_types": { "card": amount } }]);
    Ok(json!({ "object": "balance", "available": part(amount), "livemode": false, "pending": part(0) }))
}
