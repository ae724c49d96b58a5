//! Several workers on one database: jobs are taken by lease, holds end once, refunds go out once.

use domain::id::BookingId;
use server::{
    api::{booking::State, confirm::Next, error::Code},
    store::job::{self, Job, Letter},
};

use crate::harness::{BANK_ASKS, House, VISA, all};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_job_is_taken_by_one_worker() {
    let first = House::start().await;
    let (second, third) = (first.beside().await, first.beside().await);
    let page = first.page();
    let held = page.hold(&first.free("svc_cut", "emp_anna").await).await.unwrap();
    write_letters(&first, &held.id, 180).await;
    all(vec![first.work(), second.work(), third.work()]).await;
    assert_eq!(
        numbers(&first, "SELECT DISTINCT tries FROM job WHERE done IS NOT NULL").await,
        [1]
    );
    assert_eq!(
        numbers(&first, "SELECT COUNT(*) FROM job WHERE done IS NOT NULL").await,
        [180]
    );
    assert_eq!(first.letters().len(), 180);
}

#[tokio::test]
async fn what_a_worker_took_and_died_with_another_does_when_the_lease_is_over() {
    let first = House::start().await;
    let second = first.beside().await;
    let page = first.page();
    let held = page.hold(&first.free("svc_cut", "emp_anna").await).await.unwrap();
    write_letters(&first, &held.id, 1).await;
    let mut write = first.app.store.write().await.unwrap();
    let now = first.app.now();
    let id = format!("{:032x}", 0);
    let taken = job::take(write.conn(), &id, now, now.plus_minutes(2))
        .await
        .unwrap();
    write.commit().await.unwrap();
    assert!(taken.is_some_and(|due| due.tries == 1));

    second.work().await;
    assert_eq!(second.letters().len(), 0, "it is the first one's");
    second.pass_minutes(2);
    second.work().await;
    assert_eq!(second.letters().len(), 1);
    assert_eq!(
        numbers(&first, "SELECT tries FROM job WHERE done IS NOT NULL").await,
        [2]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_that_two_workers_end_ends_once() {
    let first = House::start().await;
    let (second, third) = (first.beside().await, first.beside().await);
    let (slow, bank) = (first.page(), first.page());
    let wanted = first.free("svc_cut", "emp_anna").await;
    slow.hold(&wanted).await.unwrap();
    bank.hold(&first.free_nth("svc_cut", "emp_anna", 8).await)
        .await
        .unwrap();
    let Next::ConfirmWithBank { .. } = bank.pay(4800, BANK_ASKS).await.unwrap().next else {
        panic!()
    };
    let before = numbers(&first, "SELECT version FROM booking ORDER BY id").await;
    first.pass_minutes(15);
    all(vec![first.work(), second.work(), third.work()]).await;
    first.work().await;
    assert_eq!(slow.status().await.unwrap().state, State::Expired);
    assert_eq!(bank.status().await.unwrap().state, State::Expired);
    // One change for the end of each hold, and one for the end of the intent.
    let after = numbers(&first, "SELECT version FROM booking ORDER BY id").await;
    assert_eq!(after.iter().sum::<i64>(), before.iter().sum::<i64>() + 3);
    second.page().hold(&wanted).await.unwrap();
    assert_eq!(slow.pay(4800, VISA).await.unwrap_err().code, Code::HoldEnded);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_without_a_booking_goes_back_once_however_many_see_it() {
    let first = House::start().await;
    let (second, third) = (first.beside().await, first.beside().await);
    let page = first.page();
    let wanted = first.free("svc_cut", "emp_anna").await;
    page.hold(&wanted).await.unwrap();
    first
        .fault("/v1/payment_intents", "connection_reset_after", 3)
        .await;
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Wait);
    // What a lying answer, or a restored backup, would leave; and then somebody else takes the time.
    for sql in [
        "UPDATE attempt SET state = 'canceled', ask_at = NULL",
        "UPDATE booking SET state = 'expired' WHERE state = 'held'",
        "DELETE FROM claim WHERE holder IN (SELECT id FROM booking WHERE state = 'expired')",
    ] {
        sqlx::query(sql).execute(first.app.store.read()).await.unwrap();
    }
    second.page().hold(&wanted).await.unwrap();
    let events = first.events().await;
    let calls = events
        .iter()
        .flat_map(|event| [&first, &second, &third].map(|house| house.webhook(event)));
    let told = all(calls.collect()).await;
    assert!(told.iter().all(|status| *status == 200), "{told:?}");
    for _ in 0..3 {
        all(vec![first.work(), second.work(), third.work()]).await;
    }
    assert_eq!((first.taken().len(), first.kept()), (1, 0));
    assert_eq!(numbers(&first, "SELECT COUNT(*) FROM refund").await, [1]);
    assert_eq!(
        numbers(&first, "SELECT tries FROM job WHERE kind = 'refund'").await,
        [1]
    );
    let letters = first.letters();
    // Answers to a client's letter go to the salon: its address stands in both.
    let is_to = |letter: &&String, whom: &str| {
        let mut lines = letter.lines();
        lines.any(|line| line.starts_with("To: ") && line.contains(whom))
    };
    let to = |whom: &str| letters.iter().filter(|letter| is_to(letter, whom)).count();
    assert_eq!(
        (to("Ada Lovelace"), to("salon@example.com"), letters.len()),
        (1, 1, 2)
    );
}

async fn write_letters(house: &House, booking: &BookingId, count: u32) {
    let letter = Job::Mail {
        booking: booking.clone(),
        letter: Letter::Booked,
    };
    let mut write = house.app.store.write().await.unwrap();
    for number in 0..count {
        let id = format!("{number:032x}");
        job::insert(write.conn(), &id, &letter, house.app.now())
            .await
            .unwrap();
    }
    write.commit().await.unwrap();
}

async fn numbers(house: &House, sql: &'static str) -> Vec<i64> {
    let rows: Vec<(i64,)> = sqlx::query_as(sql)
        .fetch_all(house.app.store.read())
        .await
        .unwrap();
    rows.into_iter().map(|(number,)| number).collect()
}
