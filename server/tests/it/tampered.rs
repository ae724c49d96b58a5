//! Calls that no page of ours makes: each gets a clear error, and nothing changes.

use domain::currency::Currency;
use serde_json::json;
use server::api::{
    booking::State,
    confirm::{Next, Pay},
    error::Code,
};

use crate::harness::{House, VISA, choice, eur};

#[tokio::test]
async fn another_sum_or_currency() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_colour", "emp_anna").await)
        .await
        .unwrap();
    for sum in [1, 50, 2849, 2851, 9499, 9501, 99_999_999] {
        assert_eq!(
            page.pay(sum, VISA).await.unwrap_err().code,
            Code::PriceChanged,
            "{sum}"
        );
    }
    let confirmation_token = house.card(VISA).await;
    let sum = domain::money::Money::new(2850, Currency::parse("HUF").unwrap()).unwrap();
    let error = page
        .confirm(Pay::Card {
            sum,
            confirmation_token,
        })
        .await
        .unwrap_err();
    assert_eq!(error.code, Code::PriceChanged);
    untouched(&house, &page).await;
}

#[tokio::test]
async fn another_salon_s_service_person_or_date() {
    let house = House::start().await;
    for sql in [
        "INSERT INTO salon (slug, name, address, phone, colour, currency, time_zone, country, terms, cancellation, \
         hold_minutes, lead_minutes, step_minutes, link_payment, embedders, publishable_key) SELECT 'other', name, address, phone, colour, currency, time_zone, country, terms, cancellation, \
         hold_minutes, lead_minutes, step_minutes, link_payment, embedders, publishable_key FROM salon",
        "INSERT INTO employee (id, salon, position, name, title, rule, hours) \
         SELECT 'emp_other', 'other', 0, name, title, rule, hours FROM employee WHERE id = 'emp_anna'",
        "INSERT INTO service (id, salon, position, name, description, minutes, price, price_to, rule, part, is_group) \
         SELECT 'svc_other', 'other', 0, name, description, minutes, price, price_to, rule, part, is_group \
         FROM service WHERE id = 'svc_cut'",
        "INSERT INTO service_employee VALUES ('svc_other', 'emp_other')",
    ] {
        sqlx::query(sql).execute(house.app.store.read()).await.unwrap();
    }
    let good = house.free("svc_cut", "emp_anna").await;
    for (service, employee) in [
        ("svc_other", "emp_anna"),
        ("svc_cut", "emp_other"),
        ("svc_none", "emp_anna"),
    ] {
        let error = house
            .page()
            .hold(&choice(service, employee, good.start))
            .await
            .unwrap_err();
        assert_eq!(error.code, Code::NotFound, "{service} {employee}");
        let quote: Result<serde_json::Value, _> = house
            .call("quote", None, &choice(service, employee, good.start))
            .await;
        assert_eq!(quote.unwrap_err().code, Code::NotFound);
    }
    assert_eq!(
        count(&house, "SELECT COUNT(*) FROM booking WHERE choice IS NOT NULL").await,
        0
    );
}

#[tokio::test]
async fn no_token_another_s_token_a_made_up_token() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    let stranger = house.page();
    assert_eq!(stranger.pay(4800, VISA).await.unwrap_err().code, Code::NotYours);
    assert_eq!(stranger.status().await.unwrap_err().code, Code::NotYours);
    assert_eq!(stranger.settle().await.unwrap_err().code, Code::NotYours);
    let nobody: Result<serde_json::Value, _> = house.call("status", None, &json!({})).await;
    assert_eq!(nobody.unwrap_err().code, Code::NotYours);
    untouched(&house, &page).await;

    // One's own token for another's booking of another sum: the sum is checked against one's own.
    let cheap = house.page();
    cheap
        .hold(&house.free("svc_beard", "emp_jonas").await)
        .await
        .unwrap();
    assert_eq!(cheap.pay(4800, VISA).await.unwrap_err().code, Code::PriceChanged);
    assert!(house.taken().is_empty());
}

#[tokio::test]
async fn a_price_that_changed_since_the_hold_is_refused_and_shown_again() {
    let house = House::start().await;
    let page = house.page();
    let choice = house.free("svc_cut", "emp_anna").await;
    page.hold(&choice).await.unwrap();
    sqlx::query("UPDATE service SET price = 5200 WHERE id = 'svc_cut'")
        .execute(house.app.store.read())
        .await
        .unwrap();
    assert_eq!(page.pay(4800, VISA).await.unwrap_err().code, Code::PriceChanged);
    assert!(house.taken().is_empty());
    let shown = page.status().await.unwrap();
    assert_eq!(shown.quote.price, eur(5200));
    assert_eq!(shown.lines[0].price, eur(5200));
    assert_eq!(page.pay(5200, VISA).await.unwrap().next, Next::Done);
    assert_eq!(house.kept(), 5200);
}

#[tokio::test]
async fn what_is_no_call_of_the_api() {
    let house = House::start().await;
    let url = format!("{}/api/v1/status", house.url);
    let json = "application/json";
    for (content_type, accept, body, status) in [
        (
            "application/x-www-form-urlencoded",
            "*/*",
            "request=1".to_owned(),
            400,
        ),
        ("text/plain", "*/*", "{}".to_owned(), 400),
        (json, "text/html", "{\"request\":{}}".to_owned(), 400),
        (json, "*/*", "{\"request\":".to_owned(), 400),
        (json, "*/*", "[]".to_owned(), 400),
        (
            json,
            "*/*",
            format!("{{\"request\":\"{}\"}}", "x".repeat(17_000)),
            400,
        ),
        (json, "*/*", "{\"request\":{}}".to_owned(), 401),
    ] {
        let call = house
            .http
            .post(&url)
            .header("content-type", content_type)
            .header("accept", accept);
        let answer = call.body(body.clone()).send().await.unwrap();
        assert_eq!(
            answer.status().as_u16(),
            status,
            "{content_type} {accept} {body:.40}"
        );
        let error: server::api::error::ApiError = answer.json().await.unwrap();
        assert!(error.message.ends_with('.'), "{}", error.message);
    }
    assert_eq!(house.http.get(&url).send().await.unwrap().status().as_u16(), 405);
    let none = house
        .http
        .post(format!("{}/api/v1/none", house.url))
        .header("content-type", json)
        .body("{}");
    assert_eq!(none.send().await.unwrap().status().as_u16(), 404);
}

#[tokio::test]
async fn fields_that_can_t_be_right_are_named() {
    let house = House::start().await;
    let page = house.page();
    let choice = house.free("svc_cut", "emp_anna").await;
    let error = page.hold_for(&choice, "nobody").await.unwrap_err();
    assert_eq!(
        (error.code, error.field.as_deref()),
        (Code::Invalid, Some("email"))
    );
    let days = json!({"salon": "lumen", "services": ["svc_cut"], "employee": null, "from": null, "days": 32});
    let error = house
        .call::<serde_json::Value>("free-times", None, &days)
        .await
        .unwrap_err();
    assert_eq!(error.field.as_deref(), Some("days"));
    let from =
        json!({"salon": "lumen", "services": ["svc_cut"], "employee": null, "from": "2026-02-30", "days": 3});
    let error = house
        .call::<serde_json::Value>("free-times", None, &from)
        .await
        .unwrap_err();
    assert_eq!(error.field.as_deref(), Some("from"));
    page.hold(&choice).await.unwrap();
    let bad = Pay::Card {
        sum: eur(4800),
        confirmation_token: "ctoken_1 OR 1=1".to_owned(),
    };
    assert_eq!(
        page.confirm(bad).await.unwrap_err().field.as_deref(),
        Some("confirmation_token")
    );
}

async fn untouched(house: &House, page: &crate::harness::Page<'_>) {
    assert!(matches!(page.status().await.unwrap().state, State::Held { .. }));
    assert_eq!(count(house, "SELECT COUNT(*) FROM attempt").await, 0);
    assert!(house.taken().is_empty());
}

async fn count(house: &House, sql: &'static str) -> i64 {
    sqlx::query_as::<_, (i64,)>(sql)
        .fetch_one(house.app.store.read())
        .await
        .unwrap()
        .0
}
