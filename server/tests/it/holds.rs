//! Taking a slot, losing it, taking it again.

use serde_json::json;
use server::api::{
    booking::{Booking, Payment, State},
    confirm::Next,
    error::Code,
    free_times::FreeTimes,
};

use crate::{
    harness::{BANK_ASKS, House, VISA, all, eur},
    processes::group_event,
};

#[tokio::test]
async fn of_many_at_once_one_gets_the_slot() {
    let house = House::start().await;
    let choice = house.free("svc_cut", "emp_anna").await;
    let pages: Vec<_> = (0..12).map(|_| house.page()).collect();
    let mut tasks = Vec::new();
    for page in &pages {
        tasks.push(page.hold(&choice));
    }
    let mut held = 0;
    for answer in all(tasks).await {
        match answer {
            Ok(_) => held += 1,
            Err(error) => assert_eq!(error.code, Code::SlotTaken),
        }
    }
    assert_eq!(held, 1);
}

#[tokio::test]
async fn an_overlapping_visit_is_refused_and_a_touching_one_is_not() {
    let house = House::start().await;
    let first = house.free("svc_cut", "emp_anna").await;
    house.page().hold(&first).await.unwrap();
    let mut overlapping = first.clone();
    overlapping.start = first.start.plus_minutes(30);
    assert_eq!(
        house.page().hold(&overlapping).await.unwrap_err().code,
        Code::SlotTaken
    );
    let mut touching = first;
    touching.start = touching.start.plus_minutes(45);
    house.page().hold(&touching).await.unwrap();
}

#[tokio::test]
async fn sent_again_it_is_the_same_hold_and_another_choice_replaces_it() {
    let house = House::start().await;
    let (first, second) = (
        house.free("svc_cut", "emp_anna").await,
        house.free_nth("svc_cut", "emp_anna", 8).await,
    );
    let page = house.page();
    let held = page.hold(&first).await.unwrap();
    assert_eq!(page.hold(&first).await.unwrap().id, held.id);
    let moved = page.hold(&second).await.unwrap();
    assert_eq!((moved.id, moved.start), (held.id, second.start));
    // The first time is free again.
    house.page().hold(&first).await.unwrap();
}

#[tokio::test]
async fn it_runs_out_and_can_be_taken_again_in_one_step() {
    let house = House::start().await;
    let page = house.page();
    let choice = house.free("svc_cut", "emp_anna").await;
    let held = page.hold(&choice).await.unwrap();
    house.pass_minutes(15);
    assert_eq!(page.pay(4800, VISA).await.unwrap_err().code, Code::HoldEnded);
    house.work().await;
    assert_eq!(page.status().await.unwrap().state, State::Expired);
    let again = page.hold(&choice).await.unwrap();
    assert_eq!(again.id, held.id);
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Done);
    assert_eq!(house.taken().len(), 1);
}

#[tokio::test]
async fn run_out_and_taken_by_somebody_else() {
    let house = House::start().await;
    let choice = house.free("svc_cut", "emp_anna").await;
    let (slow, quick) = (house.page(), house.page());
    slow.hold(&choice).await.unwrap();
    house.pass_minutes(15);
    house.work().await;
    quick.hold(&choice).await.unwrap();
    assert_eq!(slow.hold(&choice).await.unwrap_err().code, Code::SlotTaken);
    assert_eq!(slow.pay(4800, VISA).await.unwrap_err().code, Code::HoldEnded);
    assert!(house.taken().is_empty());
}

#[tokio::test]
async fn a_hold_that_ends_while_the_bank_waits_cancels_the_intent_first() {
    let house = House::start().await;
    let page = house.page();
    let choice = house.free("svc_cut", "emp_anna").await;
    page.hold(&choice).await.unwrap();
    let Next::ConfirmWithBank { .. } = page.pay(4800, BANK_ASKS).await.unwrap().next else {
        panic!()
    };
    house.pass_minutes(15);
    house.work().await;
    let after = page.settle().await.unwrap();
    assert_eq!((after.next, after.booking.state), (Next::TooLate, State::Expired));
    let intents = house.stripe_get("/v1/payment_intents").await;
    assert_eq!(intents["data"][0]["status"], "canceled");
    house.page().hold(&choice).await.unwrap();
}

#[tokio::test]
async fn a_hold_that_ends_after_the_bank_was_satisfied_is_booked() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    let Next::ConfirmWithBank { client_secret } = page.pay(4800, BANK_ASKS).await.unwrap().next else {
        panic!()
    };
    // The page went away after the bank's dialog, and no webhook ever came.
    house.bank(&client_secret, "complete").await;
    house.pass_minutes(15);
    house.work().await;
    let after = page.status().await.unwrap();
    assert_eq!(
        (after.state, after.payment),
        (State::Booked, Payment::Paid { sum: eur(4800) })
    );
}

#[tokio::test]
async fn what_the_salon_does_not_offer_can_t_be_held() {
    let house = House::start().await;
    let good = house.free("svc_cut", "emp_anna").await;
    let at_night = good.start.plus_minutes(12 * 60);
    let off_step = good.start.plus_minutes(5);
    let past = good.start.plus_minutes(-60 * 24 * 30);
    for start in [at_night, off_step, past] {
        let mut choice = good.clone();
        choice.start = start;
        assert_eq!(
            house.page().hold(&choice).await.unwrap_err().code,
            Code::SlotTaken,
            "{start:?}"
        );
    }
    let mut other = good.clone();
    other.employee = domain::id::EmployeeId::parse("emp_lea").unwrap();
    assert_eq!(
        house.page().hold(&other).await.unwrap_err().field.as_deref(),
        Some("employee")
    );
}

#[tokio::test]
async fn who_holds_a_time_is_offered_it_and_nobody_else_is() {
    let house = House::start().await;
    let choice = house.free("svc_cut", "emp_anna").await;
    let page = house.page();
    page.hold(&choice).await.unwrap();
    let stranger = house.page();
    let is_offered = async |token| {
        let request = json!({"salon": "lumen", "services": ["svc_cut"], "employee": "emp_anna", "from": null, "days": 31});
        let times: FreeTimes = house.call("free-times", token, &request).await.unwrap();
        times
            .days
            .iter()
            .flat_map(|day| &day.times)
            .any(|time| time.start == choice.start)
    };
    assert!(is_offered(Some(&page.token)).await);
    assert!(!is_offered(Some(&stranger.token)).await);
    assert!(!is_offered(None).await);
    // Once it is booked, it is taken for everybody.
    page.pay(4800, VISA).await.unwrap();
    assert!(!is_offered(Some(&page.token)).await);
}

#[tokio::test]
async fn days_end_where_nothing_can_be_booked_any_more_and_the_answer_says_where() {
    let house = House::start().await;
    let days = async |from: Option<&str>| {
        let request =
            json!({"salon": "lumen", "services": ["svc_cut"], "employee": null, "from": from, "days": 7});
        let times: FreeTimes = house.call("free-times", None, &request).await.unwrap();
        times
    };
    let first = days(None).await;
    assert_eq!(first.days.len(), 7);
    let end = days(Some(&first.last)).await;
    let dates: Vec<&str> = end.days.iter().map(|day| day.date.as_str()).collect();
    assert_eq!(dates, [first.last.as_str()]);
    let beyond = days(Some("2100-01-01")).await;
    assert_eq!(
        (beyond.days.len(), beyond.next, beyond.last),
        (0, None, first.last)
    );
}

/// Lets time pass until so many minutes before this start.
fn until(house: &House, start: domain::time::Moment, minutes: i64) {
    let left = start.plus_minutes(-minutes).since(house.app.now());
    assert!(left > 0, "it is too late already");
    house.pass_minutes(left / 60_000);
}

async fn lead_of_an_hour(house: &House) {
    sqlx::query("UPDATE salon SET lead_minutes = 60")
        .execute(house.app.store.read())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_seat_that_was_held_in_time_is_paid_though_the_event_is_near_by_then() {
    let house = House::start().await;
    lead_of_an_hour(&house).await;
    let event = group_event(&house).await;
    until(&house, event.start, 62);
    let page = house.page();
    page.hold(&event).await.unwrap();
    house.pass_minutes(5);
    let late = house.page().hold(&event).await.unwrap_err();
    assert_eq!(late.code, Code::SlotTaken, "nobody else takes one any more");
    assert_eq!(page.pay(3500, VISA).await.unwrap().next, Next::Done);
}

#[tokio::test]
async fn who_held_a_time_takes_it_again_though_it_is_near_by_then() {
    let house = House::start().await;
    lead_of_an_hour(&house).await;
    let choice = house.free_nth("svc_cut", "emp_anna", 40).await;
    until(&house, choice.start, 62);
    let page = house.page();
    page.hold(&choice).await.unwrap();
    house.pass_minutes(16);
    house.work().await;
    assert_eq!(page.status().await.unwrap().state, State::Expired);
    assert_eq!(
        house.page().hold(&choice).await.unwrap_err().code,
        Code::SlotTaken
    );
    page.hold(&choice).await.unwrap();
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Done);

    // What has begun is over for everybody.
    let choice = house.free_nth("svc_cut", "emp_jonas", 40).await;
    until(&house, choice.start, 62);
    let page = house.page();
    page.hold(&choice).await.unwrap();
    house.pass_minutes(63);
    house.work().await;
    assert_eq!(page.hold(&choice).await.unwrap_err().code, Code::SlotTaken);
}

#[tokio::test]
async fn taken_again_from_another_tab_the_telephone_and_the_note_stay() {
    let house = House::start().await;
    let page = house.page();
    let choice = house.free("svc_cut", "emp_anna").await;
    let kept = async |house: &House| -> (String, String) {
        sqlx::query_as("SELECT phone, note FROM booking WHERE choice IS NOT NULL")
            .fetch_one(house.app.store.read())
            .await
            .unwrap()
    };
    let hold = async |phone: &str, note: &str, again: bool| {
        let client = json!({"name": "Ada Lovelace", "email": "ada@example.com", "phone": phone, "note": note, "language": "en"});
        let request = json!({"choice": &choice, "client": client, "again": again});
        let held: Booking = house.call("hold", Some(&page.token), &request).await.unwrap();
        held
    };
    let number = "+43 1 234 56 78";
    hold(number, "The bell is broken.", false).await;
    house.pass_minutes(16);
    house.work().await;
    // The other tab knows the name and the address alone.
    hold("", "", true).await;
    let both = (number.to_owned(), "The bell is broken.".to_owned());
    assert_eq!(kept(&house).await, both);
    // What was typed there counts, and who empties the fields has them empty.
    hold("", "It works again.", true).await;
    assert_eq!(
        kept(&house).await,
        (number.to_owned(), "It works again.".to_owned())
    );
    hold("", "", false).await;
    assert_eq!(kept(&house).await, (String::new(), String::new()));
}
