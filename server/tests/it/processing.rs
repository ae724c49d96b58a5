//! A payment about which the bank takes its time: in progress, and then paid or declined.

use serde_json::json;
use server::api::{
    booking::{Payment, State},
    confirm::Next,
};

use crate::{
    harness::{House, VISA, eur},
    money::{Hears, catch_up, control},
};

#[tokio::test]
async fn what_is_in_progress_for_a_while_comes_to_an_end_whatever_is_heard() {
    for hears in [Hears::Everything, Hears::Thirteen, Hears::Nothing] {
        for paid in [true, false] {
            let house = House::start().await;
            control(&house, "pending", json!({})).await;
            let page = house.page();
            let wanted = house.free("svc_cut", "emp_anna").await;
            page.hold(&wanted).await.unwrap();
            assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Wait, "{hears:?}");
            assert_eq!(
                page.status().await.unwrap().payment,
                Payment::UnderWay,
                "{hears:?}"
            );
            // The hold is over, and its time stays taken: the bank has not decided.
            catch_up(&house, hears).await;
            let waits = page.status().await.unwrap();
            assert!(matches!(waits.state, State::Held { .. }), "{hears:?}");
            assert_eq!(waits.payment, Payment::UnderWay, "{hears:?}");
            assert!(house.page().hold(&wanted).await.is_err(), "{hears:?}");

            let charge = house.sandbox.charges()[0]["id"].as_str().unwrap().to_owned();
            control(
                &house,
                &format!("charges/{charge}/decide"),
                json!({ "paid": paid }),
            )
            .await;
            catch_up(&house, hears).await;
            let after = page.status().await.unwrap();
            if paid {
                let sum = eur(4800);
                assert_eq!(
                    (after.state, after.payment),
                    (State::Booked, Payment::Paid { sum }),
                    "{hears:?}"
                );
                assert_eq!(house.kept(), 4800);
            } else {
                assert_eq!(after.state, State::Expired, "{hears:?}");
                house.page().hold(&wanted).await.unwrap();
                assert!(house.taken().is_empty());
            }
        }
    }
}
