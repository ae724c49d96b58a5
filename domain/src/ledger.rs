//! The books of money: signed entries that are only ever added, and how they compare with what Stripe says it moved.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{currency::Currency, money::Money};

/// What an entry is for.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// A payment was taken.
    Captured,
    /// A refund left.
    Refunded,
    /// A refund came back.
    RefundFailed,
    /// A dispute took money.
    DisputeWithdrawn,
    /// A dispute gave money back.
    DisputeReinstated,
}

impl EntryKind {
    /// +1 where the salon gets money, -1 where it loses some.
    #[must_use]
    pub fn sign(self) -> i64 {
        match self {
            EntryKind::Captured | EntryKind::RefundFailed | EntryKind::DisputeReinstated => 1,
            EntryKind::Refunded | EntryKind::DisputeWithdrawn => -1,
        }
    }
}

/// One entry: written when the movement was seen, and never changed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// What it is for.
    pub kind: EntryKind,
    /// What moved, without sign, in the currency it moved in.
    pub sum: Money,
    /// Stripe's id of what moved it: `ch_…`, `re_…` or `dp_…`.
    pub source: String,
}

impl Entry {
    /// What it adds to the books, in minor units: negative where the salon loses money.
    #[must_use]
    pub fn signed(&self) -> i64 {
        self.kind.sign() * self.sum.minor()
    }
}

/// A movement on the salon's balance, as Stripe lists it ("Balance transaction object").
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settled {
    /// `txn_…`.
    pub id: String,
    /// What it is of.
    pub kind: SettledKind,
    /// Stripe's id of what moved it.
    pub source: String,
    /// What moved before Stripe's fee, signed, in minor units of `currency`.
    pub amount: i64,
    /// Stripe's fee, in minor units; negative when it is given back.
    pub fee: i64,
    /// The currency of the salon's balance.
    pub currency: Currency,
}

/// What a movement on the balance is of.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettledKind {
    /// A charge.
    Charge,
    /// A refund.
    Refund,
    /// A refund that came back.
    RefundFailure,
    /// A dispute, to or fro.
    Adjustment,
    /// To the salon's bank, or back from it.
    Payout,
    /// Anything else Stripe knows.
    Other,
}

impl SettledKind {
    /// Reads Stripe's `type`.
    #[must_use]
    pub fn of_stripe(text: &str) -> SettledKind {
        match text {
            "charge" | "payment" => SettledKind::Charge,
            "refund" | "payment_refund" => SettledKind::Refund,
            "refund_failure" | "payment_failure_refund" => SettledKind::RefundFailure,
            "adjustment" => SettledKind::Adjustment,
            "payout" | "payout_cancel" | "payout_failure" => SettledKind::Payout,
            _ => SettledKind::Other,
        }
    }

    fn of_entry(kind: EntryKind) -> SettledKind {
        match kind {
            EntryKind::Captured => SettledKind::Charge,
            EntryKind::Refunded => SettledKind::Refund,
            EntryKind::RefundFailed => SettledKind::RefundFailure,
            EntryKind::DisputeWithdrawn | EntryKind::DisputeReinstated => SettledKind::Adjustment,
        }
    }
}

/// Where the books and Stripe's list do not agree.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Difference {
    /// In the books, not in Stripe's list (yet: a charge is listed within the hour).
    NotSettled {
        /// What it is of.
        kind: SettledKind,
        /// Stripe's id of what moved it.
        source: String,
        /// What the books say, signed, in minor units.
        booked: i64,
    },
    /// In both, with other sums in the same currency.
    OtherSum {
        /// What it is of.
        kind: SettledKind,
        /// Stripe's id of what moved it.
        source: String,
        /// What the books say, signed, in minor units.
        booked: i64,
        /// What Stripe says.
        settled: i64,
    },
    /// In Stripe's list, not in the books, although the charge, refund or dispute is one of ours.
    NotBooked {
        /// `txn_…`.
        transaction: String,
        /// Stripe's id of what moved it.
        source: String,
        /// What Stripe says.
        settled: i64,
    },
}

/// What the comparison came to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Reconciliation {
    /// What does not agree. Empty: to the cent.
    pub differences: Vec<Difference>,
    /// Stripe's fees on what is ours, in minor units by currency of the balance.
    pub fees: BTreeMap<Currency, i64>,
    /// What is left of what is ours on the balance, fees taken off and payouts not, in minor units by currency.
    pub net: BTreeMap<Currency, i64>,
    /// Movements of things that are not ours: the salon's account may be used for other sales too.
    pub elsewhere: usize,
}

/// Compares the books with Stripe's list, source by source. `is_ours` tells whether a charge, refund or dispute belongs to a
/// payment of ours.
///
/// Sums are compared where the payment was made in the balance's own currency; where Stripe converted it, that both are
/// there is all that can be compared.
#[must_use]
pub fn reconcile(entries: &[Entry], settled: &[Settled], is_ours: impl Fn(&str) -> bool) -> Reconciliation {
    let mut result = Reconciliation::default();
    let mut booked: BTreeMap<(SettledKind, &str), (i64, Currency)> = BTreeMap::new();
    for entry in entries {
        let key = (SettledKind::of_entry(entry.kind), entry.source.as_str());
        let sum = booked.entry(key).or_insert((0, entry.sum.currency()));
        sum.0 = sum.0.saturating_add(entry.signed());
    }
    let mut listed: BTreeMap<(SettledKind, &str), (i64, Currency)> = BTreeMap::new();
    for one in settled.iter().filter(|one| one.kind != SettledKind::Payout) {
        let key = (one.kind, one.source.as_str());
        if !booked.contains_key(&key) {
            if is_ours(&one.source) {
                result.differences.push(Difference::NotBooked {
                    transaction: one.id.clone(),
                    source: one.source.clone(),
                    settled: one.amount,
                });
            } else {
                result.elsewhere += 1;
                continue;
            }
        }
        let sum = listed.entry(key).or_insert((0, one.currency));
        sum.0 = sum.0.saturating_add(one.amount);
        let fees = result.fees.entry(one.currency).or_default();
        *fees = fees.saturating_add(one.fee);
        let net = result.net.entry(one.currency).or_default();
        *net = net.saturating_add(one.amount).saturating_sub(one.fee);
    }
    for ((kind, source), (sum, currency)) in booked {
        match listed.get(&(kind, source)) {
            // What went and came back without being listed twice is nothing.
            None if sum == 0 => {}
            None => result.differences.push(Difference::NotSettled {
                kind,
                source: source.to_owned(),
                booked: sum,
            }),
            Some((other, of)) if *of == currency && *other != sum => {
                result.differences.push(Difference::OtherSum {
                    kind,
                    source: source.to_owned(),
                    booked: sum,
                    settled: *other,
                });
            }
            Some(_) => {}
        }
    }
    result
}
