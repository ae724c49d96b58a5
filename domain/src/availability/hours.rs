//! Working hours, and the lengths that searches are made of.

use std::fmt;

use jiff::civil::Weekday;
use serde::{Deserialize, Serialize};

use crate::time::Moment;

/// A span of the local clock, in minutes since midnight: `start` belongs to it, `end` no longer.
///
/// ```
/// use domain::availability::Interval;
/// let morning = Interval::new(9 * 60, 12 * 60).unwrap();
/// assert_eq!((morning.start(), morning.end()), (540, 720));
/// assert!(Interval::new(540, 540).is_err());
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "(u16, u16)", into = "(u16, u16)")]
pub struct Interval {
    start: u16,
    end: u16,
}

/// When somebody works: for each weekday the intervals of the local clock, in order and apart.
///
/// As JSON it is seven lists, Monday first, of `[start, end]` in minutes since midnight.
///
/// ```
/// use domain::availability::{Interval, WorkingHours};
/// let tuesday = vec![Interval::new(540, 720).unwrap(), Interval::new(780, 1080).unwrap()];
/// let hours = WorkingHours::new([vec![], tuesday, vec![], vec![], vec![], vec![], vec![]]).unwrap();
/// let json = serde_json::to_string(&hours).unwrap();
/// assert_eq!(json, "[[],[[540,720],[780,1080]],[],[],[],[],[]]");
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "[Vec<Interval>; 7]", into = "[Vec<Interval>; 7]")]
pub struct WorkingHours([Vec<Interval>; 7]);

/// Why hours can't be worked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HoursError {
    /// An interval ends when it begins, or before.
    Backwards,
    /// An interval goes on after midnight (1440): the rest belongs to the next day.
    PastMidnight,
    /// Two intervals of one day overlap.
    Overlap,
    /// More than [`WorkingHours::MOST_INTERVALS`] on one day.
    TooMany,
}

/// How long a visit takes, in minutes: 5 to 720, a multiple of 5.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct DurationMinutes(u16);

/// The grid on which visits start, in minutes: 5, 10, 15, 20, 30 or 60, counted from local midnight. 15 by default.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct StepMinutes(u8);

impl Interval {
    /// An interval of the local clock, both ends from 0 to 1440.
    ///
    /// # Errors
    /// [`HoursError::Backwards`] and [`HoursError::PastMidnight`].
    pub fn new(start: u16, end: u16) -> Result<Interval, HoursError> {
        if end > 1440 {
            Err(HoursError::PastMidnight)
        } else if start >= end {
            Err(HoursError::Backwards)
        } else {
            Ok(Interval { start, end })
        }
    }

    /// The first minute, 0 to 1439.
    #[must_use]
    pub fn start(self) -> u16 {
        self.start
    }

    /// The minute at which it is over, 1 to 1440.
    #[must_use]
    pub fn end(self) -> u16 {
        self.end
    }
}

impl WorkingHours {
    /// The most intervals on one day.
    pub const MOST_INTERVALS: usize = 12;

    /// Hours of these intervals, Monday first; those of one day in any order.
    ///
    /// # Errors
    /// [`HoursError::Overlap`] and [`HoursError::TooMany`]. Intervals that touch are fine.
    pub fn new(mut days: [Vec<Interval>; 7]) -> Result<WorkingHours, HoursError> {
        for day in &mut days {
            if day.len() > Self::MOST_INTERVALS {
                return Err(HoursError::TooMany);
            }
            day.sort_by_key(|interval| interval.start);
            let overlap = day.windows(2).any(|pair| match pair {
                [one, next] => next.start < one.end,
                _ => false,
            });
            if overlap {
                return Err(HoursError::Overlap);
            }
        }
        Ok(WorkingHours(days))
    }

    /// The intervals of a weekday, in order.
    #[must_use]
    pub fn on(&self, weekday: Weekday) -> &[Interval] {
        let [monday, tuesday, wednesday, thursday, friday, saturday, sunday] = &self.0;
        match weekday {
            Weekday::Monday => monday,
            Weekday::Tuesday => tuesday,
            Weekday::Wednesday => wednesday,
            Weekday::Thursday => thursday,
            Weekday::Friday => friday,
            Weekday::Saturday => saturday,
            Weekday::Sunday => sunday,
        }
    }
}

impl DurationMinutes {
    /// Reads a length; `None` outside 5 to 720, and for what is no multiple of 5.
    ///
    /// ```
    /// use domain::availability::DurationMinutes;
    /// assert!(DurationMinutes::parse(45).is_some());
    /// assert!(DurationMinutes::parse(47).is_none());
    /// ```
    #[must_use]
    pub fn parse(minutes: u16) -> Option<DurationMinutes> {
        let fits = (5..=720).contains(&minutes) && minutes.is_multiple_of(5);
        fits.then_some(DurationMinutes(minutes))
    }

    /// The number of minutes.
    #[must_use]
    pub fn get(self) -> u16 {
        self.0
    }

    /// When a visit that starts then is over.
    #[must_use]
    pub fn after(self, start: Moment) -> Moment {
        start.plus_minutes(i64::from(self.0))
    }
}

impl StepMinutes {
    /// Reads a step; `None` unless it is 5, 10, 15, 20, 30 or 60.
    #[must_use]
    pub fn parse(minutes: u8) -> Option<StepMinutes> {
        matches!(minutes, 5 | 10 | 15 | 20 | 30 | 60).then_some(StepMinutes(minutes))
    }

    /// The number of minutes.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }
}

impl Default for StepMinutes {
    fn default() -> StepMinutes {
        StepMinutes(15)
    }
}

impl TryFrom<(u16, u16)> for Interval {
    type Error = HoursError;
    fn try_from((start, end): (u16, u16)) -> Result<Interval, HoursError> {
        Interval::new(start, end)
    }
}

impl From<Interval> for (u16, u16) {
    fn from(interval: Interval) -> (u16, u16) {
        (interval.start, interval.end)
    }
}

impl TryFrom<[Vec<Interval>; 7]> for WorkingHours {
    type Error = HoursError;
    fn try_from(days: [Vec<Interval>; 7]) -> Result<WorkingHours, HoursError> {
        WorkingHours::new(days)
    }
}

impl From<WorkingHours> for [Vec<Interval>; 7] {
    fn from(hours: WorkingHours) -> [Vec<Interval>; 7] {
        hours.0
    }
}

impl TryFrom<u16> for DurationMinutes {
    type Error = &'static str;
    fn try_from(minutes: u16) -> Result<DurationMinutes, &'static str> {
        DurationMinutes::parse(minutes).ok_or("a visit takes 5 to 720 minutes, a multiple of 5")
    }
}

impl From<DurationMinutes> for u16 {
    fn from(minutes: DurationMinutes) -> u16 {
        minutes.0
    }
}

impl TryFrom<u8> for StepMinutes {
    type Error = &'static str;
    fn try_from(minutes: u8) -> Result<StepMinutes, &'static str> {
        StepMinutes::parse(minutes).ok_or("visits start every 5, 10, 15, 20, 30 or 60 minutes")
    }
}

impl From<StepMinutes> for u8 {
    fn from(minutes: StepMinutes) -> u8 {
        minutes.0
    }
}

impl fmt::Display for HoursError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            HoursError::Backwards => "working hours end after they begin",
            HoursError::PastMidnight => "working hours end at midnight; the rest belongs to the next day",
            HoursError::Overlap => "two working hours of one day overlap",
            HoursError::TooMany => "at most 12 working hours a day",
        })
    }
}

impl std::error::Error for HoursError {}
