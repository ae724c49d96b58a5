//! How soon a first visitor on a slow line and a slow phone sees the page, can type and can enter a card.

use super::chromium::{Browser, Driver};
use super::{bare, checkout, median, table};
use crate::demo::{Running, Salon};
use crate::failure::{Failure, Outcome};
use crate::say::Step;
use serde_json::{Map, Value, json};
use std::thread;
use std::time::{Duration, Instant};

/// A page that has not got there by then counts as never.
const PATIENCE: Duration = Duration::from_secs(20);
const MOMENTS: [(&str, &str); 4] = [
    ("first-paint", "first paint"),
    ("form-interactive", "form usable"),
    ("card-ready", "card field ready"),
    ("program-started", "program started"),
];

/// Times in milliseconds since the visitor asked for the page, in the order of [`MOMENTS`].
type Times = [Option<u64>; 4];

/// A page to load, and the moments it has.
struct Page {
    title: &'static str,
    name: &'static str,
    url: String,
    wanted: &'static [usize],
}

/// Measures the pages; several loads each, the median told.
pub fn measure(salon: &Salon, running: &Running, loads: usize) -> Outcome<Value> {
    let driver = Driver::start()?;
    let page = |title, name, url, wanted| Page {
        title,
        name,
        url,
        wanted,
    };
    let details = format!("{}?{}", running.booking_url, checkout::chosen(salon)?);
    let stripe_js = format!("{}/endive/stripe.js", salon.sandbox_url());
    let bare = bare::serve(&stripe_js, &running.keys.publishable)?;
    let pages = [
        page(
            "a time chosen elsewhere: /book/…?start=…",
            "details",
            details,
            &[0, 1, 2, 3],
        ),
        page(
            "a visit link: /pay/…",
            "pay",
            running.visit_link.clone(),
            &[0, 2, 3],
        ),
        page(
            "the booking: /book/…",
            "book",
            running.booking_url.clone(),
            &[0, 3],
        ),
        page(
            "to compare: a bare page with Stripe's field alone",
            "bare",
            bare,
            &[0, 2],
        ),
    ];
    let mut step = Step::begin(format!("{loads} loads of each page"));
    let mut all = vec![Vec::new(); pages.len()];
    // In turns: whatever else the machine does meanwhile befalls all alike.
    for load in 0..loads {
        for (page, times) in pages.iter().zip(&mut all) {
            step.tick(&format!("load {}, {}", load + 1, page.name));
            times.push(load_once(&driver, &page.url, page.wanted)?);
        }
    }
    step.done("");
    let mut report = Map::new();
    for (page, times) in pages.iter().zip(&all) {
        report.insert(page.name.to_owned(), tell(page, times)?);
    }
    Ok(Value::Object(report))
}

/// A new browser, the slow line, one load.
fn load_once(driver: &Driver, url: &str, wanted: &[usize]) -> Outcome<Times> {
    let mut browser = driver.browser()?;
    slow_down(&mut browser)?;
    browser.open(url)?;
    let begun = Instant::now();
    loop {
        // Looking seldom: looking costs the page time.
        thread::sleep(Duration::from_millis(400));
        let times = look(&mut browser)?;
        let there = wanted
            .iter()
            .all(|index| times.get(*index).is_some_and(Option::is_some));
        if there || begun.elapsed() > PATIENCE {
            return Ok(times);
        }
    }
}

/// 1.6 Mbit/s down, 750 kbit/s up, 150 ms, a processor four times slower: what DevTools calls slow 4G and a phone.
fn slow_down(browser: &mut Browser) -> Outcome {
    browser.devtools("Network.enable", &json!({}))?;
    let line = json!({
        "offline": false,
        "latency": 150,
        "downloadThroughput": 1_600_000 / 8,
        "uploadThroughput": 750_000 / 8,
    });
    browser.devtools("Network.emulateNetworkConditions", &line)?;
    browser
        .devtools("Emulation.setCPUThrottlingRate", &json!({ "rate": 4 }))
        .map(drop)
}

fn look(browser: &mut Browser) -> Outcome<Times> {
    let names: Vec<&str> = MOMENTS.iter().map(|(name, _)| *name).collect();
    let script = format!(
        "return {}.map(name => {{ const first = performance.getEntriesByName(name)[0]; \
         return first ? Math.round(first.startTime) : null; }})",
        json!(names)
    );
    let answer = browser.script(&script)?;
    let time = |index: usize| answer.get(index).and_then(Value::as_u64);
    Ok([time(0), time(1), time(2), time(3)])
}

fn tell(page: &Page, all: &[Times]) -> Outcome<Value> {
    let mut rows = Vec::new();
    let mut report = Map::new();
    for (index, (name, said)) in MOMENTS
        .iter()
        .enumerate()
        .filter(|(index, _)| page.wanted.contains(index))
    {
        let mut times: Vec<u64> = all.iter().filter_map(|times| *times.get(index)?).collect();
        times.sort_unstable();
        let missing = all.len() - times.len();
        let (Some(middle), Some(least), Some(most)) = (median(&times), times.first(), times.last()) else {
            rows.push(vec![
                (*said).to_owned(),
                "–".to_owned(),
                String::new(),
                String::new(),
                String::new(),
            ]);
            continue;
        };
        let note = if missing == 0 {
            String::new()
        } else {
            format!("{missing} never")
        };
        let cells = [middle, *least, *most].map(table::seconds);
        rows.push(
            std::iter::once((*said).to_owned())
                .chain(cells)
                .chain([note])
                .collect(),
        );
        report.insert(
            (*name).to_owned(),
            json!({ "median_ms": middle, "all_ms": times, "never": missing }),
        );
    }
    if report.is_empty() {
        return Err(Failure::new(format!(
            "The page ({}) never painted anything.",
            page.title
        )));
    }
    let heading = format!(
        "{}: 1.6 Mbit/s, 150 ms, CPU ÷ 4, nothing cached, {} loads",
        page.title,
        all.len()
    );
    table::print(&heading, &["", "median", "least", "most", ""], &rows);
    Ok(Value::Object(report))
}
