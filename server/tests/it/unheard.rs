//! What no webhook told, or one told too early: it is asked for.

use serde_json::json;
use server::api::{
    booking::{Payment, State},
    confirm::Next,
};

use crate::{
    harness::{House, VISA, eur},
    money::{advance, control, give_back, paid},
};

const INTENTS: &str = "/v1/payment_intents";
const INQUIRY: &str = "4000000000001976";
const REFUND_WAITS: &str = "4000000000007726";

async fn one(house: &House, sql: &'static str) -> Option<String> {
    let row: Option<(String,)> = sqlx::query_as(sql)
        .fetch_optional(house.app.store.read())
        .await
        .unwrap();
    row.map(|(text,)| text)
}

/// The bank asks before we know that there was a payment. An inquiry moves nothing: no list tells of it.
#[tokio::test]
async fn a_dispute_told_of_before_its_payment_is_known_is_read_when_it_is() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    house.fault(INTENTS, "connection_reset_after", 3).await;
    assert_eq!(page.pay(4800, INQUIRY).await.unwrap().next, Next::Wait);
    advance(&house, "all").await;
    for event in house.events().await {
        if event["type"].as_str().unwrap().starts_with("charge.dispute.") {
            assert_eq!(house.webhook(&event).await, 200);
        }
    }
    assert_eq!(one(&house, "SELECT id FROM dispute").await, None);
    for _ in 0..2 {
        house.pass_minutes(11);
        house.work().await;
    }
    assert_eq!(page.status().await.unwrap().state, State::Booked);
    let state = one(&house, "SELECT state FROM dispute").await;
    assert_eq!(state.as_deref(), Some("warning_needs_response"));
    let told = |letter: &&String| letter.contains("is disputed");
    assert_eq!(house.letters().iter().filter(told).count(), 1);
}

#[tokio::test]
async fn a_refund_on_its_way_is_asked_about_every_few_hours() {
    let house = House::start().await;
    paid(&house, REFUND_WAITS).await;
    give_back(&house, 2000).await;
    house.work().await;
    let state = "SELECT state FROM refund";
    assert_eq!(one(&house, state).await.as_deref(), Some("pending"));
    // Still on its way at the first question, and not asked again at once.
    house.pass_minutes(6 * 60 + 1);
    house.work().await;
    advance(&house, "refunds").await;
    house.pass_minutes(5 * 60);
    house.work().await;
    assert_eq!(one(&house, state).await.as_deref(), Some("pending"));
    house.pass_minutes(60);
    house.work().await;
    assert_eq!(one(&house, state).await.as_deref(), Some("succeeded"));
    let waiting = "SELECT kind FROM job WHERE kind = 'await_refund' AND done IS NULL";
    assert_eq!(one(&house, waiting).await, None);
}

/// Stripe answers nothing for days, and has forgotten the key by then: what it would be asked again is refused, and what was
/// taken stands in its list.
#[tokio::test]
async fn a_payment_unknown_for_days_is_found_in_the_list() {
    for (fault, taken) in [("connection_reset_before", 0), ("connection_reset_after", 4800)] {
        let house = House::start().await;
        let page = house.page();
        page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
        house.fault(INTENTS, fault, 3).await;
        assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Wait);
        house.fault("*", "connection_reset_before", 100).await;
        house.pass_minutes(60);
        house.work().await;
        let during = page.status().await.unwrap();
        assert_eq!(
            during.payment,
            Payment::UnderWay,
            "{fault}: the time is still kept"
        );

        let faults = format!("{}/_sandbox/faults", house.sandbox.url());
        house.http.delete(faults).send().await.unwrap();
        control(&house, "clock", json!({ "advance_s": 2 * 86_400 })).await;
        // Stripe's list has what was taken once its fee is known.
        advance(&house, "fees").await;
        house.pass_minutes(2 * 24 * 60);
        house.work().await;
        house.work().await;
        let after = page.status().await.unwrap();
        assert_eq!(house.kept(), taken, "{fault}");
        if taken == 0 {
            assert_eq!((after.state, after.payment), (State::Expired, Payment::None));
        } else {
            let sum = eur(taken);
            assert_eq!(
                (after.state, after.payment),
                (State::Booked, Payment::Paid { sum })
            );
        }
    }
}

/// A reading that its process did not survive has kept some of a list and not all of it. What is missing may stand behind pages
/// of what is known.
#[tokio::test]
async fn a_gap_in_the_list_is_found_behind_pages_that_are_known() {
    let house = House::start().await;
    paid(&house, VISA).await;
    // Other sales of the salon's account.
    let sale = [
        ("amount", "500"),
        ("currency", "eur"),
        ("confirm", "true"),
        ("payment_method", "pm_card_visa"),
        ("allowed_payment_method_types[]", "card"),
    ];
    for _ in 0..100 {
        let made = house.stripe_post(INTENTS, &sale).await;
        assert_eq!(made["status"], "succeeded", "{made}");
    }
    advance(&house, "all").await;
    house.pass_minutes(11);
    house.work().await;
    let ours = "SELECT source FROM settled WHERE source IN (SELECT charge FROM attempt)";
    let charge = one(&house, ours).await;
    assert!(charge.is_some());
    sqlx::query("DELETE FROM settled WHERE source IN (SELECT charge FROM attempt)")
        .execute(house.app.store.read())
        .await
        .unwrap();
    house.pass_minutes(11);
    house.work().await;
    assert_eq!(one(&house, ours).await, charge);
}

/// When an entry was booked, in minutes from when its money moved.
async fn booked(house: &House, kind: &str, moved: i64) -> i64 {
    let (at,): (i64,) = sqlx::query_as("SELECT at FROM ledger WHERE kind = $1")
        .bind(kind)
        .fetch_one(house.app.store.read())
        .await
        .unwrap();
    (at - moved).abs() / 60_000
}

#[tokio::test]
async fn what_is_heard_of_a_day_later_is_booked_on_the_day_it_happened() {
    for asked in [true, false] {
        let house = House::start().await;
        let moved = house.app.now().0;
        let page = house.page();
        page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
        house.fault(INTENTS, "connection_reset_after", 3).await;
        assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Wait);
        if !asked {
            sqlx::query("UPDATE attempt SET ask_at = NULL")
                .execute(house.app.store.read())
                .await
                .unwrap();
            advance(&house, "all").await;
        }
        house.pass_minutes(24 * 60);
        house.work().await;
        assert_eq!(page.status().await.unwrap().state, State::Booked);
        assert_eq!(booked(&house, "captured", moved).await, 0, "asked: {asked}");
    }
    for (card, kind) in [(VISA, "refunded"), ("4000000000000259", "dispute_withdrawn")] {
        let house = House::start().await;
        let moved = house.app.now().0;
        paid(&house, card).await;
        if card == VISA {
            let charge = house.taken()[0]["id"].as_str().unwrap().to_owned();
            control(&house, &format!("charges/{charge}/refund"), json!({})).await;
        }
        advance(&house, "all").await;
        house.pass_minutes(24 * 60);
        house.work().await;
        house.work().await;
        assert_eq!(booked(&house, kind, moved).await, 0, "{kind}");
    }
}
