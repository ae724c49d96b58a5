//! How soon a report is there over a million payments.

use super::{percentile, table};
use crate::build::Programs;
use crate::demo::{self, Salon};
use crate::failure::{Failure, OrSay, Outcome};
use crate::http::{Client, Content};
use crate::services;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// So many payments, over two years.
pub const PAYMENTS: u64 = 1_000_000;
/// How often each page is asked for.
const TIMES: usize = 50;
const PASSWORD: &str = "kettle lamp river";

/// Signs in, and asks for reports of a day, a month, a year and all of it.
pub fn measure(salon: &Salon, programs: &Programs) -> Outcome<Value> {
    let link = demo::invite(salon, programs, "bench@example.com")?;
    let mut client = Client::new(services::local(salon.server_port), Duration::from_secs(30));
    let cookie = accept(&mut client, salon, &link)?;
    let mut rows = Vec::new();
    let mut figures = serde_json::Map::new();
    for (name, query) in [
        ("this month, by day", ""),
        ("this month, by service", "?by=service"),
        ("two years, by month", "?from=2020-01-01&by=month"),
        ("two years, by day", "?from=2020-01-01&by=day"),
        ("two years, by service", "?from=2020-01-01&by=service"),
        ("two years, by person", "?from=2020-01-01&by=employee"),
        ("the payments of this month", "/payments"),
        ("the payments of two years", "/payments?from=2020-01-01"),
        ("100 days against Stripe's list", "/stripe"),
    ] {
        let path = format!("/office/lumen/reports{query}");
        let mut times = Vec::with_capacity(TIMES);
        for _ in 0..TIMES {
            let began = Instant::now();
            let headers = [("cookie", cookie.as_str())];
            let content = Content {
                headers: &headers,
                body: b"",
            };
            let reply = client
                .send("GET", &path, content)
                .or_say("The server did not answer")?;
            times.push(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX));
            if reply.status != 200 {
                return Err(Failure::new(format!("{path} answered {}", reply.status)));
            }
        }
        times.sort_unstable();
        let [median, p99] = [50, 99].map(|rank| percentile(&times, rank).unwrap_or_default());
        rows.push(vec![
            name.to_owned(),
            table::milliseconds(median),
            table::milliseconds(p99),
        ]);
        figures.insert(name.to_owned(), json!({ "median_us": median, "p99_us": p99 }));
    }
    table::print(
        &format!(
            "Reports over {} payments, {TIMES} times each",
            table::number(PAYMENTS)
        ),
        &["", "median", "p99"],
        &rows,
    );
    Ok(Value::Object(figures))
}

/// Accepts the invitation, and answers the session's cookie.
fn accept(client: &mut Client, salon: &Salon, link: &str) -> Outcome<String> {
    let path = link.strip_prefix(&salon.server_url()).unwrap_or(link);
    let body = format!("name=Bench&password={}", PASSWORD.replace(' ', "+"));
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("sec-fetch-site", "same-origin"),
    ];
    let content = Content {
        headers: &headers,
        body: body.as_bytes(),
    };
    let reply = client
        .send("POST", path, content)
        .or_say("The server did not answer")?;
    let cookie = reply
        .header("set-cookie")
        .and_then(|cookie| cookie.split(';').next());
    cookie
        .map(str::to_owned)
        .ok_or_else(|| Failure::new(format!("The back office let nobody in: {}", reply.status)))
}
