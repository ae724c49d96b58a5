//! The servers that are killed, their database, and the sandbox that lives on.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::Mutex,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use sqlx::{AnyPool, any::AnyPoolOptions};
use stripe_sandbox::Sandbox;

use crate::dice::Dice;

pub struct House {
    pub sandbox: Sandbox,
    pub http: reqwest::Client,
    pub books: AnyPool,
    /// Where the servers listen.
    pub urls: Vec<String>,
    pub folder: tempfile::TempDir,
    servers: Mutex<Vec<Child>>,
    database: String,
}

impl House {
    /// A fresh salon, with as many servers as its database bears.
    pub async fn start() -> House {
        server::stripe::StripeClient::new("http://127.0.0.1").unwrap();
        sqlx::any::install_default_drivers();
        let sandbox = stripe_sandbox::start(stripe_sandbox::Config::default())
            .await
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key"), "5a".repeat(32)).unwrap();
        let database = match std::env::var("TEST_DATABASE") {
            Err(_) => format!("sqlite://{}/books.db", folder.path().display()),
            Ok(server) => fresh_database(&server).await,
        };
        let servers = if database.starts_with("sqlite") { 1 } else { 2 };
        let urls: Vec<String> = (0..servers)
            .map(|_| format!("http://{}", free_address()))
            .collect();
        let mut house = House {
            books: AnyPoolOptions::new()
                .max_connections(2)
                .connect_lazy(&writable(&database))
                .unwrap(),
            http: reqwest::Client::builder()
                .timeout(Duration::from_secs(20))
                .build()
                .unwrap(),
            sandbox,
            urls,
            folder,
            servers: Mutex::default(),
            database,
        };
        house.seed().await;
        for url in house.urls.clone() {
            let child = house.serve(&url);
            house.servers.get_mut().unwrap().push(child);
            house.ready(&url).await;
        }
        house
    }

    pub fn engine(&self) -> &'static str {
        if self.urls.len() == 1 {
            "SQLite"
        } else {
            "PostgreSQL, two servers"
        }
    }

    /// Ends one of the servers as a power cut would, and starts it again.
    pub async fn kill_and_start_again(&self, dice: &mut Dice) {
        let which = usize::try_from(dice.below(u64::try_from(self.urls.len()).unwrap())).unwrap();
        let url = self.urls[which].clone();
        {
            let mut servers = self.servers.lock().unwrap();
            servers[which].kill().unwrap();
            servers[which].wait().unwrap();
            servers[which] = self.serve(&url);
        }
        self.ready(&url).await;
    }

    /// The first server's process.
    pub fn process(&self) -> u32 {
        self.servers.lock().unwrap()[0].id()
    }

    pub fn end(&self) {
        for server in self.servers.lock().unwrap().iter_mut() {
            server.kill().unwrap();
            server.wait().unwrap();
        }
    }

    /// What `booking-checkout` says to a command.
    pub fn ask(&self, command: &[&str]) -> (bool, String) {
        let done = self
            .program(&self.urls[0])
            .args(command)
            .stdout(Stdio::piped())
            .output()
            .unwrap();
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&done.stdout),
            String::from_utf8_lossy(&done.stderr)
        );
        (done.status.success(), said)
    }

    /// Asks the sandbox to do something.
    pub async fn control(&self, path: &str, body: Value) -> Value {
        let url = format!("{}/_sandbox/{path}", self.sandbox.url());
        let answer = self.http.post(url).json(&body).send().await.unwrap();
        assert!(
            answer.status().is_success(),
            "{path}: {}",
            answer.text().await.unwrap()
        );
        answer.json().await.unwrap_or_default()
    }

    pub async fn no_more_faults(&self) {
        for what in ["faults", "webhooks"] {
            let url = format!("{}/_sandbox/{what}", self.sandbox.url());
            assert!(self.http.delete(url).send().await.unwrap().status().is_success());
        }
    }

    async fn seed(&self) {
        let hook = [
            (
                "url",
                format!("{}/webhooks/stripe/lumen", self.urls.last().unwrap()),
            ),
            ("enabled_events[]", "*".to_owned()),
        ];
        let made: Value = self
            .http
            .post(format!("{}/v1/webhook_endpoints", self.sandbox.url()))
            .bearer_auth(stripe_sandbox::SECRET_KEY)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(server::stripe::client::encode(&hook))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let done = self
            .program(&self.urls[0])
            .args(["seed-demo", "--publishable-key", stripe_sandbox::PUBLISHABLE_KEY])
            .env("STRIPE_SECRET_KEY", stripe_sandbox::SECRET_KEY)
            .env("STRIPE_WEBHOOK_SECRET", made["secret"].as_str().unwrap())
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    fn serve(&self, url: &str) -> Child {
        let log = std::fs::File::options()
            .append(true)
            .create(true)
            .open(self.folder.path().join("log"))
            .unwrap();
        self.program(url)
            .arg("serve")
            .stderr(log)
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    }

    fn program(&self, url: &str) -> Command {
        // A file that may not grow is an error to the one who writes, as a full disk is, and no reason to be killed.
        // And it ends with us, should one of our promises be broken.
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL", "env", "--ignore-signal=XFSZ"])
            .arg(env!("CARGO_BIN_EXE_booking-checkout"))
            .env("BOOKING_LISTEN", url.trim_start_matches("http://"))
            .env("BOOKING_PUBLIC_URL", url)
            .env("BOOKING_DATABASE_URL", &self.database)
            .env("BOOKING_MASTER_KEY_FILE", self.folder.path().join("key"))
            .env("BOOKING_STRIPE_API", self.sandbox.url())
            .env(
                "BOOKING_STRIPE_JS",
                format!("{}/endive/stripe.js", self.sandbox.url()),
            )
            .env("BOOKING_MAIL_DIR", self.folder.path().join("mail"))
            .env("BOOKING_LOG", "warn")
            // All clients come from one address here.
            .env("BOOKING_LIMITS", "off");
        command
    }

    async fn ready(&self, url: &str) {
        let begun = Instant::now();
        loop {
            let answer = self.http.get(format!("{url}/healthz")).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "{url} does not come back"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn writable(database: &str) -> String {
    if database.starts_with("sqlite") {
        format!("{database}?mode=rwc")
    } else {
        database.to_owned()
    }
}

async fn fresh_database(server: &str) -> String {
    use sqlx::Connection as _;
    let name = format!("crash_{}", std::process::id());
    let mut conn = sqlx::AnyConnection::connect(server).await.unwrap();
    let make = format!("CREATE DATABASE {name}");
    sqlx::query(sqlx::AssertSqlSafe(make))
        .execute(&mut conn)
        .await
        .unwrap();
    match server.split_once('?') {
        Some((head, tail)) => format!("{}/{name}?{tail}", head.rsplit_once('/').unwrap().0),
        None => format!("{}/{name}", server.rsplit_once('/').unwrap().0),
    }
}

fn free_address() -> std::net::SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A page's call, as the widget makes it.
pub fn call(request: Value) -> Value {
    json!({ "request": request })
}
