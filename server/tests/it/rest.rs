//! What is left to pay of a visit after a part was paid: by a link of its own, once.

use domain::{fee::FeeState, id::LinkToken, role::Role};
use server::{
    api::{
        booking::{Booking, Payment, State},
        confirm::Next,
        error::Code,
    },
    payments::cancelling::Decision,
    store::{fee::Cause, rollup::By},
};

use crate::{
    cancelling::{call_off, look, settle_all, the_fee, until},
    desk::Desk,
    ends::confirm_again,
    harness::{BANK_ASKS, House, Page, VISA, eur},
    office_reports::{agrees, lines},
    office_visits::link,
};

/// Balayage with Anna for 180 euros, of which 50 are paid online.
async fn part_paid(house: &House) -> (Page<'_>, Booking) {
    let page = house.page();
    page.hold(&house.free_nth("svc_balayage", "emp_anna", 120).await)
        .await
        .unwrap();
    let done = page.pay(5000, VISA).await.unwrap();
    assert_eq!(done.next, Next::Done);
    (page, done.booking)
}

/// Makes the link for the rest as the page offers it.
async fn ask(desk: &mut Desk<'_>, booking: &Booking, more: &[(&str, &str)]) -> LinkToken {
    let path = format!("visits/{}", booking.id);
    let seen = desk.get(&path).await.text;
    assert!(seen.contains("asked for <strong>EUR 130.00</strong>"), "{seen}");
    let mut form = vec![("rest", "130.00")];
    form.extend(more);
    let made = desk.post(&format!("{path}/rest"), &form).await;
    assert_eq!(made.status, 303, "{}", made.text);
    link(&desk.get(&path).await.text)
}

/// Somebody who pays the rest, and whose bank asks.
async fn with_bank<'a>(house: &'a House, link: &LinkToken) -> (Page<'a>, String) {
    let payer = house.page();
    payer.open(link).await.unwrap();
    let asked = payer.pay(13_000, BANK_ASKS).await.unwrap();
    let Next::ConfirmWithBank { client_secret } = asked.next else {
        panic!("{:?}", asked.next)
    };
    (payer, client_secret)
}

/// The same booking with both of its parts paid.
async fn all_paid(house: &House) -> Booking {
    let (_, booking) = part_paid(house).await;
    let mut desk = Desk::of(house, Role::Owner).await;
    let link = ask(&mut desk, &booking, &[]).await;
    let payer = house.page();
    payer.open(&link).await.unwrap();
    assert_eq!(payer.pay(13_000, VISA).await.unwrap().next, Next::Done);
    booking
}

#[tokio::test]
async fn it_is_asked_for_by_a_link_paid_once_and_everybody_says_so() {
    let house = House::start().await;
    let (own, booking) = part_paid(&house).await;
    let manage = booking.manage.clone().unwrap();
    let mut desk = Desk::of(&house, Role::Reception).await;
    let path = format!("visits/{}", booking.id);
    // Another sum than the one that is left: nothing is made.
    let other = desk.post(&format!("{path}/rest"), &[("rest", "180.00")]).await;
    assert_ne!(other.status, 303);
    let wrong = desk
        .post(&format!("{path}/rest"), &[("rest", "130.00"), ("remind", "soon")])
        .await;
    assert!(wrong.text.contains("Enter a whole number") && wrong.text.contains("soon"));
    let link = ask(&mut desk, &booking, &[("remind", "2")]).await;
    assert_eq!(desk.post(&format!("{path}/link/send"), &[]).await.status, 303);
    house.work().await;
    let wrote = |part: &str| house.letters().iter().filter(|text| text.contains(part)).count();
    assert_eq!(wrote("Please pay EUR 130.00"), 1);

    let payer = house.page();
    let opened = payer.open(&link).await.unwrap();
    assert_eq!(
        (opened.quote.price, opened.payment, opened.choice.is_none()),
        (eur(13_000), Payment::None, true)
    );
    assert_eq!(
        opened.lines.iter().map(|line| line.price).collect::<Vec<_>>(),
        [eur(13_000)]
    );
    assert_eq!(
        opened.cancellation, booking.cancellation,
        "its terms stay those of the visit"
    );
    for sum in [5000, 18_000, 12_999] {
        let error = payer.pay(sum, VISA).await.unwrap_err();
        assert_eq!(error.code, Code::PriceChanged);
    }
    assert_eq!(house.kept(), 5000);
    let done = payer.pay(13_000, VISA).await.unwrap();
    assert_eq!(
        (done.next, done.booking.payment),
        (Next::Done, Payment::Paid { sum: eur(13_000) })
    );
    let again = payer.pay(13_000, VISA).await.unwrap_err();
    assert_eq!((again.code, house.kept()), (Code::AlreadyPaid, 18_000));
    // Opened in another browser: paid.
    let other = house.page();
    let seen = other.open(&link).await.unwrap();
    assert_eq!(
        (seen.state, seen.payment),
        (State::Booked, Payment::Paid { sum: eur(13_000) })
    );
    assert_eq!(other.pay(13_000, VISA).await.unwrap_err().code, Code::AlreadyPaid);

    settle_all(&house).await;
    house.pass_minutes(180);
    house.work().await;
    assert_eq!((wrote("is paid:"), wrote("A reminder to pay")), (1, 0));
    let seen = desk.get(&path).await.text;
    assert!(
        seen.contains("EUR 180.00") && !seen.contains("pay the rest by link") && !seen.contains("/link/send"),
        "{seen}"
    );
    let page = house
        .http
        .get(&manage)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        page.contains("EUR 180.00") && !page.contains("To pay at the salon"),
        "{page}"
    );
    agrees(&house).await;
    let ways: Vec<(String, i64)> = lines(&house, By::Way)
        .await
        .into_iter()
        .map(|line| (line.name, line.figures.gross))
        .collect();
    assert_eq!(ways, [("link".to_owned(), 13_000), ("online".to_owned(), 5000)]);
    // Whoever booked may look at it no more by the page that was paid first: the link has opened it elsewhere.
    assert!(own.status().await.is_err());
}

#[tokio::test]
async fn cancelled_in_time_both_payments_go_back() {
    let house = House::start().await;
    let booking = all_paid(&house).await;
    let plan = call_off(&house, &booking.id, Cause::Cancelled, Decision::AsSet)
        .await
        .unwrap();
    assert_eq!((plan.parts.fee, plan.parts.refund), (eur(0), eur(18_000)));
    settle_all(&house).await;
    assert_eq!(house.kept(), 0);
    agrees(&house).await;
}

#[tokio::test]
async fn a_fee_is_kept_of_the_first_payment_and_then_of_the_rest() {
    let house = House::start().await;
    for (waive, left) in [(false, 9000), (true, 9000)] {
        let booking = all_paid(&house).await;
        until(&house, &booking, 20);
        call_off(&house, &booking.id, Cause::Cancelled, Decision::AsSet)
            .await
            .unwrap();
        settle_all(&house).await;
        let fee = the_fee(&house, &booking.id).await.unwrap();
        assert_eq!(
            (fee.sum, fee.kept, fee.state),
            (eur(9000), eur(9000), FeeState::Kept)
        );
        assert_eq!(
            fee.kept_of.iter().map(|(_, kept)| *kept).collect::<Vec<_>>(),
            [eur(5000), eur(4000)]
        );
        assert_eq!(house.kept(), if waive { 18_000 } else { left });
        agrees(&house).await;
        let kept: i64 = lines(&house, By::Way)
            .await
            .iter()
            .map(|line| line.figures.kept)
            .sum();
        assert_eq!(kept, house.kept());
        if waive {
            let mut desk = Desk::of(&house, Role::Owner).await;
            let done = desk.post(&format!("visits/{}/fee/waive", booking.id), &[]).await;
            assert_eq!(done.status, 303, "{}", done.text);
            settle_all(&house).await;
            assert_eq!(house.kept(), left, "both parts went back");
            let fee = the_fee(&house, &booking.id).await.unwrap();
            assert_eq!(fee.state, FeeState::Waived);
            agrees(&house).await;
        }
    }
}

#[tokio::test]
async fn who_pays_it_while_the_visit_is_cancelled_is_not_charged_for_nothing() {
    let house = House::start().await;
    let (_, booking) = part_paid(&house).await;
    let mut desk = Desk::of(&house, Role::Owner).await;
    let link = ask(&mut desk, &booking, &[]).await;
    let (payer, client_secret) = with_bank(&house, &link).await;
    let early = call_off(&house, &booking.id, Cause::Cancelled, Decision::AsSet).await;
    assert_eq!(early.unwrap_err().code, Code::InProgress);
    // The link is not replaced under the payer's hands.
    let again = desk
        .post(&format!("visits/{}/rest", booking.id), &[("rest", "130.00")])
        .await;
    assert!(
        again.text.contains("The client is paying at this moment"),
        "{}",
        again.text
    );
    // The first payment goes back by hand, and the bank says yes to the second: of a visit that is not part paid any more.
    assert_eq!(
        desk.give_back(&format!("visits/{}", booking.id), "50", "complaint")
            .await
            .status,
        303
    );
    house.work().await;
    house.bank(&client_secret, "complete").await;
    let done = payer.settle().await.unwrap();
    assert_eq!(done.booking.state, State::Booked);
    settle_all(&house).await;
    assert_eq!((house.taken().len(), house.kept()), (2, 0));
    let plan = look(&house, &booking.id, Cause::Cancelled, Decision::AsSet)
        .await
        .unwrap();
    assert_eq!(plan.parts.refund, eur(0));
}

#[tokio::test]
async fn after_the_first_payment_went_back_its_link_takes_nothing() {
    let house = House::start().await;
    let (_, booking) = part_paid(&house).await;
    let mut desk = Desk::of(&house, Role::Owner).await;
    let link = ask(&mut desk, &booking, &[]).await;
    let payer = house.page();
    payer.open(&link).await.unwrap();
    let path = format!("visits/{}", booking.id);
    assert_eq!(desk.give_back(&path, "50", "complaint").await.status, 303);
    house.work().await;
    let error = payer.pay(13_000, VISA).await.unwrap_err();
    assert_eq!((error.code, house.kept()), (Code::PriceChanged, 0));
    let seen = desk.get(&path).await.text;
    assert!(!seen.contains("pay the rest by link"), "{seen}");
}

#[tokio::test]
async fn who_did_not_come_is_not_asked_for_the_rest() {
    let house = House::start().await;
    let (_, booking) = part_paid(&house).await;
    let mut desk = Desk::of(&house, Role::Owner).await;
    let link = ask(&mut desk, &booking, &[]).await;
    let (payer, client_secret) = with_bank(&house, &link).await;
    house.bank(&client_secret, "fail").await;
    payer.settle().await.unwrap();
    until(&house, &booking, -1);
    let payer = house.page();
    payer.open(&link).await.unwrap();
    call_off(&house, &booking.id, Cause::Missed, Decision::Waive)
        .await
        .unwrap();
    let path = format!("visits/{}", booking.id);
    assert!(!desk.get(&path).await.text.contains("pay the rest by link"));
    assert_ne!(
        desk.post(&format!("{path}/rest"), &[("rest", "130.00")])
            .await
            .status,
        303
    );
    assert!(payer.pay(13_000, VISA).await.is_err());
    // A declined payment that its payer confirms again in time goes back.
    confirm_again(&house, &client_secret).await;
    settle_all(&house).await;
    assert_eq!((house.taken().len(), house.kept()), (2, 0));
}
