//! Cancelling, not coming and fees in the back office.

use domain::{fee::FeeState, role::Role};
use serde_json::json;
use server::{
    api::{booking::State, confirm::Pay},
    store::{rollup, salon},
};

use crate::{
    cancelling::{lumen, paid, set, settle_all, the_fee, until},
    desk::{Desk, hidden},
    fees::with_card,
    harness::{House, VISA},
    money::control,
};

/// The hidden field of the form that goes to this address.
fn shown(text: &str, action: &str) -> String {
    let (name, value) = hidden(text, action).remove(0);
    assert_eq!(name, "shown");
    value
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
async fn reception_sees_what_happens_when_reception_cancels() {
    let house = House::start().await;
    for (role, asked) in [(Role::Reception, false), (Role::Manager, true)] {
        let page = house.page();
        let choice = house.free_nth("svc_beard", "emp_jonas", 200).await;
        page.hold(&choice).await.unwrap();
        let booking = page.confirm(Pay::AtSalon).await.unwrap().booking;
        until(&house, &booking, 2);
        let mut desk = Desk::of(&house, role).await;
        let path = format!("visits/{}", booking.id);
        let seen = desk.get(&path).await.text;
        assert_eq!(
            seen.contains("The client is asked to pay by a link"),
            asked,
            "{seen}"
        );
        assert_eq!(seen.contains("Not asked for: no card is saved"), !asked, "{seen}");
        let shown = shown(&seen, &format!("{path}/cancel"));
        assert_eq!(shown, if asked { "1800 0" } else { "0 0" });
        let form = [("shown", shown.as_str()), ("fee", "take")];
        assert_eq!(desk.post(&format!("{path}/cancel"), &form).await.status, 303);
        let fee = the_fee(&house, &booking.id).await.map(|fee| fee.state);
        assert_eq!(fee, asked.then_some(FeeState::NeedsClient));
        let log = desk.get(&path).await.text;
        let told = if asked { "fee EUR 18.00" } else { "fee EUR 0.00" };
        assert!(log.contains(told), "{log}");
    }
}

#[tokio::test]
async fn a_fee_that_was_charged_is_given_back_in_part_and_the_report_keeps_the_rest() {
    let house = House::start().await;
    let (_, booking) = with_card(&house, VISA).await;
    let begun = house.app.now();
    until(&house, &booking, -1);
    // Stripe's clock, too: the fee is booked on the day that Stripe says.
    let seconds = house.app.now().since(begun) / 1_000;
    control(&house, "clock", json!({ "advance_s": seconds })).await;
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
    let shown = hidden(form, &format!("{path}/refund"));
    let done = desk.give_back_as_shown(&path, &shown, "40", "our mistake").await;
    assert_eq!(done.status, 303, "{}", done.text);
    settle_all(&house).await;
    assert_eq!(house.kept(), before - 4000);
    let fees = desk.get("reports/table.csv?from=2020-01-01&by=way").await.text;
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

#[tokio::test]
async fn what_goes_back_of_a_payment_is_not_kept_of_it() {
    let house = House::start().await;
    let (_, booking) = paid(&house).await;
    until(&house, &booking, 20);
    let mut desk = Desk::of(&house, Role::Owner).await;
    let path = format!("visits/{}", booking.id);
    let shown = shown(&desk.get(&path).await.text, &format!("{path}/cancel"));
    let form = [("shown", shown.as_str()), ("fee", "take")];
    assert_eq!(desk.post(&format!("{path}/cancel"), &form).await.status, 303);
    settle_all(&house).await;
    let figures = async |desk: &mut Desk<'_>| {
        let table = desk.get("reports/table.csv?from=2020-01-01&by=way").await.text;
        let line = table
            .lines()
            .find(|line| line.starts_with("In online booking"))
            .unwrap();
        let cells: Vec<&str> = line.split(',').collect();
        let mut write = house.app.store.write().await.unwrap();
        assert!(rollup::check(write.conn(), &lumen()).await.unwrap().is_empty());
        [cells[5], cells[6]].map(str::to_owned)
    };
    assert_eq!(figures(&mut desk).await, ["-24.00", "24.00"]);
    assert_eq!(desk.give_back(&path, "14", "complaint").await.status, 303);
    settle_all(&house).await;
    assert_eq!(figures(&mut desk).await, ["-38.00", "10.00"]);
    assert_eq!(desk.give_back(&path, "10", "complaint").await.status, 303);
    settle_all(&house).await;
    assert_eq!(figures(&mut desk).await, ["-48.00", "0.00"]);
    // All anew, it comes out the same.
    let mut write = house.app.store.write().await.unwrap();
    rollup::begin_anew(write.conn(), &lumen()).await.unwrap();
    write.commit().await.unwrap();
    house.work().await;
    assert_eq!(figures(&mut desk).await, ["-48.00", "0.00"]);
}

/// Notes that nobody came, and takes the fee: the worker has not charged it yet.
async fn note_missed(desk: &mut Desk<'_>, path: &str) {
    let shown = shown(&desk.get(path).await.text, &format!("{path}/missed"));
    let form = [("shown", shown.as_str()), ("fee", "take")];
    let done = desk.post(&format!("{path}/missed"), &form).await;
    assert_eq!(done.status, 303, "{}", done.text);
}

#[tokio::test]
async fn a_fee_is_waived_before_the_card_is_charged_and_never_is() {
    let house = House::start().await;
    let (_, booking) = with_card(&house, VISA).await;
    until(&house, &booking, -1);
    let mut desk = Desk::of(&house, Role::Owner).await;
    let path = format!("visits/{}", booking.id);
    note_missed(&mut desk, &path).await;
    assert!(desk.get(&path).await.text.contains("Being charged"));
    let done = desk.post(&format!("{path}/fee/waive"), &[]).await;
    assert_eq!(done.status, 303, "{}", done.text);
    let fee = the_fee(&house, &booking.id).await.unwrap();
    assert_eq!(fee.state, FeeState::Waived);
    settle_all(&house).await;
    house.pass_minutes(24 * 60);
    settle_all(&house).await;
    assert_eq!((house.taken().len(), house.kept()), (1, 0));
}

#[tokio::test]
async fn a_fee_is_waived_while_stripe_does_not_answer_and_what_it_took_goes_back() {
    for (fault, charges) in [("connection_reset_before", 1), ("connection_reset_after", 2)] {
        let house = House::start().await;
        let (_, booking) = with_card(&house, VISA).await;
        until(&house, &booking, -1);
        let mut desk = Desk::of(&house, Role::Owner).await;
        let path = format!("visits/{}", booking.id);
        // Nor does it answer what became of it, at first.
        house.fault("/v1/payment_intents", fault, 6).await;
        note_missed(&mut desk, &path).await;
        house.work().await;
        let done = desk.post(&format!("{path}/fee/waive"), &[]).await;
        assert_eq!(done.status, 303, "{fault}: {}", done.text);
        let said = desk.get(&path).await.text;
        assert!(
            said.contains("the money goes back") && said.contains("Waived"),
            "{said}"
        );
        settle_all(&house).await;
        house.pass_minutes(24 * 60);
        settle_all(&house).await;
        assert_eq!((house.taken().len(), house.kept()), (charges, 0), "{fault}");
        let fee = the_fee(&house, &booking.id).await.unwrap();
        assert_eq!(fee.state, FeeState::Waived);
        assert!(!desk.get(&path).await.text.contains("Under way"));
        // Noted by mistake, and noted anew: that fee is another, and it is charged once.
        assert_eq!(desk.post(&format!("{path}/came"), &[]).await.status, 303);
        note_missed(&mut desk, &path).await;
        settle_all(&house).await;
        assert_eq!(
            (house.taken().len(), house.kept()),
            (charges + 1, 9500),
            "{fault}"
        );
    }
}

/// No tier: nothing is charged for not coming, and nothing goes back by itself either.
#[tokio::test]
async fn without_a_fee_it_is_said_that_the_payment_stays() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Manager).await;
    let none = [("hours1", ""), ("fee1", ""), ("hours2", ""), ("fee2", "")];
    assert_eq!(desk.post("cancelling", &none).await.status, 303);
    let (_, booking) = paid(&house).await;
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
