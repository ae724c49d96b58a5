//! What becomes of payouts, and what an account may do: learned with few events or none.

use domain::role::Role;
use serde_json::json;

use crate::{
    desk::Desk,
    harness::{House, VISA},
    money::{Hears, advance, catch_up, control, paid},
};

async fn state(house: &House) -> String {
    let (state,): (String,) = sqlx::query_as("SELECT state FROM payout")
        .fetch_one(house.app.store.read())
        .await
        .unwrap();
    state
}

fn letters(house: &House) -> usize {
    let letters = house.letters();
    letters
        .iter()
        .filter(|letter| letter.contains("A payout to your bank failed"))
        .count()
}

async fn paid_out(house: &House) -> String {
    paid(house, VISA).await;
    advance(house, "all").await;
    let payout = control(house, "payouts", json!({})).await;
    payout["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_payout_that_arrives_is_seen_to_within_a_day_whatever_is_heard() {
    for hears in [Hears::Everything, Hears::Thirteen, Hears::Nothing] {
        let house = House::start().await;
        paid_out(&house).await;
        catch_up(&house, hears).await;
        assert_eq!(state(&house).await, "pending", "{hears:?}");
        advance(&house, "payouts").await;
        catch_up(&house, hears).await;
        house.pass_minutes(24 * 60);
        catch_up(&house, hears).await;
        assert_eq!(state(&house).await, "paid", "{hears:?}");
        assert_eq!(letters(&house), 0, "{hears:?}");
    }
}

#[tokio::test]
async fn a_payout_that_fails_is_told_to_the_salon_once_whatever_is_heard() {
    for hears in [Hears::Everything, Hears::Thirteen, Hears::Nothing] {
        for late in [false, true] {
            let house = House::start().await;
            let id = paid_out(&house).await;
            catch_up(&house, hears).await;
            if late {
                advance(&house, "payouts").await;
            }
            control(&house, &format!("payouts/{id}/fail"), json!({})).await;
            catch_up(&house, hears).await;
            house.pass_minutes(25 * 60);
            catch_up(&house, hears).await;
            assert_eq!(state(&house).await, "failed", "{hears:?}");
            assert_eq!(letters(&house), 1, "{hears:?}, {late}");
        }
    }
}

#[tokio::test]
async fn an_account_that_can_t_take_payments_is_shown_whatever_is_heard() {
    for hears in [Hears::Everything, Hears::Nothing] {
        let house = House::start().await;
        house.work().await;
        let desk = Desk::of(&house, Role::Owner).await;
        let shown = async || {
            let today = desk
                .get("today")
                .await
                .text
                .contains("account can't take payments");
            (
                today,
                desk.get("methods")
                    .await
                    .text
                    .contains("The account can't take payments"),
            )
        };
        assert_eq!(shown().await, (false, false));
        control(&house, "account", json!({ "charges_enabled": false })).await;
        house.pass_minutes(24 * 60);
        catch_up(&house, hears).await;
        assert_eq!(shown().await, (true, true), "{hears:?}");
        // Put right, it is known within the hour.
        control(
            &house,
            "account",
            json!({ "charges_enabled": true, "payouts_enabled": false }),
        )
        .await;
        house.pass_minutes(60);
        catch_up(&house, hears).await;
        assert_eq!(shown().await, (false, false), "{hears:?}");
        assert!(
            desk.get("methods").await.text.contains("Nothing is paid out"),
            "{hears:?}"
        );
    }
}

#[tokio::test]
async fn a_payout_that_stripe_does_not_know_any_more_keeps_nothing_else_from_being_seen() {
    let house = House::start().await;
    paid_out(&house).await;
    catch_up(&house, Hears::Nothing).await;
    advance(&house, "payouts").await;
    let other = "INSERT INTO payout (salon, id, amount, currency, state, seen_at, arrives) \
                 SELECT salon, 'po_of_another_account', amount, currency, state, seen_at, arrives - 1 FROM payout";
    sqlx::query(other).execute(house.app.store.read()).await.unwrap();
    house.pass_minutes(24 * 60);
    house.work().await;
    let states: Vec<(String,)> = sqlx::query_as("SELECT state FROM payout ORDER BY arrives")
        .fetch_all(house.app.store.read())
        .await
        .unwrap();
    assert_eq!(states, [("pending".to_owned(),), ("paid".to_owned(),)]);
}
