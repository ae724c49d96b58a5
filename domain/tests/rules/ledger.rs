//! The books beside Stripe's list: what agrees, and each way not to.

use domain::{
    currency::Currency,
    ledger::{Difference, Entry, EntryKind, Settled, SettledKind, reconcile},
};
use proptest::prelude::*;

use crate::{currency, eur};

fn entry(kind: EntryKind, minor: i64, source: &str) -> Entry {
    Entry {
        kind,
        sum: eur(minor),
        source: source.to_owned(),
    }
}

fn settled(kind: SettledKind, amount: i64, fee: i64, source: &str) -> Settled {
    Settled {
        id: format!("txn_{source}_{amount}"),
        kind,
        source: source.to_owned(),
        amount,
        fee,
        currency: Currency::EUR,
    }
}

#[test]
fn each_kind_has_its_sign() {
    for (kind, signed) in [
        (EntryKind::Captured, 500),
        (EntryKind::Refunded, -500),
        (EntryKind::RefundFailed, 500),
        (EntryKind::DisputeWithdrawn, -500),
        (EntryKind::DisputeReinstated, 500),
    ] {
        assert_eq!(entry(kind, 500, "x").signed(), signed, "{kind:?}");
    }
}

#[test]
fn stripes_types() {
    for (word, kind) in [
        ("charge", SettledKind::Charge),
        ("payment", SettledKind::Charge),
        ("refund", SettledKind::Refund),
        ("payment_refund", SettledKind::Refund),
        ("refund_failure", SettledKind::RefundFailure),
        ("payment_failure_refund", SettledKind::RefundFailure),
        ("adjustment", SettledKind::Adjustment),
        ("payout", SettledKind::Payout),
        ("payout_failure", SettledKind::Payout),
        ("payout_cancel", SettledKind::Payout),
        ("stripe_fee", SettledKind::Other),
    ] {
        assert_eq!(SettledKind::of_stripe(word), kind, "{word}");
    }
}

#[test]
fn a_whole_life_agrees_to_the_cent() {
    let entries = [
        entry(EntryKind::Captured, 4800, "ch_1"),
        entry(EntryKind::Refunded, 1000, "re_1"),
        entry(EntryKind::Refunded, 800, "re_2"),
        entry(EntryKind::RefundFailed, 800, "re_2"),
        entry(EntryKind::DisputeWithdrawn, 3000, "dp_1"),
        entry(EntryKind::DisputeReinstated, 3000, "dp_1"),
    ];
    let list = [
        settled(SettledKind::Charge, 4800, 97, "ch_1"),
        settled(SettledKind::Refund, -1000, 0, "re_1"),
        settled(SettledKind::Refund, -800, 0, "re_2"),
        settled(SettledKind::RefundFailure, 800, 0, "re_2"),
        settled(SettledKind::Adjustment, -3000, 2000, "dp_1"),
        settled(SettledKind::Adjustment, 3000, -2000, "dp_1"),
        settled(SettledKind::Payout, -3703, 0, "po_1"),
        settled(SettledKind::Charge, 9900, 300, "ch_of_the_shop_next_door"),
    ];
    let result = reconcile(&entries, &list, |source| source == "ch_1");
    assert_eq!(result.differences, []);
    assert_eq!(result.fees.get(&Currency::EUR), Some(&97));
    assert_eq!(result.net.get(&Currency::EUR), Some(&(4800 - 97 - 1000)));
    assert_eq!(result.elsewhere, 1);
}

#[test]
fn each_way_not_to_agree_has_its_name() {
    let entries = [
        entry(EntryKind::Captured, 4800, "ch_late"),
        entry(EntryKind::Captured, 4800, "ch_other"),
    ];
    let list = [
        settled(SettledKind::Charge, 4700, 97, "ch_other"),
        settled(SettledKind::Charge, 500, 30, "ch_forgotten"),
    ];
    let result = reconcile(&entries, &list, |source| source == "ch_forgotten");
    assert_eq!(
        result.differences,
        [
            Difference::NotBooked {
                transaction: "txn_ch_forgotten_500".into(),
                source: "ch_forgotten".into(),
                settled: 500,
            },
            Difference::NotSettled {
                kind: SettledKind::Charge,
                source: "ch_late".into(),
                booked: 4800,
            },
            Difference::OtherSum {
                kind: SettledKind::Charge,
                source: "ch_other".into(),
                booked: 4800,
                settled: 4700,
            },
        ]
    );
    assert_eq!(result.net.get(&Currency::EUR), Some(&(4700 - 97 + 500 - 30)));
}

#[test]
fn what_stripe_converted_is_only_compared_by_its_being_there() {
    let crowns = Entry {
        kind: EntryKind::Captured,
        sum: domain::money::Money::new(120_000, currency("CZK")).unwrap(),
        source: "ch_1".into(),
    };
    let list = [settled(SettledKind::Charge, 4770, 97, "ch_1")];
    assert_eq!(
        reconcile(std::slice::from_ref(&crowns), &list, |_| true).differences,
        []
    );
    assert_eq!(reconcile(&[crowns], &[], |_| true).differences.len(), 1);
}

#[test]
fn what_went_and_came_back_unlisted_is_nothing() {
    let entries = [
        entry(EntryKind::DisputeWithdrawn, 3000, "dp_1"),
        entry(EntryKind::DisputeReinstated, 3000, "dp_1"),
    ];
    assert_eq!(reconcile(&entries, &[], |_| true).differences, []);
}

proptest! {
    /// Of what agrees, the books add up to what is left on the balance and the fees.
    #[test]
    fn the_books_add_up_to_net_and_fees(sums in prop::collection::vec((1_i64..100_000, 0_i64..500, 0_i64..100_000), 1..20)) {
        let mut entries = vec![];
        let mut list = vec![];
        for (number, (sum, fee, back)) in sums.into_iter().enumerate() {
            let (charge, refund) = (format!("ch_{number}"), format!("re_{number}"));
            entries.push(entry(EntryKind::Captured, sum, &charge));
            list.push(settled(SettledKind::Charge, sum, fee, &charge));
            let back = back.min(sum);
            if back > 0 {
                entries.push(entry(EntryKind::Refunded, back, &refund));
                list.push(settled(SettledKind::Refund, -back, 0, &refund));
            }
        }
        let result = reconcile(&entries, &list, |_| true);
        prop_assert_eq!(&result.differences, &vec![]);
        let booked: i64 = entries.iter().map(Entry::signed).sum();
        let total = |of: &std::collections::BTreeMap<Currency, i64>| of.values().sum::<i64>();
        prop_assert_eq!(booked, total(&result.net) + total(&result.fees));
    }
}
