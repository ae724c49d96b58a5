//! English and German: the words, the sums and the dates.

use domain::{money::Money, time::Moment};
use jiff::tz::TimeZone;

use crate::{mail, office::when};

const DAYS: [&str; 7] = ["Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"];

/// The language of a page.
#[derive(Clone, Debug)]
pub struct Words {
    german: bool,
    zone: TimeZone,
}

impl Words {
    pub fn new(language: &str, zone: &str) -> Words {
        Words {
            german: language.starts_with("de"),
            zone: when::zone(zone),
        }
    }

    pub fn pick<'a>(&self, english: &'a str, german: &'a str) -> &'a str {
        if self.german { german } else { english }
    }

    pub fn sum(&self, sum: Money) -> String {
        mail::sum(sum, self.german)
    }

    /// `Tue 24 Nov 2026, 15:00`, in German `Di 24.11.2026, 15:00`: in the salon's time zone.
    pub fn moment(&self, at: Moment) -> String {
        format!("{}, {}", self.day(at), self.time(at))
    }

    pub fn day(&self, at: Moment) -> String {
        let local = when::local(at, &self.zone);
        if !self.german {
            return when::long_day(local.date());
        }
        let weekday = usize::try_from(local.weekday().to_monday_zero_offset()).unwrap_or_default();
        let weekday = DAYS.get(weekday).copied().unwrap_or_default();
        format!("{weekday} {}", local.strftime("%d.%m.%Y"))
    }

    pub fn time(&self, at: Moment) -> String {
        when::time(at, &self.zone)
    }

    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }
}
