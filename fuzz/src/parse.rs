//! Texts that are read into types of the rules: ids, tokens, keys, dates, currencies.

use std::fmt::Debug;

use domain::{
    availability::{DateError, parse_date, start_of_day},
    currency::Currency,
    decline::Decline,
    dispute::DisputeState,
    id::{
        AttemptId, BookingId, BookingToken, EmployeeId, GroupDateId, LinkToken, RefundId, SalonSlug,
        ServiceId,
    },
    key::{PublishableKey, SecretKey, SigningSecret},
};
use serde::{Serialize, de::DeserializeOwned};

/// A text: what is read of it is the text itself, JSON or not, and no secret is shown, right or wrong.
pub fn parse(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    check(text, ServiceId::parse(text).ok(), |id| id.as_str().to_owned());
    check(text, EmployeeId::parse(text).ok(), |id| id.as_str().to_owned());
    check(text, GroupDateId::parse(text).ok(), |id| id.as_str().to_owned());
    check(text, BookingId::parse(text).ok(), |id| id.as_str().to_owned());
    check(text, AttemptId::parse(text).ok(), |id| id.as_str().to_owned());
    check(text, RefundId::parse(text).ok(), |id| id.as_str().to_owned());
    check(text, SalonSlug::parse(text).ok(), |id| id.as_str().to_owned());
    check(text, BookingToken::parse(text).ok(), |token| {
        token.reveal().to_owned()
    });
    check(text, LinkToken::parse(text).ok(), |token| {
        token.reveal().to_owned()
    });
    check(text, PublishableKey::parse(text).ok(), |key| {
        key.reveal().to_owned()
    });
    hidden(text, BookingToken::parse(text));
    hidden(text, LinkToken::parse(text));
    hidden(text, PublishableKey::parse(text));
    hidden(text, SecretKey::parse(text));
    hidden(text, SigningSecret::parse(text));
    if let Ok(key) = SecretKey::parse(text) {
        assert_eq!(key.reveal(), text);
    }
    if let Ok(currency) = Currency::parse(text) {
        assert_eq!(currency.code(), text.to_ascii_uppercase());
        assert_eq!(Currency::parse(&currency.stripe_code()), Ok(currency));
        assert!(
            currency
                .minimum_charge()
                .is_none_or(|least| least % currency.step() == 0)
        );
    }
    if let Some(class) = Decline::parse(text) {
        assert_eq!(class.as_str(), text);
    }
    let _ = Decline::of(Some(text), Some(text));
    if let Some(state) = DisputeState::of_stripe(text) {
        assert_eq!(serde_json::to_value(state).unwrap(), text);
    }
    date(text);
}

fn date(text: &str) {
    match parse_date(text) {
        Ok(date) => {
            assert_eq!(date.to_string(), text);
            let zone = jiff_zone();
            let start = start_of_day(&zone, date).unwrap();
            assert_eq!(domain::availability::local_date(&zone, start), date);
        }
        // As jiff reads it, which is asked about nothing else here.
        Err(DateError::NotADate) => {}
        Err(DateError::NoSuchDay) => assert!(text.parse::<domain::availability::Date>().is_err(), "{text}"),
        Err(DateError::OutOfRange) => assert!(!("1970".."3000").contains(&text.get(..4).unwrap())),
    }
}

fn jiff_zone() -> jiff::tz::TimeZone {
    jiff::tz::TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
}

/// What was read is the text, and JSON says the same as `parse`.
fn check<T>(text: &str, read: Option<T>, shown: impl Fn(&T) -> String)
where
    T: Serialize + DeserializeOwned + PartialEq,
{
    let json = serde_json::to_string(text).unwrap();
    let from_json = serde_json::from_str::<T>(&json).ok();
    assert!(read == from_json, "{text}");
    if let Some(read) = read {
        assert_eq!(shown(&read), text);
        assert_eq!(serde_json::to_string(&read).unwrap(), json);
    }
}

/// Neither what was read nor what is wrong with it shows the text.
fn hidden<T: Debug, E: Debug + std::fmt::Display>(text: &str, read: Result<T, E>) {
    let shown = match read {
        Ok(read) => format!("{read:?}"),
        Err(error) => format!("{error} {error:?}"),
    };
    // No word of ours is that long.
    let word = text.len() > 20 && !text.contains(char::is_whitespace);
    assert!(!word || !shown.contains(text), "{shown}");
}
