//! The books of money: refunds, disputes, fees and payouts, told or found, and whether it all adds up with Stripe.

use domain::{
    id::SalonSlug,
    ledger::{Difference, Reconciliation},
    time::Moment,
};
use serde_json::{Value, json};
use server::{
    api::{
        booking::{Payment, State},
        confirm::Next,
    },
    payments::{books, refund},
    store::{attempt::AttemptRecord, ledger, refund::Reason},
};

use crate::harness::{DECLINED, House, Page, VISA, eur};

/// What a salon subscribes to that sets its webhook up by hand.
const THIRTEEN: [&str; 13] = [
    "charge.captured",
    "charge.expired",
    "charge.failed",
    "charge.pending",
    "charge.refunded",
    "charge.succeeded",
    "charge.updated",
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.refund.updated",
];
const REFUND_FAILS_LATER: &str = "4000000000005126";
const DISPUTED: &str = "4000000000000259";
const INQUIRY: &str = "4000000000001976";

pub async fn paid<'a>(house: &'a House, card: &str) -> Page<'a> {
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    assert_eq!(page.pay(4800, card).await.unwrap().next, Next::Done);
    page
}

/// What of Stripe's events the server hears.
#[derive(Clone, Copy, Debug)]
pub enum Hears {
    Everything,
    Thirteen,
    Nothing,
}

/// Delivers what is heard, in an order of its own, and lets time pass until all is known.
pub async fn catch_up(house: &House, hears: Hears) {
    let mut events = house.events().await;
    events.retain(|event| match hears {
        Hears::Everything => true,
        Hears::Thirteen => THIRTEEN.contains(&event["type"].as_str().unwrap()),
        Hears::Nothing => false,
    });
    events.reverse();
    for event in &events {
        assert_eq!(house.webhook(event).await, 200, "{event}");
    }
    for _ in 0..3 {
        house.pass_minutes(11);
        house.work().await;
    }
}

pub async fn advance(house: &House, what: &str) {
    control(house, "advance", json!({ "what": what })).await;
}

pub async fn control(house: &House, path: &str, body: Value) -> Value {
    let url = format!("{}/_sandbox/{path}", house.sandbox.url());
    let answer = house.http.post(url).json(&body).send().await.unwrap();
    assert!(
        answer.status().is_success(),
        "{path}: {}",
        answer.text().await.unwrap()
    );
    answer.json().await.unwrap_or(Value::Null)
}

pub async fn charge(house: &House) -> String {
    house.taken()[0]["id"].as_str().unwrap().to_owned()
}

pub async fn the_attempt(house: &House) -> AttemptRecord {
    let mut write = house.app.store.write().await.unwrap();
    let (id,): (String,) = sqlx::query_as("SELECT id FROM attempt WHERE state = 'succeeded'")
        .fetch_one(write.conn())
        .await
        .unwrap();
    server::store::attempt::find(write.conn(), &domain::id::AttemptId::parse(&id).unwrap())
        .await
        .unwrap()
        .unwrap()
}

/// Compares the books with what the server read of Stripe's list, and that with the list itself.
pub async fn compare(house: &House) -> Reconciliation {
    let slug = SalonSlug::parse("lumen").unwrap();
    let db = house.app.store.read();
    let listed = ledger::listed(db, &slug, Moment(0)).await.unwrap();
    let settled: Vec<_> = listed.into_iter().map(|one| one.movement).collect();
    let list = house.stripe_get("/v1/balance_transactions?limit=100").await;
    let list = list["data"].as_array().unwrap().clone();
    let net = |one: &Value| one["amount"].as_i64().unwrap() - one["fee"].as_i64().unwrap();
    assert_eq!(settled.len(), list.len());
    assert_eq!(
        settled.iter().map(|one| one.amount - one.fee).sum::<i64>(),
        list.iter().map(net).sum::<i64>()
    );
    // Of all at once, of all in parts as small as can be, and since the first moment: the same.
    let sorted = |mut one: Reconciliation| {
        one.differences.sort_by_key(books::describe);
        one
    };
    let all = sorted(books::compare_all(&house.app.store, &slug).await.unwrap());
    let parts = books::compare_in_parts(&house.app.store, &slug, 1);
    assert_eq!(sorted(parts.await.unwrap()), all);
    let since = books::compare(&house.app.store, &slug, Moment(0));
    assert_eq!(sorted(since.await.unwrap()), all);
    all
}

fn net(of: &Reconciliation) -> i64 {
    of.net.values().sum()
}

#[tokio::test]
async fn a_payment_its_fee_and_its_payout_agree_to_the_cent() {
    let house = House::start().await;
    paid(&house, VISA).await;
    advance(&house, "fees").await;
    catch_up(&house, Hears::Nothing).await;
    let books = compare(&house).await;
    assert_eq!(books.differences, []);
    // 1.5 % and 25 cents of 48.00.
    assert_eq!(books.fees.values().sum::<i64>(), 97);
    assert_eq!(net(&books), 4800 - 97);
    assert_eq!(
        books::report(&books),
        "EUR: net 4703, Stripe's fees 97\nto the cent"
    );

    control(&house, "payouts", json!({})).await;
    advance(&house, "payouts").await;
    catch_up(&house, Hears::Everything).await;
    assert_eq!(net(&compare(&house).await), 4800 - 97, "a payout is no loss");
    let (paid_out, state): (i64, String) = sqlx::query_as("SELECT amount, state FROM payout")
        .fetch_one(house.app.store.read())
        .await
        .unwrap();
    assert_eq!((paid_out, state.as_str()), (4800 - 97, "paid"));
}

#[tokio::test]
async fn before_its_fee_is_known_a_payment_is_named_as_not_settled_yet() {
    let house = House::start().await;
    paid(&house, VISA).await;
    catch_up(&house, Hears::Everything).await;
    let books = compare(&house).await;
    assert!(
        matches!(
            books.differences[..],
            [Difference::NotSettled { booked: 4800, .. }]
        ),
        "{books:?}"
    );
    let source = charge(&house).await;
    assert_eq!(
        books::report(&books),
        format!("{source}: the books say 4800, Stripe does not list it (yet) as Charge")
    );
}

#[tokio::test]
async fn a_card_that_was_declined_is_not_in_the_books() {
    let house = House::start().await;
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    page.pay(4800, DECLINED).await.unwrap();
    assert_eq!(page.pay(4800, VISA).await.unwrap().next, Next::Done);
    advance(&house, "fees").await;
    catch_up(&house, Hears::Everything).await;
    let books = compare(&house).await;
    assert_eq!(books.differences, []);
    assert_eq!(net(&books), 4800 - 97);
}

#[tokio::test]
async fn refunds_made_in_the_dashboard_are_found_whatever_is_heard() {
    for hears in [Hears::Everything, Hears::Thirteen, Hears::Nothing] {
        let house = House::start().await;
        let page = paid(&house, VISA).await;
        let charge = charge(&house).await;
        for sum in [1000, 800] {
            control(
                &house,
                &format!("charges/{charge}/refund"),
                json!({ "amount": sum }),
            )
            .await;
        }
        advance(&house, "all").await;
        catch_up(&house, hears).await;
        assert_eq!(the_attempt(&house).await.refunded, 1800, "{hears:?}");
        let books = compare(&house).await;
        assert_eq!(books.differences, [], "{hears:?}");
        assert_eq!(net(&books), 4800 - 97 - 1800, "{hears:?}");

        control(&house, &format!("charges/{charge}/refund"), json!({})).await;
        catch_up(&house, hears).await;
        let after = page.status().await.unwrap();
        assert_eq!(after.payment, Payment::GivenBack { sum: eur(4800) }, "{hears:?}");
        assert_eq!(after.state, State::Booked, "{hears:?}");
        assert_eq!(compare(&house).await.differences, [], "{hears:?}");
    }
}

#[tokio::test]
async fn a_refund_that_fails_later_is_with_the_salon_again_and_the_salon_is_told() {
    for hears in [Hears::Everything, Hears::Thirteen, Hears::Nothing] {
        let house = House::start().await;
        paid(&house, REFUND_FAILS_LATER).await;
        give_back(&house, 2000).await;
        house.work().await;
        assert_eq!(the_attempt(&house).await.refunded, 2000, "{hears:?}");
        advance(&house, "all").await;
        catch_up(&house, hears).await;
        let attempt = the_attempt(&house).await;
        assert_eq!((attempt.refunded, attempt.reserved), (0, 0), "{hears:?}");
        let books = compare(&house).await;
        assert_eq!(books.differences, [], "{hears:?}");
        assert_eq!(net(&books), 4800 - 97, "{hears:?}");
        let told = house
            .letters()
            .iter()
            .filter(|letter| letter.contains("A refund failed"))
            .count();
        assert_eq!(told, 1, "{hears:?}");
    }
}

/// Sets a sum of the one payment aside, to be given back; `false` when that much is not left.
pub async fn give_back(house: &House, sum: i64) -> bool {
    let attempt = the_attempt(house).await;
    let mut write = house.app.store.write().await.unwrap();
    let begun = refund::begin(&mut write, &attempt, eur(sum), Reason::Requested, house.app.now())
        .await
        .unwrap();
    // Also when it was not begun: then there must be nothing to commit.
    write.commit().await.unwrap();
    begun
}

#[tokio::test]
async fn a_dispute_takes_the_money_and_gives_it_back_when_won() {
    for hears in [Hears::Everything, Hears::Thirteen, Hears::Nothing] {
        for (won, left) in [(true, 4800), (false, 0)] {
            let house = House::start().await;
            paid(&house, DISPUTED).await;
            advance(&house, "all").await;
            catch_up(&house, hears).await;
            let (id, state): (String, String) = sqlx::query_as("SELECT id, state FROM dispute")
                .fetch_one(house.app.store.read())
                .await
                .unwrap();
            assert_eq!(state, "needs_response", "{hears:?}");
            let told = house
                .letters()
                .iter()
                .filter(|letter| letter.contains("is disputed"))
                .count();
            assert_eq!(told, 1, "{hears:?}");
            let during = compare(&house).await;
            assert_eq!(during.differences, [], "{hears:?}");

            control(&house, &format!("disputes/{id}/close"), json!({ "won": won })).await;
            house.pass_minutes(6 * 60);
            catch_up(&house, hears).await;
            let after = compare(&house).await;
            assert_eq!(after.differences, [], "{hears:?} {won}");
            let lost_to_fees = after.fees.values().sum::<i64>();
            assert_eq!(net(&after), left - lost_to_fees, "{hears:?} {won}");
            let (state,): (String,) = sqlx::query_as("SELECT state FROM dispute")
                .fetch_one(house.app.store.read())
                .await
                .unwrap();
            assert_eq!(state, if won { "won" } else { "lost" }, "{hears:?}");
            // It is asked about no more.
            let open = "SELECT COUNT(*) FROM job WHERE kind = 'await_dispute' AND done IS NULL";
            house.pass_minutes(7 * 60);
            house.work().await;
            let (open,): (i64,) = sqlx::query_as(open)
                .fetch_one(house.app.store.read())
                .await
                .unwrap();
            assert_eq!(open, 0, "{hears:?}");
        }
    }
}

#[tokio::test]
async fn an_inquiry_moves_no_money() {
    for hears in [Hears::Thirteen, Hears::Nothing] {
        let house = House::start().await;
        paid(&house, INQUIRY).await;
        advance(&house, "all").await;
        catch_up(&house, hears).await;
        house.pass_minutes(24 * 60);
        catch_up(&house, hears).await;
        let state = async || {
            let dispute = "SELECT id, state FROM dispute";
            let row: (String, String) = sqlx::query_as(dispute)
                .fetch_one(house.app.store.read())
                .await
                .unwrap();
            row
        };
        let (id, now) = state().await;
        assert_eq!(now, "warning_needs_response", "{hears:?}");
        let told = |letter: &String| letter.contains("is disputed");
        assert_eq!(
            house.letters().iter().filter(|letter| told(letter)).count(),
            1,
            "{hears:?}"
        );
        assert_eq!(net(&compare(&house).await), 4800 - 97);

        control(&house, &format!("disputes/{id}/close"), json!({ "won": true })).await;
        house.pass_minutes(6 * 60);
        catch_up(&house, hears).await;
        assert_eq!(state().await.1, "warning_closed", "{hears:?}");
    }
}

#[tokio::test]
async fn what_came_for_nothing_is_set_aside_once() {
    let house = House::start().await;
    paid(&house, VISA).await;
    let attempt = the_attempt(&house).await;
    for first in [true, false] {
        let mut write = house.app.store.write().await.unwrap();
        let begun = refund::begin(
            &mut write,
            &attempt,
            eur(1000),
            Reason::NoBooking,
            house.app.now(),
        );
        assert_eq!(begun.await.unwrap(), first);
        write.commit().await.unwrap();
        assert_eq!(the_attempt(&house).await.reserved, 1000);
    }
}

#[tokio::test]
async fn refunds_at_once_never_exceed_the_payment() {
    let house = House::start().await;
    paid(&house, VISA).await;
    let tries: Vec<bool> = many(&house, 12).await;
    assert_eq!(
        tries.iter().filter(|begun| **begun).count(),
        4,
        "four times 10.00 of 48.00"
    );
    house.work().await;
    assert_eq!(house.kept(), 800);
    let attempt = the_attempt(&house).await;
    assert_eq!((attempt.refunded, attempt.reserved), (4000, 0));
}

async fn many(house: &House, count: usize) -> Vec<bool> {
    let attempt = the_attempt(house).await;
    let tries: Vec<_> = (0..count)
        .map(|_| {
            let (app, attempt) = (house.app.clone(), attempt.clone());
            tokio::spawn(async move {
                let mut write = app.store.write().await.unwrap();
                let begun = refund::begin(&mut write, &attempt, eur(1000), Reason::Requested, app.now());
                let begun = begun.await.unwrap();
                if begun {
                    write.commit().await.unwrap();
                }
                begun
            })
        })
        .collect();
    let mut begun = Vec::new();
    for one in tries {
        begun.push(one.await.unwrap());
    }
    begun
}

/// A salon with a million payments asks about the last weeks. What happened around the first of these days is no difference.
#[tokio::test]
async fn the_books_of_late_are_compared_alone_and_nothing_at_the_edge_is_made_up() {
    let house = House::start().await;
    let slug = SalonSlug::parse("lumen").unwrap();
    let pay = async |nth| {
        let page = house.page();
        page.hold(&house.free_nth("svc_cut", "emp_anna", nth).await)
            .await
            .unwrap();
        page.pay(4800, VISA).await.unwrap();
        advance(&house, "all").await;
        catch_up(&house, Hears::Everything).await;
    };
    let days_pass = async |days: i64| {
        house.pass_minutes(days * 24 * 60);
        control(&house, "clock", json!({ "advance_s": days * 86_400 })).await;
    };
    let compare = async |from| books::compare(&house.app.store, &slug, from).await.unwrap();
    let write = async |sql: &'static str, value: i64| {
        let mut write = house.app.store.write().await.unwrap();
        let done = sqlx::query(sql).bind(value).execute(write.conn()).await.unwrap();
        write.commit().await.unwrap();
        done.rows_affected()
    };
    pay(0).await;
    days_pass(20).await;
    let from = house.app.now().plus_minutes(-5 * 24 * 60);
    assert_eq!(compare(from).await, Default::default());
    pay(1).await;
    let (all, late) = (compare(Moment(0)).await, compare(from).await);
    assert_eq!((&all.differences[..], &late.differences[..]), (&[][..], &[][..]));
    let net = |compared: &Reconciliation| *compared.net.values().next().unwrap();
    assert_eq!(net(&all), 2 * net(&late));
    // Booked just before, and listed since.
    let first = "UPDATE settled SET created = $1 WHERE source = (SELECT charge FROM attempt ORDER BY created LIMIT 1)";
    assert_eq!(write(first, from.0 / 1000 + 60).await, 1);
    assert_eq!(compare(from).await, late);
    // The first stands in the days that are looked at for the sake of the second.
    let first = "UPDATE settled SET created = $1 WHERE source = (SELECT charge FROM attempt ORDER BY created LIMIT 1)";
    assert_eq!(write(first, from.0 / 1000 - 3 * 86_400).await, 1);
    assert_eq!(compare(from).await, late);

    let first = "DELETE FROM settled WHERE source = (SELECT charge FROM attempt ORDER BY created LIMIT 1) AND created <> $1";
    assert_eq!(write(first, 0).await, 1);
    assert_eq!(compare(from).await, late);
    assert_eq!(compare(Moment(0)).await.differences.len(), 1);
    let second = "DELETE FROM settled WHERE source = (SELECT charge FROM attempt ORDER BY created DESC LIMIT 1) AND created <> $1";
    assert_eq!(write(second, 0).await, 1);
    assert_eq!(compare(from).await.differences.len(), 1);
}
