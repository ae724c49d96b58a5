//! Who has which time and which seat: all of it or nothing, and nothing left behind.

use domain::{
    id::{EmployeeId, GroupDateId},
    time::Moment,
};
use server::store::claim;

use crate::{harness::House, processes::group_event};

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
