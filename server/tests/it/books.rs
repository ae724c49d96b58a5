//! The books beside Stripe's list: what differs is named, and what is not ours is counted apart.

use domain::{
    ledger::{Difference, SettledKind},
    time::Moment,
};
use server::payments::books;

use crate::{
    cancelling::lumen,
    harness::{House, VISA},
    money::{Hears, advance, catch_up, compare},
};

#[tokio::test]
async fn what_stripe_lists_and_the_books_lack_is_named_and_what_is_not_ours_is_counted_apart() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    page.pay(4800, VISA).await.unwrap();
    // Two payments that the salon takes by other means.
    for _ in 0..2 {
        let form = [
            ("amount", "1000"),
            ("currency", "eur"),
            ("payment_method", "pm_card_visa"),
            ("confirm", "true"),
            ("return_url", "https://example.com/"),
        ];
        let made = house.stripe_post("/v1/payment_intents", &form).await;
        assert_eq!(made["status"], "succeeded", "{made}");
    }
    advance(&house, "fees").await;
    catch_up(&house, Hears::Nothing).await;
    let agreed = compare(&house).await;
    assert_eq!((agreed.differences.len(), agreed.elsewhere), (0, 2));
    assert!(
        books::report(&agreed).contains("2 "),
        "{}",
        books::report(&agreed)
    );

    // As a row that was lost.
    let mut write = house.app.store.write().await.unwrap();
    sqlx::query("DELETE FROM ledger")
        .execute(write.conn())
        .await
        .unwrap();
    write.commit().await.unwrap();
    let yesterday = house.app.now().plus_minutes(-24 * 60);
    for from in [Moment(0), yesterday] {
        let found = books::compare(&house.app.store, &lumen(), from).await.unwrap();
        let [Difference::NotBooked { settled, .. }] = found.differences.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!((*settled, found.elsewhere), (4800, 2));
    }
    assert_eq!(compare(&house).await.differences.len(), 1);
}

#[tokio::test]
async fn what_the_books_have_and_stripe_does_not_list_is_named() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    page.pay(4800, VISA).await.unwrap();
    let found = books::compare(&house.app.store, &lumen(), house.app.now().plus_minutes(-60))
        .await
        .unwrap();
    let [Difference::NotSettled { kind, booked, .. }] = found.differences.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!((*kind, *booked), (SettledKind::Charge, 4800));
}
