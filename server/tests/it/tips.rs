//! A tip that goes with the payment of a visit.

use domain::{
    id::LinkToken,
    money::Money,
    role::Role,
    terms::{Offer, Quote},
};
use serde_json::json;
use server::api::{
    booking::{Booking, Payment},
    confirm::Next,
    error::{ApiError, Code},
};

use crate::{
    desk::Desk,
    harness::{House, Page, VISA, eur},
};

/// A visit of EUR 48.00 with a link for so much, and the id it has in the back office.
async fn visit(desk: &mut Desk<'_>, due: &str, tips: bool) -> (String, LinkToken) {
    let id = desk.book(&[("name", "Ada"), ("email", "ada@example.com")]).await;
    let link = link(desk, &id, due, tips).await;
    (id, link)
}

async fn link(desk: &mut Desk<'_>, id: &str, due: &str, tips: bool) -> LinkToken {
    let mut form = vec![("due", due)];
    form.extend(tips.then_some(("tips", "yes")));
    assert_eq!(desk.post(&format!("visits/{id}/link"), &form).await.status, 303);
    let page = desk.get(&format!("visits/{id}")).await.text;
    let token = page.split("/pay/").nth(1).unwrap().split('"').next().unwrap();
    LinkToken::parse(token).unwrap()
}

async fn tip(page: &Page<'_>, sum: Money) -> Result<Booking, ApiError> {
    page.house
        .call("tip", Some(&page.token), &json!({"tip": sum}))
        .await
}

fn due(quote: &Quote) -> i64 {
    match quote.offer {
        Offer::Must(due) => due.now.minor(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_tip_is_chosen_changed_taken_back_and_paid_with_the_visit() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Owner).await;
    let (id, link) = visit(&mut desk, "20", true).await;
    let page = house.page();
    let opened = page.open(&link).await.unwrap();
    assert!(opened.tips && opened.quote.tip.is_none());
    let with = tip(&page, eur(480)).await.unwrap();
    assert_eq!((with.quote.price.minor(), due(&with.quote)), (5280, 2480));
    assert_eq!(with.lines.last().unwrap().name, "Trinkgeld");
    assert_eq!(with.quote.reasons, opened.quote.reasons);
    assert_eq!(
        with.cancellation, opened.cancellation,
        "a fee is a part of the services' price"
    );
    let again = tip(&page, eur(480)).await.unwrap();
    assert_eq!(again.quote, with.quote);
    let none = tip(&page, eur(0)).await.unwrap();
    assert_eq!((none.quote.clone(), none.lines.len()), (opened.quote.clone(), 1));
    let more = tip(&page, eur(700)).await.unwrap();
    assert_eq!(due(&more.quote), 2700);

    let error = page.pay(2000, VISA).await.unwrap_err();
    assert_eq!(error.code, Code::PriceChanged);
    let paid = page.pay(2700, VISA).await.unwrap();
    assert_eq!(paid.next, Next::Done);
    assert_eq!(paid.booking.payment, Payment::Paid { sum: eur(2700) });
    assert_eq!(house.kept(), 2700);
    let error = tip(&page, eur(100)).await.unwrap_err();
    assert_eq!(error.code, Code::AlreadyPaid);
    let seen = desk.get(&format!("visits/{id}")).await.text;
    assert!(seen.contains("Tip") && seen.contains("EUR 7.00"), "{seen}");
    house.work().await;
    assert!(house.letters().iter().any(|letter| letter.contains("Trinkgeld")));
}

#[tokio::test]
async fn no_tip_where_none_is_offered_and_none_that_is_no_tip() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Owner).await;
    let (id, plain) = visit(&mut desk, "48", false).await;
    let page = house.page();
    assert!(!page.open(&plain).await.unwrap().tips);
    assert_eq!(tip(&page, eur(100)).await.unwrap_err().code, Code::Invalid);

    let link = link(&mut desk, &id, "48", true).await;
    let page = house.page();
    page.open(&link).await.unwrap();
    let dollars = Money::new(100, domain::currency::Currency::parse("USD").unwrap()).unwrap();
    for sum in [eur(4801), eur(99_999_999), dollars] {
        assert_eq!(tip(&page, sum).await.unwrap_err().code, Code::Invalid, "{sum}");
    }
    assert_eq!(due(&tip(&page, eur(4800)).await.unwrap().quote), 9600);
    // Made anew by the salon, the link asks for what the salon says.
    let anew = self::link(&mut desk, &id, "30", true).await;
    let page = house.page();
    let opened = page.open(&anew).await.unwrap();
    assert_eq!(
        (due(&opened.quote), opened.quote.tip, opened.lines.len()),
        (3000, None, 1)
    );

    // A page of online booking has no tip at all.
    let booking = house.page();
    booking
        .hold(&house.free("svc_cut", "emp_jonas").await)
        .await
        .unwrap();
    assert_eq!(tip(&booking, eur(100)).await.unwrap_err().code, Code::Invalid);
    let stranger = house.page();
    assert_eq!(tip(&stranger, eur(100)).await.unwrap_err().code, Code::NotYours);
}

#[tokio::test]
async fn tip_and_payment_at_the_same_moment_never_pay_another_sum_than_the_books_say() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Owner).await;
    for _ in 0..5 {
        let (_, link) = visit(&mut desk, "48", true).await;
        let page = house.page();
        page.open(&link).await.unwrap();
        let (tipped, paid) = tokio::join!(tip(&page, eur(500)), page.pay(4800, VISA));
        let booking = page.status().await.unwrap();
        match (tipped, paid) {
            (Ok(_), Err(error)) => {
                assert_eq!(error.code, Code::PriceChanged);
                assert_eq!(due(&booking.quote), 5300);
                assert_eq!(booking.payment, Payment::None);
            }
            (Err(_), Ok(_)) => {
                assert_eq!(due(&booking.quote), 4800);
                assert_eq!(booking.payment, Payment::Paid { sum: eur(4800) });
            }
            other => panic!("{other:?}"),
        }
    }
}
