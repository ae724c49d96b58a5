//! Sums, dates and times as the client's language writes them: by the browser's own `Intl`, without tables of ours.

use std::cell::RefCell;

use domain::{money::Money, time::Moment};
use js_sys::{Array, Date, Function, Intl, Object};
use wasm_bindgen::{JsCast, JsValue};

use crate::{
    dom::{get, set},
    number::{self, float, text as digits, whole},
    texts,
};

/// A way to write a moment. The words are options of `Intl.DateTimeFormat`, name and value in turns.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Style(&'static str);

/// `15:00`
pub const TIME: Style = Style("hour numeric minute 2-digit");
/// `Tuesday 24 November`
pub const DAY: Style = Style("weekday long day numeric month long");
/// `Tuesday 24 November, 15:00`
pub const MOMENT: Style = Style("weekday long day numeric month long hour numeric minute 2-digit");
/// `Tue`
pub const WEEKDAY: Style = Style("weekday short");
/// `24`
pub const NUMBER: Style = Style("day numeric");
/// `November 2026`
pub const MONTH: Style = Style("month long year numeric");

/// A day in milliseconds.
pub const A_DAY: i64 = 86_400_000;

struct Cached {
    style: &'static str,
    zone: String,
    write: Function,
    of: JsValue,
}

thread_local! {
    static FORMATS: RefCell<Vec<Cached>> = const { RefCell::new(Vec::new()) };
}

/// A sum: `€45.00`, `45,00 €`.
#[must_use]
pub fn money(sum: Money) -> String {
    let minor = sum.minor();
    let digits = if sum.currency().exponent() == 0 {
        digits(minor)
    } else {
        let cents = digits(minor % 100);
        let zero = if cents.len() < 2 { "0" } else { "" };
        [&digits(minor / 100), ".", zero, &cents].concat()
    };
    let options = Object::new();
    set(&options, "style", &"currency".into());
    set(&options, "currency", &sum.currency().code().into());
    let format = Intl::NumberFormat::new(&locales(), &options);
    let write: Function = get(&format, "format").unchecked_into();
    write
        .call1(&format, &digits.as_str().into())
        .ok()
        .and_then(|text| text.as_string())
        .unwrap_or(digits)
}

/// A moment, in a time zone (`Europe/Vienna`).
#[must_use]
pub fn at(moment: Moment, style: Style, zone: &str) -> String {
    FORMATS.with_borrow_mut(|formats| {
        if !formats.iter().any(|one| one.style == style.0 && one.zone == zone) {
            let options = Object::new();
            set(&options, "timeZone", &zone.into());
            let mut words = style.0.split([' ']);
            while let (Some(name), Some(value)) = (words.next(), words.next()) {
                set(&options, name, &value.into());
            }
            let format = Intl::DateTimeFormat::new(&locales(), &options);
            formats.push(Cached {
                style: style.0,
                zone: zone.to_owned(),
                write: get(&format, "format").unchecked_into(),
                of: format.into(),
            });
        }
        let found = formats
            .iter()
            .find(|one| one.style == style.0 && one.zone == zone);
        let moment = JsValue::from_f64(float(moment.0));
        found
            .and_then(|one| one.write.call1(&one.of, &moment).ok())
            .and_then(|text| text.as_string())
            // A time must not break before its half of the day.
            .map(|text| texts::replaced(&text, " AM", "\u{a0}AM"))
            .map(|text| texts::replaced(&text, " PM", "\u{a0}PM"))
            .unwrap_or_default()
    })
}

/// A calendar day such as `2026-11-24`, which has no time zone.
#[must_use]
pub fn on(date: &str, style: Style) -> String {
    at(Moment(midnight(date)), style, "UTC")
}

/// The calendar day so many days after another.
#[must_use]
pub fn days_after(date: &str, days: i64) -> String {
    iso_day(midnight(date).saturating_add(days.saturating_mul(A_DAY)))
}

/// The calendar day of a moment in a time zone: `2026-11-24`.
#[must_use]
pub fn day_of(moment: Moment, zone: &str) -> String {
    // Swedish writes dates as ISO does, and the time after them.
    let options = Object::new();
    set(&options, "timeZone", &zone.into());
    let text = String::from(Date::new(&float(moment.0).into()).to_locale_string("sv", &options));
    text.split([' ']).next().unwrap_or_default().to_owned()
}

/// The hour of a moment in a time zone, 0 to 23.
#[must_use]
pub fn hour_of(moment: Moment, zone: &str) -> i64 {
    let options = Object::new();
    set(&options, "timeZone", &zone.into());
    set(&options, "hour", &"2-digit".into());
    set(&options, "hourCycle", &"h23".into());
    let text = String::from(Date::new(&float(moment.0).into()).to_locale_string("sv", &options));
    number::parse(&text).unwrap_or(12)
}

/// The moment in UTC as calendars want it: `20261124T140000Z`.
#[must_use]
pub fn calendar_stamp(moment: Moment) -> String {
    let iso = String::from(Date::new(&float(moment.0).into()).to_iso_string());
    let plain: String = iso.chars().filter(|c| !matches!(c, '-' | ':')).collect();
    plain.split(['.']).next().unwrap_or_default().to_owned() + "Z"
}

/// The browser's clock.
#[must_use]
pub fn now() -> Moment {
    Moment(whole(&Date::now().into()).unwrap_or(0))
}

/// The time zone's place if the client's clock goes differently from the salon's at that moment: `Vienna`.
#[must_use]
pub fn foreign_zone(zone: &str, moment: Moment) -> Option<String> {
    let own = get(
        &Intl::DateTimeFormat::new(&Array::new(), &Object::new()).resolved_options(),
        "timeZone",
    )
    .as_string()?;
    let differs = at(moment, MOMENT, zone) != at(moment, MOMENT, &own);
    differs.then(|| texts::replaced(zone.split(['/']).next_back().unwrap_or(zone), "_", " "))
}

/// A formatter of the language the page is in.
fn locales() -> Array {
    Array::of1(&texts::language().into())
}

fn midnight(date: &str) -> i64 {
    whole(&Date::parse(date).into()).unwrap_or(0)
}

fn iso_day(millis: i64) -> String {
    let iso = String::from(Date::new(&float(millis).into()).to_iso_string());
    iso.split(['T']).next().unwrap_or_default().to_owned()
}
