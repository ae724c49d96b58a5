//! The end of a hold beside a payment of it: what the model of the protocol found (`docs/decisions/0011-model-checking.md`).

use std::time::Duration;

use serde_json::json;
use server::api::{
    booking::{Payment, State},
    confirm::{Next, Pay},
    error::Code,
};

use crate::{
    harness::{BANK_ASKS, House, VISA, eur},
    money::control,
};

const INTENTS: &str = "/v1/payment_intents";

#[tokio::test]
async fn nothing_is_asked_of_a_payment_whose_first_call_is_under_way() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    house.fault(INTENTS, "connection_reset_before", 3).await;
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Wait);
    // As `confirm` has left it a moment ago, with its call not at Stripe yet.
    house.pass_minutes(16);
    let now = house.app.now();
    sqlx::query("UPDATE attempt SET state = 'created', asks = 0, created = $1, ask_at = $2")
        .bind(now.0)
        .bind(now.plus_millis(15_000).0)
        .execute(house.app.store.read())
        .await
        .unwrap();
    house.work().await;
    assert!(house.taken().is_empty(), "a question took the money");
    assert_eq!(page.status().await.unwrap().payment, Payment::UnderWay);
    // The call is long over: now it is asked what became of it.
    house.pass_minutes(1);
    house.work().await;
    assert_eq!(page.status().await.unwrap().state, State::Booked);
    assert_eq!(house.kept(), 4800);
}

#[tokio::test]
async fn a_payment_that_stays_unknown_is_not_asked_about_at_every_tick() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    house.fault(INTENTS, "connection_reset_before", 100).await;
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Wait);
    house.pass_minutes(16);
    house.work().await;
    let after_one = struck(&house).await;
    for _ in 0..4 {
        house.work().await;
    }
    assert_eq!(struck(&house).await, after_one);
    assert_eq!(page.status().await.unwrap().payment, Payment::UnderWay);
}

#[tokio::test]
async fn the_longer_a_payment_is_unknown_the_less_often_it_is_asked_about() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    house.fault(INTENTS, "connection_reset_before", 1_000).await;
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Wait);
    // After how many minutes it is asked about again, the first seven times.
    let mut pauses = Vec::new();
    for _ in 0..7 {
        let before = struck(&house).await;
        let mut minutes = 0;
        while struck(&house).await == before {
            let step = if minutes < 2 { 1 } else { 5 };
            house.pass_minutes(step);
            minutes += step;
            house.work().await;
            assert!(minutes <= 70, "it is asked about no more: {pauses:?}");
        }
        pauses.push(minutes);
    }
    assert_eq!(pauses, [1, 1, 1, 12, 12, 12, 62]);
}

/// How often the fault that waits has struck.
async fn struck(house: &House) -> u64 {
    let faults = house.http.get(format!("{}/_sandbox/faults", house.sandbox.url()));
    let faults: serde_json::Value = faults.send().await.unwrap().json().await.unwrap();
    faults["data"][0]["struck"].as_u64().unwrap()
}

#[tokio::test]
async fn who_was_too_late_may_hold_and_pay_again() {
    let house = House::start().await;
    let page = house.page();
    let choice = house.free("svc_cut", "emp_anna").await;
    page.hold(&choice).await.unwrap();
    house.fault(INTENTS, "connection_reset_after", 3).await;
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Wait);
    // Not known for more than a day, and taken for ended: somebody else gets the time.
    for sql in [
        "UPDATE attempt SET state = 'canceled', ask_at = NULL",
        "UPDATE booking SET state = 'expired'",
        "DELETE FROM claim",
    ] {
        sqlx::query(sql).execute(house.app.store.read()).await.unwrap();
    }
    let other = house.page();
    other.hold(&choice).await.unwrap();
    for event in house.events().await {
        assert_eq!(house.webhook(&event).await, 200);
    }
    house.work().await;
    let late = page.status().await.unwrap();
    assert_eq!(
        (late.state, late.payment),
        (State::Expired, Payment::GivenBack { sum: eur(4800) })
    );

    // A declined card, another card, and the books tell the two sums apart.
    let later = house.free_nth("svc_cut", "emp_anna", 9).await;
    let held = page.hold(&later).await.unwrap();
    assert!(matches!(held.state, State::Held { .. }));
    assert_eq!(held.payment, Payment::None, "of the new hold nothing is paid");
    assert_eq!(
        page.settle().await.unwrap().next,
        Next::Done,
        "nothing is under way"
    );
    assert_eq!(page.status().await.unwrap().payment, Payment::None);
    let paid = page.pay(4800, VISA).await.unwrap();
    assert_eq!(
        (paid.next, paid.booking.state, paid.booking.payment),
        (Next::Done, State::Booked, Payment::Paid { sum: eur(4800) })
    );
    house.work().await;
    assert_eq!((house.taken().len(), house.kept()), (2, 4800));
    assert_eq!(page.pay(4800, VISA).await.unwrap_err().code, Code::AlreadyPaid);
}

/// Its time is gone, and the salon has given some of it back in the dashboard before we knew that it was paid.
#[tokio::test]
async fn of_money_that_came_for_nothing_only_the_rest_goes_back() {
    let house = House::start().await;
    let page = house.page();
    let choice = house.free("svc_cut", "emp_anna").await;
    page.hold(&choice).await.unwrap();
    house.fault(INTENTS, "connection_reset_after", 3).await;
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Wait);
    let charge = house.taken()[0].clone();
    sqlx::query("UPDATE attempt SET state = 'canceled', ask_at = NULL, intent = $1")
        .bind(charge["payment_intent"].as_str().unwrap())
        .execute(house.app.store.read())
        .await
        .unwrap();
    for sql in ["UPDATE booking SET state = 'expired'", "DELETE FROM claim"] {
        sqlx::query(sql).execute(house.app.store.read()).await.unwrap();
    }
    house.page().hold(&choice).await.unwrap();
    let id = charge["id"].as_str().unwrap();
    let back = serde_json::json!({ "amount": 1000 });
    control(&house, &format!("charges/{id}/refund"), back).await;
    let (refunds, others): (Vec<_>, Vec<_>) = house
        .events()
        .await
        .into_iter()
        .partition(|event| event["data"]["object"]["object"] == "refund");
    assert!(!refunds.is_empty());
    for event in refunds.iter().chain(&others) {
        assert_eq!(house.webhook(event).await, 200);
    }
    house.work().await;
    assert_eq!(house.kept(), 0);
    let after = page.status().await.unwrap();
    assert_eq!(after.payment, Payment::GivenBack { sum: eur(4800) });
}

#[tokio::test]
async fn a_hold_taken_again_is_not_ended_by_an_older_list() {
    let house = House::start().await;
    let (first, second) = (house.page(), house.page());
    first
        .hold(&house.free("svc_cut", "emp_anna").await)
        .await
        .unwrap();
    first.pay(4800, BANK_ASKS).await.unwrap();
    house.pass_minutes(1);
    let choice = house.free_nth("svc_cut", "emp_anna", 9).await;
    second.hold(&choice).await.unwrap();
    house.pass_minutes(15);
    // The worker lists both, and Stripe takes its time for the first.
    let body = serde_json::json!(
        {"path": "/v1/payment_intents/*/cancel", "fault": "slow", "times": 2, "delay_ms": 4_000}
    );
    let faults = format!("{}/_sandbox/faults", house.sandbox.url());
    let answer = house.http.post(faults).json(&body).send().await.unwrap();
    assert!(answer.status().is_success());
    let app = house.app.clone();
    let worker = tokio::spawn(async move { server::worker::tick(&app).await });
    // Meanwhile the other client takes her time again, and her bank asks her.
    let listed = async {
        while struck(&house).await == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), listed)
        .await
        .unwrap();
    second.hold(&choice).await.unwrap();
    let asked = pay_now(&second, house.card(BANK_ASKS).await).await;
    assert!(!worker.is_finished(), "the test was too slow to mean anything");
    worker.await.unwrap();
    let Next::ConfirmWithBank { client_secret } = asked else {
        panic!("{asked:?}")
    };
    house.bank(&client_secret, "complete").await;
    assert_eq!(second.settle().await.unwrap().next, Next::Done);
    assert_eq!(first.status().await.unwrap().state, State::Expired);
    assert_eq!(house.kept(), 4800);
}

async fn pay_now(page: &crate::harness::Page<'_>, confirmation_token: String) -> Next {
    let sum = eur(4800);
    page.confirm(Pay::Card {
        sum,
        confirmation_token,
    })
    .await
    .unwrap()
    .next
}

#[tokio::test]
async fn a_small_payment_that_was_declined_can_t_pay_for_what_costs_more() {
    let house = House::start().await;
    let page = house.page();
    let cheap = house.free_nth("svc_colour", "emp_anna", 40).await;
    page.hold(&cheap).await.unwrap();
    let Next::ConfirmWithBank { client_secret } = page.pay(2850, BANK_ASKS).await.unwrap().next else {
        panic!()
    };
    house.bank(&client_secret, "fail").await;
    let next = page.settle().await.unwrap().next;
    assert!(matches!(next, Next::AnotherTry { .. }), "{next:?}");
    // The same page takes something else, and confirms the intent of before, whose secret it still has.
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    let intent = client_secret.split("_secret_").next().unwrap();
    let path = format!("/v1/payment_intents/{intent}/confirm");
    let form = [
        ("payment_method", "pm_card_visa"),
        ("return_url", "https://example.com/"),
    ];
    let paid = house.stripe_post(&path, &form).await;
    assert_eq!(paid["status"], "succeeded", "{paid}");
    house.work().await;
    house.work().await;
    let seen = page.status().await.unwrap();
    assert!(matches!(seen.state, State::Held { .. }), "{seen:?}");
    assert_eq!((seen.payment, house.kept()), (Payment::None, 0));
    let told = |part: &str| {
        house
            .letters()
            .iter()
            .any(|letter| letter.replace("=\r\n", "").contains(part))
    };
    assert!(told("not the sum that is to be paid"), "{:?}", house.letters());
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Done);
    assert_eq!(house.kept(), 4800);
}

#[tokio::test]
async fn a_declined_payment_that_is_confirmed_again_after_another_card_has_paid_goes_back() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    let Next::ConfirmWithBank { client_secret } = page.pay(4800, BANK_ASKS).await.unwrap().next else {
        panic!()
    };
    house.bank(&client_secret, "fail").await;
    let next = page.settle().await.unwrap().next;
    assert!(matches!(next, Next::AnotherTry { .. }), "{next:?}");
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Done);
    // In another tab, which still has its secret, and before the worker has cancelled it.
    confirm_again(&house, &client_secret).await;
    assert_eq!(house.kept(), 9600);
    for _ in 0..3 {
        house.work().await;
    }
    let seen = page.status().await.unwrap();
    assert_eq!(
        (seen.state, seen.payment),
        (State::Booked, Payment::Paid { sum: eur(4800) })
    );
    assert_eq!((house.taken().len(), house.kept()), (2, 4800));
}

#[tokio::test]
async fn a_failure_that_stripe_keeps_for_a_day_holds_no_time_for_a_day() {
    for (fault, stored) in [("500_before", true), ("500_after", true)] {
        let house = House::start().await;
        let page = house.page();
        let choice = house.free("svc_cut", "emp_anna").await;
        page.hold(&choice).await.unwrap();
        let next = page.pay(4800, BANK_ASKS).await.unwrap().next;
        assert!(matches!(next, Next::ConfirmWithBank { .. }), "{next:?}");
        let fault = json!({"path": "/v1/payment_intents/*/cancel", "fault": fault, "stored": stored});
        control(&house, "faults", fault).await;
        house.pass_minutes(16);
        for _ in 0..3 {
            house.work().await;
            house.pass_minutes(2);
        }
        let state = page.status().await.unwrap().state;
        assert_eq!(state, State::Expired);
        house.page().hold(&choice).await.unwrap();
    }
}

/// A payer who still has the secret of a declined payment confirms it once more, with a card that works.
pub async fn confirm_again(house: &House, client_secret: &str) {
    let intent = client_secret.split("_secret_").next().unwrap();
    let path = format!("/v1/payment_intents/{intent}/confirm");
    let form = [
        ("payment_method", "pm_card_visa"),
        ("return_url", "https://example.com/"),
    ];
    assert_eq!(house.stripe_post(&path, &form).await["status"], "succeeded");
}
