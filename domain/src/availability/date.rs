//! Local dates.

use std::fmt;

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};

use super::open::Clock;
use crate::time::Moment;

/// Why a text is no date.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DateError {
    /// Not written as year, month and day: `2026-11-24`.
    NotADate,
    /// No such day, such as 30 February.
    NoSuchDay,
    /// Before 1970 or after 2999.
    OutOfRange,
}

/// Reads a date written as `2026-11-24`, from 1970 to 2999.
///
/// ```
/// use domain::availability::{DateError, parse_date};
/// assert_eq!(parse_date("2026-11-24").unwrap().to_string(), "2026-11-24");
/// assert_eq!(parse_date("24.11.2026"), Err(DateError::NotADate));
/// assert_eq!(parse_date("2026-02-29"), Err(DateError::NoSuchDay));
/// ```
///
/// # Errors
/// [`DateError`] when it is written otherwise, there is no such day, or it is out of range.
pub fn parse_date(text: &str) -> Result<Date, DateError> {
    let [a, b, c, d, b'-', e, f, b'-', g, h] = text.as_bytes() else {
        return Err(DateError::NotADate);
    };
    let year = digits(&[*a, *b, *c, *d])?;
    let month = i8::try_from(digits(&[*e, *f])?).map_err(|_| DateError::NotADate)?;
    let day = i8::try_from(digits(&[*g, *h])?).map_err(|_| DateError::NotADate)?;
    let date = Date::new(year, month, day).map_err(|_| DateError::NoSuchDay)?;
    if is_supported(date) {
        Ok(date)
    } else {
        Err(DateError::OutOfRange)
    }
}

/// What the clock of this zone shows at this moment.
///
/// ```
/// use domain::{availability::local, time::Moment};
/// let vienna = jiff::tz::TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
/// assert_eq!(local(&vienna, Moment(1_795_420_800_000)).to_string(), "2026-11-23T09:00:00");
/// ```
#[must_use]
pub fn local(zone: &TimeZone, moment: Moment) -> DateTime {
    zone.to_datetime(timestamp(moment))
}

/// The date in this zone at this moment.
#[must_use]
pub fn local_date(zone: &TimeZone, moment: Moment) -> Date {
    local(zone, moment).date()
}

/// The first moment of this date in this zone: mostly midnight, later where a change of the clocks skips midnight.
///
/// The day ends at the start of the next. `None` for a date outside the years that [`parse_date`] reads, and for one
/// that a zone skipped as a whole (Samoa, 30 December 2011).
///
/// ```
/// use domain::availability::{parse_date, start_of_day};
/// let vienna = jiff::tz::TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
/// let of = |date| start_of_day(&vienna, parse_date(date).unwrap()).unwrap();
/// // The day on which the clocks go back has 25 hours.
/// assert_eq!(of("2026-10-26").since(of("2026-10-25")), 25 * 3_600_000);
/// ```
#[must_use]
pub fn start_of_day(zone: &TimeZone, date: Date) -> Option<Moment> {
    Clock::around(zone, &[date])
        .moments_of(date, 0, 1440)
        .map(|span| span.from)
        .min()
}

/// A day of 24 hours in milliseconds.
pub(super) const DAY: i64 = 24 * 3_600_000;

/// This many dates from `from` on, as far as they are supported.
pub(super) fn range(from: Date, count: u16) -> Vec<Date> {
    std::iter::successors(Some(from), |date| date.tomorrow().ok())
        .take(usize::from(count))
        .take_while(|date| is_supported(*date))
        .collect()
}

/// Whether a date is within the years this product speaks of.
pub(super) fn is_supported(date: Date) -> bool {
    (1970..=2999).contains(&date.year())
}

/// The moment in jiff's terms; what is beyond its years counts as their end.
pub(super) fn timestamp(moment: Moment) -> Timestamp {
    Timestamp::from_millisecond(moment.0).unwrap_or(if moment.0 < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

fn digits(bytes: &[u8]) -> Result<i16, DateError> {
    bytes.iter().try_fold(0_i16, |number, byte| match byte {
        b'0'..=b'9' => Ok(number * 10 + i16::from(byte - b'0')),
        _ => Err(DateError::NotADate),
    })
}

impl fmt::Display for DateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DateError::NotADate => "a date is written as year, month and day, such as 2026-11-24",
            DateError::NoSuchDay => "there is no such day",
            DateError::OutOfRange => "a date is from 1970 to 2999",
        })
    }
}

impl std::error::Error for DateError {}
