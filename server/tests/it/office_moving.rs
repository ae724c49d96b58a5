//! A visit moved or corrected by the salon.

use domain::{id::LinkToken, role::Role, time::Moment};
use server::api::{catalogue::Catalogue, confirm::Next, error::Code, quote::Choice};

use crate::{
    cancelling::{paid, until},
    desk::Desk,
    harness::{House, VISA, choice},
};

/// The starts on the page for moving.
fn starts(text: &str) -> Vec<Moment> {
    let parts = text.split("name=\"start\" value=\"").skip(1);
    parts
        .map(|rest| Moment(rest.split('"').next().unwrap().parse().unwrap()))
        .collect()
}

#[tokio::test]
async fn a_paid_visit_moved_by_the_salon_keeps_its_payment_and_the_client_is_told() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Reception).await;
    let (page, booking) = paid(&house).await;
    // Too late for the client: cancelling would cost something, and so no moving.
    until(&house, &booking, 3);
    let visit = format!("visits/{}", booking.id);
    assert!(desk.get(&visit).await.text.contains("/move\">Move</a>"));

    let seen = desk.get(&format!("{visit}/move?employee=emp_jonas")).await;
    assert_eq!(seen.status, 200, "{}", seen.text);
    assert!(!seen.text.contains("emp_lea"), "does no cuts: {}", seen.text);
    let start = *starts(&seen.text).last().unwrap();
    let to = [
        ("employee", "emp_jonas".to_owned()),
        ("start", start.0.to_string()),
    ];
    let to: Vec<(&str, &str)> = to.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let moved = desk.post(&format!("{visit}/move"), &to).await;
    assert_eq!(moved.status, 303, "{}", moved.text);
    // Pressed twice, it is moved once.
    assert_eq!(desk.post(&format!("{visit}/move"), &to).await.status, 303);
    house.work().await;

    let after = page.status().await.unwrap();
    assert_eq!((after.start, after.employee.as_str()), (start, "Jonas Weiss"));
    assert_eq!((house.taken().len(), house.kept()), (1, 4800));
    let shown = desk.get(&visit).await.text;
    assert!(
        shown.contains("<dt>Paid online</dt><dd class=\"sum\">EUR 48.00"),
        "{shown}"
    );
    assert_eq!(shown.matches("moved the visit from").count(), 1, "{shown}");
    let letters = house.letters();
    let told: Vec<_> = letters
        .iter()
        .filter(|letter| letter.contains("is moved. It is now"))
        .collect();
    assert!(
        told.len() == 1 && told[0].contains("with Jonas Weiss"),
        "{letters:?}"
    );

    // What it had is free again, and what it has is taken.
    let old = choice("svc_cut", "emp_anna", booking.start);
    assert_eq!(
        house.page().hold(&old).await.map(|held| held.start),
        Ok(booking.start)
    );
    let new = choice("svc_cut", "emp_jonas", start);
    assert_eq!(house.page().hold(&new).await.unwrap_err().code, Code::SlotTaken);
}

#[tokio::test]
async fn a_time_that_somebody_took_meanwhile_is_refused_and_the_visit_stays() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Reception).await;
    let (page, booking) = paid(&house).await;
    let path = format!("visits/{}/move", booking.id);
    let start = starts(&desk.get(&path).await.text)[0];
    let wanted = choice("svc_cut", "emp_anna", start);
    house.page().hold(&wanted).await.unwrap();
    let text = start.0.to_string();
    let seen = desk
        .post(&path, &[("employee", "emp_anna"), ("start", &text)])
        .await;
    assert!(
        seen.status == 422 && seen.text.contains("This time is taken"),
        "{}",
        seen.text
    );
    for (form, sentence) in [
        (
            [("employee", "emp_lea"), ("start", text.as_str())],
            "Choose who does it",
        ),
        ([("employee", "emp_anna"), ("start", "1000")], "This time is over"),
        ([("employee", "emp_anna"), ("start", "soon")], "Choose a day"),
    ] {
        let seen = desk.post(&path, &form).await;
        assert!(
            seen.status == 422 && seen.text.contains(sentence),
            "{}",
            seen.text
        );
    }
    assert_eq!(page.status().await.unwrap().start, booking.start);
    let own = choice("svc_cut", "emp_anna", booking.start);
    assert_eq!(house.page().hold(&own).await.unwrap_err().code, Code::SlotTaken);
    // A quarter of an hour later: its own time is not in its way, and the hours are the salon's own business.
    let zone = jiff::tz::TimeZone::get("Europe/Vienna").unwrap();
    let later = jiff::Timestamp::from_millisecond(booking.start.plus_minutes(15).0).unwrap();
    let later = later.to_zoned(zone);
    let (day, time) = (
        later.strftime("%Y-%m-%d").to_string(),
        later.strftime("%H:%M").to_string(),
    );
    let typed = [("employee", "emp_anna"), ("day", &*day), ("time", &*time)];
    assert_eq!(desk.post(&path, &typed).await.status, 303);
    assert_eq!(page.status().await.unwrap().start, booking.start.plus_minutes(15));
}

#[tokio::test]
async fn a_seat_goes_to_another_date_of_the_same_event_that_has_one() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Reception).await;
    let request = serde_json::json!({ "salon": "lumen" });
    let catalogue: Catalogue = house.call("catalogue", None, &request).await.unwrap();
    let dates = catalogue
        .services
        .iter()
        .find_map(|one| one.dates.clone())
        .unwrap();
    let seat = |nth: usize| Choice {
        date: Some(dates[nth].id.clone()),
        ..choice("svc_braiding", "emp_lea", dates[nth].start)
    };
    let page = house.page();
    page.hold(&seat(1)).await.unwrap();
    let booking = page.pay(3500, VISA).await.unwrap().booking;
    for _ in 0..8 {
        house.page().hold(&seat(2)).await.unwrap();
    }
    let path = format!("visits/{}/move", booking.id);
    let shown = desk.get(&path).await.text;
    let offered = |nth: usize| shown.contains(dates[nth].id.as_str());
    assert_eq!(
        (offered(1), offered(2), offered(3)),
        (false, false, true),
        "{shown}"
    );
    let full = desk.post(&path, &[("date", dates[2].id.as_str())]).await;
    assert!(
        full.status == 422 && full.text.contains("full or over"),
        "{}",
        full.text
    );
    let moved = desk.post(&path, &[("date", dates[3].id.as_str())]).await;
    assert_eq!(moved.status, 303, "{}", moved.text);
    assert_eq!(page.status().await.unwrap().start, dates[3].start);
    assert_eq!(house.kept(), 3500);
    let left: Catalogue = house.call("catalogue", None, &request).await.unwrap();
    let left = left.services.iter().find_map(|one| one.dates.clone()).unwrap();
    assert_eq!((left[1].seats_left, left[3].seats_left), (8, 7));
}

#[tokio::test]
async fn a_visit_of_the_salons_own_is_moved_too_and_its_link_still_works() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Reception).await;
    let id = desk
        .book(&[("name", "Berta Kraus"), ("email", "berta@example.com")])
        .await;
    desk.post(&format!("visits/{id}/link"), &[("due", "48")]).await;
    let shown = desk.get(&format!("visits/{id}")).await.text;
    let link = shown.split("/pay/").nth(1).unwrap().split('"').next().unwrap();
    let link = LinkToken::parse(link).unwrap();
    let path = format!("visits/{id}/move");
    let start = *starts(&desk.get(&path).await.text).last().unwrap();
    let text = start.0.to_string();
    let to = [("employee", "emp_anna"), ("start", text.as_str())];
    assert_eq!(desk.post(&path, &to).await.status, 303);
    house.work().await;
    let payer = house.page();
    assert_eq!(payer.open(&link).await.unwrap().start, start);
    assert_eq!(payer.pay(4800, VISA).await.unwrap().next, Next::Done);
    assert!(
        house
            .letters()
            .iter()
            .any(|letter| letter.contains("ist verschoben. Er ist jetzt"))
    );
    // Who did not come is not moved.
    house.pass_minutes(9 * 24 * 60);
    let shown = desk.get(&format!("visits/{id}")).await.text;
    let missed = shown.split("/missed\"").nth(1).unwrap();
    let shown = missed.split("name=\"shown\" value=\"").nth(1).unwrap();
    let shown = shown.split('"').next().unwrap();
    desk.post(&format!("visits/{id}/missed"), &[("shown", shown)])
        .await;
    assert_eq!(desk.get(&path).await.status, 400);
}

#[tokio::test]
async fn what_a_client_typed_is_corrected_and_written_into_the_log() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Reception).await;
    let (page, booking) = paid(&house).await;
    house.work().await;
    let path = format!("visits/{}/details", booking.id);
    let shown = desk.get(&path).await.text;
    assert!(shown.contains("value=\"ada@example.com\""), "{shown}");
    let form = |email| {
        [
            ("name", "Ada King"),
            ("email", email),
            ("phone", "+43 1 234 56 78"),
            ("note", "Rings twice"),
            ("language", "de"),
            ("tell", "yes"),
        ]
    };
    let seen = desk.post(&path, &form("ada@")).await;
    assert!(
        seen.status == 422 && seen.text.contains("no e-mail"),
        "{}",
        seen.text
    );
    assert!(seen.text.contains("value=\"Ada King\""), "{}", seen.text);
    assert_eq!(desk.post(&path, &form("Ada@King.example")).await.status, 303);
    house.work().await;
    let after = page.status().await.unwrap();
    assert_eq!((after.client.as_str(), after.start), ("Ada King", booking.start));
    let letters = house.letters();
    let told = |letter: &&String| letter.contains("ada@king.example") && letter.contains("Ihre Buchung bei");
    assert_eq!(letters.iter().filter(told).count(), 1, "{letters:?}");
    let shown = desk.get(&format!("visits/{}", booking.id)).await.text;
    assert!(
        shown.contains("changed the name, the e-mail address, the note, the language"),
        "{shown}"
    );
    assert_eq!(house.kept(), 4800);
}
