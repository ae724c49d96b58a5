//! How long a slot is held while its client pays.

use serde::{Deserialize, Serialize};

use crate::time::Moment;

/// How long a hold lasts, in minutes: 5 to 60, 15 unless the salon says otherwise.
///
/// ```
/// use domain::{hold::HoldMinutes, time::Moment};
/// let hold = HoldMinutes::default();
/// assert_eq!(hold.until(Moment(0)), Moment(15 * 60_000));
/// assert!(HoldMinutes::parse(4).is_none());
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct HoldMinutes(u8);

impl HoldMinutes {
    /// Reads a length; `None` outside 5 to 60.
    #[must_use]
    pub fn parse(minutes: u8) -> Option<HoldMinutes> {
        (5..=60).contains(&minutes).then_some(HoldMinutes(minutes))
    }

    /// The number of minutes.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }

    /// When a hold that starts now ends.
    #[must_use]
    pub fn until(self, now: Moment) -> Moment {
        now.plus_minutes(i64::from(self.0))
    }
}

impl Default for HoldMinutes {
    fn default() -> HoldMinutes {
        HoldMinutes(15)
    }
}

impl TryFrom<u8> for HoldMinutes {
    type Error = &'static str;
    fn try_from(minutes: u8) -> Result<HoldMinutes, &'static str> {
        HoldMinutes::parse(minutes).ok_or("a hold lasts 5 to 60 minutes")
    }
}

impl From<HoldMinutes> for u8 {
    fn from(minutes: HoldMinutes) -> u8 {
        minutes.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_lasts_5_to_60_minutes_also_from_json() {
        for minutes in 0..=u8::MAX {
            let fits = (5..=60).contains(&minutes);
            let hold = HoldMinutes::parse(minutes);
            assert_eq!(hold.map(HoldMinutes::get), fits.then_some(minutes));
            assert_eq!(serde_json::from_str(&minutes.to_string()).ok(), hold);
            if let Some(hold) = hold {
                let end = hold.until(Moment(1_000));
                assert_eq!(end.since(Moment(1_000)), 60_000 * i64::from(minutes));
            }
        }
        assert_eq!(HoldMinutes::default().get(), 15);
    }
}
