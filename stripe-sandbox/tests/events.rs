//! What happens, and which events tell of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::collections::BTreeSet;

use common::{Bench, bench};
use serde_json::{Value, json};

/// What somebody does. What has to be there for it is made before.
#[derive(Clone, Copy, Debug)]
enum Action {
    Pay,
    Decline,
    AskTheBank,
    BankAgrees,
    BankRefuses,
    PayPending,
    PendingSucceeds,
    PendingFails,
    Authorise,
    Capture,
    Expire,
    Cancel,
    FeeIsKnown,
    Refund,
    RefundPends,
    PendingRefundArrives,
    RefundFails,
    Dispute,
    Inquire,
    AnswerDispute,
    WinDispute,
    LoseDispute,
    ReopenDispute,
    CloseInquiry,
    SaveCard,
    SaveDeclinedCard,
    PayOut,
    PayoutArrives,
    PayoutFails,
    RestrictAccount,
}

const PI_MADE: &str = "payment_intent.created";
const PI_PAID: &str = "payment_intent.succeeded";
const PI_FAILED: &str = "payment_intent.payment_failed";
const PAID: &str = "charge.succeeded";

use Action::*;

/// In the order in which they are told of.
const TABLE: [(Action, &[&str]); 30] = [
    (Pay, &[PI_MADE, PAID, PI_PAID]),
    (Decline, &[PI_MADE, "charge.failed", PI_FAILED]),
    (AskTheBank, &[PI_MADE, "payment_intent.requires_action"]),
    (BankAgrees, &[PAID, PI_PAID]),
    (BankRefuses, &[PI_FAILED]),
    (
        PayPending,
        &[PI_MADE, "charge.pending", "payment_intent.processing"],
    ),
    (PendingSucceeds, &[PAID, PI_PAID]),
    (PendingFails, &["charge.failed", PI_FAILED]),
    (
        Authorise,
        &[PI_MADE, PAID, "payment_intent.amount_capturable_updated"],
    ),
    (Capture, &["charge.captured", PI_PAID]),
    (Expire, &["charge.expired", "payment_intent.canceled"]),
    (Cancel, &["payment_intent.canceled"]),
    (FeeIsKnown, &["charge.updated"]),
    (Refund, &["refund.created", "charge.refunded"]),
    (RefundPends, &["refund.created", "charge.refunded"]),
    (PendingRefundArrives, &["refund.updated", "charge.refund.updated"]),
    (
        RefundFails,
        &["refund.updated", "refund.failed", "charge.refund.updated"],
    ),
    (
        Dispute,
        &["charge.dispute.created", "charge.dispute.funds_withdrawn"],
    ),
    (Inquire, &["charge.dispute.created"]),
    (AnswerDispute, &["charge.dispute.updated"]),
    (
        WinDispute,
        &["charge.dispute.funds_reinstated", "charge.dispute.closed"],
    ),
    (LoseDispute, &["charge.dispute.closed"]),
    (ReopenDispute, &["charge.dispute.updated"]),
    (CloseInquiry, &["charge.dispute.closed"]),
    (SaveCard, &["setup_intent.created", "setup_intent.succeeded"]),
    (
        SaveDeclinedCard,
        &["setup_intent.created", "setup_intent.setup_failed"],
    ),
    (PayOut, &["payout.created"]),
    (PayoutArrives, &["payout.paid"]),
    (PayoutFails, &["payout.failed"]),
    (RestrictAccount, &["account.updated"]),
];

/// Each event that a salon's server has to understand.
const NEEDED: [&str; 30] = [
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.requires_action",
    "payment_intent.processing",
    "payment_intent.canceled",
    "charge.succeeded",
    "charge.captured",
    "charge.failed",
    "charge.pending",
    "charge.expired",
    "charge.updated",
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.refund.updated",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "charge.dispute.closed",
    "setup_intent.succeeded",
    "setup_intent.setup_failed",
    "payout.paid",
    "payout.failed",
    "account.updated",
    "payment_intent.created",
    "payment_intent.amount_capturable_updated",
    "setup_intent.created",
    "payout.created",
];

const VISA: &str = "pm_card_visa";
const MANUAL: [(&str, &str); 1] = [("capture_method", "manual")];

/// What is there already when something is done to it.
struct Before(Value);

impl Before {
    fn id(&self) -> &str {
        self.0["id"].as_str().unwrap()
    }

    fn charge(&self) -> &str {
        self.0["latest_charge"].as_str().unwrap()
    }
}

async fn control(bench: &Bench, path: String, body: Value) -> Value {
    let answer = bench.control("POST", &path, body).await;
    assert!(answer.get("error").is_none(), "{path}: {answer}");
    answer
}

async fn refund(bench: &Bench, paid: &Before) -> Value {
    bench
        .post("/v1/refunds", &[("payment_intent", paid.id())])
        .await
        .ok()
}

async fn dispute(bench: &Bench, paid: &Before, kind: &str) -> Value {
    control(
        bench,
        format!("charges/{}/dispute", paid.charge()),
        json!({ "kind": kind }),
    )
    .await
}

async fn save(bench: &Bench, card: &str) {
    let form = [
        ("allowed_payment_method_types[]", "card"),
        ("usage", "off_session"),
        ("confirm", "true"),
        ("payment_method", card),
    ];
    bench.post("/v1/setup_intents", &form).await;
}

/// What has to be there for an action.
async fn before(bench: &Bench, action: Action) -> Before {
    let paid = async |card: &str| Before(bench.pay(card).await.ok());
    Before(match action {
        Pay | Decline | AskTheBank | PayPending | Authorise | SaveCard | SaveDeclinedCard
        | RestrictAccount => Value::Null,
        BankAgrees | BankRefuses | Cancel => bench.pay("4000000000003220").await.ok(),
        PendingSucceeds | PendingFails => {
            control(bench, "pending".to_owned(), json!({})).await;
            bench.pay(VISA).await.ok()
        }
        Capture | Expire => bench.pay_with(VISA, &MANUAL).await.ok(),
        FeeIsKnown | Refund | Dispute | Inquire => return paid(VISA).await,
        RefundPends => return paid("4000000000007726").await,
        PendingRefundArrives => refund(bench, &paid("4000000000007726").await).await,
        RefundFails => refund(bench, &paid("4000000000005126").await).await,
        AnswerDispute | WinDispute | LoseDispute => dispute(bench, &paid(VISA).await, "fraudulent").await,
        ReopenDispute => {
            let lost = Before(dispute(bench, &paid(VISA).await, "fraudulent").await);
            act(bench, LoseDispute, &lost).await;
            return lost;
        }
        CloseInquiry => dispute(bench, &paid(VISA).await, "inquiry").await,
        PayOut | PayoutArrives | PayoutFails => {
            bench.pay(VISA).await.ok();
            bench.advance("fees").await;
            if matches!(action, PayOut) {
                Value::Null
            } else {
                control(bench, "payouts".to_owned(), json!({})).await
            }
        }
    })
}

async fn act(bench: &Bench, action: Action, on: &Before) {
    let charge = |what: &str| format!("charges/{}/{what}", on.charge());
    match action {
        Pay => drop(bench.pay(VISA).await.ok()),
        Decline => assert_eq!(bench.pay("4000000000000002").await.status, 402),
        AskTheBank => drop(bench.pay("4000000000003220").await.ok()),
        BankAgrees => drop(bench.answer_challenge(&on.0, "complete").await),
        BankRefuses => drop(bench.answer_challenge(&on.0, "fail").await),
        PayPending => {
            control(bench, "pending".to_owned(), json!({})).await;
            let paid = bench.pay(VISA).await.ok();
            assert_eq!(
                (&paid["status"], &paid["amount_received"]),
                (&json!("processing"), &json!(0))
            );
        }
        PendingSucceeds => drop(control(bench, charge("decide"), json!({ "paid": true })).await),
        PendingFails => drop(control(bench, charge("decide"), json!({ "paid": false })).await),
        Authorise => drop(bench.pay_with(VISA, &MANUAL).await.ok()),
        Capture => {
            let path = format!("/v1/payment_intents/{}/capture", on.id());
            bench.post(&path, &[]).await.ok();
        }
        Expire => drop(control(bench, charge("expire"), json!({})).await),
        Cancel => {
            let path = format!("/v1/payment_intents/{}/cancel", on.id());
            bench.post(&path, &[]).await.ok();
        }
        FeeIsKnown => bench.advance("fees").await,
        Refund | RefundPends => drop(refund(bench, on).await),
        PendingRefundArrives | RefundFails => bench.advance("refunds").await,
        Dispute => drop(dispute(bench, on, "fraudulent").await),
        Inquire => drop(dispute(bench, on, "inquiry").await),
        AnswerDispute => {
            let path = format!("/v1/disputes/{}", on.id());
            bench
                .post(&path, &[("evidence[product_description]", "A haircut")])
                .await
                .ok();
        }
        WinDispute | LoseDispute | CloseInquiry => {
            let won = matches!(action, WinDispute);
            control(
                bench,
                format!("disputes/{}/close", on.id()),
                json!({ "won": won }),
            )
            .await;
        }
        ReopenDispute => {
            let path = format!("disputes/{}/reopen", on.id());
            let again = control(bench, path.clone(), json!({})).await;
            assert_eq!(again["status"], "appeal_needs_response");
            let once_more = bench.control("POST", &path, json!({})).await;
            assert!(once_more.get("error").is_some(), "only what was lost");
        }
        SaveCard => save(bench, VISA).await,
        SaveDeclinedCard => save(bench, "pm_card_chargeDeclined").await,
        PayOut => drop(control(bench, "payouts".to_owned(), json!({})).await),
        PayoutArrives => bench.advance("payouts").await,
        PayoutFails => drop(control(bench, format!("payouts/{}/fail", on.id()), json!({})).await),
        RestrictAccount => {
            drop(control(bench, "account".to_owned(), json!({ "charges_enabled": false })).await)
        }
    }
}

#[tokio::test]
async fn each_action_is_told_by_its_events() {
    let mut seen = BTreeSet::new();
    for (action, expected) in TABLE {
        let bench = bench().await;
        let on = before(&bench, action).await;
        let already = bench.event_types().await.len();
        act(&bench, action, &on).await;
        let told = bench.event_types().await.split_off(already);
        assert_eq!(told, expected, "{action:?}");
        seen.extend(told);
    }
    let missing: Vec<&str> = NEEDED
        .into_iter()
        .filter(|needed| !seen.contains(*needed))
        .collect();
    assert!(missing.is_empty(), "no action is told by {missing:?}");
}

#[tokio::test]
async fn what_is_processing_can_neither_be_cancelled_nor_refunded_nor_confirmed_again() {
    let bench = bench().await;
    control(&bench, "pending".to_owned(), json!({ "times": 2 })).await;
    let paid = Before(bench.pay(VISA).await.ok());
    let charge = bench
        .get(&format!("/v1/charges/{}", paid.charge()), &[])
        .await
        .ok();
    assert_eq!(
        (&charge["status"], &charge["paid"]),
        (&json!("pending"), &json!(false))
    );
    for what in ["cancel", "confirm"] {
        let path = format!("/v1/payment_intents/{}/{what}", paid.id());
        assert_eq!(
            bench.post(&path, &[]).await.error().1,
            "payment_intent_unexpected_state",
            "{what}"
        );
    }
    let refused = bench.post("/v1/refunds", &[("charge", paid.charge())]).await;
    assert_eq!(refused.error().1, "charge_not_refundable");
    control(&bench, format!("charges/{}/decide", paid.charge()), json!({})).await;
    refund(&bench, &paid).await;
    // A second one, and then no more. Decided once, it is decided.
    assert_eq!(bench.pay(VISA).await.ok()["status"], "processing");
    assert_eq!(bench.pay(VISA).await.ok()["status"], "succeeded");
    let path = format!("charges/{}/decide", paid.charge());
    assert!(
        bench
            .control("POST", &path, json!({}))
            .await
            .get("error")
            .is_some()
    );
}
