//! Cancelling, not coming and fees in the back office.

use domain::{fee::FeeState, role::Role};
use server::{api::booking::State, store::salon};

use crate::{
    cancelling::{lumen, paid, set, settle_all, the_fee, until},
    desk::Desk,
    fees::with_card,
    harness::{House, VISA},
};

/// The hidden field of the form that goes to this address.
fn shown(text: &str, action: &str) -> String {
    let form = text
        .split(&format!("{action}\""))
        .nth(1)
        .unwrap_or_else(|| panic!("{action}: {text}"));
    let value = form.split("name=\"shown\" value=\"").nth(1).unwrap();
    value.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn terms_are_read_line_by_line_and_nothing_typed_is_lost() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Manager).await;
    let before = desk.get("cancelling").await.text;
    assert!(
        before.contains("value=\"50 %\"") && before.contains("value=\"24\""),
        "{before}"
    );
    let good = [
        ("hours1", "48"),
        ("fee1", "20.00"),
        ("hours3", "0"),
        ("fee3", "100%"),
        ("ask_first", "yes"),
        ("save_cards", "yes"),
        ("unpaid_cancel", "2"),
        ("prepaid_cancel", ""),
        ("unpaid_move", "0"),
        ("prepaid_move", "24"),
    ];
    for (field, bad, sentence) in [
        ("hours1", "721", "whole hours from 0 to 720"),
        ("fee1", "", "Enter"),
        ("fee3", "101 %", "1 % to 100 %"),
        ("hours3", "48", "the same hours"),
        ("unpaid_cancel", "soon", "whole hours from 0 to 720"),
    ] {
        let form: Vec<(&str, &str)> = good
            .iter()
            .map(|(name, text)| (*name, if *name == field { bad } else { *text }))
            .collect();
        let seen = desk.post("cancelling", &form).await;
        assert_eq!(seen.status, 422, "{field}");
        assert!(seen.text.contains(sentence), "{field}: {}", seen.text);
        assert!(seen.text.contains("name=\"prepaid_move\"") && seen.text.contains("value=\"24\""));
    }
    assert_eq!(desk.post("cancelling", &good).await.status, 303);
    let kept = salon::find(house.app.store.read(), &lumen())
        .await
        .unwrap()
        .unwrap();
    let read = (
        kept.changes.prepaid.cancel.get(),
        kept.changes.prepaid.moving.get(),
    );
    assert_eq!(read, (None, Some(24)));
    assert!(kept.changes.ask_first && kept.changes.save_cards);
    assert_eq!(kept.cancellation.tiers().len(), 2);
    let after = desk.get("cancelling").await.text;
    assert!(after.contains("value=\"20.00\"") && after.contains("value=\"100 %\""));
}

#[tokio::test]
async fn a_visit_is_cancelled_after_its_cost_was_shown() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Manager).await;
    for (fee, kept) in [("waive", 0), ("take", 2400)] {
        let (page, booking) = paid(&house).await;
        until(&house, &booking, 20);
        desk.post(
            "sign-in",
            &[
                ("email", "manager@example.com"),
                ("password", crate::desk::PASSWORD),
            ],
        )
        .await;
        let path = format!("visits/{}", booking.id);
        let seen = desk.get(&path).await.text;
        let stale = desk
            .post(&format!("{path}/cancel"), &[("shown", "0 4800"), ("fee", fee)])
            .await;
        assert_eq!(stale.status, 409);
        assert_eq!(page.status().await.unwrap().state, State::Booked);
        let shown = shown(&seen, &format!("{path}/cancel"));
        assert_eq!(shown, "2400 2400");
        let done = desk
            .post(&format!("{path}/cancel"), &[("shown", &shown), ("fee", fee)])
            .await;
        assert_eq!(done.status, 303, "{}", done.text);
        assert_eq!(page.status().await.unwrap().state, State::Cancelled);
        settle_all(&house).await;
        assert_eq!(house.kept(), kept);
    }
    assert!(
        desk.get("log")
            .await
            .text
            .contains("cancelled the visit: fee EUR 24.00")
    );
}

#[tokio::test]
async fn a_no_show_is_two_taps_and_its_fee_waits_on_the_first_page_when_the_card_fails() {
    let house = House::start().await;
    let (_, booking) = with_card(&house, "4000002760003184").await;
    until(&house, &booking, -1);
    let mut desk = Desk::of(&house, Role::Owner).await;
    let path = format!("visits/{}", booking.id);
    let seen = desk.get(&path).await.text;
    assert!(seen.contains("Charged to the saved card"), "{seen}");
    let shown = shown(&seen, &format!("{path}/missed"));
    let done = desk
        .post(&format!("{path}/missed"), &[("shown", &shown), ("fee", "take")])
        .await;
    assert_eq!(done.status, 303, "{}", done.text);
    settle_all(&house).await;
    assert!(
        desk.get("today")
            .await
            .text
            .contains("A fee of EUR 95.00 for not coming")
    );
    assert!(desk.get(&path).await.text.contains("Waits for the client"));

    assert_eq!(desk.post(&format!("{path}/fee/waive"), &[]).await.status, 303);
    settle_all(&house).await;
    assert_eq!(house.kept(), 0);
    let fee = the_fee(&house, &booking.id).await.unwrap();
    assert_eq!(fee.state, FeeState::Waived);
    assert!(!desk.get("today").await.text.contains("A fee of"));
    assert!(desk.get("log").await.text.contains("waived the fee of EUR 95.00"));
}

#[tokio::test]
async fn reception_cancels_by_the_terms_and_decides_about_no_fee() {
    let house = House::start().await;
    set(&house, |changes| changes.ask_first = true).await;
    let (_, booking) = paid(&house).await;
    until(&house, &booking, 20);
    let mut desk = Desk::of(&house, Role::Reception).await;
    let path = format!("visits/{}", booking.id);
    let seen = desk.get(&path).await.text;
    assert!(!seen.contains("name=\"fee\""));
    let shown = shown(&seen, &format!("{path}/cancel"));
    let form = [("shown", shown.as_str()), ("fee", "waive")];
    assert_eq!(desk.post(&format!("{path}/cancel"), &form).await.status, 303);
    settle_all(&house).await;
    assert_eq!(house.kept(), 2400, "the manager is asked");
    for button in ["fee", "fee/waive", "came"] {
        assert_eq!(
            desk.post(&format!("{path}/{button}"), &[]).await.status,
            403,
            "{button}"
        );
    }
    assert_eq!(the_fee(&house, &booking.id).await.unwrap().state, FeeState::Asked);
}

#[tokio::test]
async fn a_fee_that_was_charged_is_given_back_in_part_and_the_report_keeps_the_rest() {
    let house = House::start().await;
    let (_, booking) = with_card(&house, VISA).await;
    until(&house, &booking, -1);
    let mut desk = Desk::of(&house, Role::Owner).await;
    let path = format!("visits/{}", booking.id);
    let shown = shown(&desk.get(&path).await.text, &format!("{path}/missed"));
    let done = desk
        .post(&format!("{path}/missed"), &[("shown", &shown), ("fee", "take")])
        .await;
    assert_eq!(done.status, 303, "{}", done.text);
    settle_all(&house).await;
    let before = house.kept();
    let seen = desk.get(&path).await.text;
    let form = seen.split("Payments of the fee").nth(1).unwrap();
    let attempt = form.split("name=\"attempt\" value=\"").nth(1).unwrap();
    let attempt = attempt.split('"').next().unwrap();
    let refund = [("attempt", attempt), ("sum", "40"), ("why", "our mistake")];
    let done = desk.post(&format!("{path}/refund"), &refund).await;
    assert_eq!(done.status, 303, "{}", done.text);
    settle_all(&house).await;
    assert_eq!(house.kept(), before - 4000);
    let fees = desk.get("reports/table.csv?by=way").await.text;
    let fees = fees
        .lines()
        .find(|line| line.starts_with("Cancellation fees"))
        .unwrap();
    let cells: Vec<&str> = fees.split(',').collect();
    assert_eq!(
        (cells[3], cells[5], cells[6]),
        ("66.50", "-40.00", "26.50"),
        "{fees}"
    );
}

/// No tier: nothing is charged for not coming, and nothing goes back by itself either.
#[tokio::test]
async fn without_a_fee_it_is_said_that_the_payment_stays() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Manager).await;
    let (_, booking) = paid(&house).await;
    let none = [("hours1", ""), ("fee1", ""), ("hours2", ""), ("fee2", "")];
    assert_eq!(desk.post("cancelling", &none).await.status, 303);
    until(&house, &booking, -1);
    // Sessions end after two weeks.
    let who = [
        ("email", "manager@example.com"),
        ("password", crate::desk::PASSWORD),
    ];
    assert_eq!(desk.post("sign-in", &who).await.status, 303);
    let text = desk.get(&format!("visits/{}", booking.id)).await.text;
    let form = text.split("Did not come").nth(1).unwrap();
    assert!(form.contains("What was paid online stays with you"), "{text}");
}
