//! Webhooks: who gets what, signed how, and what goes wrong on the way.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use common::{Bench, bench};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// A receiver that answers by a script, then 200.
struct Receiver {
    url: String,
    inbox: mpsc::UnboundedReceiver<(String, String)>,
}

#[derive(Clone)]
struct Shared {
    script: Arc<Mutex<VecDeque<u16>>>,
    outbox: mpsc::UnboundedSender<(String, String)>,
}

impl Receiver {
    async fn start(script: &[u16]) -> Self {
        async fn take(State(shared): State<Shared>, headers: HeaderMap, body: String) -> StatusCode {
            let signature = headers["stripe-signature"].to_str().unwrap().to_owned();
            shared.outbox.send((signature, body)).unwrap();
            let status = shared.script.lock().unwrap().pop_front().unwrap_or(200);
            StatusCode::from_u16(status).unwrap()
        }
        let (outbox, inbox) = mpsc::unbounded_channel();
        let shared = Shared {
            script: Arc::new(Mutex::new(script.iter().copied().collect())),
            outbox,
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = axum::Router::new()
            .route("/hook", axum::routing::post(take))
            .with_state(shared);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, inbox }
    }

    async fn next(&mut self) -> (String, Value, String) {
        let (signature, body) = tokio::time::timeout(Duration::from_secs(10), self.inbox.recv())
            .await
            .expect("a delivery")
            .unwrap();
        (signature, serde_json::from_str(&body).unwrap(), body)
    }

    async fn types(&mut self, count: usize) -> Vec<String> {
        let mut types = Vec::new();
        for _ in 0..count {
            types.push(self.next().await.1["type"].as_str().unwrap().to_owned());
        }
        types
    }
}

async fn endpoint(bench: &Bench, url: &str, events: &[&str]) -> Value {
    let mut form = vec![("url", url), ("api_version", "2026-09-30.endive")];
    form.extend(events.iter().map(|event| ("enabled_events[]", *event)));
    bench.post("/v1/webhook_endpoints", &form).await.ok()
}

/// The `v1` values that are right for this secret.
fn verified(secret: &str, signature: &str, body: &str) -> usize {
    let timestamp = signature
        .split(',')
        .find_map(|part| part.strip_prefix("t="))
        .unwrap();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{timestamp}.{body}").as_bytes());
    let expected = hex::encode(mac.finalize().into_bytes());
    signature
        .split(',')
        .filter(|part| part.strip_prefix("v1=") == Some(&expected))
        .count()
}

#[tokio::test]
async fn each_endpoint_gets_its_events_signed() {
    let bench = bench().await;
    let (mut all, mut some) = (Receiver::start(&[]).await, Receiver::start(&[]).await);
    let secret = endpoint(&bench, &all.url, &["*"]).await["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    let created = endpoint(&bench, &some.url, &["charge.succeeded", "charge.updated"]).await;
    let again = bench
        .get(
            &format!("/v1/webhook_endpoints/{}", created["id"].as_str().unwrap()),
            &[],
        )
        .await
        .ok();
    assert!(
        created["secret"].as_str().unwrap().starts_with("whsec_") && again.get("secret").is_none(),
        "the secret is told once"
    );
    let paid = bench.pay("pm_card_visa").await.ok();
    assert_eq!(all.types(2).await, ["payment_intent.created", "charge.succeeded"]);
    let (signature, event, body) = all.next().await;
    assert_eq!(
        (
            &event["type"],
            &event["data"]["object"]["id"],
            &event["livemode"],
            &event["api_version"]
        ),
        (
            &json!("payment_intent.succeeded"),
            &paid["id"],
            &json!(false),
            &json!("2026-09-30.endive")
        )
    );
    assert_eq!(verified(&secret, &signature, &body), 1);
    bench.advance("fees").await;
    assert_eq!(some.types(2).await, ["charge.succeeded", "charge.updated"]);
    let (_, updated, _) = all.next().await;
    assert_eq!(
        updated["data"]["previous_attributes"]["balance_transaction"],
        Value::Null
    );
    assert!(updated["data"]["object"]["balance_transaction"].is_string());
}

#[tokio::test]
async fn a_delivery_is_tried_until_it_is_taken() {
    let bench = bench().await;
    let mut receiver = Receiver::start(&[500, 302, 404]).await;
    endpoint(&bench, &receiver.url, &["charge.succeeded"]).await;
    bench.pay("pm_card_visa").await.ok();
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(receiver.next().await.1["id"].clone());
    }
    assert!(
        ids.iter().all(|id| id == ids.first().unwrap()),
        "the same event each time"
    );
    assert_eq!(
        bench.control("POST", "settle", Value::Null).await["settled"],
        true
    );
    let state = bench.sandbox.state();
    assert_eq!(
        (
            &state["deliveries"][0]["state"],
            &state["deliveries"][0]["attempts"]
        ),
        (&json!("delivered"), &json!(4))
    );
}

#[tokio::test]
async fn tricks() {
    let bench = bench().await;
    let mut receiver = Receiver::start(&[]).await;
    let made = endpoint(
        &bench,
        &receiver.url,
        &["charge.succeeded", "payment_intent.succeeded"],
    )
    .await;
    let secret = made["secret"].as_str().unwrap();
    let trick = async |tricks: Value| {
        bench.control("DELETE", "webhooks", Value::Null).await;
        bench.control("POST", "webhooks", tricks).await
    };

    trick(json!({ "duplicates": 1 })).await;
    bench.pay("pm_card_visa").await.ok();
    assert_eq!(
        receiver.types(4).await,
        [
            "charge.succeeded",
            "charge.succeeded",
            "payment_intent.succeeded",
            "payment_intent.succeeded"
        ]
    );

    trick(json!({ "reorder": 2 })).await;
    bench.pay("pm_card_visa").await.ok();
    assert_eq!(
        receiver.types(2).await,
        ["payment_intent.succeeded", "charge.succeeded"]
    );

    trick(json!({ "drop": 1 })).await;
    bench.pay("pm_card_visa").await.ok();
    assert_eq!(receiver.types(1).await, ["payment_intent.succeeded"]);

    trick(json!({ "paused": true })).await;
    bench.pay("pm_card_visa").await.ok();
    bench.control("POST", "settle", Value::Null).await;
    assert!(receiver.inbox.try_recv().is_err(), "held back");
    trick(json!({ "paused": false })).await;
    assert_eq!(
        receiver.types(2).await,
        ["charge.succeeded", "payment_intent.succeeded"]
    );

    trick(json!({ "two_signatures": true })).await;
    bench.pay("pm_card_visa").await.ok();
    let (signature, _, body) = receiver.next().await;
    assert_eq!(
        (
            signature.matches("v1=").count(),
            verified(secret, &signature, &body)
        ),
        (2, 1)
    );
    receiver.next().await;

    trick(json!({ "wrong_signature": true })).await;
    let paid = bench.pay("pm_card_visa").await.ok();
    let (signature, event, body) = receiver.next().await;
    assert_eq!(verified(secret, &signature, &body), 0);
    receiver.next().await;

    trick(json!({})).await;
    bench
        .control(
            "POST",
            &format!("events/{}/resend", event["id"].as_str().unwrap()),
            Value::Null,
        )
        .await;
    let (signature, resent, body) = receiver.next().await;
    assert_eq!(
        (&resent["id"], &resent["data"]["object"]["payment_intent"]),
        (&event["id"], &paid["id"])
    );
    assert_eq!(verified(secret, &signature, &body), 1);

    let rolled = bench
        .control(
            "POST",
            &format!("webhook_endpoints/{}/roll", made["id"].as_str().unwrap()),
            Value::Null,
        )
        .await;
    bench.pay("pm_card_visa").await.ok();
    let (signature, _, body) = receiver.next().await;
    assert_eq!(
        (
            verified(secret, &signature, &body),
            verified(rolled["secret"].as_str().unwrap(), &signature, &body)
        ),
        (1, 1)
    );
}

#[tokio::test]
async fn endpoints_elsewhere_are_refused() {
    let bench = bench().await;
    for url in [
        "https://example.com/hook",
        "http://example.com/",
        "http://10.0.0.1/",
        "http://127.0.0.1.example.com/",
        "https://localhost/",
        "ftp://127.0.0.1/",
        "nonsense",
        "",
    ] {
        let answer = bench
            .post(
                "/v1/webhook_endpoints",
                &[("url", url), ("enabled_events[]", "*")],
            )
            .await;
        assert_eq!((answer.status, answer.error().2), (400, "url"), "{url}");
    }
    for url in ["http://127.0.0.1:9/", "http://localhost:9/", "http://[::1]:9/"] {
        assert_eq!(
            bench
                .post(
                    "/v1/webhook_endpoints",
                    &[("url", url), ("enabled_events[]", "*")]
                )
                .await
                .status,
            200,
            "{url}"
        );
    }
    assert_eq!(
        bench
            .post(
                "/v1/webhook_endpoints",
                &[("url", "http://localhost:9/"), ("enabled_events[]", "nonsense")]
            )
            .await
            .status,
        400
    );
}
