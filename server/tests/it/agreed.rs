//! What a client agreed to stays as it was, whatever the salon sets later.

use domain::{
    cancellation::{CancellationTerms, Fee, Tier},
    fee::{FeeState, Way},
    money::Percent,
    role::Role,
    time::Moment,
};
use server::{
    api::booking::Booking,
    mail,
    payments::cancelling::Decision,
    store::{booking, card, fee::Cause, salon},
};

use crate::{
    cancelling::{call_off, look, lumen, paid, settle_all, the_fee, until},
    desk::Desk,
    fees::with_card,
    harness::{House, VISA, eur},
};

/// What the salon asks for from now on, by hours before the start.
pub async fn set_tiers(house: &House, tiers: &[(u16, u8)]) {
    let tiers = tiers.iter().map(|(within_hours, percent)| Tier {
        within_hours: *within_hours,
        fee: Fee::Percent(Percent::parse(*percent).unwrap()),
    });
    let terms = CancellationTerms::new(tiers.collect()).unwrap();
    let mut write = house.app.store.write().await.unwrap();
    let record = salon::find(write.conn(), &lumen()).await.unwrap().unwrap();
    salon::set_changes(write.conn(), &lumen(), &terms, &record.changes)
        .await
        .unwrap();
    write.commit().await.unwrap();
}

/// As a booking that was made before its terms were kept.
async fn forget_terms(house: &House) {
    let mut write = house.app.store.write().await.unwrap();
    for sql in [
        "UPDATE booking SET cancellation = NULL",
        "UPDATE saved_card SET most = NULL",
    ] {
        sqlx::query(sql).execute(write.conn()).await.unwrap();
    }
    write.commit().await.unwrap();
}

async fn manage_page(house: &House, booking: &Booking) -> String {
    let url = booking.manage.clone().unwrap();
    house.http.get(url).send().await.unwrap().text().await.unwrap()
}

/// `15:00` of a moment in Vienna with its day.
fn told(at: Moment) -> String {
    let text = mail::when(at, "Europe/Vienna", false);
    text.split(" (").next().unwrap().to_owned()
}

#[tokio::test]
async fn raised_or_lowered_terms_are_for_bookings_made_since_then() {
    for (tiers, late) in [(&[(720_u16, 100_u8)][..], 2400), (&[][..], 2400)] {
        let house = House::start().await;
        let (page, booking) = paid(&house).await;
        let free = booking.cancellation.free_until.unwrap();
        set_tiers(&house, tiers).await;

        assert_eq!(page.status().await.unwrap().cancellation, booking.cancellation);
        let seen = manage_page(&house, &booking).await;
        let hour = told(free).split(", ").nth(1).unwrap().to_owned();
        assert!(seen.contains("Free until") && seen.contains(&hour), "{seen}");
        assert!(seen.contains("Move it"), "{seen}");
        // The letter is written after the change.
        house.work().await;
        let letters = house.letters().concat().replace("=\r\n", "");
        assert!(
            letters.contains(&format!("Free to cancel until: {}", told(free))),
            "{letters}"
        );

        until(&house, &booking, 20);
        let plan = call_off(&house, &booking.id, Cause::Cancelled, Decision::AsSet)
            .await
            .unwrap();
        assert_eq!(plan.parts.fee, eur(late));
        // The next client is told of the new ones.
        let next = house.page();
        let choice = house.free_nth("svc_cut", "emp_anna", 220).await;
        let next = next.hold(&choice).await.unwrap();
        assert_eq!(next.cancellation.free_until.is_some(), !tiers.is_empty());
        assert_ne!(next.cancellation.steps.len(), booking.cancellation.steps.len());
    }
}

#[tokio::test]
async fn a_no_show_costs_the_saved_card_what_was_agreed_to() {
    let house = House::start().await;
    set_tiers(&house, &[(24, 50)]).await;
    let (_, booking) = with_card(&house, VISA).await;
    let kept = card::of_booking(house.app.store.read(), &booking.id)
        .await
        .unwrap();
    assert_eq!(kept.unwrap().consent.most, Some(eur(4750)));
    set_tiers(&house, &[(0, 100)]).await;
    until(&house, &booking, -1);
    call_off(&house, &booking.id, Cause::Missed, Decision::AsSet)
        .await
        .unwrap();
    settle_all(&house).await;
    let fee = the_fee(&house, &booking.id).await.unwrap();
    assert_eq!((fee.sum, fee.state), (eur(4750), FeeState::Charged));
    assert_eq!(house.kept(), 4750);
}

#[tokio::test]
async fn the_card_is_never_charged_more_than_its_holder_agreed_to() {
    let house = House::start().await;
    set_tiers(&house, &[(24, 30)]).await;
    let (_, booking) = with_card(&house, VISA).await;
    // Old bookings have no terms of their own, and the number stands in the sentence alone.
    forget_terms(&house).await;
    set_tiers(&house, &[(24, 100)]).await;
    until(&house, &booking, 2);
    let plan = look(&house, &booking.id, Cause::Cancelled, Decision::AsSet)
        .await
        .unwrap();
    assert_eq!((plan.parts.fee, plan.parts.rest), (eur(5700), eur(2850)));
    assert_eq!(plan.parts.way, Way::Card);
    call_off(&house, &booking.id, Cause::Cancelled, Decision::AsSet)
        .await
        .unwrap();
    settle_all(&house).await;
    assert_eq!(house.kept(), 2850 + 2850);
}

#[tokio::test]
async fn a_visit_that_the_salon_made_has_the_terms_of_that_day() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Owner).await;
    let id = desk
        .book(&[
            ("name", "Ada Weiß"),
            ("email", "ada@example.com"),
            ("tell", "yes"),
        ])
        .await;
    let id = domain::id::BookingId::parse(&id).unwrap();
    let before = desk.get("cancelling").await.text;
    assert!(before.contains("For bookings made from now on"), "{before}");
    let form = [("hours1", "720"), ("fee1", "100 %"), ("ask_first", "no")];
    assert_eq!(desk.post("cancelling", &form).await.status, 303);
    let said = desk.get("cancelling").await.text;
    assert!(
        said.contains("those made already keep what their clients were told"),
        "{said}"
    );

    let db = house.app.store.read();
    let record = booking::find(db, &id).await.unwrap().unwrap();
    let now = salon::find(db, &lumen()).await.unwrap().unwrap();
    let explained = record.cancelling(&now);
    assert_eq!(explained.steps.len(), 2, "{explained:?}");
}

#[tokio::test]
async fn a_fee_above_what_was_agreed_to_is_asked_of_the_client_when_the_salon_wants_it() {
    let house = House::start().await;
    set_tiers(&house, &[(24, 100)]).await;
    let (_, booking) = with_card(&house, VISA).await;
    until(&house, &booking, 2);
    call_off(&house, &booking.id, Cause::Cancelled, Decision::Later)
        .await
        .unwrap();
    let mut desk = Desk::of(&house, Role::Owner).await;
    let fee = the_fee(&house, &booking.id).await.unwrap();
    assert_eq!((fee.rest, fee.state), (eur(6650), FeeState::Asked));
    let mut write = house.app.store.write().await.unwrap();
    sqlx::query("UPDATE saved_card SET most = 6649")
        .execute(write.conn())
        .await
        .unwrap();
    write.commit().await.unwrap();
    let done = desk.post(&format!("visits/{}/fee", booking.id), &[]).await;
    assert_eq!(done.status, 303, "{}", done.text);
    settle_all(&house).await;
    let fee = the_fee(&house, &booking.id).await.unwrap();
    assert_eq!((fee.state, house.kept()), (FeeState::NeedsClient, 2850));
    let asked = |letter: &&String| letter.contains("To: \"Ada Lovelace\"") && letter.contains("Pay here:");
    assert_eq!(house.letters().iter().filter(asked).count(), 1);
}
