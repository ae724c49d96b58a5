//! A client is one client, however their address was typed, and is found by what people remember.

use domain::{id::BookingId, role::Role, terms::History};
use server::store::{booking, missed};

use crate::{cancelling::lumen, desk::Desk, harness::House};

#[tokio::test]
async fn an_address_typed_in_the_office_is_the_client_s_who_books_online() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Reception).await;
    let id = desk
        .book(&[("name", "Grace Hopper"), ("email", "Grace@Example.com")])
        .await;
    let id = BookingId::parse(&id).unwrap();
    let db = house.app.store.read();
    let visit = booking::find(db, &id).await.unwrap().unwrap();
    assert_eq!(visit.client.email, "grace@example.com");
    let mut write = house.app.store.write().await.unwrap();
    missed::mark(write.conn(), &id, Some(house.app.now()))
        .await
        .unwrap();
    write.commit().await.unwrap();
    let later = visit.end.plus_minutes(60);
    let history = missed::history(db, &lumen(), "grace@example.com", later).await;
    assert_eq!(history.unwrap(), History::Missed);

    for wrong in ["grace", "grace@localhost", "grace@@example.com"] {
        let form = [("name", "Grace Hopper"), ("email", wrong)];
        let seen = desk.post("visits/new", &form).await;
        assert!(
            seen.status == 422 && seen.text.contains("This is no e-mail address"),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn a_client_is_found_by_name_address_and_telephone_whatever_the_letters() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Reception).await;
    desk.book(&[
        ("name", "Özlem Weiß"),
        ("email", "oezlem@example.com"),
        ("phone", "+43 664 123 45 67"),
    ])
    .await;
    desk.book(&[("name", "Änne Łukasz"), ("phone", "01 890 12 34")])
        .await;
    // What was booked before is found too, once the worker was there.
    for by in ["as it was written", "as it was filled in"] {
        for (text, found) in [
            ("özlem", "Özlem Weiß"),
            ("ÖZL", "Özlem Weiß"),
            ("ozlem weiss", "Özlem Weiß"),
            ("Oezlem@Example", "Özlem Weiß"),
            ("0664 1234567", "Özlem Weiß"),
            ("änne", "Änne Łukasz"),
            ("lukasz", "Änne Łukasz"),
            ("8901234", "Änne Łukasz"),
        ] {
            let query = server::stripe::client::encode(&[("find", text.to_owned())]);
            let seen = desk.get(&format!("visits?{query}")).await.text;
            assert_eq!(seen.matches("class=\"who\"").count(), 1, "{by}: {text}: {seen}");
            assert!(seen.contains(found), "{by}: {text}");
        }
        sqlx::query("UPDATE booking SET sought = NULL")
            .execute(house.app.store.read())
            .await
            .unwrap();
        house.work().await;
    }
    assert!(desk.get("visits?find=664%25").await.text.contains("Özlem"));
    assert!(desk.get("visits?find=%25").await.text.contains("Nobody found"));
}
