//! What happened in a history, line by line, with the names of things that are the same in every run of it.

use std::collections::{BTreeMap, HashMap};

use domain::time::Moment;

/// The story of a history.
#[derive(Debug)]
pub struct Trace {
    start: Moment,
    lines: Vec<String>,
    names: HashMap<String, String>,
    counts: BTreeMap<String, usize>,
    step: usize,
}

impl Trace {
    /// An empty one; times are told from this moment.
    #[must_use]
    pub fn new(start: Moment) -> Trace {
        Trace {
            start,
            lines: Vec::new(),
            names: HashMap::new(),
            counts: BTreeMap::new(),
            step: 0,
        }
    }

    /// A new step.
    pub fn step(&mut self, now: Moment, text: &str) {
        self.step += 1;
        let line = format!("{:>4} {} {text}", self.step, span(now.since(self.start)));
        self.push(&line);
    }

    /// What followed from it.
    pub fn then(&mut self, text: &str) {
        self.push(&format!("                       {text}"));
    }

    /// All lines.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// How many steps there were.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.step
    }

    /// A text with the random ids in it named by their order: `pi_3Xk…` is `pi-1`.
    pub fn named(&mut self, text: &str) -> String {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(from) = rest.find(is_word) {
            let (before, at) = rest.split_at(from);
            let (word, after) = at.split_at(at.find(|c| !is_word(c)).unwrap_or(at.len()));
            out.push_str(before);
            match self.name(word) {
                Some(name) => out.push_str(&name),
                None => out.push_str(word),
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }

    fn push(&mut self, text: &str) {
        let line = self.named(text);
        self.lines.push(line);
    }

    fn name(&mut self, word: &str) -> Option<String> {
        let (prefix, random) = word.rsplit_once('_')?;
        if random.len() < 16 {
            return None;
        }
        if let Some(name) = self.names.get(word) {
            return Some(name.clone());
        }
        let count = self.counts.entry(prefix.to_owned()).or_default();
        *count += 1;
        let name = format!("{prefix}-{count}");
        self.names.insert(word.to_owned(), name.clone());
        Some(name)
    }
}

/// Days, hours, minutes, seconds and milliseconds.
fn span(millis: i64) -> String {
    let (seconds, milli) = (millis / 1_000, millis % 1_000);
    format!(
        "{}d {:02}:{:02}:{:02}.{milli:03}",
        seconds / 86_400,
        seconds / 3_600 % 24,
        seconds / 60 % 60,
        seconds % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_ids_are_named_by_their_order() {
        let mut trace = Trace::new(Moment(0));
        trace.step(Moment(3_723_004), "pi_3aaaaaaaaaaaaaaaaaaaaaaaa pays svc_cut");
        trace.then("pi_3bbbbbbbbbbbbbbbbbbbbbbbb, pi_3aaaaaaaaaaaaaaaaaaaaaaaa");
        assert_eq!(
            trace.lines(),
            [
                "   1 0d 01:02:03.004 pi-1 pays svc_cut",
                "                       pi-2, pi-1"
            ]
        );
    }
}
