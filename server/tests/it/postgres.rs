//! What is PostgreSQL's alone: transactions side by side, and what it does to them. Started by
//! `cargo xtask test --only postgres`.

use std::{pin::pin, time::Duration};

use domain::payment::{BookingState, Observation};
use server::{
    api::{
        booking::{Payment, State},
        confirm::Next,
        error::Code,
    },
    config::DatabaseUrl,
    payments::{Seen, observe},
    store::{Store, StoreError, attempt, booking},
};
use sqlx::{AssertSqlSafe, Connection as _};

use crate::harness::{Answer, BANK_ASKS, Books, House, VISA, eur};

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test --only postgres"]
async fn of_two_transactions_on_one_booking_the_second_notices() {
    let house = House::start().await;
    let page = house.page();
    let id = page
        .hold(&house.free("svc_cut", "emp_anna").await)
        .await
        .unwrap()
        .id;
    let read = booking::find(house.app.store.read(), &id).await.unwrap().unwrap();
    let (mut first, mut second) = (
        house.app.store.write().await.unwrap(),
        house.app.store.write().await.unwrap(),
    );
    assert!(
        booking::advance(first.conn(), &id, read.version, read.state)
            .await
            .unwrap()
    );
    let waiting = booking::advance(second.conn(), &id, read.version, read.state);
    let mut waiting = Box::pin(waiting);
    let early = tokio::time::timeout(Duration::from_millis(200), &mut waiting).await;
    assert!(early.is_err(), "it waits for the first: {early:?}");
    first.commit().await.unwrap();
    assert!(!waiting.await.unwrap());
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test --only postgres"]
async fn a_row_that_is_refused_leaves_nothing_of_its_transaction() {
    let house = House::start().await;
    let (page, wanted) = (house.page(), house.free("svc_cut", "emp_anna").await);
    let refusal = Refusal {
        code: "unique_violation",
        deferred: false,
        times: 1_000,
    };

    refusal.of(&house, "booking", "INSERT").await;
    assert_eq!(page.hold(&wanted).await.unwrap_err().code, Code::Busy);
    assert_eq!(
        number(
            &house,
            "SELECT COUNT(*) FROM claim c JOIN booking b ON b.id = c.holder WHERE b.state = 'held'"
        )
        .await,
        0
    );
    refusal.end(&house, "booking").await;
    let held = page.hold(&wanted).await.unwrap();

    let version = format!("SELECT version FROM booking WHERE id = '{}'", held.id);
    let before = number(&house, &version).await;
    refusal.of(&house, "attempt", "INSERT").await;
    assert_eq!(page.pay(4800, VISA).await.unwrap_err().code, Code::InProgress);
    assert_eq!(number(&house, &version).await, before);
    refusal.end(&house, "attempt").await;

    refusal.of(&house, "booking", "UPDATE").await;
    assert_eq!(
        house.page().open(&house.visit_link).await.unwrap_err().code,
        Code::NotYours
    );
    assert_eq!(
        number(&house, "SELECT COUNT(*) FROM visit_link WHERE opened IS NOT NULL").await,
        0
    );
    refusal.end(&house, "booking").await;

    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Done);
    assert_eq!(house.kept(), 4800);
}

/// CockroachDB and the like refuse at the commit what ran beside something else. Whoever is told `Busy` does it again.
#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test --only postgres"]
async fn commits_refused_for_what_ran_beside_them_lose_and_double_nothing() {
    for (table, event) in [
        ("booking", "INSERT"),
        ("booking", "UPDATE"),
        ("attempt", "INSERT"),
        ("attempt", "UPDATE"),
        ("event", "INSERT"),
    ] {
        let house = House::start().await;
        let page = house.page();
        let refusal = Refusal {
            code: "serialization_failure",
            deferred: true,
            times: 2,
        };
        refusal.of(&house, table, event).await;
        let wanted = house.free("svc_cut", "emp_anna").await;
        let held = until_not_busy(async || page.hold(&wanted).await).await;
        // A page that was told `Busy` pays again, or is told that a payment is under way and asks about it.
        let paid = match until_not_busy_or(async || page.pay(4800, VISA).await).await {
            Ok(paid) => paid,
            Err(error) => {
                assert!(
                    matches!(error.code, Code::InProgress | Code::AlreadyPaid),
                    "{error:?}"
                );
                house.pass_minutes(1);
                until_not_busy(async || page.settle().await).await
            }
        };
        assert_eq!(paid.next, Next::Done, "{table} {event}");
        for event in house.events().await {
            let mut told = 503;
            for _ in 0..5 {
                if told != 200 {
                    told = house.webhook(&event).await;
                }
            }
            assert_eq!(told, 200);
        }
        house.work().await;
        let after = page.status().await.unwrap();
        assert_eq!(
            (after.id, after.state, after.payment),
            (held.id, State::Booked, Payment::Paid { sum: eur(4800) })
        );
        assert_eq!(
            (house.taken().len(), house.letters().len()),
            (1, 1),
            "{table} {event}"
        );
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test --only postgres"]
async fn a_transaction_that_hangs_holds_up_the_others_for_as_long_as_the_address_says() {
    let books = Books::fresh().await;
    let url = format!("{}&options[lock_timeout]=300", books.url());
    let store = Store::open(&DatabaseUrl::parse(url).unwrap()).await.unwrap();
    let mut hanging = store.write().await.unwrap();
    sqlx::query("LOCK TABLE job")
        .execute(hanging.conn())
        .await
        .unwrap();
    let mut other = store.write().await.unwrap();
    let error = sqlx::query("DELETE FROM job")
        .execute(other.conn())
        .await
        .unwrap_err();
    assert!(matches!(StoreError::from(error), StoreError::Busy(_)));
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test --only postgres"]
async fn connections_that_are_cut_are_made_anew() {
    let house = House::start().await;
    let page = house.page();
    let wanted = house.free("svc_cut", "emp_anna").await;
    for _ in 0..3 {
        cut_all(&house).await;
        page.hold(&wanted).await.unwrap();
    }
    cut_all(&house).await;
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Done);
    cut_all(&house).await;
    house.work().await;
    assert_eq!(house.letters().len(), 1);
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test --only postgres"]
async fn a_server_goes_on_while_a_newer_one_adds_columns() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    for table in ["booking", "attempt", "salon", "service", "employee"] {
        page.status().await.unwrap();
        execute(&house, &format!("ALTER TABLE {table} ADD COLUMN later TEXT")).await;
    }
    page.status().await.unwrap();
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Done);
}

/// Each read of a transaction sees what is committed by then, so two reads may be of two moments: a booking that still waits,
/// with an attempt that has paid it, must not be told as money that came too late.
#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test --only postgres"]
async fn what_is_booked_between_two_reads_is_not_told_as_too_late() {
    let house = House::start().await;
    let (asking, seeing) = (house.page(), house.page());
    for (nth, page) in [&asking, &seeing].into_iter().enumerate() {
        page.hold(&house.free_nth("svc_cut", "emp_anna", nth * 8).await)
            .await
            .unwrap();
        assert!(matches!(
            page.pay(4800, BANK_ASKS).await.unwrap().next,
            Next::ConfirmWithBank { .. }
        ));
    }
    let settled = booked_between_reads(&house, asking.settle()).await;
    assert_eq!(settled.unwrap().next, Next::Done);

    execute(
        &house,
        "UPDATE booking SET state = 'held' WHERE hold_until IS NOT NULL",
    )
    .await;
    execute(&house, "UPDATE attempt SET state = 'requires_action'").await;
    let id = seeing.status().await.unwrap().id;
    let attempt = attempt::of_booking(house.app.store.read(), &id)
        .await
        .unwrap()
        .remove(0);
    let seen = Seen::only(Observation::Succeeded);
    let after = booked_between_reads(&house, observe(&house.app, &attempt, &seen)).await;
    assert_eq!(after.unwrap().booking.state, BookingState::Booked);
}

/// Begins a call and books and pays everything at the moment when it has read a booking and is about to read its
/// attempts.
async fn booked_between_reads<T>(house: &House, call: impl Future<Output = T>) -> T {
    // Locked before the call begins: one that came first would find nothing to wait for.
    let mut write = house.app.store.write().await.unwrap();
    for sql in [
        "LOCK TABLE attempt",
        "UPDATE attempt SET state = 'succeeded', ask_at = NULL",
        "UPDATE booking SET state = 'booked', version = version + 1 WHERE state = 'held'",
    ] {
        sqlx::query(sql).execute(write.conn()).await.unwrap();
    }
    let waiting = async {
        let waiting = "SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND relation = 'attempt'::regclass";
        while number(house, waiting).await == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let mut call = pin!(call);
    tokio::select! {
        _ = &mut call => panic!("the call read no attempts"),
        () = waiting => write.commit().await.unwrap(),
    }
    call.await
}

/// A trigger that makes PostgreSQL refuse what is done to a table, the first so many times.
struct Refusal {
    code: &'static str,
    /// At the commit, not at the statement.
    deferred: bool,
    times: u32,
}

impl Refusal {
    async fn of(&self, house: &House, table: &str, event: &str) {
        let (code, times) = (self.code, self.times);
        // What a sequence counted is not rolled back.
        execute(house, "CREATE SEQUENCE IF NOT EXISTS refused").await;
        execute(house, "ALTER SEQUENCE refused RESTART").await;
        let body = format!(
            "IF nextval('refused') <= {times} THEN RAISE EXCEPTION 'for the test' USING ERRCODE = '{code}'; END IF; \
             RETURN NEW;"
        );
        execute(
            house,
            &format!(
                "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {body} END$$"
            ),
        )
        .await;
        let kind = if self.deferred {
            format!("CONSTRAINT TRIGGER refuse AFTER {event} ON {table} DEFERRABLE INITIALLY DEFERRED")
        } else {
            format!("TRIGGER refuse BEFORE {event} ON {table}")
        };
        execute(
            house,
            &format!("CREATE {kind} FOR EACH ROW EXECUTE FUNCTION refuse()"),
        )
        .await;
    }

    async fn end(&self, house: &House, table: &str) {
        execute(house, &format!("DROP TRIGGER refuse ON {table}")).await;
    }
}

async fn until_not_busy_or<T>(call: impl AsyncFn() -> Answer<T>) -> Answer<T> {
    let mut answer = call().await;
    for _ in 0..5 {
        match answer {
            Err(error) if error.code == Code::Busy => answer = call().await,
            other => return other,
        }
    }
    answer
}

async fn until_not_busy<T>(call: impl AsyncFn() -> Answer<T>) -> T {
    until_not_busy_or(call)
        .await
        .unwrap_or_else(|error| panic!("{error:?}"))
}

async fn cut_all(house: &House) {
    let mut conn = sqlx::AnyConnection::connect(&house.database()).await.unwrap();
    sqlx::raw_sql(
        "SELECT CAST(pg_terminate_backend(pid) AS TEXT) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .execute(&mut conn)
    .await
    .unwrap();
}

async fn execute(house: &House, sql: &str) {
    let mut conn = sqlx::AnyConnection::connect(&house.database()).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&mut conn)
        .await
        .unwrap();
}

async fn number(house: &House, sql: &str) -> i64 {
    let mut conn = sqlx::AnyConnection::connect(&house.database()).await.unwrap();
    let row: (i64,) = sqlx::query_as(AssertSqlSafe(sql.to_owned()))
        .fetch_one(&mut conn)
        .await
        .unwrap();
    row.0
}
