//! Paying, or not, each leaving exactly one charge or none, and a booking that says so.

use domain::{currency::Currency, decline::Decline, money::Money, terms::Offer};
use server::api::{
    booking::{Payment, State},
    confirm::{Next, Pay},
    error::Code,
};

use crate::harness::{BANK_ASKS, DECLINED, House, VISA, eur};

#[tokio::test]
async fn in_full() {
    let house = House::start().await;
    let page = house.page();
    let held = page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    let State::Held { until } = held.state else {
        panic!("{:?}", held.state)
    };
    assert!(
        (14 * 60_000..=15 * 60_000).contains(&until.since(held.now)),
        "{held:?}"
    );

    let done = page.pay(4800, VISA).await.unwrap();
    assert_eq!(done.next, Next::Done);
    assert_eq!(
        (done.booking.state, done.booking.payment),
        (State::Booked, Payment::Paid { sum: eur(4800) })
    );
    let charges = house.taken();
    assert_eq!(charges.len(), 1);
    assert_eq!(charges[0]["amount"], 4800);
    assert_eq!(charges[0]["metadata"]["booking"], held.id.as_str());

    house.work().await;
    let letters = house.letters();
    assert_eq!(letters.len(), 1);
    assert!(
        letters[0].contains("Paid online: EUR 48.00") && letters[0].contains(&held.reference),
        "{letters:?}"
    );
}

/// Nobody publishes a least sum for krónur: what a card can be charged is for Stripe to say, by what they are worth in euro.
#[tokio::test]
async fn a_sum_below_what_cards_allow_is_said_to_be_so_and_is_no_breakdown() {
    let house = House::start().await;
    for sql in [
        "UPDATE salon SET currency = 'ISK'",
        "UPDATE service SET price_to = NULL, price = 4800",
    ] {
        sqlx::query(sql).execute(house.app.store.read()).await.unwrap();
    }
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    let error = page
        .confirm(Pay::Card {
            sum: Money::new(4800, Currency::parse("ISK").unwrap()).unwrap(),
            confirmation_token: house.card(VISA).await,
        })
        .await
        .unwrap_err();
    assert_eq!(
        (error.code, error.field.as_deref()),
        (Code::PaymentDown, Some("amount"))
    );
    assert!(
        error.message.contains("too small") && error.message.contains("+43 1 890 12 34"),
        "{error}"
    );
    assert!(house.taken().is_empty());
}

#[tokio::test]
async fn a_part_or_all_of_it_as_the_payer_likes() {
    let house = House::start().await;
    for (nth, sum) in [(0, 2850), (20, 9500)] {
        let page = house.page();
        let held = page
            .hold(&house.free_nth("svc_colour", "emp_anna", nth).await)
            .await
            .unwrap();
        let Offer::Must(due) = held.quote.offer else {
            panic!("{:?}", held.quote)
        };
        assert_eq!((due.now, due.all), (eur(2850), Some(eur(9500))));
        let done = page.pay(sum, VISA).await.unwrap();
        assert_eq!(done.booking.payment, Payment::Paid { sum: eur(sum) });
    }
    assert_eq!(house.kept(), 2850 + 9500);
}

#[tokio::test]
async fn at_the_salon_only_where_the_terms_allow_it() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_facial", "emp_lea").await)
        .await
        .unwrap();
    let done = page.confirm(Pay::AtSalon).await.unwrap();
    assert_eq!(
        (done.booking.state, done.booking.payment),
        (State::Booked, Payment::None)
    );

    let must = house.page();
    must.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    assert_eq!(
        must.confirm(Pay::AtSalon).await.unwrap_err().code,
        Code::PriceChanged
    );
    assert!(matches!(must.status().await.unwrap().state, State::Held { .. }));
    assert!(house.taken().is_empty());
}

#[tokio::test]
async fn a_declined_card_then_another() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    let declined = page.pay(4800, DECLINED).await.unwrap();
    assert_eq!(
        declined.next,
        Next::AnotherTry {
            decline: Decline::AskBank
        }
    );
    assert!(matches!(declined.booking.state, State::Held { .. }));
    assert_eq!(
        declined.booking.payment,
        Payment::Declined {
            decline: Decline::AskBank
        }
    );

    let done = page.pay(4800, VISA).await.unwrap();
    assert_eq!(done.next, Next::Done);
    assert_eq!(house.taken().len(), 1);

    // Nothing can take money by the declined intent any more.
    house.work().await;
    let intents = house.stripe_get("/v1/payment_intents").await;
    let mut statuses: Vec<&str> = intents["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|intent| intent["status"].as_str().unwrap())
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, ["canceled", "succeeded"]);
}

#[tokio::test]
async fn confirmed_with_the_bank() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    let Next::ConfirmWithBank { client_secret } = page.pay(4800, BANK_ASKS).await.unwrap().next else {
        panic!()
    };
    assert_eq!(page.status().await.unwrap().payment, Payment::WithBank);
    // A reload asks again, and may go on.
    assert_eq!(
        page.settle().await.unwrap().next,
        Next::ConfirmWithBank {
            client_secret: client_secret.clone()
        }
    );

    house.bank(&client_secret, "complete").await;
    let done = page.settle().await.unwrap();
    assert_eq!((done.next, done.booking.state), (Next::Done, State::Booked));
    assert_eq!(house.taken().len(), 1);
}

#[tokio::test]
async fn refused_by_the_bank_then_another_card() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    let Next::ConfirmWithBank { client_secret } = page.pay(4800, BANK_ASKS).await.unwrap().next else {
        panic!()
    };
    house.bank(&client_secret, "fail").await;
    assert_eq!(
        page.settle().await.unwrap().next,
        Next::AnotherTry {
            decline: Decline::Authenticate
        }
    );
    assert!(house.taken().is_empty());
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Done);
    assert_eq!(house.kept(), 4800);
}

#[tokio::test]
async fn turning_away_from_the_bank_to_another_card_ends_the_first_try() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    let Next::ConfirmWithBank { .. } = page.pay(4800, BANK_ASKS).await.unwrap().next else {
        panic!()
    };
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Done);
    let intents = house.stripe_get("/v1/payment_intents").await;
    let open = |intent: &&serde_json::Value| intent["status"] == "requires_action";
    assert_eq!(intents["data"].as_array().unwrap().iter().filter(open).count(), 0);
    assert_eq!(house.kept(), 4800);
}

#[tokio::test]
async fn a_double_click_pays_once() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    let (first, second) = tokio::join!(page.pay(4800, VISA), page.pay(4800, VISA));
    let answers = [first, second];
    assert!(
        answers
            .iter()
            .any(|answer| matches!(answer, Ok(done) if done.next == Next::Done)),
        "{answers:?}"
    );
    for answer in answers {
        if let Err(error) = answer {
            assert!(
                matches!(error.code, Code::InProgress | Code::AlreadyPaid),
                "{error:?}"
            );
        }
    }
    assert_eq!(house.taken().len(), 1);
    assert_eq!(page.pay(4800, VISA).await.unwrap_err().code, Code::AlreadyPaid);
    assert_eq!(house.taken().len(), 1);
}

#[tokio::test]
async fn a_sum_below_the_minimum_is_explained_and_paid_at_the_salon() {
    let house = House::start().await;
    let page = house.page();
    let held = page
        .hold(&house.free("svc_fringe", "emp_anna").await)
        .await
        .unwrap();
    assert_eq!(held.quote.offer, Offer::AtSalon);
    assert!(format!("{:?}", held.quote.reasons).contains("TooSmall"));
    assert_eq!(page.pay(40, VISA).await.unwrap_err().code, Code::PriceChanged);
    assert_eq!(page.confirm(Pay::AtSalon).await.unwrap().next, Next::Done);
    assert!(house.taken().is_empty());
}

#[tokio::test]
async fn a_seat_at_a_group_event() {
    let house = House::start().await;
    let request = serde_json::json!({ "salon": "lumen" });
    let catalogue: server::api::catalogue::Catalogue = house.call("catalogue", None, &request).await.unwrap();
    let service = catalogue
        .services
        .iter()
        .find(|service| service.dates.is_some())
        .unwrap();
    let date = service.dates.as_ref().unwrap()[1].clone();
    assert_eq!(date.seats_left, 8);
    let choice = server::api::quote::Choice {
        date: Some(date.id.clone()),
        ..crate::harness::choice("svc_braiding", "emp_lea", date.start)
    };
    for _ in 0..8 {
        let page = house.page();
        page.hold(&choice).await.unwrap();
        assert_eq!(page.pay(3500, VISA).await.unwrap().next, Next::Done);
    }
    assert_eq!(
        house.page().hold(&choice).await.unwrap_err().code,
        Code::SlotTaken
    );
    assert_eq!(house.kept(), 8 * 3500);
}
