//! Every language says the same things, and every text that the program asks for is there.

#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

use std::collections::{BTreeMap, BTreeSet};

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const LANGUAGES: [(&str, &str); 2] = [
    ("en", include_str!("../public/texts/en.json")),
    ("de", include_str!("../public/texts/de.json")),
];

const SOURCES: [&str; 22] = [
    include_str!("../public/boot.js"),
    include_str!("../public/form.js"),
    include_str!("../src/app.rs"),
    include_str!("../src/flow/mod.rs"),
    include_str!("../src/flow/pay.rs"),
    include_str!("../src/flow/start.rs"),
    include_str!("../src/parts.rs"),
    include_str!("../src/screens/details/mod.rs"),
    include_str!("../src/screens/done/calendar.rs"),
    include_str!("../src/screens/done/mod.rs"),
    include_str!("../src/screens/employee/mod.rs"),
    include_str!("../src/screens/ended/mod.rs"),
    include_str!("../src/screens/mod.rs"),
    include_str!("../src/screens/payment/button.rs"),
    include_str!("../src/screens/payment/mod.rs"),
    include_str!("../src/screens/payment/terms.rs"),
    include_str!("../src/screens/services/mod.rs"),
    include_str!("../src/screens/time/group.rs"),
    include_str!("../src/screens/time/mod.rs"),
    include_str!("../src/screens/visit/mod.rs"),
    include_str!("../src/state/mod.rs"),
    include_str!("../src/summary.rs"),
];

fn read(source: &str) -> BTreeMap<String, String> {
    let object = js_sys::Object::from(js_sys::JSON::parse(source).unwrap());
    js_sys::Object::entries(&object)
        .iter()
        .map(|pair| {
            let pair = js_sys::Array::from(&pair);
            (pair.get(0).as_string().unwrap(), pair.get(1).as_string().unwrap())
        })
        .collect()
}

fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name)
        .collect()
}

/// A key without its plural form.
fn stem(key: &str) -> &str {
    ["zero", "one", "two", "few", "many", "other"]
        .iter()
        .find_map(|form| key.strip_suffix(form).and_then(|rest| rest.strip_suffix('.')))
        .unwrap_or(key)
}

#[wasm_bindgen_test]
fn every_language_has_the_same_keys_and_placeholders() {
    let english = read(LANGUAGES[0].1);
    let stems = |texts: &BTreeMap<String, String>| {
        texts
            .keys()
            .map(|key| stem(key).to_owned())
            .collect::<BTreeSet<_>>()
    };
    for (language, source) in LANGUAGES {
        let texts = read(source);
        assert_eq!(stems(&texts), stems(&english), "{language}");
        for (key, text) in &texts {
            assert!(!text.trim().is_empty(), "{language}: {key} is empty");
            let other = english
                .get(key)
                .or_else(|| english.get(&format!("{}.other", stem(key))))
                .unwrap();
            assert_eq!(placeholders(text), placeholders(other), "{language}: {key}");
        }
    }
}

#[wasm_bindgen_test]
fn every_text_the_program_asks_for_is_there() {
    let english = read(LANGUAGES[0].1);
    let stems: BTreeSet<&str> = english.keys().map(|key| stem(key)).collect();
    let families: BTreeSet<&str> = stems
        .iter()
        .filter_map(|key| key.split_once('.'))
        .map(|(family, _)| family)
        .collect();
    for source in SOURCES {
        for piece in source
            .split('"')
            .skip(1)
            .step_by(2)
            .chain(source.split('\'').skip(1).step_by(2))
        {
            let looks_like_a_key = piece.split_once('.').is_some_and(|(family, rest)| {
                families.contains(family)
                    && !rest.is_empty()
                    && rest.chars().all(|c| c.is_ascii_lowercase() || "._".contains(c))
            });
            if looks_like_a_key && !piece.ends_with('.') {
                let found =
                    stems.contains(piece) || stems.iter().any(|key| key.starts_with(&format!("{piece}.")));
                assert!(found, "{piece} is asked for, and no language has it");
            }
        }
    }
}
