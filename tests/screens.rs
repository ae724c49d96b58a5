//! The widget's screens in a real browser, with a made-up server behind them.

#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "that is how a test fails")]

use booking_checkout::{
    client::sleep,
    dom::{by_id, document, el},
    flow,
    number::whole,
    screens,
    state::{App, Chosen, Dead, Page, Step, Who, store},
    texts, wire,
};
use domain::{
    id::{BookingToken, EmployeeId, ServiceId},
    time::Moment,
};
use js_sys::{JSON, eval};
use leptos::{mount::mount_to_body, prelude::Owner};
use server::api::{
    catalogue::GroupDate,
    error::{ApiError, Code},
};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Element, HtmlElement};

wasm_bindgen_test_configure!(run_in_browser);

const CATALOGUE: &str = include_str!("../fuzz/corpus/wire/real-answer-catalogue");

/// `asked` keeps what the server was asked; `answer` is what it says. Days are counted from today.
const SERVER: &str = "
    window.asked = [];
    window.day = (n) => new Date(Date.now() + n * 864e5).toISOString().slice(0, 10);
    window.at = (n) => Date.parse(day(n) + 'T10:00:00Z');
    window.week = (from, free, last) => [...Array(7).keys()]
        .map((n) => new Date(Date.parse(from) + n * 864e5).toISOString().slice(0, 10))
        .filter((date) => date <= last)
        .map((date) => ({ date, times: free.includes(date) ? [{ start: Date.parse(date + 'T10:00:00Z'), employee: 'emp_anna' }] : [] }));
    window.fetch = async (path, { body, headers }) => {
        const { request } = JSON.parse(body);
        asked.push({ path, request, token: headers.authorization });
        const { status = 200, ...answer } = window.answer(request);
        return new Response(JSON.stringify(answer), { status });
    };";

/// The widget's state on a booking page, in English, with an empty place for a screen.
fn begin(answer: &str) -> App {
    begin_with("() => {}", answer)
}

/// The same with another catalogue.
fn begin_with(change: &str, answer: &str) -> App {
    // Leptos sets itself up.
    mount_to_body(|| ());
    let owner = Owner::new();
    owner.set();
    std::mem::forget(owner);
    eval(SERVER).unwrap();
    eval(&format!("window.answer = {answer}")).unwrap();
    eval("sessionStorage.clear(); localStorage.clear();").unwrap();
    speak("en-GB", include_str!("../public/texts/en.json"));
    let page = eval(&format!(
        "((catalogue) => {{ ({change})(catalogue); return {{ view: {{ is: 'book', catalogue }} }}; }})({CATALOGUE})"
    ));
    App::new(Page::read(&page.unwrap()).unwrap())
}

fn speak(language: &str, source: &str) {
    texts::load(JSON::parse(source).unwrap(), language);
}

/// The page's form, in German, for a screen of its own.
fn german_form() {
    let texts = include_str!("../public/texts/de.json");
    speak("de", texts);
    let page = format!("window.__page = {{ data: {{ view: {{}} }}, texts: {texts}, begin() {{}} }}");
    eval(&page).unwrap();
    eval(include_str!("../public/form.js")).unwrap();
}

/// Shows a screen, alone.
fn show(screen: booking_checkout::dom::El) {
    if let Some(before) = by_id("here") {
        before.remove();
    }
    let here = el("div", "").id("here").child(screen);
    document().body().unwrap().append_child(here.raw()).unwrap();
}

fn find(css: &str) -> Option<Element> {
    document().query_selector(&["#here ", css].concat()).unwrap()
}

fn press(css: &str) {
    find(css).unwrap().unchecked_into::<HtmlElement>().click();
}

/// Waits for what is to come: a machine may be busy with other things.
async fn until(is_so: impl Fn() -> bool) {
    for _ in 0..400 {
        if is_so() {
            return;
        }
        sleep(10).await;
    }
    panic!("it never came: {}", words());
}

fn words() -> String {
    by_id("here").unwrap().text_content().unwrap()
}

fn is(expression: &str) -> bool {
    eval(expression).unwrap().is_truthy()
}

/// A cut with Anna, at ten o'clock some days from now.
fn a_cut(day: i32) -> Chosen {
    let start = whole(&eval(&format!("at({day})")).unwrap()).unwrap();
    let anna = EmployeeId::parse("emp_anna").unwrap();
    Chosen {
        services: vec![ServiceId::parse("svc_cut").unwrap()],
        who: Some(Who::One(anna.clone())),
        start: (day > 0).then_some(Moment(start)),
        employee: Some(anna),
        date: None,
    }
}

const LATER: &str = "[aria-label='Later days']";
const EARLIER: &str = "[aria-label='Earlier days']";

#[wasm_bindgen_test]
async fn the_weeks_end_where_nothing_can_be_booked_any_more_and_there_is_a_way_back() {
    let app = begin("({ from }) => ({ days: week(from || day(0), [], day(10)), next: null, last: day(10) })");
    app.chosen.set(a_cut(0));
    show(screens::time::screen(app));
    until(|| words().contains("No free times in the next weeks.")).await;
    assert!(
        find(&[EARLIER, ":disabled"].concat()).is_some(),
        "nothing is before today"
    );
    press(LATER);
    until(|| words().contains("No free times on these days.")).await;
    assert!(is("asked.length === 2 && asked[1].request.from === day(7)"));
    assert!(
        find(&[LATER, ":disabled"].concat()).is_some(),
        "nothing is after the last day"
    );
    // Even where an answer has no day at all, the way back is there.
    eval("window.answer = () => ({ days: [], next: null, last: day(10) })").unwrap();
    press(EARLIER);
    until(|| words().contains("No free times in the next weeks.")).await;
    assert!(is("asked.length === 3 && asked[2].request.from === day(0)"));
    assert!(
        find(LATER).is_some() && find(EARLIER).is_some() && find(".skeleton").is_none(),
        "{}",
        words()
    );
}

#[wasm_bindgen_test]
async fn today_is_what_the_server_says() {
    let app =
        begin("({ from }) => ({ days: week(from || day(-40), [], day(20)), next: null, last: day(20) })");
    app.chosen.set(a_cut(0));
    show(screens::time::screen(app));
    until(|| find("[data-date]").is_some()).await;
    assert!(is("asked[0].request.from === undefined"));
    press(LATER);
    until(|| is("asked[1]?.request.from === day(-33)")).await;
}

#[wasm_bindgen_test]
async fn when_the_day_chosen_before_is_full_the_next_one_is_shown() {
    let app = begin("({ from }) => ({ days: week(from, [day(5)], day(60)), next: null, last: day(60) })");
    let pressed = "document.querySelector('#here [data-date][aria-pressed=true]')?.dataset.date";
    app.chosen.set(a_cut(3));
    show(screens::time::screen(app));
    until(|| is(&format!("{pressed} === day(5)"))).await;
    assert!(is("asked[0].request.from === day(3)") && find("[data-start]").is_some());
    // And the day itself, where it has times.
    eval("window.answer = ({ from }) => ({ days: week(from, [day(3), day(4)], day(60)), next: null, last: day(60) })")
        .unwrap();
    app.chosen.set(a_cut(4));
    show(screens::time::screen(app));
    until(|| is(&format!("{pressed} === day(4)"))).await;
}

#[wasm_bindgen_test]
async fn who_holds_a_time_asks_with_its_token() {
    let app = begin("({ from }) => ({ days: week(from || day(0), [], day(60)), next: null, last: day(60) })");
    app.chosen.set(a_cut(0));
    show(screens::time::screen(app));
    until(|| is("asked.length === 1 && asked[0].token === undefined")).await;
    let token = BookingToken::from_random(&[7; 32]);
    store::keep_token(app, &token);
    show(screens::time::screen(app));
    until(|| is(&format!("asked[1]?.token === 'Bearer {}'", token.reveal()))).await;
}

#[wasm_bindgen_test]
fn a_seat_that_is_held_is_free_for_who_holds_it() {
    let app = begin_with(
        "(catalogue) => catalogue.services.forEach((one) => one.dates?.forEach((date) => { date.seats_left = 0; }))",
        "() => ({})",
    );
    let Some(event) = app
        .catalogue()
        .and_then(|all| all.services.iter().find(|one| one.dates.is_some()))
    else {
        panic!("no group event")
    };
    let Some([held_date, other, ..]) = event.dates.as_deref() else {
        panic!("fewer than two dates")
    };
    let held = eval(&format!(
        "((held) => ({{ ...held, choice: {{ ...held.choice, date: '{}' }} }}))({})",
        held_date.id.as_str(),
        include_str!("../fuzz/corpus/wire/real-answer-hold")
    ));
    app.take(wire::booking::booking(&held.unwrap()).unwrap());
    app.chosen.set(Chosen {
        services: vec![event.id.clone()],
        ..Chosen::default()
    });
    show(screens::time::screen(app));
    let is_full = |date: &GroupDate| {
        let date = find(&format!("[data-group-date={}]", date.id.as_str())).unwrap();
        let words = date.text_content().unwrap();
        assert_eq!(
            date.has_attribute("disabled"),
            !words.contains("1 seat left"),
            "{words}"
        );
        date.has_attribute("disabled")
    };
    assert!(!is_full(held_date) && is_full(other));
}

#[wasm_bindgen_test]
async fn what_the_server_does_not_take_is_said_at_the_field_in_the_page_s_language() {
    let refusal = "{ status: 400, code: 'invalid', message: 'Enter an e-mail address.', field: 'email' }";
    let app = begin(&format!("() => ({refusal})"));
    german_form();
    app.chosen.set(a_cut(3));
    show(screens::details::screen(app));
    eval("document.querySelector('#here #email').value = 'a@b@c.de'; document.querySelector('#here #email').oninput()").unwrap();
    flow::hold(app);
    until(|| !find("#email-error").unwrap().text_content().unwrap().is_empty()).await;
    assert_eq!(
        find("#email-error").unwrap().text_content().unwrap(),
        "Geben Sie eine E-Mail-Adresse wie name@beispiel.at ein"
    );
    assert_eq!(find("#name-error").unwrap().text_content().unwrap(), "");
    until(|| is("document.activeElement.id === 'email'")).await;
    assert_eq!(app.problem.get_untracked(), None);
    // A field that the form has not is a matter of the page.
    eval("window.answer = () => ({ status: 400, code: 'invalid', message: 'English.', field: 'language' })")
        .unwrap();
    flow::hold(app);
    until(|| app.problem.get_untracked().is_some()).await;
    assert_eq!(app.problem.get_untracked().unwrap(), texts::t("error.gone"));
    assert_eq!(find("#name-error").unwrap().text_content().unwrap(), "");
}

#[wasm_bindgen_test]
async fn an_error_at_a_field_is_still_there_when_the_form_is_opened_for_it() {
    let app = begin("() => ({ status: 400, code: 'invalid', message: '', field: 'phone' })");
    german_form();
    app.chosen.set(a_cut(3));
    app.step.set(Step::Expired);
    flow::hold(app);
    until(|| app.step.get_untracked() == Step::Details).await;
    show(screens::details::screen(app));
    assert!(!find("#phone-error").unwrap().text_content().unwrap().is_empty());
}

#[wasm_bindgen_test]
async fn who_is_told_to_wait_for_long_is_not_kept_waiting_in_vain() {
    let app = begin("() => ({ status: 429, code: 'too_many', message: '', retry_after: 40 })");
    app.chosen.set(a_cut(3));
    flow::hold(app);
    until(|| app.problem.get_untracked().is_some()).await;
    assert!(is("asked.length === 1"));
    assert_eq!(app.problem.get_untracked().unwrap(), texts::t("error.too_many"));
    // For a second one can wait.
    eval("window.answer = () => ({ status: asked.length > 2 ? 400 : 429, code: 'too_many', message: '', retry_after: asked.length > 2 ? 40 : 1 })").unwrap();
    flow::hold(app);
    until(|| is("asked.length === 3")).await;
}

#[wasm_bindgen_test]
fn errors_have_words_of_their_own_where_one_can_do_something() {
    let app = begin("() => ({})");
    let words = |code, field: &str| {
        let field = (!field.is_empty()).then(|| field.to_owned());
        flow::words(
            app,
            &ApiError {
                field,
                ..ApiError::new(code, "")
            },
        )
    };
    let cards = words(Code::TooMany, "card");
    assert!(
        cards.starts_with("Too many cards were declined") && cards.ends_with("+43 1 890 12 34"),
        "{cards}"
    );
    let small = words(Code::PaymentDown, "amount");
    assert!(
        small.contains("less than a card can be charged") && small.ends_with("+43 1 890 12 34"),
        "{small}"
    );
    assert!(words(Code::Invalid, "confirmation_token").contains("Enter the card again"));
    assert!(words(Code::Invalid, "services").starts_with("Too much for one visit"));
    assert_eq!(words(Code::Invalid, "start"), texts::t("error.gone"));
    assert_eq!(words(Code::PaymentDown, ""), texts::t("error.payment_down"));
    assert_eq!(words(Code::TooMany, ""), texts::t("error.too_many"));
}

#[wasm_bindgen_test]
async fn money_that_the_salon_gave_back_did_not_come_too_late() {
    let app = begin("() => ({})");
    let booking = eval(&format!(
        "({{ ...{}, state: {{ is: 'booked' }}, payment: {{ is: 'given_back', sum: {{ minor: 4800, currency: 'EUR' }} }} }})",
        include_str!("../fuzz/corpus/wire/real-answer-hold")
    ));
    app.take(wire::booking::booking(&booking.unwrap()).unwrap());
    show(screens::done::screen(app));
    assert_eq!(
        find("#refunded").unwrap().text_content().unwrap(),
        "The salon gave back €48.00. The money goes to your card by itself."
    );
    assert!(
        !words().contains("too late") && !words().contains("To pay at the salon"),
        "{}",
        words()
    );
}

#[wasm_bindgen_test]
async fn what_is_too_long_for_one_visit_is_said_so() {
    let app = begin_with(
        "(catalogue) => catalogue.services.forEach((one) => { one.minutes = 400; })",
        "() => ({ status: 400, code: 'invalid', message: '', field: 'services' })",
    );
    app.chosen.set(a_cut(0));
    show(screens::services::screen(app));
    let colour = find("[data-service=svc_colour]").unwrap();
    assert!(colour.has_attribute("disabled"));
    assert!(colour.text_content().unwrap().contains("Too much for one visit."));
    assert!(!find("[data-service=svc_cut]").unwrap().has_attribute("disabled"));
    // And where an address asks for as much.
    show(screens::time::screen(app));
    until(|| words().contains("Too much for one visit.")).await;
    assert!(
        !words().contains("connection") && !words().contains("Try again"),
        "{}",
        words()
    );
}

#[wasm_bindgen_test]
async fn what_became_of_a_booking_elsewhere_is_told_once_and_shown() {
    let booked = |state: &str, payment: &str| {
        format!(
            "({{ ...{}, state: {{ is: '{state}' }}, payment: {{ is: '{payment}', sum: {{ minor: 4800, currency: 'EUR' }} }} }})",
            include_str!("../fuzz/corpus/wire/real-answer-hold")
        )
    };
    let app = begin(&format!("() => {}", booked("booked", "given_back")));
    eval("window.told = []; window.__frame = (event, detail) => told.push([event, detail.amount, detail.exponent].join(' '))")
        .unwrap();
    store::keep_token(app, &BookingToken::from_random(&[7; 32]));
    let paid = eval(&booked("booked", "paid")).unwrap();
    app.take(wire::booking::booking(&paid).unwrap());
    app.step.set(Step::Done);
    let gone = Step::Link(Dead::Cancelled);
    for (state, payment, step, says, all) in [
        (
            "cancelled",
            "paid",
            gone,
            "stays with the salon",
            "cancelled 4800 2",
        ),
        (
            "cancelled",
            "given_back",
            gone,
            "goes back to your card",
            "cancelled 4800 2,refunded 4800 2",
        ),
        (
            "cancelled",
            "given_back",
            gone,
            "goes back to your card",
            "cancelled 4800 2,refunded 4800 2",
        ),
    ] {
        eval(&format!("window.answer = () => {}", booked(state, payment))).unwrap();
        let before = eval("asked.length").unwrap();
        flow::look_again(app);
        until(|| eval("asked.length").unwrap() != before && app.step.get_untracked() == step).await;
        sleep(30).await;
        assert!(is(&format!("told.join() === '{all}'")), "{state} {payment}");
        show(screens::ended::link(app, Dead::Cancelled));
        assert!(words().contains(says), "{}", words());
    }
    eval("delete window.__frame").unwrap();
}
