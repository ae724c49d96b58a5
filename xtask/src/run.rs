//! Running another program to its end: quietly while all is well, with all it said when not.

use crate::failure::{Failure, Outcome};
use crate::say::Step;
use crate::{files, stop};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// More than this a person won't read, and a run-away program must not fill the memory.
const LINES_KEPT: usize = 4_000;
const LINES_SHOWN: usize = 300;

/// What a program said, line by line, standard output and error as they came.
pub type Lines = Vec<String>;

/// A program of the project's own surroundings: in the repository, with our tools on the PATH.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(files::root())
        .env("PATH", crate::tools::path());
    // `cargo run` tells us about this package; a build below must not think that it was told about itself.
    for (name, _) in std::env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") || text == "CARGO_BIN_NAME" {
            command.env_remove(name);
        }
    }
    command
}

/// `cargo` with these arguments.
pub fn cargo<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(arguments: I) -> Command {
    let mut command = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// Runs it under a title, with its progress, and gives what it said.
pub fn step(title: &str, command: &mut Command, limit: Duration) -> Outcome<Lines> {
    let mut step = Step::begin(title);
    match watched(command, limit, |detail| step.tick(detail)) {
        Ok(lines) => {
            step.done("");
            Ok(lines)
        }
        Err(failure) => {
            step.failed();
            Err(failure)
        }
    }
}

/// Runs it and gives what it said; says nothing itself.
pub fn quietly(command: &mut Command, limit: Duration) -> Outcome<Lines> {
    watched(command, limit, |_| {})
}

/// What a program prints on standard output, trimmed; `None` when it isn't there or fails.
pub fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs it and calls `tick` many times a second with what it is just doing.
pub fn watched(command: &mut Command, limit: Duration, mut tick: impl FnMut(&str)) -> Outcome<Lines> {
    let name = display(command);
    // A group of its own: the end of a step is the end of everything it started.
    let spawned = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn();
    let mut child = spawned.map_err(|error| Failure::new(format!("`{name}` can't be started: {error}.")))?;
    let said = listen(&mut child);
    let begun = Instant::now();
    let mut lines = Lines::new();
    let mut detail = String::new();
    let status = loop {
        match said.recv_timeout(Duration::from_millis(50)) {
            Ok(line) => {
                progress(&line).clone_into(&mut detail);
                keep(&mut lines, line);
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => thread::sleep(Duration::from_millis(20)),
            Err(RecvTimeoutError::Timeout) => {}
        }
        tick(&detail);
        if let Some(status) = child
            .try_wait()
            .map_err(|error| Failure::new(format!("`{name}`: {error}.")))?
        {
            break status;
        }
        if stop::asked() || begun.elapsed() > limit {
            end_group(&mut child, Duration::from_secs(10));
            stop::check()?;
            let what = format!(
                "`{name}` was ended: it took more than {} minutes.",
                limit.as_secs() / 60
            );
            return Err(Failure::new(what).output(shown(lines)));
        }
    };
    // What a grandchild still holds open isn't waited for.
    while let Ok(line) = said.recv_timeout(Duration::from_millis(200)) {
        keep(&mut lines, line);
    }
    if status.success() {
        return Ok(lines);
    }
    stop::check()?;
    Err(Failure::new(format!("`{name}` failed ({status}).")).output(shown(lines)))
}

/// Asks the child and all it started to end, waits, then insists.
pub fn end_group(child: &mut Child, patience: Duration) {
    let group = i32::try_from(child.id()).map(Pid::from_raw);
    if let Ok(group) = group {
        let _ = killpg(group, Signal::SIGTERM);
    }
    let begun = Instant::now();
    while begun.elapsed() < patience {
        if matches!(child.try_wait(), Ok(Some(_))) {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    if let Ok(group) = group {
        let _ = killpg(group, Signal::SIGKILL);
    }
    let _ = child.wait();
}

/// The command as a person would type it.
pub fn display(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program
        .file_name()
        .unwrap_or(program.as_os_str())
        .to_string_lossy()
        .into_owned();
    command.get_args().fold(name, |line, argument| {
        format!("{line} {}", argument.to_string_lossy())
    })
}

fn listen(child: &mut Child) -> Receiver<String> {
    let (sender, receiver) = channel();
    if let Some(out) = child.stdout.take() {
        forward(out, sender.clone());
    }
    if let Some(err) = child.stderr.take() {
        forward(err, sender);
    }
    receiver
}

fn forward(stream: impl Read + Send + 'static, sender: Sender<String>) {
    thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut bytes = Vec::new();
        while matches!(reader.read_until(b'\n', &mut bytes), Ok(count) if count > 0) {
            let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
            bytes.clear();
            if sender.send(line).is_err() {
                break;
            }
        }
    });
}

fn keep(lines: &mut Lines, line: String) {
    if lines.len() >= LINES_KEPT {
        lines.drain(..LINES_KEPT / 4);
    }
    lines.push(line);
}

/// The lines worth showing when it failed: without cargo's list of what went well.
fn shown(lines: Lines) -> Lines {
    let mut lines: Lines = lines.into_iter().filter(|line| !is_noise(line)).collect();
    let surplus = lines.len().saturating_sub(LINES_SHOWN);
    lines.drain(..surplus);
    lines
}

fn is_noise(line: &str) -> bool {
    const VERBS: [&str; 9] = [
        "Compiling",
        "Checking",
        "Downloaded",
        "Downloading",
        "Fresh",
        "Locking",
        "Updating",
        "Adding",
        "Blocking",
    ];
    line.split_whitespace()
        .next()
        .is_some_and(|first| VERBS.contains(&first))
}

/// The short form of a line of output: `Compiling leptos`, not its path.
fn progress(line: &str) -> &str {
    let line = line.trim();
    line.split_once(" (").map_or(line, |(start, _)| start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_is_quoted_without_noise() {
        let mut command = Command::new("sh");
        command.args([
            "-c",
            "echo '   Compiling serde v1.0.0'; echo 'error: no such thing' >&2; exit 3",
        ]);
        let failure = quietly(&mut command, Duration::from_secs(10)).unwrap_err();
        assert_eq!(failure.output_lines(), ["error: no such thing"]);
        assert!(failure.to_string().contains("exit status: 3"), "{failure}");
    }

    #[test]
    fn a_program_that_hangs_is_ended_with_its_children() {
        let begun = Instant::now();
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 60 & sleep 60"]);
        let failure = quietly(&mut command, Duration::from_millis(100)).unwrap_err();
        assert!(failure.to_string().contains("was ended"), "{failure}");
        assert!(begun.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn a_missing_program_is_a_sentence() {
        let failure = quietly(&mut Command::new("no-such-program"), Duration::from_secs(1)).unwrap_err();
        assert!(
            failure
                .to_string()
                .starts_with("`no-such-program` can't be started"),
            "{failure}"
        );
    }
}
