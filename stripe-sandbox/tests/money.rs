//! Refunds, disputes, fees, payouts and lists of them.
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
