//! Disputes and failed refunds in the back office.

use domain::{role::Role, time::Moment};
use server::mail;

use crate::{
    agreed::set_tiers,
    cancelling::settle_all,
    desk::Desk,
    fees::{customer, miss, use_card, with_card},
    harness::{House, VISA},
    money::{Hears, advance, catch_up},
};

const FRAUD: &str = "4000000000000259";
const FAILS_LATER: &str = "4000000000005126";

#[tokio::test]
async fn a_dispute_is_shown_with_its_deadline_and_answered_once() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Manager).await;
    let page = house.page();
    // Far enough ahead to be free of a fee, whatever day and hour it is.
    page.hold(&house.free_nth("svc_cut", "emp_anna", 60).await)
        .await
        .unwrap();
    page.pay(4800, FRAUD).await.unwrap();
    // As behind a real door (`doors.rs`): the test's own has no connections to tell of.
    sqlx::query("UPDATE attempt SET address = '203.0.113.7'")
        .execute(house.app.store.read())
        .await
        .unwrap();
    advance(&house, "all").await;
    catch_up(&house, Hears::Everything).await;
    let today = desk.get("today").await.text;
    assert!(
        today.contains("A dispute about EUR 48.00") && today.contains("Answer until"),
        "{today}"
    );
    let path = the_dispute(&desk).await;
    let due: (i64,) = sqlx::query_as("SELECT due_by FROM dispute")
        .fetch_one(house.app.store.read())
        .await
        .unwrap();
    let due = mail::when(Moment(due.0 * 1000), "Europe/Vienna", false);
    let told: Vec<String> = house
        .letters()
        .iter()
        .map(|letter| letter.replace("=\r\n", ""))
        .filter(|letter| letter.contains("A payment is disputed"))
        .collect();
    assert_eq!(told.len(), 1);
    for part in [
        format!("it was not them. Please answer by {due}"),
        "EUR 48.00".to_owned(),
        format!("{}/office/lumen/{path}", house.url),
    ] {
        assert!(told[0].contains(&part), "{part}: {}", told[0]);
    }
    let seen = desk.get(&path).await.text;
    assert!(
        seen.contains("it was not them") && seen.contains("Ada Lovelace"),
        "{seen}"
    );
    assert!(
        seen.contains("Cut and finish") && seen.contains("Free to cancel until"),
        "{seen}"
    );
    // The demo's visit of the same client is yet to come.
    assert!(!seen.contains("was here before"), "{seen}");

    let short = desk.post(&path, &[("story", "no")]).await;
    assert!(short.status == 422 && short.text.contains("Write what happened") && short.text.contains(">no<"));
    house.fault("/v1/disputes", "connection_reset_after", 3).await;
    let story = [("story", "The client came, and was content with what we did.")];
    assert_eq!(desk.post(&path, &story).await.status, 303);
    // Banks take one answer.
    assert!(desk.post(&path, &story).await.text.contains("on its way already"));
    house.work().await;
    house.pass_minutes(5);
    house.work().await;
    let dispute = house.stripe_get(&format!("/v1/{path}")).await;
    assert_eq!(dispute["status"], "under_review");
    assert_eq!(dispute["evidence_details"]["submission_count"], 1);
    assert_eq!(dispute["evidence"]["customer_name"], "Ada Lovelace");
    assert_eq!(dispute["evidence"]["customer_purchase_ip"], "203.0.113.7");
    let seen = desk.get(&path).await.text;
    assert!(
        seen.contains("With the bank") && seen.contains("The bank decides"),
        "{seen}"
    );
    assert!(!desk.get("today").await.text.contains("A dispute about"));
    assert_eq!(desk.get("disputes/dp_1").await.status, 404);
}

/// The dispute that stands on the first page.
async fn the_dispute(desk: &Desk<'_>) -> String {
    let today = desk.get("today").await.text;
    let id = today
        .split("disputes/")
        .nth(1)
        .unwrap_or_else(|| panic!("{today}"));
    format!("disputes/{}", id.split('"').next().unwrap())
}

#[tokio::test]
async fn of_a_fee_the_bank_is_told_what_was_agreed_to_and_not_that_the_client_paid() {
    let house = House::start().await;
    let (_, booking) = with_card(&house, VISA).await;
    sqlx::query("UPDATE attempt SET address = '203.0.113.7'")
        .execute(house.app.store.read())
        .await
        .unwrap();
    let attach = "/v1/payment_methods/pm_card_createDispute/attach";
    let attached = house
        .stripe_post(attach, &[("customer", &customer(&house).await)])
        .await;
    use_card(&house, attached["id"].as_str()).await;
    // What the salon asks for today was never agreed to.
    set_tiers(&house, &[(720, 10)]).await;
    miss(&house, &booking).await;
    settle_all(&house).await;
    advance(&house, "all").await;
    catch_up(&house, Hears::Everything).await;

    let mut desk = Desk::of(&house, Role::Manager).await;
    let path = the_dispute(&desk).await;
    let seen = desk.get(&path).await.text;
    for part in [
        "did not come, which was noted on",
        "By these terms that costs EUR 95.00",
        "EUR 28.50 of it was kept of what was paid in advance",
        "ticked a box beside this sentence (version 1, language en)",
        "at most EUR 95.00.”",
        "EUR 66.50 was charged to the saved card on",
        "Fee for not coming: Colour",
    ] {
        assert!(seen.contains(part), "{part}: {seen}");
    }
    assert!(
        !seen.contains("The client paid") && !seen.contains("EUR 9.50"),
        "{seen}"
    );
    let story = [("story", "The client agreed to the fee and did not come.")];
    assert_eq!(desk.post(&path, &story).await.status, 303);
    house.work().await;
    let sent = house.stripe_get(&format!("/v1/{path}")).await;
    let policy = sent["evidence"]["cancellation_policy_disclosure"]
        .as_str()
        .unwrap();
    assert!(
        policy.contains("it costs EUR 47.50") && policy.contains("I agree that Lumen"),
        "{policy}"
    );
    assert_eq!(sent["evidence"]["customer_purchase_ip"], "203.0.113.7");
}

#[tokio::test]
async fn a_refund_that_fails_later_is_a_task_until_somebody_dealt_with_it() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Reception).await;
    let page = house.page();
    let booking = page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    page.pay(4800, FAILS_LATER).await.unwrap();
    let visit = format!("visits/{}", booking.id);
    assert_eq!(desk.give_back(&visit, "48", "complaint").await.status, 303);
    house.work().await;
    advance(&house, "all").await;
    catch_up(&house, Hears::Everything).await;
    let today = desk.get("today").await.text;
    assert!(
        today.contains("A refund of EUR 48.00 to Ada Lovelace failed"),
        "{today}"
    );
    assert!(
        desk.get(&visit)
            .await
            .text
            .contains("Failed: the money is with you")
    );
    let done = today
        .split("refunds/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(desk.post(&format!("refunds/{done}"), &[]).await.status, 303);
    assert!(!desk.get("today").await.text.contains("failed"));
}

/// A payment that is disputed, and the dispute's page.
async fn disputed(house: &House, desk: &Desk<'_>) -> String {
    let page = house.page();
    page.hold(&house.free_nth("svc_cut", "emp_anna", 60).await)
        .await
        .unwrap();
    page.pay(4800, FRAUD).await.unwrap();
    advance(house, "all").await;
    catch_up(house, Hears::Everything).await;
    the_dispute(desk).await
}

#[tokio::test]
async fn an_answer_that_stripe_will_not_take_is_told_and_one_that_it_can_t_take_now_is_sent_again() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Manager).await;
    let path = disputed(&house, &desk).await;
    let story = [("story", "The client came, and was content with what we did.")];
    assert_eq!(desk.post(&path, &story).await.status, 303);
    house.fault("/v1/disputes", "429", 9).await;
    house.work().await;
    let seen = desk.get(&path).await.text;
    assert!(!seen.contains("Stripe did not take the answer"), "{seen}");
    house.pass_minutes(60);
    house.work().await;
    house.pass_minutes(60);
    house.work().await;
    house.pass_minutes(60);
    house.work().await;
    let dispute = house.stripe_get(&format!("/v1/{path}")).await;
    assert_eq!(dispute["evidence_details"]["submission_count"], 1);

    // A key that is refused at this very moment is no answer of Stripe's to what was sent.
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Manager).await;
    let path = disputed(&house, &desk).await;
    assert_eq!(desk.post(&path, &story).await.status, 303);
    house.fault(&format!("/v1/{path}"), "401", 1).await;
    house.work().await;
    let seen = desk.get(&path).await.text;
    assert!(!seen.contains("Stripe did not take the answer"), "{seen}");
    house.pass_minutes(60);
    house.work().await;
    let dispute = house.stripe_get(&format!("/v1/{path}")).await;
    assert_eq!(dispute["evidence_details"]["submission_count"], 1);

    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Manager).await;
    let path = disputed(&house, &desk).await;
    assert_eq!(desk.post(&path, &story).await.status, 303);
    crate::money::control(
        &house,
        &format!("{path}/close"),
        serde_json::json!({ "won": false }),
    )
    .await;
    house.work().await;
    let seen = desk.get(&path).await.text;
    assert!(seen.contains("Stripe did not take the answer"), "{seen}");
    // It is not sent for ever.
    house.pass_minutes(24 * 60);
    house.work().await;
    let dispute = house.stripe_get(&format!("/v1/{path}")).await;
    assert_eq!(dispute["evidence_details"]["submission_count"], 0);
}
