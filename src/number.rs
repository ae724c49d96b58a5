//! JavaScript's numbers are floats; ours are integers. The two meet here and nowhere else.

use wasm_bindgen::JsValue;

/// The whole number a JavaScript number is; `None` for any other value.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    reason = "checked on the next line: a number that does not survive the way back is refused"
)]
pub fn whole(value: &JsValue) -> Option<i64> {
    let number = value.as_f64()?;
    let whole = number as i64;
    (float(whole) == number).then_some(whole)
}

/// A whole number for JavaScript. Moments and sums are far below 2^53, where every whole number has its float.
#[must_use]
pub fn float(number: i64) -> f64 {
    number as f64
}

/// A whole number in digits. By hand: what `to_string` goes through weighs more than a screen.
#[must_use]
pub fn text(number: i64) -> String {
    let mut text = String::new();
    let mut rest = number.unsigned_abs();
    loop {
        text.insert(0, char::from(b'0' + u8::try_from(rest % 10).unwrap_or_default()));
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        text.insert(0, '-');
    }
    text
}

/// The whole number that these digits are.
#[must_use]
pub fn parse(digits: &str) -> Option<i64> {
    let mut number = 0_i64;
    for digit in digits.bytes() {
        if !digit.is_ascii_digit() {
            return None;
        }
        number = number.checked_mul(10)?.checked_add(i64::from(digit - b'0'))?;
    }
    (!digits.is_empty()).then_some(number)
}

/// A number of things, for plurals and counts.
#[must_use]
pub fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
