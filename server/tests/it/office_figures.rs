//! What stands behind the figures of reports.

use domain::role::Role;
use server::{payments::cancelling::Decision, store::fee::Cause};

use crate::{
    desk::Desk,
    harness::{House, VISA},
    money::{Hears, advance, catch_up},
    office_reports::{agrees, book_and_pay},
};

/// The sums on a page of payments, in minor units; each as it is written, with its sign.
fn together(text: &str) -> i64 {
    let sums = text.split("<span class=\"sum\">").skip(1);
    sums.map(|rest| minor(rest.split('<').next().unwrap())).sum()
}

/// `−EUR 45.00` in minor units.
fn minor(text: &str) -> i64 {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let minor: i64 = digits.parse().unwrap_or_else(|_| panic!("{text}"));
    if text.starts_with('−') { -minor } else { minor }
}

/// Where a figure leads, and what it says.
fn figures(text: &str) -> Vec<(String, i64)> {
    let links = text.split("<a class=\"behind\" href=\"/office/lumen/").skip(1);
    links
        .map(|rest| {
            let (path, rest) = rest.split_once("\">").unwrap();
            (path.replace("&amp;", "&"), minor(rest.split('<').next().unwrap()))
        })
        .collect()
}

#[tokio::test]
async fn every_figure_opens_what_it_is_made_of_and_nothing_else() {
    let house = House::start().await;
    // Half of it is kept for a late cancelling, and the other half goes back.
    let (_, late) = crate::cancelling::paid(&house).await;
    crate::cancelling::until(&house, &late, 20);
    crate::cancelling::call_off(&house, &late.id, Cause::Cancelled, Decision::AsSet)
        .await
        .unwrap();
    book_and_pay(&house, "svc_balayage", "emp_anna", 5000, "4000000000000259").await;
    let page = house.page();
    page.open(&house.visit_link).await.unwrap();
    page.pay(6450, VISA).await.unwrap();
    house.work().await;
    advance(&house, "all").await;
    catch_up(&house, Hears::Everything).await;
    agrees(&house).await;

    let desk = Desk::of(&house, Role::Manager).await;
    let zone = jiff::tz::TimeZone::get("Europe/Vienna").unwrap();
    let now = jiff::Timestamp::from_millisecond(house.app.now().0).unwrap();
    let today = now.to_zoned(zone).date();
    // All was paid within the last weeks; the period begins and ends within a week and a month.
    let (from, to) = (
        today.saturating_sub(jiff::Span::new().days(40)),
        today.saturating_add(jiff::Span::new().days(1)),
    );
    for by in ["day", "week", "month", "service", "employee", "way"] {
        let query = format!("from={from}&to={to}&by={by}");
        let text = desk.get(&format!("reports?{query}")).await.text;
        let figures = figures(&text);
        assert!(figures.len() > 6, "{by}: {text}");
        let mut kinds = std::collections::BTreeSet::new();
        for (path, figure) in figures {
            let what = path.rsplit('=').next().unwrap().to_owned();
            let listed = desk.get(&path).await.text;
            let mut sum = together(&listed);
            if what.is_empty() {
                // What was kept is part of what was paid, and stands beside it.
                let kept = listed.split("Of the payment, kept as a fee").skip(1);
                sum -= kept
                    .map(|rest| together(rest.split("</li>").next().unwrap()))
                    .sum::<i64>();
            }
            assert_eq!(sum, figure, "{by} {path}: {listed}");
            let dates = path.split(['?', '&']).filter_map(|part| part.split_once('='));
            for (name, date) in dates.filter(|(name, _)| ["from", "to"].contains(name)) {
                let date: jiff::civil::Date = date.parse().unwrap();
                assert!((from..=to).contains(&date), "{by} {name} {path}");
            }
            kinds.insert(what);
        }
        assert_eq!(kinds.len(), 6, "{by}: {kinds:?}");
    }
    let file = desk
        .get(&format!("reports/table.csv?from={from}&to={to}&by=day"))
        .await
        .text;
    assert!(file.lines().nth(1).unwrap().starts_with("20"), "{file}");
    let text = desk
        .get(&format!("reports?from={from}&to={to}&by=month"))
        .await
        .text;
    assert!(text.contains(&today.strftime("%B %Y").to_string()), "{text}");
}

/// A balance at Stripe can be in another currency than the prices: its fees are too.
#[tokio::test]
async fn fees_in_another_currency_are_named_where_they_are_not_taken_off() {
    let house = House::start().await;
    book_and_pay(&house, "svc_cut", "emp_anna", 4800, VISA).await;
    let (charge, at): (String, i64) = sqlx::query_as("SELECT charge, created FROM attempt")
        .fetch_one(house.app.store.read())
        .await
        .unwrap();
    sqlx::query("INSERT INTO settled (salon, id, kind, source, amount, fee, currency, created, mode) VALUES ('lumen', 'txn_chf', 'charge', $1, 4600, 123, 'CHF', $2, 'test')")
        .bind(charge)
        .bind(at / 1000)
        .execute(house.app.store.read())
        .await
        .unwrap();
    let desk = Desk::of(&house, Role::Manager).await;
    let text = desk.get("reports").await.text;
    assert!(
        text.contains("fees of CHF 1.23 are not taken off") && text.contains("and CHF 1.23"),
        "{text}"
    );
}

/// Shares of two parts need not add up to the shares of the whole: what is kept is shared out anew each time that it changes.
#[tokio::test]
async fn what_is_kept_of_two_services_is_the_same_however_often_it_changes() {
    let house = House::start().await;
    let page = house.page();
    page.open(&house.visit_link).await.unwrap();
    page.pay(6450, VISA).await.unwrap();
    let visit = page.status().await.unwrap();
    crate::cancelling::until(&house, &visit, 1);
    crate::cancelling::call_off(&house, &visit.id, Cause::Cancelled, Decision::Take)
        .await
        .unwrap();
    let mut desk = Desk::of(&house, Role::Owner).await;
    for sum in ["7.77", "11.11", "0.03", "13.33"] {
        let done = desk
            .give_back(&format!("visits/{}", visit.id), sum, "complaint")
            .await;
        assert_eq!(done.status, 303, "{}", done.text);
        crate::cancelling::settle_all(&house).await;
        agrees(&house).await;
    }
}
