//! `cargo xtask test`: everything CI checks, in an order that fails early, each step with its time.

use crate::build::{self, Profile};
use crate::demo::{self, Salon};
use crate::failure::{Failure, Outcome};
use crate::postgres::{self, Cluster};
use crate::say::{self, Step};
use crate::tools::{self, Need};
use crate::{args, files, pages, run, services, simulate, stripe, tidy};
use lexopt::Arg;
use std::process::Command;
use std::time::{Duration, Instant};

/// Enough for the slowest step on two cores, with nothing built before.
const LIMIT: Duration = Duration::from_secs(30 * 60);
/// The first so many seeds: a failure here is of this change, and not of luck.
const HISTORIES: &str = "300";
const WASM: &str = "wasm32-unknown-unknown";

/// One step; it answers with what there is to say about it.
struct Check {
    name: &'static str,
    what: &'static str,
    run: fn() -> Outcome<String>,
}

const CHECKS: [Check; 13] = [
    Check {
        name: "tools",
        what: "what building and testing needs is here",
        run: tools_here,
    },
    Check {
        name: "tidy",
        what: "the rules no compiler checks",
        run: tidy_tree,
    },
    Check {
        name: "format",
        what: "cargo fmt",
        run: format,
    },
    Check {
        name: "lints",
        what: "clippy, each crate as it is really built",
        run: lints,
    },
    Check {
        name: "pages",
        what: "the widget's optimized pages build",
        run: build_pages,
    },
    Check {
        name: "units",
        what: "tests of domain, server (killed, too), stripe-sandbox, simulate, model and xtask",
        run: units,
    },
    Check {
        name: "postgres",
        what: "the server's tests over HTTP once more, on a throw-away PostgreSQL",
        run: on_postgres,
    },
    Check {
        name: "wasm",
        what: "the widget's tests in a headless browser",
        run: wasm,
    },
    Check {
        name: "programs",
        what: "server and sandbox build",
        run: programs,
    },
    Check {
        name: "simulate",
        what: "the real server in a made-up world, from the first 300 seeds",
        run: simulated,
    },
    Check {
        name: "sdk",
        what: "Stripe's official SDK against the sandbox",
        run: sdk,
    },
    Check {
        name: "e2e",
        what: "a browser on real pages with the real server",
        run: e2e,
    },
    Check {
        name: "docs",
        what: "every link in the documentation's code leads somewhere",
        run: docs,
    },
];

/// `cargo xtask test`.
pub fn main(mut parser: lexopt::Parser) -> Outcome {
    let mut only = Vec::new();
    while let Some(argument) = args::next(&mut parser)? {
        match argument {
            Arg::Long("only") => only.push(args::value(&mut parser)?),
            Arg::Long("list") => return list(),
            other => return Err(args::unknown(other, "--only STEP (may be repeated), --list")),
        }
    }
    if let Some(unknown) = only
        .iter()
        .find(|name| CHECKS.iter().all(|check| check.name != **name))
    {
        return Err(Failure::new(format!(
            "There is no step `{unknown}`; `cargo xtask test --list` shows them."
        )));
    }
    let chosen: Vec<&Check> = CHECKS
        .iter()
        .filter(|check| only.is_empty() || only.iter().any(|name| name == check.name))
        .collect();
    run_all(&chosen)
}

fn list() -> Outcome {
    for check in &CHECKS {
        say::line(&format!("{:<10}{}", check.name, check.what));
    }
    Ok(())
}

fn run_all(checks: &[&Check]) -> Outcome {
    let begun = Instant::now();
    let mut times = Vec::new();
    for (index, check) in checks.iter().enumerate() {
        say::line(&format!("{}: {}", check.name, check.what));
        let own = Instant::now();
        match (check.run)() {
            Ok(note) => times.push((check.name, own.elapsed(), note)),
            Err(failure) => {
                say::line(&format!("\n{index} passed, 1 failed"));
                let hint = format!("Only this step again: cargo xtask test --only {}", check.name);
                let hint = failure
                    .hint_text()
                    .map_or(hint.clone(), |own| format!("{own}\n{hint}"));
                return Err(failure
                    .within(&format!("Step `{}` failed", check.name))
                    .hint(hint));
            }
        }
    }
    say::line("");
    for (name, time, note) in &times {
        say::line(&format!("  ✓ {name:<10}{:>13}  {note}", say::elapsed(*time)));
    }
    say::line(&format!(
        "  all in {}\n\n{} passed, 0 failed",
        say::elapsed(begun.elapsed()),
        checks.len()
    ));
    Ok(())
}

fn tools_here() -> Outcome<String> {
    tools::get(Need::Test).map(|()| String::new())
}

fn tidy_tree() -> Outcome<String> {
    tidy::check().map(|rules| format!("{rules} rules"))
}

fn format() -> Outcome<String> {
    run::step(
        "cargo fmt --all --check",
        &mut run::cargo(["fmt", "--all", "--check", "--", "--color=never"]),
        LIMIT,
    )
    .map_err(|failure| failure.hint("`cargo fmt --all` puts it right."))?;
    Ok(String::new())
}

/// Never the whole workspace at once: features would meet that never meet in a build (invariant 9).
fn lints() -> Outcome<String> {
    let builds: [&[&str]; 9] = [
        &["-p", "domain", "--all-targets"],
        &["-p", "server"],
        &["-p", "server", "--features", "ssr", "--all-targets"],
        &["-p", "stripe-sandbox", "--all-targets"],
        &["-p", "simulate", "--all-targets"],
        &["-p", "model", "--all-targets"],
        &["-p", "xtask", "--all-targets"],
        &["-p", "e2e", "--all-targets"],
        &["-p", "booking-checkout", "--target", WASM, "--all-targets"],
    ];
    for build in builds {
        let mut command = run::cargo(["clippy", "--locked"]);
        command.args(build).args(["--", "-D", "warnings"]);
        run::step(&format!("clippy {}", build.join(" ")), &mut command, LIMIT)?;
    }
    Ok(format!("{} builds", builds.len()))
}

fn units() -> Outcome<String> {
    let crates: [&[&str]; 6] = [
        &["-p", "domain"],
        &["-p", "server", "--features", "ssr"],
        &["-p", "stripe-sandbox"],
        &["-p", "simulate"],
        &["-p", "model"],
        &["-p", "xtask"],
    ];
    // The server carries them: without, its tests would see a page that is not ready.
    pages::build()?;
    let mut sum = 0;
    for arguments in crates {
        let mut command = run::cargo(["test", "--locked"]);
        sum += cargo_test(
            &format!("cargo test {}", arguments.join(" ")),
            command.args(arguments),
        )?;
    }
    Ok(format!("{sum} tests"))
}

/// Tests that need PostgreSQL are `#[ignore]`d elsewhere, so that nobody takes them for passed.
fn on_postgres() -> Outcome<String> {
    pages::build()?;
    let cluster = Cluster::start()?;
    let mut command = run::cargo([
        "test",
        "--locked",
        "-p",
        "server",
        "--features",
        "ssr",
        "--test",
        "it",
    ]);
    command
        .args(["--", "--include-ignored"])
        .env(postgres::VARIABLE, cluster.url());
    cargo_test("The server's tests on PostgreSQL", &mut command).map(|sum| format!("{sum} tests"))
}

fn wasm() -> Outcome<String> {
    let mut command = run::cargo(["test", "--locked", "-p", "booking-checkout", "--target", WASM]);
    command.env(
        "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER",
        "wasm-bindgen-test-runner",
    );
    if let Some(driver) = tools::find("chromedriver") {
        command.env("CHROMEDRIVER", driver);
    }
    cargo_test("The widget's tests in headless Chromium", &mut command).map(|sum| format!("{sum} tests"))
}

fn programs() -> Outcome<String> {
    build::programs(Profile::Dev).map(|_| String::new())
}

fn build_pages() -> Outcome<String> {
    pages::build().map(|()| String::new())
}

/// The sandbox must satisfy a client that we did not write.
fn sdk() -> Outcome<String> {
    let folder = files::root().join("stripe-sandbox/tests/sdk");
    let mut install = run::command("npm");
    install
        .current_dir(&folder)
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    run::step("Getting Stripe's SDK (npm ci)", &mut install, LIMIT)?;

    let program = build::sandbox(Profile::Dev)?;
    let data = files::target().join("xtask").join("sdk");
    let _ = std::fs::remove_dir_all(&data);
    files::make_folder(&data)?;
    let salon = Salon {
        server_port: 0,
        sandbox_port: services::free_port()?,
        site_port: 0,
        data,
        log: "info",
        history: 0,
    };
    let _sandbox = demo::start_sandbox(&salon, &program)?;
    let mut tests = run::command("node");
    tests.current_dir(&folder).args(["--test"]);
    tests.env("SANDBOX_URL", salon.sandbox_url());
    tests.env("SANDBOX_PUBLISHABLE_KEY", stripe::SANDBOX_PUBLISHABLE_KEY);
    tests.env("SANDBOX_SECRET_KEY", stripe::SANDBOX_SECRET_KEY);
    let said = run::step("Stripe's SDK against the sandbox", &mut tests, LIMIT)?;
    let passed = node_passed(&said);
    if passed == 0 {
        Err(Failure::new("Node found no tests.").output(said))
    } else {
        Ok(format!("{passed} tests"))
    }
}

/// On the programs of the step before: optimized pages, unoptimized server. Half the time, and the pages are what
/// a client gets.
fn e2e() -> Outcome<String> {
    pages::build()?;
    let programs = build::programs(Profile::Dev)?;
    let mut command = run::cargo(["test", "--locked", "-p", "e2e"]);
    command
        .env("E2E_SERVER", &programs.server)
        .env("E2E_SANDBOX", &programs.sandbox);
    for (variable, program) in [("E2E_CHROMIUM", "chromium"), ("E2E_CHROMEDRIVER", "chromedriver")] {
        if let Some(path) = tools::find(program) {
            command.env(variable, path);
        }
    }
    cargo_test("End to end, in headless Chromium", &mut command).map(|sum| format!("{sum} tests"))
}

fn simulated() -> Outcome<String> {
    let always_the_same = ["--histories", HISTORIES];
    simulate::main(lexopt::Parser::from_args(always_the_same))?;
    Ok(String::new())
}

fn docs() -> Outcome<String> {
    let mut command = run::cargo(["doc", "--locked", "--no-deps", "--document-private-items"]);
    command.args([
        "-p",
        "domain",
        "-p",
        "server",
        "-p",
        "stripe-sandbox",
        "--features",
        "server/ssr",
    ]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    run::step("cargo doc", &mut command, LIMIT)?;
    Ok(String::new())
}

/// Runs tests and counts them; a run without any test is a mistake, not a success.
fn cargo_test(title: &str, command: &mut Command) -> Outcome<usize> {
    let mut step = Step::begin(title);
    match run::watched(command, LIMIT, |detail| step.tick(detail)) {
        Ok(said) => {
            let passed = cargo_passed(&said);
            if passed == 0 {
                step.failed();
                return Err(Failure::new(format!("{title}: no test was run.")).output(said));
            }
            step.done(&format!("{passed} tests"));
            Ok(passed)
        }
        Err(failure) => {
            step.failed();
            Err(failure)
        }
    }
}

/// The sum of cargo's lines `test result: ok. 12 passed; 0 failed; …`.
fn cargo_passed(said: &[String]) -> usize {
    let results = said
        .iter()
        .filter_map(|line| line.trim().strip_prefix("test result: ok. "));
    results
        .filter_map(|rest| rest.split(' ').next()?.parse::<usize>().ok())
        .sum()
}

/// Node's closing line: `# pass 12`, or `ℹ pass 12` at a terminal.
fn node_passed(said: &[String]) -> usize {
    let number = |line: &String| line.split_once(" pass ")?.1.trim().parse().ok();
    said.iter().filter_map(number).next_back().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_counted() {
        let cargo = [
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 0 ignored;",
            "test result: ok. 4 passed;",
        ];
        assert_eq!(cargo_passed(&cargo.map(str::to_owned)), 7);
        assert_eq!(
            cargo_passed(&["test result: FAILED. 3 passed; 1 failed".to_owned()]),
            0
        );
        assert_eq!(
            node_passed(&[
                "# tests 5".to_owned(),
                "# pass 5".to_owned(),
                "# fail 0".to_owned()
            ]),
            5
        );
    }

    #[test]
    fn a_failing_step_stops_and_points_at_itself() {
        let good = Check {
            name: "good",
            what: "",
            run: || Ok(String::new()),
        };
        let bad = Check {
            name: "bad",
            what: "",
            run: || Err(Failure::new("It broke.").hint("Mend it.")),
        };
        let never = Check {
            name: "never",
            what: "",
            run: || panic!("must not run"),
        };
        let failure = run_all(&[&good, &bad, &never]).unwrap_err();
        assert_eq!(failure.to_string(), "Step `bad` failed: It broke.");
        assert_eq!(
            failure.hint_text(),
            Some("Mend it.\nOnly this step again: cargo xtask test --only bad")
        );
    }
}
