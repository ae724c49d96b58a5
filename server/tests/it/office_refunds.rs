//! Refunds in the back office.

use domain::{decline::Decline, role::Role};
use server::api::{
    booking::{Payment, State},
    confirm::Next,
    error::Code,
};

use crate::{
    cancelling::paid,
    desk::{Desk, hidden},
    harness::{DECLINED, House, VISA, eur},
    money::{Hears, catch_up},
    office_visits::{address, book, link, wednesday},
};

#[tokio::test]
async fn what_was_given_back_in_full_is_to_be_paid_again_and_everybody_says_so() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Manager).await;
    let visit = address(&book(&mut desk, "10:00").await);
    let wishes = [
        ("due", "64.50"),
        ("remind", "2"),
        ("cancel", "5"),
        ("expires", "1"),
    ];
    desk.post(&format!("{visit}/link"), &wishes).await;
    let first = link(&desk.get(&visit).await.text);
    let payer = house.page();
    payer.open(&first).await.unwrap();
    assert_eq!(payer.pay(6450, VISA).await.unwrap().next, Next::Done);
    assert_eq!(desk.give_back(&visit, "64.50", "as agreed").await.status, 303);
    // Stripe may refuse yet what is only set aside: a second payment would be kept beside the first.
    let early = payer.pay(6450, VISA).await.unwrap_err();
    assert_eq!((early.code, house.taken().len()), (Code::AlreadyPaid, 1));
    house.work().await;
    let day = format!("visits?day={}", wednesday(&house));
    assert!(desk.get(&day).await.text.contains("Due EUR 64.50"));
    assert!(desk.get(&visit).await.text.contains("Another link"));
    let given_back = Payment::GivenBack { sum: eur(6450) };
    let seen = payer.status().await.unwrap();
    assert_eq!((seen.state, seen.payment), (State::Booked, given_back));
    // The clock of the link that was paid stands still.
    house.pass_minutes(6 * 60);
    house.work().await;
    house.work().await;
    let wrote = |part: &str| house.letters().iter().filter(|text| text.contains(part)).count();
    assert_eq!(
        (wrote("A reminder to pay"), wrote("Your visit is called off")),
        (0, 0)
    );
    assert_eq!(house.kept(), 0);

    assert_eq!(desk.post(&format!("{visit}/link"), &wishes).await.status, 303);
    let second = link(&desk.get(&visit).await.text);
    house.pass_minutes(3 * 60);
    house.work().await;
    house.work().await;
    assert_eq!(wrote("A reminder to pay"), 1);
    let payer = house.page();
    payer.open(&second).await.unwrap();
    let declined = payer.pay(6450, DECLINED).await.unwrap();
    let why = Payment::Declined {
        decline: Decline::AskBank,
    };
    assert_eq!(declined.booking.payment, why);
    let done = payer.pay(6450, VISA).await.unwrap();
    assert_eq!(
        (done.next, done.booking.payment),
        (Next::Done, Payment::Paid { sum: eur(6450) })
    );
    let again = payer.pay(6450, VISA).await.unwrap_err();
    assert_eq!(
        (again.code, house.taken().len(), house.kept()),
        (Code::AlreadyPaid, 2, 6450)
    );
    house.pass_minutes(3 * 60);
    house.work().await;
    house.work().await;
    assert_eq!(
        (wrote("A reminder to pay"), wrote("Your visit is called off")),
        (1, 0)
    );
    let seen = desk.get(&day).await.text;
    assert!(seen.contains(">Paid<") && !seen.contains("Given back"), "{seen}");
    let page = desk.get(&visit).await.text;
    assert!(
        page.contains(">Paid<") && page.contains(">Booked<") && !page.contains("Another link"),
        "{page}"
    );

    // Opened once more, long after: it says that it is paid, not that its time is over.
    house.pass_minutes(48 * 60);
    let late = house.page();
    let seen = late.open(&second).await.unwrap();
    assert_eq!(seen.payment, Payment::Paid { sum: eur(6450) });
    let page = house.http.get(format!("{}/pay/{}", house.url, second.reveal()));
    let page = page.send().await.unwrap().text().await.unwrap();
    assert!(page.contains("\"paid\"") && !page.contains("no_link"), "{page}");
}

#[tokio::test]
async fn a_limit_holds_for_all_that_goes_back_of_a_payment() {
    let house = House::start().await;
    let mut desk = Desk::new(&house);
    desk.join(Role::Reception, "20", "Eva").await;
    let visit = address(&book(&mut desk, "10:00").await);
    desk.post(&format!("{visit}/link"), &[("due", "64.50")]).await;
    let payer = house.page();
    payer.open(&link(&desk.get(&visit).await.text)).await.unwrap();
    payer.pay(6450, VISA).await.unwrap();
    let seen = desk.give_back(&visit, "20.01", "complaint").await;
    assert!(seen.text.contains("up to EUR 20.00"));
    assert_eq!(desk.give_back(&visit, "15", "complaint").await.status, 303);
    let seen = desk.give_back(&visit, "5.01", "complaint").await;
    assert!(seen.text.contains("up to EUR 20.00"));
    assert_eq!(desk.give_back(&visit, "5", "complaint").await.status, 303);
    house.work().await;
    assert_eq!(house.kept(), 4450);
    // A payment of another visit is none of this one's.
    let of_this = hidden(&desk.get(&visit).await.text, &format!("{visit}/refund"));
    let other = address(&book(&mut desk, "12:30").await);
    let seen = desk.give_back_as_shown(&other, &of_this, "1", "complaint").await;
    assert_eq!(seen.status, 404);
}

#[tokio::test]
async fn a_limit_holds_for_what_goes_back_when_a_visit_is_cancelled() {
    let house = House::start().await;
    let mut desk = Desk::new(&house);
    desk.join(Role::Reception, "20", "Eva").await;
    let (page, booking) = paid(&house).await;
    let path = format!("visits/{}", booking.id);
    let cancel = async |desk: &mut Desk<'_>| {
        let hidden = hidden(&desk.get(&path).await.text, &format!("{path}/cancel"));
        let form: Vec<(&str, &str)> = hidden.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        desk.post(&format!("{path}/cancel"), &form).await
    };
    let seen = cancel(&mut desk).await;
    assert!(
        seen.status == 403 && seen.text.contains("up to EUR 20.00") && seen.text.contains("Ask a manager"),
        "{}",
        seen.text
    );
    house.work().await;
    assert_eq!(
        (page.status().await.unwrap().state, house.kept()),
        (State::Booked, 4800)
    );
    // Whose limit is higher may.
    let mut manager = Desk::new(&house);
    manager.join(Role::Manager, "48", "Grete").await;
    assert_eq!(cancel(&mut manager).await.status, 303);
    house.work().await;
    assert_eq!(
        (page.status().await.unwrap().state, house.kept()),
        (State::Cancelled, 0)
    );
}

#[tokio::test]
async fn a_refund_that_is_sent_twice_gives_back_once() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Manager).await;
    let (_, booking) = paid(&house).await;
    let visit = format!("visits/{}", booking.id);
    let shown = hidden(&desk.get(&visit).await.text, &format!("{visit}/refund"));
    let first = desk.give_back_as_shown(&visit, &shown, "10", "complaint").await;
    assert_eq!(first.status, 303, "{}", first.text);
    for _ in 0..2 {
        // The answer was lost, and the browser sends it again; or somebody else had the page open too.
        let again = desk.give_back_as_shown(&visit, &shown, "10", "complaint").await;
        assert!(
            again.status == 422 && again.text.contains("EUR 10.00 of this payment went back"),
            "{}",
            again.text
        );
        house.work().await;
        assert_eq!(house.kept(), 3800);
    }
    // The page of that answer shows how it stands: pressed once more, it is meant.
    let again = desk.give_back_as_shown(&visit, &shown, "38", "complaint").await;
    let shown = hidden(&again.text, &format!("{visit}/refund"));
    let meant = desk.give_back_as_shown(&visit, &shown, "38", "complaint").await;
    assert_eq!(meant.status, 303, "{}", meant.text);
    let again = desk.give_back_as_shown(&visit, &shown, "38", "complaint").await;
    assert!(
        again.status == 422 && again.text.contains("EUR 38.00 of this payment went back"),
        "{}",
        again.text
    );
    house.work().await;
    assert_eq!(house.kept(), 0);
}

#[tokio::test]
async fn a_refund_of_one_service_is_of_what_was_paid_for_it_and_counted_there() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Manager).await;
    let visit = address(&book(&mut desk, "10:00").await);
    // Of EUR 64.50, for a cut and a mask, 40 were paid.
    desk.post(&format!("{visit}/link"), &[("due", "40")]).await;
    let payer = house.page();
    payer.open(&link(&desk.get(&visit).await.text)).await.unwrap();
    payer.pay(4000, VISA).await.unwrap();
    let page = desk.get(&visit).await.text;
    assert!(
        page.contains("Repair mask: EUR 10.23 of it") && page.contains("Cut and finish: EUR 29.77 of it"),
        "{page}"
    );
    let attempt = page.split("name=\"attempt\" value=\"").nth(1).unwrap();
    let attempt = attempt.split('"').next().unwrap();
    let back = |sum, service| {
        [
            ("attempt", attempt),
            ("shown", "0"),
            ("sum", sum),
            ("service", service),
            ("why", "complaint"),
        ]
    };
    let path = format!("{visit}/refund");
    for (sum, service, sentence) in [
        (
            "10.24",
            "Repair mask",
            "Of what was paid for Repair mask, EUR 10.23 is left",
        ),
        ("1", "Massage", "Of what was paid for Massage, nothing is left"),
    ] {
        let seen = desk.post(&path, &back(sum, service)).await;
        assert!(
            seen.status == 422 && seen.text.contains(sentence),
            "{}",
            seen.text
        );
        // What is wrong leads to the field of this payment's form.
        let link = seen.text.split("href=\"#").nth(2).unwrap_or_default();
        assert!(
            seen.text.contains(&format!("href=\"#{attempt}-")) && !link.is_empty(),
            "{}",
            seen.text
        );
    }
    assert_eq!(desk.post(&path, &back("10.23", "Repair mask")).await.status, 303);
    house.work().await;
    catch_up(&house, Hears::Everything).await;
    let page = desk.get(&visit).await.text;
    assert!(
        page.contains("− EUR 10.23 for Repair mask")
            && page.contains("gave back EUR 10.23 for Repair mask (complaint)")
            && !page.contains("Repair mask: EUR"),
        "{page}"
    );
    let report = desk
        .get("reports/table.csv?from=2020-01-01&by=service")
        .await
        .text;
    let line = |name: &str| {
        let line = report.lines().find(|line| line.starts_with(name));
        line.unwrap_or_else(|| panic!("{report}")).to_owned()
    };
    assert!(line("Repair mask").contains(",10.23,") && line("Repair mask").contains(",-10.23,"));
    assert!(line("Cut and finish").contains(",0.00,") && !line("Cut and finish").contains(",-7"));
    let behind = desk
        .get("reports/payments?from=2020-01-01&service=Repair+mask&what=back")
        .await
        .text;
    assert!(behind.contains("Given back for Repair mask") && behind.contains("−EUR 10.23"));
    let behind = desk
        .get("reports/payments?from=2020-01-01&service=Cut+and+finish&what=back")
        .await
        .text;
    assert!(!behind.contains("Given back"), "{behind}");
    let mut write = house.app.store.write().await.unwrap();
    let salon = domain::id::SalonSlug::parse("lumen").unwrap();
    let differ = server::store::rollup::check(write.conn(), &salon).await.unwrap();
    assert_eq!(differ, []);
}
