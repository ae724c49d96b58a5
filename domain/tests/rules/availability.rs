//! Free times, most of all around changes of the clocks.

mod properties;
mod reading;

use domain::{availability::*, time::Moment};
use jiff::tz::TimeZone;

/// Clocks change at 2:00 and 3:00.
const VIENNA: &str = "CET-1CEST,M3.5.0,M10.5.0/3";
/// Clocks change at 2:00 and back at 2:00.
const NEW_YORK: &str = "EST5EDT,M3.2.0,M11.1.0";
/// Half an hour off, and the clocks change by half an hour.
const LORD_HOWE: &str = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0";
/// The clocks change at midnight.
const BEIRUT: &str = "EET-2EEST,M3.5.0/0,M10.5.0/0";
/// The clocks change a minute after midnight.
const ST_JOHNS: &str = "NST3:30NDT,M3.2.0/0:01,M11.1.0/0:01";
/// Half an hour and three quarters off, and never changed.
const KOLKATA: &str = "IST-5:30";
const KATHMANDU: &str = "<+0545>-5:45";

fn zone(posix: &str) -> TimeZone {
    TimeZone::posix(posix).unwrap()
}

/// These hours on each day, written as `9:00-12:00 13:00-18:00`.
fn hours(text: &str) -> WorkingHours {
    let minutes = |text: &str| {
        let (hours, minutes) = text.split_once(':').unwrap();
        hours.parse::<u16>().unwrap() * 60 + minutes.parse::<u16>().unwrap()
    };
    let day: Vec<Interval> = text
        .split_whitespace()
        .map(|span| {
            let (start, end) = span.split_once('-').unwrap();
            Interval::new(minutes(start), minutes(end)).unwrap()
        })
        .collect();
    WorkingHours::new(std::array::from_fn(|_| day.clone())).unwrap()
}

/// The starts as they are said in UTC: `2026-03-29T00:30`.
fn starts(posix: &str, hours_text: &str, duration: u16, step: u8, date: &str, busy: &[Busy]) -> Vec<String> {
    let (zone, hours) = (zone(posix), hours(hours_text));
    let search = Search {
        zone: &zone,
        hours: &hours,
        busy,
        duration: DurationMinutes::parse(duration).unwrap(),
        step: StepMinutes::parse(step).unwrap(),
        earliest: Moment(0),
    };
    search
        .free_starts(parse_date(date).unwrap())
        .into_iter()
        .map(utc)
        .collect()
}

fn utc(moment: Moment) -> String {
    local(&TimeZone::UTC, moment)
        .strftime("%Y-%m-%dT%H:%M")
        .to_string()
}

fn at(text: &str) -> Moment {
    let time: jiff::civil::DateTime = text.parse().unwrap();
    Moment(time.to_zoned(TimeZone::UTC).unwrap().timestamp().as_millisecond())
}

fn busy(from: &str, to: &str) -> Busy {
    Busy {
        from: at(from),
        to: at(to),
    }
}

#[test]
fn a_plain_day() {
    let found = starts(VIENNA, "9:00-12:00 13:00-15:00", 60, 30, "2026-11-24", &[]);
    // UTC+1; nothing runs into the break or past the end.
    let times: Vec<&str> = found.iter().map(|start| &start[11..]).collect();
    assert_eq!(
        times,
        [
            "08:00", "08:30", "09:00", "09:30", "10:00", "12:00", "12:30", "13:00"
        ]
    );
}

#[test]
fn the_grid_is_counted_from_local_midnight() {
    assert_eq!(
        starts(VIENNA, "9:05-10:30", 20, 20, "2026-11-24", &[]),
        ["2026-11-24T08:20", "2026-11-24T08:40", "2026-11-24T09:00"]
    );
    // Half an hour off UTC: full hours on the wall.
    assert_eq!(
        starts(KOLKATA, "9:00-11:00", 60, 60, "2026-11-24", &[]),
        ["2026-11-24T03:30", "2026-11-24T04:30"]
    );
}

#[test]
fn skipped_times_are_no_times() {
    // On 29 March 2:00 is 3:00 in Vienna (1:00 UTC). From 1:00 to 4:00 there are two hours.
    assert_eq!(
        starts(VIENNA, "1:00-4:00", 60, 30, "2026-03-29", &[]),
        ["2026-03-29T00:00", "2026-03-29T00:30", "2026-03-29T01:00"]
    );
    // Two hours and a half do not fit.
    assert!(starts(VIENNA, "1:00-4:00", 150, 30, "2026-03-29", &[]).is_empty());
    assert_eq!(
        starts(VIENNA, "1:00-4:00", 120, 30, "2026-03-29", &[]),
        ["2026-03-29T00:00"]
    );
    // Hours that lie in the gap are none, and hours that begin in it begin after it.
    assert!(starts(VIENNA, "2:00-3:00", 5, 5, "2026-03-29", &[]).is_empty());
    assert_eq!(
        starts(VIENNA, "2:30-4:00", 60, 30, "2026-03-29", &[]),
        ["2026-03-29T01:00"]
    );
    assert_eq!(
        starts(VIENNA, "1:00-2:30", 60, 30, "2026-03-29", &[]),
        ["2026-03-29T00:00"]
    );
    assert_eq!(
        starts(NEW_YORK, "1:00-4:00", 60, 60, "2026-03-08", &[]),
        ["2026-03-08T06:00", "2026-03-08T07:00"]
    );
}

#[test]
fn repeated_times_are_two_times() {
    // On 25 October 3:00 is 2:00 again in Vienna (1:00 UTC). From 1:00 to 4:00 there are four hours.
    assert_eq!(
        starts(VIENNA, "1:00-4:00", 60, 60, "2026-10-25", &[]),
        [
            "2026-10-24T23:00",
            "2026-10-25T00:00",
            "2026-10-25T01:00",
            "2026-10-25T02:00"
        ]
    );
    assert_eq!(
        starts(VIENNA, "1:00-4:00", 240, 60, "2026-10-25", &[]),
        ["2026-10-24T23:00"]
    );
    // Hours that end within the repeated time are open twice.
    assert_eq!(
        starts(VIENNA, "1:30-2:30", 30, 30, "2026-10-25", &[]),
        ["2026-10-24T23:30", "2026-10-25T00:00", "2026-10-25T01:00"]
    );
    assert_eq!(
        starts(NEW_YORK, "1:00-2:00", 60, 30, "2026-11-01", &[]),
        ["2026-11-01T05:00", "2026-11-01T05:30", "2026-11-01T06:00"]
    );
}

#[test]
fn clocks_may_change_by_half_an_hour_and_at_midnight() {
    // Lord Howe, 4 October 2026: 2:00 is 2:30 (15:30 UTC the day before).
    assert_eq!(
        starts(LORD_HOWE, "1:30-3:00", 30, 30, "2026-10-04", &[]),
        ["2026-10-03T15:00", "2026-10-03T15:30"]
    );
    // 5 April 2026: 2:00 is 1:30 again.
    assert_eq!(
        starts(LORD_HOWE, "1:30-2:00", 30, 30, "2026-04-05", &[]),
        ["2026-04-04T14:30", "2026-04-04T15:00"]
    );
    // Beirut, 29 March 2026: the day begins at 1:00 (22:00 UTC the day before).
    assert_eq!(
        starts(BEIRUT, "0:00-2:00", 60, 60, "2026-03-29", &[]),
        ["2026-03-28T22:00"]
    );
    assert_eq!(
        start_of_day(&zone(BEIRUT), parse_date("2026-03-29").unwrap()),
        Some(at("2026-03-28T22:00"))
    );
    // 24 October 2026 ends with 23:00 twice.
    assert_eq!(
        starts(BEIRUT, "22:00-24:00", 60, 60, "2026-10-24", &[]),
        ["2026-10-24T19:00", "2026-10-24T20:00", "2026-10-24T21:00"]
    );
    // St. John's: a minute of the new day, then the last hour of the old one again.
    assert_eq!(
        starts(ST_JOHNS, "0:00-1:00 23:00-24:00", 30, 30, "2026-11-01", &[]),
        [
            "2026-11-01T02:30",
            "2026-11-01T03:30",
            "2026-11-01T04:00",
            "2026-11-02T02:30",
            "2026-11-02T03:00"
        ]
    );
}

#[test]
fn a_visit_may_go_on_over_midnight_where_the_hours_do() {
    assert_eq!(
        starts(VIENNA, "0:00-1:00 22:00-24:00", 60, 60, "2026-11-24", &[]),
        ["2026-11-23T23:00", "2026-11-24T21:00", "2026-11-24T22:00"]
    );
    assert_eq!(
        starts(VIENNA, "0:00-1:00 22:00-24:00", 90, 30, "2026-11-24", &[]),
        [
            "2026-11-24T21:00",
            "2026-11-24T21:30",
            "2026-11-24T22:00",
            "2026-11-24T22:30"
        ]
    );
}

#[test]
fn busy_spans_may_touch_a_visit_but_not_overlap_it() {
    let of = |spans: &[Busy]| starts(VIENNA, "9:00-12:00", 60, 60, "2026-11-24", spans).len();
    assert_eq!(of(&[]), 3);
    let (eight, nine, ten) = ("2026-11-24T08:00", "2026-11-24T09:00", "2026-11-24T10:00");
    assert_eq!(of(&[busy(nine, ten)]), 2);
    assert_eq!(of(&[busy("2026-11-24T08:59:59.999", ten)]), 1);
    assert_eq!(of(&[busy(nine, "2026-11-24T10:00:00.001")]), 1);
    assert_eq!(of(&[busy("2026-11-24T09:30", "2026-11-24T09:30:00.001")]), 2);
    // A span without length takes no time, nor does one that ends before it begins.
    assert_eq!(of(&[busy("2026-11-24T09:30", "2026-11-24T09:30")]), 3);
    assert_eq!(of(&[busy(ten, eight)]), 3);
    // In any order, one within the other, and far away.
    assert_eq!(
        of(&[
            busy(nine, ten),
            busy("2026-11-20T00:00", "2026-11-24T08:30"),
            busy(nine, "2026-11-24T09:10")
        ]),
        1
    );
    assert_eq!(
        of(&[busy("2020-01-01T00:00", "2030-01-01T00:00"), busy(nine, ten)]),
        0
    );
}

#[test]
fn nothing_is_offered_before_the_earliest_moment() {
    let (zone, hours) = (zone(VIENNA), hours("9:00-12:00"));
    let search = Search {
        zone: &zone,
        hours: &hours,
        busy: &[],
        duration: DurationMinutes::parse(60).unwrap(),
        step: StepMinutes::parse(60).unwrap(),
        earliest: at("2026-11-24T09:00"),
    };
    let date = parse_date("2026-11-24").unwrap();
    assert_eq!(
        search.free_starts(date),
        [at("2026-11-24T09:00"), at("2026-11-24T10:00")]
    );
    assert!(search.offers(at("2026-11-24T09:00")));
    assert!(!search.offers(at("2026-11-24T08:00")));
    assert!(!search.offers(at("2026-11-24T09:05")));
    let late = Search {
        earliest: Moment(search.earliest.0 + 1),
        ..search
    };
    assert_eq!(late.free_starts(date), [at("2026-11-24T10:00")]);
    assert!(
        Search {
            earliest: Moment(i64::MAX),
            ..search
        }
        .free_starts(date)
        .is_empty()
    );
    for moment in [i64::MIN, -1, i64::MAX] {
        assert!(!search.offers(Moment(moment)));
    }
}

#[test]
fn a_search_is_bounded() {
    let (zone, hours) = (zone(VIENNA), hours("0:00-24:00"));
    let search = Search {
        zone: &zone,
        hours: &hours,
        busy: &[],
        duration: DurationMinutes::parse(5).unwrap(),
        step: StepMinutes::parse(60).unwrap(),
        earliest: Moment(0),
    };
    let days = |from: &str, count| search.days(parse_date(from).unwrap(), count);
    assert_eq!(days("2026-11-24", u16::MAX).len(), usize::from(MOST_DAYS));
    assert_eq!(days("2026-11-24", 0).len(), 0);
    assert_eq!(days("2999-12-30", 62).len(), 2);
    assert_eq!(
        days("1970-01-01", 1)[0].starts.len(),
        23,
        "none before 1970, when it was one o'clock in Vienna"
    );
    // A day of 25 hours and one of 23.
    assert_eq!(days("2026-10-25", 1)[0].starts.len(), 25);
    assert_eq!(days("2026-03-29", 1)[0].starts.len(), 23);
    assert!(search.free_starts(Date::MAX).is_empty());
    assert!(search.free_starts(Date::MIN).is_empty());
    assert_eq!(start_of_day(&zone, Date::MAX), None);
}

#[test]
fn what_takes_no_time_touches_no_piece() {
    let pieces = |from, to| granules(Moment(from), Moment(to)).collect::<Vec<_>>();
    assert_eq!(pieces(300_000, 300_000), Vec::<i64>::new());
    // Also in the middle of one.
    assert_eq!(pieces(420_000, 420_000), Vec::<i64>::new());
    assert_eq!(pieces(420_000, 420_001), [1]);
    assert_eq!(pieces(900_000, 300_000), Vec::<i64>::new());
}
