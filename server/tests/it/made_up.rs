//! Nothing that is sent makes the server fail: it is taken, or refused.
//!
//! Each field of what is really sent in turn holds what it never should; and all that the fuzzer kept (`fuzz/corpus`) is sent
//! as it is.

use std::{fs, path::Path};

use serde_json::{Value, json};
use server::api::booking::Payment;

use crate::harness::{House, Page, SIGNING_SECRET, VISA, eur};

#[tokio::test]
async fn a_signed_event_is_taken_or_refused_whatever_it_says() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    page.pay(4800, VISA).await.unwrap();
    let events = about_a_payment(&house).await;
    let mut failed = Vec::new();
    let mut sent = 0;
    for event in &events {
        for (what, mut wrong) in wrongs(event) {
            // Stripe sends no NUL. SQLite keeps it, PostgreSQL does not, and the event is asked for again.
            if what.ends_with("\\u0000\"") {
                continue;
            }
            sent += 1;
            // One event is taken once: each is a new one.
            if wrong["id"] == event["id"] {
                wrong["id"] = json!(format!("evt_made_up_{sent}"));
            }
            // And so is what it tells of, but for the payment.
            if let Some(id) = wrong.pointer_mut("/data/object/id")
                && ["re_1", "dp_1", "po_1"].contains(&id.as_str().unwrap_or_default())
            {
                *id = json!(format!("{}_{sent}", id.as_str().unwrap()));
            }
            let status = house.webhook(&wrong).await;
            if ![200, 400].contains(&status) {
                failed.push(format!("{status}: {} with {what}", event["type"]));
            }
        }
    }
    for (name, body) in corpus("event") {
        let Ok(body) = String::from_utf8(body) else {
            continue;
        };
        sent += 1;
        let now = house.app.now().0 / 1000;
        let status = house.webhook_raw(body, now, SIGNING_SECRET).await;
        if ![200, 400].contains(&status) {
            failed.push(format!("{status}: {name}"));
        }
    }
    assert!(sent > 1_000, "{sent}");
    assert!(failed.is_empty(), "{} of {sent}: {failed:#?}", failed.len());
    page.status().await.unwrap();
}

#[tokio::test]
async fn a_call_is_answered_whatever_it_says() {
    let house = House::start().await;
    let page = house.page();
    let choice = house.free("svc_cut", "emp_anna").await;
    page.hold(&choice).await.unwrap();
    let client = json!({"name": "Ada Lovelace", "email": "ada@example.com", "phone": "+43 1 234 56 78",
        "note": "Ring twice.", "language": "en"});
    let card = json!({"how": "card", "sum": eur(4800), "confirmation_token": "ctoken_1"});
    let calls = [
        ("catalogue", json!({"salon": "lumen"})),
        (
            "free-times",
            json!({"salon": "lumen", "services": ["svc_cut"], "employee": "emp_anna", "from": "2026-11-24", "days": 7}),
        ),
        ("quote", json!(choice)),
        ("hold", json!({"choice": choice, "client": client})),
        ("confirm", json!({ "pay": card })),
        ("settle", json!({})),
        ("status", json!({})),
        ("open-link", json!({"link": format!("vl_{}", "0".repeat(64))})),
    ];
    let mut failed = Vec::new();
    let mut sent = 0;
    for (name, request) in &calls {
        for (what, wrong) in wrongs(&json!({ "request": request })) {
            sent += 1;
            let status = call(&page, name, wrong.to_string().into_bytes()).await;
            if !is_fine(status) {
                failed.push(format!("{status}: {name} with {what}"));
            }
        }
        for (file, body) in corpus("wire") {
            sent += 1;
            let status = call(&page, name, body).await;
            if !is_fine(status) {
                failed.push(format!("{status}: {name} with {file}"));
            }
        }
    }
    assert!(sent > 500, "{sent}");
    assert!(failed.is_empty(), "{} of {sent}: {failed:#?}", failed.len());
    let after = page.status().await.unwrap();
    assert_eq!(after.payment, Payment::None);
    assert_eq!(house.taken().len(), 0);
}

/// Taken, or refused for a reason of the caller's.
fn is_fine(status: u16) -> bool {
    [200, 400, 401, 404, 409, 410].contains(&status)
}

async fn call(page: &Page<'_>, name: &str, body: Vec<u8>) -> u16 {
    let call = page.house.http.post(format!("{}/api/v1/{name}", page.house.url));
    let call = call
        .bearer_auth(page.token.reveal())
        .header("content-type", "application/json");
    call.body(body).send().await.unwrap().status().as_u16()
}

/// What is read of an intent or a charge.
const READ: [&str; 12] = [
    "object",
    "id",
    "status",
    "captured",
    "amount_refunded",
    "payment_intent",
    "latest_charge",
    "last_payment_error",
    "failure_code",
    "outcome",
    "metadata",
    "currency",
];

/// The events of a payment, and those that may follow it.
async fn about_a_payment(house: &House) -> Vec<Value> {
    let mut events = house.events().await;
    events.retain(|event| event["type"] != "payment_intent.created");
    for event in &mut events {
        let object = event["data"]["object"].as_object_mut().unwrap();
        object.retain(|field, _| READ.contains(&field.as_str()));
    }
    let charge = house.taken()[0].clone();
    let (id, intent) = (charge["id"].clone(), charge["payment_intent"].clone());
    let movement = json!({"id": "txn_1", "object": "balance_transaction", "type": "adjustment", "amount": -4800, "fee": 1500,
        "currency": "eur", "created": 1_795_420_800, "source": "dp_1"});
    let follow = [
        (
            "refund.created",
            json!({"object": "refund", "id": "re_1", "amount": 1, "status": "pending", "charge": id,
            "payment_intent": intent, "metadata": {"refund": null}}),
        ),
        (
            "refund.failed",
            json!({"object": "refund", "id": "re_1", "amount": 1, "status": "failed", "charge": id,
            "payment_intent": {"id": intent}, "metadata": {}}),
        ),
        (
            "charge.dispute.created",
            json!({"object": "dispute", "id": "dp_1", "amount": 4800, "currency": "eur",
            "status": "needs_response", "reason": "fraudulent", "charge": id, "payment_intent": intent,
            "balance_transactions": [movement], "evidence_details": {"due_by": 1_795_420_800}}),
        ),
        (
            "payout.failed",
            json!({"object": "payout", "id": "po_1", "amount": 100, "currency": "eur", "status": "failed",
            "arrival_date": 1_795_420_800}),
        ),
        (
            "account.updated",
            json!({"object": "account", "charges_enabled": true, "payouts_enabled": false}),
        ),
    ];
    for (kind, object) in follow {
        events.push(
            json!({"id": format!("evt_{kind}"), "object": "event", "type": kind, "livemode": false,
            "created": 1_795_420_800, "data": {"object": object}}),
        );
    }
    events
}

/// The value with one thing in it wrong, for each thing in it and each wrong value.
fn wrongs(right: &Value) -> Vec<(String, Value)> {
    let strange = [
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!("\0"),
        json!("x".repeat(2_000)),
        json!("€'\"\\\u{202e}\u{10ffff}"),
        json!([]),
        json!({}),
    ];
    let mut paths = Vec::new();
    walk(right, &mut String::new(), &mut paths);
    let mut wrongs = Vec::new();
    for path in paths {
        for value in &strange {
            let mut wrong = right.clone();
            *wrong.pointer_mut(&path).unwrap() = value.clone();
            let shown: String = value.to_string().chars().take(24).collect();
            wrongs.push((format!("{path} = {shown}"), wrong));
        }
        let (parent, key) = path.rsplit_once('/').unwrap();
        let mut wrong = right.clone();
        if let Some(Value::Object(fields)) = wrong.pointer_mut(parent) {
            fields.remove(key);
            wrongs.push((format!("no {path}"), wrong));
        }
    }
    wrongs
}

/// The places in a value, as JSON pointers; of a list the first one's.
fn walk(value: &Value, at: &mut String, paths: &mut Vec<String>) {
    let length = at.len();
    let mut step = |key: &str, inner: &Value| {
        at.push('/');
        at.push_str(key);
        paths.push(at.clone());
        walk(inner, at, paths);
        at.truncate(length);
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, inner)| step(key, inner)),
        Value::Array(list) => {
            for (index, inner) in list.iter().enumerate().take(1) {
                step(&index.to_string(), inner);
            }
        }
        _ => {}
    }
}

/// What the fuzzer kept for a target.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/corpus")
        .join(target);
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|file| (file.display().to_string(), fs::read(&file).unwrap()))
        .collect()
}
