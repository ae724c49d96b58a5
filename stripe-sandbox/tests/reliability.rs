//! Idempotency, faults, and what survives a restart.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::time::Duration;

use common::{Bench, bench, bench_with, patient};
use serde_json::{Value, json};

const PAY: &[(&str, &str)] = &[
    ("amount", "4500"),
    ("currency", "eur"),
    ("allowed_payment_method_types[]", "card"),
    ("confirm", "true"),
    ("payment_method", "pm_card_visa"),
];

async fn keyed(bench: &Bench, key: &str, form: &[(&str, &str)]) -> common::Answer {
    bench
        .call("POST", "/v1/payment_intents", form, &[("idempotency-key", key)])
        .await
}

fn with(
    form: &[(&'static str, &'static str)],
    key: &'static str,
    value: &'static str,
) -> Vec<(&'static str, &'static str)> {
    form.iter()
        .map(|(name, old)| if *name == key { (key, value) } else { (*name, *old) })
        .collect()
}

#[tokio::test]
async fn the_first_answer_is_replayed() {
    let bench = bench().await;
    let first = keyed(&bench, "k", PAY).await;
    let mut shuffled = PAY.to_vec();
    shuffled.reverse();
    let second = keyed(&bench, "k", &shuffled).await;
    assert_eq!((second.status, &second.body), (200, &first.body));
    assert_eq!(
        (
            first.header("idempotent-replayed"),
            second.header("idempotent-replayed")
        ),
        (None, Some("true"))
    );
    assert_eq!(second.header("original-request"), first.header("request-id"));
    assert_eq!(bench.sandbox.charges().len(), 1);

    let other = keyed(&bench, "k", &with(PAY, "amount", "4501")).await;
    assert_eq!(
        (other.status, &other.body["error"]["type"]),
        (400, &json!("idempotency_error"))
    );
    let elsewhere = bench
        .call("POST", "/v1/customers", &[], &[("idempotency-key", "k")])
        .await;
    assert_eq!(elsewhere.body["error"]["type"], "idempotency_error");

    bench
        .control("POST", "clock", json!({ "advance_s": 24 * 3600 - 5 }))
        .await;
    assert_eq!(
        keyed(&bench, "k", PAY).await.header("idempotent-replayed"),
        Some("true")
    );
    bench.control("POST", "clock", json!({ "advance_s": 5 })).await;
    assert_eq!(keyed(&bench, "k", PAY).await.header("idempotent-replayed"), None);
    assert_eq!(bench.sandbox.charges().len(), 2);
}

#[tokio::test]
async fn a_decline_is_replayed_but_a_refused_parameter_is_not() {
    let bench = bench().await;
    let declined = with(PAY, "payment_method", "pm_card_visa_chargeDeclined");
    let first = keyed(&bench, "d", &declined).await;
    let second = keyed(&bench, "d", &declined).await;
    assert_eq!(
        (first.status, second.status, second.header("idempotent-replayed")),
        (402, 402, Some("true"))
    );
    assert_eq!(first.body, second.body);
    assert_eq!(bench.sandbox.charges().len(), 1);

    assert_eq!(keyed(&bench, "p", &with(PAY, "amount", "1")).await.status, 400);
    assert_eq!(
        keyed(&bench, "p", PAY).await.status,
        200,
        "the key was not taken by the refusal"
    );
}

#[tokio::test]
async fn a_key_in_flight_is_a_conflict() {
    let bench = bench().await;
    bench
        .control(
            "POST",
            "faults",
            json!({ "method": "POST", "path": "/v1/payment_intents", "fault": "slow", "delay_ms": 400 }),
        )
        .await;
    let slow = async { keyed(&bench, "k", PAY).await };
    let meanwhile = async {
        // The first call has begun once its fault is gone from the list.
        while !bench.control("GET", "faults", Value::Null).await["data"]
            .as_array()
            .unwrap()
            .is_empty()
        {
            tokio::task::yield_now().await;
        }
        keyed(&bench, "k", PAY).await
    };
    let (first, second) = tokio::join!(slow, meanwhile);
    assert_eq!(
        (first.status, second.error().0, second.error().1),
        (200, 409, "idempotency_key_in_use")
    );
    assert_eq!(
        keyed(&bench, "k", PAY).await.header("idempotent-replayed"),
        Some("true")
    );
    assert_eq!(bench.sandbox.charges().len(), 1);
}

#[tokio::test]
async fn the_work_gets_done_when_the_caller_hangs_up() {
    let bench = bench().await;
    bench
        .control(
            "POST",
            "faults",
            json!({ "path": "/v1/payment_intents", "fault": "slow", "delay_ms": 100 }),
        )
        .await;
    let impatient = bench.call("POST", "/v1/payment_intents", PAY, &[("idempotency-key", "k")]);
    assert!(
        tokio::time::timeout(Duration::from_millis(50), impatient)
            .await
            .is_err()
    );
    let answer = loop {
        let answer = keyed(&bench, "k", PAY).await;
        if answer.status != 409 {
            break answer;
        }
    };
    assert_eq!(
        (answer.status, answer.header("idempotent-replayed")),
        (200, Some("true"))
    );
    assert_eq!(bench.sandbox.charges().len(), 1);
}

/// Fault; status of the answer (0: none); charges right after; status of the same call again with its key; charges then.
#[tokio::test]
async fn each_fault() {
    for (fault, status, charges, again, finally) in [
        ("timeout_before", 0, 0, 200, 1),
        ("timeout_after", 0, 1, 200, 1),
        ("connection_reset_before", 0, 0, 200, 1),
        ("connection_reset_after", 0, 1, 200, 1),
        ("500_before", 500, 0, 200, 1),
        ("500_after", 500, 1, 500, 1),
        ("409", 409, 0, 200, 1),
        ("429", 429, 0, 200, 1),
        ("slow", 200, 1, 200, 1),
    ] {
        let bench = bench().await;
        bench
            .control(
                "POST",
                "faults",
                json!({ "method": "POST", "path": "/v1/payment_intents", "fault": fault, "delay_ms": 1 }),
            )
            .await;
        let answer = bench
            .try_call("POST", "/v1/payment_intents", PAY, &[("idempotency-key", "k")])
            .await;
        assert_eq!(answer.map_or(0, |answer| answer.status), status, "{fault}");
        assert_eq!(bench.sandbox.charges().len(), charges, "{fault}");
        assert_eq!(keyed(&bench, "k", PAY).await.status, again, "{fault}");
        assert_eq!(bench.sandbox.charges().len(), finally, "{fault}");
    }
}

#[tokio::test]
async fn faults_strike_what_they_name_as_often_as_told() {
    let bench = bench().await;
    bench.control("POST", "faults", json!({ "method": "POST", "path": "/v1/payment_intents/*/cancel", "fault": "429", "times": 2, "code": "lock_timeout", "should_retry": true })).await;
    let id = bench
        .post("/v1/payment_intents", &[("amount", "4500"), ("currency", "eur")])
        .await
        .id();
    let path = format!("/v1/payment_intents/{id}/cancel");
    let first = bench.post(&path, &[]).await;
    assert_eq!(
        (
            first.error().0,
            first.error().1,
            first.header("stripe-should-retry")
        ),
        (429, "lock_timeout", Some("true"))
    );
    assert_eq!(bench.post(&path, &[]).await.status, 429);
    assert_eq!(bench.post(&path, &[]).await.status, 200);
    bench
        .control("POST", "faults", json!({ "path": "/v1/account", "fault": "401" }))
        .await;
    assert_eq!(
        bench.get("/v1/account", &[]).await.error(),
        (401, "api_key_invalid", "")
    );
    assert_eq!(bench.get("/v1/account", &[]).await.status, 200);
    bench
        .control("POST", "faults", json!({ "fault": "409", "times": 9 }))
        .await;
    bench.control("DELETE", "faults", Value::Null).await;
    assert_eq!(bench.get("/v1/account", &[]).await.status, 200);
    assert!(
        bench
            .control("POST", "faults", json!({ "fault": "nonsense" }))
            .await["error"]
            .is_object()
    );
}

#[tokio::test]
async fn the_browser_can_be_disturbed() {
    let bench = bench().await;
    let load = async |path: &str| {
        bench
            .http
            .get(format!("{}{path}", bench.url))
            .send()
            .await
            .unwrap()
    };
    bench.control("POST", "faults", json!({ "js": "blocked" })).await;
    assert_eq!(load("/endive/stripe.js").await.status(), 503);
    for path in ["/endive/stripe.js", "/v3/", "/dahlia/stripe.js"] {
        let answer = load(path).await;
        assert!(
            answer.headers()["content-type"]
                .to_str()
                .unwrap()
                .starts_with("text/javascript"),
            "{path}"
        );
        assert!(
            answer.text().await.unwrap().contains("window.Stripe = Stripe"),
            "{path}"
        );
    }
    bench
        .control("POST", "faults", json!({ "js": "loaderror" }))
        .await;
    assert!(
        load("/elements/payment")
            .await
            .text()
            .await
            .unwrap()
            .contains("data-fault=\"loaderror\"")
    );
    assert!(
        !load("/elements/payment")
            .await
            .text()
            .await
            .unwrap()
            .contains("data-fault=\"loaderror\"")
    );
}

#[tokio::test]
async fn everything_survives_a_restart() {
    let path = std::env::temp_dir().join(format!("stripe-sandbox-{}.json", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let config = || stripe_sandbox::Config {
        state_file: Some(path.clone()),
        ..patient()
    };
    let bench = bench_with(config()).await;
    let paid = keyed(&bench, "k", PAY).await.ok();
    let account = bench.get("/v1/account", &[]).await.ok();
    bench.sandbox.stop().await;

    let bench = bench_with(config()).await;
    assert_eq!(bench.get("/v1/account", &[]).await.ok()["id"], account["id"]);
    assert_eq!(
        bench
            .get(
                &format!("/v1/payment_intents/{}", paid["id"].as_str().unwrap()),
                &[]
            )
            .await
            .ok()["status"],
        "succeeded"
    );
    assert_eq!(
        keyed(&bench, "k", PAY).await.header("idempotent-replayed"),
        Some("true")
    );
    bench.advance("fees").await;
    assert_eq!(
        bench.event_types().await.last().unwrap(),
        "charge.updated",
        "waiting tasks are kept"
    );
    bench.sandbox.stop().await;

    std::fs::write(&path, "not json").unwrap();
    let error = stripe_sandbox::start(config()).await.unwrap_err();
    assert!(error.to_string().contains("move it away"), "{error}");
    std::fs::remove_file(&path).unwrap();
    let elsewhere = stripe_sandbox::Config {
        listen: "0.0.0.0:0".parse().unwrap(),
        ..patient()
    };
    assert!(
        stripe_sandbox::start(elsewhere).await.is_err(),
        "it listens on this machine only"
    );
}
