//! A sandbox on a free port, and a client of it.
#![allow(dead_code, reason = "each test file uses its part")]

use std::time::Duration;

use serde_json::{Value, json};
use stripe_sandbox::{Config, SECRET_KEY, Sandbox};

pub struct Bench {
    pub sandbox: Sandbox,
    pub http: reqwest::Client,
    pub url: String,
}

pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub headers: reqwest::header::HeaderMap,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
    /// `(status, error.code, error.param)`.
    pub fn error(&self) -> (u16, &str, &str) {
        let text = |key: &str| self.body["error"][key].as_str().unwrap_or("");
        (self.status, text("code"), text("param"))
    }
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }
    pub fn id(self) -> String {
        self.ok()["id"].as_str().unwrap().to_owned()
    }
}

/// Nothing happens by itself: fees, refunds and disputes wait for `advance`.
pub fn patient() -> Config {
    Config {
        fee_delay: None,
        refund_delay: None,
        dispute_delay: None,
        payout_delay: None,
        webhook_retry: Duration::from_millis(20),
        webhook_timeout: Duration::from_millis(500),
        webhook_concurrency: 1,
        ..Config::default()
    }
}

pub async fn bench() -> Bench {
    bench_with(patient()).await
}

pub async fn bench_with(config: Config) -> Bench {
    let sandbox = stripe_sandbox::start(config).await.unwrap();
    let url = sandbox.url();
    Bench {
        sandbox,
        http: reqwest::Client::builder().no_proxy().build().unwrap(),
        url,
    }
}

pub fn encode(form: &[(&str, &str)]) -> String {
    let mut url = reqwest::Url::parse("http://x/").unwrap();
    url.query_pairs_mut().extend_pairs(form);
    url.query().unwrap_or_default().to_owned()
}

impl Bench {
    pub async fn call(
        &self,
        method: &str,
        path: &str,
        form: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Answer {
        self.try_call(method, path, form, headers).await.unwrap()
    }

    pub async fn try_call(
        &self,
        method: &str,
        path: &str,
        form: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Result<Answer, reqwest::Error> {
        let encoded = encode(form);
        let get = method == "GET";
        let url = if get {
            format!("{}{path}?{encoded}", self.url)
        } else {
            format!("{}{path}", self.url)
        };
        let mut request = self.http.request(method.parse().unwrap(), url);
        if !headers.iter().any(|(name, _)| *name == "authorization") {
            request = request.bearer_auth(SECRET_KEY);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !get {
            request = request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(encoded);
        }
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Ok(Answer {
            status,
            headers,
            body: answer.json().await?,
        })
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.call("POST", path, form, &[]).await
    }

    pub async fn get(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.call("GET", path, form, &[]).await
    }

    /// The control API.
    pub async fn control(&self, method: &str, path: &str, body: Value) -> Value {
        let answer = self
            .http
            .request(method.parse().unwrap(), format!("{}/_sandbox/{path}", self.url))
            .json(&body)
            .send()
            .await
            .unwrap();
        answer.json().await.unwrap()
    }

    /// Pays 45 euros with a ready-made card or a number.
    pub async fn pay(&self, card: &str) -> Answer {
        self.pay_with(card, &[]).await
    }

    pub async fn pay_with(&self, card: &str, more: &[(&str, &str)]) -> Answer {
        let mut form = vec![
            ("amount", "4500"),
            ("currency", "eur"),
            ("allowed_payment_method_types[]", "card"),
            ("confirm", "true"),
            ("use_stripe_sdk", "true"),
        ];
        if card.starts_with("pm_") {
            form.push(("payment_method", card));
        } else {
            form.extend([
                ("payment_method_data[type]", "card"),
                ("payment_method_data[card][number]", card),
                ("payment_method_data[card][exp_month]", "12"),
                ("payment_method_data[card][exp_year]", "2034"),
                ("payment_method_data[card][cvc]", "123"),
            ]);
        }
        form.extend(more);
        self.post("/v1/payment_intents", &form).await
    }

    /// The bank's dialog, as the page of the sandbox does it.
    pub async fn answer_challenge(&self, intent: &Value, outcome: &str) -> Value {
        let source = intent["next_action"]["use_stripe_sdk"]["source"]
            .as_str()
            .unwrap();
        let secret = intent["client_secret"].as_str().unwrap();
        let key = format!("Bearer {}", stripe_sandbox::PUBLISHABLE_KEY);
        let form = [
            ("source", source),
            ("client_secret", secret),
            ("outcome", outcome),
        ];
        self.call("POST", "/v1/3ds2/authenticate", &form, &[("authorization", &key)])
            .await
            .ok()
    }

    pub async fn advance(&self, what: &str) {
        self.control("POST", "advance", json!({ "what": what })).await;
    }

    /// Types of all events so far, oldest first.
    pub async fn event_types(&self) -> Vec<String> {
        let mut types: Vec<String> = self.sandbox.state()["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["type"].as_str().unwrap().to_owned())
            .collect();
        types.reverse();
        types
    }
}
