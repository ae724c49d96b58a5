//! What Stripe sends, or somebody who says to be Stripe: signatures, events, objects.

use domain::{
    currency::Currency,
    dispute::DisputeState,
    key::SigningSecret,
    ledger::{Settled, SettledKind, reconcile},
    money::Money,
    refund::{self, RefundState},
};
use hmac::Mac as _;
use serde_json::Value;
use server::{
    payments::event,
    stripe::{
        intent::Intent,
        list::List,
        object::{BalanceTransaction, Charge, Dispute, Object, Payout, Refund},
        signature::{SignatureError, TOLERANCE, verify},
    },
};

const SECRET: &str = "whsec_of_a_salon_that_is_fuzzed";
const NOW: i64 = 1_795_420_800;

/// A header, a line break, a body.
///
/// Nothing that is made up is believed. What is signed is believed whatever stands before the signature in the header, and
/// not with another secret, another body or at another time.
pub fn signature(data: &[u8]) {
    let Some(at) = data.iter().position(|byte| *byte == b'\n') else {
        return;
    };
    let (header, body) = data.split_at(at);
    let (Ok(header), body) = (
        std::str::from_utf8(header),
        body.strip_prefix(b"\n").unwrap_or(body),
    ) else {
        return;
    };
    let secret = SigningSecret::parse(SECRET).unwrap();
    for now in [NOW, 0, -1, i64::MIN, i64::MAX] {
        assert!(
            verify(header, body, &secret, now).is_err(),
            "believed, and nobody signed it"
        );
    }

    // Only the first parts of a header are looked at.
    let before = header.split(',').take(24).collect::<Vec<_>>().join(",");
    let signed = |time: i64, body: &[u8]| format!("{before},t={time},v1={}", sign(SECRET, time, body));
    for (time, expected) in [
        (NOW, Ok(())),
        (NOW - TOLERANCE, Ok(())),
        (NOW + TOLERANCE, Ok(())),
        (NOW - TOLERANCE - 1, Err(SignatureError::Old)),
        (NOW + TOLERANCE + 1, Err(SignatureError::Old)),
        (i64::MIN, Err(SignatureError::Old)),
        (i64::MAX, Err(SignatureError::Old)),
    ] {
        assert_eq!(verify(&signed(time, body), body, &secret, NOW), expected);
    }
    let longer = [body, b" "].concat();
    assert!(verify(&signed(NOW, body), &longer, &secret, NOW).is_err());
    let other = SigningSecret::parse("whsec_of_another_salon_altogether").unwrap();
    assert!(verify(&signed(NOW, body), body, &other, NOW).is_err());
    // What comes after may spoil it, and may not make it right.
    let spoiled = format!("{},{header}", signed(NOW, &longer));
    assert!(verify(&spoiled, body, &secret, NOW).is_err());
}

/// An event's text: what is read is what stands there.
pub fn event(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(event) = event::parse(text) else { return };
    let value: Value = serde_json::from_str(text).unwrap();
    if !value.is_object() {
        // A list of a struct's fields is read too, in their order: nobody sends that.
        return;
    }
    assert_eq!(Some(event.id.as_str()), value["id"].as_str());
    assert_eq!(Some(event.kind.as_str()), value["type"].as_str());
    assert_eq!(Some(event.livemode), value["livemode"].as_bool());
    assert_eq!(
        event.created,
        value.get("created").map_or(0, |at| at.as_i64().unwrap())
    );
    look(&value["data"]["object"]);
}

/// An object's text, as an answer or in a list: whatever its numbers are, what is made of it can be counted with.
pub fn object(data: &[u8]) {
    if let Ok(value) = serde_json::from_slice::<Value>(data) {
        look(&value);
    }
    if let Ok(list) = serde_json::from_slice::<List<BalanceTransaction>>(data) {
        balance(&list.data);
    }
    if let Ok(list) = serde_json::from_slice::<List<Refund>>(data) {
        list.data.iter().for_each(refund);
    }
}

fn look(value: &Value) {
    if !value.is_object() {
        return;
    }
    if let Ok(object) = serde_json::from_value::<Object>(value.clone()) {
        let tag = match object {
            Object::PaymentIntent(_) => "payment_intent",
            Object::Charge(_) => "charge",
            Object::Refund(_) => "refund",
            Object::Dispute(_) => "dispute",
            Object::Payout(_) => "payout",
            Object::Account(_) => "account",
            Object::Other => value["object"].as_str().unwrap_or_default(),
        };
        assert_eq!(value["object"].as_str(), Some(tag));
    }
    if let Ok(intent) = serde_json::from_value::<Intent>(value.clone()) {
        let _ = intent.observation();
        assert_eq!(Some(intent.id.as_str()), value["id"].as_str());
        let shown = format!("{intent:?}");
        if let Some(secret) = value["client_secret"].as_str() {
            assert_eq!(intent.client_secret().map(|secret| secret.reveal()), Some(secret));
            let elsewhere = value.to_string().matches(secret).count() > 1;
            assert!(
                secret.len() < 12 || elsewhere || !shown.contains(secret),
                "a debug print shows it"
            );
        }
    }
    if let Ok(charge) = serde_json::from_value::<Charge>(value.clone()) {
        assert_eq!(Some(charge.id.as_str()), value["id"].as_str());
        let _ = charge.payment_intent.as_ref().map(|intent| intent.id());
    }
    if let Ok(seen) = serde_json::from_value::<Refund>(value.clone()) {
        refund(&seen);
    }
    if let Ok(dispute) = serde_json::from_value::<Dispute>(value.clone()) {
        let _ = DisputeState::of_stripe(&dispute.status);
        let _ = Currency::parse(&dispute.currency).map(|currency| Money::new(dispute.amount, currency));
        balance(&dispute.balance_transactions);
    }
    if let Ok(payout) = serde_json::from_value::<Payout>(value.clone()) {
        assert_eq!(Some(payout.amount), value["amount"].as_i64());
    }
}

fn refund(seen: &Refund) {
    let state = RefundState::of_stripe(seen.status.as_deref());
    let (after, _) = refund::advance(RefundState::Created, state);
    assert_eq!(refund::advance(after, state).0, after, "told twice, moved twice");
    if let Ok(sum) = Money::new(seen.amount, Currency::EUR) {
        assert_eq!(sum.minor(), seen.amount);
    }
}

/// Whatever a list says, comparing it with empty books ends, and finds as many movements as there are.
fn balance(list: &[BalanceTransaction]) {
    let settled = list.iter().filter_map(|one| {
        Some(Settled {
            id: one.id.clone(),
            kind: SettledKind::of_stripe(&one.kind),
            source: one.source.as_ref().map(ToString::to_string).unwrap_or_default(),
            amount: one.amount,
            fee: one.fee,
            currency: Currency::parse(&one.currency).ok()?,
        })
    });
    let settled: Vec<Settled> = settled.collect();
    let moves = settled
        .iter()
        .filter(|one| one.kind != SettledKind::Payout)
        .count();
    let ours = reconcile(&[], &settled, |_| true);
    assert_eq!(ours.differences.len(), moves);
    let others = reconcile(&[], &settled, |_| false);
    assert_eq!((others.elsewhere, others.differences.len()), (moves, 0));
}

fn sign(secret: &str, time: i64, body: &[u8]) -> String {
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(time.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}
