//! Stripe out of reach, the database locked, the disk full: a clear sentence, and nothing half written.

use server::api::{
    booking::{Payment, State},
    confirm::Next,
    error::Code,
};
use sqlx::Connection as _;

use crate::harness::{House, VISA, sandbox};

#[tokio::test]
async fn stripe_can_t_be_reached_and_then_it_can() {
    let sandbox = sandbox().await;
    // A port that nobody listens on.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let house = House::start_with(sandbox, format!("http://{nobody}")).await;
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    let error = page.pay(4800, VISA).await.unwrap_err();
    assert_eq!(error.code, Code::PaymentDown);
    assert!(error.message.contains("Nothing was charged"), "{error}");
    let after = page.status().await.unwrap();
    assert!(matches!(after.state, State::Held { .. }));
    // Definite: the payer may try again at once.
    assert_eq!(after.payment, Payment::None);
}

#[tokio::test]
async fn a_locked_database_refuses_for_a_moment_and_changes_nothing() {
    let house = House::start_on_sqlite().await;
    let page = house.page();
    let choice = house.free("svc_cut", "emp_anna").await;
    let mut other = sqlx::AnyConnection::connect(&house.database()).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let error = page.hold(&choice).await.unwrap_err();
    assert_eq!(error.code, Code::Busy);
    // Reading goes on.
    assert_eq!(
        house
            .http
            .get(format!("{}/healthz", house.url))
            .send()
            .await
            .unwrap()
            .status()
            .as_u16(),
        200
    );
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    page.hold(&choice).await.unwrap();
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Done);
}

#[tokio::test]
async fn a_full_disk_refuses_and_changes_nothing() {
    let house = House::start_on_sqlite().await;
    let page = house.page();
    let choice = house.free("svc_cut", "emp_anna").await;
    page.hold(&choice).await.unwrap();
    set_room(&house, "PRAGMA max_page_count = 1").await;
    let mut refused = None;
    for number in 0..200 {
        if let Err(error) = house
            .page()
            .hold_for(&house.free_nth("svc_fringe", "emp_jonas", number).await, "a@b.at")
            .await
        {
            refused = Some(error);
            break;
        }
    }
    let error = refused.expect("the database never filled up");
    assert_eq!(error.code, Code::Failed);
    assert!(error.message.contains("Nothing was charged"), "{error}");
    set_room(&house, "PRAGMA max_page_count = 1073741823").await;
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Done);
    let (broken,): (i64,) = sqlx::query_as(
        "SELECT COUNT(*) FROM booking b WHERE NOT EXISTS (SELECT 1 FROM claim c WHERE c.holder = b.id) \
         OR NOT EXISTS (SELECT 1 FROM booking_line l WHERE l.booking = b.id)",
    )
    .fetch_one(house.app.store.read())
    .await
    .unwrap();
    assert_eq!(broken, 0);
}

/// Sets how large the database may grow, on the connection that writes.
async fn set_room(house: &House, pragma: &'static str) {
    let mut write = house.app.store.write().await.unwrap();
    sqlx::query(pragma).execute(write.conn()).await.unwrap();
    write.commit().await.unwrap();
}
