//! By when a link is to be paid: said wherever the client is asked to.

use domain::{id::LinkToken, role::Role, time::Moment};
use serde_json::Value;
use server::mail;

use crate::{
    desk::Desk,
    harness::{DECLINED, House, VISA},
    messages::{Gateway, set},
};

/// A visit of EUR 48.00 with a link for EUR 20.00 that was sent.
async fn sent(desk: &mut Desk<'_>, client: &[(&str, &str)], language: &str, more: &[(&str, &str)]) -> String {
    let id = desk.book(client).await;
    sqlx::query("UPDATE booking SET language = $2 WHERE id = $1")
        .bind(&id)
        .bind(language)
        .execute(desk.house.app.store.read())
        .await
        .unwrap();
    let mut form = vec![("due", "20"), ("remind", "24")];
    form.extend(more);
    let made = desk.post(&format!("visits/{id}/link"), &form).await;
    assert_eq!(made.status, 303, "{}", made.text);
    let sent = desk.post(&format!("visits/{id}/link/send"), &[]).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    id
}

/// When the visit is called off, and until when its link works.
async fn deadlines(house: &House, id: &str) -> (Option<i64>, Option<i64>) {
    sqlx::query_as("SELECT cancel_at, expires FROM visit_link WHERE booking = $1")
        .bind(id)
        .fetch_one(house.app.store.read())
        .await
        .unwrap()
}

fn plain(letter: &str) -> String {
    letter.replace("=\r\n", "").replace("=C3=A4", "ä")
}

#[tokio::test]
async fn the_letter_and_its_reminder_say_how_much_and_by_when() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Owner).await;
    let client = [("name", "Ada"), ("email", "ada@example.com")];
    for (language, more) in [
        ("de", ("cancel", "72")),
        ("en", ("expires", "3")),
        ("en", ("tips", "")),
    ] {
        let id = sent(&mut desk, &client, language, &[more]).await;
        let (cancel, expires) = deadlines(&house, &id).await;
        let by = |at: Option<i64>| mail::when(Moment(at.unwrap()), "Europe/Vienna", language == "de");
        let sentence = match more.0 {
            "cancel" => format!(
                "Bitte zahlen Sie 20,00 EUR bis {}, sonst wird der Termin abgesagt.",
                by(cancel)
            ),
            "expires" => format!(
                "Please pay EUR 20.00 by {}: the link works until then.",
                by(expires)
            ),
            _ => "Please pay EUR 20.00.".to_owned(),
        };
        // The page that it opens says the same.
        let seen = desk.get(&format!("visits/{id}")).await.text;
        let link = seen.split("/pay/").nth(1).unwrap().split('"').next().unwrap();
        let link = LinkToken::parse(link).unwrap();
        let page = house.page();
        let opened = page.open(&link).await.unwrap();
        let says = (more.0 != "tips").then(|| sentence.clone());
        assert_eq!(opened.deadline, says);
        let declined = page.pay(2000, DECLINED).await.unwrap();
        assert_eq!(
            declined.booking.deadline, says,
            "nor after a card that was declined"
        );
        let (reference,): (String,) = sqlx::query_as("SELECT reference FROM booking WHERE id = $1")
            .bind(&id)
            .fetch_one(house.app.store.read())
            .await
            .unwrap();
        house.work().await;
        house.pass_minutes(24 * 60 + 1);
        house.work().await;
        let letters: Vec<String> = house.letters().iter().map(|letter| plain(letter)).collect();
        let told = |letter: &&String| letter.contains(&reference) && letter.contains(&sentence);
        assert_eq!(letters.iter().filter(told).count(), 2, "{sentence}: {letters:#?}");
        let page = house.page();
        page.open(&link).await.unwrap();
        let paid = page.pay(2000, VISA).await.unwrap();
        assert_eq!(paid.booking.deadline, None, "nothing is to be paid any more");
    }
}

#[tokio::test]
async fn the_message_says_it_too() {
    let house = House::start().await;
    let gateway = Gateway::start(&[200]).await;
    let mut desk = Desk::of(&house, Role::Owner).await;
    set(&mut desk, &gateway).await;
    let client = [("name", "Ada"), ("phone", "+43 664 1234567")];
    let id = sent(&mut desk, &client, "en", &[("cancel", "72"), ("expires", "2")]).await;
    house.work().await;
    house.pass_minutes(24 * 60 + 1);
    house.work().await;
    // Whichever comes first.
    let (_, expires) = deadlines(&house, &id).await;
    let by = mail::when(Moment(expires.unwrap()), "Europe/Vienna", false);
    let by = by.split(" (").next().unwrap();
    let sentence = format!("Please pay EUR 20.00 by {by}, else the visit is called off. http");
    let calls = gateway.calls();
    assert_eq!(calls.len(), 2, "{calls:?}");
    for (_, body) in calls {
        let body: Value = serde_json::from_str(&body).unwrap();
        assert!(body["text"].as_str().unwrap().contains(&sentence), "{body}");
    }
}
