//! What histories were made of.

use std::{borrow::Cow, collections::BTreeMap, fmt};

/// How often each thing happened.
#[derive(Clone, Debug, Default)]
pub struct Figures(BTreeMap<Cow<'static, str>, u64>);

impl Figures {
    /// Once more.
    pub fn count(&mut self, what: &'static str) {
        self.add(what, 1);
    }

    /// So often more.
    pub fn add(&mut self, what: &'static str, times: u64) {
        *self.0.entry(Cow::Borrowed(what)).or_default() += times;
    }

    /// So often more, as another process says it.
    pub fn add_told(&mut self, what: &str, times: u64) {
        *self.0.entry(Cow::Owned(what.to_owned())).or_default() += times;
    }

    /// All of them, by name.
    pub fn all(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(what, times)| (what.as_ref(), *times))
    }

    /// How often it happened.
    #[must_use]
    pub fn of(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or_default()
    }

    /// Adds another's.
    pub fn merge(&mut self, other: &Figures) {
        for (what, times) in &other.0 {
            *self.0.entry(what.clone()).or_default() += times;
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, times) in self.0.iter().filter(|(_, times)| **times > 0) {
            writeln!(f, "  {times:>12}  {what}")?;
        }
        Ok(())
    }
}
