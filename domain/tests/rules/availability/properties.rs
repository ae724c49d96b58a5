//! The search against one that looks at every minute.

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;

const MINUTE: i64 = 60_000;

/// Each zone with the days on which its clocks change, and a plain one.
const DAYS: [(&str, &[&str]); 7] = [
    (VIENNA, &["2026-03-29", "2026-10-25", "2026-07-01"]),
    (NEW_YORK, &["2026-03-08", "2026-11-01", "2026-07-01"]),
    (LORD_HOWE, &["2026-04-05", "2026-10-04", "2026-07-01"]),
    (BEIRUT, &["2026-03-29", "2026-10-24", "2026-07-01"]),
    (ST_JOHNS, &["2026-03-08", "2026-11-01", "2026-10-31"]),
    (KOLKATA, &["2026-07-01"]),
    (KATHMANDU, &["2026-07-01"]),
];

#[derive(Clone, Debug)]
struct Case {
    zone: TimeZone,
    date: Date,
    hours: WorkingHours,
    busy: Vec<Busy>,
    duration: DurationMinutes,
    step: StepMinutes,
    earliest: Moment,
}

impl Case {
    fn search(&self) -> Search<'_> {
        Search {
            zone: &self.zone,
            hours: &self.hours,
            busy: &self.busy,
            duration: self.duration,
            step: self.step,
            earliest: self.earliest,
        }
    }

    /// Looks at every minute from a day before to two days after, and keeps those that nothing speaks against.
    fn minute_by_minute(&self) -> Vec<Moment> {
        let zero = at(&format!("{}T00:00", self.date)).0 - 1440 * MINUTE;
        let minutes: Vec<(Moment, Date, u16, bool)> = (0..4 * 1440)
            .map(|n| {
                let moment = Moment(zero + n * MINUTE);
                let clock = self
                    .zone
                    .to_datetime(Timestamp::from_millisecond(moment.0).unwrap());
                let minute = u16::try_from(i32::from(clock.hour()) * 60 + i32::from(clock.minute())).unwrap();
                let open = self
                    .hours
                    .on(clock.weekday())
                    .iter()
                    .any(|i| (i.start()..i.end()).contains(&minute));
                (moment, clock.date(), minute, open)
            })
            .collect();
        let length = usize::from(self.duration.get());
        minutes
            .windows(length)
            .filter(|visit| {
                let (start, date, minute, _) = visit[0];
                let end = Moment(start.0 + i64::from(self.duration.get()) * MINUTE);
                let reasons = [
                    date != self.date,
                    minute % u16::from(self.step.get()) != 0,
                    visit.iter().any(|(.., open)| !open),
                    start < self.earliest,
                    self.busy
                        .iter()
                        .any(|span| span.from < span.to && span.from < end && start < span.to),
                ];
                reasons == [false; 5]
            })
            .map(|visit| visit[0].0)
            .collect()
    }
}

fn any_hours() -> impl Strategy<Value = WorkingHours> {
    // Cuts of the day, paired; some touch, some reach midnight. The night is where clocks change.
    let cut = prop_oneof![3 => 0..=240_u16, 1 => 0..=1440_u16, 1 => Just(1440_u16)];
    let day = prop::collection::btree_set(cut, 0..7).prop_flat_map(|cuts| {
        let cuts: Vec<u16> = cuts.into_iter().collect();
        prop::collection::vec(prop::bool::weighted(0.7), cuts.len()).prop_map(move |open| {
            cuts.windows(2)
                .zip(open)
                .filter(|(_, open)| *open)
                .map(|(pair, _)| Interval::new(pair[0], pair[1]).unwrap())
                .collect::<Vec<_>>()
        })
    });
    prop::collection::vec(day, 7).prop_map(|days| WorkingHours::new(days.try_into().unwrap()).unwrap())
}

fn any_case() -> impl Strategy<Value = Case> {
    let day =
        prop::sample::select(&DAYS).prop_flat_map(|(zone, dates)| (Just(zone), prop::sample::select(dates)));
    let minute = prop_oneof![4 => Just(0_i64), 1 => 0..MINUTE];
    // A span from so many five minutes after the middle of the day before, mostly on whole minutes.
    let span = (0..500_i64, minute.clone(), 0..30_i64, minute);
    let duration = prop_oneof![5..=24_u16, 1..=144_u16].prop_map(|n| DurationMinutes::parse(n * 5).unwrap());
    let short = (1..=24_u16).prop_map(|n| DurationMinutes::parse(n * 5).unwrap());
    let step = prop::sample::select(&[5, 10, 15, 20, 30, 60]).prop_map(|n| StepMinutes::parse(n).unwrap());
    (
        day,
        any_hours(),
        prop::collection::vec(span, 0..6),
        prop_oneof![1 => duration, 3 => short],
        step,
        prop::option::weighted(0.3, 0..2000_i64),
    )
        .prop_map(|((posix, date), hours, spans, duration, step, earliest)| {
            let noon = at(&format!("{date}T00:00")).0 - 720 * MINUTE;
            let busy = spans
                .into_iter()
                .map(|(start, more, length, rest)| {
                    let from = noon + start * 5 * MINUTE + more;
                    Busy {
                        from: Moment(from),
                        to: Moment(from + length * 5 * MINUTE + rest),
                    }
                })
                .collect();
            let earliest = earliest.map_or(Moment(i64::MIN), |minutes| Moment(noon + minutes * MINUTE));
            Case {
                zone: zone(posix),
                date: parse_date(date).unwrap(),
                hours,
                busy,
                duration,
                step,
                earliest,
            }
        })
}

fn overlap(a: Busy, b: Busy) -> bool {
    a.from < a.to && b.from < b.to && a.from < b.to && b.from < a.to
}

fn pieces(span: Busy) -> Vec<i64> {
    granules(span.from, span.to).collect()
}

proptest! {
    #[test]
    fn each_start_is_free_and_each_other_minute_has_a_reason(case in any_case()) {
        prop_assert_eq!(case.search().free_starts(case.date), case.minute_by_minute());
    }

    #[test]
    fn many_days_are_the_same_as_day_by_day(case in any_case(), back in 0..5_i32) {
        let from = case.date.checked_sub(jiff::Span::new().days(back)).unwrap();
        for day in case.search().days(from, 8) {
            prop_assert_eq!(&day.starts, &case.search().free_starts(day.date), "{}", day.date);
            for start in day.starts {
                prop_assert_eq!(local_date(&case.zone, start), day.date);
                prop_assert!(case.search().offers(start));
            }
        }
    }

    #[test]
    fn the_days_of_a_zone_follow_each_other(case in any_case()) {
        let start = start_of_day(&case.zone, case.date).unwrap();
        prop_assert_eq!(local_date(&case.zone, start), case.date);
        prop_assert!(local_date(&case.zone, Moment(start.0 - 1)) < case.date);
    }

    #[test]
    fn spans_on_whole_pieces_overlap_exactly_when_they_share_one(
        a in -50..50_i64, a_length in -2..20_i64, b in -50..50_i64, b_length in -2..20_i64,
    ) {
        let span = |from: i64, length: i64| Busy {
            from: Moment(from * GRANULE_MINUTES * MINUTE),
            to: Moment((from + length) * GRANULE_MINUTES * MINUTE),
        };
        let (one, other) = (span(a, a_length), span(b, b_length));
        let shared = pieces(one).iter().any(|piece| pieces(other).contains(piece));
        prop_assert_eq!(shared, overlap(one, other));
        prop_assert_eq!(pieces(one).len(), usize::try_from(a_length).unwrap_or(0));
    }

    #[test]
    fn any_spans_that_overlap_share_a_piece(
        a in -2_000_000..2_000_000_i64, a_length in 0..4_000_000_i64,
        b in -2_000_000..2_000_000_i64, b_length in 0..4_000_000_i64,
    ) {
        let span = |from, length| Busy { from: Moment(from), to: Moment(from + length) };
        let (one, other) = (span(a, a_length), span(b, b_length));
        let shared = pieces(one).iter().any(|piece| pieces(other).contains(piece));
        prop_assert!(shared || !overlap(one, other));
    }
}
