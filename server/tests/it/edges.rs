//! What only shows at its edges: how long is waited between tries, how far back is looked, and that old news changes nothing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::http::StatusCode;
use domain::{key::SecretKey, time::Moment};
use serde_json::json;
use server::{
    api::{
        booking::{Payment, State},
        confirm::Next,
        error::Code,
    },
    payments::ask::pause,
    stripe::{StripeClient, StripeError, client::Patience},
};

use crate::harness::{BANK_ASKS, House, VISA, eur};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const INTENTS: &str = "/v1/payment_intents";

#[test]
fn stripe_is_asked_again_after_seconds_then_minutes_then_hours() {
    let all = [
        (i64::MIN, 15 * SECOND),
        (0, 15 * SECOND),
        (1, 2 * SECOND),
        (2, 5 * SECOND),
        (3, 15 * SECOND),
        (4, MINUTE),
        (6, MINUTE),
        (7, 10 * MINUTE),
        (12, 10 * MINUTE),
        (13, HOUR),
        (i64::MAX, HOUR),
    ];
    for (asks, wait) in all {
        assert_eq!(pause(asks), wait, "{asks}");
    }
}

#[tokio::test]
async fn a_payment_that_stays_unknown_is_asked_about_ever_less_often() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    house.fault(INTENTS, "409", 1_000).await;
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Wait);
    let mut before = 0;
    loop {
        let (asks, ask_at): (i64, i64) = row(&house, "SELECT asks, ask_at FROM attempt").await;
        assert!(asks > before, "{asks} after {before}");
        assert_eq!(wait(&house, ask_at, pause(asks)), pause(asks), "{asks}");
        if pause(asks) == HOUR {
            break;
        }
        before = asks;
        house.pass_minutes(pause(asks) / MINUTE + 1);
        house.work().await;
    }
}

#[tokio::test]
async fn a_letter_that_can_t_be_written_is_tried_after_2_seconds_then_after_twice_as_long_up_to_an_hour() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Done);
    // No folder: a file stands in its place.
    let folder = house.app.mail_dir.clone().unwrap().to_path_buf();
    std::fs::write(&folder, "").unwrap();
    let mut waits = Vec::new();
    for _ in 0..13 {
        house.work().await;
        let (_, run_at): (i64, i64) = row(&house, "SELECT tries, run_at FROM job WHERE kind = 'mail'").await;
        let expected = ((2 * SECOND) << waits.len()).min(HOUR);
        waits.push(wait(&house, run_at, expected));
        assert_eq!(waits.last(), Some(&expected), "{waits:?}");
        house.pass_minutes(expected / MINUTE + 1);
    }
    std::fs::remove_file(&folder).unwrap();
    house.work().await;
    assert_eq!(house.letters().len(), 1);
}

#[tokio::test]
async fn stripe_s_list_is_read_every_ten_minutes_and_after_five_when_that_failed() {
    let house = House::start().await;
    let due = "SELECT settled_until, settle_at FROM salon";
    house.work().await;
    let (_, next): (i64, i64) = row(&house, due).await;
    assert_eq!(wait(&house, next, 10 * MINUTE), 10 * MINUTE);
    house.pass_minutes(11);
    house.fault("/v1/balance_transactions", "500_before", 3).await;
    house.work().await;
    let (_, next): (i64, i64) = row(&house, due).await;
    assert_eq!(wait(&house, next, 5 * MINUTE), 5 * MINUTE);
}

#[tokio::test]
async fn what_stripe_lists_up_to_a_day_late_is_found() {
    for (hours, found) in [(23, 1), (25, 0)] {
        let house = House::start().await;
        let page = house.page();
        page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
        assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Done);
        house
            .http
            .post(format!("{}/_sandbox/advance", house.sandbox.url()))
            .json(&json!({"what": "fees"}))
            .send()
            .await
            .unwrap();
        let known = house.app.now().0 / SECOND + hours * 3_600;
        sqlx::query("UPDATE salon SET settled_until = $1")
            .bind(known)
            .execute(house.app.store.read())
            .await
            .unwrap();
        house.work().await;
        let (kept,): (i64,) = row(&house, "SELECT COUNT(*) FROM settled").await;
        assert_eq!(kept, found, "known up to {hours} hours later");
    }
}

#[tokio::test]
async fn old_news_changes_nothing() {
    let house = House::start().await;
    for card in [BANK_ASKS, VISA] {
        let page = house.page();
        page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
        page.pay(4800, card).await.unwrap();
        let all = "SELECT CAST(SUM(a.asks) AS BIGINT), CAST(SUM(COALESCE(a.ask_at, 0)) AS BIGINT), \
                   CAST(SUM(b.version) AS BIGINT), (SELECT COUNT(*) FROM job), (SELECT COUNT(*) FROM ledger) \
                   FROM attempt a JOIN booking b ON b.id = a.booking";
        let before: (i64, i64, i64, i64, i64) = row(&house, all).await;
        for mut event in house.events().await {
            // Each is told as an event that was never seen.
            event["id"] = json!(format!("{}again{card}", event["id"].as_str().unwrap()));
            assert_eq!(house.webhook(&event).await, 200);
        }
        assert_eq!(
            row::<(i64, i64, i64, i64, i64)>(&house, all).await,
            before,
            "{card}"
        );
    }
}

#[tokio::test]
async fn what_is_learned_of_a_paid_attempt_later_is_kept() {
    let ids = "SELECT intent, charge FROM attempt";
    for first in ["payment_intent.succeeded", "charge.succeeded"] {
        let house = House::start().await;
        let page = house.page();
        page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
        house.fault(INTENTS, "connection_reset_after", 3).await;
        assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Wait);
        let mut events = house.events().await;
        events.retain(|event| {
            ["payment_intent.succeeded", "charge.succeeded"].contains(&event["type"].as_str().unwrap())
        });
        events.sort_by_key(|event| event["type"] != first);
        let charge = house.taken()[0].clone();
        // The first one names nothing but itself.
        let object = &mut events[0]["data"]["object"];
        object["latest_charge"] = json!(null);
        object["payment_intent"] = json!(null);
        for event in &events {
            assert_eq!(house.webhook(event).await, 200);
        }
        let known: (Option<String>, Option<String>) = row(&house, ids).await;
        let known = (json!(known.0), json!(known.1));
        assert_eq!(
            known,
            (charge["payment_intent"].clone(), charge["id"].clone()),
            "{first}"
        );
    }
}

#[tokio::test]
async fn a_key_that_stripe_refuses_says_nothing_of_a_payment_under_way() {
    let house = House::start().await;
    let page = house.page();
    let choice = house.free("svc_cut", "emp_anna").await;
    page.hold(&choice).await.unwrap();
    house.fault(INTENTS, "connection_reset_after", 3).await;
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Wait);
    // The owner rolls the key in Stripe's dashboard, and sets it here an hour later.
    let (good,): (String,) = row(&house, "SELECT secret_key FROM salon").await;
    let other = "sk_test_51KeyThatNobodyKnows";
    set_key(
        &house,
        &house.app.master_key.seal("lumen/secret_key", other).unwrap(),
    )
    .await;
    for _ in 0..6 {
        house.pass_minutes(11);
        house.work().await;
        assert_eq!(page.status().await.unwrap().payment, Payment::UnderWay);
        let refused = house.page().hold(&choice).await.unwrap_err();
        assert_eq!(refused.code, Code::SlotTaken);
    }
    set_key(&house, &good).await;
    house.pass_minutes(61);
    house.work().await;
    let known = page.status().await.unwrap();
    assert_eq!(
        (known.state, known.payment),
        (State::Booked, Payment::Paid { sum: eur(4800) })
    );
    assert_eq!(house.kept(), 4800);
}

async fn set_key(house: &House, sealed: &str) {
    sqlx::query("UPDATE salon SET secret_key = $1")
        .bind(sealed)
        .execute(house.app.store.read())
        .await
        .unwrap();
}

/// From now until then, in milliseconds; `expected` itself when it is that but for the moments a test takes.
fn wait(house: &House, until: i64, expected: i64) -> i64 {
    let left = Moment(until).since(house.app.now());
    if (expected - 1_500..=expected).contains(&left) {
        expected
    } else {
        left
    }
}

async fn row<T>(house: &House, sql: &'static str) -> T
where
    T: Send + Unpin + for<'r> sqlx::FromRow<'r, sqlx::any::AnyRow>,
{
    sqlx::query_as(sql)
        .fetch_one(house.app.store.read())
        .await
        .unwrap()
}

/// Stripe asks for another try of what it refused, such as while something else has the object.
#[tokio::test]
async fn a_refusal_that_wants_another_try_is_no_definite_no() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let answer = move || {
        let number = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            let refused = json!({"error": {"type": "invalid_request_error", "code": "lock_timeout", "message": "Locked."}});
            let again = if number < 5 { "true" } else { "false" };
            (
                StatusCode::BAD_REQUEST,
                [("stripe-should-retry", again)],
                refused.to_string(),
            )
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(answer)).await });
    let patience = Patience {
        pause: Duration::ZERO,
        ..Patience::default()
    };
    let client = StripeClient::with_patience(&url, patience).unwrap();
    let key = SecretKey::parse(stripe_sandbox::SECRET_KEY).unwrap();
    let three = client.intent(&key, "pi_1").await.unwrap_err();
    assert!(matches!(three, StripeError::Unknown(_)), "{three:?}");
    assert_eq!(calls.load(Ordering::SeqCst), 3);
    let said_no = client.intent(&key, "pi_1").await.unwrap_err();
    assert!(
        matches!(said_no, StripeError::Refused { status: 400, .. }),
        "{said_no:?}"
    );
    assert_eq!(calls.load(Ordering::SeqCst), 6);
}
