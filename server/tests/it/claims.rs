//! Who has which time and which seat: all of it or nothing, and nothing left behind.

use domain::{
    id::{BookingToken, EmployeeId, GroupDateId},
    time::Moment,
};
use serde_json::json;
use server::{
    api::{catalogue::Catalogue, confirm::Next},
    store::claim,
};

use crate::{
    harness::{House, VISA},
    processes::group_event,
};

const FIVE: i64 = 300_000;

#[tokio::test]
async fn who_does_not_get_all_of_a_time_is_left_with_none_of_it() {
    let house = House::start().await;
    let anna = EmployeeId::parse("emp_anna").unwrap();
    // A night on which nobody works: in pieces of five minutes.
    let at = |piece: i64| Moment(1_000_000 * FIVE + piece * FIVE);
    let mut write = house.app.store.write().await.unwrap();
    let db = write.conn();
    assert!(claim::take_time(db, &anna, at(10), at(14), "one").await.unwrap());
    for (from, to) in [(8, 12), (12, 16), (9, 15), (11, 13), (10, 14)] {
        assert!(
            !claim::take_time(db, &anna, at(from), at(to), "two")
                .await
                .unwrap()
        );
        assert!(!claim::has_any(db, "two").await.unwrap(), "{from} to {to}");
        assert!(!claim::is_time_free(db, &anna, at(from), at(to)).await.unwrap());
    }
    assert!(claim::has_any(db, "one").await.unwrap());
    // Touching is not overlapping.
    for (from, to) in [(6, 10), (14, 15)] {
        assert!(claim::is_time_free(db, &anna, at(from), at(to)).await.unwrap());
        assert!(
            claim::take_time(db, &anna, at(from), at(to), "two")
                .await
                .unwrap()
        );
    }
    claim::give_up(db, "one").await.unwrap();
    assert!(!claim::has_any(db, "one").await.unwrap());
    assert!(claim::is_time_free(db, &anna, at(10), at(14)).await.unwrap());
    assert!(!claim::is_time_free(db, &anna, at(10), at(15)).await.unwrap());
}

#[tokio::test]
async fn seats_are_taken_one_by_one_and_all_at_once_only_when_all_are_free() {
    let house = House::start().await;
    let date: GroupDateId = group_event(&house).await.date.unwrap();
    let mut write = house.app.store.write().await.unwrap();
    let db = write.conn();
    let (seats,): (i64,) = sqlx::query_as("SELECT seats FROM group_date WHERE id = $1")
        .bind(date.as_str())
        .fetch_one(&mut *db)
        .await
        .unwrap();
    let seats = u16::try_from(seats).unwrap();
    for number in 0..seats {
        assert!(claim::is_seat_free(db, &date).await.unwrap());
        assert!(
            claim::take_seat(db, &date, seats, &format!("guest {number}"))
                .await
                .unwrap()
        );
    }
    assert!(!claim::is_seat_free(db, &date).await.unwrap());
    assert!(!claim::take_seat(db, &date, seats, "too late").await.unwrap());
    assert!(!claim::has_any(db, "too late").await.unwrap());
    for number in 1..seats {
        claim::give_up(db, &format!("guest {number}")).await.unwrap();
    }
    assert!(!claim::take_all_seats(db, &date, seats).await.unwrap());
    claim::give_up(db, "withdrawn").await.unwrap();
    claim::give_up(db, "guest 0").await.unwrap();
    assert!(claim::take_all_seats(db, &date, seats).await.unwrap());
    assert!(!claim::is_seat_free(db, &date).await.unwrap());
}

/// How many seats of this date are left, as whoever has this token is told.
async fn seats_left(house: &House, date: &GroupDateId, token: Option<&BookingToken>) -> u16 {
    let request = json!({"salon": "lumen"});
    let catalogue: Catalogue = house.call("catalogue", token, &request).await.unwrap();
    let mut dates = catalogue
        .services
        .into_iter()
        .filter_map(|service| service.dates)
        .flatten();
    dates.find(|one| one.id == *date).unwrap().seats_left
}

#[tokio::test]
async fn the_last_seat_is_free_for_who_holds_it_and_for_nobody_else() {
    let house = House::start().await;
    let choice = group_event(&house).await;
    let date = choice.date.clone().unwrap();
    let mut write = house.app.store.write().await.unwrap();
    sqlx::query("UPDATE group_date SET seats = 1 WHERE id = $1")
        .bind(date.as_str())
        .execute(write.conn())
        .await
        .unwrap();
    write.commit().await.unwrap();
    let (page, other) = (house.page(), house.page());
    page.hold(&choice).await.unwrap();
    for (token, left) in [(Some(&page.token), 1), (Some(&other.token), 0), (None, 0)] {
        assert_eq!(seats_left(&house, &date, token).await, left);
    }
    // It can be had again, with other details.
    page.hold_for(&choice, "countess@example.com").await.unwrap();
    assert!(other.hold(&choice).await.is_err());
    // Booked, it is nobody's to choose.
    let sum = page.status().await.unwrap().quote.price.minor();
    assert_eq!(page.pay(sum, VISA).await.unwrap().next, Next::Done);
    assert_eq!(seats_left(&house, &date, Some(&page.token)).await, 0);
}
