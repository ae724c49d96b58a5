//! Every test card of Stripe's that is declined, and what the payer is told.

use domain::decline::Decline;
use server::api::{
    booking::{Payment, State},
    confirm::Next,
};

use crate::harness::House;

#[tokio::test]
async fn each_declined_card_says_what_to_do_and_takes_nothing() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    for (card, decline) in [
        ("4000000000000002", Decline::AskBank),
        ("4000000000009995", Decline::AnotherCard),
        ("4000000000009987", Decline::Plain),
        ("4000000000009979", Decline::Plain),
        ("4000000000000069", Decline::AnotherCard),
        ("4000000000000127", Decline::FixCvc),
        ("4000000000000119", Decline::OnceMore),
    ] {
        let answer = page.pay(4800, card).await.unwrap();
        assert_eq!(answer.next, Next::AnotherTry { decline }, "{card}");
        assert!(matches!(answer.booking.state, State::Held { .. }), "{card}");
        // Its intent is cancelled, and the reason stays.
        house.work().await;
        assert_eq!(page.settle().await.unwrap().next, answer.next, "{card}");
        let seen = page.status().await.unwrap();
        assert_eq!(seen.payment, Payment::Declined { decline }, "{card}");
    }
    assert!(house.taken().is_empty());
}
