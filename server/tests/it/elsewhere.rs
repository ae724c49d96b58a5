//! A salon that turns to another account at Stripe: what was not over on the one before is put aside, and told.

use domain::role::Role;
use serde_json::{Value, json};
use server::api::{
    booking::{Booking, State},
    confirm::Next,
};

use crate::{
    cancelling::paid,
    desk::{Desk, hidden},
    harness::{BANK_ASKS, House, VISA},
    modes::TEST,
    money::{advance, control},
};

const DISPUTED: &str = "4000000000000259";
const REFUND_TAKES_TIME: &str = "4000000000007726";
const OTHER: [(&str, &str); 4] = [
    ("publishable", "pk_test_51AnotherAccount0000001"),
    ("secret", "sk_test_51AnotherAccount0000001"),
    ("webhook", "auto"),
    ("another", "yes"),
];

/// The salon of a house whose account is known, with a second one at Stripe.
async fn with_two_accounts(house: &House) -> Desk<'_> {
    let mut desk = Desk::of(house, Role::Owner).await;
    assert_eq!(desk.post("methods", &TEST).await.status, 200);
    let second =
        json!({"publishable_key": OTHER[0].1, "secret_key": OTHER[1].1, "display_name": "Lumen anew"});
    control(house, "accounts", second).await;
    desk
}

async fn turn(desk: &mut Desk<'_>, form: &[(&str, &str)]) {
    let seen = desk.post("methods", form).await;
    assert_eq!(seen.status, 200, "{}", seen.text);
}

/// Calls that the second account was asked, but for what is asked about the account itself.
async fn questions(house: &House) -> Vec<String> {
    let url = format!("{}/_sandbox/state?key={}", house.sandbox.url(), OTHER[1].1);
    let state: Value = house.http.get(url).send().await.unwrap().json().await.unwrap();
    let calls = state["calls"].as_object().unwrap_or_else(|| panic!("{state}"));
    calls
        .keys()
        .filter(|call| {
            ["/refunds", "/payment_intents"]
                .iter()
                .any(|of| call.contains(of))
        })
        .cloned()
        .collect()
}

async fn book(house: &House, employee: &str, card: &str) -> Booking {
    let page = house.page();
    page.hold(&house.free("svc_cut", employee).await).await.unwrap();
    page.pay(4800, card).await.unwrap().booking
}

async fn cancel(desk: &mut Desk<'_>, booking: &Booking) {
    let path = format!("visits/{}", booking.id);
    let seen = desk.get(&path).await.text;
    let shown = hidden(&seen, &format!("{path}/cancel")).remove(0).1;
    let done = desk.post(&format!("{path}/cancel"), &[("shown", &shown)]).await;
    assert_eq!(done.status, 303, "{}", done.text);
}

/// Presses *Done* on each task about the account before.
async fn done_with_all(desk: &mut Desk<'_>) -> usize {
    let today = desk.get("today").await.text;
    let mut count = 0;
    for task in today.split("elsewhere/").skip(1) {
        let path = format!("elsewhere/{}", task.split('"').next().unwrap());
        assert_eq!(desk.post(&path, &[]).await.status, 303);
        assert_eq!(desk.post(&path, &[]).await.status, 409, "once");
        count += 1;
    }
    count
}

#[tokio::test]
async fn what_was_not_over_on_the_account_before_is_told_and_not_asked_about_without_end() {
    let house = House::start().await;
    let mut desk = with_two_accounts(&house).await;
    book(&house, "emp_anna", DISPUTED).await;
    advance(&house, "all").await;
    house.pass_minutes(11);
    house.work().await;
    let slow = book(&house, "emp_anna", REFUND_TAKES_TIME).await;
    let visit = format!("visits/{}", slow.id);
    assert_eq!(desk.give_back(&visit, "20", "complaint").await.status, 303);
    house.work().await;
    let (_, later) = paid(&house).await;
    let page = house.page();
    let wanted = house.free("svc_cut", "emp_jonas").await;
    page.hold(&wanted).await.unwrap();
    assert_ne!(page.pay(4800, BANK_ASKS).await.unwrap().next, Next::Done);

    turn(&mut desk, &OTHER).await;
    house.pass_minutes(20);
    house.work().await;
    // The time that somebody was paying for is free again.
    assert_eq!(page.status().await.unwrap().state, State::Expired);
    house.page().hold(&wanted).await.unwrap();
    // Who cancels is owed the money all the same.
    cancel(&mut desk, &later).await;
    for _ in 0..3 {
        house.pass_minutes(8 * 60);
        house.work().await;
    }
    assert_eq!(questions(&house).await, Vec::<String>::new());

    let mut desk = Desk::of(&house, Role::Manager).await;
    let today = desk.get("today").await.text;
    for told in [
        "A dispute about EUR 48.00 of Ada Lovelace is on your earlier Stripe account",
        "A refund of EUR 20.00 to Ada Lovelace was on its way",
        "EUR 48.00 for Ada Lovelace can&#39;t be given back from here",
        "Ada Lovelace was paying EUR 48.00 when you changed",
        "Look in the dashboard of acct_",
    ] {
        let told = told.replace("&#39;", "'");
        assert!(today.replace("&#39;", "'").contains(&told), "{told}: {today}");
    }
    assert!(!today.contains("Answer until"), "{today}");
    let seen = desk.get(&visit).await.text;
    assert!(
        seen.contains("paid on a Stripe account that you had before"),
        "{seen}"
    );

    assert_eq!(done_with_all(&mut desk).await, 4);
    assert!(!desk.get("today").await.text.contains("elsewhere/"));
    let log = desk.get("log").await.text;
    assert!(
        log.contains("dealt with a dispute about EUR 48.00 on the account acct_"),
        "{log}"
    );
}

#[tokio::test]
async fn a_dispute_on_the_account_before_is_not_answered_from_here() {
    let house = House::start().await;
    let mut desk = with_two_accounts(&house).await;
    book(&house, "emp_anna", DISPUTED).await;
    advance(&house, "all").await;
    house.pass_minutes(11);
    house.work().await;
    let (id,): (String,) = sqlx::query_as("SELECT id FROM dispute")
        .fetch_one(house.app.store.read())
        .await
        .unwrap();
    turn(&mut desk, &OTHER).await;
    let path = format!("disputes/{id}");
    let seen = desk.get(&path).await.text;
    assert!(
        seen.contains("Answer it in the dashboard of that account") && !seen.contains("name=\"story\""),
        "{seen}"
    );
    let story = [("story", "The client came, and was content with what we did.")];
    assert_eq!(desk.post(&path, &story).await.status, 422);
    let (answers,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM evidence")
        .fetch_one(house.app.store.read())
        .await
        .unwrap();
    assert_eq!(answers, 0);
}

#[tokio::test]
async fn who_comes_back_to_the_account_before_learns_what_happened_there() {
    let house = House::start().await;
    let mut desk = with_two_accounts(&house).await;
    let (_, by_hand) = paid(&house).await;
    let (_, by_itself) = paid(&house).await;
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_jonas").await)
        .await
        .unwrap();
    let Next::ConfirmWithBank { client_secret } = page.pay(4800, BANK_ASKS).await.unwrap().next else {
        panic!()
    };
    turn(&mut desk, &OTHER).await;
    house.pass_minutes(20);
    house.work().await;
    assert_eq!(page.status().await.unwrap().state, State::Expired);
    // What was to go back, and what somebody at the salon gave back by hand, in the dashboard.
    cancel(&mut desk, &by_hand).await;
    house.work().await;
    assert_eq!(done_with_all(&mut desk).await, 2, "that refund, and the payment");
    cancel(&mut desk, &by_itself).await;
    house.work().await;
    let of = house
        .taken()
        .into_iter()
        .find(|charge| charge["metadata"]["booking"] == by_hand.id.as_str())
        .unwrap();
    let refund = format!("charges/{}/refund", of["id"].as_str().unwrap());
    control(&house, &refund, json!({})).await;
    assert_eq!(house.kept(), 4800);
    // The bank's answer came after all.
    house.bank(&client_secret, "complete").await;
    assert_eq!(house.kept(), 2 * 4800);

    let mut back = TEST.to_vec();
    back.push(("another", "yes"));
    turn(&mut desk, &back).await;
    advance(&house, "fees").await;
    for _ in 0..4 {
        house.pass_minutes(9 * 60);
        house.work().await;
    }
    // Its time was still free: it is paid. The other two went back, each once.
    assert_eq!(page.status().await.unwrap().state, State::Booked);
    assert_eq!(house.kept(), 4800);
    let wrong: Vec<(String, i64, i64)> =
        sqlx::query_as("SELECT id, reserved, refunded FROM attempt WHERE reserved <> 0")
            .fetch_all(house.app.store.read())
            .await
            .unwrap();
    assert_eq!(wrong, []);
    assert_eq!(book(&house, "emp_anna", VISA).await.state, State::Booked);
}
