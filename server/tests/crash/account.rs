//! Afterwards: everything comes to its end, and every charge has its place.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::house::House;

/// What must be over when it is quiet: what, and how many of it are not.
const OPEN: [(&str, &str); 4] = [
    ("holds", "SELECT COUNT(*) FROM booking WHERE state = 'held'"),
    (
        "attempts",
        "SELECT COUNT(*) FROM attempt WHERE state IN ('created', 'unknown', 'requires_action', 'processing')",
    ),
    ("jobs", "SELECT COUNT(*) FROM job WHERE done IS NULL"),
    ("refunds", "SELECT COUNT(*) FROM refund WHERE state = 'created'"),
];

/// What time brings, brought at once.
const HURRY: [&str; 4] = [
    "UPDATE booking SET hold_until = 0, end_at = 0 WHERE state = 'held'",
    "UPDATE attempt SET ask_at = 0 WHERE ask_at IS NOT NULL",
    "UPDATE job SET run_at = 0 WHERE done IS NULL",
    "UPDATE salon SET settle_at = 0",
];

/// What must never be: what, and how many of it there are.
const NEVER: [(&str, &str); 7] = [
    (
        "bookings that two attempts have paid and kept",
        "SELECT COUNT(*) FROM (SELECT booking FROM attempt WHERE state = 'succeeded' AND refunded < sum \
         GROUP BY booking HAVING COUNT(*) > 1) AS twice",
    ),
    (
        "payments that were taken, are kept, and have no booking",
        "SELECT COUNT(*) FROM attempt a JOIN booking b ON b.id = a.booking \
         WHERE a.state = 'succeeded' AND a.refunded < a.sum AND b.state <> 'booked'",
    ),
    (
        "bookings without their time",
        "SELECT COUNT(*) FROM booking b WHERE b.state = 'booked' AND b.starts > 0 AND b.choice IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM claim c WHERE c.holder = b.id)",
    ),
    (
        "times that belong to what is over",
        "SELECT COUNT(*) FROM claim c JOIN booking b ON b.id = c.holder WHERE b.state IN ('expired', 'cancelled')",
    ),
    (
        "two bookings of one person at one time",
        "SELECT COUNT(*) FROM booking a JOIN booking b ON a.employee = b.employee AND a.id < b.id \
         AND a.starts > 0 AND b.starts > 0 AND a.starts < b.ends AND b.starts < a.ends \
         WHERE a.state = 'booked' AND b.state = 'booked' AND a.group_date IS NULL AND b.group_date IS NULL",
    ),
    (
        "payments that are not in the ledger",
        "SELECT COUNT(*) FROM attempt a WHERE a.state = 'succeeded' \
         AND NOT EXISTS (SELECT 1 FROM ledger l WHERE l.attempt = a.id AND l.kind = 'captured')",
    ),
    (
        "sums set aside for nothing",
        "SELECT COUNT(*) FROM attempt WHERE reserved <> 0",
    ),
];

/// Hurries time on until nothing is left to do.
pub async fn until_quiet(house: &House) {
    house.control("advance", json!({ "what": "all" })).await;
    let begun = Instant::now();
    loop {
        for sql in HURRY {
            // A server that works on the same rows in another order may come first; there is a next time.
            let _ = sqlx::query(sql).execute(&house.books).await;
        }
        tokio::time::sleep(Duration::from_millis(700)).await;
        let mut open = Vec::new();
        for (what, sql) in OPEN {
            let count = count(house, sql).await;
            if count > 0 {
                open.push(format!("{count} {what}"));
            }
        }
        if open.is_empty() {
            break;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(120),
            "it does not come to an end: {open:?}; the log is in {}",
            house.folder.path().display()
        );
    }
    // Stripe's list once more, with everything in it. A reading that fails, for two servers read at once here, is tried again in
    // minutes: it is hurried, too.
    house.control("advance", json!({ "what": "all" })).await;
    let begun = Instant::now();
    loop {
        let _ = sqlx::query(HURRY[3]).execute(&house.books).await;
        tokio::time::sleep(Duration::from_secs(4)).await;
        let (agrees, said) = house.ask(&["reconcile", "lumen"]);
        if agrees && count(house, OPEN[2].1).await == 0 {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "{said}");
    }
}

/// Compares the books with the sandbox's truth, and says what there is.
pub async fn check(house: &House) -> String {
    let rows: Vec<(String, String, i64, i64)> =
        sqlx::query_as("SELECT charge, id, sum, refunded FROM attempt WHERE state = 'succeeded'")
            .fetch_all(&house.books)
            .await
            .unwrap();
    let mut ours: BTreeMap<String, (String, i64, i64)> = rows
        .into_iter()
        .map(|(charge, id, sum, refunded)| (charge, (id, sum, refunded)))
        .collect();
    let (mut charges, mut given_back) = (0, 0);
    for charge in house.sandbox.charges() {
        if charge["status"] != "succeeded" {
            continue;
        }
        let id = charge["id"].as_str().unwrap();
        let (taken, back) = (
            charge["amount_captured"].as_i64().unwrap(),
            charge["amount_refunded"].as_i64().unwrap(),
        );
        let known = ours.remove(id);
        let of = charge["metadata"]["attempt"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert_eq!(
            known,
            Some((of, taken, back)),
            "the charge {id} has no place in the books"
        );
        charges += 1;
        given_back += i64::from(back > 0);
    }
    assert!(ours.is_empty(), "paid in the books and not at Stripe: {ours:?}");
    assert!(charges > 0, "nobody paid anything: this run shows nothing");
    for (what, sql) in NEVER {
        assert_eq!(count(house, sql).await, 0, "{what}");
    }
    let log = std::fs::read(house.folder.path().join("log")).unwrap();
    let panicked = String::from_utf8_lossy(&log)
        .lines()
        .find(|line| line.contains("panicked at"))
        .map(str::to_owned);
    assert_eq!(panicked, None);
    let (agrees, said) = house.ask(&["reconcile", "lumen"]);
    assert!(agrees, "{said}");
    format!(
        "{charges} charges, {given_back} of them given back; {}",
        said.trim().replace('\n', ", ")
    )
}

async fn count(house: &House, sql: &'static str) -> i64 {
    let (count,): (i64,) = sqlx::query_as(sql).fetch_one(&house.books).await.unwrap();
    count
}
