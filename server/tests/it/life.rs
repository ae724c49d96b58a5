//! Answers that are lost, and money that comes too late.

use server::api::{
    booking::{Payment, State},
    confirm::Next,
    error::Code,
};

use crate::harness::{House, VISA, eur};

const INTENTS: &str = "/v1/payment_intents";

#[tokio::test]
async fn an_answer_lost_once_is_asked_for_again_with_the_same_key() {
    for fault in [
        "connection_reset_before",
        "connection_reset_after",
        "500_before",
        "500_after",
        "409",
        "429",
    ] {
        let house = House::start().await;
        let page = house.page();
        page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
        house.fault(INTENTS, fault, 1).await;
        let mut answer = page.pay(4800, VISA).await.unwrap();
        if answer.next == Next::Wait {
            // A stored 500 is given again for the same key: only reading the intent, or its event, tells.
            assert_eq!(fault, "500_after");
            for event in house.events().await {
                assert_eq!(house.webhook(&event).await, 200);
            }
            answer = page.settle().await.unwrap();
        }
        assert_eq!(answer.next, Next::Done, "{fault}");
        assert_eq!(house.taken().len(), 1, "{fault}");
    }
}

#[tokio::test]
async fn an_answer_lost_for_long_is_unknown_until_it_is_known() {
    for fault in ["connection_reset_before", "connection_reset_after"] {
        let house = House::start().await;
        let page = house.page();
        page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
        house.fault(INTENTS, fault, 3).await;
        let waiting = page.pay(4800, VISA).await.unwrap();
        assert_eq!(
            (waiting.next, waiting.booking.payment),
            (Next::Wait, Payment::UnderWay),
            "{fault}"
        );
        // Neither another card nor another choice while money may be on its way.
        assert_eq!(page.pay(4800, VISA).await.unwrap_err().code, Code::InProgress);
        let other = house.free_nth("svc_cut", "emp_anna", 9).await;
        assert_eq!(page.hold(&other).await.unwrap_err().code, Code::InProgress);

        house.pass_minutes(1);
        house.work().await;
        let known = page.status().await.unwrap();
        assert_eq!(
            (known.state, known.payment),
            (State::Booked, Payment::Paid { sum: eur(4800) }),
            "{fault}"
        );
        assert_eq!(house.taken().len(), 1, "{fault}");
    }
}

#[tokio::test]
async fn a_hold_does_not_end_while_a_payment_is_unknown() {
    let house = House::start().await;
    let page = house.page();
    let choice = house.free("svc_cut", "emp_anna").await;
    page.hold(&choice).await.unwrap();
    // Three tries of the page's call, three of the worker's.
    house.fault(INTENTS, "connection_reset_after", 3).await;
    house.fault(INTENTS, "connection_reset_before", 3).await;
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Wait);
    house.pass_minutes(16);
    house.work().await;
    // Somebody else does not get the slot meanwhile.
    assert_eq!(
        house.page().hold(&choice).await.unwrap_err().code,
        Code::SlotTaken
    );
    house.pass_minutes(60);
    house.work().await;
    assert_eq!(page.status().await.unwrap().state, State::Booked);
    assert_eq!(house.kept(), 4800);
}

#[tokio::test]
async fn paid_too_late_takes_the_slot_again_if_it_is_free() {
    let (house, page) = paid_in_the_dark().await;
    let events = house.events().await;
    forget_and_expire(&house).await;
    for event in &events {
        assert_eq!(house.webhook(event).await, 200);
    }
    let after = page_status(&house, &page).await;
    assert_eq!(
        (after.state, after.payment),
        (State::Booked, Payment::Paid { sum: eur(4800) })
    );
    assert_eq!(house.kept(), 4800);
}

#[tokio::test]
async fn paid_too_late_goes_back_if_the_slot_is_gone_and_the_client_is_told() {
    let (house, page) = paid_in_the_dark().await;
    let events = house.events().await;
    let choice = page_status(&house, &page).await.choice.unwrap();
    forget_and_expire(&house).await;
    house.page().hold(&choice).await.unwrap();
    for event in &events {
        assert_eq!(house.webhook(event).await, 200);
    }
    house.work().await;
    house.work().await;
    let after = page_status(&house, &page).await;
    assert_eq!(
        (after.state, after.payment),
        (State::Expired, Payment::GivenBack { sum: eur(4800) })
    );
    assert_eq!(house.taken().len(), 1);
    assert_eq!(house.kept(), 0);
    assert!(house.letters().iter().any(|letter| letter.contains("goes back")));
}

/// A payment that Stripe took and the server knows nothing of.
async fn paid_in_the_dark() -> (House, domain::id::BookingToken) {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    house.fault(INTENTS, "connection_reset_after", 3).await;
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Wait);
    let token = page.token.clone();
    (house, token)
}

/// Ends the hold as if Stripe had said that nothing was paid: what a lying answer, or a restored backup, would leave.
async fn forget_and_expire(house: &House) {
    for sql in [
        "UPDATE attempt SET state = 'canceled', ask_at = NULL",
        "UPDATE booking SET state = 'expired' WHERE state = 'held'",
        "DELETE FROM claim WHERE holder IN (SELECT id FROM booking WHERE state = 'expired')",
    ] {
        sqlx::query(sql).execute(house.app.store.read()).await.unwrap();
    }
}

async fn page_status(house: &House, token: &domain::id::BookingToken) -> server::api::booking::Booking {
    house
        .call("status", Some(token), &serde_json::json!({}))
        .await
        .unwrap()
}
