//! Payments: every test card, the rules of intents and confirmation tokens, refunds, disputes, payouts.
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
async fn refunds() {
    let bench = bench().await;
    let intent = bench.pay("pm_card_visa").await.id();
    let refund = async |amount: &str| {
        bench
            .post("/v1/refunds", &[("payment_intent", &intent), ("amount", amount)])
            .await
    };
    assert_eq!(refund("1500").await.ok()["status"], "succeeded");
    assert_eq!(refund("3001").await.error(), (400, "amount_too_large", "amount"));
    assert_eq!(
        refund("0").await.error(),
        (400, "parameter_invalid_integer", "amount")
    );
    let rest = bench
        .post(
            "/v1/refunds",
            &[
                ("payment_intent", &intent),
                ("reason", "requested_by_customer"),
                ("expand[]", "charge"),
            ],
        )
        .await
        .ok();
    assert_eq!(
        (
            &rest["amount"],
            &rest["charge"]["refunded"],
            &rest["charge"]["amount_refunded"]
        ),
        (&json!(3000), &json!(true), &json!(4500))
    );
    assert_eq!(refund("1").await.error().1, "charge_already_refunded");
    let list = bench
        .get("/v1/refunds", &[("payment_intent", &intent)])
        .await
        .ok();
    assert_eq!(
        list["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|refund| refund["amount"].as_i64().unwrap())
            .collect::<Vec<_>>(),
        [3000, 1500]
    );
    let declined = bench.pay("pm_card_visa_chargeDeclined").await;
    let charge = declined.body["error"]["charge"].as_str().unwrap().to_owned();
    assert_eq!(
        bench.post("/v1/refunds", &[("charge", &charge)]).await.error().1,
        "charge_not_refundable"
    );
    for (card, first, last, event) in [
        ("4000000000007726", "pending", "succeeded", "refund.updated"),
        ("4000000000005126", "succeeded", "failed", "refund.failed"),
    ] {
        let paid = bench.pay(card).await.ok();
        let refund = bench
            .post("/v1/refunds", &[("payment_intent", paid["id"].as_str().unwrap())])
            .await
            .ok();
        assert_eq!(refund["status"], first, "{card}");
        bench.advance("refunds").await;
        let after = bench
            .get(
                &format!("/v1/refunds/{}", refund["id"].as_str().unwrap()),
                &[("expand[]", "charge")],
            )
            .await
            .ok();
        assert_eq!(after["status"], last, "{card}");
        assert_eq!(
            after["charge"]["amount_refunded"],
            if last == "failed" { 0 } else { 4500 },
            "a failed refund can be made again"
        );
        assert!(
            bench.event_types().await.iter().any(|kind| kind == event),
            "{card}"
        );
    }
}

#[tokio::test]
async fn disputes() {
    let bench = bench().await;
    for (card, reason, status, refundable, events) in [
        (
            "4000000000000259",
            "fraudulent",
            "needs_response",
            false,
            &["charge.dispute.created", "charge.dispute.funds_withdrawn"][..],
        ),
        (
            "4000000000002685",
            "product_not_received",
            "needs_response",
            false,
            &["charge.dispute.created", "charge.dispute.funds_withdrawn"][..],
        ),
        (
            "4000000000001976",
            "fraudulent",
            "warning_needs_response",
            true,
            &["charge.dispute.created"][..],
        ),
    ] {
        let intent = bench.pay(card).await.id();
        let before = bench.event_types().await.len();
        bench.advance("disputes").await;
        assert_eq!(bench.event_types().await[before..], *events, "{card}");
        let dispute = bench
            .get("/v1/disputes", &[("payment_intent", &intent)])
            .await
            .ok()["data"][0]
            .clone();
        assert_eq!(
            (&dispute["reason"], &dispute["status"], &dispute["amount"]),
            (&json!(reason), &json!(status), &json!(4500)),
            "{card}"
        );
        let refund = bench.post("/v1/refunds", &[("payment_intent", &intent)]).await;
        assert_eq!(
            refund.error().1,
            if refundable { "" } else { "charge_disputed" },
            "{card}"
        );
        let path = format!("/v1/disputes/{}", dispute["id"].as_str().unwrap());
        let sent = bench
            .post(
                &path,
                &[
                    ("evidence[uncategorized_text]", "winning_evidence"),
                    ("evidence[customer_name]", "Ada"),
                ],
            )
            .await
            .ok();
        assert_eq!(
            (
                &sent["evidence_details"]["submission_count"],
                &sent["evidence"]["customer_name"]
            ),
            (&json!(1), &json!("Ada"))
        );
        bench.advance("disputes").await;
        assert_eq!(
            bench.get(&path, &[]).await.ok()["status"],
            if refundable { "warning_closed" } else { "won" },
            "{card}"
        );
    }
}

#[tokio::test]
async fn fees_balance_and_payout() {
    let bench = bench().await;
    let paid = bench
        .pay_with("pm_card_visa", &[("expand[]", "latest_charge")])
        .await
        .ok();
    assert_eq!(
        paid["latest_charge"]["balance_transaction"],
        Value::Null,
        "the fee is not known at once"
    );
    bench.advance("fees").await;
    let charge = bench
        .get(
            &format!("/v1/charges/{}", paid["latest_charge"]["id"].as_str().unwrap()),
            &[("expand[]", "balance_transaction")],
        )
        .await
        .ok();
    let transaction = &charge["balance_transaction"];
    assert_eq!(
        (&transaction["amount"], &transaction["fee"], &transaction["net"]),
        (&json!(4500), &json!(93), &json!(4407))
    );
    assert_eq!(bench.event_types().await.last().unwrap(), "charge.updated");
    let foreign = bench
        .post(
            "/v1/payment_intents",
            &[
                ("amount", "11000"),
                ("currency", "usd"),
                ("allowed_payment_method_types[]", "card"),
                ("confirm", "true"),
                ("payment_method", "pm_card_visa"),
            ],
        )
        .await
        .id();
    bench.advance("fees").await;
    let seen = bench
        .get(
            &format!("/v1/payment_intents/{foreign}"),
            &[("expand[]", "latest_charge.balance_transaction")],
        )
        .await
        .ok();
    let transaction = &seen["latest_charge"]["balance_transaction"];
    assert_eq!(
        (
            &transaction["amount"],
            &transaction["currency"],
            &transaction["exchange_rate"]
        ),
        (&json!(10_000), &json!("eur"), &json!(0.90909))
    );
    bench
        .post(
            "/v1/refunds",
            &[
                ("payment_intent", paid["id"].as_str().unwrap()),
                ("amount", "1000"),
            ],
        )
        .await
        .ok();
    let payout = bench.control("POST", "payouts", Value::Null).await;
    let inside = bench
        .get(
            "/v1/balance_transactions",
            &[("payout", payout["id"].as_str().unwrap())],
        )
        .await
        .ok();
    let net: i64 = inside["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["type"] != "payout")
        .map(|row| row["net"].as_i64().unwrap())
        .sum();
    assert_eq!(payout["amount"], net);
    assert_eq!(
        bench.get("/v1/balance", &[]).await.ok()["available"][0]["amount"],
        0
    );
    bench.advance("payouts").await;
    assert_eq!(bench.event_types().await.last().unwrap(), "payout.paid");
}

#[tokio::test]
async fn pages_of_a_list() {
    let bench = bench().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(bench.post("/v1/customers", &[]).await.id());
    }
    ids.reverse();
    let page = async |form: &[(&str, &str)]| {
        let list = bench.get("/v1/customers", form).await.ok();
        let ids: Vec<String> = list["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["id"].as_str().unwrap().to_owned())
            .collect();
        (ids, list["has_more"].as_bool().unwrap())
    };
    assert_eq!(page(&[("limit", "2")]).await, (ids[..2].to_vec(), true));
    assert_eq!(
        page(&[("limit", "2"), ("starting_after", &ids[1])]).await,
        (ids[2..4].to_vec(), true)
    );
    assert_eq!(
        page(&[("limit", "2"), ("starting_after", &ids[3])]).await,
        (ids[4..].to_vec(), false)
    );
    assert_eq!(
        page(&[("limit", "2"), ("ending_before", &ids[3])]).await,
        (ids[1..3].to_vec(), true)
    );
    assert_eq!(page(&[("created[gt]", "99999999999")]).await, (Vec::new(), false));
    assert_eq!(
        bench.get("/v1/customers", &[("limit", "101")]).await.error(),
        (400, "parameter_invalid_integer", "limit")
    );
    assert_eq!(
        bench
            .get("/v1/customers", &[("starting_after", "cus_none")])
            .await
            .error(),
        (404, "resource_missing", "starting_after")
    );
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
