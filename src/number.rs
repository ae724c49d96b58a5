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

/// A number of things, for plurals and counts.
#[must_use]
pub fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
