//! How the tasks speak: one line a step, the time it took, colour only at a terminal.

use crate::failure::Failure;
use std::io::{IsTerminal, Write, stderr, stdout};
use std::time::{Duration, Instant};

/// A step under way. On a terminal its line is alive; elsewhere it speaks up every half minute.
pub struct Step {
    title: String,
    begun: Instant,
    spoke: Instant,
    terminal: bool,
}

const ALIVE: Duration = Duration::from_millis(200);
const HEARTBEAT: Duration = Duration::from_secs(30);

impl Step {
    pub fn begin(title: impl Into<String>) -> Self {
        let now = Instant::now();
        let step = Self {
            title: title.into(),
            begun: now,
            spoke: now,
            terminal: stdout().is_terminal(),
        };
        if step.terminal {
            step.draw("");
        }
        step
    }

    /// Called often while waiting; `detail` is what it is just doing.
    pub fn tick(&mut self, detail: &str) {
        let pause = if self.terminal { ALIVE } else { HEARTBEAT };
        if self.spoke.elapsed() < pause {
            return;
        }
        self.spoke = Instant::now();
        if self.terminal {
            self.draw(detail);
        } else {
            let (title, time) = (&self.title, elapsed(self.begun.elapsed()));
            println!(
                "  … {title}: {time}{}{detail}",
                if detail.is_empty() { "" } else { ", " }
            );
        }
    }

    pub fn done(self, note: &str) -> Duration {
        let took = self.begun.elapsed();
        self.end("✓", "32", note, took);
        took
    }

    pub fn failed(self) -> Duration {
        let took = self.begun.elapsed();
        self.end("✗", "31", "", took);
        took
    }

    fn draw(&self, detail: &str) {
        let time = elapsed(self.begun.elapsed());
        let line: String = format!("  … {}  {time}  {detail}", self.title)
            .chars()
            .take(100)
            .collect();
        print!("\r\x1b[K{line}");
        flush();
    }

    fn end(&self, mark: &str, colour: &str, note: &str, took: Duration) {
        let time = elapsed(took);
        let note = if note.is_empty() {
            String::new()
        } else {
            format!("  {note}")
        };
        if self.terminal {
            println!(
                "\r\x1b[K  \x1b[{colour}m{mark}\x1b[0m {}{note}  \x1b[2m{time}\x1b[0m",
                self.title
            );
        } else {
            println!("  {mark} {}{note}  ({time})", self.title);
        }
    }
}

/// One plain line.
pub fn line(text: &str) {
    println!("{text}");
    flush();
}

/// The end of a task that did not work.
pub fn failure(failure: &Failure) {
    flush();
    for line in failure.output_lines() {
        eprintln!("    {line}");
    }
    if !failure.output_lines().is_empty() {
        eprintln!();
    }
    if stderr().is_terminal() {
        eprintln!("\x1b[31m{failure}\x1b[0m");
    } else {
        eprintln!("{failure}");
    }
    if let Some(hint) = failure.hint_text() {
        eprintln!("{hint}");
    }
}

/// `0.4 s`, `12 s`, `3 min 05 s`.
pub fn elapsed(time: Duration) -> String {
    match time.as_secs() {
        0..10 => format!("{}.{} s", time.as_secs(), time.subsec_millis() / 100),
        seconds @ 10..60 => format!("{seconds} s"),
        seconds => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

fn flush() {
    // A closed terminal is no reason to stop what was asked for.
    let _ = stdout().flush();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_as_people_say_them() {
        let cases = [
            (0, "0.0 s"),
            (450, "0.4 s"),
            (9_990, "9.9 s"),
            (59_999, "59 s"),
            (185_000, "3 min 05 s"),
        ];
        for (milliseconds, said) in cases {
            assert_eq!(elapsed(Duration::from_millis(milliseconds)), said);
        }
    }
}
