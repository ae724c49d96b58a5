//! Refunds that Stripe does not take at once, or not at all.

use serde_json::json;

use crate::{
    harness::{House, VISA},
    money::{Hears, catch_up, charge, control, give_back, paid, the_attempt},
};

#[tokio::test]
async fn a_refund_is_made_though_the_key_was_refused_at_first() {
    let house = House::start().await;
    paid(&house, VISA).await;
    give_back(&house, 1500).await;
    house.fault("/v1/refunds", "401", 1).await;
    house.work().await;
    let attempt = the_attempt(&house).await;
    assert_eq!((attempt.refunded, attempt.reserved), (0, 1500));
    house.pass_minutes(5);
    house.work().await;
    let attempt = the_attempt(&house).await;
    assert_eq!(
        (attempt.refunded, attempt.reserved, house.kept()),
        (1500, 0, 3300)
    );
    let failed = |letter: &&String| letter.contains("A refund failed");
    assert_eq!(house.letters().iter().filter(failed).count(), 0);
}

#[tokio::test]
async fn a_refund_whose_answer_is_lost_is_made_once_even_a_day_later() {
    for fault in ["connection_reset_before", "connection_reset_after"] {
        let house = House::start().await;
        paid(&house, VISA).await;
        give_back(&house, 1500).await;
        house.fault("/v1/refunds", fault, 3).await;
        house.work().await;
        // Stripe has forgotten the key by then.
        control(&house, "clock", json!({ "advance_s": 2 * 86_400 })).await;
        house.pass_minutes(2 * 24 * 60);
        house.work().await;
        assert_eq!(house.kept(), 3300, "{fault}");
        let attempt = the_attempt(&house).await;
        assert_eq!((attempt.refunded, attempt.reserved), (1500, 0), "{fault}");
    }
}

#[tokio::test]
async fn a_refund_that_stripe_refuses_leaves_the_money_with_the_salon() {
    let house = House::start().await;
    paid(&house, VISA).await;
    give_back(&house, 3000).await;
    // Meanwhile somebody gives all of it back in the dashboard.
    let charge = charge(&house).await;
    control(&house, &format!("charges/{charge}/refund"), json!({})).await;
    catch_up(&house, Hears::Nothing).await;
    let attempt = the_attempt(&house).await;
    assert_eq!((attempt.refunded, attempt.reserved), (4800, 0));
    assert_eq!(house.kept(), 0);
    let refunds = "SELECT COUNT(*) FROM refund";
    let (before,): (i64,) = sqlx::query_as(refunds)
        .fetch_one(house.app.store.read())
        .await
        .unwrap();
    assert!(!give_back(&house, 1).await);
    let (after,): (i64,) = sqlx::query_as(refunds)
        .fetch_one(house.app.store.read())
        .await
        .unwrap();
    assert_eq!(after, before);
}
