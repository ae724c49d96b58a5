//! The rules under numbers of any size: sums, terms, cancelling, free times.

use domain::{
    availability::{
        Busy, DurationMinutes, Interval, Search, StepMinutes, WorkingHours, granules, local_date,
    },
    cancellation::{CancellationTerms, Fee, Tier},
    currency::Currency,
    hold::HoldMinutes,
    money::{Money, Percent},
    terms::{Clients, Line, Part, Rule, SalonTerms},
    time::Moment,
};

use super::wire::check_terms;

/// Numbers, eight bytes each at most: whatever the rules are given, they answer.
pub fn rules(data: &[u8]) {
    let mut numbers = Numbers(data);
    terms(&mut numbers);
    times(&mut numbers);
}

fn terms(numbers: &mut Numbers) {
    let lines: Vec<Line> = (0..numbers.small() % 6)
        .filter_map(|_| {
            Some(Line {
                price: numbers.money()?,
                from: numbers.flag(),
                service: numbers.rule(),
                part: match numbers.small() % 3 {
                    0 => Part::Full,
                    1 => Part::Percent(numbers.percent()?),
                    _ => Part::Fixed(numbers.money()?),
                },
                group: numbers.flag(),
                employee: numbers.rule(),
            })
        })
        .collect();
    let tiers = (0..numbers.small() % 8)
        .filter_map(|_| {
            Some(Tier {
                within_hours: u16::try_from(numbers.next() & 0xffff).ok()?,
                fee: match numbers.small() % 2 {
                    0 => Fee::Percent(numbers.percent()?),
                    _ => Fee::Fixed(numbers.money()?),
                },
            })
        })
        .collect();
    let cancellation = CancellationTerms::new(tiers).unwrap_or_default();
    let salon = SalonTerms {
        online: numbers.small() & 3 != 0,
        optional: numbers.flag(),
        clients: if numbers.flag() {
            Clients::All
        } else {
            Clients::NewOrMissed
        },
        from_value: numbers.money(),
    };
    check_terms(&salon, &cancellation, &lines);
    if let (Some(one), Some(other)) = (numbers.money(), numbers.money()) {
        if let Ok(sum) = one.plus(other) {
            assert_eq!(sum.less(other), Ok(one));
        }
        if let Ok(rest) = one.less(other) {
            assert!(rest.minor() <= one.minor());
        }
        let _ = one.to_string();
    }
}

fn times(numbers: &mut Numbers) {
    let zones = [
        "CET-1CEST,M3.5.0,M10.5.0/3",
        "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
        "UTC0",
    ];
    let Some(zone) = zones.get(usize::from(numbers.small() % 3)) else {
        return;
    };
    let zone = jiff::tz::TimeZone::posix(zone).unwrap();
    let mut days: [Vec<Interval>; 7] = Default::default();
    for day in &mut days {
        for _ in 0..numbers.small() % 4 {
            let (from, to) = (numbers.next() & 2047, numbers.next() & 2047);
            let minutes = |number| u16::try_from(number).unwrap_or_default();
            day.extend(Interval::new(minutes(from), minutes(to)));
        }
    }
    let (Ok(hours), Some(duration), Some(step)) = (
        WorkingHours::new(days),
        DurationMinutes::parse(u16::from(numbers.small()) * 5),
        StepMinutes::parse(numbers.small() % 64),
    ) else {
        return;
    };
    let mut moment = || Moment(numbers.next());
    let busy: Vec<Busy> = (0..3)
        .map(|_| Busy {
            from: moment(),
            to: moment(),
        })
        .collect();
    let (earliest, start) = (moment(), moment());
    let search = Search {
        zone: &zone,
        hours: &hours,
        busy: &busy,
        duration,
        step,
        earliest,
    };
    for day in search.days(local_date(&zone, start), 3) {
        for start in &day.starts {
            let end = duration.after(*start);
            assert!(*start >= earliest);
            assert!(
                busy.iter()
                    .all(|b| b.from >= b.to || end <= b.from || b.to <= *start)
            );
            assert_eq!(local_date(&zone, *start), day.date);
            assert!(search.offers(*start));
        }
    }
    let _ = search.offers(start);
    let (from, to) = (start, duration.after(start));
    assert!(granules(from, to).count() <= usize::from(duration.get()) / 5 + 1);
    if let Some(hold) = HoldMinutes::parse(numbers.small()) {
        assert!(hold.until(start) >= start);
    }
}

/// Reads numbers off the input; after its end all are nought.
struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    fn flag(&mut self) -> bool {
        self.small() & 1 == 0
    }

    fn small(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    /// The first byte says how many follow, so that small numbers are as likely as the largest.
    fn next(&mut self) -> i64 {
        let length = self.small() % 9;
        let mut number: i64 = if length > 0 && self.0.first().is_some_and(|byte| *byte > 127) {
            -1
        } else {
            0
        };
        for _ in 0..length {
            number = (number << 8) | i64::from(self.small());
        }
        number
    }

    fn money(&mut self) -> Option<Money> {
        let currencies = ["EUR", "JPY", "ISK", "HUF", "KZT", "EUR", "EUR", "EUR"];
        let currency = currencies.get(usize::from(self.small() % 8))?;
        Money::new(self.next(), Currency::parse(currency).ok()?).ok()
    }

    fn percent(&mut self) -> Option<Percent> {
        Percent::parse(self.small() % 101)
    }

    fn rule(&mut self) -> Rule {
        match self.small() % 3 {
            0 => Rule::Forbidden,
            1 => Rule::Allowed,
            _ => Rule::Required,
        }
    }
}
