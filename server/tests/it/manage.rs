//! The page where a client looks after a booking.

use domain::{
    changing::{Cutoff, Permissions},
    fee::FeeState,
    id::LinkToken,
    role::Role,
};
use reqwest::redirect;
use server::{
    api::{
        booking::{Booking, Payment, State},
        confirm::{Next, Pay},
    },
    payments::{cancelling, cancelling::Decision, fee},
    store::{booking, fee::Cause},
};

use crate::{
    cancelling::{call_off, look, paid, set, settle_all, the_fee, until},
    desk::Desk,
    fees::with_card,
    harness::{DECLINED, House, VISA, eur},
};

/// The bank wants its holder each time.
const ASKS_EACH_TIME: &str = "4000002760003184";

struct Seen {
    status: u16,
    to: Option<String>,
    text: String,
}

/// The page's address without the server's.
fn address(booking: &Booking) -> String {
    let address = booking.manage.clone().unwrap();
    format!("/manage/{}", address.rsplit('/').next().unwrap())
}

async fn get(house: &House, path: &str) -> Seen {
    send(house, path, None).await
}

async fn post(house: &House, path: &str, form: &[(&str, &str)]) -> Seen {
    let form: Vec<(&str, String)> = form.iter().map(|(k, v)| (*k, (*v).to_owned())).collect();
    send(house, path, Some(server::stripe::client::encode(&form))).await
}

async fn send(house: &House, path: &str, form: Option<String>) -> Seen {
    let client = reqwest::Client::builder()
        .redirect(redirect::Policy::none())
        .build()
        .unwrap();
    let url = format!("{}{path}", house.url);
    let call = match form {
        None => client.get(url),
        Some(form) => client
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form),
    };
    let answer = call.send().await.unwrap();
    let policy = answer.headers()["content-security-policy"].to_str().unwrap();
    assert!(
        !policy.contains("script-src") && policy.contains("default-src 'none'"),
        "{policy}"
    );
    let to = answer.headers().get("location");
    Seen {
        status: answer.status().as_u16(),
        to: to.map(|to| to.to_str().unwrap().to_owned()),
        text: answer.text().await.unwrap(),
    }
}

/// The value of a hidden field.
fn hidden(text: &str, name: &str) -> String {
    let field = format!("name=\"{name}\" value=\"");
    let rest = text
        .split(&field)
        .nth(1)
        .unwrap_or_else(|| panic!("{name}: {text}"));
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn it_shows_first_what_cancelling_costs_and_then_does_that() {
    let house = House::start().await;
    let (page, booking) = paid(&house).await;
    let path = address(&booking);
    let seen = get(&house, &path).await;
    assert_eq!(seen.status, 200);
    assert!(
        seen.text.contains("Free until") && seen.text.contains("EUR 48.00"),
        "{}",
        seen.text
    );
    assert!(!seen.text.contains("<script"));

    let early = get(&house, &format!("{path}/cancel")).await;
    assert!(early.text.contains("Goes back to your card"), "{}", early.text);
    let early = hidden(&early.text, "shown");
    until(&house, &booking, 20);
    // The page was open while a day passed: it is shown again with what it costs now.
    let seen = post(&house, &format!("{path}/cancel"), &[("shown", &early)]).await;
    assert_eq!(seen.status, 409);
    assert!(seen.text.contains("has just changed") && seen.text.contains("EUR 24.00"));
    assert_eq!(page.status().await.unwrap().state, State::Booked);

    let form = [("shown", hidden(&seen.text, "shown"))];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    for _ in 0..2 {
        let seen = post(&house, &format!("{path}/cancel"), &form).await;
        assert_eq!((seen.status, seen.to.as_deref()), (303, Some(path.as_str())));
    }
    settle_all(&house).await;
    assert_eq!(house.kept(), 2400);
    let seen = get(&house, &path).await;
    assert!(seen.text.contains("Cancelled") && seen.text.contains("Fee for cancelling late: EUR 24.00"));
    assert!(!seen.text.contains("/cancel\""));
}

#[tokio::test]
async fn no_fee_is_named_that_nobody_takes() {
    let house = House::start().await;
    let page = house.page();
    let choice = house.free_nth("svc_beard", "emp_jonas", 200).await;
    page.hold(&choice).await.unwrap();
    let unpaid = page.confirm(Pay::AtSalon).await.unwrap().booking;
    until(&house, &unpaid, 2);
    let path = address(&unpaid);
    let seen = get(&house, &path).await.text;
    assert!(
        seen.contains("Now it costs nothing.") && !seen.contains("Now it costs EUR"),
        "{seen}"
    );
    let seen = get(&house, &format!("{path}/cancel")).await.text;
    assert!(seen.contains("None") && !seen.contains("EUR"), "{seen}");
    let form = [("shown", hidden(&seen, "shown"))];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(post(&house, &format!("{path}/cancel"), &form).await.status, 303);
    assert!(the_fee(&house, &unpaid.id).await.is_none());

    // Paid in part, without a saved card: what was paid is all that it costs.
    let page = house.page();
    let choice = house.free_nth("svc_colour", "emp_anna", 200).await;
    page.hold(&choice).await.unwrap();
    let part = page.pay(2850, VISA).await.unwrap().booking;
    until(&house, &part, 2);
    let path = address(&part);
    let seen = get(&house, &format!("{path}/cancel")).await.text;
    assert!(
        seen.contains("EUR 28.50") && !seen.contains("EUR 95.00"),
        "{seen}"
    );
    let form = [("shown", hidden(&seen, "shown"))];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(post(&house, &format!("{path}/cancel"), &form).await.status, 303);
    let seen = get(&house, &path).await.text;
    assert!(seen.contains("Fee for cancelling late: EUR 28.50"), "{seen}");
    settle_all(&house).await;
    let told = |letter: &&String| letter.contains("is cancelled") && letter.contains("Fee: EUR 28.50");
    assert_eq!(house.letters().iter().filter(told).count(), 1);
}

#[tokio::test]
async fn moving_a_paid_booking_keeps_its_payment() {
    let house = House::start().await;
    let (page, booking) = paid(&house).await;
    let path = format!("{}/move", address(&booking));
    // Far enough ahead to be moved once more without a fee, whatever day and hour it is today.
    let later = jiff::Timestamp::from_millisecond(house.app.now().0).unwrap()
        + jiff::SignedDuration::from_hours(8 * 24);
    let seen = get(&house, &format!("{path}?from={}", later.strftime("%Y-%m-%d"))).await;
    assert!(seen.text.contains("What you paid stays paid."), "{}", seen.text);
    let start: i64 = hidden_start(&seen.text);
    assert_ne!(start, booking.start.0);
    let form = [("start", start.to_string())];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    for _ in 0..2 {
        assert_eq!(post(&house, &path, &form).await.status, 303);
    }
    let after = page.status().await.unwrap();
    assert_eq!((after.start.0, after.state), (start, State::Booked));
    assert_eq!(after.payment, Payment::Paid { sum: eur(4800) });
    assert_eq!(after.end.since(after.start), booking.end.since(booking.start));
    settle_all(&house).await;
    assert_eq!((house.kept(), house.taken().len()), (4800, 1));

    let told =
        |letter: &&String| letter.contains("<salon@example.com>") && letter.contains("moved this booking");
    assert_eq!(
        house.letters().iter().filter(told).count(),
        1,
        "{:?}",
        house.letters()
    );

    // The old time is somebody else's now, and theirs is not ours to take.
    house.page().hold(&booking.choice.unwrap()).await.unwrap();
    let old = booking.start.0.to_string();
    let seen = post(&house, &path, &[("start", &old)]).await;
    assert_eq!(seen.status, 409);
    assert!(
        seen.text.contains("Somebody has just taken this time"),
        "{}",
        seen.text
    );
    assert_eq!(page.status().await.unwrap().start.0, start);
}

fn hidden_start(text: &str) -> i64 {
    hidden(text, "start").parse().unwrap()
}

#[tokio::test]
async fn what_is_too_late_is_said_with_the_salon_s_phone_and_not_done() {
    let house = House::start().await;
    let day = Permissions {
        cancel: Cutoff::hours(24).unwrap(),
        moving: Cutoff::NEVER,
    };
    set(&house, |changes| changes.prepaid = day).await;
    let (_, booking) = paid(&house).await;
    let path = address(&booking);
    let seen = get(&house, &path).await;
    assert!(seen.text.contains("/cancel\"") && !seen.text.contains("/move\""));
    let shown = hidden(&get(&house, &format!("{path}/cancel")).await.text, "shown");
    until(&house, &booking, 23);
    let seen = get(&house, &path).await;
    assert!(!seen.text.contains("/cancel\"") && seen.text.contains("+43 1 890 12 34"));
    for (rest, form) in [("cancel", ("shown", shown)), ("move", ("start", "0".to_owned()))] {
        let seen = post(&house, &format!("{path}/{rest}"), &[(form.0, &form.1)]).await;
        assert_eq!(seen.status, 409, "{rest}");
        assert!(seen.text.contains("call the salon"));
    }
}

#[tokio::test]
async fn who_has_booked_keeps_the_time_to_change_it_online_and_gets_what_is_added() {
    let house = House::start().await;
    let (_, booking) = paid(&house).await;
    let path = address(&booking);
    let may = async || {
        let seen = get(&house, &path).await.text;
        (seen.contains("/cancel\""), seen.contains("/move\""))
    };
    let permit = async |cancel: Cutoff, moving: Cutoff| {
        set(&house, |changes| changes.prepaid = Permissions { cancel, moving }).await;
    };
    assert_eq!(may().await, (true, true));
    permit(Cutoff::NEVER, Cutoff::NEVER).await;
    assert_eq!(may().await, (true, true), "until the start, as it was");
    // What is booked now is told otherwise.
    let (_, later) = paid(&house).await;
    let seen = get(&house, &address(&later)).await.text;
    assert!(!seen.contains("/cancel\"") && !seen.contains("/move\""), "{seen}");
    // And what is more than it was told is for it too.
    permit(Cutoff::hours(0).unwrap(), Cutoff::NEVER).await;
    let seen = get(&house, &address(&later)).await.text;
    assert!(seen.contains("/cancel\"") && !seen.contains("/move\""), "{seen}");
}

#[tokio::test]
async fn moving_is_no_way_around_a_fee() {
    let house = House::start().await;
    let (_, booking) = paid(&house).await;
    until(&house, &booking, 20);
    let path = address(&booking);
    assert!(!get(&house, &path).await.text.contains("/move\""));
    let free = house.free_nth("svc_cut", "emp_anna", 200).await;
    let start = free.start.0.to_string();
    let seen = post(&house, &format!("{path}/move"), &[("start", &start)]).await;
    assert_eq!(seen.status, 409);
}

#[tokio::test]
async fn a_client_cancels_while_staff_notes_a_no_show_and_one_of_them_is_first() {
    let house = House::start().await;
    for client_first in [true, false] {
        let (_, booking) = paid(&house).await;
        let path = format!("{}/cancel", address(&booking));
        // At the very start both are possible.
        let left = booking.start.since(house.app.now());
        house.pass_minutes(left / 60_000);
        let shown = hidden(&get(&house, &path).await.text, "shown");
        house.pass_minutes(1);
        let plan = look(&house, &booking.id, Cause::Missed, Decision::AsSet)
            .await
            .unwrap();
        house.pass_minutes(-1);
        if client_first {
            assert_eq!(post(&house, &path, &[("shown", &shown)]).await.status, 303);
        }
        let mut write = house.app.store.write().await.unwrap();
        let noted = cancelling::carry_out(&mut write, &plan, house.app.now())
            .await
            .unwrap();
        assert_eq!(noted, !client_first);
        if noted {
            write.commit().await.unwrap();
            assert_eq!(post(&house, &path, &[("shown", &shown)]).await.status, 409);
        } else {
            drop(write);
        }
        settle_all(&house).await;
        let fee = the_fee(&house, &booking.id).await.unwrap();
        let cause = if client_first {
            Cause::Cancelled
        } else {
            Cause::Missed
        };
        assert_eq!((fee.cause, fee.sum), (cause, eur(4800)));
    }
    assert_eq!(house.kept(), 2 * 4800);
}

#[tokio::test]
async fn a_fee_that_the_bank_wants_its_holder_for_is_paid_by_a_link() {
    let house = House::start().await;
    for card in [VISA, ASKS_EACH_TIME] {
        let before = house.kept();
        let (_, booking) = with_card(&house, ASKS_EACH_TIME).await;
        let path = address(&booking);
        until(&house, &booking, 2);
        call_off(&house, &booking.id, Cause::Cancelled, Decision::AsSet)
            .await
            .unwrap();
        settle_all(&house).await;
        assert_eq!(state(&house, &booking).await, FeeState::NeedsClient);
        let seen = get(&house, &path).await;
        assert!(seen.text.contains("Pay EUR 66.50"), "{}", seen.text);
        let link = post(&house, &format!("{path}/pay"), &[]).await.to.unwrap();
        let link = LinkToken::parse(link.rsplit('/').next().unwrap()).unwrap();

        let page = house.page();
        let shown = page.open(&link).await.unwrap();
        // Who enters a card that is declined is told so on the page, and needs no letter.
        let asked = || {
            house
                .letters()
                .iter()
                .filter(|letter| letter.contains("asks for EUR 66.50"))
                .count()
        };
        let letters = asked();
        page.pay(6650, DECLINED).await.unwrap();
        let begun = page.pay(6650, ASKS_EACH_TIME).await.unwrap();
        let Next::ConfirmWithBank { client_secret } = &begun.next else {
            panic!("{begun:?}")
        };
        assert_eq!(state(&house, &booking).await, FeeState::Charging);
        house.bank(client_secret, "fail").await;
        page.settle().await.unwrap();
        settle_all(&house).await;
        assert_eq!(
            (state(&house, &booking).await, asked()),
            (FeeState::NeedsClient, letters)
        );
        assert_eq!(
            (shown.lines[0].name.as_str(), shown.quote.price, shown.payment),
            ("Fee for cancelling late", eur(6650), Payment::None)
        );
        assert!(page.pay(2850, VISA).await.is_err(), "another sum");
        assert!(page.confirm(Pay::AtSalon).await.is_err());
        let mut done = page.pay(6650, card).await.unwrap();
        if let Next::ConfirmWithBank { client_secret } = &done.next {
            house.bank(client_secret, "complete").await;
            done = page.settle().await.unwrap();
        }
        assert_eq!(done.next, Next::Done);
        assert_eq!(done.booking.payment, Payment::Paid { sum: eur(6650) });
        assert!(page.pay(6650, VISA).await.is_err(), "paid once");
        settle_all(&house).await;
        assert_eq!(state(&house, &booking).await, FeeState::Charged);
        assert_eq!(house.kept() - before, 9500);
        assert!(get(&house, &path).await.text.contains("was paid by card"));
        let record = booking::find(house.app.store.read(), &booking.id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            record.state,
            domain::payment::BookingState::Cancelled,
            "paying makes no booking"
        );
    }
    let desk = Desk::of(&house, Role::Owner).await;
    let log = desk.get("log").await.text;
    for told in [
        "could not charge the saved card EUR 66.50 for the fee",
        "paid EUR 66.50 of the fee by card",
    ] {
        assert_eq!(log.matches(told).count(), 2, "{told}: {log}");
    }
}

#[tokio::test]
async fn a_fee_that_was_waived_meanwhile_takes_no_money() {
    let house = House::start().await;
    let (_, booking) = with_card(&house, ASKS_EACH_TIME).await;
    let path = address(&booking);
    until(&house, &booking, 2);
    call_off(&house, &booking.id, Cause::Cancelled, Decision::AsSet)
        .await
        .unwrap();
    settle_all(&house).await;
    let link = post(&house, &format!("{path}/pay"), &[]).await.to.unwrap();
    let link = LinkToken::parse(link.rsplit('/').next().unwrap()).unwrap();
    let page = house.page();
    page.open(&link).await.unwrap();
    // The client is at the bank when the salon does without.
    let Next::ConfirmWithBank { client_secret } = page.pay(6650, ASKS_EACH_TIME).await.unwrap().next else {
        panic!()
    };
    let record = booking::find(house.app.store.read(), &booking.id)
        .await
        .unwrap()
        .unwrap();
    let mut write = house.app.store.write().await.unwrap();
    assert!(fee::waive(&mut write, &record, house.app.now()).await.unwrap());
    write.commit().await.unwrap();
    // The worker's next look ends it.
    house.work().await;
    let intent = client_secret.split("_secret_").next().unwrap();
    let seen = house.stripe_get(&format!("/v1/payment_intents/{intent}")).await;
    assert_eq!(seen["status"], "canceled");
    assert!(page.pay(6650, VISA).await.is_err());
    settle_all(&house).await;
    assert_eq!(house.kept(), 0);
}

async fn state(house: &House, booking: &Booking) -> FeeState {
    the_fee(house, &booking.id).await.unwrap().state
}

#[tokio::test]
async fn in_german_with_a_calendar_file_and_for_nobody_else() {
    let house = House::start().await;
    let (_, booking) = paid(&house).await;
    let path = address(&booking);
    house.work().await;
    let letters = house.letters().concat().replace("=\r\n", "");
    assert!(letters.contains(&path), "its address is in the letter");
    let mut write = house.app.store.write().await.unwrap();
    sqlx::query("UPDATE booking SET language = 'de-AT', cancellation = '{\"tiers\":[]}' WHERE id = $1")
        .bind(booking.id.as_str())
        .execute(write.conn())
        .await
        .unwrap();
    write.commit().await.unwrap();
    let seen = get(&house, &path).await;
    assert!(
        seen.text.contains("Jederzeit kostenlos.") && seen.text.contains("48,00 EUR"),
        "{}",
        seen.text
    );

    let file = get(&house, &format!("{path}/visit.ics")).await;
    assert!(
        file.text.starts_with("BEGIN:VCALENDAR\r\n")
            && file.text.contains("SUMMARY:Lumen Hair & Skin: Cut and finish")
    );
    let known: Vec<(String,)> = sqlx::query_as("SELECT token_hash FROM manage_link")
        .fetch_all(house.app.store.read())
        .await
        .unwrap();
    assert!(known.iter().all(|(hash,)| !path.contains(hash.as_str())));

    let mut other = path.clone();
    let last = other.pop().unwrap();
    other.push(if last == '0' { '1' } else { '0' });
    for wrong in [other, "/manage/mb_".to_owned(), "/manage/x".to_owned()] {
        assert_eq!(get(&house, &wrong).await.status, 404, "{wrong}");
    }
}
