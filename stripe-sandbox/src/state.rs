//! What the control API shows of an account.

use serde_json::{Value, json};

use crate::account::Account;
use crate::deliveries::{Delivery, State};
use crate::table::{Row, Table};
use crate::world::World;

/// Newest objects listed of each kind.
const LISTED: usize = 200;

/// `GET /_sandbox/state`: counts of everything, and the newest of each.
pub fn json(world: &World, account: &Account) -> Value {
    let paid = account.charges.iter().filter(|charge| charge.paid).count();
    let pending = account.charges.iter().filter(|charge| charge.pending).count();
    json!({
        "account": self::account(account),
        "now": world.now_ms().div_euclid(1_000),
        "counts": {
            "payment_intents": account.intents.len(), "setup_intents": account.setup_intents.len(), "charges": account.charges.len(),
            "charges_succeeded": paid, "charges_failed": account.charges.len() - paid - pending, "refunds": account.refunds.len(),
            "disputes": account.disputes.len(), "payouts": account.payouts.len(), "customers": account.customers.len(),
            "confirmation_tokens": account.tokens.len(), "events": account.events.len(), "deliveries": account.deliveries.len(),
            "deliveries_pending": account.deliveries.iter().filter(|delivery| delivery.state == State::Pending).count(),
            "tasks_waiting": account.tasks.len(),
        },
        "calls": account.calls,
        "balance": account.balances.get(&account.default_currency).copied().unwrap_or_default(),
        "payment_intents": newest(&account.intents, |row| row.json(account)),
        "setup_intents": newest(&account.setup_intents, |row| row.json(account)),
        "charges": newest(&account.charges, |row| row.json(account)),
        "refunds": newest(&account.refunds, crate::refunds::Refund::json),
        "disputes": newest(&account.disputes, |row| row.json(account)),
        "payouts": newest(&account.payouts, crate::payouts::Payout::json),
        "webhook_endpoints": account.endpoints.iter().filter(|row| !row.deleted).map(crate::webhook_endpoints::WebhookEndpoint::json).collect::<Vec<_>>(),
        "events": newest(&account.events, |row| json!({ "id": row.id, "type": row.kind, "created": row.created, "object": row.about })),
        "deliveries": newest(&account.deliveries, Delivery::json),
        "faults": world.faults.list(),
        "webhooks": world.tricks,
    })
}

/// An account with its keys: they open nothing but this sandbox.
pub fn account(account: &Account) -> Value {
    json!({
        "id": account.id, "country": account.country, "default_currency": account.default_currency, "display_name": account.display_name,
        "charges_enabled": account.charges_enabled, "payouts_enabled": account.payouts_enabled, "details_submitted": account.details_submitted,
        "publishable_key": account.publishable_key, "secret_key": account.secret_key, "restricted_keys": account.restricted_keys,
    })
}

/// Deliveries that are due by now or on their way. Those held back on purpose don't count.
pub fn pending(account: &Account, now_ms: i64) -> usize {
    if account.settings.tricks.paused {
        return 0;
    }
    let due = account
        .due
        .iter()
        .take_while(|(due, _, _)| *due <= now_ms)
        .count();
    due + account
        .deliveries
        .iter()
        .rev()
        .take(2_000)
        .filter(|delivery| {
            delivery.state == State::Pending && delivery.attempts > 0 && delivery.due_ms <= now_ms
        })
        .count()
}

fn newest<T: Row>(table: &Table<T>, json: impl Fn(&T) -> Value) -> Value {
    table.iter().rev().take(LISTED).map(json).collect()
}
