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

/// 310 letters.
const LONG: &str = "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\
                    0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\
                    0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\
                    0123456789";

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
        ("name", LONG, "at most 80"),
        ("description", LONG, "at most 300"),
    ] {
        let seen = desk.post("services/new", &with(&SERVICE, field, text)).await;
        assert!(
            seen.status == 422 && seen.text.contains(sentence),
            "{field} {text}: {}",
            seen.text
        );
        assert!(seen.text.contains("Three of them.") || field == "description");
    }
    let seen = desk
        .post("people/new", &[("name", "Nora"), ("title", LONG)])
        .await;
    assert!(
        seen.status == 422 && seen.text.contains("at most 80"),
        "{}",
        seen.text
    );
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

#[tokio::test]
async fn what_is_taken_out_can_t_be_booked_and_comes_back() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Manager).await;
    let choice = house.free("svc_cut", "emp_anna").await;
    assert_eq!(desk.post("services/svc_cut/withdraw", &[]).await.status, 303);
    let all = catalogue(&house).await;
    assert!(all.services.iter().all(|one| one.id.as_str() != "svc_cut"));
    assert!(house.page().hold(&choice).await.is_err());
    let page = desk.get("catalogue").await.text;
    assert!(page.contains("services/svc_cut/bring-back"), "{page}");
    assert_eq!(desk.post("services/svc_cut/bring-back", &[]).await.status, 303);
    house.page().hold(&choice).await.unwrap();

    assert_eq!(desk.post("people/emp_anna/withdraw", &[]).await.status, 303);
    let all = catalogue(&house).await;
    assert!(all.employees.iter().all(|one| one.id.as_str() != "emp_anna"));
    let anna = |ids: &Vec<domain::id::EmployeeId>| ids.iter().any(|id| id.as_str() == "emp_anna");
    assert!(all.services.iter().all(|one| !anna(&one.employees)));
    assert!(
        house
            .page()
            .hold(&house.free("svc_cut", "emp_jonas").await)
            .await
            .is_ok()
    );
    assert!(house.page().hold(&choice).await.is_err());
    assert_eq!(desk.post("people/emp_anna/bring-back", &[]).await.status, 303);
    assert_eq!(desk.post("people/emp_none/withdraw", &[]).await.status, 404);
}

#[tokio::test]
async fn a_group_event_gets_dates_that_are_booked_by_the_seat() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Manager).await;
    let event = [
        ("name", "Perm class"),
        ("minutes", "90"),
        ("price", "30"),
        ("group", "yes"),
    ];
    let seen = desk.post("services/new", &event).await;
    assert_eq!(seen.status, 303);
    let path = seen.to.unwrap().replace("/office/lumen/", "");
    let dates = format!("{path}/dates");
    let day = (jiff::Timestamp::from_millisecond(house.app.now().0).unwrap()
        + jiff::SignedDuration::from_hours(24 * 40))
    .strftime("%Y-%m-%d")
    .to_string();
    let date = |day: &str, time: &str, seats: &str, leader: &str| {
        [("day", day), ("time", time), ("seats", seats), ("leader", leader)]
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
    };
    for (wish, sentence) in [
        (date("2020-01-01", "19:00", "6", "emp_anna"), "day to come"),
        (date(&day, "19:03", "6", "emp_anna"), "full five minutes"),
        (date(&day, "19:00", "0", "emp_anna"), "1 to 500"),
        (date(&day, "19:00", "6", "emp_none"), "who leads it"),
    ] {
        let form: Vec<(&str, &str)> = wish
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        let seen = desk.post(&dates, &form).await;
        assert!(
            seen.status == 422 && seen.text.contains(sentence),
            "{}",
            seen.text
        );
        assert!(seen.text.contains("Perm class"), "{}", seen.text);
    }
    let wish = date(&day, "19:00", "2", "emp_anna");
    let form: Vec<(&str, &str)> = wish
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    assert_eq!(desk.post(&dates, &form).await.status, 303);
    let seen = desk.post(&dates, &form).await;
    assert!(
        seen.status == 422 && seen.text.contains("booked this person"),
        "{}",
        seen.text
    );
    let event = catalogue(&house)
        .await
        .services
        .into_iter()
        .find(|one| one.name == "Perm class")
        .unwrap();
    let offered = event.dates.unwrap();
    assert_eq!((offered.len(), offered[0].seats_left), (1, 2));

    let withdraw = format!("{dates}/{}/withdraw", offered[0].id);
    assert_eq!(desk.post(&withdraw, &[]).await.status, 303);
    assert_eq!(desk.post(&withdraw, &[]).await.status, 409);
    let again = catalogue(&house).await;
    let event = again
        .services
        .iter()
        .find(|one| one.name == "Perm class")
        .unwrap();
    assert_eq!(event.dates.as_ref().unwrap().len(), 0);
    // The leader is free again.
    assert_eq!(desk.post(&dates, &form).await.status, 303);
}

#[tokio::test]
async fn a_table_that_was_taken_away_changes_nothing_and_an_edited_one_what_it_says() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Manager).await;
    for table in ["catalogue/services.csv", "catalogue/people.csv"] {
        let sheet = desk.get(table).await.text;
        let seen = desk
            .post("catalogue/import", &[("sheet", &sheet), ("step", "check")])
            .await;
        assert!(
            seen.status == 200 && seen.text.contains("It changes nothing"),
            "{sheet}\n{}",
            seen.text
        );
    }
    let people =
        "\u{feff}Person;Title;Monday;Online payment\nNora Fink;Stylist;9:00-12:30, 13:00-18:00;required\n";
    let seen = desk
        .post("catalogue/import", &[("sheet", people), ("step", "import")])
        .await;
    assert_eq!(seen.status, 303, "{}", seen.text);
    let services = "Service\tMinutes\tPrice\tPeople\tOnline payment\tHow much\n\
                    Braids\t50\t62,50\tNora Fink\tRequired\t30%\n\
                    Cut\t45\t49\t\tallowed\tfull\n";
    let before = catalogue(&house).await;
    let cut = before
        .services
        .iter()
        .find(|one| one.id.as_str() == "svc_cut")
        .unwrap()
        .clone();
    let services = services
        .replace("Cut\t", &format!("{}\t", cut.name))
        .replace("\t\tallowed", "\tNora Fink\tallowed");
    let seen = desk
        .post("catalogue/import", &[("sheet", &services), ("step", "check")])
        .await;
    assert!(
        seen.status == 200 && seen.text.contains("1 new, 1 changed, 0 as before"),
        "{}",
        seen.text
    );
    assert_eq!(catalogue(&house).await.services.len(), before.services.len());
    assert_eq!(
        desk.post("catalogue/import", &[("sheet", &services), ("step", "import")])
            .await
            .status,
        303
    );
    let after = catalogue(&house).await;
    let braids = after.services.iter().find(|one| one.name == "Braids").unwrap();
    assert_eq!((braids.minutes, braids.price.minor()), (50, 6250));
    assert_eq!(serde_json::to_value(braids.rule).unwrap(), "required");
    assert!(serde_json::to_string(&braids.part).unwrap().contains("30"));
    let now = after
        .services
        .iter()
        .find(|one| one.id.as_str() == "svc_cut")
        .unwrap();
    assert_eq!((now.price.minor(), now.employees.len()), (4900, 1));
    assert_eq!(now.description, cut.description);
}

#[tokio::test]
async fn a_table_with_a_mistake_is_told_by_its_line_and_nothing_of_it_is_written() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Manager).await;
    let before = serde_json::to_value(catalogue(&house).await).unwrap();
    for (sheet, sentence) in [
        ("", "begins with Service"),
        ("Price,Service\n1,Cut", "begins with Service"),
        ("Service,Colour\nCut,red", "no column “Colour”"),
        ("Service,Price,price\nCut,1,2", "stands there twice"),
        ("Service,Minutes,Price", "no line under"),
        (
            "Service,Minutes,Price,People\nNew,50,9,Nobody",
            "Line 2, People: There is no “Nobody”",
        ),
        (
            "Service,Minutes,Price,People\nNew,7,9,Anna Berger\n",
            "Line 2, Minutes:",
        ),
        ("Service,Minutes,Price\nNew,50,cheap", "Line 2, Price:"),
        (
            "Service,Minutes,Price\nNew,50,9\nNew,55,9",
            "Line 3: “New” stands in the table twice",
        ),
        (
            "Service,Minutes,Price,Online payment\nNew,50,9,maybe",
            "Online payment: Write forbidden",
        ),
        ("Person,Monday\nNora,whenever", "Line 2, Monday: Enter hours"),
        ("Person,Title\n,x", "Line 2, name: Enter a name"),
    ] {
        for step in ["check", "import"] {
            let seen = desk
                .post("catalogue/import", &[("sheet", sheet), ("step", step)])
                .await;
            assert!(
                seen.status == 422 && seen.text.contains(sentence),
                "{sheet}: {}",
                seen.text
            );
            let last = sheet.lines().last().unwrap_or_default();
            assert!(seen.text.contains(last), "what was pasted stays: {}", seen.text);
        }
    }
    assert_eq!(serde_json::to_value(catalogue(&house).await).unwrap(), before);
}
