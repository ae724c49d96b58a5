//! The worker's parts and lanes: what can't get on holds up nothing else.

use std::time::{Duration, Instant};

use domain::{currency::Currency, id::SalonSlug};
use serde_json::json;
use server::{
    api::{
        booking::{Payment, State},
        confirm::Next,
    },
    app::App,
    mail::post::Smtp,
    office::opening::{self, NewSalon},
    store::sealed,
    worker,
};
use tokio::{net::TcpListener, sync::watch};

use crate::{
    harness::{BANK_ASKS, House, Page, VISA, keys},
    money::{control, give_back, paid},
};

/// A worker as a process has one; ends with the test.
struct Worker {
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl Worker {
    fn start(app: &App) -> Worker {
        let (stop, stopped) = watch::channel(false);
        Worker {
            stop,
            task: tokio::spawn(worker::run(app.clone(), stopped)),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Waits for something, and says whether it came in time.
async fn within(seconds: u64, mut what: impl AsyncFnMut() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(seconds) {
        if what().await {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    false
}

async fn ended(page: &Page<'_>) -> bool {
    page.status().await.unwrap().state == State::Expired
}

async fn run(house: &House, sql: &str) {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    sqlx::query(sql).execute(house.app.store.read()).await.unwrap();
}

async fn number(house: &House, sql: &'static str) -> i64 {
    let (number,): (i64,) = sqlx::query_as(sql)
        .fetch_one(house.app.store.read())
        .await
        .unwrap();
    number
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_that_never_answers_holds_up_letters_and_nothing_else() {
    let house = House::start().await;
    // It takes connections, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", silent.local_addr().unwrap());
    let app = App {
        smtp: Some(Smtp::parse(&url, "salon@example.com").unwrap()),
        mail_dir: None,
        ..house.app.clone()
    };
    paid(&house, VISA).await;
    let worker = Worker::start(&app);
    let tried = within(5, async || {
        number(
            &house,
            "SELECT COUNT(*) FROM job WHERE kind = 'mail' AND tries > 0",
        )
        .await
            > 0
    });
    assert!(tried.await, "the letter is under way");
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    assert!(give_back(&house, 4800).await);
    house.pass_minutes(16);
    assert!(
        within(5, async || ended(&page).await).await,
        "the hold did not end"
    );
    assert!(within(5, async || house.kept() == 0).await, "no refund was made");
    assert_eq!(
        number(
            &house,
            "SELECT COUNT(*) FROM job WHERE done IS NOT NULL AND kind = 'mail'"
        )
        .await,
        0
    );
    drop(worker);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_salon_whose_stripe_is_slow_holds_up_no_other_salon() {
    let house = House::start().await;
    let (slow, other) = (
        waits_for_its_bank(&house, 0).await,
        waits_for_its_bank(&house, 8).await,
    );
    move_to_another_salon(&house, &other).await;
    let (intent,): (String,) = sqlx::query_as("SELECT intent FROM attempt WHERE salon = 'lumen'")
        .fetch_one(house.app.store.read())
        .await
        .unwrap();
    let fault = json!({"path": format!("/v1/payment_intents/{intent}/cancel"), "fault": "slow", "times": 9, "delay_ms": 11_000});
    control(&house, "faults", fault).await;
    house.pass_minutes(16);
    let worker = Worker::start(&house.app);
    assert!(
        within(6, async || ended(&other).await).await,
        "the other salon waits"
    );
    assert!(!ended(&slow).await);

    // Told to stop, it finishes what it is at, and begins nothing.
    worker.stop.send(true).unwrap();
    let stopped = within(12, async || worker.task.is_finished()).await;
    assert!(stopped, "it did not stop");
    assert!(ended(&slow).await, "what was under way was not finished");
}

#[tokio::test]
async fn told_to_stop_a_worker_that_has_nothing_to_do_stops_at_once() {
    let house = House::start().await;
    let mut worker = Worker::start(&house.app);
    tokio::time::sleep(Duration::from_millis(300)).await;
    worker.stop.send(true).unwrap();
    let stopped = tokio::time::timeout(Duration::from_secs(2), &mut worker.task).await;
    stopped.unwrap().unwrap();
}

#[tokio::test]
async fn holds_that_can_t_end_yet_keep_no_other_from_ending() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    house
        .fault("/v1/payment_intents", "connection_reset_before", 9)
        .await;
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Wait);
    for copy in 0..60 {
        copy_of_the_hold(&house, copy, "NULL").await;
    }
    let left = house.page();
    let wanted = house.free_nth("svc_cut", "emp_anna", 8).await;
    left.hold(&wanted).await.unwrap();
    house.pass_minutes(16);
    run(&house, "UPDATE attempt SET ask_at = NULL").await;
    house.work().await;
    assert!(ended(&left).await, "it waits for those that can't end");
    assert_eq!(page.status().await.unwrap().payment, Payment::UnderWay);
    house.page().hold(&wanted).await.unwrap();
}

#[tokio::test]
async fn the_end_of_a_hold_that_stripe_does_not_allow_is_tried_ever_less_often() {
    let house = House::start().await;
    let page = waits_for_its_bank(&house, 0).await;
    for copy in 0..60 {
        copy_of_the_hold(&house, copy, &format!("'pi_of_nobody_{copy}'")).await;
    }
    let left = house.page();
    left.hold(&house.free_nth("svc_cut", "emp_anna", 8).await)
        .await
        .unwrap();
    house.pass_minutes(16);
    run(&house, "UPDATE attempt SET ask_at = NULL").await;
    let tried = || number(&house, "SELECT CAST(SUM(end_tries) AS BIGINT) FROM booking");
    house.work().await;
    house.work().await;
    assert!(
        ended(&left).await && ended(&page).await,
        "they wait for those that can't end"
    );
    assert_eq!(tried().await, 60);
    house.work().await;
    assert_eq!(tried().await, 60, "not at each tick");
    house.pass_minutes(1);
    house.work().await;
    house.work().await;
    assert_eq!(tried().await, 120);
    assert_eq!(
        number(&house, "SELECT COUNT(*) FROM booking WHERE state = 'held'").await,
        60
    );
}

#[tokio::test]
async fn a_job_that_nobody_can_read_keeps_no_other_from_being_done() {
    let house = House::start().await;
    paid(&house, VISA).await;
    for (id, payload) in [("0", "{\"do\": \"what_a_newer_server_does\"}"), ("1", "no json")] {
        sqlx::query("INSERT INTO job (id, kind, payload, run_at) VALUES ($1, 'mail', $2, 0)")
            .bind(id)
            .bind(payload)
            .execute(house.app.store.read())
            .await
            .unwrap();
    }
    // The letter waits in the same lane.
    run(&house, "UPDATE job SET salon = ''").await;
    house.work().await;
    assert_eq!(house.letters().len(), 1);
    let tries = || {
        number(
            &house,
            "SELECT CAST(SUM(tries) AS BIGINT) FROM job WHERE id IN ('0', '1') AND last_error <> ''",
        )
    };
    assert_eq!(tries().await, 2);
    house.pass_minutes(59);
    house.work().await;
    assert_eq!(tries().await, 2);
    house.pass_minutes(2);
    house.work().await;
    assert_eq!(tries().await, 4);
}

#[tokio::test]
async fn a_job_knows_its_salon() {
    let house = House::start().await;
    paid(&house, VISA).await;
    assert!(give_back(&house, 4800).await);
    house.work().await;
    let salons: Vec<(String,)> = sqlx::query_as("SELECT DISTINCT salon FROM job")
        .fetch_all(house.app.store.read())
        .await
        .unwrap();
    assert_eq!(salons, [("lumen".to_owned(),)]);
}

async fn waits_for_its_bank<'a>(house: &'a House, nth: usize) -> Page<'a> {
    let page = house.page();
    page.hold(&house.free_nth("svc_cut", "emp_anna", nth).await)
        .await
        .unwrap();
    let next = page.pay(4800, BANK_ASKS).await.unwrap().next;
    assert!(matches!(next, Next::ConfirmWithBank { .. }));
    page
}

/// As if this page's booking were another salon's, with the same keys.
async fn move_to_another_salon(house: &House, page: &Page<'_>) {
    let new = NewSalon::parse(
        "other",
        Currency::EUR.code(),
        "Europe/Vienna",
        "AT",
        "a@example.com",
        "Other",
    );
    opening::open(&house.app, &new.unwrap()).await.unwrap();
    let slug = SalonSlug::parse("other").unwrap();
    let mut write = house.app.store.write().await.unwrap();
    sealed::set_up(
        write.conn(),
        &house.app.master_key,
        &slug,
        &keys(),
        &[],
        house.app.now(),
    )
    .await
    .unwrap();
    write.commit().await.unwrap();
    let reference = page.status().await.unwrap().reference;
    run(
        house,
        &format!("UPDATE booking SET salon = 'other' WHERE reference = '{reference}'"),
    )
    .await;
    run(
        house,
        "UPDATE attempt SET salon = 'other' WHERE booking IN (SELECT id FROM booking WHERE salon = 'other')",
    )
    .await;
}

/// Another hold like the first, with an open payment of this intent, that ends before it.
async fn copy_of_the_hold(house: &House, copy: usize, intent: &str) {
    let sql = format!(
        "INSERT INTO booking (id, salon, reference, version, state, hold_until, employee, starts, ends, client_name, \
         email, phone, note, language, choice, quote, created) \
         SELECT 'bkg_{copy:032x}', salon, 'copy{copy}', 1, state, hold_until - 1, employee, starts, ends, client_name, \
         email, phone, note, language, choice, quote, created FROM booking WHERE reference NOT LIKE 'copy%' AND state = 'held'"
    );
    run(house, &sql).await;
    let sql = format!(
        "INSERT INTO attempt (id, booking, purpose, salon, sum, currency, state, confirmation_token, intent, created) \
         SELECT 'pay_{copy:032x}', 'bkg_{copy:032x}', purpose, salon, sum, currency, state, confirmation_token, {intent}, created \
         FROM attempt WHERE id NOT IN (SELECT id FROM attempt WHERE booking IN (SELECT id FROM booking WHERE reference LIKE 'copy%'))"
    );
    run(house, &sql).await;
}
