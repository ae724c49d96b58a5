//! `cargo xtask crash`: the real server killed while clients pay, and every charge accounted for afterwards.

use crate::failure::{Failure, Outcome};
use crate::postgres::{self, Cluster};
use crate::tools::{self, Need};
use crate::{args, run};
use lexopt::{Arg, Parser};
use std::time::Duration;

/// For some thousand kills.
const LIMIT: Duration = Duration::from_secs(4 * 60 * 60);
const KNOWN: &str = "--kills N, --seed N, --database sqlite|postgres|both";

/// `cargo xtask crash`.
pub fn main(mut parser: Parser) -> Outcome {
    let mut words = Vec::new();
    let mut databases = "both".to_owned();
    while let Some(argument) = args::next(&mut parser)? {
        match argument {
            Arg::Long(name @ ("kills" | "seed")) => {
                words.push(format!("--{name}"));
                words.push(args::value(&mut parser)?);
            }
            Arg::Long("database") => databases = args::value(&mut parser)?,
            other => return Err(args::unknown(other, KNOWN)),
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match databases.as_str() {
        "sqlite" => on_sqlite(&words),
        "postgres" => on_postgres(&words),
        "both" => {
            on_sqlite(&words)?;
            on_postgres(&words)
        }
        other => Err(Failure::new(format!(
            "`{other}`? The databases are sqlite, postgres, both."
        ))),
    }
}

fn on_sqlite(words: &[&str]) -> Outcome {
    run::step("The server killed on SQLite", &mut program(words), LIMIT).map(|_| ())
}

fn on_postgres(words: &[&str]) -> Outcome {
    tools::get(Need::Test)?;
    let cluster = Cluster::start()?;
    let mut program = program(words);
    program.env(postgres::VARIABLE, cluster.url());
    run::step("Two servers killed on PostgreSQL", &mut program, LIMIT).map(|_| ())
}

fn program(words: &[&str]) -> std::process::Command {
    let mut program = run::cargo([
        "test",
        "--locked",
        "--package",
        "server",
        "--features",
        "ssr",
        "--test",
        "crash",
        "--",
    ]);
    program.args(words);
    program
}
