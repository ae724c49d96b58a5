//! Starts the real application on port 0 with a sandbox of its own, and calls it as a page would.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use domain::{
    id::{BookingToken, LinkToken},
    key::{PublishableKey, SecretKey, SigningSecret},
    money::Money,
    time::Moment,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use server::{
    api::{
        booking::Booking,
        confirm::{Confirmed, Pay},
        error::ApiError,
        free_times::FreeTimes,
        hold::Client,
        quote::Choice,
    },
    app::{App, Clock},
    config::{Config, DatabaseUrl},
    demo, http,
    store::salon::Keys,
    vault::MasterKey,
    worker,
};
use stripe_sandbox::Sandbox;

pub use crate::server_books::Books;

pub const SIGNING_SECRET: &str = "whsec_test_of_the_integration_tests";

/// A running server with its sandbox and a clock that can be moved.
pub struct House {
    pub app: App,
    pub sandbox: Arc<Sandbox>,
    pub url: String,
    pub visit_link: LinkToken,
    pub http: reqwest::Client,
    ahead: Arc<AtomicI64>,
    books: Arc<Books>,
}

/// A page: it has a token of its own.
pub struct Page<'a> {
    pub house: &'a House,
    pub token: BookingToken,
}

pub type Answer<T> = Result<T, ApiError>;

impl House {
    /// On SQLite, or on the PostgreSQL that `TEST_DATABASE` names.
    pub async fn start() -> House {
        let sandbox = sandbox().await;
        let stripe_api = sandbox.url();
        House::start_with(sandbox, stripe_api).await
    }

    /// For what is SQLite's alone.
    pub async fn start_on_sqlite() -> House {
        let sandbox = sandbox().await;
        let stripe_api = sandbox.url();
        House::open(sandbox, stripe_api, Books::new(None).await).await
    }

    /// With Stripe at another address than the sandbox's.
    pub async fn start_with(sandbox: Sandbox, stripe_api: String) -> House {
        House::open(sandbox, stripe_api, Books::fresh().await).await
    }

    async fn open(sandbox: Sandbox, stripe_api: String, books: Books) -> House {
        let (books, ahead, sandbox) = (Arc::new(books), Arc::default(), Arc::new(sandbox));
        let (app, url) = serve(&sandbox, stripe_api, &books, &ahead).await;
        let wishes = demo::Wishes {
            keys: keys(),
            embedders: vec![],
            gateway: None,
            history: 0,
        };
        let made = demo::seed(&app, &wishes).await.unwrap();
        let made: Value = serde_json::from_str(&made.to_string()).unwrap();
        let link = made["visit_link"].as_str().unwrap().rsplit('/').next().unwrap();
        House {
            visit_link: LinkToken::parse(link).unwrap(),
            http: reqwest::Client::new(),
            app,
            sandbox,
            url,
            ahead,
            books,
        }
    }

    /// Another server on the same books, with connections of its own: as another process would be.
    pub async fn beside(&self) -> House {
        let (app, url) = serve(&self.sandbox, self.sandbox.url(), &self.books, &self.ahead).await;
        House {
            visit_link: self.visit_link.clone(),
            http: reqwest::Client::new(),
            app,
            sandbox: self.sandbox.clone(),
            url,
            ahead: self.ahead.clone(),
            books: self.books.clone(),
        }
    }

    pub fn page(&self) -> Page<'_> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).unwrap();
        Page {
            house: self,
            token: BookingToken::from_random(&bytes),
        }
    }

    /// Moves the server's clock on.
    pub fn pass_minutes(&self, minutes: i64) {
        self.ahead.fetch_add(minutes * 60_000, Ordering::SeqCst);
    }

    /// Lets the worker do all that is due.
    pub async fn work(&self) {
        worker::tick(&self.app).await;
    }

    /// The first free start of a service with somebody, some days from now.
    pub async fn free(&self, service: &str, employee: &str) -> Choice {
        self.free_nth(service, employee, 0).await
    }

    pub async fn free_nth(&self, service: &str, employee: &str, nth: usize) -> Choice {
        let request =
            json!({"salon": "lumen", "services": [service], "employee": employee, "from": null, "days": 31});
        let times: FreeTimes = self.call("free-times", None, &request).await.unwrap();
        let start = times
            .days
            .iter()
            .flat_map(|day| &day.times)
            .nth(nth)
            .unwrap()
            .start;
        choice(service, employee, start)
    }

    pub async fn call<T: DeserializeOwned>(
        &self,
        name: &str,
        token: Option<&BookingToken>,
        request: &impl Serialize,
    ) -> Answer<T> {
        let mut call = self
            .http
            .post(format!("{}/api/v1/{name}", self.url))
            .json(&json!({ "request": request }));
        if let Some(token) = token {
            call = call.bearer_auth(token.reveal());
        }
        let response = call.send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        if status.is_success() {
            return Ok(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}: {text}")));
        }
        let error: ApiError =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}: {text}"));
        assert_eq!(status.as_u16(), error.code.status(), "{text}");
        assert_eq!(error.request.as_ref().map(String::len), Some(32), "{text}");
        Err(error)
    }

    /// A confirmation token for a test card.
    pub async fn card(&self, number: &str) -> String {
        let form = [
            ("payment_method_data[type]", "card"),
            ("payment_method_data[card][number]", number),
            ("payment_method_data[card][exp_month]", "12"),
            ("payment_method_data[card][exp_year]", "2034"),
            ("payment_method_data[card][cvc]", "123"),
        ];
        let token = self
            .stripe_post("/v1/test_helpers/confirmation_tokens", &form)
            .await;
        token["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{token}"))
            .to_owned()
    }

    /// Presses a button of the bank's dialog.
    pub async fn bank(&self, client_secret: &str, outcome: &str) {
        let id = client_secret.split("_secret_").next().unwrap();
        let intent = self.stripe_get(&format!("/v1/payment_intents/{id}")).await;
        let source = find(&intent["next_action"], "source").unwrap_or_else(|| panic!("{intent}"));
        let form = [
            ("client_secret", client_secret),
            ("source", &source),
            ("outcome", outcome),
        ];
        let answer = self
            .http
            .post(format!("{}/v1/3ds2/authenticate", self.sandbox.url()))
            .bearer_auth(stripe_sandbox::PUBLISHABLE_KEY)
            .body(server::stripe::client::encode(
                &form.map(|(k, v)| (k, v.to_owned())),
            ))
            .header("content-type", "application/x-www-form-urlencoded")
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    pub async fn stripe_get(&self, path: &str) -> Value {
        let call = self
            .http
            .get(format!("{}{path}", self.sandbox.url()))
            .bearer_auth(stripe_sandbox::SECRET_KEY);
        call.send().await.unwrap().json().await.unwrap()
    }

    pub async fn stripe_post(&self, path: &str, form: &[(&str, &str)]) -> Value {
        let form: Vec<(&str, String)> = form.iter().map(|(k, v)| (*k, (*v).to_owned())).collect();
        let call = self
            .http
            .post(format!("{}{path}", self.sandbox.url()))
            .bearer_auth(stripe_sandbox::SECRET_KEY)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(server::stripe::client::encode(&form));
        call.send().await.unwrap().json().await.unwrap()
    }

    /// Asks the sandbox to fail.
    pub async fn fault(&self, path: &str, fault: &str, times: u32) {
        let body = json!({"path": path, "fault": fault, "times": times, "delay_ms": 50});
        let url = format!("{}/_sandbox/faults", self.sandbox.url());
        let answer = self.http.post(url).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// The charges at the sandbox that took money, newest first.
    pub fn taken(&self) -> Vec<Value> {
        self.sandbox
            .charges()
            .into_iter()
            .filter(|charge| charge["status"] == "succeeded")
            .collect()
    }

    /// Money taken and not given back, in minor units.
    pub fn kept(&self) -> i64 {
        let left = |charge: &Value| {
            charge["amount_captured"].as_i64().unwrap() - charge["amount_refunded"].as_i64().unwrap()
        };
        self.taken().iter().map(left).sum()
    }

    /// The events at the sandbox, oldest first.
    pub async fn events(&self) -> Vec<Value> {
        let mut list = self.stripe_get("/v1/events?limit=100").await["data"]
            .as_array()
            .unwrap()
            .clone();
        list.reverse();
        list
    }

    /// Sends an event as Stripe does.
    pub async fn webhook(&self, event: &Value) -> u16 {
        let now = self.app.now().0 / 1000;
        self.webhook_raw(event.to_string(), now, SIGNING_SECRET).await
    }

    pub async fn webhook_raw(&self, body: String, time: i64, secret: &str) -> u16 {
        use hmac::Mac as _;
        let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{time}.{body}").as_bytes());
        let signature = format!("t={time},v1={}", hex::encode(mac.finalize().into_bytes()));
        let url = format!("{}/webhooks/stripe/lumen", self.url);
        self.http
            .post(url)
            .header("stripe-signature", signature)
            .body(body)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    }

    /// All letters that were written.
    pub fn letters(&self) -> Vec<String> {
        let Ok(dir) = std::fs::read_dir(self.books.dir.path().join("mail")) else {
            return vec![];
        };
        dir.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
            .collect()
    }

    pub fn database(&self) -> String {
        self.books.url()
    }
}

/// The sandbox's keys.
pub fn keys() -> Keys {
    Keys {
        publishable: PublishableKey::parse(stripe_sandbox::PUBLISHABLE_KEY).unwrap(),
        secret: SecretKey::parse(stripe_sandbox::SECRET_KEY).unwrap(),
        signing: SigningSecret::parse(SIGNING_SECRET).unwrap(),
    }
}

/// Sets the process's TLS provider, without which no client of `reqwest` can be made: a test may be alone in its process.
pub fn set_tls_provider() {
    server::stripe::StripeClient::new("http://127.0.0.1").unwrap();
}

pub async fn sandbox() -> Sandbox {
    set_tls_provider();
    // `RUST_LOG=server=debug` shows what happens.
    let filter = tracing_subscriber::EnvFilter::from_default_env();
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_test_writer()
        .try_init();
    // Fees, refunds, disputes and payouts wait to be told (`money::advance`): no test sees one or not by how long it takes.
    let config = stripe_sandbox::Config {
        fee_delay: None,
        refund_delay: None,
        dispute_delay: None,
        payout_delay: None,
        ..stripe_sandbox::Config::default()
    };
    stripe_sandbox::start(config).await.unwrap()
}

/// One server on these books, listening on a port of its own.
async fn serve(
    sandbox: &Sandbox,
    stripe_api: String,
    books: &Books,
    ahead: &Arc<AtomicI64>,
) -> (App, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let config = Config {
        listen: listener.local_addr().unwrap(),
        public_url: url.clone(),
        database_url: DatabaseUrl::parse(books.url()).unwrap(),
        stripe_api,
        stripe_js: format!("{}/endive/stripe.js", sandbox.url()),
        master_key: MasterKey::parse(&"5a".repeat(32)).unwrap(),
        mail_dir: Some(books.dir.path().join("mail")),
        smtp: None,
        local_gateways: true,
    };
    let (system, offset) = (Clock::system(), ahead.clone());
    let clock = Clock::of(move || system.now().plus_millis(offset.load(Ordering::SeqCst)));
    let app = App::start(&config, clock).await.unwrap();
    let router = http::router(app.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (app, url)
}

impl Page<'_> {
    /// The same page, talking to another server.
    pub fn at<'a>(&self, house: &'a House) -> Page<'a> {
        Page {
            house,
            token: self.token.clone(),
        }
    }

    pub async fn hold(&self, choice: &Choice) -> Answer<Booking> {
        self.hold_for(choice, "ada@example.com").await
    }

    pub async fn hold_for(&self, choice: &Choice, email: &str) -> Answer<Booking> {
        let client = Client {
            name: "Ada Lovelace".to_owned(),
            email: email.to_owned(),
            phone: "+43 1 234 56 78".to_owned(),
            note: String::new(),
            language: "en".to_owned(),
        };
        let request = json!({"choice": choice, "client": client});
        self.house.call("hold", Some(&self.token), &request).await
    }

    pub async fn open(&self, link: &LinkToken) -> Answer<Booking> {
        self.house
            .call("open-link", Some(&self.token), &json!({ "link": link.reveal() }))
            .await
    }

    pub async fn confirm(&self, pay: Pay) -> Answer<Confirmed> {
        self.house
            .call("confirm", Some(&self.token), &json!({ "pay": pay }))
            .await
    }

    /// Pays a sum in EUR cents with a test card.
    pub async fn pay(&self, minor: i64, card: &str) -> Answer<Confirmed> {
        let confirmation_token = self.house.card(card).await;
        self.confirm(Pay::Card {
            sum: eur(minor),
            confirmation_token,
        })
        .await
    }

    pub async fn settle(&self) -> Answer<Confirmed> {
        self.house.call("settle", Some(&self.token), &json!({})).await
    }

    pub async fn status(&self) -> Answer<Booking> {
        self.house.call("status", Some(&self.token), &json!({})).await
    }
}

pub const VISA: &str = "4242424242424242";
pub const DECLINED: &str = "4000000000000002";
pub const BANK_ASKS: &str = "4000000000003220";

pub fn eur(minor: i64) -> Money {
    Money::new(minor, domain::currency::Currency::EUR).unwrap()
}

pub fn choice(service: &str, employee: &str, start: Moment) -> Choice {
    serde_json::from_value(
        json!({"salon": "lumen", "services": [service], "employee": employee, "start": start, "date": null}),
    )
    .unwrap()
}

/// The first value under this name, at any depth.
fn find(value: &Value, name: &str) -> Option<String> {
    match value {
        Value::Object(map) => map
            .get(name)
            .and_then(|found| found.as_str().map(str::to_owned))
            .or_else(|| map.values().find_map(|inner| find(inner, name))),
        Value::Array(list) => list.iter().find_map(|inner| find(inner, name)),
        _ => None,
    }
}

/// Waits for all, polled together.
pub async fn all<F: Future>(tasks: Vec<F>) -> Vec<F::Output> {
    let mut tasks: Vec<_> = tasks.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = tasks.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (task, slot) in tasks.iter_mut().zip(&mut done) {
            if slot.is_none()
                && let std::task::Poll::Ready(value) = task.as_mut().poll(context)
            {
                *slot = Some(value);
            }
        }
        if done.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done.into_iter().flatten().collect()
}
