//! Several servers on one database: of two that want the same, the database decides.
//!
//! The servers share nothing but the database (and the sandbox); each has connections of its own, as processes have.

use serde_json::Value;
use server::api::{
    booking::{Payment, State},
    confirm::{Confirmed, Next},
    error::Code,
    quote::Choice,
};

use crate::harness::{Answer, BANK_ASKS, House, VISA, all, choice, eur};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_payers_for_one_slot_one_gets_it_and_pays() {
    let first = House::start().await;
    let second = first.beside().await;
    for nth in 0..5 {
        let wanted = first.free_nth("svc_cut", "emp_anna", nth * 8).await;
        let pages: Vec<_> = (0..8)
            .map(|number| {
                if number % 2 == 0 {
                    first.page()
                } else {
                    second.page()
                }
            })
            .collect();
        let paid = all(pages.iter().map(|page| hold_and_pay(page, &wanted)).collect()).await;
        let mut won = 0;
        for answer in paid {
            match answer {
                Ok(done) => {
                    assert_eq!((done.next, done.booking.state), (Next::Done, State::Booked));
                    won += 1;
                }
                Err(error) => assert_eq!(error.code, Code::SlotTaken, "{error}"),
            }
        }
        assert_eq!(won, 1);
    }
    assert_eq!((first.taken().len(), first.kept()), (5, 5 * 4800));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_tabs_that_confirm_at_two_servers_pay_once() {
    let first = House::start().await;
    let second = first.beside().await;
    for nth in 0..5 {
        let page = first.page();
        let wanted = first.free_nth("svc_cut", "emp_anna", nth * 8).await;
        page.hold(&wanted).await.unwrap();
        let other = page.at(&second);
        let answers: [Answer<Confirmed>; 4] = tokio::join!(
            page.pay(4800, VISA),
            other.pay(4800, VISA),
            page.pay(4800, VISA),
            other.pay(4800, VISA)
        )
        .into();
        let done = answers
            .iter()
            .filter(|answer| matches!(answer, Ok(done) if done.next == Next::Done));
        assert_eq!(done.count(), 1, "{answers:?}");
        for error in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            assert!(
                matches!(error.code, Code::InProgress | Code::AlreadyPaid),
                "{error:?}"
            );
        }
        assert_eq!(first.taken().len(), nth + 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_pages_of_one_link_at_two_servers_pay_once() {
    let first = House::start().await;
    let second = first.beside().await;
    let (page, other) = (first.page(), second.page());
    let (opened, too) = tokio::join!(page.open(&first.visit_link), other.open(&first.visit_link));
    // The later one has it; the earlier one may hear of that in its own answer already.
    assert!(opened.is_ok() || too.is_ok(), "{opened:?} {too:?}");
    let answers: [Answer<Confirmed>; 2] = tokio::join!(page.pay(6450, VISA), other.pay(6450, VISA)).into();
    let done = answers
        .iter()
        .filter(|answer| matches!(answer, Ok(done) if done.next == Next::Done));
    assert_eq!(done.count(), 1, "{answers:?}");
    assert_eq!(first.kept(), 6450);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhook_browser_and_worker_at_three_servers_find_one_payment() {
    let first = House::start().await;
    let (second, third) = (first.beside().await, first.beside().await);
    for nth in 0..6 {
        let before = first.events().await.len();
        let page = first.page();
        page.hold(&first.free_nth("svc_cut", "emp_anna", nth * 8).await)
            .await
            .unwrap();
        let Next::ConfirmWithBank { client_secret } = page.pay(4800, BANK_ASKS).await.unwrap().next else {
            panic!()
        };
        first.bank(&client_secret, "complete").await;
        // The worker wants to ask about it by now.
        first.pass_minutes(1);
        let events: Vec<Value> = first.events().await.split_off(before);
        let tab = page.at(&second);
        let told = all(events.iter().map(|event| first.webhook(event)).collect());
        let (told, settled, ()) = tokio::join!(told, tab.settle(), third.work());
        assert!(told.iter().all(|status| *status == 200), "{told:?}");
        assert!(settled.is_ok(), "{settled:?}");
        assert_eq!(tab.settle().await.unwrap().next, Next::Done);
        let after = page.status().await.unwrap();
        assert_eq!(
            (after.state, after.payment),
            (State::Booked, Payment::Paid { sum: eur(4800) })
        );
        all(vec![first.work(), second.work(), third.work()]).await;
        assert_eq!(first.letters().len(), nth + 1, "one letter, whoever saw it");
    }
    assert_eq!((first.taken().len(), first.kept()), (6, 6 * 4800));
    assert_eq!(
        count(&first, "SELECT COUNT(*) FROM attempt WHERE state <> 'succeeded'").await,
        0
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_comes_to_two_servers_at_once_is_kept_and_applied_once() {
    let first = House::start().await;
    let second = first.beside().await;
    let page = first.page();
    page.hold(&first.free("svc_cut", "emp_anna").await).await.unwrap();
    first
        .fault("/v1/payment_intents", "connection_reset_after", 3)
        .await;
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Wait);
    let events = first.events().await;
    let calls = events
        .iter()
        .flat_map(|event| [&first, &second, &first, &second].map(|house| house.webhook(event)));
    let told = all(calls.collect()).await;
    assert!(told.iter().all(|status| *status == 200), "{told:?}");
    assert_eq!(
        count(&first, "SELECT COUNT(*) FROM event").await,
        i64::try_from(events.len()).unwrap()
    );
    assert_eq!(page.status().await.unwrap().state, State::Booked);
    all(vec![first.work(), second.work()]).await;
    assert_eq!(first.letters().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_seat_of_a_group_event_finds_somebody_however_many_come_at_once() {
    let first = House::start().await;
    let second = first.beside().await;
    let wanted = group_event(&first).await;
    let pages: Vec<_> = (0..12)
        .map(|number| {
            if number % 2 == 0 {
                first.page()
            } else {
                second.page()
            }
        })
        .collect();
    let held = all(pages.iter().map(|page| page.hold(&wanted)).collect()).await;
    for error in held.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!(error.code, Code::SlotTaken, "{error}");
    }
    assert_eq!(held.iter().filter(|answer| answer.is_ok()).count(), 8);
    assert_eq!(
        count(&first, "SELECT COUNT(*) FROM claim WHERE granule < 8").await,
        8
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_pages_than_connections_all_get_an_answer() {
    let first = House::start().await;
    let second = first.beside().await;
    let mut free = Vec::new();
    for nth in 0..40 {
        free.push(first.free_nth("svc_fringe", "emp_jonas", nth).await);
    }
    let pages: Vec<_> = (0..40)
        .map(|number| {
            if number % 2 == 0 {
                first.page()
            } else {
                second.page()
            }
        })
        .collect();
    let calls = pages.iter().zip(&free).map(|(page, choice)| page.hold(choice));
    let held = all(calls.collect()).await;
    for answer in &held {
        if let Err(error) = answer {
            assert_eq!(error.code, Code::SlotTaken, "{error}");
        }
    }
    // Each piece of time has one holder, and whoever was told yes has all of his.
    let (held, wrong) = (
        held.iter().filter(|answer| answer.is_ok()).count(),
        "SELECT COUNT(*) FROM booking b WHERE b.state = 'held' AND (b.ends - b.starts) / 300000 <> \
         (SELECT COUNT(*) FROM claim c WHERE c.holder = b.id)",
    );
    assert_eq!(count(&first, wrong).await, 0);
    assert_eq!(
        count(&first, "SELECT COUNT(*) FROM booking WHERE state = 'held'").await,
        i64::try_from(held).unwrap()
    );
    assert!(held >= 10, "{held}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_want_each_other_s_slot_keep_their_own() {
    let first = House::start().await;
    let second = first.beside().await;
    let early = first.free("svc_cut", "emp_anna").await;
    let late = choice("svc_cut", "emp_anna", early.start.plus_minutes(45));
    let (ada, eve) = (first.page(), second.page());
    ada.hold(&early).await.unwrap();
    eve.hold(&late).await.unwrap();
    let claims = "SELECT COUNT(*) FROM claim c JOIN booking b ON b.id = c.holder WHERE b.state = 'held'";
    assert_eq!(count(&first, claims).await, 18);
    for answer in all(vec![ada.hold(&late), eve.hold(&early)]).await {
        // `Busy`, tried again by the page, when each waits for the other and PostgreSQL ends one of them.
        let code = answer.unwrap_err().code;
        assert!(matches!(code, Code::SlotTaken | Code::Busy), "{code:?}");
    }
    assert_eq!(ada.status().await.unwrap().start, early.start);
    assert_eq!(eve.status().await.unwrap().start, late.start);
    assert_eq!(count(&first, claims).await, 18);
}

async fn hold_and_pay(page: &crate::harness::Page<'_>, wanted: &Choice) -> Answer<Confirmed> {
    page.hold(wanted).await?;
    page.pay(4800, VISA).await
}

/// A date with eight seats.
pub async fn group_event(house: &House) -> Choice {
    let request = serde_json::json!({ "salon": "lumen" });
    let catalogue: server::api::catalogue::Catalogue = house.call("catalogue", None, &request).await.unwrap();
    let dates = catalogue
        .services
        .iter()
        .find_map(|service| service.dates.clone())
        .unwrap();
    let date = dates.iter().find(|date| date.seats_left == 8).unwrap().clone();
    Choice {
        date: Some(date.id),
        ..choice("svc_braiding", "emp_lea", date.start)
    }
}

async fn count(house: &House, sql: &'static str) -> i64 {
    sqlx::query_as::<_, (i64,)>(sql)
        .fetch_one(house.app.store.read())
        .await
        .unwrap()
        .0
}
