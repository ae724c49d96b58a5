//! The log: who did what, from what to what, to whose money.

use domain::role::Role;

use crate::{
    cancelling::{paid, settle_all, until},
    desk::Desk,
    fees::{miss, with_card},
    harness::{House, VISA},
};

#[tokio::test]
async fn what_was_changed_is_told_with_what_it_was_before() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Owner).await;
    let invited = [
        ("email", "new@example.com"),
        ("role", "reception"),
        ("limit", "50"),
    ];
    assert_eq!(desk.post("staff", &invited).await.status, 200);
    let mut other = Desk::new(&house);
    other.join(Role::Reception, "20", "Mira Holl").await;
    let staff = desk.get("staff").await.text;
    let mira = staff.split(">Mira Holl<").next().unwrap();
    let mira = mira.rsplit("staff/").next().unwrap().split('"').next().unwrap();
    let raised = [("role", "reception"), ("limit", "80"), ("active", "yes")];
    assert_eq!(desk.post(&format!("staff/{mira}"), &raised).await.status, 303);

    let terms = [
        ("hours1", "48"),
        ("fee1", "100 %"),
        ("ask_first", "yes"),
        ("unpaid_cancel", "2"),
        ("unpaid_move", "0"),
        ("prepaid_cancel", ""),
        ("prepaid_move", "0"),
    ];
    // Saved twice, changed once.
    for _ in 0..2 {
        assert_eq!(desk.post("cancelling", &terms).await.status, 303);
    }
    let log = desk.get("log").await.text;
    for told in [
        "invited new@example.com as Reception, refunds up to EUR 50.00",
        "accepted the invitation as Reception, refunds up to EUR 20.00",
        "made Mira Holl Reception, refunds up to EUR 80.00 (before: refunds up to EUR 20.00)",
        "what it costs: 24 h 50 %, 4 h 100 % → 48 h 100 %; ask before each fee: no → yes; Cancel, not paid: 0 h → 2 h; \
         Cancel, paid online: 0 h → not online",
    ] {
        assert!(log.contains(told), "{told}: {log}");
    }
    assert_eq!(
        log.matches("changed the terms for cancelling").count(),
        1,
        "{log}"
    );
}

#[tokio::test]
async fn what_clients_and_the_server_did_stands_there_with_whose_visit_it_was() {
    let house = House::start().await;
    let (_, booking) = paid(&house).await;
    until(&house, &booking, 20);
    let address = booking.manage.clone().unwrap();
    let cancel = format!("{address}/cancel");
    let seen = house
        .http
        .get(&cancel)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let shown = seen.split("name=\"shown\" value=\"").nth(1).unwrap();
    let form = [("shown", shown.split('"').next().unwrap().to_owned())];
    let call = house
        .http
        .post(&cancel)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(server::stripe::client::encode(&form));
    assert!(call.send().await.unwrap().status().is_success());
    let (_, missed) = with_card(&house, VISA).await;
    miss(&house, &missed).await;
    settle_all(&house).await;

    let desk = Desk::of(&house, Role::Owner).await;
    let log = desk.get("log").await.text;
    for told in [
        "<strong>The client</strong> cancelled the visit online: fee EUR 24.00, EUR 24.00 goes back",
        "<strong>The server</strong> charged the saved card EUR 66.50 for the fee",
        &format!("The visit of Ada Lovelace ({})", booking.reference),
        &format!("The visit of Ada Lovelace ({})", missed.reference),
    ] {
        assert!(log.contains(told), "{told}: {log}");
    }
    let seen = desk.get(&format!("visits/{}", booking.id)).await.text;
    assert!(seen.contains("cancelled the visit online"), "{seen}");
}

#[tokio::test]
async fn what_was_done_at_the_same_moment_is_all_there() {
    let house = House::start().await;
    let desk = Desk::of(&house, Role::Owner).await;
    let at = house.app.now().0 - 1000;
    for number in 0..120 {
        sqlx::query(
            "INSERT INTO audit (id, salon, at, staff, who, what, booking) VALUES ($1, 'lumen', $2, NULL, 'Grete', $3, NULL)",
        )
        .bind(format!("{number:032x}"))
        .bind(at)
        .bind(format!("deed-{number:03}."))
        .execute(house.app.store.read())
        .await
        .unwrap();
    }
    let (mut path, mut all) = ("log".to_owned(), String::new());
    loop {
        let seen = desk.get(&path).await.text;
        all.push_str(&seen);
        let Some(next) = seen.split("/log?").nth(1) else {
            break;
        };
        path = format!("log?{}", next.split('"').next().unwrap().replace("&amp;", "&"));
    }
    for number in 0..120 {
        let deed = format!("deed-{number:03}.");
        assert_eq!(all.matches(&deed).count(), 1, "{deed}");
    }
}
