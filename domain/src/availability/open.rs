//! From clock times to moments: the zone's offsets around some dates, and what is open then.

use jiff::{
    Timestamp,
    civil::Date,
    tz::{Offset, TimeZone},
};

use super::{Busy, StepMinutes, WorkingHours, date, tidy};
use crate::time::Moment;

/// What the zone's clock shows around some dates.
pub(super) struct Clock(Vec<Segment>);

/// A span of time in which the clock is not changed.
#[derive(Clone, Copy)]
struct Segment {
    from: i64,
    to: i64,
    /// Local time less UTC.
    offset: i64,
}

const MINUTE: i64 = 60_000;

/// Further from UTC than any zone is.
const FAR: i64 = 26 * 60 * MINUTE;

impl Clock {
    /// The clock for these dates, in order, and a day to either side.
    pub(super) fn around(zone: &TimeZone, dates: &[Date]) -> Clock {
        let edges = dates
            .first()
            .and_then(midnight)
            .zip(dates.last().and_then(midnight));
        let Some((first, last)) = edges else {
            return Clock(Vec::new());
        };
        let (from, to) = (first - date::DAY - FAR, last + 2 * date::DAY + FAR);
        let start = date::timestamp(Moment(from));
        let mut segments = Vec::new();
        let mut open = Segment {
            from,
            to,
            offset: millis(zone.to_offset(start)),
        };
        for change in zone.following(start) {
            let at = change.timestamp().as_millisecond();
            if at >= to {
                break;
            }
            segments.push(Segment { to: at, ..open });
            open = Segment {
                from: at,
                to,
                offset: millis(change.offset()),
            };
        }
        segments.push(open);
        Clock(segments)
    }

    /// What is open on these dates, the day before the first and the day after the last: spans in order and apart.
    pub(super) fn open_spans(&self, hours: &WorkingHours, dates: &[Date]) -> Vec<Busy> {
        let before = dates.first().and_then(|date| date.yesterday().ok());
        let beyond = dates.last().and_then(|date| date.tomorrow().ok());
        let mut spans = Vec::new();
        for date in before.iter().chain(dates).chain(&beyond) {
            for interval in hours.on(date.weekday()) {
                spans.extend(self.moments_of(*date, interval.start(), interval.end()));
            }
        }
        tidy(&spans)
    }

    /// The moments of this date when the clock shows from `start` to before `end` minutes after midnight.
    pub(super) fn moments_of(&self, date: Date, start: u16, end: u16) -> impl Iterator<Item = Busy> {
        let midnight = midnight(&date);
        self.0.iter().filter_map(move |segment| {
            let zero = midnight? - segment.offset;
            let from = (zero + i64::from(start) * MINUTE).max(segment.from);
            let to = (zero + i64::from(end) * MINUTE).min(segment.to);
            (from < to).then_some(Busy {
                from: Moment(from),
                to: Moment(to),
            })
        })
    }

    /// The moments of this date within the hours at which the clock shows a multiple of the step, in order.
    pub(super) fn grid(&self, hours: &WorkingHours, date: Date, step: StepMinutes) -> Vec<Moment> {
        let step = i64::from(step.get()) * MINUTE;
        let mut moments = Vec::new();
        let Some(midnight) = midnight(&date) else {
            return moments;
        };
        for segment in &self.0 {
            let zero = midnight - segment.offset;
            for interval in hours.on(date.weekday()) {
                let from = (zero + i64::from(interval.start()) * MINUTE).max(segment.from);
                let to = (zero + i64::from(interval.end()) * MINUTE).min(segment.to);
                // The first multiple of the step at or after `from`, on the local clock.
                let mut at = zero + (from - zero + step - 1).div_euclid(step) * step;
                while at < to {
                    moments.push(Moment(at));
                    at += step;
                }
            }
        }
        moments
    }
}

/// Midnight of the date as if the zone were UTC.
fn midnight(date: &Date) -> Option<i64> {
    if !date::is_supported(*date) {
        return None;
    }
    let utc = Offset::UTC.to_timestamp(date.at(0, 0, 0, 0));
    utc.ok().map(Timestamp::as_millisecond)
}

fn millis(offset: Offset) -> i64 {
    i64::from(offset.seconds()) * 1000
}
