//! `cargo xtask simulate`: histories of the real server in a made-up world, each from a seed.

use crate::failure::{Failure, OrSay, Outcome};
use crate::{args, files, run, stop};
use lexopt::{Arg, Parser};
use std::os::unix::process::CommandExt;
use std::thread;
use std::time::Duration;

/// How long building may take.
const LIMIT: Duration = Duration::from_secs(40 * 60);
const ENDS_WITHIN: Duration = Duration::from_secs(5);
const KNOWN: &str = "--seed N, or --histories M --from N --seconds S --threads T";

/// `cargo xtask simulate`: the arguments are the program's own.
pub fn main(mut parser: Parser) -> Outcome {
    let mut words: Vec<String> = Vec::new();
    while let Some(argument) = args::next(&mut parser)? {
        let name = match argument {
            Arg::Long(name @ ("seed" | "histories" | "from" | "seconds" | "threads")) => name.to_owned(),
            other => return Err(args::unknown(other, KNOWN)),
        };
        words.push(format!("--{name}"));
        words.push(args::value(&mut parser)?);
    }
    let mut build = run::cargo(["build", "--locked", "--release", "--package", "simulate"]);
    run::step("Building the simulation, optimized", &mut build, LIMIT)?;
    // What it says goes to the terminal as it comes: a run may take hours.
    let mut program = run::command(files::target().join("release").join("simulate"));
    program.args(&words).process_group(0);
    let mut child = program.spawn().or_say("The simulation can't be started")?;
    let status = loop {
        if let Some(status) = child.try_wait().or_say("The simulation")? {
            break status;
        }
        if stop::asked() {
            run::end_group(&mut child, ENDS_WITHIN);
            return Err(Failure::stopped());
        }
        thread::sleep(Duration::from_millis(50));
    };
    match status.code() {
        Some(0) => Ok(()),
        Some(1) => {
            Err(Failure::new("A promise is broken.")
                .hint("The lines above tell how, and how to see it again."))
        }
        _ => Err(Failure::new(format!(
            "The simulation could not be run ({status})."
        ))),
    }
}
