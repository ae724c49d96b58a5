//! `cargo xtask bench`: what the widget's page weighs, how soon it can be used, and what the server bears.

mod bare;
mod bytes;
mod checkout;
mod chromium;
mod load;
mod page;
mod process;
mod reports;
mod table;

use crate::build::{self, Profile, Programs};
use crate::demo::{self, Salon};
use crate::failure::{Failure, OrSay, Outcome};
use crate::say::Step;
use crate::tools::{self, Need};
use crate::{args, files, pages, say, services};
use lexopt::Arg;
use serde_json::{Map, Value};
use std::path::PathBuf;

const PARTS: [&str; 4] = ["bytes", "page", "load", "reports"];

/// What the person chose.
struct Options {
    only: Vec<String>,
    loads: usize,
    json: Option<PathBuf>,
}

impl Options {
    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == part)
    }
}

/// `cargo xtask bench`.
pub fn main(parser: lexopt::Parser) -> Outcome {
    let options = parse(parser)?;
    tools::get(Need::Bench)?;
    // The load asks for no page.
    if options.wants("bytes") || options.wants("page") {
        pages::build()?;
    }
    let programs = build::programs(Profile::Release)?;
    let mut report = Map::new();
    if options.wants("bytes") || options.wants("page") || options.wants("load") {
        checkout(&options, &programs, &mut report)?;
    }
    if options.wants("reports") {
        let salon = salon("bench-reports", reports::PAYMENTS)?;
        let step = Step::begin(format!(
            "{} payments made up, and rolled up",
            table::number(reports::PAYMENTS)
        ));
        let running = demo::start(&salon, &programs, None)?;
        step.done("");
        report.insert("reports".to_owned(), reports::measure(&salon, &programs)?);
        services::end(running.services);
    }
    if let Some(path) = options.json {
        let text =
            serde_json::to_string_pretty(&Value::Object(report)).or_say("The figures can't be written")?;
        files::write(&path, format!("{text}\n").as_bytes())?;
        say::line(&format!("  ✓ The figures are in {}", path.display()));
    }
    Ok(())
}

/// A salon of its own, with so many paid bookings of the past.
fn salon(name: &str, history: u64) -> Outcome<Salon> {
    let data = files::target().join("xtask").join(name);
    let _ = std::fs::remove_dir_all(&data);
    Ok(Salon {
        server_port: services::free_port()?,
        sandbox_port: services::free_port()?,
        site_port: services::free_port()?,
        data,
        log: "warn",
        history,
    })
}

/// What the checkout weighs, how soon it can be used, and what the server bears of it.
fn checkout(options: &Options, programs: &Programs, report: &mut Map<String, Value>) -> Outcome {
    let salon = salon("bench", 0)?;
    let running = demo::start(&salon, programs, None)?;
    if options.wants("bytes") {
        report.insert("bytes".to_owned(), bytes::measure(&salon, &running)?);
    }
    if options.wants("page") {
        report.insert("page".to_owned(), page::measure(&salon, &running, options.loads)?);
    }
    if options.wants("load") {
        report.insert("load".to_owned(), checkout::measure(&salon, &running)?);
    }
    services::end(running.services);
    Ok(())
}

fn parse(mut parser: lexopt::Parser) -> Outcome<Options> {
    let mut options = Options {
        only: Vec::new(),
        loads: 9,
        json: None,
    };
    while let Some(argument) = args::next(&mut parser)? {
        match argument {
            Arg::Long("only") => {
                let part = args::value(&mut parser)?;
                if !PARTS.contains(&part.as_str()) {
                    return Err(Failure::new(format!(
                        "`{part}`? The parts are {}.",
                        PARTS.join(", ")
                    )));
                }
                options.only.push(part);
            }
            Arg::Long("loads") => {
                let number = args::value(&mut parser)?;
                let number = number.parse().ok().filter(|count| (1..=99).contains(count));
                options.loads = number.ok_or_else(|| Failure::new("--loads takes a number from 1 to 99."))?;
            }
            Arg::Long("json") => options.json = Some(PathBuf::from(args::value(&mut parser)?)),
            other => {
                return Err(args::unknown(
                    other,
                    "--only bytes|page|load|reports, --loads N, --json FILE",
                ));
            }
        }
    }
    Ok(options)
}

/// The middle of a sorted list.
fn median(sorted: &[u64]) -> Option<u64> {
    sorted.get(sorted.len() / 2).copied()
}

/// The value that so many of a hundred are not above.
fn percentile(sorted: &[u64], of_hundred: usize) -> Option<u64> {
    let rank = (sorted.len() * of_hundred).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn middles_and_tails() {
        let hundred: Vec<u64> = (1..=100).collect();
        assert_eq!(percentile(&hundred, 50), Some(50));
        assert_eq!(percentile(&hundred, 99), Some(99));
        assert_eq!(percentile(&[7], 99), Some(7));
        assert_eq!(percentile(&[], 99), None);
        assert_eq!(median(&[1, 5, 9]), Some(5));
    }
}
