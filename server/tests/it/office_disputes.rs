//! Disputes and failed refunds in the back office.

use domain::role::Role;

use crate::{
    desk::Desk,
    harness::House,
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
    let id = today
        .split("disputes/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let path = format!("disputes/{id}");
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
