//! Clients who book and pay, and go on after whatever they are told, as the widget does.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::id::BookingToken;
use serde_json::{Value, json};

use crate::{
    dice::Dice,
    house::{House, call},
};

const PAIRS: [(&str, &str); 4] = [
    ("svc_cut", "emp_anna"),
    ("svc_fringe", "emp_jonas"),
    ("svc_beard", "emp_jonas"),
    ("svc_cut", "emp_jonas"),
];
const GOOD: &str = "4242424242424242";
const BANK_ASKS: &str = "4000000000003220";
const DECLINED: &str = "4000000000000002";

/// How it went, over all clients.
#[derive(Default)]
pub struct Figures {
    calls: AtomicU64,
    unanswered: AtomicU64,
    booked: AtomicU64,
    /// Refusals by their code.
    refused: Mutex<BTreeMap<String, u64>>,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [calls, unanswered, booked] =
            [&self.calls, &self.unanswered, &self.booked].map(|of| of.load(Ordering::SeqCst));
        write!(
            f,
            "{calls} calls, {unanswered} without an answer, {booked} told that they are booked; refused: {:?}",
            self.refused.lock().unwrap()
        )
    }
}

/// Books and pays, over and over, until it is over.
pub async fn live(house: Arc<House>, over: Arc<AtomicBool>, figures: Arc<Figures>, mut dice: Dice) {
    while !over.load(Ordering::SeqCst) {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).unwrap();
        let page = Page {
            house: &house,
            figures: &figures,
            token: BookingToken::from_random(&bytes),
        };
        page.book(&mut dice).await;
    }
}

struct Page<'a> {
    house: &'a House,
    figures: &'a Figures,
    token: BookingToken,
}

impl Page<'_> {
    async fn book(&self, dice: &mut Dice) {
        let Some(held) = self.hold(dice).await else { return };
        if dice.once_in(8) {
            // Walks away with the slot.
            return;
        }
        let Some(sum) = held.pointer("/quote/offer/now").cloned() else {
            self.call(dice, "confirm", json!({"pay": {"how": "at_salon"}}))
                .await;
            return;
        };
        for _ in 0..4 {
            // Few are declined: the salon takes no cards at all for a while after too many.
            let card = match dice.below(40) {
                0 => DECLINED,
                1..=8 => BANK_ASKS,
                _ => GOOD,
            };
            let pay =
                json!({"pay": {"how": "card", "sum": sum, "confirmation_token": self.card(card).await}});
            let answer = if dice.once_in(6) {
                let mut other = Dice::new(dice.below(u64::MAX));
                let (first, second) = tokio::join!(
                    self.once(dice, "confirm", &pay),
                    self.once(&mut other, "confirm", &pay)
                );
                first.or(second)
            } else {
                self.once(dice, "confirm", &pay).await
            };
            let answer = match answer {
                Some(answer) => answer,
                // Not known: a page asks what became of it, it never pays again by itself.
                None => match self.call(dice, "settle", json!({})).await {
                    Some(answer) => answer,
                    None => return,
                },
            };
            if !self.go_on(dice, answer).await {
                return;
            }
        }
    }

    /// Goes on with an answer; `true` when another card is to be tried.
    async fn go_on(&self, dice: &mut Dice, mut answer: Value) -> bool {
        for _ in 0..20 {
            match answer.pointer("/next/do").and_then(Value::as_str) {
                Some("done") => {
                    self.figures.booked.fetch_add(1, Ordering::SeqCst);
                    return false;
                }
                Some("another_try") => return true,
                Some("confirm_with_bank") => {
                    if dice.once_in(4) {
                        return false;
                    }
                    let secret = answer["next"]["client_secret"].as_str().unwrap().to_owned();
                    let outcome = *dice.pick(&["complete", "complete", "fail", "cancel"]);
                    self.bank(&secret, outcome).await;
                }
                Some("wait") => tokio::time::sleep(Duration::from_millis(50)).await,
                _ => return false,
            }
            match self.call(dice, "settle", json!({})).await {
                Some(next) => answer = next,
                None => return false,
            }
        }
        false
    }

    async fn hold(&self, dice: &mut Dice) -> Option<Value> {
        let (service, employee) = *dice.pick(&PAIRS);
        let find =
            json!({"salon": "lumen", "services": [service], "employee": employee, "from": null, "days": 31});
        let times = self.call(dice, "free-times", find).await?;
        let starts: Vec<&Value> = times["days"]
            .as_array()?
            .iter()
            .filter_map(|day| day["times"].as_array())
            .flatten()
            .map(|time| &time["start"])
            .collect();
        if starts.is_empty() {
            return None;
        }
        let start = *dice.pick(&starts);
        let choice = json!({"salon": "lumen", "services": [service], "employee": employee, "start": start, "date": null});
        let client = json!({
            "name": "Ada Lovelace", "email": "ada@example.com", "phone": "", "note": "", "language": "en",
        });
        self.call(dice, "hold", json!({"choice": choice, "client": client}))
            .await
    }

    /// Calls until there is an answer: these calls may be made again.
    async fn call(&self, dice: &mut Dice, name: &str, request: Value) -> Option<Value> {
        for _ in 0..100 {
            if let Some(answer) = self.once(dice, name, &request).await {
                return answer.get("code").is_none().then_some(answer);
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        None
    }

    /// One call; `None` when it had no answer, or one that says "again". A refusal is an answer with a `code`.
    async fn once(&self, dice: &mut Dice, name: &str, request: &Value) -> Option<Value> {
        self.figures.calls.fetch_add(1, Ordering::SeqCst);
        let sent = self
            .house
            .http
            .post(format!("{}/api/v1/{name}", dice.pick(&self.house.urls)))
            .bearer_auth(self.token.reveal())
            .json(&call(request.clone()))
            .send()
            .await;
        let Ok(answer) = sent else {
            self.figures.unanswered.fetch_add(1, Ordering::SeqCst);
            return None;
        };
        let status = answer.status().as_u16();
        let body: Option<Value> = answer.json().await.ok();
        if let Some(code) = body.as_ref().and_then(|body| body.get("code")?.as_str()) {
            *self
                .figures
                .refused
                .lock()
                .unwrap()
                .entry(code.to_owned())
                .or_default() += 1;
        }
        body.filter(|_| status != 503)
    }

    async fn card(&self, number: &str) -> String {
        let form = [
            ("payment_method_data[type]", "card"),
            ("payment_method_data[card][number]", number),
            ("payment_method_data[card][exp_month]", "12"),
            ("payment_method_data[card][exp_year]", "2034"),
            ("payment_method_data[card][cvc]", "123"),
        ];
        let made = self
            .stripe(
                "/v1/test_helpers/confirmation_tokens",
                stripe_sandbox::SECRET_KEY,
                &form,
            )
            .await;
        made["id"].as_str().unwrap().to_owned()
    }

    /// Presses a button of the bank's dialog.
    async fn bank(&self, secret: &str, outcome: &str) {
        let id = secret.split("_secret_").next().unwrap();
        let read = self
            .house
            .http
            .get(format!("{}/v1/payment_intents/{id}", self.house.sandbox.url()))
            .bearer_auth(stripe_sandbox::SECRET_KEY)
            .send()
            .await;
        // Faults befall the bank's page too: then the client gives up.
        let Ok(read) = read else { return };
        let intent: Value = read.json().await.unwrap_or_default();
        let Some(source) = find(&intent["next_action"], "source") else {
            return;
        };
        let form = [
            ("client_secret", secret),
            ("source", &source),
            ("outcome", outcome),
        ];
        self.stripe("/v1/3ds2/authenticate", stripe_sandbox::PUBLISHABLE_KEY, &form)
            .await;
    }

    async fn stripe(&self, path: &str, key: &str, form: &[(&str, &str)]) -> Value {
        let form: Vec<(&str, String)> = form.iter().map(|(k, v)| (*k, (*v).to_owned())).collect();
        self.house
            .http
            .post(format!("{}{path}", self.house.sandbox.url()))
            .bearer_auth(key)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(server::stripe::client::encode(&form))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }
}

/// The first text under this name, at any depth.
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
