//! Moments and spans in milliseconds. Time zones matter to [`crate::availability`] alone.

use serde::{Deserialize, Serialize};

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub i64);

impl Moment {
    /// The moment this many minutes later (earlier when negative).
    #[must_use]
    pub fn plus_minutes(self, minutes: i64) -> Moment {
        Moment(self.0.saturating_add(minutes.saturating_mul(60_000)))
    }

    /// The moment this many milliseconds later (earlier when negative).
    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Moment {
        Moment(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this, negative when this is the earlier one.
    #[must_use]
    pub fn since(self, earlier: Moment) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_move_both_ways_and_never_overflow() {
        assert_eq!(Moment(0).plus_minutes(-2), Moment(-120_000));
        assert_eq!(Moment(5).plus_millis(-7), Moment(-2));
        assert_eq!(Moment(5).since(Moment(7)), -2);
        assert_eq!(Moment(i64::MAX).plus_minutes(1), Moment(i64::MAX));
        assert_eq!(Moment(0).plus_minutes(i64::MIN), Moment(i64::MIN));
        assert_eq!(Moment(i64::MIN).since(Moment(1)), i64::MIN);
    }
}
