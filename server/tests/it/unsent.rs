//! Letters and messages that reach nobody: the salon hears of it.

use domain::role::Role;
use server::{app::App, http, worker};

use crate::{
    desk::Desk,
    harness::House,
    mail::MailServer,
    messages::{Gateway, set},
};

/// A visit with a link that was sent to this client.
async fn sent(desk: &mut Desk<'_>, client: &[(&str, &str)]) -> String {
    let id = desk.book(client).await;
    let path = format!("visits/{id}");
    let made = desk.post(&format!("{path}/link"), &[("due", "20")]).await;
    assert_eq!(made.status, 303, "{}", made.text);
    let sent = desk.post(&format!("{path}/link/send"), &[]).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    path
}

const ADA: [(&str, &str); 3] = [
    ("name", "Ada Weiß"),
    ("email", "ada@example.com"),
    ("phone", "+43 664 1234567"),
];

#[tokio::test]
async fn a_letter_that_is_refused_is_a_task_until_somebody_dealt_with_it() {
    let house = House::start().await;
    let post = MailServer::start(&["550 nobody here", "250 fine"]).await;
    let app = post.app(&house);
    let mut desk = Desk::of(&house, Role::Reception).await;
    let visit = sent(&mut desk, &ADA).await;
    assert!(desk.get(&visit).await.text.contains("Sent"));
    worker::tick(&app).await;
    worker::tick(&app).await;
    let seen = desk.get(&visit).await.text;
    assert!(
        seen.contains("Sent, but refused") && seen.contains("did not arrive"),
        "{seen}"
    );
    let today = desk.get("today").await.text;
    for part in [
        "To be done",
        "The link to pay did not reach Ada Weiß",
        "The mail server refused ada@example.com",
        "nobody here",
        "Call the client: +43 664 1234567.",
    ] {
        assert!(today.contains(part), "{part}: {today}");
    }
    let done = today.split("/unsent/").nth(1).unwrap().split('"').next().unwrap();
    let done = format!("unsent/{done}");
    assert_eq!(desk.post(&done, &[]).await.status, 303);
    assert_eq!(desk.post(&done, &[]).await.status, 409, "once");
    assert!(!desk.get("today").await.text.contains("did not reach"));

    // Sent again, it arrives.
    house.pass_minutes(1);
    assert_eq!(desk.post(&format!("{visit}/link/send"), &[]).await.status, 303);
    worker::tick(&app).await;
    assert_eq!(post.letters().len(), 1);
    assert!(!desk.get(&visit).await.text.contains("Sent, but refused"));
}

#[tokio::test]
async fn a_gateway_that_refuses_is_a_task_too() {
    let house = House::start().await;
    let gateway = Gateway::start(&[400]).await;
    let mut desk = Desk::of(&house, Role::Owner).await;
    set(&mut desk, &gateway).await;
    sent(&mut desk, &[("name", "Ada Weiß"), ("phone", "+43 664 1234567")]).await;
    house.work().await;
    let today = desk.get("today").await.text;
    for part in [
        "Your gateway does not take messages",
        "The gateway refused +43 664 1234567: It answered with status 400.",
        "Tell the client in another way.",
    ] {
        assert!(today.contains(part), "{part}: {today}");
    }
}

#[tokio::test]
async fn without_a_mail_server_no_letter_looks_sent() {
    let house = House::start().await;
    let mut bare = house.beside().await;
    let app = App {
        mail_dir: None,
        ..bare.app.clone()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    bare.url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, http::router(app)).await.unwrap() });
    let mut desk = Desk::of(&bare, Role::Owner).await;
    let warning = "no mail server is set up";
    assert!(desk.get("today").await.text.contains(warning));
    assert!(desk.get("messages").await.text.contains(warning));
    let id = desk.book(&ADA).await;
    let visit = format!("visits/{id}");
    let made = desk.post(&format!("{visit}/link"), &[("due", "20")]).await;
    assert_eq!(made.status, 303, "{}", made.text);
    let seen = desk.get(&visit).await.text;
    assert!(seen.contains(warning) && !seen.contains("Send to"), "{seen}");
    assert_eq!(desk.post(&format!("{visit}/link/send"), &[]).await.status, 409);
    assert!(
        !Desk::of(&house, Role::Manager)
            .await
            .get("today")
            .await
            .text
            .contains(warning)
    );
}
