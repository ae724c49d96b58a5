//! Short messages through a salon's gateway: an HTTP server of a few lines at the other end.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use domain::role::Role;
use serde_json::Value;
use server::messages::GatewaySecret;

use crate::{desk::Desk, harness::House};

type Calls = Arc<Mutex<Vec<(String, String)>>>;

/// Answers with these statuses, one after the other; the last one stays.
pub struct Gateway {
    pub url: String,
    calls: Calls,
}

#[derive(Clone)]
struct Seat {
    calls: Calls,
    answers: &'static [u16],
}

impl Gateway {
    pub async fn start(answers: &'static [u16]) -> Gateway {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/send", listener.local_addr().unwrap());
        let calls = Calls::default();
        let seat = Seat {
            calls: calls.clone(),
            answers,
        };
        let router = Router::new().route("/send", post(take)).with_state(seat);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Gateway { url, calls }
    }

    pub fn calls(&self) -> Vec<(String, String)> {
        self.calls.lock().unwrap().clone()
    }

    pub fn kinds(&self) -> Vec<String> {
        let kind = |body: &str| {
            serde_json::from_str::<Value>(body).unwrap()["kind"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        self.calls().iter().map(|(_, body)| kind(body)).collect()
    }
}

async fn take(State(seat): State<Seat>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut calls = seat.calls.lock().unwrap();
    let signature = headers["booking-signature"].to_str().unwrap().to_owned();
    calls.push((signature, String::from_utf8(body.to_vec()).unwrap()));
    let answer = seat.answers.get(calls.len() - 1).or(seat.answers.last());
    StatusCode::from_u16(*answer.unwrap()).unwrap()
}

/// Sets the gateway as an owner does, and answers the secret that was shown.
pub async fn set(desk: &mut Desk<'_>, gateway: &Gateway) -> GatewaySecret {
    let seen = desk.post("messages", &[("url", &gateway.url)]).await;
    assert_eq!(seen.status, 200, "{}", seen.text);
    let secret = seen
        .text
        .split("value=\"bks_")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    GatewaySecret::parse(&format!("bks_{secret}")).unwrap()
}

async fn book(desk: &mut Desk<'_>, email: &str) -> String {
    let client = [
        ("name", "Ada Weiß"),
        ("email", email),
        ("phone", "+43 664 1234567"),
    ];
    let id = desk.book(&client).await;
    let made = desk
        .post(&format!("visits/{id}/link"), &[("due", "20"), ("remind", "24")])
        .await;
    assert_eq!(made.status, 303, "{}", made.text);
    id
}

#[tokio::test]
async fn a_link_goes_by_message_signed_and_once_and_is_reminded_of() {
    let house = House::start().await;
    let gateway = Gateway::start(&[200]).await;
    let mut desk = Desk::of(&house, Role::Owner).await;
    let secret = set(&mut desk, &gateway).await;
    let id = book(&mut desk, "").await;
    let page = desk.get(&format!("visits/{id}")).await.text;
    assert!(page.contains("Send to +43 664 1234567"), "{page}");
    assert_eq!(
        desk.post(&format!("visits/{id}/link/send"), &[]).await.status,
        303
    );
    house.work().await;
    house.work().await;
    let calls = gateway.calls();
    assert_eq!(calls.len(), 1, "{calls:?}");
    let (signature, body) = &calls[0];
    let seconds = signature.trim_start_matches("t=").split(',').next().unwrap();
    assert_eq!(*signature, secret.sign(seconds.parse().unwrap(), body));
    assert!((house.app.now().0 / 1000 - seconds.parse::<i64>().unwrap()).abs() < 60);
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        (&body["kind"], &body["to"], &body["salon"], &body["language"]),
        (
            &"link".into(),
            &"+43 664 1234567".into(),
            &"lumen".into(),
            &"de".into()
        )
    );
    let text = body["text"].as_str().unwrap();
    assert!(
        text.contains("Bitte zahlen Sie 20,00 EUR. http") && text.contains("/pay/"),
        "{text}"
    );
    house.pass_minutes(24 * 60 + 1);
    house.work().await;
    assert_eq!(gateway.kinds(), ["link", "reminder"]);
    assert!(house.letters().is_empty());
}

#[tokio::test]
async fn what_a_gateway_refuses_is_told_and_tried_again_only_where_that_can_help() {
    for (answers, tries, said) in [
        (&[503, 429, 200], 3, ">On<"),
        (&[400, 200, 200], 1, "It answered with status 400"),
        (&[301, 200, 200], 1, "It answered with status 301"),
        (&[500, 500, 500], 3, "It answered with status 500"),
    ] {
        let house = House::start().await;
        let gateway = Gateway::start(answers).await;
        let mut desk = Desk::of(&house, Role::Owner).await;
        set(&mut desk, &gateway).await;
        let id = book(&mut desk, "ada@example.com").await;
        assert_eq!(
            desk.post(&format!("visits/{id}/link/send"), &[]).await.status,
            303
        );
        for _ in 0..3 {
            house.work().await;
            house.pass_minutes(1);
        }
        let calls = gateway.calls();
        let first: Value = serde_json::from_str(&calls[0].1).unwrap();
        assert_eq!(calls.len(), tries, "{answers:?} {calls:?}");
        for (_, body) in &calls {
            let body: Value = serde_json::from_str(body).unwrap();
            assert_eq!(body["id"], first["id"]);
        }
        assert_eq!(
            house.letters().len(),
            1,
            "the letter does not wait for the message"
        );
        let page = desk.get("messages").await.text;
        assert!(page.contains(said), "{page}");
    }
}

#[tokio::test]
async fn a_receipt_is_no_message_where_there_is_a_letter_and_nothing_is_sent_without_a_gateway() {
    let house = House::start().await;
    let gateway = Gateway::start(&[200]).await;
    let mut desk = Desk::of(&house, Role::Owner).await;
    set(&mut desk, &gateway).await;
    let page = house.page();
    page.open(&house.visit_link).await.unwrap();
    let due = page.status().await.unwrap().quote;
    let domain::terms::Offer::Must(due) = due.offer else {
        panic!("{due:?}")
    };
    page.pay(due.now.minor(), crate::harness::VISA).await.unwrap();
    house.work().await;
    assert!(gateway.kinds().is_empty(), "{:?}", gateway.kinds());

    assert_eq!(desk.post("messages/off", &[]).await.status, 303);
    let id = book(&mut desk, "").await;
    assert!(!desk.get(&format!("visits/{id}")).await.text.contains("Send to"));
    assert_eq!(
        desk.post(&format!("visits/{id}/link/send"), &[]).await.status,
        409
    );
    house.work().await;
    assert!(gateway.calls().is_empty());
}

#[tokio::test]
async fn a_gateway_is_tested_and_a_wrong_address_is_said() {
    let house = House::start().await;
    let gateway = Gateway::start(&[200, 500]).await;
    let mut desk = Desk::of(&house, Role::Owner).await;
    for (url, sentence) in [
        ("", "Enter an address"),
        ("sms.example", "Enter an address"),
        ("http://sms.example/send", "begins with https"),
        ("https://ada:secret@sms.example/", "no password"),
    ] {
        let seen = desk.post("messages", &[("url", url)]).await;
        assert!(
            seen.status == 422 && seen.text.contains(sentence),
            "{url}: {}",
            seen.text
        );
    }
    set(&mut desk, &gateway).await;
    let seen = desk.post("messages/test", &[("to", "home")]).await;
    assert!(
        seen.status == 422 && seen.text.contains("Enter a telephone"),
        "{}",
        seen.text
    );
    assert_eq!(
        desk.post("messages/test", &[("to", "+43 664 1234567")])
            .await
            .status,
        303
    );
    let seen = desk.post("messages/test", &[("to", "+43 664 1234567")]).await;
    assert!(
        seen.status == 422 && seen.text.contains("status 500"),
        "{}",
        seen.text
    );
    assert_eq!(gateway.kinds(), ["test", "test"]);
    let mut strict = house.app.clone();
    strict.gateways = server::messages::Gateways::new(false).unwrap();
    assert!(strict.gateways.read(&gateway.url).is_err());
}

#[tokio::test]
async fn who_has_a_telephone_alone_is_told_of_a_booking_and_of_money_that_goes_back() {
    let house = House::start().await;
    let gateway = Gateway::start(&[200]).await;
    let mut desk = Desk::of(&house, Role::Owner).await;
    let client = [
        ("name", "Ada Weiß"),
        ("phone", "+43 664 1234567"),
        ("tell", "yes"),
    ];
    // Nowhere to send it: that is said.
    let id = desk.book(&client).await;
    let seen = desk.get(&format!("visits/{id}")).await.text;
    assert!(seen.contains("No confirmation could be sent"), "{seen}");

    set(&mut desk, &gateway).await;
    let id = desk.book(&client).await;
    let seen = desk.get(&format!("visits/{id}")).await.text;
    assert!(
        seen.contains("The confirmation goes to +43 664 1234567."),
        "{seen}"
    );
    house.work().await;
    assert_eq!(gateway.kinds(), ["booked"]);

    let made = desk.post(&format!("visits/{id}/link"), &[("due", "20")]).await;
    assert_eq!(made.status, 303, "{}", made.text);
    let seen = desk.get(&format!("visits/{id}")).await.text;
    let link = seen.split("/pay/").nth(1).unwrap().split('"').next().unwrap();
    let link = domain::id::LinkToken::parse(link).unwrap();
    let page = house.page();
    page.open(&link).await.unwrap();
    page.pay(2000, crate::harness::VISA).await.unwrap();
    house.work().await;
    let done = desk.give_back(&format!("visits/{id}"), "5", "complaint").await;
    assert_eq!(done.status, 303, "{}", done.text);
    for _ in 0..3 {
        house.work().await;
        house.pass_minutes(1);
    }
    assert_eq!(gateway.kinds(), ["booked", "paid", "refund"]);
    let body: Value = serde_json::from_str(&gateway.calls()[2].1).unwrap();
    let text = body["text"].as_str().unwrap();
    assert!(
        text.contains("5,00 EUR") && text.contains("Karte zurück"),
        "{text}"
    );
    assert!(house.letters().is_empty());
}
