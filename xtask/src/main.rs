//! Every task a person or CI runs: `cargo xtask demo`, `test`, `bench`, `tools`, `tidy`, `pages`, `simulate`, `crash`, `postgres`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this program talks to a person at a terminal; nothing else reads it"
)]

mod args;
mod bench;
mod build;
mod crash;
mod demo;
mod failure;
mod files;
mod http;
mod mailbox;
mod pages;
mod postgres;
mod run;
mod say;
mod services;
mod simulate;
mod site;
mod stop;
mod stripe;
mod test;
mod tidy;
mod tools;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <task>

  demo      start a salon with online booking on this machine     --port N  --data DIR  --fresh
  test      check and test everything, as CI does                 --only STEP  --list
  bench     measure the widget's page and the server              --only bytes|page|load|reports  --json FILE
  tools     get what this project needs to build                  --for demo|test|bench
  tidy      the rules that no compiler checks
  pages     build the widget's pages into dist/
  simulate  histories of the server in a made-up world, from seeds  --seed N | --histories M  --from N  --seconds S
  crash     kill the server while clients pay, and account for it   --kills N  --seed N  --database sqlite|postgres|both
  postgres  run a command beside a PostgreSQL of its own            COMMAND…

Each task says what it does. `docs/ARCHITECTURE.md` explains the rest.";

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    let task = words
        .next()
        .and_then(|word| word.into_string().ok())
        .unwrap_or_default();
    let rest = lexopt::Parser::from_args(words);
    let outcome = stop::listen().and_then(|()| match task.as_str() {
        "demo" => demo::main(rest),
        "test" => test::main(rest),
        "bench" => bench::main(rest),
        "tools" => tools::main(rest),
        "tidy" => tidy::main(rest),
        "pages" => pages::main(rest),
        "simulate" => simulate::main(rest),
        "crash" => crash::main(rest),
        "postgres" => postgres::main(rest),
        "" | "help" | "-h" | "--help" => {
            println!("{HELP}");
            Ok(())
        }
        other => Err(failure::Failure::new(format!("There is no task called `{other}`.")).hint(HELP)),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say::failure(&failure);
            ExitCode::from(failure.code())
        }
    }
}
