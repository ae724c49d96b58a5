//! One Stripe account: everything it owns, and the work that falls due later.
//!
//! CAUTION: all state hangs under the one mutex in `server.rs`. It is locked for the length of a plain function call and never
//! across an await; nothing in here waits, sleeps or does I/O.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cards::DisputeKind;
use crate::charges::Charge;
use crate::confirmation_tokens::ConfirmationToken;
use crate::customers::Customer;
use crate::deliveries::{Delivery, Tricks};
use crate::disputes::Dispute;
use crate::errors::{ApiError, Outcome};
use crate::events::Event;
use crate::idempotency::Keys;
use crate::payment_intents::PaymentIntent;
use crate::payment_methods::PaymentMethod;
use crate::payouts::Payout;
use crate::refunds::Refund;
use crate::setup_intents::SetupIntent;
use crate::table::Table;
use crate::transactions::Transaction;
use crate::webhook_endpoints::WebhookEndpoint;
use crate::{currencies, ids};

/// What falls due later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    Fee(String),
    Refund(String),
    Dispute(String, DisputeKind),
    CloseDispute(String, bool),
    Payout(String),
}

impl Task {
    /// The name by which the control API advances tasks of one kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Task::Fee(_) => "fees",
            Task::Refund(_) => "refunds",
            Task::Dispute(..) | Task::CloseDispute(..) => "disputes",
            Task::Payout(_) => "payouts",
        }
    }
}

/// Delays and limits, from the configuration; not part of the saved state.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub fee_delay: Option<i64>,
    pub refund_delay: Option<i64>,
    pub dispute_delay: Option<i64>,
    pub payout_delay: Option<i64>,
    pub max_events: usize,
    pub max_keys: usize,
    pub base_url: String,
    pub tricks: Tricks,
    pub retry_base: i64,
    pub retry_cap: i64,
    pub max_attempts: usize,
}

/// An account. Field `now` is set before each call: nothing reads a clock by itself.
#[derive(Default, Serialize, Deserialize)]
pub struct Account {
    pub id: String,
    pub created: i64,
    pub country: String,
    pub default_currency: String,
    pub display_name: Option<String>,
    pub email: Option<String>,
    pub charges_enabled: bool,
    pub payouts_enabled: bool,
    pub details_submitted: bool,
    pub publishable_key: String,
    pub secret_key: String,
    /// Restricted keys and their rights, such as `payment_intents:write`.
    #[serde(default)]
    pub restricted_keys: BTreeMap<String, Vec<String>>,
    pub customers: Table<Customer>,
    pub payment_methods: Table<PaymentMethod>,
    pub tokens: Table<ConfirmationToken>,
    pub intents: Table<PaymentIntent>,
    pub setup_intents: Table<SetupIntent>,
    pub charges: Table<Charge>,
    pub refunds: Table<Refund>,
    pub disputes: Table<Dispute>,
    pub transactions: Table<Transaction>,
    pub payouts: Table<Payout>,
    pub endpoints: Table<WebhookEndpoint>,
    pub events: Table<Event>,
    pub deliveries: Table<Delivery>,
    /// Deliveries to send, by due time (ms) and in order of creation. Rebuilt from `deliveries` after a restart.
    #[serde(skip)]
    pub due: BTreeSet<(i64, u64, String)>,
    #[serde(skip)]
    pub held_for_reordering: Vec<String>,
    pub keys: Keys,
    /// `(due ms or i64::MAX for "on demand", number, task)`.
    pub tasks: Vec<(i64, u64, Task)>,
    pub task_number: u64,
    /// So many payments are pending first, before they come to something.
    #[serde(default)]
    pub pending_next: u32,
    /// How often each call was made.
    pub calls: BTreeMap<String, u64>,
    #[serde(skip)]
    pub now_ms: i64,
    #[serde(skip)]
    pub settings: Settings,
    /// The request being answered, for the events it causes.
    #[serde(skip)]
    pub request: (Option<String>, Option<String>),
    /// Sums of transactions by currency, kept along so that nothing is added up twice.
    pub balances: HashMap<String, i64>,
}

impl Account {
    pub fn now(&self) -> i64 {
        self.now_ms.div_euclid(1_000)
    }

    /// Plans a task; without a delay it waits for the control API.
    pub fn plan(&mut self, delay: Option<i64>, task: Task) {
        let due = delay.map_or(i64::MAX, |delay| self.now_ms.saturating_add(delay));
        self.task_number += 1;
        let number = self.task_number;
        let at = self.tasks.partition_point(|(other, _, _)| *other <= due);
        self.tasks.insert(at, (due, number, task));
    }

    /// Runs what is due.
    pub fn run_due(&mut self) -> bool {
        let count = self.tasks.partition_point(|(due, _, _)| *due <= self.now_ms);
        let tasks: Vec<_> = self.tasks.drain(..count).collect();
        for (_, _, task) in tasks {
            self.run(task);
        }
        count > 0
    }

    /// Runs all tasks of a kind (`all` for every kind), and those which they cause; says how many.
    pub fn advance(&mut self, kind: &str) -> usize {
        let (chosen, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut self.tasks)
            .into_iter()
            .partition(|(_, _, task)| kind == "all" || task.kind() == kind);
        self.tasks = rest;
        let count = chosen.len();
        for (_, _, task) in chosen {
            self.run(task);
        }
        count
    }

    fn run(&mut self, task: Task) {
        self.request = (None, None);
        match task {
            Task::Fee(charge) => crate::transactions::settle_charge(self, &charge),
            Task::Refund(refund) => crate::refunds::settle(self, &refund),
            Task::Dispute(charge, kind) => {
                crate::disputes::open(self, &charge, kind);
            }
            Task::CloseDispute(dispute, won) => crate::disputes::close(self, &dispute, won),
            Task::Payout(payout) => crate::payouts::pay(self, &payout, true),
        }
    }

    /// The object of this id, as JSON; for `expand[]` and the control API.
    pub fn object(&self, id: &str) -> Option<Value> {
        let (prefix, _) = id.rsplit_once('_')?;
        match prefix {
            "pi" => self.intents.get(id).map(|row| row.json(self)),
            "seti" => self.setup_intents.get(id).map(|row| row.json(self)),
            "ch" => self.charges.get(id).map(|row| row.json(self)),
            "re" => self.refunds.get(id).map(Refund::json),
            "du" => self.disputes.get(id).map(|row| row.json(self)),
            "txn" => self.transactions.get(id).map(Transaction::json),
            "cus" => self.customers.get(id).map(Customer::json),
            "pm" => self.payment_methods.get(id).map(PaymentMethod::json),
            "po" => self.payouts.get(id).map(Payout::json),
            _ => None,
        }
    }

    /// `GET /v1/account`.
    pub fn json(&self) -> Value {
        let capability = if self.charges_enabled {
            "active"
        } else {
            "inactive"
        };
        json!({
            "id": self.id, "object": "account", "business_profile": { "name": self.display_name, "url": null, "mcc": "7230" }, "business_type": null,
            "capabilities": { "card_payments": capability, "transfers": "active" }, "charges_enabled": self.charges_enabled,
            "country": self.country, "created": self.created, "default_currency": self.default_currency, "details_submitted": self.details_submitted,
            "email": self.email, "metadata": {}, "payouts_enabled": self.payouts_enabled,
            "settings": {
                "branding": { "icon": null, "logo": null, "primary_color": null, "secondary_color": null },
                "card_payments": { "decline_on": { "avs_failure": false, "cvc_failure": false }, "statement_descriptor_prefix": null },
                "dashboard": { "display_name": self.display_name, "timezone": "Etc/UTC" },
                "payments": { "statement_descriptor": "SANDBOX SALON", "statement_descriptor_kana": null, "statement_descriptor_kanji": null },
                "payouts": { "debit_negative_balances": true, "schedule": { "delay_days": 2, "interval": "daily" }, "statement_descriptor": null },
            },
            "type": "standard",
        })
    }
}

/// What the control API may say about a new account.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewAccount {
    pub country: Option<String>,
    pub default_currency: Option<String>,
    pub display_name: Option<String>,
    pub email: Option<String>,
    pub publishable_key: Option<String>,
    pub secret_key: Option<String>,
    pub restricted_keys: BTreeMap<String, Vec<String>>,
    pub charges_enabled: Option<bool>,
    pub payouts_enabled: Option<bool>,
    pub details_submitted: Option<bool>,
}

impl NewAccount {
    pub fn build(self, now_ms: i64, settings: Settings) -> Outcome<Account> {
        let default_currency = self
            .default_currency
            .unwrap_or_else(|| "eur".to_owned())
            .to_lowercase();
        if !currencies::all().any(|code| code == default_currency) {
            return Err(ApiError::invalid(
                format!("Invalid currency: {default_currency}"),
                "default_currency",
            ));
        }
        let key = |given: Option<String>, prefix: &str| -> Outcome<String> {
            let key = given.unwrap_or_else(|| ids::new(&format!("{prefix}51")));
            if key.starts_with(prefix)
                && key.len() >= prefix.len() + 10
                && key
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
            {
                return Ok(key);
            }
            Err(ApiError::invalid(
                format!(
                    "A key here is {prefix} and at least 10 letters or digits; the sandbox has test keys only."
                ),
                prefix,
            ))
        };
        for name in self.restricted_keys.keys() {
            key(Some(name.clone()), "rk_test_")?;
        }
        Ok(Account {
            id: ids::new("acct_1"),
            created: now_ms.div_euclid(1_000),
            country: self.country.unwrap_or_else(|| "DE".to_owned()).to_uppercase(),
            default_currency,
            display_name: self.display_name,
            email: self.email,
            charges_enabled: self.charges_enabled.unwrap_or(true),
            payouts_enabled: self.payouts_enabled.unwrap_or(true),
            details_submitted: self.details_submitted.unwrap_or(true),
            publishable_key: key(self.publishable_key, "pk_test_")?,
            secret_key: key(self.secret_key, "sk_test_")?,
            restricted_keys: self.restricted_keys,
            now_ms,
            settings,
            ..Account::default()
        })
    }
}

/// `GET /v1/country_specs/{CC}`.
pub fn country_spec(country: &str) -> Outcome<Value> {
    const COUNTRIES: &[(&str, &str)] = &[
        ("AU", "aud"),
        ("AT", "eur"),
        ("BE", "eur"),
        ("BR", "brl"),
        ("BG", "eur"),
        ("CA", "cad"),
        ("HR", "eur"),
        ("CY", "eur"),
        ("CZ", "czk"),
        ("DK", "dkk"),
        ("EE", "eur"),
        ("FI", "eur"),
        ("FR", "eur"),
        ("DE", "eur"),
        ("GI", "gbp"),
        ("GR", "eur"),
        ("HK", "hkd"),
        ("HU", "huf"),
        ("IN", "inr"),
        ("IE", "eur"),
        ("IT", "eur"),
        ("JP", "jpy"),
        ("LV", "eur"),
        ("LI", "chf"),
        ("LT", "eur"),
        ("LU", "eur"),
        ("MY", "myr"),
        ("MT", "eur"),
        ("MX", "mxn"),
        ("NL", "eur"),
        ("NZ", "nzd"),
        ("NO", "nok"),
        ("PL", "pln"),
        ("PT", "eur"),
        ("RO", "ron"),
        ("SG", "sgd"),
        ("SK", "eur"),
        ("SI", "eur"),
        ("ES", "eur"),
        ("SE", "sek"),
        ("CH", "chf"),
        ("TH", "thb"),
        ("AE", "aed"),
        ("GB", "gbp"),
        ("US", "usd"),
    ];
    let Some((code, currency)) = COUNTRIES
        .iter()
        .find(|(code, _)| code.eq_ignore_ascii_case(country))
    else {
        return Err(ApiError::invalid(
            format!(
                "Country '{country}' is unknown. Try using a 2-character alphanumeric country code instead, such as 'US', 'EG', or 'GB'."
            ),
            "country",
        ));
    };
    let requirements = json!({ "additional": [], "minimum": [] });
    Ok(json!({
        "id": code, "object": "country_spec", "default_currency": currency, "supported_bank_account_currencies": { *currency: [code] },
        "supported_payment_currencies": currencies::all().collect::<Vec<_>>(), "supported_payment_methods": ["card", "stripe"],
        "supported_transfer_countries": [code], "verification_fields": { "company": requirements, "individual": requirements },
    }))
}
