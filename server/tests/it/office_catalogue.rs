//! Services and people in the back office.

use domain::role::Role;
use server::api::catalogue::Catalogue;

use crate::{desk::Desk, harness::House};

async fn catalogue(house: &House) -> Catalogue {
    house
        .call("catalogue", None, &serde_json::json!({"salon": "lumen"}))
        .await
        .unwrap()
}

const SERVICE: [(&str, &str); 6] = [
    ("name", "Braids"),
    ("description", "Three of them."),
    ("minutes", "50"),
    ("price", "62,50"),
    ("price_to", ""),
    ("employee", "emp_anna"),
];

fn with(
    form: &[(&'static str, &'static str)],
    field: &str,
    text: &'static str,
) -> Vec<(&'static str, &'static str)> {
    form.iter()
        .map(|(name, value)| (*name, if *name == field { text } else { value }))
        .collect()
}

#[tokio::test]
async fn what_is_added_can_be_booked_and_what_is_changed_costs_so_from_then_on() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Manager).await;
    assert_eq!(desk.post("services/new", &SERVICE).await.status, 303);
    let found = catalogue(&house)
        .await
        .services
        .into_iter()
        .find(|one| one.name == "Braids")
        .unwrap();
    assert_eq!((found.minutes, found.price.minor()), (50, 6250));
    let held = house
        .page()
        .hold(&house.free(found.id.as_str(), "emp_anna").await)
        .await
        .unwrap();
    assert_eq!(held.lines[0].price.minor(), 6250);

    let path = format!("services/{}", found.id);
    let page = desk.get(&path).await.text;
    assert!(
        page.contains("value=\"62.50\"") && page.contains("Three of them."),
        "{page}"
    );
    assert_eq!(desk.post(&path, &with(&SERVICE, "price", "70")).await.status, 303);
    let held = house
        .page()
        .hold(&house.free(found.id.as_str(), "emp_anna").await)
        .await
        .unwrap();
    assert_eq!(held.lines[0].price.minor(), 7000);
    assert!(
        desk.get("log")
            .await
            .text
            .contains("set the service Braids to EUR 70.00")
    );
}

#[tokio::test]
async fn a_person_works_the_hours_that_were_set() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Manager).await;
    let hours = "9:00-9:45, 13:00-13:45";
    let mut form = vec![("name", "Nora Fink"), ("title", "Stylist")];
    form.extend(["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map(|day| (day, hours)));
    assert_eq!(desk.post("people/new", &form).await.status, 303);
    let nora = catalogue(&house)
        .await
        .employees
        .into_iter()
        .find(|one| one.name == "Nora Fink")
        .unwrap();
    let page = desk.get(&format!("people/{}", nora.id)).await.text;
    assert!(page.contains("value=\"9:00-9:45, 13:00-13:45\""), "{page}");
    let mut service = SERVICE.to_vec();
    service[2] = ("minutes", "45");
    service[5] = ("employee", nora.id.as_str());
    assert_eq!(desk.post("services/new", &service).await.status, 303);
    let braids = catalogue(&house)
        .await
        .services
        .into_iter()
        .find(|one| one.name == "Braids")
        .unwrap();
    let zone = jiff::tz::TimeZone::get("Europe/Vienna").unwrap();
    for nth in 0..4 {
        let choice = house.free_nth(braids.id.as_str(), nora.id.as_str(), nth).await;
        let start = serde_json::to_value(&choice).unwrap()["start"].as_i64().unwrap();
        let start = jiff::Timestamp::from_millisecond(start)
            .unwrap()
            .to_zoned(zone.clone());
        assert!(matches!((start.hour(), start.minute()), (9 | 13, 0)), "{start}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_and_what_was_typed_stays() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Manager).await;
    for (field, text, sentence) in [
        ("name", "", "Enter a name"),
        ("minutes", "7", "multiple of 5"),
        ("minutes", "725", "5 to 720"),
        ("price", "free", "Enter a sum"),
        ("price_to", "62.50", "more than the price"),
        ("employee", "emp_of_others", "Tick at least one"),
    ] {
        let seen = desk.post("services/new", &with(&SERVICE, field, text)).await;
        assert!(
            seen.status == 422 && seen.text.contains(sentence),
            "{field} {text}: {}",
            seen.text
        );
        assert!(seen.text.contains("Three of them."));
    }
    for (hours, sentence) in [
        ("nine to five", "Enter hours such as"),
        ("9:00-25:00", "Enter hours such as"),
        ("12:00-9:00", "end after they begin"),
        ("9:00-12:00, 11:00-13:00", "overlap"),
    ] {
        let form = [("name", "Nora <Fink>"), ("mon", hours)];
        let seen = desk.post("people/new", &form).await;
        assert!(seen.status == 422, "{hours}: {}", seen.text);
        let wrong = seen.text.split("id=\"mon-wrong\">").nth(1).unwrap_or_default();
        let wrong = wrong.split('<').next().unwrap();
        assert!(wrong.contains(sentence), "{hours}: {wrong}");
        assert!(seen.text.contains("Nora &lt;Fink&gt;"));
    }
    assert_eq!(desk.get("services/svc_none").await.status, 404);
    assert_eq!(desk.post("people/emp_none", &[("name", "x")]).await.status, 404);
}
