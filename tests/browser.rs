//! The widget's parts in a real browser: `cargo xtask test --only widget`, or wasm-bindgen's test runner.

#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

use booking_checkout::{
    intl, number, parts,
    state::{Chosen, Step, Who, clock, route, store, token},
    texts, wire,
};
use domain::{
    currency::Currency,
    id::{BookingToken, EmployeeId, ServiceId},
    money::Money,
    terms::Reason,
    time::Moment,
};
use server::api::error::Code;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const EN: &str = include_str!("../public/texts/en.json");
const DE: &str = include_str!("../public/texts/de.json");

fn speak(language: &str) {
    let source = if language.starts_with("de") { DE } else { EN };
    texts::load(js_sys::JSON::parse(source).unwrap(), language);
}

fn money(minor: i64, currency: &str) -> String {
    let sum = Money::new(minor, Currency::parse(currency).unwrap()).unwrap();
    // Browsers write a space that does not break.
    intl::money(sum).replace('\u{a0}', " ")
}

#[wasm_bindgen_test]
fn sums_are_written_as_each_language_does() {
    speak("en");
    assert_eq!(money(4500, "EUR"), "€45.00");
    assert_eq!(money(5, "EUR"), "€0.05");
    assert_eq!(money(800, "JPY"), "¥800");
    speak("de");
    assert_eq!(money(123_450, "EUR"), "1.234,50 €");
}

#[wasm_bindgen_test]
fn whole_numbers_become_digits_and_back() {
    for (whole, digits) in [
        (0, "0"),
        (7, "7"),
        (4500, "4500"),
        (i64::MAX, "9223372036854775807"),
    ] {
        assert_eq!(number::text(whole), digits);
        assert_eq!(number::parse(digits), Some(whole));
    }
    assert_eq!(number::text(i64::MIN), "-9223372036854775808");
    for none in ["", "-1", "1.5", " 1", "x", "9223372036854775808"] {
        assert_eq!(number::parse(none), None, "{none}");
    }
}

#[wasm_bindgen_test]
fn parts_of_a_text_are_replaced_wherever_they_stand() {
    assert_eq!(texts::replaced("{a}, ü {a}", "{a}", "{a}b"), "{a}b, ü {a}b");
    assert_eq!(texts::replaced("{a} {", "{b}", "c"), "{a} {");
    assert_eq!(texts::replaced("", "{b}", "c"), "");
}

#[wasm_bindgen_test]
fn dates_are_written_in_the_salons_time_zone() {
    // 2026-11-24T14:00:00Z
    let moment = Moment(1_795_528_800_000);
    speak("en-GB");
    assert_eq!(intl::at(moment, intl::TIME, "Europe/Vienna"), "15:00");
    assert_eq!(intl::at(moment, intl::TIME, "America/New_York"), "9:00");
    assert!(intl::at(moment, intl::DAY, "Europe/Vienna").contains("24 November"));
    assert_eq!(intl::day_of(moment, "Europe/Vienna"), "2026-11-24");
    assert_eq!(
        intl::day_of(Moment(1_795_528_800_000 + 10 * 3_600_000), "Europe/Vienna"),
        "2026-11-25"
    );
    assert_eq!(intl::hour_of(moment, "Europe/Vienna"), 15);
}

#[wasm_bindgen_test]
fn days_are_counted_over_months_and_clock_changes() {
    assert_eq!(intl::days_after("2026-10-24", 1), "2026-10-25");
    assert_eq!(intl::days_after("2026-10-25", 1), "2026-10-26");
    assert_eq!(intl::days_after("2026-12-31", 1), "2027-01-01");
    assert_eq!(intl::days_after("2028-02-28", 1), "2028-02-29");
    assert_eq!(intl::days_after("2026-03-01", -1), "2026-02-28");
}

#[wasm_bindgen_test]
fn plurals_and_values_go_into_texts() {
    speak("en");
    assert_eq!(texts::tn("group.seats", 1, &[]), "1 seat left");
    assert_eq!(texts::tn("group.seats", 3, &[]), "3 seats left");
    assert_eq!(texts::tf("pay.button", &[("sum", "€45.00")]), "Pay €45.00");
    speak("de");
    assert_eq!(texts::tn("group.seats", 2, &[]), "2 Plätze frei");
    assert_eq!(texts::t("no.such.key"), "no.such.key");
}

#[wasm_bindgen_test]
fn a_reason_is_told_with_its_sum() {
    speak("en");
    let minimum = Money::new(50, Currency::EUR).unwrap();
    assert!(parts::why(Reason::TooSmall { minimum }).contains("€0.50"));
    assert_eq!(parts::minutes(90), "1 h 30 min");
    assert_eq!(parts::minutes(120), "2 h");
    assert_eq!(parts::minutes(45), "45 min");
}

#[wasm_bindgen_test]
fn an_address_is_read_as_it_was_written() {
    let chosen = Chosen {
        services: vec![
            ServiceId::parse("svc_cut").unwrap(),
            ServiceId::parse("svc_colour").unwrap(),
        ],
        who: Some(Who::Anyone),
        start: Some(Moment(1_795_528_800_000)),
        employee: Some(EmployeeId::parse("emp_anna").unwrap()),
        date: None,
    };
    let address = route::write(Step::Details, &chosen);
    assert_eq!(route::parse(&address, ""), (Some(Step::Details), chosen));
    let empty = Chosen::default();
    assert_eq!(
        route::parse(&route::write(Step::Services, &empty), ""),
        (Some(Step::Services), empty)
    );
}

#[wasm_bindgen_test]
fn nonsense_in_an_address_chooses_nothing() {
    let (step, chosen) = route::parse("#nowhere?service=%3Cscript%3E&employee=x&start=soon", "");
    assert_eq!((step, chosen), (None, Chosen::default()));
}

#[wasm_bindgen_test]
fn a_salons_site_preselects_by_the_query_until_the_address_says_otherwise() {
    let (_, chosen) = route::parse("", "?service=svc_cut&embedder=x");
    assert_eq!(chosen.services, vec![ServiceId::parse("svc_cut").unwrap()]);
    let (_, chosen) = route::parse("#time?service=svc_colour", "?service=svc_cut");
    assert_eq!(chosen.services, vec![ServiceId::parse("svc_colour").unwrap()]);
}

#[wasm_bindgen_test]
fn the_countdown_is_announced_at_five_minutes_and_at_one_and_never_twice() {
    assert_eq!(clock::announced(301, 300), Some(5));
    assert_eq!(clock::announced(300, 299), None);
    // A tab that slept.
    assert_eq!(clock::announced(400, 30), Some(5));
    assert_eq!(clock::announced(61, 59), Some(1));
    assert_eq!(clock::minutes_and_seconds(845), "14:05");
    assert_eq!(clock::minutes_and_seconds(9), "0:09");
}

#[wasm_bindgen_test]
fn a_token_is_new_each_time_and_of_the_servers_form() {
    let [one, two] = [token::fresh().unwrap(), token::fresh().unwrap()];
    assert_ne!(one.reveal(), two.reveal());
    assert!(BookingToken::parse(one.reveal()).is_ok());
}

#[wasm_bindgen_test]
fn errors_keep_their_kind_and_anything_else_is_a_failure() {
    let read = |json: &str| wire::error(&js_sys::JSON::parse(json).unwrap());
    let error = read(r#"{"code":"slot_taken","message":"Gone.","field":"start"}"#);
    assert_eq!(
        (error.code, error.message.as_str(), error.field.as_deref()),
        (Code::SlotTaken, "Gone.", Some("start"))
    );
    assert_eq!(read(r#"{"code":"brand_new"}"#).code, Code::Failed);
    assert_eq!(read("[]").code, Code::Failed);
}

#[wasm_bindgen_test]
fn what_is_kept_is_found_again_also_where_storage_is_blocked() {
    store::write(store::Place::Tab, "k", "v");
    assert_eq!(store::read(store::Place::Tab, "k").as_deref(), Some("v"));
    // A blocked storage throws as soon as it is touched.
    let blocked = "Object.defineProperty(window, 'sessionStorage', { configurable: true, get() { throw new Error('blocked'); } })";
    js_sys::eval(blocked).unwrap();
    assert_eq!(store::read(store::Place::Tab, "k"), None);
    store::write(store::Place::Tab, "k", "in memory");
    assert_eq!(store::read(store::Place::Tab, "k").as_deref(), Some("in memory"));
    store::remove(store::Place::Tab, "k");
    assert_eq!(store::read(store::Place::Tab, "k"), None);
    let _: Result<JsValue, JsValue> = js_sys::eval("delete window.sessionStorage");
}

/// The page's form, as `public/form.js` makes it.
fn form() -> JsValue {
    let page = "window.__page = { data: { view: { catalogue: { salon: { country: 'AT' } } } }, texts: {}, begin() {} }";
    js_sys::eval(page).unwrap();
    js_sys::eval(include_str!("../public/form.js")).unwrap();
    js_sys::eval("window.__form").unwrap()
}

fn of_form(form: &JsValue, name: &str, one: &str, other: &str) -> String {
    let function: js_sys::Function = js_sys::Reflect::get(form, &name.into()).unwrap().unchecked_into();
    let answer = function.call2(form, &one.into(), &other.into()).unwrap();
    answer.as_string().unwrap()
}

#[wasm_bindgen_test]
fn fields_say_what_to_do() {
    let form = form();
    let long = "a".repeat(101);
    let full = "a".repeat(100);
    for (field, value, wrong) in [
        ("name", " ", "wrong.name"),
        ("name", long.as_str(), "wrong.name_long"),
        ("name", &full, ""),
        ("email", "", "wrong.email_missing"),
        ("email", "ada", "wrong.email"),
        ("email", "ada@", "wrong.email"),
        ("email", "@host.at", "wrong.email"),
        ("email", "ada@host", "wrong.email"),
        ("email", "a da@host.at", "wrong.email"),
        ("email", "ada@host.", "wrong.email"),
        ("email", " ada@host.at ", ""),
        ("phone", "", ""),
        ("phone", "+43 660 1234567", ""),
        ("phone", "call me", "wrong.phone"),
        ("phone", "1234", "wrong.phone"),
        ("note", &long.repeat(5), "wrong.note_long"),
        ("note", &long, ""),
    ] {
        assert_eq!(of_form(&form, "check", field, value), wrong, "{field}: {value}");
    }
}

#[wasm_bindgen_test]
fn a_phone_number_gets_its_country() {
    let form = form();
    let with_prefix = |number, prefix| of_form(&form, "abroad", number, prefix);
    assert_eq!(with_prefix("0660 123", "43"), "+43 660 123");
    assert_eq!(with_prefix("02 1234", "39"), "+39 02 1234");
    assert_eq!(with_prefix("+49 30 1", "43"), "+49 30 1");
    assert_eq!(with_prefix("0049 30 1", "43"), "+49 30 1");
    assert_eq!(with_prefix("", "43"), "");
}

#[wasm_bindgen_test]
fn another_country_changes_the_number_s_beginning_and_nothing_else() {
    form();
    let choose = |number: &str, country: &str| {
        let change = format!(
            "(() => {{
                const screen = window.__form.open();
                const [phone, country] = ['#phone', '#phone-country'].map((css) => screen.querySelector(css));
                phone.value = '{number}';
                phone.dispatchEvent(new Event('input'));
                country.value = '{country}';
                country.dispatchEvent(new Event('change'));
                return [phone.value, window.__form.typed.phone].join();
            }})()"
        );
        js_sys::eval(&change).unwrap().as_string().unwrap()
    };
    for (typed, country, number) in [
        ("+436601234567", "49", "+49 6601234567"),
        ("+43 660 1234567", "49", "+49 660 1234567"),
        ("00436601234567", "49", "+49 6601234567"),
        ("+353 1 234567", "44", "+44 1 234567"),
        ("0660 123", "49", "+49 660 123"),
        ("+43 1 5", "43", "+43 1 5"),
        // None of ours: it stays as it was typed.
        ("+998 90 123 45 67", "49", "+998 90 123 45 67"),
        ("", "49", ""),
    ] {
        assert_eq!(choose(typed, country), format!("{number},{number}"), "{typed}");
    }
}
