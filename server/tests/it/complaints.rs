//! What users of booking and payment systems complain of, each denied by a test.
//!
//! | complaint | test | where |
//! |---|---|---|
//! | unpaid bookings block slots for ever | `an_unpaid_booking_does_not_block_its_slot_for_ever` | here |
//! | two people get one slot when one abandons payment | `of_two_people_the_one_who_abandoned_payment_does_not_get_the_slot` | here |
//! | a booking cancelled though Stripe took the money, because webhooks had failed | `a_paid_booking_stands_though_every_webhook_failed` | here |
//! | a second try of an abandoned booking skips payment | `a_second_try_of_an_abandoned_booking_asks_for_payment_again` | here |
//! | moving a paid booking asks for payment again | `moving_a_paid_booking_keeps_its_payment` | `manage.rs` |
//! | a first failed card kills the later success | `a_first_failed_card_does_not_kill_the_later_success` | here |
//! | a request the salon declined is still charged | `a_booking_that_the_salon_declined_is_not_charged` | here |
//! | webhook and browser both complete the booking | `webhook_browser_and_worker_complete_a_booking_once` | here |
//! | the first refund fails and its record is rolled back with it | `a_refund_that_fails_at_first_keeps_its_record` | here |
//! | two refunds at once exceed the payment | `refunds_at_once_never_exceed_the_payment` | `money.rs` |
//! | an idempotency key tied to the order or the amount blocks a retry with another card | `another_card_has_an_idempotency_key_of_its_own` | here |
//! | payment inside a frame navigates the salon's page away | `inline_it_grows_and_tells_that_it_is_paid` | `e2e`, `embed.rs` |
//! | Apple Pay missing for want of `allow="payment"` | `every_frame_may_pay` | `e2e`, `complaints.rs` |
//! | no amount or currency in the widget's events | `every_event_of_a_booking_has_its_amount_and_currency` | `e2e`, `complaints.rs` |
//! | the client secret stored in the database | `no_client_secret_is_in_the_database` | here |
//! | decline reasons matched by message text | `a_decline_is_told_by_its_code_whatever_its_message_says` | here |
//! | yen or forint charged a hundredfold | `yen_forint_and_kronur_are_charged_as_they_are_priced` | here |
//! | a report that is off by a day for the time zone | `a_report_is_not_off_by_a_day_for_the_time_zone` | `office_reports.rs` |
//! | an owner who can't find where to switch prepayment off | `an_owner_finds_where_prepayment_is_switched_off` | `office_methods.rs` |

use domain::{currency::Currency, decline::Decline, money::Money, payment::BookingState};
use serde_json::{Value, json};
use server::{
    api::{
        booking::{Payment, State},
        confirm::{Next, Pay},
        error::Code,
        free_times::FreeTimes,
        quote::Choice,
    },
    store::{booking, claim},
};
use sqlx::AssertSqlSafe;

use crate::{
    harness::{BANK_ASKS, DECLINED, House, Page, VISA, eur},
    money::give_back,
};

const INTENTS: &str = "/v1/payment_intents";

#[tokio::test]
async fn an_unpaid_booking_does_not_block_its_slot_for_ever() {
    let house = House::start().await;
    for card in [None, Some(DECLINED), Some(BANK_ASKS)] {
        let (choice, page) = held(&house).await;
        if let Some(card) = card {
            assert_ne!(page.pay(4800, card).await.unwrap().next, Next::Done);
        }
        house.pass_minutes(14);
        house.work().await;
        let other = house.page();
        assert_eq!(
            other.hold(&choice).await.unwrap_err().code,
            Code::SlotTaken,
            "{card:?}"
        );
        assert!(!is_offered(&house, &choice).await, "{card:?}");
        house.pass_minutes(1);
        house.work().await;
        assert!(is_offered(&house, &choice).await, "{card:?}");
        other.hold(&choice).await.unwrap();
        assert_eq!(other.pay(4800, VISA).await.unwrap().next, Next::Done, "{card:?}");
    }
}

#[tokio::test]
async fn of_two_people_the_one_who_abandoned_payment_does_not_get_the_slot() {
    let house = House::start().await;
    let (choice, first) = held(&house).await;
    let client_secret = at_the_bank(&first).await;
    house.pass_minutes(15);
    house.work().await;
    let second = house.page();
    second.hold(&choice).await.unwrap();
    assert_eq!(second.pay(4800, VISA).await.unwrap().next, Next::Done);

    // The first one comes back: to the bank's dialog, to the card, to the time.
    let intent = client_secret.split("_secret_").next().unwrap();
    let seen = house.stripe_get(&format!("{INTENTS}/{intent}")).await;
    assert_eq!(
        seen["status"], "canceled",
        "the bank's yes can take nothing any more"
    );
    assert_eq!(first.settle().await.unwrap().next, Next::TooLate);
    assert_eq!(first.pay(4800, VISA).await.unwrap_err().code, Code::HoldEnded);
    assert_eq!(first.hold(&choice).await.unwrap_err().code, Code::SlotTaken);
    assert_eq!(first.status().await.unwrap().state, State::Expired);
    assert!(is_paid(&second).await);
    assert_eq!(house.kept(), 4800);
}

#[tokio::test]
async fn a_paid_booking_stands_though_every_webhook_failed() {
    let house = House::start().await;
    let (choice, page) = held(&house).await;
    let client_secret = at_the_bank(&page).await;
    house.bank(&client_secret, "complete").await;
    // The salon pasted a wrong signing secret, and the payer's page is gone.
    for event in house.events().await {
        let now = house.app.now().0 / 1000;
        let refused = house
            .webhook_raw(event.to_string(), now, "whsec_of_another_endpoint")
            .await;
        assert_eq!(refused, 400);
    }
    for _ in 0..30 {
        house.pass_minutes(1);
        house.work().await;
        assert_ne!(page.status().await.unwrap().state, State::Expired);
    }
    assert!(is_paid(&page).await);
    assert_eq!(house.kept(), 4800);
    assert_eq!(
        house.page().hold(&choice).await.unwrap_err().code,
        Code::SlotTaken
    );
}

#[tokio::test]
async fn a_second_try_of_an_abandoned_booking_asks_for_payment_again() {
    let house = House::start().await;
    let (choice, page) = held(&house).await;
    at_the_bank(&page).await;
    house.pass_minutes(15);
    house.work().await;

    let again = page.hold(&choice).await.unwrap();
    assert!(matches!(again.state, State::Held { .. }), "{again:?}");
    assert_eq!(again.payment, Payment::None);
    deliver(&house, &house.events().await).await;
    assert_ne!(page.settle().await.unwrap().next, Next::Done);
    assert_eq!(
        page.confirm(Pay::AtSalon).await.unwrap_err().code,
        Code::PriceChanged
    );
    assert!(matches!(page.status().await.unwrap().state, State::Held { .. }));
    house.work().await;
    assert_eq!(house.letters(), Vec::<String>::new());

    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Done);
    assert_eq!(house.kept(), 4800);
}

#[tokio::test]
async fn a_first_failed_card_does_not_kill_the_later_success() {
    for late in [false, true] {
        let house = House::start().await;
        let (_, page) = held(&house).await;
        assert_ne!(page.pay(4800, DECLINED).await.unwrap().next, Next::Done);
        house.work().await;
        // Of the declined intent: failed, and cancelled.
        let failures = house.events().await;
        let kinds: Vec<&Value> = failures.iter().map(|event| &event["type"]).collect();
        assert!(
            kinds.contains(&&json!("payment_intent.payment_failed")),
            "{kinds:?}"
        );
        assert!(kinds.contains(&&json!("payment_intent.canceled")), "{kinds:?}");
        if !late {
            deliver(&house, &failures).await;
        }
        assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Done, "{late}");
        if late {
            deliver(&house, &failures).await;
        }
        house.pass_minutes(60);
        house.work().await;
        assert!(is_paid(&page).await, "{late}");
        assert_eq!(house.kept(), 4800, "{late}");
        assert_eq!(house.letters().len(), 1, "{late}");
    }
}

#[tokio::test]
async fn a_booking_that_the_salon_declined_is_not_charged() {
    // Before anything was paid.
    let house = House::start().await;
    let (_, page) = held(&house).await;
    salon_declines(&page).await;
    assert_eq!(page.pay(4800, VISA).await.unwrap_err().code, Code::Cancelled);
    assert!(house.taken().is_empty());

    // While the payer was at the bank, whose yes comes after it.
    let (_, page) = held(&house).await;
    let client_secret = at_the_bank(&page).await;
    salon_declines(&page).await;
    house.bank(&client_secret, "complete").await;
    assert_eq!(page.settle().await.unwrap().next, Next::TooLate);
    goes_back(&page).await;

    // While Stripe's answer was lost on its way.
    let house = House::start().await;
    let (_, page) = held(&house).await;
    house.fault(INTENTS, "connection_reset_after", 3).await;
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Wait);
    salon_declines(&page).await;
    house.pass_minutes(1);
    goes_back(&page).await;
}

/// All of the one payment goes back, and both sides are told.
async fn goes_back(page: &Page<'_>) {
    let house = page.house;
    house.work().await;
    let after = page.status().await.unwrap();
    assert_eq!(
        (after.state, after.payment),
        (State::Cancelled, Payment::GivenBack { sum: eur(4800) })
    );
    assert_eq!((house.taken().len(), house.kept()), (1, 0));
    let letters = house.letters();
    for told in ["Your money goes back", "A payment goes back"] {
        let count = letters.iter().filter(|letter| letter.contains(told)).count();
        assert_eq!(count, 1, "{told}: {letters:#?}");
    }
}

/// Calls the booking off and gives its time up, in one transaction.
async fn salon_declines(page: &Page<'_>) {
    let id = page.status().await.unwrap().id;
    let mut write = page.house.app.store.write().await.unwrap();
    let record = booking::find(write.conn(), &id).await.unwrap().unwrap();
    let done = booking::advance(write.conn(), &id, record.version, BookingState::Cancelled).await;
    assert!(done.unwrap());
    claim::give_up(write.conn(), id.as_str()).await.unwrap();
    write.commit().await.unwrap();
}

#[tokio::test]
async fn webhook_browser_and_worker_complete_a_booking_once() {
    let house = House::start().await;
    for round in 1..=3 {
        let (_, page) = held(&house).await;
        let client_secret = at_the_bank(&page).await;
        house.bank(&client_secret, "complete").await;
        let events = house.events().await;
        house.pass_minutes(1);
        tokio::join!(
            async { page.settle().await.unwrap() },
            async { page.settle().await.unwrap() },
            deliver(&house, &events),
            deliver(&house, &events),
            house.work(),
        );
        house.work().await;
        assert!(is_paid(&page).await);
        assert_eq!(house.kept(), 4800 * round);
        for (what, count) in [
            ("SELECT COUNT(*) FROM attempt WHERE state = 'succeeded'", round),
            ("SELECT COUNT(*) FROM ledger WHERE kind = 'captured'", round),
            ("SELECT COUNT(*) FROM refund", 0),
        ] {
            let (found,): (i64,) = sqlx::query_as(what)
                .fetch_one(house.app.store.read())
                .await
                .unwrap();
            assert_eq!(found, count, "{what}");
        }
        assert_eq!(i64::try_from(house.letters().len()), Ok(round), "one letter each");
    }
}

#[tokio::test]
async fn a_refund_that_fails_at_first_keeps_its_record() {
    for fault in ["500_before", "connection_reset_before", "429"] {
        let house = House::start().await;
        let (_, page) = held(&house).await;
        assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Done);
        assert!(give_back(&house, 3000).await);
        house.fault("/v1/refunds", fault, 3).await;
        house.work().await;
        assert_eq!(house.kept(), 4800, "{fault}");
        assert_eq!(refunds(&house).await, [(3000, "created".to_owned())], "{fault}");
        // What failed is still owed: it can't be promised a second time.
        assert!(!give_back(&house, 3000).await, "{fault}");

        house.pass_minutes(2);
        house.work().await;
        assert_eq!(house.kept(), 1800, "{fault}");
        assert_eq!(refunds(&house).await, [(3000, "succeeded".to_owned())], "{fault}");
    }
}

async fn refunds(house: &House) -> Vec<(i64, String)> {
    sqlx::query_as("SELECT sum, state FROM refund")
        .fetch_all(house.app.store.read())
        .await
        .unwrap()
}

#[tokio::test]
async fn another_card_has_an_idempotency_key_of_its_own() {
    let house = House::start().await;
    let (_, page) = held(&house).await;
    for card in [DECLINED, "4000000000009995"] {
        assert!(matches!(
            page.pay(4800, card).await.unwrap().next,
            Next::AnotherTry { .. }
        ));
    }
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Done);
    let mut keys = Vec::new();
    for event in house.events().await {
        if ["charge.failed", "charge.succeeded"].contains(&event["type"].as_str().unwrap()) {
            assert_eq!(event["data"]["object"]["amount"], 4800);
            keys.push(event["request"]["idempotency_key"].as_str().unwrap().to_owned());
        }
    }
    keys.sort_unstable();
    let attempts: Vec<(String,)> = sqlx::query_as("SELECT id FROM attempt ORDER BY id")
        .fetch_all(house.app.store.read())
        .await
        .unwrap();
    assert_eq!(attempts.len(), 3);
    assert_eq!(keys, attempts.into_iter().map(|(id,)| id).collect::<Vec<_>>());
}

#[tokio::test]
async fn no_client_secret_is_in_the_database() {
    let house = House::start().await;
    let (_, page) = held(&house).await;
    assert_ne!(page.pay(4800, DECLINED).await.unwrap().next, Next::Done);
    let client_secret = at_the_bank(&page).await;
    house.bank(&client_secret, "complete").await;
    assert_eq!(page.settle().await.unwrap().next, Next::Done);
    house.work().await;
    deliver(&house, &house.events().await).await;

    let kept = everything_kept(&house).await;
    let intents = house.sandbox.payment_intents();
    assert_eq!(intents.len(), 2);
    for intent in intents {
        let (id, secret) = (
            intent["id"].as_str().unwrap(),
            intent["client_secret"].as_str().unwrap(),
        );
        assert!(contains(&kept, id), "the intent itself is found: {id}");
        assert!(!contains(&kept, secret), "a client secret is kept");
    }
    assert!(!contains(&kept, "_secret_"), "another secret of Stripe's is kept");
}

/// Every byte of the database: SQLite's files, or PostgreSQL's rows as text.
async fn everything_kept(house: &House) -> Vec<u8> {
    let url = house.database();
    if let Some(path) = url.strip_prefix("sqlite://") {
        let files = [path.to_owned(), format!("{path}-wal")];
        return files
            .iter()
            .flat_map(|file| std::fs::read(file).unwrap_or_default())
            .collect();
    }
    let db = house.app.store.read();
    let tables = "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = current_schema()";
    let tables: Vec<(String,)> = sqlx::query_as(tables).fetch_all(db).await.unwrap();
    let mut all = Vec::new();
    for (table,) in tables {
        let rows = format!("SELECT CAST(t.* AS TEXT) FROM {table} t");
        let rows: Vec<(String,)> = sqlx::query_as(AssertSqlSafe(rows)).fetch_all(db).await.unwrap();
        all.extend(rows.into_iter().flat_map(|(row,)| row.into_bytes()));
    }
    all
}

fn contains(all: &[u8], text: &str) -> bool {
    all.windows(text.len()).any(|part| part == text.as_bytes())
}

#[tokio::test]
async fn a_decline_is_told_by_its_code_whatever_its_message_says() {
    for (code, message, decline) in [
        ("lost_card", "Your card has insufficient funds.", Decline::Plain),
        (
            "insufficient_funds",
            "Ihre Karte wurde als verloren gemeldet.",
            Decline::AnotherCard,
        ),
        ("incorrect_cvc", "", Decline::FixCvc),
        (
            "a_code_of_tomorrow",
            "Your card's security code is incorrect.",
            Decline::AskBank,
        ),
    ] {
        let house = House::start().await;
        let (_, page) = held(&house).await;
        house.fault(INTENTS, "connection_reset_after", 3).await;
        assert_eq!(page.pay(4800, DECLINED).await.unwrap().next, Next::Wait);
        let mut events = house.events().await;
        events.retain(|event| event["type"] == "payment_intent.payment_failed");
        let error = &mut events[0]["data"]["object"]["last_payment_error"];
        error["decline_code"] = json!(code);
        error["message"] = json!(message);
        deliver(&house, &events).await;
        assert_eq!(
            page.status().await.unwrap().payment,
            Payment::Declined { decline },
            "{code}"
        );
    }
}

#[tokio::test]
async fn yen_forint_and_kronur_are_charged_as_they_are_priced() {
    // Yen have no hundredths. Forint are charged in hundredths; krónur too, though nobody has one.
    for (code, price, written) in [
        ("JPY", 4_800, "JPY 4800"),
        ("HUF", 1_790_000, "HUF 17900.00"),
        ("ISK", 990_000, "ISK 9900.00"),
    ] {
        let house = House::start().await;
        for (sql, value) in [
            ("UPDATE salon SET currency = $1", code.to_owned()),
            (
                "UPDATE service SET price_to = NULL, price = CAST($1 AS BIGINT)",
                price.to_string(),
            ),
        ] {
            sqlx::query(sql)
                .bind(value)
                .execute(house.app.store.read())
                .await
                .unwrap();
        }
        let (_, page) = held(&house).await;
        let sum = |minor| Money::new(minor, Currency::parse(code).unwrap()).unwrap();
        for wrong in [price * 100, price / 100] {
            let Ok(wrong) = Money::new(wrong, Currency::parse(code).unwrap()) else {
                continue;
            };
            let refused = pay_sum(&page, wrong).await.unwrap_err();
            assert_eq!(refused.code, Code::PriceChanged, "{wrong}");
        }
        let paid = pay_sum(&page, sum(price)).await.unwrap();
        assert_eq!(paid.booking.payment, Payment::Paid { sum: sum(price) });
        let charge = &house.taken()[0];
        assert_eq!(charge["amount"], price, "{code}");
        assert_eq!(charge["currency"], code.to_lowercase());
        house.work().await;
        let letters = house.letters();
        assert!(
            letters[0].contains(&format!("Paid online: {written}\r\n")),
            "{letters:?}"
        );
    }
}

async fn pay_sum(page: &Page<'_>, sum: Money) -> crate::harness::Answer<server::api::confirm::Confirmed> {
    let confirmation_token = page.house.card(VISA).await;
    page.confirm(Pay::Card {
        sum,
        confirmation_token,
    })
    .await
}

/// A page that holds the first free time for a cut with Anna.
async fn held(house: &House) -> (Choice, Page<'_>) {
    let (choice, page) = (house.free("svc_cut", "emp_anna").await, house.page());
    page.hold(&choice).await.unwrap();
    (choice, page)
}

/// Pays with a card whose bank asks; what Stripe.js would go on with.
async fn at_the_bank(page: &Page<'_>) -> String {
    match page.pay(4800, BANK_ASKS).await.unwrap().next {
        Next::ConfirmWithBank { client_secret } => client_secret,
        other => panic!("{other:?}"),
    }
}

async fn deliver(house: &House, events: &[Value]) {
    for event in events {
        assert_eq!(house.webhook(event).await, 200, "{event}");
    }
}

async fn is_paid(page: &Page<'_>) -> bool {
    let booking = page.status().await.unwrap();
    (booking.state, booking.payment) == (State::Booked, Payment::Paid { sum: eur(4800) })
}

async fn is_offered(house: &House, choice: &Choice) -> bool {
    let request = json!({"salon": "lumen", "services": choice.services, "employee": choice.employee,
        "from": null, "days": 31});
    let times: FreeTimes = house.call("free-times", None, &request).await.unwrap();
    let mut starts = times.days.iter().flat_map(|day| &day.times);
    starts.any(|time| time.start == choice.start)
}
