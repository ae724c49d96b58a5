//! Paying: every test card, the bank's dialog, confirmation tokens.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use common::{Bench, bench};
use serde_json::{Value, json};

/// Number, then `(HTTP status, status of the intent, code, decline_code)` of paying with it.
const CARDS: &[(&str, u16, &str, &str, &str)] = &[
    ("4242424242424242", 200, "succeeded", "", ""),
    ("5555555555554444", 200, "succeeded", "", ""),
    ("378282246310005", 200, "succeeded", "", ""),
    (
        "4000000000000002",
        402,
        "requires_payment_method",
        "card_declined",
        "generic_decline",
    ),
    (
        "4000000000009995",
        402,
        "requires_payment_method",
        "card_declined",
        "insufficient_funds",
    ),
    (
        "4000000000009987",
        402,
        "requires_payment_method",
        "card_declined",
        "lost_card",
    ),
    (
        "4000000000009979",
        402,
        "requires_payment_method",
        "card_declined",
        "stolen_card",
    ),
    (
        "4000000000000069",
        402,
        "requires_payment_method",
        "expired_card",
        "",
    ),
    (
        "4000000000000127",
        402,
        "requires_payment_method",
        "incorrect_cvc",
        "",
    ),
    (
        "4000000000000119",
        402,
        "requires_payment_method",
        "processing_error",
        "",
    ),
    (
        "4000000000000341",
        402,
        "requires_payment_method",
        "card_declined",
        "generic_decline",
    ),
    ("4000000000003220", 200, "requires_action", "", ""),
    ("4000008400001629", 200, "requires_action", "", ""),
    ("4000002760003184", 200, "requires_action", "", ""),
    ("4000002500003155", 200, "requires_action", "", ""),
    ("4000000000000259", 200, "succeeded", "", ""),
    ("4000000000002685", 200, "succeeded", "", ""),
    ("4000000000001976", 200, "succeeded", "", ""),
    ("4000000000007726", 200, "succeeded", "", ""),
    ("4000000000005126", 200, "succeeded", "", ""),
];

#[tokio::test]
async fn each_test_card() {
    let bench = bench().await;
    for (number, status, intent_status, code, decline_code) in CARDS {
        let answer = bench.pay(number).await;
        let error = &answer.body["error"];
        let intent = if answer.status == 200 {
            &answer.body
        } else {
            &error["payment_intent"]
        };
        let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
        let seen = (
            answer.status,
            text(&intent["status"]),
            text(&error["code"]),
            text(&error["decline_code"]),
        );
        assert_eq!(
            seen,
            (
                *status,
                (*intent_status).to_owned(),
                (*code).to_owned(),
                (*decline_code).to_owned()
            ),
            "{number}"
        );
        if *status == 402 {
            assert_eq!(error["type"], "card_error", "{number}");
            assert_eq!(intent["last_payment_error"]["code"], *code, "{number}");
            let charge = bench
                .get(&format!("/v1/charges/{}", error["charge"].as_str().unwrap()), &[])
                .await
                .ok();
            assert_eq!(
                (&charge["status"], &charge["paid"], &charge["failure_code"]),
                (&json!("failed"), &json!(false), &json!(code)),
                "{number}"
            );
        }
    }
}

#[tokio::test]
async fn bank_dialog() {
    let bench = bench().await;
    for (number, outcome, status, code, charges) in [
        ("4000000000003220", "complete", "succeeded", "", 1),
        (
            "4000000000003220",
            "fail",
            "requires_payment_method",
            "payment_intent_authentication_failure",
            0,
        ),
        (
            "4000000000003220",
            "cancel",
            "requires_payment_method",
            "payment_intent_authentication_failure",
            0,
        ),
        (
            "4000008400001629",
            "complete",
            "requires_payment_method",
            "card_declined",
            1,
        ),
    ] {
        let intent = bench.pay(number).await.ok();
        assert_eq!(intent["next_action"]["type"], "use_stripe_sdk");
        let after = bench.answer_challenge(&intent, outcome).await;
        assert_eq!(
            (
                &after["status"],
                after["last_payment_error"]["code"].as_str().unwrap_or("")
            ),
            (&json!(status), code),
            "{number} {outcome}"
        );
        assert_eq!(after["next_action"], Value::Null);
        let list = bench
            .get(
                "/v1/charges",
                &[("payment_intent", intent["id"].as_str().unwrap())],
            )
            .await
            .ok();
        assert_eq!(
            list["data"].as_array().unwrap().len(),
            charges,
            "{number} {outcome}"
        );
    }
}

#[tokio::test]
async fn declined_then_another_card() {
    let bench = bench().await;
    let declined = bench.pay("pm_card_visa_chargeDeclined").await;
    let id = declined.body["error"]["payment_intent"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let paid = bench
        .post(
            &format!("/v1/payment_intents/{id}/confirm"),
            &[("payment_method", "pm_card_visa"), ("expand[]", "latest_charge")],
        )
        .await
        .ok();
    assert_eq!(
        (
            &paid["status"],
            &paid["latest_charge"]["status"],
            &paid["last_payment_error"]
        ),
        (&json!("succeeded"), &json!("succeeded"), &Value::Null)
    );
    let again = bench
        .post(
            &format!("/v1/payment_intents/{id}/confirm"),
            &[("payment_method", "pm_card_visa")],
        )
        .await;
    assert_eq!(again.error().1, "payment_intent_unexpected_state");
    let charges = bench.get("/v1/charges", &[("payment_intent", &id)]).await.ok();
    assert_eq!(charges["data"].as_array().unwrap().len(), 2);
    assert_eq!(
        bench.event_types().await,
        [
            "payment_intent.created",
            "charge.failed",
            "payment_intent.payment_failed",
            "charge.succeeded",
            "payment_intent.succeeded"
        ]
    );
}

/// A token as the Payment Element makes it.
async fn token(bench: &Bench, elements: &[(&str, &str)]) -> String {
    let mut form = vec![("payment_method", "pm_card_visa")];
    form.extend(elements);
    let key = format!("Bearer {}", stripe_sandbox::PUBLISHABLE_KEY);
    bench
        .call(
            "POST",
            "/v1/confirmation_tokens",
            &form,
            &[("authorization", &key)],
        )
        .await
        .id()
}

#[tokio::test]
async fn a_token_must_match_and_works_once() {
    let bench = bench().await;
    let shown = [
        ("elements[mode]", "payment"),
        ("elements[amount]", "4500"),
        ("elements[currency]", "eur"),
    ];
    let saving = [
        shown[0],
        shown[1],
        shown[2],
        ("elements[setup_future_usage]", "off_session"),
    ];
    for (elements, amount, currency, usage, fine) in [
        (&shown[..], "4500", "eur", None, true),
        (&shown[..], "4499", "eur", None, false),
        (&shown[..], "4500", "usd", None, false),
        (&shown[..], "4500", "eur", Some("off_session"), false),
        (&saving[..], "4500", "eur", None, false),
        (&saving[..], "4500", "eur", Some("off_session"), true),
        (&[("elements[mode]", "setup")][..], "4500", "eur", None, false),
    ] {
        let token = token(&bench, elements).await;
        let mut form = vec![
            ("amount", amount),
            ("currency", currency),
            ("allowed_payment_method_types[]", "card"),
            ("confirm", "true"),
            ("confirmation_token", &token),
        ];
        form.extend(usage.map(|usage| ("setup_future_usage", usage)));
        let before = bench.sandbox.payment_intents().len();
        let answer = bench.post("/v1/payment_intents", &form).await;
        assert_eq!(
            answer.status == 200,
            fine,
            "{elements:?} {amount} {currency} {usage:?}: {}",
            answer.body
        );
        if fine {
            let again = bench.post("/v1/payment_intents", &form).await;
            assert_eq!(again.error(), (400, "", "confirmation_token"));
            let used = bench
                .get(&format!("/v1/confirmation_tokens/{token}"), &[])
                .await
                .ok();
            assert_eq!(used["payment_intent"], answer.body["id"]);
        } else {
            assert_eq!(answer.error(), (400, "", "confirmation_token"));
            assert_eq!(
                bench.sandbox.payment_intents().len(),
                before,
                "a refused confirmation leaves no intent"
            );
        }
    }
    let old = token(&bench, &shown).await;
    bench
        .control("POST", "clock", json!({ "advance_s": 12 * 3600 }))
        .await;
    let form = [
        ("amount", "4500"),
        ("currency", "eur"),
        ("allowed_payment_method_types[]", "card"),
        ("confirm", "true"),
        ("confirmation_token", old.as_str()),
    ];
    assert!(
        bench.post("/v1/payment_intents", &form).await.body["error"]["message"]
            .as_str()
            .unwrap()
            .contains("expired")
    );
}
