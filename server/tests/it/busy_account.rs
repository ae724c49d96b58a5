//! An account on which much moves: its list is read in parts, and goes on where it stopped.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::StatusCode,
    routing::get,
};
use serde_json::{Value, json};

use crate::harness::{House, sandbox};

/// Stripe's list, and nothing else of Stripe: one movement every ten minutes until now.
#[derive(Clone, Default)]
struct Account {
    movements: i64,
    now: i64,
    calls: Arc<AtomicUsize>,
    /// After so many calls it does not answer any more.
    good_for: Arc<AtomicUsize>,
}

const PAUSE: i64 = 600;

async fn list(
    State(account): State<Account>,
    Query(asked): Query<HashMap<String, String>>,
) -> Result<Json<Value>, StatusCode> {
    if account.calls.fetch_add(1, Ordering::SeqCst) >= account.good_for.load(Ordering::SeqCst) {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    let number = |name: &str| asked.get(name).map(|text| text.parse::<i64>().unwrap());
    let (from, to) = (number("created[gte]").unwrap(), number("created[lt]"));
    let before = asked
        .get("starting_after")
        .map(|id| id.trim_start_matches("txn_").parse::<i64>().unwrap());
    // Number 0 is the oldest.
    let created = |number: i64| account.now - (account.movements - number) * PAUSE;
    let mut found: Vec<i64> = (0..before.unwrap_or(account.movements))
        .filter(|number| created(*number) >= from && to.is_none_or(|to| created(*number) < to))
        .collect();
    found.reverse();
    let data: Vec<Value> = found
        .iter()
        .take(100)
        .map(|number| {
            json!({"id": format!("txn_{number}"), "type": "stripe_fee", "amount": -100, "fee": 0, "currency": "eur",
                   "created": created(*number), "source": null})
        })
        .collect();
    Ok(Json(
        json!({"object": "list", "has_more": found.len() > 100, "data": data}),
    ))
}

async fn house(movements: i64, good_for: usize) -> (House, Account) {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let account = Account {
        movements,
        now: i64::try_from(now.as_secs()).unwrap(),
        good_for: Arc::new(AtomicUsize::new(good_for)),
        ..Account::default()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new()
        .route("/v1/balance_transactions", get(list))
        .with_state(account.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let house = House::start_with(sandbox().await, url).await;
    (house, account)
}

async fn kept(house: &House) -> i64 {
    let sql = "SELECT COUNT(*) FROM settled";
    let (count,): (i64,) = sqlx::query_as(sql)
        .fetch_one(house.app.store.read())
        .await
        .unwrap();
    count
}

async fn never_read(house: &House) {
    sqlx::query("UPDATE salon SET settled_until = 0, settle_at = 0")
        .execute(house.app.store.read())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_long_list_is_read_to_its_end_however_often_stripe_stops_answering() {
    let (house, account) = house(4_000, 0).await;
    never_read(&house).await;
    let mut steps = vec![];
    for _ in 0..8 {
        // Each time it answers some calls, and then no more.
        account.calls.store(0, Ordering::SeqCst);
        account.good_for.store(40, Ordering::SeqCst);
        house.work().await;
        steps.push(kept(&house).await);
        if steps.last() == Some(&4_000) {
            break;
        }
        house.pass_minutes(6);
    }
    assert_eq!(steps.last(), Some(&4_000), "{steps:?}");
    assert!(
        steps.windows(2).all(|pair| pair[0] <= pair[1]),
        "it goes on where it stopped: {steps:?}"
    );
    assert!(steps.len() > 2, "{steps:?}");
    // What is new then is one page of the last day, or two.
    account.calls.store(0, Ordering::SeqCst);
    house.pass_minutes(11);
    house.work().await;
    let calls = account.calls.load(Ordering::SeqCst);
    assert!(calls <= 2, "{calls}");
}

#[tokio::test]
async fn what_an_account_moved_before_its_keys_were_set_is_not_read() {
    let (house, _) = house(4_000, 1_000).await;
    house.work().await;
    // Of the day before, and of the day before that, which is looked at again.
    let kept = kept(&house).await;
    assert!((280..=290).contains(&kept), "{kept}");
}
