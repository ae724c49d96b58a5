//! A dispute from its first word to its last, and what comes after that.

use serde_json::json;

use crate::{
    harness::House,
    money::{Hears, advance, catch_up, control, paid},
};

const DISPUTED: &str = "4000000000000259";

/// Where the one dispute stands.
async fn state(house: &House) -> String {
    let (state,): (String,) = sqlx::query_as("SELECT state FROM dispute")
        .fetch_one(house.app.store.read())
        .await
        .unwrap();
    state
}

/// How many letters said that a payment is disputed, and how many questions about it are to come.
async fn letters_and_questions(house: &House) -> (usize, i64) {
    let questions = "SELECT COUNT(*) FROM job WHERE kind = 'await_dispute' AND done IS NULL";
    let (questions,): (i64,) = sqlx::query_as(questions)
        .fetch_one(house.app.store.read())
        .await
        .unwrap();
    let told = |letter: &&String| letter.contains("is disputed");
    (house.letters().iter().filter(told).count(), questions)
}

/// Stripe tells of what happened. What happens next does so later, by Stripe's clock too.
async fn hear(house: &House, what: Hears) {
    catch_up(house, what).await;
    control(house, "clock", json!({ "advance_s": 60 })).await;
}

#[tokio::test]
async fn a_dispute_that_was_lost_and_is_taken_up_again_is_told_and_asked_about_again() {
    let house = House::start().await;
    paid(&house, DISPUTED).await;
    advance(&house, "all").await;
    hear(&house, Hears::Everything).await;
    assert_eq!(letters_and_questions(&house).await, (1, 1));
    let (id,): (String,) = sqlx::query_as("SELECT id FROM dispute")
        .fetch_one(house.app.store.read())
        .await
        .unwrap();

    // A draft, in the dashboard: it still wants an answer, and that was told.
    let draft = [("evidence[uncategorized_text]", "The"), ("submit", "false")];
    house.stripe_post(&format!("/v1/disputes/{id}"), &draft).await;
    hear(&house, Hears::Everything).await;
    assert_eq!(state(&house).await, "needs_response");
    assert_eq!(letters_and_questions(&house).await, (1, 1));
    let story = [("evidence[uncategorized_text]", "The client came.")];
    house.stripe_post(&format!("/v1/disputes/{id}"), &story).await;
    hear(&house, Hears::Everything).await;
    assert_eq!(state(&house).await, "under_review");
    assert_eq!(letters_and_questions(&house).await, (1, 1));

    control(&house, &format!("disputes/{id}/close"), json!({ "won": false })).await;
    hear(&house, Hears::Everything).await;
    assert_eq!(state(&house).await, "lost");
    assert_eq!(letters_and_questions(&house).await, (1, 1));
    house.pass_minutes(6 * 60);
    house.work().await;
    assert_eq!(letters_and_questions(&house).await, (1, 0));

    control(&house, &format!("disputes/{id}/reopen"), json!({})).await;
    hear(&house, Hears::Everything).await;
    assert_eq!(state(&house).await, "appeal_needs_response");
    assert_eq!(letters_and_questions(&house).await, (2, 1));

    // Of how it ended then nobody tells.
    control(&house, &format!("disputes/{id}/close"), json!({ "won": true })).await;
    house.pass_minutes(6 * 60);
    hear(&house, Hears::Nothing).await;
    assert_eq!(state(&house).await, "won");
    assert_eq!(letters_and_questions(&house).await, (2, 0));
}
