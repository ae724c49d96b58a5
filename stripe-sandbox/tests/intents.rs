//! What intents refuse, who may see them, cancelling, capturing, saved cards.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use common::bench;
use serde_json::{Value, json};

#[tokio::test]
async fn refused_parameters() {
    let bench = bench().await;
    let base = [("amount", "4500"), ("currency", "eur")];
    let long = "x".repeat(501);
    for (more, expected) in [
        (&[("nonsense", "1")][..], (400, "parameter_unknown", "nonsense")),
        (
            &[("payment_method_types[]", "card")][..],
            (
                400,
                "payment_method_types_no_longer_supported",
                "payment_method_types",
            ),
        ),
        (
            &[("amount", "12.5")][..],
            (400, "parameter_invalid_integer", "amount"),
        ),
        (&[("amount", "49")][..], (400, "amount_too_small", "amount")),
        (
            &[("amount", "100000000")][..],
            (400, "amount_too_large", "amount"),
        ),
        (
            &[("description", ""), ("currency", "")][..],
            (400, "parameter_invalid_empty", "currency"),
        ),
        (
            &[("customer", "cus_none")][..],
            (404, "resource_missing", "customer"),
        ),
        (
            &[("confirm", "true")][..],
            (400, "payment_intent_unexpected_state", ""),
        ),
        (
            &[("confirm", "true"), ("payment_method", "pm_card_visa")][..],
            (400, "", "return_url"),
        ),
        (
            &[
                ("payment_method_data[type]", "card"),
                ("payment_method_data[card][foo]", "1"),
                ("confirm", "true"),
            ][..],
            (400, "parameter_missing", "payment_method_data[card][number]"),
        ),
        (&[("expand[]", "metadata")][..], (400, "", "expand")),
        (&[("metadata[a]", long.as_str())][..], (400, "", "metadata[a]")),
        (
            &[("statement_descriptor_suffix", "too<bad")][..],
            (400, "", "statement_descriptor_suffix"),
        ),
    ] {
        let mut form: Vec<(&str, &str)> = base.to_vec();
        form.extend(more);
        assert_eq!(
            bench.post("/v1/payment_intents", &form).await.error(),
            expected,
            "{more:?}"
        );
    }
    assert_eq!(
        bench
            .post("/v1/payment_intents", &[("currency", "eur")])
            .await
            .error(),
        (400, "parameter_missing", "amount")
    );
    assert!(bench.sandbox.payment_intents().is_empty());
    for key in ["Bearer sk_test_wrong_key_000000", "Bearer ", "Nonsense"] {
        assert_eq!(
            bench
                .call("GET", "/v1/account", &[], &[("authorization", key)])
                .await
                .status,
            401,
            "{key}"
        );
    }
}

#[tokio::test]
async fn a_publishable_key_sees_only_what_its_secret_opens() {
    let bench = bench().await;
    let intent = bench
        .post(
            "/v1/payment_intents",
            &[("amount", "4500"), ("currency", "eur"), ("metadata[a]", "b")],
        )
        .await
        .ok();
    let path = format!("/v1/payment_intents/{}", intent["id"].as_str().unwrap());
    let key = format!("Bearer {}", stripe_sandbox::PUBLISHABLE_KEY);
    let auth = [("authorization", key.as_str())];
    let seen = bench
        .call(
            "GET",
            &path,
            &[("client_secret", intent["client_secret"].as_str().unwrap())],
            &auth,
        )
        .await
        .ok();
    assert_eq!((&seen["amount"], seen.get("metadata")), (&json!(4500), None));
    assert_eq!(
        bench
            .call("GET", &path, &[("client_secret", "pi_x_secret_y")], &auth)
            .await
            .status,
        400
    );
    assert_eq!(bench.call("GET", &path, &[], &auth).await.status, 400);
    for (method, path) in [
        ("GET", "/v1/charges"),
        ("POST", "/v1/refunds"),
        ("GET", "/v1/account"),
        ("POST", "/v1/payment_intents"),
    ] {
        assert_eq!(
            bench.call(method, path, &[], &auth).await.error().1,
            "secret_key_required",
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn cancelling_and_capturing() {
    let bench = bench().await;
    let open = bench
        .post("/v1/payment_intents", &[("amount", "4500"), ("currency", "eur")])
        .await
        .id();
    let canceled = bench
        .post(
            &format!("/v1/payment_intents/{open}/cancel"),
            &[("cancellation_reason", "abandoned")],
        )
        .await
        .ok();
    assert_eq!(
        (&canceled["status"], &canceled["cancellation_reason"]),
        (&json!("canceled"), &json!("abandoned"))
    );
    let paid = bench.pay("pm_card_visa").await.id();
    let refused = bench
        .post(&format!("/v1/payment_intents/{paid}/cancel"), &[])
        .await;
    assert_eq!(refused.error().1, "payment_intent_unexpected_state");
    assert_eq!(refused.body["error"]["payment_intent"]["status"], "succeeded");
    let held = bench
        .pay_with("pm_card_visa", &[("capture_method", "manual")])
        .await
        .ok();
    assert_eq!(
        (&held["status"], &held["amount_capturable"]),
        (&json!("requires_capture"), &json!(4500))
    );
    let captured = bench
        .post(
            &format!("/v1/payment_intents/{}/capture", held["id"].as_str().unwrap()),
            &[("amount_to_capture", "3000"), ("expand[]", "latest_charge")],
        )
        .await
        .ok();
    assert_eq!(
        (
            &captured["status"],
            &captured["amount_received"],
            &captured["latest_charge"]["amount_refunded"]
        ),
        (&json!("succeeded"), &json!(3000), &json!(1500))
    );
    let held = bench
        .pay_with("pm_card_visa", &[("capture_method", "manual")])
        .await
        .ok();
    bench
        .control(
            "POST",
            &format!("charges/{}/expire", held["latest_charge"].as_str().unwrap()),
            Value::Null,
        )
        .await;
    let types = bench.event_types().await;
    assert_eq!(
        types.iter().rev().take(2).collect::<Vec<_>>(),
        ["payment_intent.canceled", "charge.expired"]
    );
}

#[tokio::test]
async fn saved_cards_and_charges_without_the_payer() {
    let bench = bench().await;
    let saving = [("setup_future_usage", "off_session")];
    for (card, in_dialog, later) in [
        ("4242424242424242", false, ""),
        ("4000002500003155", true, ""),
        ("4000002760003184", true, "authentication_required"),
    ] {
        let customer = bench
            .post("/v1/customers", &[("email", "client@example.com")])
            .await
            .id();
        let mut intent = bench
            .pay_with(card, &[saving[0], ("customer", &customer)])
            .await
            .ok();
        if in_dialog {
            intent = bench.answer_challenge(&intent, "complete").await;
        }
        assert_eq!(intent["status"], "succeeded");
        let methods = bench
            .get(&format!("/v1/customers/{customer}/payment_methods"), &[])
            .await
            .ok();
        let method = methods["data"][0]["id"].as_str().unwrap().to_owned();
        let fee = [
            ("amount", "2000"),
            ("currency", "eur"),
            ("customer", &customer),
            ("payment_method", &method),
            ("off_session", "true"),
            ("confirm", "true"),
        ];
        let answer = bench.post("/v1/payment_intents", &fee).await;
        assert_eq!(
            answer.body["error"]["code"].as_str().unwrap_or(""),
            later,
            "{card}"
        );
        assert_eq!(answer.status, if later.is_empty() { 200 } else { 402 }, "{card}");
    }
    // Saved without paying; later charges are declined.
    let customer = bench.post("/v1/customers", &[]).await.id();
    let setup = [
        ("customer", customer.as_str()),
        ("payment_method", "pm_card_chargeCustomerFail"),
        ("confirm", "true"),
        ("usage", "off_session"),
        ("allowed_payment_method_types[]", "card"),
    ];
    let saved = bench.post("/v1/setup_intents", &setup).await.ok();
    assert_eq!(saved["status"], "succeeded");
    let method = saved["payment_method"].as_str().unwrap();
    let fee = [
        ("amount", "2000"),
        ("currency", "eur"),
        ("customer", &customer),
        ("payment_method", method),
        ("off_session", "true"),
        ("confirm", "true"),
    ];
    assert_eq!(
        bench.post("/v1/payment_intents", &fee).await.error().1,
        "card_declined"
    );
    // A card that wasn't saved can't be used twice.
    let once = bench.pay("pm_card_visa").await.ok();
    let again = bench.pay(once["payment_method"].as_str().unwrap()).await;
    assert_eq!(again.error(), (400, "", "payment_method"));
}

#[tokio::test]
async fn accounts_are_apart() {
    let bench = bench().await;
    let other = bench.control("POST", "accounts", json!({ "country": "HU", "default_currency": "huf", "restricted_keys": { "rk_test_readonly0001": ["payment_intents:read"] } })).await;
    let key = format!("Bearer {}", other["secret_key"].as_str().unwrap());
    let auth = [("authorization", key.as_str())];
    assert_eq!(
        bench.call("GET", "/v1/account", &[], &auth).await.ok()["country"],
        "HU"
    );
    let small = [("amount", "17499"), ("currency", "huf")];
    assert_eq!(
        bench
            .call("POST", "/v1/payment_intents", &small, &auth)
            .await
            .error()
            .1,
        "amount_too_small"
    );
    let mine = bench.pay("pm_card_visa").await.id();
    assert_eq!(
        bench
            .call("GET", &format!("/v1/payment_intents/{mine}"), &[], &auth)
            .await
            .status,
        404
    );
    let restricted = [("authorization", "Bearer rk_test_readonly0001")];
    assert_eq!(
        bench
            .call("GET", "/v1/payment_intents", &[], &restricted)
            .await
            .status,
        200
    );
    let forbidden = bench
        .call("POST", "/v1/payment_intents", &small, &restricted)
        .await;
    assert_eq!(forbidden.status, 403);
    assert!(
        forbidden.body["error"]["message"]
            .as_str()
            .unwrap()
            .contains("rak_payment_intent_write")
    );
}
