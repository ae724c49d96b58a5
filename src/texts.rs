//! The page's words.
//!
//! The server writes the texts of one language into the page (`public/texts/*.json`: key → text). They never become part of
//! the program: twenty languages cost a payer no more than one. `{name}` stands for a value; a plural has one text for each
//! of the language's forms (`.one`, `.few`, `.other` …), which the browser chooses.

use std::cell::RefCell;

use wasm_bindgen::JsValue;

use domain::money::Money;

use crate::{dom::get, intl, number::float};

thread_local! {
    static TEXTS: RefCell<(JsValue, String)> = const { RefCell::new((JsValue::UNDEFINED, String::new())) };
}

/// Takes the texts of a language into use.
pub fn load(texts: JsValue, language: &str) {
    TEXTS.with_borrow_mut(|now| *now = (texts, language.to_owned()));
}

/// The language of the page, such as `de`, or `de-AT` where the browser asks for that kind of it.
#[must_use]
pub fn language() -> String {
    TEXTS.with_borrow(|(_, language)| language.clone())
}

/// A text; its key where the language has none, so that nothing is silently empty.
#[must_use]
pub fn t(key: &str) -> String {
    find(key).unwrap_or_else(|| key.to_owned())
}

/// A text with values.
#[must_use]
pub fn tf(key: &str, values: &[(&str, &str)]) -> String {
    fill(t(key), values)
}

/// A text with a sum.
#[must_use]
pub fn with_sum(key: &str, sum: Money) -> String {
    tf(key, &[("sum", &intl::money(sum))])
}

/// A text for a number of things: `{n}` is the number.
#[must_use]
pub fn tn(key: &str, number: i64, values: &[(&str, &str)]) -> String {
    let rules =
        js_sys::Intl::PluralRules::new(&js_sys::Array::of1(&language().into()), &js_sys::Object::new());
    let form = String::from(rules.select(float(number)));
    let found = find(&[key, ".", &form].concat()).or_else(|| find(&[key, ".other"].concat()));
    fill(
        fill(
            found.unwrap_or_else(|| key.to_owned()),
            &[("n", &crate::number::text(number))],
        ),
        values,
    )
}

/// The text with another in place of each of these. By hand: the search of the standard library is built for long texts.
#[must_use]
pub fn replaced(text: &str, old: &str, new: &str) -> String {
    let mut done = String::with_capacity(text.len());
    let mut rest = text.chars();
    loop {
        if let Some(after) = rest.as_str().strip_prefix(old) {
            done.push_str(new);
            rest = after.chars();
        } else if let Some(letter) = rest.next() {
            done.push(letter);
        } else {
            return done;
        }
    }
}

fn find(key: &str) -> Option<String> {
    TEXTS.with_borrow(|(texts, _)| get(texts, key).as_string())
}

fn fill(mut text: String, values: &[(&str, &str)]) -> String {
    for (name, value) in values {
        text = replaced(&text, &["{", name, "}"].concat(), value);
    }
    text
}
