//! Kills the real server with SIGKILL while clients pay, again and again, and then accounts for every charge.
//!
//! `cargo xtask crash --kills N --seed S`. SQLite in a file, or PostgreSQL where `TEST_DATABASE` names one: then two servers
//! at once. The sandbox lives on, as Stripe would.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that talks to a person: it may panic, which is how it fails"
)]

mod account;
mod client;
mod dice;
mod house;
mod outage;
mod trouble;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{client::Figures, dice::Dice, house::House, outage::Postgres, trouble::Outages};

/// Clients at once.
const CLIENTS: u64 = 6;
/// Kills when nobody says how many: enough to hit most phases, in some seconds.
const KILLS: u64 = 20;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(run(number("--kills", KILLS), number("--seed", 1)));
}

async fn run(kills: u64, seed: u64) {
    let begun = Instant::now();
    let house = Arc::new(House::start().await);
    println!("{} kills on {}, seed {seed}", kills, house.engine());
    let over = Arc::new(AtomicBool::new(false));
    let figures = Arc::new(Figures::default());
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (house, over, figures) = (house.clone(), over.clone(), figures.clone());
            let dice = Dice::new(seed * 1_000 + number);
            tokio::spawn(client::live(house, over, figures, dice))
        })
        .collect();

    let mut dice = Dice::new(seed);
    let mut outages = Outages::default();
    let mut postgres = std::env::var("TEST_DATABASE")
        .ok()
        .and_then(|address| Postgres::of(&address));
    for kill in 1..=kills {
        tokio::time::sleep(Duration::from_millis(20 + dice.below(480))).await;
        trouble::make(&house, &mut postgres, &mut dice, &mut outages).await;
        house.kill_and_start_again(&mut dice).await;
        if kill % 50 == 0 {
            println!("  {kill} kills, {figures}");
        }
    }
    over.store(true, Ordering::SeqCst);
    for client in clients {
        client.await.unwrap();
    }
    house.no_more_faults().await;
    account::until_quiet(&house).await;
    let said = account::check(&house).await;
    println!(
        "  {figures}\n  {} times the disk was full, {} times the database was gone\n  {said}\n  in {} s",
        outages.full_disks,
        outages.databases_gone,
        begun.elapsed().as_secs()
    );
    house.end();
    if let Some(mut postgres) = postgres {
        postgres.end();
    }
    println!("test result: ok. {kills} kills, every charge is accounted for");
}

/// A number after its name on the command line.
fn number(name: &str, otherwise: u64) -> u64 {
    let mut words = std::env::args().skip_while(|word| word != name);
    words.nth(1).map_or(otherwise, |text| {
        text.parse().unwrap_or_else(|_| panic!("{name} wants a number"))
    })
}
