//! Webhooks that were signed once and are sent again, and signing secrets that are being replaced.

use domain::key::{PublishableKey, SecretKey, SigningSecret};
use hmac::Mac as _;
use serde_json::json;
use server::{
    api::booking::{Payment, State},
    demo,
    store::salon::Keys,
};

use crate::harness::{House, SIGNING_SECRET, VISA};

const NEW_SECRET: &str = "whsec_the_one_that_takes_its_place";

fn v1(body: &str, time: i64, secret: &str) -> String {
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{time}.{body}").as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

async fn send(house: &House, body: &str, signature: &str) -> u16 {
    let url = format!("{}/webhooks/stripe/lumen", house.url);
    let call = house.http.post(url).header("stripe-signature", signature);
    call.body(body.to_owned()).send().await.unwrap().status().as_u16()
}

fn now(house: &House) -> i64 {
    house.app.now().0 / 1000
}

#[tokio::test]
async fn what_was_signed_long_ago_or_is_signed_for_later_is_refused() {
    let house = House::start().await;
    let body = json!({"id": "evt_1", "object": "event", "type": "x.y", "livemode": false, "data": {"object": {"object": "x"}}});
    let body = body.to_string();
    let at = now(&house);
    for (time, status) in [(at - 310, 400), (at + 310, 400), (at - 290, 200), (at + 290, 200)] {
        let signature = format!("t={time},v1={}", v1(&body, time, SIGNING_SECRET));
        assert_eq!(send(&house, &body, &signature).await, status, "{}", time - at);
    }
    // The very same delivery again, later: its time is signed with it.
    let signature = format!("t={at},v1={}", v1(&body, at, SIGNING_SECRET));
    assert_eq!(send(&house, &body, &signature).await, 200);
    house.pass_minutes(6);
    assert_eq!(send(&house, &body, &signature).await, 400);
    let moved = signature.replace(&format!("t={at}"), &format!("t={}", now(&house)));
    assert_eq!(send(&house, &body, &moved).await, 400);
    for header in [
        "",
        "t=,v1=",
        "v1=00",
        "t=1",
        "t=1,v1=",
        "t=99999999999999999999,v1=00",
        ",,,=,",
    ] {
        assert_eq!(send(&house, &body, header).await, 400, "{header}");
    }
}

#[tokio::test]
async fn an_event_that_was_seen_before_changes_nothing_whatever_it_says_now() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    page.pay(4800, VISA).await.unwrap();
    let events = house.events().await;
    for event in &events {
        assert_eq!(house.webhook(event).await, 200);
    }
    let before = page.status().await.unwrap();
    assert!(matches!(
        (before.state, before.payment),
        (State::Booked, Payment::Paid { .. })
    ));
    let dump = async || {
        let rows: Vec<(String, String)> = sqlx::query_as("SELECT id, payload FROM event ORDER BY id")
            .fetch_all(house.app.store.read())
            .await
            .unwrap();
        let attempts: Vec<(String, String, i64)> = sqlx::query_as("SELECT id, state, refunded FROM attempt")
            .fetch_all(house.app.store.read())
            .await
            .unwrap();
        (rows, attempts)
    };
    let books = dump().await;
    let charge = events
        .iter()
        .find(|event| event["type"] == "charge.succeeded")
        .unwrap();
    let mut other = charge.clone();
    other["type"] = json!("refund.created");
    other["data"]["object"] = json!({"object": "refund", "id": "re_1", "amount": 4800, "status": "succeeded",
        "charge": charge["data"]["object"]["id"], "payment_intent": charge["data"]["object"]["payment_intent"]});
    assert_eq!(house.webhook(&other).await, 200);
    assert_eq!(dump().await, books);
    assert_eq!(page.status().await.unwrap().payment, before.payment);
    // Under an id of its own it would have told of a refund.
    other["id"] = json!("evt_of_its_own");
    assert_eq!(house.webhook(&other).await, 200);
    let (_, attempts) = dump().await;
    assert_eq!(attempts[0].2, 4800);
}

#[tokio::test]
async fn any_one_right_signature_is_enough_and_other_schemes_count_for_nothing() {
    let house = House::start().await;
    let body = json!({"id": "evt_1", "object": "event", "type": "x.y", "livemode": false, "data": {"object": {"object": "x"}}});
    let (body, at) = (body.to_string(), now(&house));
    let (right, wrong) = (v1(&body, at, SIGNING_SECRET), v1(&body, at, NEW_SECRET));
    for (signature, status) in [
        (format!("t={at},v1={wrong},v1={right}"), 200),
        (format!("t={at},v1={right},v1={wrong},v0=x"), 200),
        (format!("t={at},v1={wrong},v1={wrong}"), 400),
        (format!("t={at},v0={right}"), 400),
        (format!("t={at},v2={right}"), 400),
        (format!("t={at},v1={}", right.split_at(62).0), 400),
        (format!("t={at},v1={right}00"), 400),
    ] {
        assert_eq!(send(&house, &body, &signature).await, status, "{signature}");
    }
}

#[tokio::test]
async fn a_replaced_signing_secret_is_believed_for_a_day_and_no_longer() {
    let house = House::start().await;
    let keys = |signing: &str| demo::Wishes {
        keys: Keys {
            publishable: PublishableKey::parse(stripe_sandbox::PUBLISHABLE_KEY).unwrap(),
            secret: SecretKey::parse(stripe_sandbox::SECRET_KEY).unwrap(),
            signing: SigningSecret::parse(signing).unwrap(),
        },
        embedders: vec![],
        gateway: None,
        history: 0,
    };
    let mut number = 0;
    let mut told = async |secret: &str| {
        number += 1;
        let event = json!({"id": format!("evt_{number}"), "object": "event", "type": "x.y", "livemode": false,
            "data": {"object": {"object": "x"}}});
        house.webhook_raw(event.to_string(), now(&house), secret).await
    };
    assert_eq!((told(SIGNING_SECRET).await, told(NEW_SECRET).await), (200, 400));
    demo::seed(&house.app, &keys(NEW_SECRET)).await.unwrap();
    assert_eq!((told(SIGNING_SECRET).await, told(NEW_SECRET).await), (200, 200));
    // Setting the same keys once more ends nothing, and begins no new day.
    house.pass_minutes(60);
    demo::seed(&house.app, &keys(NEW_SECRET)).await.unwrap();
    house.pass_minutes(22 * 60 + 59);
    assert_eq!((told(SIGNING_SECRET).await, told(NEW_SECRET).await), (200, 200));
    house.pass_minutes(2);
    assert_eq!((told(SIGNING_SECRET).await, told(NEW_SECRET).await), (400, 200));
}
