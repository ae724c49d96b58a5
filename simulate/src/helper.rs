//! A process of its own for histories that run beside others. In one process they would wait for each other: SQLite counts its
//! memory under one lock. And each stays on one core with all its threads, which take turns and never run at once: waking
//! another core costs more than what is woken does.

use std::{
    io::{self, BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};
use simulate::{Figures, Options, Report, Runner, Trouble};

/// The option with which the program is started to help: a line with a seed comes in, a line with what became of it goes out.
pub const HELP: &str = "help-along";

/// So often a history is begun anew that could not be run: on a machine with much else to do, a connection to the books can come too
/// late. It is the same history; a promise that it breaks is broken.
const TRIES: u64 = 3;
const RUN_AGAIN: &str = "times that a history could not be run, and was begun anew";

/// Such a process.
pub struct Helper {
    child: Child,
    seeds: ChildStdin,
    reports: BufReader<ChildStdout>,
}

impl Helper {
    /// Starts the helper of this number.
    ///
    /// # Errors
    /// When the program can't be started again.
    pub fn start(number: usize) -> Result<Helper, Trouble> {
        let program = std::env::current_exe()?;
        let cores = cores();
        let core = cores.get(number % cores.len().max(1));
        let start = |command: &mut Command| {
            let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
            piped.arg(format!("--{HELP}")).spawn()
        };
        let on_its_core = core.map(|core| {
            start(
                Command::new("taskset")
                    .args(["-c", &core.to_string()])
                    .arg(&program),
            )
        });
        let mut child = match on_its_core {
            Some(Ok(child)) => child,
            // Slower, and the same.
            Some(Err(_)) | None => start(&mut Command::new(&program))?,
        };
        let (Some(seeds), Some(reports)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("a helper without a way to it".into());
        };
        Ok(Helper {
            child,
            seeds,
            reports: BufReader::new(reports),
        })
    }

    /// Has it run one history. Of one that went well there is no trace.
    ///
    /// # Errors
    /// When it has ended, or the history could not be run.
    pub fn run(&mut self, seed: u64) -> Result<Report, Trouble> {
        let mut again = 0;
        loop {
            match self.try_to_run(seed) {
                Err(_) if again < TRIES => again += 1,
                other => {
                    let mut report = other?;
                    report.figures.add(RUN_AGAIN, again);
                    return Ok(report);
                }
            }
        }
    }

    fn try_to_run(&mut self, seed: u64) -> Result<Report, Trouble> {
        writeln!(self.seeds, "{seed}")?;
        let mut line = String::new();
        if self.reports.read_line(&mut line)? == 0 {
            return Err(format!("its process has ended ({})", self.child.wait()?).into());
        }
        let told: Value = serde_json::from_str(&line)?;
        if let Some(trouble) = told.get("trouble").and_then(Value::as_str) {
            return Err(trouble.into());
        }
        let mut figures = Figures::default();
        for (what, times) in told
            .get("figures")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            figures.add_told(what, times.as_u64().unwrap_or_default());
        }
        let lines = told.get("trace").and_then(Value::as_array).into_iter().flatten();
        Ok(Report {
            trace: lines.filter_map(Value::as_str).map(str::to_owned).collect(),
            broken: told.get("broken").and_then(Value::as_str).map(str::to_owned),
            figures,
        })
    }

    /// Lets it end.
    ///
    /// # Errors
    /// When it can't be waited for.
    pub fn end(self) -> io::Result<()> {
        let Helper { mut child, seeds, .. } = self;
        drop(seeds);
        child.wait().map(drop)
    }
}

/// Helps until no seeds come any more.
///
/// # Errors
/// When nothing can be made ready, or nobody listens.
pub fn help() -> Result<(), Trouble> {
    let mut runner = Runner::new()?;
    for line in io::stdin().lines() {
        let seed: u64 = line?.trim().parse()?;
        let told = match runner.run(seed, Options::default()) {
            Ok(report) => {
                let figures: serde_json::Map<String, Value> = report
                    .figures
                    .all()
                    .map(|(what, times)| (what.to_owned(), times.into()))
                    .collect();
                let trace = if report.broken.is_some() {
                    report.trace
                } else {
                    vec![]
                };
                json!({ "figures": figures, "broken": report.broken, "trace": trace })
            }
            Err(trouble) => json!({ "trouble": trouble.to_string() }),
        };
        let mut out = io::stdout().lock();
        writeln!(out, "{told}")?;
        out.flush()?;
    }
    Ok(())
}

/// The cores that this program may use, as Linux tells them: `0-3,8`. Empty where nothing tells them.
fn cores() -> Vec<usize> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let list = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))
        .unwrap_or_default();
    listed(list)
}

fn listed(cores: &str) -> Vec<usize> {
    cores
        .split(',')
        .filter_map(|span| {
            let (first, last) = span.split_once('-').unwrap_or((span, span));
            Some(first.trim().parse().ok()?..=last.trim().parse().ok()?)
        })
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_are_read_as_linux_lists_them() {
        assert_eq!(listed("\t0-2,5"), [0, 1, 2, 5]);
        assert_eq!(listed("3"), [3]);
        assert!(listed("").is_empty());
    }
}
