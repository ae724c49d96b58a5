//! Visit links.

use domain::id::LinkToken;
use server::{
    api::{
        booking::{Payment, State},
        confirm::Next,
        error::Code,
    },
    store::booking,
};

use crate::{
    cancelling::paid,
    harness::{BANK_ASKS, House, VISA, eur},
};

#[tokio::test]
async fn opened_and_paid_and_not_a_second_time() {
    let house = House::start().await;
    let page = house.page();
    let visit = page.open(&house.visit_link).await.unwrap();
    assert_eq!(
        (visit.state, visit.payment, visit.lines.len()),
        (State::Booked, Payment::None, 2)
    );
    assert_eq!(page.pay(6450, VISA).await.unwrap().next, Next::Done);
    assert_eq!(page.pay(6450, VISA).await.unwrap_err().code, Code::AlreadyPaid);

    let later = house.page();
    assert_eq!(
        later.open(&house.visit_link).await.unwrap().payment,
        Payment::Paid { sum: eur(6450) }
    );
    assert_eq!(later.pay(6450, VISA).await.unwrap_err().code, Code::AlreadyPaid);
    assert_eq!(house.taken().len(), 1);
}

#[tokio::test]
async fn opened_twice_only_the_later_page_pays() {
    let house = House::start().await;
    let (first, second) = (house.page(), house.page());
    first.open(&house.visit_link).await.unwrap();
    second.open(&house.visit_link).await.unwrap();
    assert_eq!(
        first.pay(6450, VISA).await.unwrap_err().code,
        Code::OpenedElsewhere
    );
    assert_eq!(first.status().await.unwrap_err().code, Code::OpenedElsewhere);
    assert_eq!(second.pay(6450, VISA).await.unwrap().next, Next::Done);
    assert_eq!(house.taken().len(), 1);
}

#[tokio::test]
async fn opening_again_ends_what_the_earlier_page_began() {
    let house = House::start().await;
    let (first, second) = (house.page(), house.page());
    first.open(&house.visit_link).await.unwrap();
    let Next::ConfirmWithBank { .. } = first.pay(6450, BANK_ASKS).await.unwrap().next else {
        panic!()
    };
    second.open(&house.visit_link).await.unwrap();
    assert_eq!(
        house.stripe_get("/v1/payment_intents").await["data"][0]["status"],
        "canceled"
    );
    assert_eq!(second.pay(6450, VISA).await.unwrap().next, Next::Done);
    assert_eq!(house.kept(), 6450);
}

#[tokio::test]
async fn opening_again_after_the_bank_was_satisfied_shows_it_paid() {
    let house = House::start().await;
    let (first, second) = (house.page(), house.page());
    first.open(&house.visit_link).await.unwrap();
    let Next::ConfirmWithBank { client_secret } = first.pay(6450, BANK_ASKS).await.unwrap().next else {
        panic!()
    };
    house.bank(&client_secret, "complete").await;
    assert_eq!(
        second.open(&house.visit_link).await.unwrap().payment,
        Payment::Paid { sum: eur(6450) }
    );
    assert_eq!(house.taken().len(), 1);
}

#[tokio::test]
async fn an_opened_page_acts_for_an_hour() {
    let house = House::start().await;
    let page = house.page();
    page.open(&house.visit_link).await.unwrap();
    house.pass_minutes(60);
    assert_eq!(
        page.pay(6450, VISA).await.unwrap_err().code,
        Code::OpenedElsewhere
    );
    assert!(house.taken().is_empty());
    assert_eq!(
        house.page().open(&house.visit_link).await.unwrap().payment,
        Payment::None
    );
}

#[tokio::test]
async fn a_link_that_is_none_or_whose_time_is_over() {
    let house = House::start().await;
    let none = LinkToken::from_random(&[7; 32]);
    assert_eq!(house.page().open(&none).await.unwrap_err().code, Code::NotFound);
    sqlx::query("UPDATE visit_link SET expires = 1")
        .execute(house.app.store.read())
        .await
        .unwrap();
    assert_eq!(
        house.page().open(&house.visit_link).await.unwrap_err().code,
        Code::LinkExpired
    );
}

#[tokio::test]
async fn a_page_that_acts_for_a_booking_can_t_open_a_visit_too() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    assert_eq!(
        page.open(&house.visit_link).await.unwrap_err().code,
        Code::NotYours
    );
    assert!(page.status().await.unwrap().choice.is_some());
}

#[tokio::test]
async fn what_a_payer_left_at_the_bank_is_ended_after_an_hour() {
    let house = House::start().await;
    let page = house.page();
    page.open(&house.visit_link).await.unwrap();
    let Next::ConfirmWithBank { .. } = page.pay(6450, BANK_ASKS).await.unwrap().next else {
        panic!()
    };
    for (minutes, status) in [(58, "requires_action"), (4, "canceled")] {
        house.pass_minutes(minutes);
        house.work().await;
        let intents = house.stripe_get("/v1/payment_intents").await;
        assert_eq!(intents["data"][0]["status"], status, "{minutes}");
    }
    let later = house.page();
    assert_eq!(
        later.open(&house.visit_link).await.unwrap().payment,
        Payment::None
    );
    assert_eq!(later.pay(6450, VISA).await.unwrap().next, Next::Done);
    assert_eq!(house.kept(), 6450);
}

#[tokio::test]
async fn switched_off_it_also_stops_pages_that_are_open_and_a_paid_one_still_says_so() {
    let house = House::start().await;
    let page = house.page();
    page.open(&house.visit_link).await.unwrap();
    let switch = async |on: i64| {
        sqlx::query("UPDATE salon SET link_payment = $1")
            .bind(on)
            .execute(house.app.store.read())
            .await
            .unwrap();
    };
    switch(0).await;
    let refused = page.pay(6450, VISA).await.unwrap_err();
    assert_eq!((refused.code, house.taken().len()), (Code::LinkExpired, 0));
    assert_eq!(
        house.page().open(&house.visit_link).await.unwrap_err().code,
        Code::LinkExpired
    );
    switch(1).await;
    assert_eq!(page.pay(6450, VISA).await.unwrap().next, Next::Done);
    switch(0).await;
    assert_eq!(
        house.page().open(&house.visit_link).await.unwrap().payment,
        Payment::Paid { sum: eur(6450) }
    );
}

#[tokio::test]
async fn who_may_pay_a_visit_by_link_may_not_cancel_it() {
    let house = House::start().await;
    let page = house.page();
    assert_eq!(page.open(&house.visit_link).await.unwrap().manage, None);
    assert_eq!(page.pay(6450, VISA).await.unwrap().booking.manage, None);
    assert_eq!(page.status().await.unwrap().manage, None);

    // A booking of the widget's that got a link, too.
    let (own, booking) = paid(&house).await;
    let db = house.app.store.read();
    let record = booking::find(db, &booking.id).await.unwrap().unwrap();
    let mut write = house.app.store.write().await.unwrap();
    let link = server::handlers::visit::make_link(&house.app, &mut write, &record, Default::default())
        .await
        .unwrap();
    write.commit().await.unwrap();
    assert!(own.status().await.unwrap().manage.is_some());
    let url = format!("{}/pay/{}", house.url, link.reveal());
    let text = house.http.get(url).send().await.unwrap().text().await.unwrap();
    assert!(text.contains("Lumen") && !text.contains("/manage/"), "{text}");
    assert_eq!(house.page().open(&link).await.unwrap().manage, None);
}
