//! What a first visitor's browser really fetches from us, and what it weighs. Stripe.js isn't ours and isn't counted.

use super::chromium::{Browser, Driver};
use super::{checkout, table};
use crate::demo::{Running, Salon};
use crate::failure::{Failure, OrSay, Outcome};
use crate::say::Step;
use crate::{files, run};
use serde_json::{Map, Value, json};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// One thing fetched from us.
struct Fetched {
    request: String,
    name: String,
    /// The answer's status.
    status: u64,
    /// On the wire, headers included, as the browser counted.
    wire: u64,
    raw: u64,
    gzip: u64,
    brotli: u64,
}

/// Loads each of the pages once, in a browser that has seen none of them.
pub fn measure(salon: &Salon, running: &Running) -> Outcome<Value> {
    let details = format!("{}?{}", running.booking_url, checkout::chosen(salon)?);
    let pages = [
        ("pay", "a visit link", &running.visit_link),
        ("details", "a booking with its time chosen", &details),
        ("book", "a booking from its services on", &running.booking_url),
    ];
    let driver = Driver::start()?;
    let mut report = Map::new();
    for (name, title, url) in pages {
        let step = Step::begin(format!("Loading {title} once, to weigh it"));
        let fetched = weigh(&driver, salon, url)?;
        step.done("");
        report.insert(name.to_owned(), tell(title, &fetched));
    }
    Ok(Value::Object(report))
}

/// All that a page fetches from us.
fn weigh(driver: &Driver, salon: &Salon, url: &str) -> Outcome<Vec<Fetched>> {
    let mut browser = driver.browser()?;
    browser.devtools("Network.enable", &json!({}))?;
    browser.open(url)?;
    let events = events_until_quiet(&mut browser)?;
    let mut fetched = requests(&events, &salon.server_url());
    for one in &mut fetched {
        let body = body(&mut browser, &one.request)?;
        one.raw = length(&body);
        one.gzip = compressed("gzip", &["-9", "--no-name", "--stdout"], &body)?;
        one.brotli = compressed("brotli", &["--quality=11", "--stdout"], &body)?;
    }
    if fetched.is_empty() {
        return Err(Failure::new("The page fetched nothing from the server."));
    }
    // A sentence in the place of a page weighs little.
    if let Some(bad) = fetched.iter().find(|one| one.status >= 400) {
        return Err(Failure::new(format!(
            "The server answered {} to {}.",
            bad.status, bad.name
        )));
    }
    Ok(fetched)
}

/// What happened until nothing more does.
fn events_until_quiet(browser: &mut Browser) -> Outcome<Vec<Value>> {
    let begun = Instant::now();
    let mut events = Vec::new();
    let mut quiet = 0;
    while quiet < 4 && begun.elapsed() < Duration::from_secs(30) {
        thread::sleep(Duration::from_millis(500));
        let new = browser.events()?;
        let busy = new.iter().any(|event| method(event).starts_with("Network."));
        quiet = if busy { 0 } else { quiet + 1 };
        events.extend(new);
    }
    Ok(events)
}

/// The answers that came from our server, in their order.
fn requests(events: &[Value], server: &str) -> Vec<Fetched> {
    let mut found: Vec<Fetched> = Vec::new();
    for event in events {
        let Some(parameters) = event.get("params") else {
            continue;
        };
        let Some(request) = parameters.get("requestId").and_then(Value::as_str) else {
            continue;
        };
        match method(event) {
            "Network.responseReceived" => {
                let url = parameters
                    .pointer("/response/url")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                if let Some(path) = url.strip_prefix(server) {
                    let name = short(path);
                    let request = request.to_owned();
                    let status = parameters.pointer("/response/status").and_then(Value::as_u64);
                    found.push(Fetched {
                        request,
                        name,
                        status: status.unwrap_or(0),
                        wire: 0,
                        raw: 0,
                        gzip: 0,
                        brotli: 0,
                    });
                }
            }
            "Network.loadingFinished" => {
                // A number with a point in DevTools' protocol, though always whole.
                let length = parameters
                    .get("encodedDataLength")
                    .map(Value::to_string)
                    .unwrap_or_default();
                let length = length
                    .split('.')
                    .next()
                    .and_then(|whole| whole.parse().ok())
                    .unwrap_or(0);
                if let Some(one) = found.iter_mut().find(|one| one.request == request) {
                    one.wire = length;
                }
            }
            _ => {}
        }
    }
    found
}

/// The content of an answer, as the page got it.
fn body(browser: &mut Browser, request: &str) -> Outcome<Vec<u8>> {
    let answer = browser.devtools("Network.getResponseBody", &json!({ "requestId": request }))?;
    let text = answer.get("body").and_then(Value::as_str).unwrap_or_default();
    if answer.get("base64Encoded").and_then(Value::as_bool) == Some(true) {
        return piped(run::command("base64").arg("--decode"), text.as_bytes());
    }
    Ok(text.as_bytes().to_vec())
}

fn compressed(program: &str, arguments: &[&str], body: &[u8]) -> Outcome<u64> {
    piped(run::command(program).args(arguments), body).map(|out| length(&out))
}

/// What a program makes of its input; through a file, for a pipe could fill on both sides.
fn piped(command: &mut Command, input: &[u8]) -> Outcome<Vec<u8>> {
    let path = files::target().join("xtask").join("bench.input");
    files::write(&path, input)?;
    let file = std::fs::File::open(&path).or_say("The page's content can't be read")?;
    let output = command.stdin(file).stderr(Stdio::null()).output();
    let output = output.or_say(format!("{} can't be started", run::display(command)))?;
    Ok(output.stdout)
}

fn method(event: &Value) -> &str {
    event.get("method").and_then(Value::as_str).unwrap_or_default()
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// An address without what is secret or long in it.
fn short(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    match path.strip_prefix("/pay/") {
        Some(_) => "/pay/…".to_owned(),
        None => path.to_owned(),
    }
}

fn tell(title: &str, fetched: &[Fetched]) -> Value {
    let cells = |name: &str, sizes: [u64; 4]| {
        std::iter::once(name.to_owned())
            .chain(sizes.map(table::number))
            .collect::<Vec<String>>()
    };
    let sum = |of: fn(&Fetched) -> u64| fetched.iter().map(of).sum::<u64>();
    let total = [
        sum(|one| one.raw),
        sum(|one| one.gzip),
        sum(|one| one.brotli),
        sum(|one| one.wire),
    ];
    let mut rows: Vec<Vec<String>> = fetched
        .iter()
        .map(|one| cells(&one.name, [one.raw, one.gzip, one.brotli, one.wire]))
        .collect();
    rows.push(cells("all", total));
    let heading = format!("Bytes of everything that {title} loads, Stripe.js apart");
    table::print(&heading, &["", "raw", "gzip", "brotli", "on the wire"], &rows);
    let files: Vec<Value> = fetched
        .iter()
        .map(|one| {
            json!({ "name": one.name, "raw": one.raw, "gzip": one.gzip, "brotli": one.brotli, "wire": one.wire })
        })
        .collect();
    let [raw, gzip, brotli, wire] = total;
    json!({ "files": files, "raw": raw, "gzip": gzip, "brotli": brotli, "wire": wire })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_answers_are_weighed_and_tokens_not_shown() {
        let ours = "http://127.0.0.1:8300";
        let answer = |id: &str, url: &str| json!({ "method": "Network.responseReceived", "params": { "requestId": id, "response": { "url": url } } });
        let events = [
            answer("1", "http://127.0.0.1:8300/pay/lt_secret?x=1"),
            answer("2", "http://127.0.0.1:8310/endive/stripe.js"),
            json!({ "method": "Network.loadingFinished", "params": { "requestId": "1", "encodedDataLength": 812.0 } }),
        ];
        let found = requests(&events, ours);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].name.as_str(), found[0].wire), ("/pay/…", 812));
    }
}
