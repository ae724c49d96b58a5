//! What the widget is told, with one thing in it wrong at a time: its own readers never stop, and read what serde reads.

#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

use booking_checkout::wire::{Call, booking, catalogue, error};
use domain::cancellation::CancellationTerms;
use js_sys::{Array, JSON, Object, Reflect};
use serde::de::DeserializeOwned;
use server::api::{
    booking::Booking,
    catalogue::Catalogue,
    confirm::{Confirmed, SettleCall},
    error::ApiError,
    free_times::{FreeTimes, FreeTimesCall},
};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// What stands where it never should, as JSON; nothing at all in the end.
const STRANGE: [&str; 16] = [
    "null",
    "true",
    "-1",
    "0",
    "0.5",
    "-9223372036854775808",
    "9223372036854775807",
    "18446744073709551616",
    "1e300",
    "\"\"",
    "\"\\u0000\"",
    "\"€'\\\"\\u202e\\ud800\"",
    "[]",
    "[[]]",
    "{}",
    "",
];

#[wasm_bindgen_test]
fn a_booking_is_read_as_serde_reads_it_or_refused() {
    for text in [
        include_str!("../fuzz/corpus/wire/real-answer-hold"),
        include_str!("../fuzz/corpus/wire/real-answer-open-link"),
    ] {
        sweep(text, |value| {
            let serde: Option<Booking> = by_serde(value);
            serde.map(|serde| booking::booking(value).as_deref() == Some(&serde))
        });
    }
}

#[wasm_bindgen_test]
fn what_comes_next_is_read_as_serde_reads_it_or_refused() {
    sweep(include_str!("../fuzz/corpus/wire/real-answer-confirm"), |value| {
        let serde: Option<Confirmed> = by_serde(value);
        let read = SettleCall::answer(value);
        serde.map(|serde| read.is_some_and(|read| read.next == serde.next && *read.booking == serde.booking))
    });
}

#[wasm_bindgen_test]
fn free_times_are_read_as_serde_reads_them_or_refused() {
    sweep(
        include_str!("../fuzz/corpus/wire/real-answer-free-times"),
        |value| {
            let serde: Option<FreeTimes> = by_serde(value);
            serde.map(|serde| FreeTimesCall::answer(value) == Some(serde))
        },
    );
}

#[wasm_bindgen_test]
fn an_error_is_read_as_serde_reads_it_or_is_another() {
    sweep(include_str!("../fuzz/corpus/wire/real-answer-error"), |value| {
        let serde: Option<ApiError> = by_serde(value);
        let read = error(value);
        serde.map(|serde| read == serde)
    });
}

#[wasm_bindgen_test]
fn a_catalogue_is_read_as_serde_reads_it_or_refused() {
    sweep(
        include_str!("../fuzz/corpus/wire/real-answer-catalogue"),
        |value| {
            let serde: Option<Catalogue> = by_serde(value);
            serde.map(|serde| {
                // The widget does not compute with these.
                let cancellation = CancellationTerms::default();
                catalogue::catalogue(value)
                    == Some(Catalogue {
                        cancellation,
                        ..serde
                    })
            })
        },
    );
}

fn by_serde<T: DeserializeOwned>(value: &JsValue) -> Option<T> {
    serde_wasm_bindgen::from_value(value.clone()).ok()
}

/// Looks at the value of a text, and at it with each thing in it wrong in turn. `None`: not even serde reads it.
fn sweep(text: &str, is_right: impl Fn(&JsValue) -> Option<bool>) {
    assert_eq!(is_right(&JSON::parse(text).unwrap()), Some(true));
    let mut paths = Vec::new();
    walk(&JSON::parse(text).unwrap(), &mut Vec::new(), &mut paths);
    for path in &paths {
        for strange in STRANGE {
            let value = JSON::parse(text).unwrap();
            let (last, parents) = path.split_last().unwrap();
            let holder = parents
                .iter()
                .fold(value.clone(), |at, key| Reflect::get(&at, key).unwrap());
            if strange.is_empty() {
                Reflect::delete_property(&holder.into(), last).unwrap();
            } else {
                Reflect::set(&holder, last, &JSON::parse(strange).unwrap()).unwrap();
            }
            let shown = String::from(JSON::stringify(&value).unwrap());
            assert_ne!(is_right(&value), Some(false), "{shown}");
        }
    }
    assert!(!paths.is_empty());
}

/// The places in a value; of a list the first one's.
fn walk(value: &JsValue, at: &mut Vec<JsValue>, paths: &mut Vec<Vec<JsValue>>) {
    if !value.is_object() {
        return;
    }
    let is_list = Array::is_array(value);
    for key in Object::keys(&Object::from(value.clone()))
        .iter()
        .take(if is_list { 1 } else { 100 })
    {
        let inner = Reflect::get(value, &key).unwrap();
        at.push(key);
        paths.push(at.clone());
        walk(&inner, at, paths);
        at.pop();
    }
}
