//! Days and times as the salon's people read them: in the salon's time zone, with the day of the week.

use domain::time::Moment;
use jiff::{Timestamp, Zoned, civil::Date, tz::TimeZone};

/// The salon's time zone; UTC if it can't be read (it is checked where it is set).
#[must_use]
pub fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// A moment in the salon's time zone.
#[must_use]
pub fn local(at: Moment, zone: &TimeZone) -> Zoned {
    let at = Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(zone.clone())
}

/// The first moment of a day (where a clock is set forward at midnight, the first there is).
#[must_use]
pub fn begin(day: Date, zone: &TimeZone) -> Moment {
    let start = day.to_zoned(zone.clone());
    Moment(start.map_or(0, |start| start.timestamp().as_millisecond()))
}

/// `Tue 24 Nov`.
#[must_use]
pub fn day(date: Date) -> String {
    date.strftime("%a %-d %b").to_string()
}

/// `Tue 24 Nov 2026`.
#[must_use]
pub fn long_day(date: Date) -> String {
    date.strftime("%a %-d %b %Y").to_string()
}

/// `15:00`.
#[must_use]
pub fn time(at: Moment, zone: &TimeZone) -> String {
    local(at, zone).strftime("%H:%M").to_string()
}

/// `Tue 24 Nov 2026, 15:00`.
#[must_use]
pub fn full(at: Moment, zone: &TimeZone) -> String {
    local(at, zone).strftime("%a %-d %b %Y, %H:%M").to_string()
}
