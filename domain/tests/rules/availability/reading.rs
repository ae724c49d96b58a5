//! Dates, hours and lengths as they are read.

use super::*;

#[test]
fn a_date_is_read_strictly() {
    use DateError::*;
    for (text, expected) in [
        ("2026-11-24", Ok(())),
        ("2028-02-29", Ok(())),
        ("1970-01-01", Ok(())),
        ("2999-12-31", Ok(())),
        ("2026-02-29", Err(NoSuchDay)),
        ("2026-13-01", Err(NoSuchDay)),
        ("2026-00-10", Err(NoSuchDay)),
        ("2026-11-31", Err(NoSuchDay)),
        ("1969-12-31", Err(OutOfRange)),
        ("3000-01-01", Err(OutOfRange)),
        ("", Err(NotADate)),
        ("20261124", Err(NotADate)),
        ("2026-11-24T10:00", Err(NotADate)),
        ("2026-11-24 ", Err(NotADate)),
        ("2026-1-24", Err(NotADate)),
        ("+026-11-24", Err(NotADate)),
        ("2026/11/24", Err(NotADate)),
        ("２026-1-4", Err(NotADate)),
    ] {
        assert_eq!(
            parse_date(text).map(|date| assert_eq!(date.to_string(), text)),
            expected,
            "{text:?}"
        );
    }
}

#[test]
fn the_local_date_is_the_zones() {
    let moment = at("2026-11-24T23:30");
    for (posix, expected) in [
        (VIENNA, "2026-11-25"),
        (NEW_YORK, "2026-11-24"),
        (KATHMANDU, "2026-11-25"),
    ] {
        assert_eq!(local_date(&zone(posix), moment).to_string(), expected);
    }
}

#[test]
fn a_moment_beyond_all_years_counts_as_their_end() {
    for (moment, year) in [
        (Moment(i64::MIN), -9999),
        (Moment(0), 1970),
        (Moment(i64::MAX), 9999),
    ] {
        assert_eq!(local(&TimeZone::UTC, moment).year(), year, "{moment:?}");
    }
}

#[test]
fn hours_that_make_no_sense_are_refused_also_from_json() {
    assert_eq!(Interval::new(600, 600), Err(HoursError::Backwards));
    assert_eq!(Interval::new(601, 600), Err(HoursError::Backwards));
    assert_eq!(Interval::new(600, 1441), Err(HoursError::PastMidnight));
    let of = |spans: &[(u16, u16)]| {
        let day = spans
            .iter()
            .map(|(start, end)| Interval::new(*start, *end).unwrap())
            .collect();
        WorkingHours::new([vec![], vec![], day, vec![], vec![], vec![], vec![]]).map(|_| ())
    };
    assert_eq!(of(&[(600, 700), (500, 601)]), Err(HoursError::Overlap));
    assert_eq!(of(&[(600, 700), (500, 600)]), Ok(()));
    let many: Vec<(u16, u16)> = (0..13).map(|i| (i * 60, i * 60 + 30)).collect();
    assert_eq!(of(&many), Err(HoursError::TooMany));
    assert_eq!(of(&many[..12]), Ok(()));

    let read = serde_json::from_str::<WorkingHours>;
    assert!(read("[[[540,720]],[],[],[],[],[],[[0,1440]]]").is_ok());
    for wrong in [
        "[[],[],[],[],[],[]]",
        "[[],[],[],[],[],[],[],[]]",
        "[[[720,540]],[],[],[],[],[],[]]",
        "[[[540,1441]],[],[],[],[],[],[]]",
        "[[[540,720],[600,800]],[],[],[],[],[],[]]",
        "[[[-1,720]],[],[],[],[],[],[]]",
    ] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
    for (weekday, json) in ["[[[1,2]],[],[],[],[],[],[]]", "[[],[],[],[],[],[],[[1,2]]]"]
        .into_iter()
        .enumerate()
    {
        // 2026-11-23 is a Monday, 2026-11-29 a Sunday.
        let date = parse_date(if weekday == 0 { "2026-11-23" } else { "2026-11-29" }).unwrap();
        assert_eq!(read(json).unwrap().on(date.weekday()).len(), 1);
    }
    for (json, fits) in [
        ("5", true),
        ("720", true),
        ("0", false),
        ("4", false),
        ("721", false),
        ("725", false),
        ("7", false),
    ] {
        assert_eq!(
            serde_json::from_str::<DurationMinutes>(json).is_ok(),
            fits,
            "{json}"
        );
    }
    let steps: Vec<u8> = (0..=u8::MAX)
        .filter(|minutes| StepMinutes::parse(*minutes).is_some())
        .collect();
    assert_eq!(steps, [5, 10, 15, 20, 30, 60]);
}
