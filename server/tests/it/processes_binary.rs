//! Real processes of the binary on one PostgreSQL: started at once, paid at side by side, killed.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use server::api::{
    booking::{Payment, State},
    confirm::{Next, Pay},
    error::Code,
};

use crate::harness::{Books, House, Page, VISA, all, eur};

/// A running `booking-checkout serve`. Dropped, it is killed.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    /// Starts one on a database, with the sandbox at Stripe's place.
    fn start(dir: &std::path::Path, database: &str, stripe: &str) -> Server {
        let free = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let key = dir.join(format!("key-{}", free.port()));
        std::fs::write(&key, "5a".repeat(32)).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_booking-checkout"))
            .arg("serve")
            .env_clear()
            .env("BOOKING_LISTEN", free.to_string())
            .env("BOOKING_MASTER_KEY_FILE", key)
            .env("BOOKING_DATABASE_URL", database)
            .env("BOOKING_STRIPE_API", stripe)
            .env("BOOKING_MAIL_DIR", dir.join("mail"))
            // All clients of these tests have one address.
            .env("BOOKING_LIMITS", "off")
            .env("BOOKING_LOG", "warn")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Server {
            child,
            url: format!("http://{free}"),
        }
    }

    async fn ready(&self) {
        let begun = Instant::now();
        while reqwest::get(format!("{}/healthz", self.url))
            .await
            .map_or(0, |answer| answer.status().as_u16())
            != 200
        {
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "{} is not ready",
                self.url
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// A house whose pages talk to this process.
    async fn house(&self, house: &House) -> House {
        let mut other = house.beside().await;
        other.url.clone_from(&self.url);
        other
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: cargo xtask test --only postgres"]
async fn four_processes_that_start_at_once_on_an_empty_database_all_serve() {
    let (books, sandbox) = (Books::fresh().await, crate::harness::sandbox().await);
    let servers: Vec<_> = (0..4)
        .map(|_| Server::start(books.dir.path(), &books.url(), &sandbox.url()))
        .collect();
    all(servers.iter().map(Server::ready).collect()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: cargo xtask test --only postgres"]
async fn of_three_processes_one_is_killed_while_clients_pay_and_nothing_is_lost_or_doubled() {
    let house = House::start().await;
    let (dir, stripe) = (tempfile::tempdir().unwrap(), house.sandbox.url());
    let mut servers: Vec<_> = (0..3)
        .map(|_| Server::start(dir.path(), &house.database(), &stripe))
        .collect();
    all(servers.iter().map(Server::ready).collect()).await;
    let (first, second, third) = (
        servers[0].house(&house).await,
        servers[1].house(&house).await,
        servers[2].house(&house).await,
    );
    // Each of nine clients has two tabs, at two processes; one of them is about to be killed.
    let mut pages = Vec::new();
    for (number, home) in [&first, &second, &third].into_iter().cycle().take(9).enumerate() {
        let page = home.page();
        page.hold(&home.free_nth("svc_cut", "emp_anna", number * 6).await)
            .await
            .unwrap();
        pages.push(page);
    }
    let confirmed = Instant::now();
    let tabs = pages.iter().flat_map(|page| [page.at(&second), page.at(&third)]);
    let tabs: Vec<Page<'_>> = tabs.collect();
    let cards = all(tabs.iter().map(|_| house.card(VISA)).collect()).await;
    let calls = tabs.iter().zip(cards).map(|(tab, card)| confirm(tab, card));
    let kill = async {
        while house.taken().len() < 3 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        servers[2].child.kill().unwrap();
    };
    let (told, ()) = tokio::join!(all(calls.collect()), kill);
    assert!(
        told.iter().any(|next| next.is_none()),
        "nobody noticed the death: {told:?}"
    );

    // Every client asks at a process that lives, until it is known.
    for page in &pages {
        let page = page.at(&first);
        loop {
            let booking = page.status().await.unwrap();
            match (booking.state, booking.payment) {
                (State::Booked, Payment::Paid { sum }) => {
                    assert_eq!(sum, eur(4800));
                    break;
                }
                (_, Payment::UnderWay) => {
                    page.settle().await.unwrap();
                }
                // The process died before it wrote anything down.
                (State::Held { .. }, Payment::None) => {
                    page.pay(4800, VISA).await.unwrap();
                }
                other => panic!("{other:?}"),
            }
            assert!(
                confirmed.elapsed() < Duration::from_secs(60),
                "{} is never known",
                booking.id
            );
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
    assert_eq!((house.taken().len(), house.kept()), (9, 9 * 4800));
    let letters = || std::fs::read_dir(dir.path().join("mail")).map_or(0, Iterator::count);
    while letters() < 9 && confirmed.elapsed() < Duration::from_secs(60) {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(letters(), 9);
}

/// What the page was told; nothing, when its process was killed.
async fn confirm(tab: &Page<'_>, card: String) -> Option<Result<Next, Code>> {
    let pay = Pay::Card {
        sum: eur(4800),
        confirmation_token: card,
    };
    let pay = serde_json::json!({"request": {"pay": pay}});
    let call = tab
        .house
        .http
        .post(format!("{}/api/v1/confirm", tab.house.url))
        .bearer_auth(tab.token.reveal());
    let answer = call.json(&pay).send().await.ok()?;
    let text = answer.text().await.ok()?;
    let confirmed: Result<server::api::confirm::Confirmed, _> = serde_json::from_str(&text);
    match confirmed {
        Ok(confirmed) => Some(Ok(confirmed.next)),
        Err(_) => Some(Err(serde_json::from_str::<server::api::error::ApiError>(&text)
            .ok()?
            .code)),
    }
}
