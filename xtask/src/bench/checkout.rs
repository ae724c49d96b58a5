//! Load on the server: slots taken, cards confirmed, webhooks kept, and a bare answer to compare with.

use super::load::{self, Measured, Request};
use super::process::{memory, processor_time};
use super::table;
use crate::demo::{Running, Salon};
use crate::failure::{Failure, OrSay, Outcome};
use crate::http::{self, Client};
use crate::say::Step;
use crate::{services, stripe};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::fs::File;
use std::io::Read;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const CONNECTIONS: usize = 16;
/// So many clients book and pay; fewer when the salon hasn't so many free times.
const CHECKOUTS: usize = 1_000;
const WEBHOOKS: usize = 5_000;
const BARE_ANSWERS: usize = 20_000;
/// How far ahead free times are looked for.
const MONTHS: usize = 3;
const SALON: &str = "lumen";

/// One slot to be booked, as `hold` wants it.
struct Slot {
    choice: Value,
    sum: Value,
}

/// The server under load, and the ratios that hold on any machine.
pub fn measure(salon: &Salon, running: &Running) -> Outcome<Value> {
    let server = services::local(salon.server_port);
    let process = running.services.last().map(services::Service::id);
    let bare = timed("Bare answers (/healthz)", || {
        let requests: Vec<Request> = (0..BARE_ANSWERS).map(|_| get("/healthz")).collect();
        load::run(server, CONNECTIONS, &requests, |reply| reply.status == 200)
    })?;
    let slots = free_slots(salon)?;
    let tokens = card_tokens(salon, slots.len())?;
    let bearers = slots
        .iter()
        .map(|_| new_bearer())
        .collect::<Outcome<Vec<String>>>()?;

    let holds: Vec<Request> = slots
        .iter()
        .zip(&bearers)
        .map(|(slot, bearer)| hold(slot, bearer))
        .collect();
    let held = timed(&format!("{} holds", holds.len()), || {
        load::run(server, CONNECTIONS, &holds, |reply| reply.status == 200)
    })?;

    let confirms = slots.iter().zip(&bearers).zip(&tokens);
    let confirms: Vec<Request> = confirms
        .map(|((slot, bearer), token)| confirm(slot, bearer, token))
        .collect();
    let before = processor_time(process);
    let confirmed = timed(&format!("{} cards confirmed", confirms.len()), || {
        load::run(server, CONNECTIONS, &confirms, |reply| {
            reply.status == 200 && reply.json().pointer("/next/do").and_then(Value::as_str) == Some("done")
        })
    })?;
    let worked = processor_time(process)
        .zip(before)
        .map(|(after, before)| after.saturating_sub(before));
    settle_down(salon);

    let events = webhooks(salon, running)?;
    let kept = timed(&format!("{} webhooks", events.len()), || {
        load::run(server, CONNECTIONS, &events, |reply| {
            (200..300).contains(&reply.status)
        })
    })?;
    Ok(tell(
        &[
            ("bare", &bare),
            ("hold", &held),
            ("confirm", &confirmed),
            ("webhook", &kept),
        ],
        process,
        worked,
    ))
}

/// A free time as an address says it: `service=…&employee=…&start=…`.
pub fn chosen(salon: &Salon) -> Outcome<String> {
    let slots = free_slots(salon)?;
    let slot = slots.first().map(|slot| &slot.choice).unwrap_or(&Value::Null);
    let service = slot
        .pointer("/services/0")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let start = slot.get("start").and_then(Value::as_i64).unwrap_or_default();
    Ok(format!(
        "service={service}&employee={}&start={start}",
        field(slot, "employee")
    ))
}

fn timed(title: &str, run: impl FnOnce() -> Outcome<Measured>) -> Outcome<Measured> {
    let step = Step::begin(title);
    match run() {
        Ok(measured) => {
            step.done("");
            Ok(measured)
        }
        Err(failure) => {
            step.failed();
            Err(failure)
        }
    }
}

/// Times that don't overlap: every employee's free times for one service, each at least its length apart.
fn free_slots(salon: &Salon) -> Outcome<Vec<Slot>> {
    let mut client = Client::new(services::local(salon.server_port), Duration::from_secs(10));
    let catalogue = call(&mut client, "catalogue", &json!({ "salon": SALON }))?;
    let service = shortest_service(&catalogue)
        .ok_or_else(|| Failure::new("The demo salon has no appointment that must be paid."))?;
    let mut slots = Vec::new();
    for employee in service
        .get("employees")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        employees_slots(&mut client, service, employee, &mut slots)?;
    }
    slots.truncate(CHECKOUTS);
    let first = slots
        .first()
        .ok_or_else(|| Failure::new("The demo salon has no free time."))?;
    let quoted = call(&mut client, "quote", first)?;
    // All of an employee's or a service's prices are one here: the same service each time.
    let sum = quoted.pointer("/quote/offer/now").cloned();
    let sum =
        sum.ok_or_else(|| Failure::new(format!("Nothing is due for the demo's appointment: {quoted}")))?;
    Ok(slots
        .into_iter()
        .map(|choice| Slot {
            choice,
            sum: sum.clone(),
        })
        .collect())
}

/// One employee's free times, a month at a time, as far as the salon takes bookings.
fn employees_slots(
    client: &mut Client,
    service: &Value,
    employee: &Value,
    slots: &mut Vec<Value>,
) -> Outcome {
    let (id, minutes) = (
        field(service, "id"),
        service.get("minutes").and_then(Value::as_i64).unwrap_or(60),
    );
    let mut from = Value::Null;
    let mut earliest = i64::MIN;
    for _ in 0..MONTHS {
        let request =
            json!({ "salon": SALON, "services": [id], "employee": employee, "from": from, "days": 31 });
        let free = call(client, "free-times", &request)?;
        let days = free
            .get("days")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        for time in days
            .iter()
            .filter_map(|day| day.get("times")?.as_array())
            .flatten()
        {
            let Some(start) = time
                .get("start")
                .and_then(Value::as_i64)
                .filter(|start| *start >= earliest)
            else {
                continue;
            };
            earliest = start + minutes * 60_000;
            slots.push(json!({
                "salon": SALON, "services": [id], "employee": employee, "start": start, "date": null,
            }));
        }
        // The last day once more: the times before `earliest` are not taken twice.
        from = days
            .last()
            .and_then(|day| day.get("date"))
            .cloned()
            .unwrap_or_default();
        if from.is_null() {
            break;
        }
    }
    Ok(())
}

/// By appointment, paid in full, and as short as there is.
fn shortest_service(catalogue: &Value) -> Option<&Value> {
    let services = catalogue.get("services").and_then(Value::as_array)?;
    let payable = services.iter().filter(|service| {
        field(service, "rule") == "required" && service.get("dates").is_none_or(Value::is_null)
    });
    payable.min_by_key(|service| service.get("minutes").and_then(Value::as_i64))
}

/// Cards as payers would have entered them: one token a payment, from the sandbox.
fn card_tokens(salon: &Salon, count: usize) -> Outcome<Vec<String>> {
    let request = Request {
        method: "POST",
        path: "/v1/test_helpers/confirmation_tokens".to_owned(),
        headers: vec![
            ("authorization", format!("Bearer {}", stripe::SANDBOX_SECRET_KEY)),
            ("content-type", "application/x-www-form-urlencoded".to_owned()),
        ],
        body: http::form(&[("payment_method", "pm_card_visa")]).into_bytes(),
    };
    let step = Step::begin(format!("{count} cards entered at the sandbox"));
    let mut client = Client::new(services::local(salon.sandbox_port), Duration::from_secs(10));
    let mut tokens = Vec::new();
    for _ in 0..count {
        let reply = load::send(&mut client, &request)?;
        match reply.json().get("id").and_then(Value::as_str) {
            Some(id) if reply.status == 200 => tokens.push(id.to_owned()),
            _ => return Err(load::refused(&request, &reply)),
        }
    }
    step.done("");
    Ok(tokens)
}

fn hold(slot: &Slot, bearer: &str) -> Request {
    let client = json!({
        "name": "Ada Lovelace", "email": "ada@example.org", "phone": "+43 1 555 01 00", "note": "", "language": "en",
    });
    api(
        "hold",
        Some(bearer),
        &json!({ "choice": slot.choice, "client": client }),
    )
}

fn confirm(slot: &Slot, bearer: &str, token: &str) -> Request {
    let pay = json!({ "how": "card", "sum": slot.sum, "confirmation_token": token });
    api("confirm", Some(bearer), &json!({ "pay": pay }))
}

/// Events as the sandbox sent them, each under a new id and signed anew.
fn webhooks(salon: &Salon, running: &Running) -> Outcome<Vec<Request>> {
    let mut client = Client::new(services::local(salon.sandbox_port), Duration::from_secs(10));
    let mut request = get("/v1/events?limit=100&type=charge.succeeded");
    request
        .headers
        .push(("authorization", format!("Bearer {}", stripe::SANDBOX_SECRET_KEY)));
    let reply = load::send(&mut client, &request)?;
    let listed = reply.json();
    let events: Vec<&Value> = listed
        .get("data")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .collect();
    if events.is_empty() {
        return Err(load::refused(&request, &reply));
    }
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .or_say("The clock is wrong")?
        .as_secs();
    let mut requests = Vec::new();
    for (number, event) in events.iter().cycle().take(WEBHOOKS).enumerate() {
        let mut event = (*event).clone();
        if let Some(event) = event.as_object_mut() {
            event.insert("id".to_owned(), json!(format!("evt_1Bench{now}{number:06}")));
        }
        let body = event.to_string().into_bytes();
        requests.push(Request {
            method: "POST",
            path: format!("/webhooks/stripe/{SALON}"),
            headers: vec![
                ("content-type", "application/json; charset=utf-8".to_owned()),
                ("stripe-signature", signature(&running.keys.signing, now, &body)?),
            ],
            body,
        });
    }
    Ok(requests)
}

/// Stripe's scheme: HMAC-SHA256 over time, a dot and the body, under the whole secret.
fn signature(secret: &str, time: u64, body: &[u8]) -> Outcome<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).or_say("No signature")?;
    mac.update(format!("{time}.").as_bytes());
    mac.update(body);
    Ok(format!(
        "t={time},v1={}",
        hex::encode(mac.finalize().into_bytes())
    ))
}

/// The sandbox's own webhooks of those payments come first; they would be counted into the next figures.
fn settle_down(salon: &Salon) {
    let mut client = Client::new(services::local(salon.server_port), Duration::from_secs(10));
    for _ in 0..10 {
        thread::sleep(Duration::from_millis(500));
        let _ = client.get("/healthz");
    }
}

fn new_bearer() -> Outcome<String> {
    let mut bytes = [0_u8; 32];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .or_say("No random numbers")?;
    Ok(format!("bt_{}", hex::encode(bytes)))
}

fn call(client: &mut Client, name: &str, body: &Value) -> Outcome<Value> {
    let request = api(name, None, body);
    let reply = load::send(client, &request)?;
    if reply.status == 200 {
        Ok(reply.json())
    } else {
        Err(load::refused(&request, &reply))
    }
}

fn api(name: &str, bearer: Option<&str>, body: &Value) -> Request {
    let mut headers = vec![
        ("content-type", "application/json".to_owned()),
        ("accept", "application/json".to_owned()),
    ];
    if let Some(bearer) = bearer {
        headers.push(("authorization", format!("Bearer {bearer}")));
    }
    let body = json!({ "request": body }).to_string().into_bytes();
    Request {
        method: "POST",
        path: format!("/api/v1/{name}"),
        headers,
        body,
    }
}

fn get(path: &str) -> Request {
    Request {
        method: "GET",
        path: path.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
    }
}

fn field<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn tell(runs: &[(&str, &Measured)], process: Option<u32>, worked: Option<u64>) -> Value {
    let base = runs
        .first()
        .map_or(1, |(_, measured)| measured.per_second())
        .max(1);
    let mut rows = Vec::new();
    let mut report = serde_json::Map::new();
    for (name, measured) in runs {
        rows.push(vec![
            (*name).to_owned(),
            table::number(measured.per_second()),
            table::milliseconds(measured.time(50)),
            table::milliseconds(measured.time(99)),
            format!("÷ {}", base / measured.per_second().max(1)),
            measured.busy.to_string(),
        ]);
        report.insert((*name).to_owned(), measured.json());
    }
    let heading = format!(
        "The server, {CONNECTIONS} connections on loopback; server, sandbox and load share the cores"
    );
    table::print(
        &heading,
        &["", "per second", "p50", "p99", "of bare", "busy"],
        &rows,
    );
    if let Some((now, highest)) = memory(process) {
        crate::say::line(&format!(
            "  memory {} MB, at most {} MB",
            now / 1024,
            highest / 1024
        ));
        report.insert("memory_kb".to_owned(), json!({ "now": now, "highest": highest }));
    }
    let confirms = runs
        .iter()
        .find(|(name, _)| *name == "confirm")
        .map(|(_, measured)| measured.done);
    if let (Some(worked), Some(confirms)) = (worked, confirms.and_then(|count| u64::try_from(count).ok())) {
        let each = worked * 1000 / confirms.max(1);
        crate::say::line(&format!(
            "  processor time of the server for one confirm: {}",
            table::milliseconds(each)
        ));
        report.insert("confirm_processor_us".to_owned(), json!(each));
    }
    Value::Object(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_stripes() {
        let signed = signature(
            "whsec_test_secret",
            1_492_774_577,
            br#"{"id":"evt_test_webhook","object":"event"}"#,
        );
        let expected = "t=1492774577,v1=88a022085c6bdb887b02cb26ff76dd681234d9675c0f22844059f55552a8883a";
        assert_eq!(signed.unwrap(), expected);
    }
}
