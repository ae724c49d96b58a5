//! Stripe's objects, as far as they are needed: in events, in lists and in answers. Unknown fields are passed over.

use domain::decline::Decline;
use serde::{Deserialize, Deserializer};

/// An object that can say something of our payments.
#[derive(Debug, Deserialize)]
#[serde(tag = "object", rename_all = "snake_case")]
pub enum Object {
    /// A PaymentIntent.
    PaymentIntent(Box<PaymentIntent>),
    /// A charge.
    Charge(Box<Charge>),
    /// A refund.
    Refund(Box<Refund>),
    /// A dispute or an inquiry.
    Dispute(Box<Dispute>),
    /// Money on its way to the salon's bank.
    Payout(Box<Payout>),
    /// The salon's account.
    Account(Box<Account>),
    /// Anything else: it says nothing here.
    #[serde(other)]
    Other,
}

/// A PaymentIntent.
#[derive(Debug, Deserialize)]
pub struct PaymentIntent {
    /// `pi_…`.
    pub id: String,
    /// Its latest charge.
    pub latest_charge: Option<Reference>,
    /// Why the last try failed.
    pub last_payment_error: Option<LastError>,
    /// What we wrote into it.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
}

/// A charge.
#[derive(Debug, Deserialize)]
pub struct Charge {
    /// `ch_…`.
    pub id: String,
    /// In seconds since 1970.
    #[serde(default)]
    pub created: i64,
    /// `succeeded`, `pending` or `failed`.
    pub status: Option<String>,
    /// Whether the money was taken, and not only authorised.
    #[serde(default)]
    pub captured: bool,
    /// How much was given back, in minor units.
    #[serde(default)]
    pub amount_refunded: i64,
    /// Whether its payer's bank disputes it, or did.
    #[serde(default)]
    pub disputed: bool,
    /// Its PaymentIntent.
    pub payment_intent: Option<Reference>,
    /// Stripe's code of a decline.
    pub failure_code: Option<String>,
    /// What the networks said.
    pub outcome: Option<Outcome>,
    /// What it was paid with.
    pub payment_method_details: Option<PaidWith>,
    /// What we wrote into its PaymentIntent.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
}

/// What a charge was paid with.
#[derive(Debug, Deserialize)]
pub struct PaidWith {
    /// Stripe's word for it: `card`, for all that is offered here.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The card.
    pub card: Option<CardPaidWith>,
}

/// The card that a charge was paid with.
#[derive(Debug, Deserialize)]
pub struct CardPaidWith {
    /// `visa`, `mastercard`, …
    pub brand: Option<String>,
    /// The wallet that it came out of.
    pub wallet: Option<Wallet>,
}

/// The wallet of a card.
#[derive(Debug, Deserialize)]
pub struct Wallet {
    /// `apple_pay`, `google_pay`, `link`, …
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

/// A refund.
#[derive(Clone, Debug, Deserialize)]
pub struct Refund {
    /// `re_…`.
    pub id: String,
    /// In seconds since 1970.
    #[serde(default)]
    pub created: i64,
    /// How much, in minor units.
    pub amount: i64,
    /// `pending`, `requires_action`, `succeeded`, `failed` or `canceled`; `null` in old accounts.
    pub status: Option<String>,
    /// The charge it is of.
    pub charge: Option<Reference>,
    /// The PaymentIntent it is of.
    pub payment_intent: Option<Reference>,
    /// What we wrote into it.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
}

/// A dispute or an inquiry.
#[derive(Debug, Deserialize)]
pub struct Dispute {
    /// `dp_…`.
    pub id: String,
    /// How much is asked back, in minor units of the payment's currency.
    pub amount: i64,
    /// The payment's currency, in small letters.
    pub currency: String,
    /// Stripe's word for where it stands.
    pub status: String,
    /// Stripe's word for why.
    #[serde(default)]
    pub reason: String,
    /// The charge it is about.
    pub charge: Option<Reference>,
    /// The PaymentIntent it is about.
    pub payment_intent: Option<Reference>,
    /// In seconds since 1970.
    #[serde(default)]
    pub created: i64,
    /// What it moved.
    #[serde(default)]
    pub balance_transactions: Vec<BalanceTransaction>,
    /// Its deadline.
    pub evidence_details: Option<EvidenceDetails>,
}

/// The deadline of a dispute.
#[derive(Debug, Deserialize)]
pub struct EvidenceDetails {
    /// In seconds since 1970.
    pub due_by: Option<i64>,
}

/// Money on its way to the salon's bank.
#[derive(Debug, Deserialize)]
pub struct Payout {
    /// `po_…`.
    pub id: String,
    /// How much, in minor units.
    pub amount: i64,
    /// In small letters.
    pub currency: String,
    /// Stripe's word for where it stands.
    pub status: String,
    /// When it reaches the bank, in seconds since 1970.
    #[serde(default)]
    pub arrival_date: i64,
}

/// The salon's account.
#[derive(Debug, Deserialize)]
pub struct Account {
    /// Whether it can take cards.
    pub charges_enabled: bool,
    /// Whether it is paid out.
    pub payouts_enabled: bool,
}

/// A movement on the balance.
#[derive(Debug, Deserialize)]
pub struct BalanceTransaction {
    /// `txn_…`.
    pub id: String,
    /// What it is of.
    #[serde(rename = "type")]
    pub kind: String,
    /// Before the fee, signed, in minor units.
    pub amount: i64,
    /// Stripe's fee, in minor units.
    pub fee: i64,
    /// The balance's currency, in small letters.
    pub currency: String,
    /// In seconds since 1970.
    pub created: i64,
    /// What moved it: an id, or all of it where it was asked for.
    pub source: Option<serde_json::Value>,
}

/// What we wrote into an object.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Metadata {
    /// Our id of the attempt.
    pub attempt: Option<String>,
    /// Our id of the refund.
    pub refund: Option<String>,
}

/// What the networks said of a charge.
#[derive(Debug, Deserialize)]
pub struct Outcome {
    /// Stripe's reason for a decline.
    pub reason: Option<String>,
}

/// Why the last try failed.
#[derive(Clone, Debug, Deserialize)]
pub struct LastError {
    code: Option<String>,
    decline_code: Option<String>,
}

/// An object, or its id where it is not expanded.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Reference {
    /// Not expanded.
    Id(String),
    /// Expanded.
    Object {
        /// Its id.
        id: String,
        /// In seconds since 1970.
        #[serde(default)]
        created: i64,
    },
}

impl PaidWith {
    /// Whether it was Link, Stripe's own wallet. It can stand for what is no card, and comes as one all the same: by a type, a brand
    /// or a wallet of that name.
    #[must_use]
    pub fn is_link(&self) -> bool {
        let card = self.card.as_ref();
        let names = [
            self.kind.as_deref(),
            card.and_then(|card| card.brand.as_deref()),
            card.and_then(|card| card.wallet.as_ref()?.kind.as_deref()),
        ];
        names.contains(&Some("link"))
    }
}

impl Dispute {
    /// Since when at the latest it stands as it does, by Stripe's clock, for what was asked for and not told by an event.
    #[must_use]
    pub fn stands_since(&self) -> i64 {
        let moved = self.balance_transactions.iter().map(|moved| moved.created);
        moved.fold(self.created, i64::max)
    }
}

impl LastError {
    /// What it means for the payer.
    #[must_use]
    pub fn decline(&self) -> Decline {
        Decline::of(self.code.as_deref(), self.decline_code.as_deref())
    }
}

impl Reference {
    /// The id.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Reference::Id(id) | Reference::Object { id, .. } => id,
        }
    }
}

/// `null` is as good as nothing: a refund's metadata may be `null` (Stripe: "Refund object").
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refund_is_read_whose_metadata_is_null_or_missing() {
        for metadata in ["", r#", "metadata": null"#, r#", "metadata": {}"#] {
            let text = format!(r#"{{"object": "refund", "id": "re_1", "amount": 1{metadata}}}"#);
            let Object::Refund(refund) = serde_json::from_str(&text).unwrap() else {
                panic!("{text}");
            };
            assert_eq!((refund.amount, refund.metadata.refund), (1, None));
        }
    }
}
