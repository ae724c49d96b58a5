//! Card testers, slot blockers and the impatient are held off; others go on.

use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use server::{
    api::{
        confirm::Next,
        error::{ApiError, Code},
    },
    app::{App, Clock},
    config::doors::Doors,
    http::{self, limits::Limits},
};
use tokio::{net::TcpListener, sync::watch};

use crate::harness::{DECLINED, House, VISA};

/// The house with doors as the binary has them, on a port of their own.
pub async fn with_doors(house: &mut House, doors: Doors) -> watch::Sender<bool> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    house.url = format!("http://{}", listener.local_addr().unwrap());
    let app = App {
        limits: Limits::counting(),
        ..house.app.clone()
    };
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(http::serve(listener, app, doors, stopped));
    stop
}

/// Doors that believe this machine's own word on whom it speaks for.
fn behind_a_proxy() -> Doors {
    Doors {
        proxies: vec!["127.0.0.1".parse().unwrap()],
        ..Doors::default()
    }
}

/// From now on the house's calls come from this address.
fn from(house: &mut House, address: &'static str) {
    let mut headers = HeaderMap::new();
    headers.insert("x-forwarded-for", HeaderValue::from_static(address));
    house.http = reqwest::Client::builder()
        .default_headers(headers)
        .build()
        .unwrap();
}

/// Status, `Retry-After` and error of a call without a token.
async fn call(house: &House, name: &str) -> (u16, Option<u32>, Option<ApiError>) {
    let call = house.http.post(format!("{}/api/v1/{name}", house.url));
    let answer = call.json(&json!({ "request": {} })).send().await.unwrap();
    let again = answer.headers().get("retry-after");
    let again = again.map(|seconds| seconds.to_str().unwrap().parse().unwrap());
    (answer.status().as_u16(), again, answer.json().await.ok())
}

#[tokio::test]
async fn one_address_takes_and_pays_so_often_and_another_goes_on() {
    let mut house = House::start().await;
    let _stop = with_doors(&mut house, behind_a_proxy()).await;
    for name in ["hold", "confirm"] {
        from(&mut house, "192.0.2.1");
        for _ in 0..12 {
            assert_ne!(call(&house, name).await.0, 429, "{name}");
        }
        let (status, again, error) = call(&house, name).await;
        let error = error.unwrap();
        assert_eq!((status, error.code), (429, Code::TooMany), "{name}");
        assert!((50..=61).contains(&again.unwrap()), "{again:?}");
        assert_eq!(error.retry_after, again);
        assert!(error.message.ends_with('.') && error.request.is_some());
        // Looking goes on, and so does everybody else.
        assert_eq!(call(&house, "status").await.0, 401);
        from(&mut house, "192.0.2.2");
        assert_ne!(call(&house, name).await.0, 429, "{name}");
        house.pass_minutes(1);
        from(&mut house, "192.0.2.1");
        assert_ne!(call(&house, name).await.0, 429, "{name}");
        assert_eq!(call(&house, name).await.0, 429, "{name}");
    }
}

#[tokio::test]
async fn pages_and_calls_are_counted_and_webhooks_are_not() {
    let mut house = House::start().await;
    // Time stands still, however slow this machine is.
    let now = house.app.now();
    house.app.clock = Clock::of(move || now);
    let _stop = with_doors(&mut house, behind_a_proxy()).await;
    from(&mut house, "2001:db8:1:2::1");
    let mut refused = 0;
    for _ in 0..300 {
        refused += usize::from(call(&house, "status").await.0 == 429);
    }
    assert_eq!(refused, 60);
    // A neighbour in the same /64 is the same household; the next /64 is another.
    from(&mut house, "2001:db8:1:2:ffff::9");
    let page = |house: &House| house.http.get(format!("{}/book/lumen", house.url)).send();
    let answer = page(&house).await.unwrap();
    assert_eq!(answer.status().as_u16(), 429);
    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(house.webhook(&json!({"id": "evt_1"})).await, 400);
    from(&mut house, "2001:db8:1:3::1");
    assert_ne!(page(&house).await.unwrap().status().as_u16(), 429);
}

#[tokio::test]
async fn a_header_of_a_stranger_s_own_making_changes_nothing() {
    let mut house = House::start().await;
    let _stop = with_doors(&mut house, Doors::default()).await;
    let mut answers = Vec::new();
    for address in ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"] {
        from(&mut house, address);
        for _ in 0..4 {
            answers.push(call(&house, "hold").await.0);
        }
    }
    assert_eq!(answers.iter().filter(|status| **status == 429).count(), 4);
}

#[tokio::test]
async fn ten_declined_cards_of_one_address_are_enough_for_an_hour() {
    let mut house = House::start().await;
    let _stop = with_doors(&mut house, behind_a_proxy()).await;
    from(&mut house, "192.0.2.1");
    for number in [0, 20] {
        let page = house.page();
        page.hold(&house.free_nth("svc_cut", "emp_anna", number).await)
            .await
            .unwrap();
        for _ in 0..5 {
            let answer = page.pay(4800, DECLINED).await.unwrap();
            assert!(matches!(answer.next, Next::AnotherTry { .. }));
            house.work().await;
        }
    }
    let page = house.page();
    let token = page.token.clone();
    page.hold(&house.free_nth("svc_cut", "emp_anna", 40).await)
        .await
        .unwrap();
    let error = page.pay(4800, VISA).await.unwrap_err();
    assert_eq!((error.code, house.taken().len()), (Code::TooMany, 0));
    assert!((300..=361).contains(&error.retry_after.unwrap()), "{error:?}");
    // The same booking from elsewhere.
    from(&mut house, "192.0.2.2");
    let page = crate::harness::Page { house: &house, token };
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Done);
}

#[tokio::test]
async fn eight_declined_cards_are_enough_for_a_booking_at_whichever_process() {
    let mut house = House::start().await;
    let mut other = house.beside().await;
    let _stops = (
        with_doors(&mut house, Doors::default()).await,
        with_doors(&mut other, Doors::default()).await,
    );
    let page = house.page();
    page.open(&house.visit_link).await.unwrap();
    for number in 0..8 {
        let process = if number % 2 == 0 { &house } else { &other };
        let answer = page.at(process).pay(6450, DECLINED).await.unwrap();
        assert!(matches!(answer.next, Next::AnotherTry { .. }), "{number}");
        // The worker cancels what was declined: that is no way to begin anew.
        house.work().await;
    }
    for process in [&house, &other] {
        let error = page.at(process).pay(6450, VISA).await.unwrap_err();
        assert_eq!(
            (error.code, error.field.as_deref()),
            (Code::TooMany, Some("card"))
        );
        assert!(error.message.contains("call the salon: +"), "{}", error.message);
        assert!(
            (86_000..=86_401).contains(&error.retry_after.unwrap()),
            "{error:?}"
        );
    }
    assert!(house.taken().is_empty());
    // Another booking is another matter, and the next day is another day.
    let neighbour = house.page();
    neighbour
        .hold(&house.free("svc_cut", "emp_jonas").await)
        .await
        .unwrap();
    assert_eq!(neighbour.pay(4800, VISA).await.unwrap().next, Next::Done);
    house.pass_minutes(24 * 60 + 1);
    let page = house.page();
    page.open(&house.visit_link).await.unwrap();
    assert_eq!(page.pay(6450, VISA).await.unwrap().next, Next::Done);
}

#[tokio::test]
async fn many_declines_of_a_salon_leave_each_booking_one_and_more_leave_none() {
    let mut house = House::start().await;
    let _stop = with_doors(&mut house, Doors::default()).await;
    let first = house.page();
    first
        .hold(&house.free("svc_cut", "emp_anna").await)
        .await
        .unwrap();
    first.pay(4800, DECLINED).await.unwrap();
    house.work().await;
    declines(&house, 1..29).await;
    // One less than thirty: as ever.
    first.pay(4800, DECLINED).await.unwrap();
    house.work().await;
    // From thirty on the first card that is declined is a booking's last.
    assert_eq!(first.pay(4800, VISA).await.unwrap_err().code, Code::TooMany);
    let second = house.page();
    second
        .hold(&house.free_nth("svc_cut", "emp_anna", 20).await)
        .await
        .unwrap();
    second.pay(4800, DECLINED).await.unwrap();
    house.work().await;
    assert_eq!(second.pay(4800, VISA).await.unwrap_err().code, Code::TooMany);
    // Who has a good card is served.
    let third = house.page();
    third
        .hold(&house.free_nth("svc_cut", "emp_anna", 40).await)
        .await
        .unwrap();
    assert_eq!(third.pay(4800, VISA).await.unwrap().next, Next::Done);

    declines(&house, 29..118).await;
    let fourth = house.page();
    fourth
        .hold(&house.free_nth("svc_cut", "emp_anna", 60).await)
        .await
        .unwrap();
    let error = fourth.pay(4800, VISA).await.unwrap_err();
    assert_eq!((error.code, error.retry_after), (Code::TooMany, Some(901)));
    assert!(error.message.contains("takes no cards"), "{error}");
    assert_eq!(house.taken().len(), 1);
    house.pass_minutes(61);
    let fifth = house.page();
    fifth
        .hold(&house.free_nth("svc_cut", "emp_anna", 60).await)
        .await
        .unwrap();
    assert_eq!(fifth.pay(4800, VISA).await.unwrap().next, Next::Done);
}

/// Adds so many declined cards, as if other clients had tried them now, every other one for a fee; the worker has cancelled
/// them already.
async fn declines(house: &House, numbers: std::ops::Range<i64>) {
    let (booking,): (String,) = sqlx::query_as("SELECT id FROM booking WHERE choice IS NULL")
        .fetch_one(house.app.store.read())
        .await
        .unwrap();
    let mut write = house.app.store.write().await.unwrap();
    for number in numbers {
        sqlx::query(
            "INSERT INTO attempt (id, booking, salon, sum, currency, state, confirmation_token, created, decline, purpose) \
             VALUES ($1, $2, 'lumen', 100, 'EUR', 'canceled', 'ctoken_1', $3, 'ask_bank', $4)",
        )
        .bind(format!("pay_{number:032}"))
        .bind(&booking)
        .bind(house.app.now().0)
        .bind(if number % 2 == 0 { "booking" } else { "fee" })
        .execute(write.conn())
        .await
        .unwrap();
    }
    write.commit().await.unwrap();
}

#[tokio::test]
async fn a_token_of_fewer_bits_or_another_shape_is_refused_unread() {
    let house = House::start().await;
    let (digits, fewer) = ("0".repeat(64), "0".repeat(63));
    for token in [
        String::new(),
        "bt_".to_owned(),
        "bt_0123456789abcdef".to_owned(),
        format!("bt_{fewer}"),
        format!("bt_{digits}0"),
        format!("vl_{digits}"),
        format!("bt_{fewer}G"),
        format!("bt_{fewer}A"),
        format!("' OR '1'='1{digits}"),
    ] {
        let call = house.http.post(format!("{}/api/v1/status", house.url));
        let answer = call.bearer_auth(&token).json(&json!({ "request": {} }));
        let answer = answer.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 401, "{token}");
        let error: Value = answer.json().await.unwrap();
        assert_eq!(error["code"], "not_yours", "{token}");
    }
}

#[tokio::test]
async fn a_payment_keeps_the_address_that_it_was_begun_from() {
    let mut house = House::start().await;
    let _stop = with_doors(&mut house, behind_a_proxy()).await;
    from(&mut house, "2001:db8:1:2:3::4");
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    page.pay(4800, VISA).await.unwrap();
    let kept: (Option<String>,) = sqlx::query_as("SELECT address FROM attempt")
        .fetch_one(house.app.store.read())
        .await
        .unwrap();
    assert_eq!(kept.0.as_deref(), Some("2001:db8:1:2:3::4"));
}
