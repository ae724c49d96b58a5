//! What went wrong, in words for the person at the terminal.

use std::fmt;

/// A task's answer.
pub type Outcome<T = ()> = Result<T, Failure>;

/// What went wrong and what to do about it.
#[derive(Debug)]
pub struct Failure {
    what: String,
    hint: Option<String>,
    output: Vec<String>,
    code: u8,
}

impl Failure {
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            hint: None,
            output: Vec::new(),
            code: 1,
        }
    }

    /// Somebody pressed Ctrl-C: no fault, but not a success either.
    pub fn stopped() -> Self {
        Self {
            code: 130,
            ..Self::new("Stopped.")
        }
    }

    /// What the person can do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What the program that failed had said.
    pub fn output(mut self, output: Vec<String>) -> Self {
        self.output = output;
        self
    }

    /// The same failure, said of something larger.
    pub fn within(mut self, whole: &str) -> Self {
        self.what = format!("{whole}: {}", self.what);
        self
    }

    pub fn code(&self) -> u8 {
        self.code
    }

    pub fn output_lines(&self) -> &[String] {
        &self.output
    }

    pub fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.what)
    }
}

/// Gives an error of a library the sentence it lacks: `read(path).or_say("The key can't be read")?`.
pub trait OrSay<T> {
    fn or_say(self, sentence: impl fmt::Display) -> Outcome<T>;
}

impl<T, E: fmt::Display> OrSay<T> for Result<T, E> {
    fn or_say(self, sentence: impl fmt::Display) -> Outcome<T> {
        self.map_err(|error| Failure::new(format!("{sentence}: {error}")))
    }
}
