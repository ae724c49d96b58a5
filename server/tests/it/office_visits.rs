//! Visits in the back office: booked, paid by link, refunded.

use domain::{id::LinkToken, role::Role};
use server::api::{confirm::Next, error::Code};

use crate::{
    desk::{Desk, Seen},
    harness::{House, VISA},
    money::{Hears, catch_up},
};

/// A day on which the demo's people work, some days from now: a Wednesday.
pub fn wednesday(house: &House) -> String {
    let zone = jiff::tz::TimeZone::get("Europe/Vienna").unwrap();
    let now = jiff::Timestamp::from_millisecond(house.app.now().0).unwrap();
    let today = now.to_zoned(zone).date();
    today
        .nth_weekday(2, jiff::civil::Weekday::Wednesday)
        .unwrap()
        .to_string()
}

pub async fn book(desk: &mut Desk<'_>, time: &str) -> Seen {
    let day = wednesday(desk.house);
    let form = [
        ("name", "Berta Kraus"),
        ("email", "berta@example.com"),
        ("language", "en"),
        ("service", "svc_cut"),
        ("extra", "Repair mask"),
        ("extra_price", "16,50"),
        ("employee", "emp_anna"),
        ("day", &day),
        ("time", time),
        ("tell", "yes"),
    ];
    desk.post("visits/new", &form).await
}

/// The address of the visit that was just booked.
pub fn address(seen: &Seen) -> String {
    assert_eq!(seen.status, 303, "{}", seen.text);
    seen.to
        .as_deref()
        .unwrap()
        .strip_prefix("/office/lumen/")
        .unwrap()
        .to_owned()
}

/// The link on a visit's page.
pub fn link(text: &str) -> LinkToken {
    let rest = text.split("/pay/").nth(1).unwrap_or_else(|| panic!("{text}"));
    LinkToken::parse(rest.split('"').next().unwrap()).unwrap()
}

#[tokio::test]
async fn booked_by_phone_paid_by_link_half_given_back() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Reception).await;
    let visit = address(&book(&mut desk, "10:00").await);
    house.work().await;
    assert!(
        house
            .letters()
            .iter()
            .any(|text| text.contains("Your booking at"))
    );
    let page = desk.get(&visit).await.text;
    assert!(
        page.contains("Berta Kraus") && page.contains("EUR 64.50"),
        "{page}"
    );

    let made = desk
        .post(&format!("{visit}/link"), &[("due", "40"), ("expires", "7")])
        .await;
    assert_eq!(made.status, 303, "{}", made.text);
    let page = desk.get(&visit).await.text;
    let token = link(&page);
    assert!(page.contains("Not opened yet") && page.contains("<svg"), "{page}");
    desk.post(&format!("{visit}/link/send"), &[]).await;
    house.work().await;
    let letters = house.letters();
    let letter = letters
        .iter()
        .find(|text| text.contains("To pay for your visit"))
        .unwrap();
    assert!(letter.replace("=\r\n", "").contains(token.reveal()), "{letter}");

    let payer = house.page();
    payer.open(&token).await.unwrap();
    assert!(desk.get(&visit).await.text.contains(">Opened<"));
    assert_eq!(payer.pay(4000, VISA).await.unwrap().next, Next::Done);
    let page = desk.get(&visit).await.text;
    assert!(
        page.contains(">Paid<") && !page.contains("Another link"),
        "{page}"
    );

    for (sum, sentence) in [
        ("", "Enter a sum"),
        ("0", "above zero"),
        ("40.01", "Only EUR 40.00"),
        ("1.200", "1200 or 1.20"),
    ] {
        let seen = desk.give_back(&visit, sum, "complaint").await;
        assert!(
            seen.status == 422 && seen.text.contains(sentence),
            "{sum}: {}",
            seen.text
        );
        assert!(seen.text.contains(&format!("value=\"{sum}\"")), "{sum}");
    }
    let seen = desk.give_back(&visit, "20", "because").await;
    assert!(
        seen.status == 422 && seen.text.contains("Choose why"),
        "{}",
        seen.text
    );
    assert_eq!(desk.give_back(&visit, "20", "complaint").await.status, 303);
    house.work().await;
    assert_eq!(house.kept(), 2000);
    catch_up(&house, Hears::Everything).await;
    let told = house.letters();
    let told = told.iter().filter(|letter| {
        letter
            .replace("=\r\n", "")
            .contains("gives EUR 20.00 back to you")
    });
    assert_eq!(told.count(), 1, "{:?}", house.letters());
    let page = desk.get(&visit).await.text;
    assert!(
        page.contains("Given back") && page.contains("gave back EUR 20.00 (complaint)"),
        "{page}"
    );
}

#[tokio::test]
async fn what_is_wrong_is_said_and_what_was_typed_stays() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Reception).await;
    let good = wednesday(&house);
    for (field, text, sentence) in [
        ("name", "", "Enter the client"),
        ("email", "berta@", "no e-mail address"),
        ("phone", "12", "no telephone number"),
        ("service", "svc_unknown", "Choose at least one service"),
        ("extra_price", "cheap", "Repair mask: Enter a sum"),
        ("extra", "", "a name of at most"),
        ("employee", "emp_nobody", "Choose who does it"),
        ("day", "24.11.", "Choose a day"),
        ("day", "2001-01-01", "more than a year ago"),
        ("time", "10:03", "full five minutes"),
        ("time", "noon", "Enter a time"),
    ] {
        let mut form = vec![
            ("name", "Berta <Kraus>"),
            ("email", ""),
            ("phone", ""),
            ("service", "svc_cut"),
            ("extra", "Repair mask"),
            ("extra_price", "16.50"),
            ("employee", "emp_anna"),
            ("day", good.as_str()),
            ("time", "10:00"),
        ];
        for (name, value) in &mut form {
            if *name == field {
                *value = text;
            }
        }
        let seen = desk.post("visits/new", &form).await;
        assert!(
            seen.status == 422 && seen.text.contains(sentence),
            "{field} {text:?}: {}",
            seen.text
        );
        if field != "name" {
            assert!(
                seen.text.contains("value=\"Berta &lt;Kraus&gt;\""),
                "{}",
                seen.text
            );
        }
    }
    let first = address(&book(&mut desk, "10:00").await);
    let again = book(&mut desk, "10:30").await;
    assert!(
        again.status == 422 && again.text.contains("This time is taken"),
        "{}",
        again.text
    );
    for (field, text, sentence) in [
        ("due", "64.51", "The visit costs EUR 64.50"),
        ("due", "0.40", "less than EUR 0.50"),
        ("due", "", "Enter a sum"),
        ("expires", "0", "from 1 to 366"),
        ("remind", "soon", "whole number"),
        ("cancel", "-1", "whole number"),
    ] {
        let mut form = vec![("due", "64.50"), ("expires", ""), ("remind", ""), ("cancel", "")];
        for (name, value) in &mut form {
            if *name == field {
                *value = text;
            }
        }
        let seen = desk.post(&format!("{first}/link"), &form).await;
        assert!(
            seen.status == 422 && seen.text.contains(sentence),
            "{field} {text}: {}",
            seen.text
        );
    }
    assert_eq!(desk.get("visits/bkg_1").await.status, 404);
}

#[tokio::test]
async fn an_unpaid_visit_is_reminded_of_and_called_off_though_never_opened() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Manager).await;
    let visit = address(&book(&mut desk, "10:00").await);
    let form = [("due", "64.50"), ("remind", "2"), ("cancel", "5")];
    desk.post(&format!("{visit}/link"), &form).await;
    let count = |part: &str| house.letters().iter().filter(|text| text.contains(part)).count();
    house.work().await;
    assert_eq!(count("A reminder to pay"), 0);
    house.pass_minutes(121);
    house.work().await;
    house.work().await;
    assert_eq!(
        (count("A reminder to pay"), count("Your visit is called off")),
        (1, 0)
    );
    let token = link(&desk.get(&visit).await.text);
    house.pass_minutes(180);
    house.work().await;
    assert_eq!(count("Your visit is called off"), 1);
    assert!(desk.get(&visit).await.text.contains("Cancelled"));
    assert_eq!(house.page().open(&token).await.unwrap_err().code, Code::Cancelled);
    // Its time is free again.
    assert_eq!(book(&mut desk, "10:00").await.status, 303);
}

#[tokio::test]
async fn a_visit_that_was_paid_is_neither_reminded_of_nor_called_off() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Manager).await;
    let visit = address(&book(&mut desk, "10:00").await);
    let form = [("due", "64.50"), ("remind", "2"), ("cancel", "5")];
    desk.post(&format!("{visit}/link"), &form).await;
    let payer = house.page();
    payer.open(&link(&desk.get(&visit).await.text)).await.unwrap();
    payer.pay(6450, VISA).await.unwrap();
    house.pass_minutes(6 * 60);
    house.work().await;
    assert!(
        !house
            .letters()
            .iter()
            .any(|text| text.contains("A reminder") || text.contains("called off"))
    );
    assert!(desk.get(&visit).await.text.contains(">Booked<"));
}

#[tokio::test]
async fn another_link_or_taking_it_back_ends_the_one_before() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Reception).await;
    let visit = address(&book(&mut desk, "10:00").await);
    desk.post(&format!("{visit}/link"), &[("due", "30")]).await;
    let first = link(&desk.get(&visit).await.text);
    desk.post(&format!("{visit}/link"), &[("due", "20")]).await;
    let second = link(&desk.get(&visit).await.text);
    assert_eq!(house.page().open(&first).await.unwrap_err().code, Code::NotFound);
    let opened = house.page().open(&second).await.unwrap();
    assert!(format!("{:?}", opened.quote.offer).contains("2000"), "{opened:?}");
    assert_eq!(
        desk.post(&format!("{visit}/link/take-back"), &[]).await.status,
        303
    );
    assert_eq!(house.page().open(&second).await.unwrap_err().code, Code::NotFound);
}

#[tokio::test]
async fn the_calendar_shows_a_day_and_a_week_and_finds_a_name() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Reception).await;
    address(&book(&mut desk, "10:00").await);
    let day = wednesday(&house);
    for (path, shown) in [
        (format!("visits?day={day}"), true),
        (format!("visits?week={day}"), true),
        ("visits?day=2020-01-01".to_owned(), false),
        ("visits?find=kraus".to_owned(), true),
        ("visits?find=berta%40example.com".to_owned(), true),
        ("visits?find=nobody".to_owned(), false),
        ("visits?find=%25".to_owned(), false),
        ("visits?day=nonsense".to_owned(), false),
    ] {
        let seen = desk.get(&path).await;
        assert_eq!(seen.status, 200);
        assert_eq!(seen.text.contains("Berta Kraus"), shown, "{path}: {}", seen.text);
    }
}

#[tokio::test]
async fn a_calendar_that_is_too_full_says_so() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Reception).await;
    address(&book(&mut desk, "10:00").await);
    let day = wednesday(&house);
    let path = format!("visits?week={day}");
    assert!(!desk.get(&path).await.text.contains("Only the first"));
    let mut write = house.app.store.write().await.unwrap();
    for nth in 0..500 {
        sqlx::query(
            "INSERT INTO booking (id, salon, reference, version, state, employee, starts, ends, client_name, email, phone, note, \
             language, quote, created) SELECT $1, salon, $1, 1, state, employee, starts, ends, client_name, email, phone, note, \
             language, quote, created FROM booking WHERE client_name = 'Berta Kraus' LIMIT 1",
        )
        .bind(format!("bkg_{nth:032}"))
        .execute(write.conn())
        .await
        .unwrap();
    }
    write.commit().await.unwrap();
    let text = desk.get(&path).await.text;
    assert!(
        text.contains("Only the first 500 are shown here. Look at single days"),
        "{text}"
    );
}

/// Payment online was asked for or offered, and the sum was too small for a card: the booking goes on, and the salon sees why.
#[tokio::test]
async fn why_a_booking_is_not_paid_online_stands_on_its_page() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_fringe", "emp_anna").await)
        .await
        .unwrap();
    let booking = page
        .confirm(server::api::confirm::Pay::AtSalon)
        .await
        .unwrap()
        .booking;
    let desk = Desk::of(&house, Role::Reception).await;
    let text = desk.get(&format!("visits/{}", booking.id)).await.text;
    assert!(
        text.contains("The sum is below EUR 0.50, the least that a card can be charged"),
        "{text}"
    );
}
