//! Stripe's events: believed only when signed, kept once, right in any order.

use domain::role::Role;
use serde_json::{Value, json};
use server::api::{
    booking::{Payment, State},
    confirm::Next,
};

use crate::{
    desk::Desk,
    harness::{DECLINED, House, SIGNING_SECRET, VISA, eur},
    money::paid,
};

#[tokio::test]
async fn only_signed_ones_are_believed() {
    let house = House::start().await;
    let event = json!({"id": "evt_1", "object": "event", "type": "charge.succeeded", "livemode": false,
        "data": {"object": {"id": "ch_1", "object": "charge", "status": "succeeded", "captured": true}}});
    let now = house.app.now().0 / 1000;
    for (time, secret, live, status) in [
        (now, "whsec_another_secret_altogether", false, 400),
        (now - 301, SIGNING_SECRET, false, 400),
        // Some seconds may pass before the server looks.
        (now + 360, SIGNING_SECRET, false, 400),
        (now, SIGNING_SECRET, true, 400),
        (now, SIGNING_SECRET, false, 200),
    ] {
        let mut event = event.clone();
        event["livemode"] = json!(live);
        assert_eq!(
            house.webhook_raw(event.to_string(), time, secret).await,
            status,
            "{time} {secret} {live}"
        );
    }
    assert_eq!(
        house
            .webhook_raw("{\"id\":1}".to_owned(), now, SIGNING_SECRET)
            .await,
        400
    );
    let none = house
        .http
        .post(format!("{}/webhooks/stripe/nobody", house.url))
        .body("{}");
    assert_eq!(none.send().await.unwrap().status().as_u16(), 404);
    let unsigned = house
        .http
        .post(format!("{}/webhooks/stripe/lumen", house.url))
        .body(event.to_string());
    assert_eq!(unsigned.send().await.unwrap().status().as_u16(), 400);
    assert_eq!(events_kept(&house).await, 1);
}

#[tokio::test]
async fn the_charge_events_alone_complete_a_payment_whose_answer_was_lost_in_any_order() {
    for turn in 0..3 {
        let house = House::start().await;
        let page = house.page();
        page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
        // Nothing is known of the intent: the attempt's id in the event's metadata finds it.
        house
            .fault("/v1/payment_intents", "connection_reset_after", 3)
            .await;
        assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Wait);
        let mut events: Vec<Value> = house.events().await;
        events.retain(|event| event["type"].as_str().unwrap().starts_with("charge."));
        assert!(!events.is_empty());
        let length = events.len();
        events.rotate_left(turn % length);
        for event in events.iter().chain(&events) {
            assert_eq!(house.webhook(event).await, 200);
        }
        let after = page.status().await.unwrap();
        assert_eq!(
            (after.state, after.payment),
            (State::Booked, Payment::Paid { sum: eur(4800) })
        );
        assert_eq!(events_kept(&house).await, i64::try_from(length).unwrap());
        house.work().await;
        assert_eq!(house.letters().len(), 1, "one letter, however often it was told");
    }
}

#[tokio::test]
async fn a_late_event_of_a_failed_card_does_not_undo_the_payment() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    page.pay(4800, DECLINED).await.unwrap();
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Done);
    let mut events = house.events().await;
    events.reverse();
    for event in &events {
        assert_eq!(house.webhook(event).await, 200);
    }
    let after = page.status().await.unwrap();
    assert_eq!(
        (after.state, after.payment),
        (State::Booked, Payment::Paid { sum: eur(4800) })
    );
}

#[tokio::test]
async fn an_event_about_a_payment_that_is_not_ours_is_kept_and_changes_nothing() {
    let house = House::start().await;
    house
        .stripe_post("/v1/payment_intents", &[("amount", "1000"), ("currency", "eur")])
        .await;
    for event in house.events().await {
        assert_eq!(house.webhook(&event).await, 200);
    }
    let (attempts,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM attempt")
        .fetch_one(house.app.store.read())
        .await
        .unwrap();
    assert_eq!(attempts, 0);
}

async fn events_kept(house: &House) -> i64 {
    sqlx::query_as::<_, (i64,)>("SELECT COUNT(*) FROM event")
        .fetch_one(house.app.store.read())
        .await
        .unwrap()
        .0
}

#[tokio::test]
async fn an_earlier_charge_heard_of_late_does_not_take_the_place_of_the_paid_one() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    page.pay(4800, DECLINED).await.unwrap();
    // Before the intent is cancelled, the payer's page confirms it with another card.
    let intents = house.stripe_get("/v1/payment_intents").await;
    let intent = intents["data"][0]["id"].as_str().unwrap();
    let path = format!("/v1/payment_intents/{intent}/confirm");
    let form = [
        ("payment_method", "pm_card_visa"),
        ("return_url", "https://example.com/"),
    ];
    assert_eq!(house.stripe_post(&path, &form).await["status"], "succeeded");
    let events = house.events().await;
    for kind in [
        "charge.succeeded",
        "charge.failed",
        "payment_intent.payment_failed",
    ] {
        let event = events.iter().find(|event| event["type"] == kind).unwrap();
        assert_eq!(house.webhook(event).await, 200, "{kind}");
    }
    let paid = house.taken()[0]["id"].as_str().unwrap().to_owned();
    let kept: (String, Option<String>) = sqlx::query_as("SELECT state, charge FROM attempt")
        .fetch_one(house.app.store.read())
        .await
        .unwrap();
    assert_eq!(kept, ("succeeded".to_owned(), Some(paid)));
}

/// The page does not offer it (`wallets: { link: 'never' }`); should Stripe take it all the same, the money counts.
#[tokio::test]
async fn what_was_paid_with_link_counts_and_is_told_to_the_salon_once() {
    for (brand, wallet) in [
        ("link", None),
        ("visa", Some("link")),
        ("visa", Some("apple_pay")),
    ] {
        let house = House::start().await;
        let page = paid(&house, VISA).await;
        let booking = page.status().await.unwrap();
        // Two events of one charge: one is told of.
        for number in 0..2 {
            for mut event in house.events().await {
                if event["data"]["object"]["object"] == "charge" {
                    let card = &mut event["data"]["object"]["payment_method_details"]["card"];
                    card["brand"] = brand.into();
                    card["wallet"] = wallet.map_or(Value::Null, |kind| json!({ "type": kind }));
                    event["id"] = format!("{}_{number}", event["id"].as_str().unwrap()).into();
                }
                assert_eq!(house.webhook(&event).await, 200);
            }
        }
        assert_eq!(
            page.status().await.unwrap().payment,
            Payment::Paid { sum: eur(4800) }
        );
        let desk = Desk::of(&house, Role::Owner).await;
        let seen = desk.get(&format!("visits/{}", booking.id)).await.text;
        let told = usize::from(wallet != Some("apple_pay"));
        assert_eq!(
            seen.matches("EUR 48.00 was paid with Link").count(),
            told,
            "{brand} {wallet:?}"
        );
    }
}
