//! Which times are free.
//!
//! Working hours are local clock times of a weekday; bookings, holds and starts are [`Moment`]s. Between them stands the
//! time zone, and one definition carries every change of the clocks: **a place is open at a moment when its clock then
//! shows a time within its working hours.** A local time that a change skips has no moment, so nothing starts or lasts
//! in it; a local time that comes twice has two moments, and both are offered. Lengths are always elapsed time.
//!
//! Working intervals that touch, also over midnight, count as one. A start lies on the [`StepMinutes`] grid of the local
//! clock, and the whole visit fits between it and the end of the open span.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::time::Moment;

mod date;
mod hours;
mod open;

pub use date::{DateError, local, local_date, parse_date, start_of_day};
pub use hours::{DurationMinutes, HoursError, Interval, StepMinutes, WorkingHours};
pub use jiff::civil::Date;

/// The length of the pieces that time is cut into to keep two bookings apart, in minutes.
pub const GRANULE_MINUTES: i64 = 5;

/// The most days that [`Search::days`] looks at in one go.
pub const MOST_DAYS: u16 = 62;

/// A span of time in which somebody is not free: a booking, a hold, an absence. `to` no longer belongs to it.
///
/// A span that ends when it begins, or before, takes no time at all.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
pub struct Busy {
    /// When it begins.
    pub from: Moment,
    /// When it is over.
    pub to: Moment,
}

/// What to look for: a visit of one length, with one person.
///
/// ```
/// use domain::{availability::*, time::Moment};
/// let vienna = jiff::tz::TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
/// let morning = vec![Interval::new(9 * 60, 11 * 60).unwrap()];
/// let hours = WorkingHours::new([morning, vec![], vec![], vec![], vec![], vec![], vec![]]).unwrap();
/// let monday = parse_date("2026-11-23").unwrap();
/// let nine = Moment(1_795_420_800_000);
/// let search = Search {
///     zone: &vienna,
///     hours: &hours,
///     busy: &[Busy { from: nine, to: nine.plus_minutes(30) }],
///     duration: DurationMinutes::parse(60).unwrap(),
///     step: StepMinutes::parse(30).unwrap(),
///     earliest: Moment(0),
/// };
/// assert_eq!(search.free_starts(monday), [nine.plus_minutes(30), nine.plus_minutes(60)]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    /// The salon's time zone.
    pub zone: &'a TimeZone,
    /// When the person works.
    pub hours: &'a WorkingHours,
    /// When the person is not free, in any order; spans may overlap.
    ///
    /// To be complete for some days it holds all that touches the time from [`start_of_day`] of the first to
    /// [`start_of_day`] of the day after the last, and [`Search::duration`] beyond.
    pub busy: &'a [Busy],
    /// How long the visit takes.
    pub duration: DurationMinutes,
    /// The grid on which visits start.
    pub step: StepMinutes,
    /// The first moment that may be offered: now and the lead time.
    pub earliest: Moment,
}

/// The free starts of one local date.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Day {
    /// The local date.
    pub date: Date,
    /// The moments at which a visit can start, earliest first.
    pub starts: Vec<Moment>,
}

impl Search<'_> {
    /// The moments on this local date at which a visit can start, earliest first, each once.
    ///
    /// Nothing for a date outside the years that [`parse_date`] reads.
    #[must_use]
    pub fn free_starts(&self, date: Date) -> Vec<Moment> {
        self.days(date, 1).pop().map_or_else(Vec::new, |day| day.starts)
    }

    /// The free starts of `count` local dates from `from` on: one [`Day`] a date, also where nothing is free.
    ///
    /// At most [`MOST_DAYS`] dates, whatever `count` says, and none past the years that [`parse_date`] reads.
    #[must_use]
    pub fn days(&self, from: Date, count: u16) -> Vec<Day> {
        let dates = date::range(from, count.min(MOST_DAYS));
        let clock = open::Clock::around(self.zone, &dates);
        let open = clock.open_spans(self.hours, &dates);
        let busy = tidy(self.busy);
        dates
            .into_iter()
            .map(|date| {
                let candidates = clock.grid(self.hours, date, self.step);
                let starts = self.sweep(candidates, &open, &busy);
                Day { date, starts }
            })
            .collect()
    }

    /// Whether a visit can start at this very moment: whether [`Search::free_starts`] of its date holds it.
    #[must_use]
    pub fn offers(&self, start: Moment) -> bool {
        self.free_starts(local_date(self.zone, start))
            .binary_search(&start)
            .is_ok()
    }

    /// Those candidates whose whole visit is open, free and not too early. All three lists ascend, and the spans of each
    /// are apart, so one pass is enough.
    fn sweep(&self, candidates: Vec<Moment>, open: &[Busy], busy: &[Busy]) -> Vec<Moment> {
        let Some(first) = candidates.first().copied() else {
            return Vec::new();
        };
        let mut open = after(open, first).iter().peekable();
        let mut busy = after(busy, first).iter().peekable();
        candidates
            .into_iter()
            .filter(|start| {
                let end = self.duration.after(*start);
                while open.next_if(|span| span.to <= *start).is_some() {}
                while busy.next_if(|span| span.to <= *start).is_some() {}
                let inside = open
                    .peek()
                    .is_some_and(|span| span.from <= *start && end <= span.to);
                let taken = busy.peek().is_some_and(|span| span.from < end);
                *start >= self.earliest && inside && !taken
            })
            .collect()
    }
}

/// The numbers (minutes since 1970 divided by [`GRANULE_MINUTES`]) of the five-minute pieces that the span from `from` to
/// before `to` touches, ascending; none when it ends before it begins.
///
/// The database lets one person have each piece once, so two bookings can't share one. Two spans that begin and end on
/// whole five minutes overlap exactly when they share a piece. Any two that overlap share one.
///
/// ```
/// use domain::{availability::granules, time::Moment};
/// let start = Moment(50 * 60_000);
/// let pieces: Vec<i64> = granules(start, start.plus_minutes(15)).collect();
/// assert_eq!(pieces, [10, 11, 12]);
/// ```
pub fn granules(from: Moment, to: Moment) -> impl Iterator<Item = i64> {
    const MILLIS: i64 = GRANULE_MINUTES * 60_000;
    let first = from.0.div_euclid(MILLIS);
    let beyond = if from < to {
        to.0.saturating_sub(1).div_euclid(MILLIS) + 1
    } else {
        first
    };
    first..beyond
}

/// The same time as spans that are apart, in order, none of them empty.
fn tidy(spans: &[Busy]) -> Vec<Busy> {
    let mut sorted: Vec<Busy> = spans.iter().copied().filter(|s| s.from < s.to).collect();
    sorted.sort_by_key(|span| span.from);
    let mut apart: Vec<Busy> = Vec::with_capacity(sorted.len());
    for span in sorted {
        match apart.last_mut() {
            Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
            _ => apart.push(span),
        }
    }
    apart
}

/// The spans, of those in order and apart, that are not over at this moment.
fn after(spans: &[Busy], moment: Moment) -> &[Busy] {
    let over = spans.partition_point(|span| span.to <= moment);
    spans.get(over..).unwrap_or_default()
}
