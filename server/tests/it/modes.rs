//! Test keys first, keys for real payments later: what was tried is no part of the books then, and touches no real money.

use axum::{Router, body::Bytes, extract::State as With, http::HeaderMap, http::Method, http::Uri};
use domain::{id::SalonSlug, role::Role, time::Moment};
use server::{
    api::{booking::State, confirm::Next},
    payments::books,
    store::rollup::{self, By},
};

use crate::{
    cancelling::paid,
    desk::Desk,
    harness::{BANK_ASKS, House, VISA, sandbox},
    money::advance,
};

pub const TEST: [(&str, &str); 3] = [
    ("publishable", stripe_sandbox::PUBLISHABLE_KEY),
    ("secret", stripe_sandbox::SECRET_KEY),
    ("webhook", "auto"),
];
pub const LIVE: [(&str, &str); 3] = [
    ("publishable", "pk_live_51SandboxDemoSalon000001"),
    ("secret", "sk_live_51SandboxDemoSalon000001"),
    ("webhook", "auto"),
];

/// A house whose Stripe takes the demo's keys as live ones too. (The sandbox itself has test keys only.)
pub async fn house_with_live_keys() -> House {
    let sandbox = sandbox().await;
    let front = Router::new().fallback(pass_on).with_state(sandbox.url());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, front).await.unwrap() });
    House::start_with(sandbox, url).await
}

async fn pass_on(
    With(url): With<String>,
    method: Method,
    uri: Uri,
    mut headers: HeaderMap,
    body: Bytes,
) -> (axum::http::StatusCode, String) {
    let key = headers["authorization"]
        .to_str()
        .unwrap()
        .replace("_live_", "_test_");
    headers.insert("authorization", key.parse().unwrap());
    headers.remove("host");
    let call = reqwest::Client::new().request(method, format!("{url}{uri}"));
    let answer = call.headers(headers).body(body).send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

fn salon() -> SalonSlug {
    SalonSlug::parse("lumen").unwrap()
}

/// What the reports say that clients paid, all rolled up, and agreeing with a rebuild.
async fn gross(house: &House) -> i64 {
    server::worker::roll::run(&house.app).await.unwrap();
    let mut write = house.app.store.write().await.unwrap();
    assert_eq!(rollup::check(write.conn(), &salon()).await.unwrap(), []);
    drop(write);
    let (db, salon) = (house.app.store.read(), salon());
    let lines = rollup::lines(db, &salon, By::Way, "2000-01-01", "2100-01-01");
    lines.await.unwrap().iter().map(|line| line.figures.gross).sum()
}

#[tokio::test]
async fn what_was_tried_in_test_mode_is_not_counted_nor_given_back_once_payments_are_real() {
    let house = house_with_live_keys().await;
    let mut desk = Desk::of(&house, Role::Owner).await;
    let (_, tried) = paid(&house).await;
    advance(&house, "fees").await;
    house.pass_minutes(11);
    house.work().await;
    assert_eq!(gross(&house).await, 4800);

    let seen = desk.post("methods", &LIVE).await;
    assert!(
        seen.status == 200
            && seen
                .text
                .contains("What was paid in test mode is no longer counted"),
        "{}",
        seen.text
    );
    assert_eq!(gross(&house).await, 0);
    let compared = books::compare(&house.app.store, &salon(), Moment(0))
        .await
        .unwrap();
    assert_eq!((compared.differences.len(), compared.elsewhere), (0, 0));
    assert_eq!(compared.net.len(), 0, "{compared:?}");
    let all = books::compare_all(&house.app.store, &salon()).await.unwrap();
    assert_eq!(all, compared);

    let visit = format!("visits/{}", tried.id);
    let page = desk.get(&visit).await.text;
    assert!(
        page.contains("A test: no money moved") && !page.contains("name=\"attempt\""),
        "{page}"
    );
    let (attempt,): (String,) = sqlx::query_as("SELECT id FROM attempt")
        .fetch_one(house.app.store.read())
        .await
        .unwrap();
    let form = [
        ("attempt", &*attempt),
        ("sum", "1"),
        ("why", "complaint"),
        ("shown", "0"),
    ];
    let refused = desk.post(&format!("{visit}/refund"), &form).await;
    assert!(
        refused.status == 400 && refused.text.contains("paid in test mode"),
        "{}",
        refused.text
    );
    assert_eq!(house.kept(), 4800, "Stripe heard nothing of it");

    // Real payments count, and go back.
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_jonas").await)
        .await
        .unwrap();
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Done);
    assert_eq!(gross(&house).await, 4800);
    // The visit that was tried can be cancelled: nothing goes back.
    let shown = desk.get(&visit).await.text;
    assert!(!shown.contains("Goes back"), "{shown}");
    let shown = shown.split("name=\"shown\" value=\"").nth(1).unwrap();
    let shown = shown.split('"').next().unwrap();
    let cancelled = desk.post(&format!("{visit}/cancel"), &[("shown", shown)]).await;
    assert_eq!(cancelled.status, 303, "{}", cancelled.text);
    house.work().await;
    assert_eq!(house.kept(), 2 * 4800);

    // Back to tests is asked about first.
    let asked = desk.post("methods", &TEST).await;
    assert!(
        asked.status == 422 && asked.text.contains("Clients can&#39;t pay any more then")
            || asked.text.contains("Clients can't pay any more then"),
        "{}",
        asked.text
    );
    let mut form = TEST.to_vec();
    form.push(("to_test", "yes"));
    assert_eq!(desk.post("methods", &form).await.status, 200);
    assert_eq!(gross(&house).await, 4800);
    let (live,): (String,) = sqlx::query_as("SELECT booking FROM attempt WHERE mode = 'live'")
        .fetch_one(house.app.store.read())
        .await
        .unwrap();
    let page = desk.get(&format!("visits/{live}")).await.text;
    assert!(page.contains("paid with real money"), "{page}");
}

/// Asked with the new keys, Stripe knows nothing of it: it would be under way for ever, and keep its time.
#[tokio::test]
async fn a_test_that_was_under_way_when_the_keys_changed_lets_go_of_its_time() {
    let house = house_with_live_keys().await;
    let mut desk = Desk::of(&house, Role::Owner).await;
    let page = house.page();
    let wanted = house.free("svc_cut", "emp_anna").await;
    page.hold(&wanted).await.unwrap();
    assert_ne!(page.pay(4800, BANK_ASKS).await.unwrap().next, Next::Done);
    assert_eq!(desk.post("methods", &LIVE).await.status, 200);
    house.pass_minutes(20);
    house.work().await;
    assert_eq!(page.status().await.unwrap().state, State::Expired);
    house.page().hold(&wanted).await.unwrap();
}

/// The key for real payments knows nothing of a test's money: asked for again and again, it would be refused for ever.
#[tokio::test]
async fn what_was_to_be_done_about_a_test_is_over_when_the_keys_changed() {
    let house = house_with_live_keys().await;
    let mut desk = Desk::of(&house, Role::Owner).await;
    let (_, tried) = paid(&house).await;
    house.work().await;
    let visit = format!("visits/{}", tried.id);
    assert_eq!(desk.give_back(&visit, "48", "complaint").await.status, 303);
    assert_eq!(desk.post("methods", &LIVE).await.status, 200);
    house.work().await;
    let (open,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM job WHERE done IS NULL")
        .fetch_one(house.app.store.read())
        .await
        .unwrap();
    assert_eq!((open, house.kept()), (0, 4800));
}

/// With real keys nothing is paid for a test: Stripe's own list of events shows whether the latest came.
#[tokio::test]
async fn a_test_of_real_keys_says_whether_stripes_latest_event_came() {
    let house = house_with_live_keys().await;
    let mut desk = Desk::of(&house, Role::Owner).await;
    assert_eq!(desk.post("methods", &LIVE).await.status, 200);
    // An old one of another time shows nothing.
    let old = serde_json::json!({"id": "evt_old", "object": "event", "type": "charge.updated", "livemode": true, "created": 1,
        "data": {"object": {"object": "charge", "id": "ch_1"}}});
    assert_eq!(house.webhook(&old).await, 200);
    let seen = desk.post("methods/test", &[]).await.text;
    assert!(
        seen.contains("has had no event of a payment of late") && seen.contains("not yet"),
        "{seen}"
    );
    paid(&house).await;
    house.pass_minutes(2);
    let seen = desk.post("methods/test", &[]).await.text;
    assert!(
        seen.contains("did not come here") && seen.contains("not yet"),
        "{seen}"
    );
    for mut event in house.events().await {
        event["livemode"] = true.into();
        assert_eq!(house.webhook(&event).await, 200);
    }
    let seen = desk.post("methods/test", &[]).await.text;
    assert!(
        seen.contains("came here, with the right signature") && !seen.contains("not yet"),
        "{seen}"
    );
    assert_eq!(house.taken().len(), 1, "nothing is paid for a test");
}
