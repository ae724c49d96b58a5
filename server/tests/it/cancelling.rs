//! Cancelling and not coming: what it costs, what goes back, and who is told.

use domain::{
    changing::ChangeTerms,
    fee::{FeeState, Way},
    id::{BookingId, SalonSlug},
    payment::BookingState,
    terms::History,
};
use server::{
    api::{
        booking::{Booking, Payment, State},
        confirm::{Next, Pay},
        error::{ApiError, Code},
    },
    payments::{
        books, cancelling,
        cancelling::{Decision, Plan},
    },
    store::{
        booking,
        fee::{self, Cause},
        missed, salon,
    },
};

use crate::{
    ends::confirm_again,
    harness::{Answer, BANK_ASKS, House, Page, VISA, eur},
    money,
};

pub fn lumen() -> SalonSlug {
    SalonSlug::parse("lumen").unwrap()
}

/// Changes what the salon's settings say of changes and fees.
pub async fn set(house: &House, change: impl FnOnce(&mut ChangeTerms)) {
    let mut write = house.app.store.write().await.unwrap();
    let record = salon::find(write.conn(), &lumen()).await.unwrap().unwrap();
    let mut changes = record.changes;
    change(&mut changes);
    salon::set_changes(write.conn(), &lumen(), &record.cancellation, &changes)
        .await
        .unwrap();
    write.commit().await.unwrap();
}

/// A cut with Anna for 48 euros, paid for in full.
pub async fn paid(house: &House) -> (Page<'_>, Booking) {
    let page = house.page();
    page.hold(&house.free_nth("svc_cut", "emp_anna", 200).await)
        .await
        .unwrap();
    let done = page.pay(4800, VISA).await.unwrap();
    assert_eq!(done.next, Next::Done);
    (page, done.booking)
}

/// Lets time pass until so many hours before the start.
pub fn until(house: &House, booking: &Booking, hours: i64) {
    let left = booking.start.plus_minutes(-60 * hours).since(house.app.now());
    assert!(left > 0, "it is too late already");
    house.pass_minutes(left / 60_000 + 1);
}

pub async fn look(house: &House, id: &BookingId, cause: Cause, decision: Decision) -> Answer<Plan> {
    let db = house.app.store.read();
    let record = booking::find(db, id).await?.unwrap();
    let salon = salon::find(db, &lumen()).await?.unwrap();
    cancelling::look(&house.app, &salon, &record, cause, decision).await
}

/// Looks, and does it.
pub async fn call_off(house: &House, id: &BookingId, cause: Cause, decision: Decision) -> Answer<Plan> {
    let plan = look(house, id, cause, decision).await?;
    let mut write = house.app.store.write().await?;
    if !cancelling::carry_out(&mut write, &plan, house.app.now()).await? {
        return Err(ApiError::new(Code::Busy, "changed meanwhile"));
    }
    write.commit().await?;
    Ok(plan)
}

pub async fn the_fee(house: &House, id: &BookingId) -> Option<fee::FeeRecord> {
    fee::latest(house.app.store.read(), id).await.unwrap()
}

/// Lets all that is due be done, and time pass until Stripe's list was read.
pub async fn settle_all(house: &House) {
    for _ in 0..3 {
        house.work().await;
        money::advance(house, "fees").await;
        house.pass_minutes(11);
    }
    house.work().await;
    let compared = books::compare_all(&house.app.store, &lumen()).await.unwrap();
    assert!(compared.differences.is_empty(), "{}", books::report(&compared));
}

/// The client's page has a cancelled booking of which so much went back.
async fn shows_given_back(page: &Page<'_>, minor: i64) {
    let seen = page.status().await.unwrap();
    assert_eq!(
        (seen.state, seen.payment),
        (State::Cancelled, Payment::GivenBack { sum: eur(minor) })
    );
}

#[tokio::test]
async fn in_time_all_of_it_goes_back_and_the_slot_is_free() {
    let house = House::start().await;
    let (page, booking) = paid(&house).await;
    let plan = call_off(&house, &booking.id, Cause::Cancelled, Decision::AsSet)
        .await
        .unwrap();
    assert_eq!((plan.parts.fee, plan.parts.refund), (eur(0), eur(4800)));
    // What is on its way is said before Stripe has heard of it.
    shows_given_back(&page, 4800).await;
    settle_all(&house).await;
    assert_eq!(house.kept(), 0);
    shows_given_back(&page, 4800).await;
    assert!(the_fee(&house, &booking.id).await.is_none());
    house.page().hold(&booking.choice.unwrap()).await.unwrap();
    let told = house
        .letters()
        .iter()
        .filter(|letter| letter.contains("is cancelled") && letter.contains("EUR 48.00"))
        .count();
    assert_eq!(told, 1);
}

#[tokio::test]
async fn late_the_fee_is_kept_and_the_rest_goes_back() {
    let house = House::start().await;
    let (page, booking) = paid(&house).await;
    until(&house, &booking, 20);
    let shown = look(&house, &booking.id, Cause::Cancelled, Decision::AsSet)
        .await
        .unwrap();
    assert_eq!((shown.parts.kept, shown.parts.refund), (eur(2400), eur(2400)));
    call_off(&house, &booking.id, Cause::Cancelled, Decision::AsSet)
        .await
        .unwrap();
    shows_given_back(&page, 2400).await;
    settle_all(&house).await;
    assert_eq!(house.kept(), 2400);
    let fee = the_fee(&house, &booking.id).await.unwrap();
    assert_eq!((fee.sum, fee.state), (eur(2400), FeeState::Kept));
    shows_given_back(&page, 2400).await;

    // Once: whoever comes second is told so.
    let again = look(&house, &booking.id, Cause::Cancelled, Decision::AsSet).await;
    assert_eq!(again.unwrap_err().code, Code::Cancelled);
}

#[tokio::test]
async fn asked_first_what_covers_the_fee_waits_for_the_salon() {
    let house = House::start().await;
    set(&house, |changes| changes.ask_first = true).await;
    for (waive, kept) in [(true, 0), (false, 2400)] {
        let (_, booking) = paid(&house).await;
        until(&house, &booking, 20);
        call_off(&house, &booking.id, Cause::Cancelled, Decision::AsSet)
            .await
            .unwrap();
        settle_all(&house).await;
        assert_eq!(house.kept(), 2400);
        let waiting = fee::to_decide(house.app.store.read(), &lumen()).await.unwrap();
        assert_eq!(waiting.len(), 1);

        let record = booking::find(house.app.store.read(), &booking.id)
            .await
            .unwrap()
            .unwrap();
        let mut write = house.app.store.write().await.unwrap();
        let now = house.app.now();
        let done = if waive {
            server::payments::fee::waive(&mut write, &record, now).await
        } else {
            server::payments::fee::take(&mut write, &record, now).await
        };
        assert!(done.unwrap());
        write.commit().await.unwrap();
        settle_all(&house).await;
        assert_eq!(house.kept(), kept);
        let left = fee::to_decide(house.app.store.read(), &lumen()).await.unwrap();
        assert!(left.is_empty());
    }
}

#[tokio::test]
async fn staff_may_do_without_the_fee() {
    let house = House::start().await;
    let (_, booking) = paid(&house).await;
    until(&house, &booking, 2);
    let plan = look(&house, &booking.id, Cause::Cancelled, Decision::AsSet)
        .await
        .unwrap();
    assert_eq!(plan.parts.kept, eur(4800));
    call_off(&house, &booking.id, Cause::Cancelled, Decision::Waive)
        .await
        .unwrap();
    settle_all(&house).await;
    assert_eq!(house.kept(), 0);
}

#[tokio::test]
async fn who_did_not_come_is_remembered_and_pays_the_last_tier() {
    let house = House::start().await;
    let (page, booking) = paid(&house).await;
    let early = look(&house, &booking.id, Cause::Missed, Decision::AsSet).await;
    assert_eq!(early.unwrap_err().code, Code::Invalid);
    until(&house, &booking, -1);
    call_off(&house, &booking.id, Cause::Missed, Decision::AsSet)
        .await
        .unwrap();
    settle_all(&house).await;
    assert_eq!(house.kept(), 4800);
    assert_eq!(page.status().await.unwrap().state, State::Booked);
    let fee = the_fee(&house, &booking.id).await.unwrap();
    assert_eq!((fee.cause, fee.state), (Cause::Missed, FeeState::Kept));
    assert_eq!(history(&house).await, History::Missed);
    let again = look(&house, &booking.id, Cause::Missed, Decision::AsSet).await;
    assert_eq!(again.unwrap_err().code, Code::Cancelled);

    // They came after all: what was kept goes back, and nothing is held against them.
    let record = booking::find(house.app.store.read(), &booking.id)
        .await
        .unwrap()
        .unwrap();
    let mut write = house.app.store.write().await.unwrap();
    assert!(
        cancelling::came_after_all(&mut write, &record, house.app.now())
            .await
            .unwrap()
    );
    write.commit().await.unwrap();
    settle_all(&house).await;
    assert_eq!((house.kept(), history(&house).await), (0, History::Known));
}

async fn history(house: &House) -> History {
    let later = house.app.now().plus_minutes(600);
    missed::history(house.app.store.read(), &lumen(), "ada@example.com", later)
        .await
        .unwrap()
}

#[tokio::test]
async fn nobody_pays_a_fee_who_never_gave_a_card() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free_nth("svc_beard", "emp_jonas", 200).await)
        .await
        .unwrap();
    let booking = page.confirm(Pay::AtSalon).await.unwrap().booking;
    until(&house, &booking, 2);
    let plan = call_off(&house, &booking.id, Cause::Cancelled, Decision::AsSet)
        .await
        .unwrap();
    assert_eq!((plan.parts.rest, plan.parts.way), (eur(1800), Way::Client));
    assert!(the_fee(&house, &booking.id).await.is_none());
    settle_all(&house).await;
    assert!(house.taken().is_empty());
}

#[tokio::test]
async fn of_two_at_once_one_cancels_and_one_is_told() {
    let house = House::start().await;
    let beside = house.beside().await;
    for _ in 0..5 {
        let (_, booking) = paid(&house).await;
        until(&house, &booking, 20);
        let cancels = look(&house, &booking.id, Cause::Cancelled, Decision::AsSet)
            .await
            .unwrap();
        let other = look(&beside, &booking.id, Cause::Cancelled, Decision::Waive)
            .await
            .unwrap();
        let (mut done, now) = (0, house.app.now());
        for (house, plan) in [(&house, cancels), (&beside, other)] {
            let mut write = house.app.store.write().await.unwrap();
            if cancelling::carry_out(&mut write, &plan, now).await.unwrap() {
                write.commit().await.unwrap();
                done += 1;
            }
        }
        assert_eq!(done, 1);
        let record = booking::find(house.app.store.read(), &booking.id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(record.state, BookingState::Cancelled);
        settle_all(&house).await;
        assert_eq!(house.kept() % 2400, 0);
    }
    assert_eq!(house.kept(), 5 * 2400);
}

#[tokio::test]
async fn what_somebody_pays_at_this_moment_is_ended_before_the_visit_is_cancelled() {
    let house = House::start().await;
    let page = house.page();
    let visit = page.open(&house.visit_link).await.unwrap();
    let Next::ConfirmWithBank { .. } = page.pay(6450, BANK_ASKS).await.unwrap().next else {
        panic!()
    };
    let early = call_off(&house, &visit.id, Cause::Cancelled, Decision::Waive).await;
    assert_eq!(early.unwrap_err().code, Code::InProgress);
    let record = booking::find(house.app.store.read(), &visit.id)
        .await
        .unwrap()
        .unwrap();
    cancelling::clear_way(&house.app, &record).await.unwrap();
    call_off(&house, &visit.id, Cause::Cancelled, Decision::Waive)
        .await
        .unwrap();
    let intents = house.stripe_get("/v1/payment_intents").await;
    assert_eq!(intents["data"][0]["status"], "canceled");
    settle_all(&house).await;
    assert_eq!(house.kept(), 0);
}

#[tokio::test]
async fn who_cancels_while_the_payment_is_unknown_is_not_charged_by_that() {
    for (fault, charges) in [("connection_reset_before", 0), ("connection_reset_after", 1)] {
        let house = House::start().await;
        let page = house.page();
        let visit = page.open(&house.visit_link).await.unwrap();
        house.fault("/v1/payment_intents", fault, 3).await;
        assert_eq!(page.pay(6450, VISA).await.unwrap().next, Next::Wait, "{fault}");
        let record = booking::find(house.app.store.read(), &visit.id)
            .await
            .unwrap()
            .unwrap();
        let cleared = cancelling::clear_way(&house.app, &record).await;
        assert_eq!(house.taken().len(), charges, "{fault}");
        if charges == 0 {
            assert_eq!(cleared.unwrap_err().code, Code::InProgress);
        } else {
            // It is found, and is paid.
            cleared.unwrap();
            assert_eq!(
                page.status().await.unwrap().payment,
                Payment::Paid { sum: eur(6450) }
            );
        }
    }
}

/// The salon's terms say nothing of not coming: what was paid stays, unless the salon does without it.
#[tokio::test]
async fn where_not_coming_costs_nothing_the_payment_stays_until_the_salon_gives_it_back() {
    for (decision, kept) in [
        (Decision::AsSet, 4800),
        (Decision::Take, 4800),
        (Decision::Waive, 0),
    ] {
        let house = House::start().await;
        crate::agreed::set_tiers(&house, &[]).await;
        let (_, booking) = paid(&house).await;
        until(&house, &booking, -1);
        call_off(&house, &booking.id, Cause::Missed, decision)
            .await
            .unwrap();
        settle_all(&house).await;
        assert_eq!(house.kept(), kept, "{decision:?}");
        assert!(the_fee(&house, &booking.id).await.is_none());
    }
}

#[tokio::test]
async fn a_visit_that_was_missed_is_not_paid_by_its_link_any_more() {
    let house = House::start().await;
    let page = house.page();
    let visit = page.open(&house.visit_link).await.unwrap();
    let Next::ConfirmWithBank { client_secret } = page.pay(6450, BANK_ASKS).await.unwrap().next else {
        panic!()
    };
    house.bank(&client_secret, "fail").await;
    let next = page.settle().await.unwrap().next;
    assert!(matches!(next, Next::AnotherTry { .. }), "{next:?}");
    until(&house, &visit, -1);
    let page = house.page();
    page.open(&house.visit_link).await.unwrap();
    call_off(&house, &visit.id, Cause::Missed, Decision::AsSet)
        .await
        .unwrap();

    // Neither on a page that is open already, nor on another.
    assert_eq!(page.pay(6450, VISA).await.unwrap_err().code, Code::Cancelled);
    let late = house.page().open(&house.visit_link).await;
    assert_eq!(late.unwrap_err().code, Code::Cancelled);

    // What comes all the same goes back: a declined payment that its payer confirms again in time.
    confirm_again(&house, &client_secret).await;
    settle_all(&house).await;
    assert_eq!((house.taken().len(), house.kept()), (1, 0));

    // Who came after all pays.
    let record = booking::find(house.app.store.read(), &visit.id)
        .await
        .unwrap()
        .unwrap();
    let mut write = house.app.store.write().await.unwrap();
    assert!(
        cancelling::came_after_all(&mut write, &record, house.app.now())
            .await
            .unwrap()
    );
    write.commit().await.unwrap();
    let page = house.page();
    page.open(&house.visit_link).await.unwrap();
    assert_eq!(page.pay(6450, VISA).await.unwrap().next, Next::Done);
    assert_eq!(house.kept(), 6450);
}
