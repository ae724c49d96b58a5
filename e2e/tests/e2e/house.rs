//! The salon's side: the real server with its worker, the sandbox at Stripe's place, and the salon's own site on another origin.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use axum::{
    Router,
    http::header,
    response::{Html, IntoResponse},
    routing::get,
};
use domain::{
    id::BookingToken,
    key::{PublishableKey, SecretKey, SigningSecret},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use server::{
    api::{
        booking::{Booking, Payment, State},
        error::ApiError,
        hold::Client,
        quote::Choice,
    },
    app::{App, Clock},
    config::{Config, DatabaseUrl},
    demo,
    store::salon::Keys,
    vault::MasterKey,
    worker,
};
use stripe_sandbox::Sandbox;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::harness::until;

/// Everything but the browser.
pub struct House {
    pub app: App,
    pub sandbox: Sandbox,
    /// The server's address.
    pub url: String,
    /// The address of the salon's own site, of another origin and another site.
    pub site: String,
    /// The visit link that the demo comes with: 64.50 EUR.
    pub visit: String,
    /// The address by which its owner gets into the back office for the first time.
    pub office: String,
    http: reqwest::Client,
    ahead: Arc<AtomicI64>,
    stop: watch::Sender<bool>,
    cut: watch::Sender<bool>,
    dir: tempfile::TempDir,
}

impl House {
    pub async fn start() -> House {
        // The process's TLS provider, which every client here then finds.
        server::stripe::StripeClient::new("http://127.0.0.1").unwrap();
        let sandbox = stripe_sandbox::start(stripe_sandbox::Config::default())
            .await
            .unwrap();
        let http = reqwest::Client::new();
        let dir = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (cut, url) = serve_wire(listener.local_addr().unwrap()).await;
        let site = serve_site(&url).await;
        let config = Config {
            listen: listener.local_addr().unwrap(),
            public_url: url.clone(),
            database_url: DatabaseUrl::parse(format!("sqlite://{}/booking.db", dir.path().display()))
                .unwrap(),
            stripe_api: sandbox.url(),
            stripe_js: format!("{}/endive/stripe.js", sandbox.url()),
            master_key: MasterKey::parse(&"5a".repeat(32)).unwrap(),
            mail_dir: Some(dir.path().join("mail")),
            smtp: None,
            local_gateways: true,
        };
        let ahead = Arc::new(AtomicI64::new(0));
        let (system, offset) = (Clock::system(), ahead.clone());
        let clock = Clock::of(move || system.now().plus_millis(offset.load(Ordering::SeqCst)));
        let app = App::start(&config, clock).await.unwrap();
        let wishes = demo::Wishes {
            keys: Keys {
                publishable: PublishableKey::parse(stripe_sandbox::PUBLISHABLE_KEY).unwrap(),
                secret: SecretKey::parse(stripe_sandbox::SECRET_KEY).unwrap(),
                signing: register_webhook(&http, &sandbox, &url).await,
            },
            embedders: vec![site.clone()],
            gateway: None,
            history: 0,
        };
        let made = demo::seed(&app, &wishes).await.unwrap();
        let made: Value = serde_json::from_str(&made.to_string()).unwrap();
        let router = server::http::router(app.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(worker::run(app.clone(), stopped));
        House {
            visit: made["visit_link"].as_str().unwrap().to_owned(),
            office: made["office_url"].as_str().unwrap().to_owned(),
            app,
            sandbox,
            url,
            site,
            http,
            ahead,
            stop,
            cut,
            dir,
        }
    }

    /// Cuts the wire to the server, and everything on its way with it; or mends it.
    pub fn cut(&self, cut: bool) {
        self.cut.send_replace(cut);
    }

    /// Moves the clocks of server and sandbox on.
    pub async fn pass_minutes(&self, minutes: i64) {
        self.ahead.fetch_add(minutes * 60_000, Ordering::SeqCst);
        self.control("clock", &json!({ "advance_s": minutes * 60 })).await;
    }

    /// Asks something of the sandbox.
    pub async fn control(&self, what: &str, body: &Value) -> Value {
        let url = format!("{}/_sandbox/{what}", self.sandbox.url());
        let answer = self.http.post(url).json(body).send().await.unwrap();
        assert!(
            answer.status().is_success(),
            "{what}: {}",
            answer.text().await.unwrap()
        );
        answer.json().await.unwrap()
    }

    /// A fault of Stripe's API.
    pub async fn fault(&self, path: &str, fault: &str, delay_ms: u64) {
        let body = json!({ "method": "POST", "path": path, "fault": fault, "delay_ms": delay_ms });
        self.control("faults", &body).await;
    }

    /// A fault of Stripe.js.
    pub async fn fault_js(&self, fault: &str, times: u32, delay_ms: u64) {
        self.control(
            "faults",
            &json!({ "js": fault, "times": times, "delay_ms": delay_ms }),
        )
        .await;
    }

    pub async fn clear_faults(&self) {
        let url = format!("{}/_sandbox/faults", self.sandbox.url());
        assert!(self.http.delete(url).send().await.unwrap().status().is_success());
    }

    /// Calls the server as a page would.
    pub async fn call<T: DeserializeOwned>(
        &self,
        name: &str,
        token: &BookingToken,
        request: &impl Serialize,
    ) -> Result<T, ApiError> {
        let call = self
            .http
            .post(format!("{}/api/v1/{name}", self.url))
            .bearer_auth(token.reveal());
        let answer = call.json(&json!({ "request": request })).send().await.unwrap();
        let is_good = answer.status().is_success();
        let text = answer.text().await.unwrap();
        if is_good {
            Ok(serde_json::from_str(&text).unwrap())
        } else {
            Err(serde_json::from_str(&text).unwrap())
        }
    }

    /// The booking as the server's books have it.
    pub async fn booking(&self, token: &BookingToken) -> Booking {
        self.call("status", token, &json!({})).await.unwrap()
    }

    /// Somebody else takes this slot.
    pub async fn somebody_takes(&self, choice: &Choice) -> Booking {
        let client = Client {
            name: "Grace Hopper".to_owned(),
            email: "grace@example.com".to_owned(),
            language: "en".to_owned(),
            ..Client::default()
        };
        let request = json!({ "choice": choice, "client": client });
        self.call("hold", &new_token(), &request).await.unwrap()
    }

    /// Another browser opens the demo's visit link.
    pub async fn open_visit_elsewhere(&self) -> Booking {
        let link = self.visit.rsplit('/').next();
        self.call("open-link", &new_token(), &json!({ "link": link }))
            .await
            .unwrap()
    }

    /// The sums of the charges at the sandbox that took money, oldest first.
    pub fn taken(&self) -> Vec<i64> {
        let mut all = self.sandbox.charges();
        all.reverse();
        let paid = all.iter().filter(|charge| charge["status"] == "succeeded");
        paid.map(|charge| charge["amount_captured"].as_i64().unwrap())
            .collect()
    }

    /// Nothing was charged so far, whatever is under way.
    pub fn nothing_taken_yet(&self) {
        assert_eq!(
            self.taken(),
            Vec::<i64>::new(),
            "nothing must have been charged yet"
        );
    }

    /// What is at an address.
    pub async fn get(&self, url: &str) -> String {
        self.http.get(url).send().await.unwrap().text().await.unwrap()
    }

    /// Nobody's card was charged, and nothing can charge it any more or is about to.
    pub async fn nothing_taken(&self) {
        self.all_delivered().await;
        assert_eq!(self.taken(), Vec::<i64>::new(), "nothing must have been charged");
        for intent in self.sandbox.payment_intents() {
            let status = intent["status"].as_str().unwrap();
            assert!(
                ["canceled", "requires_payment_method"].contains(&status),
                "{intent}"
            );
        }
    }

    /// Exactly one charge of this sum, nothing given back, and the token's booking says so.
    pub async fn paid_once(&self, token: &BookingToken, minor: i64) -> Booking {
        self.all_delivered().await;
        assert_eq!(self.taken(), [minor], "exactly one charge");
        for charge in self.sandbox.charges() {
            assert_eq!(charge["amount_refunded"], 0, "{charge}");
        }
        let booking = self.booking(token).await;
        assert_eq!(booking.state, State::Booked);
        match booking.payment {
            Payment::Paid { sum } => assert_eq!(sum.minor(), minor),
            other => panic!("the booking says {other:?}"),
        }
        booking
    }

    /// Waits until every webhook that is due has arrived, and been taken.
    pub async fn all_delivered(&self) {
        assert_eq!(self.control("settle", &json!({})).await["settled"], true);
        let state = self.sandbox.state();
        let deliveries = state["deliveries"].as_array().unwrap();
        for delivery in deliveries {
            assert_ne!(delivery["state"], "failed", "{delivery}");
        }
    }

    /// The time of the demo's visit link is over.
    pub async fn expire_links(&self) {
        let mut write = self.app.store.write().await.unwrap();
        sqlx::query("UPDATE visit_link SET expires = 1")
            .execute(write.conn())
            .await
            .unwrap();
        write.commit().await.unwrap();
    }

    /// Changes something in the books by hand.
    pub async fn change(&self, sql: &'static str) {
        sqlx::query(sql).execute(self.app.store.read()).await.unwrap();
    }

    /// Whoever pays the demo's visit may add a tip.
    pub async fn offer_tips(&self) {
        sqlx::query("UPDATE visit_link SET tips = 1")
            .execute(self.app.store.read())
            .await
            .unwrap();
    }

    /// Bookings by state, such as `booked`.
    pub async fn count(&self, state: &str) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM booking WHERE state = $1")
            .bind(state)
            .fetch_one(self.app.store.read())
            .await
            .unwrap()
    }

    /// The salon changes a service's price, in euro cents.
    pub async fn set_price(&self, service: &str, minor: i64) {
        sqlx::query("UPDATE service SET price = $2 WHERE id = $1")
            .bind(service)
            .bind(minor)
            .execute(self.app.store.read())
            .await
            .unwrap();
    }

    /// Attempts to pay, begun or over.
    pub async fn count_attempts(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM attempt")
            .fetch_one(self.app.store.read())
            .await
            .unwrap()
    }

    /// All letters that were written.
    pub fn letters(&self) -> Vec<String> {
        let Ok(dir) = std::fs::read_dir(self.dir.path().join("mail")) else {
            return vec![];
        };
        dir.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
            .collect()
    }

    /// Waits for the confirmation, and sees that there is one only.
    pub async fn one_letter_to(&self, address: &str) {
        let count = || {
            self.letters()
                .iter()
                .filter(|letter| letter.contains(address))
                .count()
        };
        until("a confirmation by mail", async || (count() > 0).then_some(())).await;
        assert_eq!(count(), 1, "one confirmation");
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
    }
}

fn new_token() -> BookingToken {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).unwrap();
    BookingToken::from_random(&bytes)
}

/// A real endpoint, with the secret that Stripe would show once.
async fn register_webhook(http: &reqwest::Client, sandbox: &Sandbox, server: &str) -> SigningSecret {
    let form = [
        ("url", format!("{server}/webhooks/stripe/lumen")),
        ("enabled_events[]", "*".to_owned()),
    ];
    let call = http
        .post(format!("{}/v1/webhook_endpoints", sandbox.url()))
        .bearer_auth(stripe_sandbox::SECRET_KEY)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(server::stripe::client::encode(&form));
    let made: Value = call.send().await.unwrap().json().await.unwrap();
    SigningSecret::parse(made["secret"].as_str().unwrap_or_else(|| panic!("{made}"))).unwrap()
}

/// A wire to the server that can be cut.
async fn serve_wire(server: std::net::SocketAddr) -> (watch::Sender<bool>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (cut, is_cut) = watch::channel(false);
    tokio::spawn(async move {
        while let Ok((mut page, _)) = listener.accept().await {
            let mut is_cut = is_cut.clone();
            tokio::spawn(async move {
                if *is_cut.borrow() {
                    return;
                }
                let Ok(mut server) = TcpStream::connect(server).await else {
                    return;
                };
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut page, &mut server) => {}
                    _ = is_cut.wait_for(|cut| *cut) => {}
                }
            });
        }
    });
    (cut, url)
}

/// The salon's own site: one line for the widget, one button for the popup, and a script that keeps what it is told.
async fn serve_site(server: &str) -> String {
    let page = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width, initial-scale=1'>\
         <title>Lumen</title><script src=/told.js></script><body><h1>Lumen</h1>\
         <p><a href=/elsewhere id=link>Elsewhere</a> <button data-booking-checkout=popup data-salon=lumen id=popup>Book now</button></p>\
         <div id=here><script src={server}/embed.js data-salon=lumen async></script></div><p id=below>Below</p>"
    );
    // In the corner of a page that knows its client; and two on one page.
    let others = [
        format!("<script src={server}/embed.js data-salon=lumen data-booking-checkout=floating data-colour=#006644 data-radius=4px \
            data-client-name='Ada Lovelace' data-client-email=ada@example.com data-client-phone='+43 660 1234567' async></script>"),
        format!("<style>#two {{ --booking-colour: #aa3300; --booking-radius: 99px }}</style>\
            <div id=one><script src={server}/embed.js data-salon=lumen data-service=svc_cut async></script></div>\
            <div id=two><script src={server}/embed.js data-salon=lumen data-lang=de async></script></div>"),
    ]
    .map(|inside| {
        format!("<!doctype html><html lang=en><meta charset=utf-8><title>Lumen</title><script src=/told.js></script><body><h1>Lumen</h1>{inside}")
    });
    let [floating, two] = others;
    const TOLD: &str = "window.told = []; window.loads = (window.loads || 0) + 1;\
        for (const name of ['opened', 'slot_held', 'payment_started', 'paid', 'booked', 'failed', 'expired', 'cancelled', 'refunded', 'resize', 'closed'])\
        addEventListener('booking-checkout:' + name, (event) => told.push({ name, detail: event.detail, at: event.target.parentElement.id }));";
    let told = async || ([(header::CONTENT_TYPE, "text/javascript")], TOLD).into_response();
    let router = Router::new()
        .route("/", get(async move || Html(page)))
        .route("/floating", get(async move || Html(floating)))
        .route("/two", get(async move || Html(two)))
        .route("/told.js", get(told));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://localhost:{port}")
}
