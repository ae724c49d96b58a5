//! What else goes wrong besides the kill.

use std::time::Duration;

use serde_json::json;

use crate::{
    dice::Dice,
    house::House,
    outage::{self, Postgres},
};

/// How often what a server stands on was gone.
#[derive(Default)]
pub struct Outages {
    pub full_disks: u64,
    pub databases_gone: u64,
}

/// Now and then: answers of Stripe's that are lost, webhooks that come twice or late, a database that nobody can write to, or
/// that throws everybody out, or is gone, or has no room.
pub async fn make(house: &House, postgres: &mut Option<Postgres>, dice: &mut Dice, outages: &mut Outages) {
    if dice.once_in(3) {
        let fault = *dice.pick(&[
            "connection_reset_before",
            "connection_reset_after",
            "500_before",
            "500_after",
            "409",
            "429",
        ]);
        let path = *dice.pick(&["/v1/payment_intents", "/v1/payment_intents/*", "/v1/refunds"]);
        let body = json!({"path": path, "fault": fault, "times": 1 + dice.below(3), "delay_ms": 20});
        house.control("faults", body).await;
    }
    if dice.once_in(5) {
        let tricks =
            json!({"duplicates": dice.below(2), "delay_ms": dice.below(300), "reorder": dice.below(4)});
        house.control("webhooks", tricks).await;
    }
    if dice.once_in(6) {
        // Holds end, also of those who are paying.
        let over = "UPDATE booking SET hold_until = 0 WHERE state = 'held'";
        let _ = sqlx::query(over).execute(&house.books).await;
    }
    if dice.once_in(25) {
        // What is booked has taken place a century ago: the salon is free again.
        for sql in [
            "DELETE FROM claim WHERE holder IN (SELECT id FROM booking WHERE state = 'booked' AND starts > 0)",
            "UPDATE booking SET starts = starts - 3155760000000, ends = ends - 3155760000000 \
             WHERE state = 'booked' AND starts > 0 AND NOT EXISTS (SELECT 1 FROM claim c WHERE c.holder = booking.id)",
        ] {
            let _ = sqlx::query(sql).execute(&house.books).await;
        }
    }
    if dice.once_in(12) {
        if house.urls.len() == 1 {
            lock(house, dice).await;
        } else {
            throw_out(house).await;
        }
    }
    if dice.once_in(12) {
        if let Some(postgres) = postgres {
            postgres.is_gone_for_a_while(house, dice).await;
            outages.databases_gone += 1;
        } else if house.urls.len() == 1 {
            outage::no_room(house, dice).await;
            outages.full_disks += 1;
        }
    }
}

/// Another process writes for a while. It may take long until it gets in between: SQLite has no line that two processes stand in.
async fn lock(house: &House, dice: &mut Dice) {
    let mut conn = house.books.acquire().await.unwrap();
    for sql in ["PRAGMA busy_timeout = 30000", "BEGIN IMMEDIATE"] {
        sqlx::query(sql).execute(&mut *conn).await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(200 + dice.below(800))).await;
    sqlx::query("ROLLBACK").execute(&mut *conn).await.unwrap();
}

/// All connections of the servers are cut.
async fn throw_out(house: &House) {
    let cut = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    // It may cut itself off in the other connection of the pool.
    let _ = sqlx::query(cut).execute(&house.books).await;
}
