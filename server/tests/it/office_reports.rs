//! Reports: what the figures say, and that they are what comes out when all is read anew.

use domain::{id::SalonSlug, role::Role};
use server::{
    api::confirm::Next,
    store::rollup::{self, By, Line},
};

use crate::{
    desk::Desk,
    harness::{House, VISA},
    money::{Hears, advance, catch_up, give_back},
};

pub fn salon() -> SalonSlug {
    SalonSlug::parse("lumen").unwrap()
}

pub async fn lines(house: &House, by: By) -> Vec<Line> {
    let db = house.app.store.read();
    rollup::lines(db, &salon(), by, "2000-01-01", "2100-01-01")
        .await
        .unwrap()
}

/// What was rolled up is what comes out anew, to the last figure.
pub async fn agrees(house: &House) {
    let mut write = house.app.store.write().await.unwrap();
    let differ = rollup::check(write.conn(), &salon()).await.unwrap();
    assert_eq!(differ, []);
    assert!(!rollup::any_to_roll(house.app.store.read()).await.unwrap());
}

pub async fn book_and_pay(house: &House, service: &str, employee: &str, minor: i64, card: &str) {
    let page = house.page();
    page.hold(&house.free(service, employee).await).await.unwrap();
    assert_eq!(page.pay(minor, card).await.unwrap().next, Next::Done);
}

#[tokio::test]
async fn figures_add_up_by_service_person_and_way_and_agree_with_a_rebuild() {
    let house = House::start().await;
    book_and_pay(&house, "svc_cut", "emp_anna", 4800, VISA).await;
    give_back(&house, 2000).await;
    book_and_pay(&house, "svc_cut", "emp_jonas", 4800, VISA).await;
    book_and_pay(&house, "svc_balayage", "emp_anna", 5000, "4000000000000259").await;
    let page = house.page();
    page.open(&house.visit_link).await.unwrap();
    page.pay(6450, VISA).await.unwrap();
    house.work().await;
    advance(&house, "all").await;
    catch_up(&house, Hears::Everything).await;
    agrees(&house).await;

    let by = |lines: Vec<Line>| -> Vec<(String, i64, i64, i64, i64)> {
        let figures = |line: Line| {
            let f = line.figures;
            (line.name, f.payments, f.gross, f.refunds, f.disputes)
        };
        lines.into_iter().map(figures).collect()
    };
    let text = |name: &str, a, b, c, d| (name.to_owned(), a, b, c, d);
    assert_eq!(
        by(lines(&house, By::Service).await),
        [
            text("Balayage", 1, 5000, 0, 5000),
            // The link's 64.50 are 48.00 for this and 16.50 for the mask; the payment counts once.
            text("Cut and finish", 3, 4800 + 4800 + 4800, 2000, 0),
            text("Repair mask, 200 ml", 0, 1650, 0, 0),
        ]
    );
    assert_eq!(
        by(lines(&house, By::Way).await),
        [text("link", 1, 6450, 0, 0), text("online", 3, 14_600, 2000, 5000)]
    );
    assert_eq!(
        by(lines(&house, By::Employee).await),
        [
            text("emp_anna", 3, 16_250, 2000, 5000),
            text("emp_jonas", 1, 4800, 0, 0)
        ]
    );
    let all = lines(&house, By::Month).await;
    let fees: i64 = all.iter().map(|line| line.figures.fees).sum();
    let stripe: i64 = house.stripe_get("/v1/balance_transactions?limit=100").await["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["fee"].as_i64().unwrap())
        .sum();
    assert_eq!(fees, stripe);

    let desk = Desk::of(&house, Role::Manager).await;
    let seen = desk.get("reports?by=service").await.text;
    assert!(
        seen.contains("EUR 210.50") && seen.contains("Repair mask"),
        "{seen}"
    );
    let behind = desk.get("reports/payments?service=Balayage").await.text;
    assert!(
        behind.contains("−EUR 50.00") && !behind.contains("64.50"),
        "{behind}"
    );
    let stripe = desk.get("reports/stripe").await.text;
    assert!(stripe.contains("To the cent"), "{stripe}");
    let file = desk.get("reports/table.csv?by=way").await.text;
    assert!(file.starts_with("Way to pay,Currency,Payments,Paid,"), "{file}");
    assert!(file.contains("In online booking,EUR,3,146.00,"), "{file}");
}

#[tokio::test]
async fn rolled_up_by_two_servers_at_once_or_anew_it_is_the_same() {
    let house = House::start().await;
    let beside = house.beside().await;
    for nth in 0..6 {
        let page = house.page();
        page.hold(&house.free_nth("svc_cut", "emp_anna", nth).await)
            .await
            .unwrap();
        page.pay(4800, VISA).await.unwrap();
    }
    tokio::join!(house.work(), beside.work());
    house.work().await;
    agrees(&house).await;
    let before = lines(&house, By::Day).await;
    assert_eq!(
        before.iter().map(|line| line.figures.gross).sum::<i64>(),
        6 * 4800
    );
    let mut write = house.app.store.write().await.unwrap();
    rollup::begin_anew(write.conn(), &salon()).await.unwrap();
    write.commit().await.unwrap();
    house.work().await;
    agrees(&house).await;
    assert_eq!(lines(&house, By::Day).await, before);
}

/// Half past eleven in the evening in Vienna is the same day there, and half an hour later it is the next, whatever day it is
/// by UTC; also when the clocks change.
#[tokio::test]
async fn a_report_is_not_off_by_a_day_for_the_time_zone() {
    for (at, day) in [
        ("2027-01-15T22:30:00Z", "2027-01-15"),
        ("2027-01-15T23:30:00Z", "2027-01-16"),
        ("2027-07-15T21:30:00Z", "2027-07-15"),
        ("2027-07-15T22:30:00Z", "2027-07-16"),
        // The night in which the clocks are set forward, and the one in which they are set back.
        ("2027-03-27T23:30:00Z", "2027-03-28"),
        ("2027-03-28T21:59:59Z", "2027-03-28"),
        ("2027-03-28T22:00:00Z", "2027-03-29"),
        ("2027-10-30T22:00:00Z", "2027-10-31"),
        ("2027-10-31T22:59:59Z", "2027-10-31"),
        ("2027-10-31T23:00:00Z", "2027-11-01"),
    ] {
        let house = House::start().await;
        book_and_pay(&house, "svc_cut", "emp_anna", 4800, VISA).await;
        let at: jiff::Timestamp = at.parse().unwrap();
        sqlx::query("UPDATE ledger SET at = $1, rolled = 0")
            .bind(at.as_millisecond())
            .execute(house.app.store.read())
            .await
            .unwrap();
        sqlx::query("DELETE FROM rollup")
            .execute(house.app.store.read())
            .await
            .unwrap();
        house.work().await;
        let days: Vec<String> = lines(&house, By::Day)
            .await
            .into_iter()
            .map(|line| line.name)
            .collect();
        assert_eq!(days, [day], "{at}");
        let desk = Desk::of(&house, Role::Manager).await;
        let behind = desk
            .get(&format!("reports/payments?from={day}&to={day}"))
            .await
            .text;
        assert!(behind.contains("Ada Lovelace"), "{at}: {behind}");
    }
}

#[tokio::test]
async fn whatever_period_is_asked_for_there_is_a_page() {
    let house = House::start().await;
    let desk = Desk::of(&house, Role::Manager).await;
    for query in [
        "",
        "?from=2026-01-01&to=2025-01-01",
        "?from=nonsense&to=2025-13-01&by=weather",
        "?from=0001-01-01&to=9999-12-31&by=week",
        "?by=month",
        "?from=2026-02-30",
    ] {
        for page in ["reports", "reports/table.csv", "reports/payments"] {
            let seen = desk.get(&format!("{page}{query}")).await;
            assert_eq!(seen.status, 200, "{page}{query}: {}", seen.text);
        }
    }
    assert!(
        desk.get("reports")
            .await
            .text
            .contains("Nothing was paid in this time")
    );
}

/// Stripe's list is read every ten minutes, and may name a dispute with its fee before the event of the dispute came.
#[tokio::test]
async fn the_fee_of_a_dispute_that_is_listed_before_it_is_told_of_is_counted() {
    let house = House::start().await;
    book_and_pay(&house, "svc_balayage", "emp_anna", 5000, "4000000000000259").await;
    advance(&house, "all").await;
    let mut write = house.app.store.write().await.unwrap();
    let listed = house.stripe_get("/v1/balance_transactions?limit=100").await;
    let listed = listed["data"].as_array().unwrap().iter();
    let dispute = listed.filter(|one| {
        one["source"].as_str().unwrap().starts_with("dp_")
            || one["source"].as_str().unwrap().starts_with("du_")
    });
    for one in dispute.clone() {
        sqlx::query("INSERT INTO settled (salon, id, kind, source, amount, fee, currency, created) VALUES ('lumen', $1, 'adjustment', $2, $3, $4, 'EUR', $5)")
            .bind(one["id"].as_str().unwrap())
            .bind(one["source"].as_str().unwrap())
            .bind(one["amount"].as_i64().unwrap())
            .bind(one["fee"].as_i64().unwrap())
            .bind(one["created"].as_i64().unwrap())
            .execute(write.conn())
            .await
            .unwrap();
    }
    assert_eq!(dispute.count(), 1);
    write.commit().await.unwrap();
    server::worker::roll::run(&house.app).await.unwrap();
    let before: i64 = lines(&house, By::Way)
        .await
        .iter()
        .map(|line| line.figures.fees)
        .sum();
    catch_up(&house, Hears::Everything).await;
    agrees(&house).await;
    let after: i64 = lines(&house, By::Way)
        .await
        .iter()
        .map(|line| line.figures.fees)
        .sum();
    assert!(before == 0 && after > 1000, "{before} {after}");
}

#[tokio::test]
async fn behind_a_figure_each_entry_stands_once_with_the_part_that_is_counted() {
    let house = House::start().await;
    for nth in 0..3 {
        let page = house.page();
        page.hold(&house.free_nth("svc_cut", "emp_anna", nth).await)
            .await
            .unwrap();
        page.pay(4800, VISA).await.unwrap();
    }
    let page = house.page();
    page.open(&house.visit_link).await.unwrap();
    page.pay(6450, VISA).await.unwrap();
    // All in the same millisecond, and more than a page holds.
    let mut write = house.app.store.write().await.unwrap();
    let now = house.app.now().0;
    for nth in 0..120 {
        sqlx::query(
            "INSERT INTO ledger (id, salon, attempt, kind, sum, currency, source, at) \
             SELECT $1, salon, attempt, 'refunded', $2, currency, $1, $3 FROM ledger WHERE sum = 4800 LIMIT 1",
        )
        .bind(format!("test_{nth}"))
        .bind(100 + nth)
        .bind(now)
        .execute(write.conn())
        .await
        .unwrap();
    }
    write.commit().await.unwrap();
    let desk = Desk::of(&house, Role::Manager).await;
    let (mut path, mut seen, mut pages) = ("reports/payments".to_owned(), Vec::new(), 0);
    loop {
        let text = desk.get(&path).await.text;
        seen.extend(
            text.split("−EUR ")
                .skip(1)
                .map(|rest| rest.split('<').next().unwrap().to_owned()),
        );
        pages += 1;
        let Some(next) = text
            .split("href=\"/office/lumen/")
            .find(|rest| rest.contains(">Earlier</a>"))
        else {
            break;
        };
        path = next.split('"').next().unwrap().replace("&amp;", "&");
    }
    assert_eq!((pages, seen.len()), (3, 120), "{seen:?}");
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 120);
    let mask = desk
        .get("reports/payments?service=Repair+mask%2C+200+ml")
        .await
        .text;
    assert!(
        mask.contains("EUR 16.50") && !mask.contains("EUR 64.50"),
        "{mask}"
    );
}

#[tokio::test]
async fn what_a_payment_was_for_stays_however_its_booking_is_changed() {
    let house = House::start().await;
    book_and_pay(&house, "svc_cut", "emp_anna", 4800, VISA).await;
    let (visit,): (String,) = sqlx::query_as("SELECT booking FROM attempt")
        .fetch_one(house.app.store.read())
        .await
        .unwrap();
    give_back(&house, 4800).await;
    catch_up(&house, Hears::Everything).await;
    agrees(&house).await;
    let (before, people) = (lines(&house, By::Way).await, lines(&house, By::Employee).await);
    let mut desk = Desk::of(&house, Role::Manager).await;
    // From now on the salon's own lines say what it costs, and somebody else does it.
    let made = desk.post(&format!("visits/{visit}/link"), &[("due", "30")]).await;
    assert_eq!(made.status, 303, "{}", made.text);
    let page = desk
        .get(&format!("visits/{visit}/move?employee=emp_jonas"))
        .await
        .text;
    let start = page.split("name=\"start\" value=\"").nth(1).unwrap();
    let start = start.split('"').next().unwrap();
    let moved = desk
        .post(
            &format!("visits/{visit}/move"),
            &[("employee", "emp_jonas"), ("start", start)],
        )
        .await;
    assert_eq!(moved.status, 303, "{}", moved.text);
    agrees(&house).await;
    assert_eq!(lines(&house, By::Way).await, before);
    assert_eq!(lines(&house, By::Employee).await, people);
    for (query, shown) in [
        ("way=online", true),
        ("way=link", false),
        ("employee=emp_anna", true),
        ("employee=emp_jonas", false),
        ("service=Cut+and+finish", true),
    ] {
        let behind = desk.get(&format!("reports/payments?{query}")).await.text;
        assert_eq!(behind.contains("Ada Lovelace"), shown, "{query}: {behind}");
    }
}

#[tokio::test]
async fn what_differs_is_shown_as_a_sum_with_whose_it_is() {
    let house = House::start().await;
    book_and_pay(&house, "svc_cut", "emp_anna", 4800, VISA).await;
    let desk = Desk::of(&house, Role::Manager).await;
    let text = desk.get("reports/stripe").await.text;
    assert!(
        text.contains("Payment of EUR 48.00: Stripe does not list it (yet)")
            && text.contains(">Ada Lovelace</a>")
            && !text.contains("smallest units"),
        "{text}"
    );
}

/// An older server goes on for a while beside a newer one, and knows nothing of the newer columns.
#[tokio::test]
async fn what_an_older_server_wrote_is_counted_like_all_else() {
    let house = House::start().await;
    book_and_pay(&house, "svc_cut", "emp_anna", 4800, VISA).await;
    let page = house.page();
    page.open(&house.visit_link).await.unwrap();
    page.pay(6450, VISA).await.unwrap();
    house.work().await;
    let by = async || {
        (
            lines(&house, By::Way).await,
            lines(&house, By::Service).await,
            lines(&house, By::Employee).await,
        )
    };
    let before = by().await;
    let mut write = house.app.store.write().await.unwrap();
    for sql in [
        "DELETE FROM attempt_line",
        "UPDATE attempt SET way = 'online', employee = '', mode = 'live'",
    ] {
        sqlx::query(sql).execute(write.conn()).await.unwrap();
    }
    rollup::begin_anew(write.conn(), &salon()).await.unwrap();
    write.commit().await.unwrap();
    house.work().await;
    assert_eq!(by().await, before);
    agrees(&house).await;
}
