//! Fees that are charged to a saved card without its holder, by agreement.

use domain::{
    fee::{FeeState, Way},
    id::BookingId,
    role::Role,
};
use serde_json::json;
use server::{
    api::{
        booking::{Booking, Payment, State},
        confirm::{Confirmed, Consent, Next, Pay},
        error::Code,
    },
    payments::{cancelling::Decision, fee},
    store::{booking, card, fee::Cause},
};

use crate::{
    cancelling::{call_off, look, set, settle_all, the_fee, until},
    desk::Desk,
    harness::{Answer, House, Page, VISA, eur},
    money::control,
    office_visits::link,
};

/// The bank wants its holder each time.
const ASKS_EACH_TIME: &str = "4000002760003184";
/// The bank wants its holder once: after that it may be charged without.
const ASKS_ONCE: &str = "4000002500003155";
const INTENTS: &str = "/v1/payment_intents";

/// A colour with Anna, of which 30 % are paid now, with a card that is saved.
pub async fn with_card<'a>(house: &'a House, card: &str) -> (Page<'a>, Booking) {
    set(house, |changes| changes.save_cards = true).await;
    let page = house.page();
    let held = page
        .hold(&house.free_nth("svc_colour", "emp_anna", 150).await)
        .await
        .unwrap();
    let consent = held.consent.clone().unwrap();
    let mut done = confirm(&page, 2850, card, Some(&consent)).await.unwrap();
    if let Next::ConfirmWithBank { client_secret } = &done.next {
        house.bank(client_secret, "complete").await;
        done = page.settle().await.unwrap();
    }
    assert_eq!(done.next, Next::Done);
    (page, done.booking)
}

async fn confirm(page: &Page<'_>, minor: i64, card: &str, consent: Option<&Consent>) -> Answer<Confirmed> {
    let pay = Pay::Card {
        sum: eur(minor),
        confirmation_token: page.house.card(card).await,
    };
    let request = json!({ "pay": pay, "consent": consent });
    page.house.call("confirm", Some(&page.token), &request).await
}

pub async fn miss(house: &House, booking: &Booking) {
    until(house, booking, -1);
    call_off(house, &booking.id, Cause::Missed, Decision::AsSet)
        .await
        .unwrap();
}

async fn state(house: &House, id: &BookingId) -> FeeState {
    the_fee(house, id).await.unwrap().state
}

/// As if this card had been saved; `None`: the one that was.
pub async fn use_card(house: &House, payment_method: Option<&str>) {
    let mut write = house.app.store.write().await.unwrap();
    sqlx::query("UPDATE saved_card SET payment_method = $1")
        .bind(payment_method)
        .execute(write.conn())
        .await
        .unwrap();
    write.commit().await.unwrap();
}

pub async fn customer(house: &House) -> String {
    let customers = house.stripe_get("/v1/customers").await;
    customers["data"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_saved_card_is_charged_for_what_the_payment_does_not_cover() {
    let house = House::start().await;
    for card in [VISA, ASKS_ONCE] {
        let before = house.kept();
        let (page, booking) = with_card(&house, card).await;
        let kept = card::of_booking(house.app.store.read(), &booking.id)
            .await
            .unwrap()
            .unwrap();
        assert!(kept.consent.text.contains("at most EUR 95.00"), "{kept:?}");
        assert_eq!((kept.consent.version, kept.consent.language.as_str()), (1, "en"));
        miss(&house, &booking).await;
        assert_eq!(state(&house, &booking.id).await, FeeState::Charging);
        settle_all(&house).await;
        assert_eq!(state(&house, &booking.id).await, FeeState::Charged);
        assert_eq!(house.kept() - before, 9500);
        // The booking's own payment is as it was.
        let after = page.status().await.unwrap();
        assert_eq!(
            (after.state, after.payment),
            (State::Booked, Payment::Paid { sum: eur(2850) })
        );
        let letters = house.letters();
        assert!(
            letters
                .iter()
                .any(|letter| letter.contains("EUR 66.50 for not coming"))
        );
    }
}

#[tokio::test]
async fn without_the_tick_or_the_switch_no_card_is_saved() {
    let house = House::start().await;
    let page = house.page();
    let choice = house.free_nth("svc_colour", "emp_anna", 150).await;
    assert_eq!(page.hold(&choice).await.unwrap().consent, None, "off by default");

    set(&house, |changes| changes.save_cards = true).await;
    let offered = page.status().await.unwrap().consent.unwrap();
    let other = Consent {
        text: format!("{} Really.", offered.text),
        ..offered
    };
    let refused = confirm(&page, 2850, VISA, Some(&other)).await;
    assert_eq!(refused.unwrap_err().code, Code::PriceChanged);
    assert!(house.taken().is_empty());

    let booking = confirm(&page, 2850, VISA, None).await.unwrap().booking;
    assert!(
        house.stripe_get("/v1/customers").await["data"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    until(&house, &booking, 2);
    let plan = look(&house, &booking.id, Cause::Cancelled, Decision::AsSet)
        .await
        .unwrap();
    assert_eq!((plan.parts.rest, plan.parts.way), (eur(6650), Way::Client));
    call_off(&house, &booking.id, Cause::Cancelled, Decision::AsSet)
        .await
        .unwrap();
    settle_all(&house).await;
    assert_eq!(house.kept(), 2850);
}

#[tokio::test]
async fn a_bank_that_wants_its_holder_makes_the_client_pay() {
    let house = House::start().await;
    let (_, booking) = with_card(&house, ASKS_EACH_TIME).await;
    miss(&house, &booking).await;
    settle_all(&house).await;
    assert_eq!(state(&house, &booking.id).await, FeeState::NeedsClient);
    assert_eq!(house.kept(), 2850);
    let asked = |letter: &&String| letter.contains("asks for EUR 66.50") && letter.contains("/manage/mb_");
    assert_eq!(house.letters().iter().filter(asked).count(), 1);
}

#[tokio::test]
async fn a_declined_card_is_the_salon_s_to_decide() {
    let house = House::start().await;
    let (_, booking) = with_card(&house, VISA).await;
    let customer = customer(&house).await;
    let attached = house
        .stripe_post(
            "/v1/payment_methods/pm_card_chargeCustomerFail/attach",
            &[("customer", &customer)],
        )
        .await;
    use_card(&house, attached["id"].as_str()).await;
    miss(&house, &booking).await;
    settle_all(&house).await;
    assert_eq!(state(&house, &booking.id).await, FeeState::Failed);
    assert!(
        house
            .letters()
            .iter()
            .any(|letter| letter.contains("could not be charged"))
    );

    // Tried again, it is another attempt with another key.
    use_card(&house, None).await;
    let record = booking::find(house.app.store.read(), &booking.id)
        .await
        .unwrap()
        .unwrap();
    let mut write = house.app.store.write().await.unwrap();
    assert!(fee::take(&mut write, &record, house.app.now()).await.unwrap());
    write.commit().await.unwrap();
    settle_all(&house).await;
    assert_eq!(state(&house, &booking.id).await, FeeState::Charged);
    assert_eq!(house.kept(), 9500);
}

#[tokio::test]
async fn a_lost_answer_is_asked_about_again_and_charged_once() {
    // Within a day Stripe knows the key; after two it has forgotten it.
    for minutes in [1, 2 * 24 * 60] {
        let house = House::start().await;
        let (_, booking) = with_card(&house, VISA).await;
        house.fault(INTENTS, "connection_reset_after", 3).await;
        miss(&house, &booking).await;
        house.work().await;
        assert_eq!(state(&house, &booking.id).await, FeeState::Charging);
        house.pass_minutes(minutes);
        control(&house, "clock", json!({ "advance_s": minutes * 60 })).await;
        settle_all(&house).await;
        assert_eq!(state(&house, &booking.id).await, FeeState::Charged);
        assert_eq!((house.kept(), house.taken().len()), (9500, 2));
    }
}

#[tokio::test]
async fn what_a_webhook_says_of_a_fee_finds_it() {
    let house = House::start().await;
    let (_, booking) = with_card(&house, VISA).await;
    house.fault(INTENTS, "connection_reset_after", 3).await;
    miss(&house, &booking).await;
    house.work().await;
    for event in house.events().await {
        assert_eq!(house.webhook(&event).await, 200);
    }
    assert_eq!(state(&house, &booking.id).await, FeeState::Charged);
    settle_all(&house).await;
    assert_eq!((house.kept(), house.taken().len()), (9500, 2));
}

#[tokio::test]
async fn nobody_asks_about_a_payment_while_the_customer_for_its_card_is_still_being_made() {
    let house = House::start().await;
    set(&house, |changes| changes.save_cards = true).await;
    let page = house.page();
    let held = page
        .hold(&house.free_nth("svc_colour", "emp_anna", 150).await)
        .await
        .unwrap();
    let slow = json!({"path": "/v1/customers", "method": "POST", "fault": "slow", "delay_ms": 2_000});
    control(&house, "faults", slow).await;
    let paying = confirm(&page, 2850, VISA, held.consent.as_ref());
    let meanwhile = async {
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        house.pass_minutes(1);
        house.work().await;
        let seen = page.settle().await.unwrap();
        (seen.next, house.taken().len())
    };
    let (paid, (next, taken)) = tokio::join!(paying, meanwhile);
    assert_eq!(
        (next, taken),
        (Next::Wait, 0),
        "a question went before the charge"
    );
    assert_eq!(paid.unwrap().next, Next::Done);
    assert_eq!((house.taken().len(), house.kept()), (1, 2850));
}

#[tokio::test]
async fn who_pays_a_visit_by_link_may_let_the_card_be_saved_too() {
    let house = House::start().await;
    set(&house, |changes| changes.save_cards = true).await;
    let mut desk = Desk::of(&house, Role::Owner).await;
    let id = desk.book(&[("name", "Ada"), ("email", "ada@example.com")]).await;
    let path = format!("visits/{id}");
    assert_eq!(
        desk.post(&format!("{path}/link"), &[("due", "20")]).await.status,
        303
    );
    let page = house.page();
    let opened = page.open(&link(&desk.get(&path).await.text)).await.unwrap();
    let consent = opened.consent.unwrap();
    assert!(consent.text.contains("höchstens 48,00 EUR"), "{}", consent.text);
    let done = confirm(&page, 2000, VISA, Some(&consent)).await.unwrap();
    assert_eq!(done.next, Next::Done);

    // The rest is paid by whoever has its link: of that no card is saved.
    let asked = desk.post(&format!("{path}/rest"), &[("rest", "28.00")]).await;
    assert_eq!(asked.status, 303, "{}", asked.text);
    let other = house.page();
    let opened = other.open(&link(&desk.get(&path).await.text)).await.unwrap();
    assert_eq!(opened.consent, None);
    let refused = confirm(&other, 2800, VISA, Some(&consent)).await.unwrap_err();
    assert_eq!((refused.code, house.kept()), (Code::PriceChanged, 2000));

    miss(&house, &done.booking).await;
    settle_all(&house).await;
    assert_eq!(
        (state(&house, &done.booking.id).await, house.kept()),
        (FeeState::Charged, 4800)
    );
}
