//! What each refusal says, and how numbers of a range are written. The words reach a salon's owner, a log or the reader of an
//! API's error: an empty sentence, or another one's, would help nobody.

use std::fmt::Display;

use domain::{
    availability::{DateError, DurationMinutes, HoursError, Interval, StepMinutes},
    cancellation::CancellationTerms,
    currency::CurrencyError,
    hold::HoldMinutes,
    id::{
        AttemptId, BookingId, BookingToken, EmployeeId, GroupDateId, LinkToken, RefundId, SalonSlug,
        ServiceId,
    },
    key::{Field, KeyError, Mode, PairError, Problem},
    money::{MoneyError, Percent},
    terms::QuoteError,
};
use serde::{Serialize, de::DeserializeOwned};

fn say(table: &[(&dyn Display, &str)]) {
    for (what, words) in table {
        assert_eq!(what.to_string(), *words);
    }
}

#[test]
fn of_sums_dates_and_hours() {
    say(&[
        (
            &CurrencyError::NotACode,
            "a currency is three letters, such as EUR",
        ),
        (
            &CurrencyError::ThreeDecimals,
            "currencies of three decimals are not supported",
        ),
        (&MoneyError::Negative, "a sum can't be negative"),
        (&MoneyError::TooLarge, "the sum is too large"),
        (&MoneyError::Currencies, "two currencies in one sum"),
        (&MoneyError::NotWhole, "this currency has no hundredths"),
        (&QuoteError::Nothing, "no service was chosen"),
        (
            &QuoteError::Money(MoneyError::Currencies),
            "two currencies in one sum",
        ),
        (
            &DateError::NotADate,
            "a date is written as year, month and day, such as 2026-11-24",
        ),
        (&DateError::NoSuchDay, "there is no such day"),
        (&DateError::OutOfRange, "a date is from 1970 to 2999"),
        (&HoursError::Backwards, "working hours end after they begin"),
        (
            &HoursError::PastMidnight,
            "working hours end at midnight; the rest belongs to the next day",
        ),
        (&HoursError::Overlap, "two working hours of one day overlap"),
        (&HoursError::TooMany, "at most 12 working hours a day"),
    ]);
}

#[test]
fn of_ids_and_tokens() {
    say(&[
        (&ServiceId::parse("").unwrap_err(), "this is not a service's id"),
        (
            &EmployeeId::parse("").unwrap_err(),
            "this is not an employee's id",
        ),
        (
            &GroupDateId::parse("").unwrap_err(),
            "this is not the id of a group event's date",
        ),
        (&BookingId::parse("").unwrap_err(), "this is not a booking's id"),
        (
            &AttemptId::parse("").unwrap_err(),
            "this is not a payment attempt's id",
        ),
        (&RefundId::parse("").unwrap_err(), "this is not a refund's id"),
        (
            &SalonSlug::parse("").unwrap_err(),
            "this is not a salon's name in addresses",
        ),
        (
            &BookingToken::parse("").unwrap_err(),
            "this is not a booking's token",
        ),
        (&LinkToken::parse("").unwrap_err(), "this is not a visit link"),
        // And what is one is written as it is.
        (&SalonSlug::parse("lumen-vienna").unwrap(), "lumen-vienna"),
        (&GroupDateId::parse("grp_1").unwrap(), "grp_1"),
    ]);
}

#[test]
fn of_each_problem_of_a_key_in_each_field() {
    let (publishable, secret, signing) = (Field::Publishable, Field::Secret, Field::Signing);
    for (field, problem, words) in [
        (
            publishable,
            Problem::Empty,
            "The publishable key is missing: copy it from Stripe, Developers, API keys.",
        ),
        (
            signing,
            Problem::Empty,
            "The signing secret is missing: copy it from Stripe, Developers, Webhooks.",
        ),
        (
            secret,
            Problem::SpaceAtStart,
            "The secret key begins with a space or line break: delete it.",
        ),
        (
            secret,
            Problem::SpaceAtEnd,
            "The secret key ends with a space or line break: delete it.",
        ),
        (
            secret,
            Problem::SpaceInside,
            "The secret key has a space or line break inside: copy it again in one piece from Stripe, Developers, API keys.",
        ),
        (
            publishable,
            Problem::BelongsTo(signing),
            "This is a signing secret, which nobody may see: put it into its own field, \
             and the publishable key (pk_test_ or pk_live_) here.",
        ),
        (
            secret,
            Problem::BelongsTo(publishable),
            "This is a publishable key: put it into its own field, \
             and the secret key (sk_test_, sk_live_, rk_test_ or rk_live_) here.",
        ),
        (
            signing,
            Problem::WrongPrefix,
            "The signing secret starts with whsec_: copy it from Stripe, Developers, Webhooks.",
        ),
        (
            secret,
            Problem::BadCharacter,
            "The secret key has a character that no secret key has: \
             show it in full in Stripe, Developers, API keys and copy it again.",
        ),
        (
            signing,
            Problem::TooShort,
            "The signing secret is too short: copy all of it from Stripe, Developers, Webhooks.",
        ),
        (
            publishable,
            Problem::TooLong,
            "The publishable key is too long: copy it again, once, from Stripe, Developers, API keys.",
        ),
    ] {
        assert_eq!(KeyError { field, problem }.to_string(), words);
    }
}

#[test]
fn of_two_keys_that_do_not_go_together() {
    for (publishable, secret, words) in [
        (
            Mode::Test,
            Mode::Live,
            "The publishable key is for tests and the secret key is for real payments: take both from the same mode in Stripe.",
        ),
        (
            Mode::Live,
            Mode::Test,
            "The publishable key is for real payments and the secret key is for tests: take both from the same mode in Stripe.",
        ),
    ] {
        assert_eq!(PairError { publishable, secret }.to_string(), words);
    }
    assert_eq!(
        (Mode::of_livemode(true), Mode::of_livemode(false)),
        (Mode::Live, Mode::Test)
    );
}

#[test]
fn of_numbers_out_of_range_in_json() {
    fn refusal<T: DeserializeOwned + std::fmt::Debug>(json: &str) -> String {
        serde_json::from_str::<T>(json).unwrap_err().to_string()
    }
    for (said, words) in [
        (
            refusal::<DurationMinutes>("47"),
            "a visit takes 5 to 720 minutes, a multiple of 5",
        ),
        (
            refusal::<StepMinutes>("7"),
            "visits start every 5, 10, 15, 20, 30 or 60 minutes",
        ),
        (refusal::<Percent>("0"), "a percentage is from 1 to 100"),
        (
            refusal::<CancellationTerms>(r#"{"tiers":[{"within_hours":721,"fee":{"percent":50}}]}"#),
            "at most 6 tiers of different hours, none of more than 720 hours",
        ),
    ] {
        assert!(said.starts_with(words), "{said}");
    }
}

#[test]
fn a_number_of_a_range_is_written_as_it_was_read() {
    fn again<T: DeserializeOwned + Serialize>(json: &str) {
        let read: T = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), json);
    }
    again::<HoldMinutes>("45");
    again::<DurationMinutes>("720");
    again::<StepMinutes>("20");
    again::<Percent>("99");
    again::<Interval>("[540,720]");
}
