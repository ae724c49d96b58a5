//! The widget's screens in a real browser, with a made-up server behind them.

#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

use booking_checkout::{
    client::sleep,
    dom::{by_id, document, el},
    screens,
    state::{App, Chosen, Page, Who, store},
    texts,
};
use domain::{
    id::{BookingToken, EmployeeId, ServiceId},
    time::Moment,
};
use js_sys::{JSON, eval};
use leptos::{mount::mount_to_body, prelude::Owner};
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
    // Leptos sets itself up.
    mount_to_body(|| ());
    let owner = Owner::new();
    owner.set();
    std::mem::forget(owner);
    eval(SERVER).unwrap();
    eval(&format!("window.answer = {answer}")).unwrap();
    eval("sessionStorage.clear(); localStorage.clear();").unwrap();
    texts::load(
        JSON::parse(include_str!("../public/texts/en.json")).unwrap(),
        "en-GB",
    );
    let page = format!("{{\"view\":{{\"is\":\"book\",\"catalogue\":{CATALOGUE}}}}}");
    App::new(Page::read(&JSON::parse(&page).unwrap()).unwrap())
}

/// Shows a screen, alone.
async fn show(screen: booking_checkout::dom::El) {
    if let Some(before) = by_id("here") {
        before.remove();
    }
    let here = el("div", "").id("here").child(screen);
    document().body().unwrap().append_child(here.raw()).unwrap();
    sleep(60).await;
}

fn find(css: &str) -> Option<Element> {
    document().query_selector(&["#here ", css].concat()).unwrap()
}

async fn press(css: &str) {
    find(css).unwrap().unchecked_into::<HtmlElement>().click();
    sleep(60).await;
}

fn words() -> String {
    by_id("here").unwrap().text_content().unwrap()
}

fn is(expression: &str) -> bool {
    eval(expression).unwrap().is_truthy()
}

/// A cut with Anna, at ten o'clock some days from now.
fn a_cut(day: i32) -> Chosen {
    let start = eval(&format!("at({day})")).unwrap().as_f64().unwrap();
    let anna = EmployeeId::parse("emp_anna").unwrap();
    Chosen {
        services: vec![ServiceId::parse("svc_cut").unwrap()],
        who: Some(Who::One(anna.clone())),
        start: (day > 0).then_some(Moment(start as i64)),
        employee: Some(anna),
        date: None,
    }
}

const LATER: &str = "[aria-label='Later days']";
const EARLIER: &str = "[aria-label='Earlier days']";

#[wasm_bindgen_test]
async fn the_weeks_end_where_nothing_can_be_booked_any_more_and_there_is_a_way_back() {
    let app = begin("({ from }) => ({ days: week(from, [], day(10)), next: null, last: day(10) })");
    app.chosen.set(a_cut(0));
    show(screens::time::screen(app)).await;
    assert!(
        find(&[EARLIER, ":disabled"].concat()).is_some(),
        "nothing is before today"
    );
    press(LATER).await;
    assert!(is("asked.length === 2 && asked[1].request.from === day(7)"));
    assert!(
        find(&[LATER, ":disabled"].concat()).is_some(),
        "nothing is after the last day"
    );
    assert!(words().contains("No free times on these days."), "{}", words());
    // Even where an answer has no day at all, the way back is there.
    eval("window.answer = () => ({ days: [], next: null, last: day(10) })").unwrap();
    press(EARLIER).await;
    assert!(is("asked.length === 3 && asked[2].request.from === day(0)"));
    assert!(find(LATER).is_some() && find(EARLIER).is_some(), "{}", words());
    assert!(find(".skeleton").is_none());
    assert!(
        words().contains("No free times in the next weeks."),
        "{}",
        words()
    );
}

#[wasm_bindgen_test]
async fn when_the_day_chosen_before_is_full_the_next_one_is_shown() {
    let app = begin("({ from }) => ({ days: week(from, [day(5)], day(60)), next: null, last: day(60) })");
    app.chosen.set(a_cut(3));
    show(screens::time::screen(app)).await;
    assert!(is("asked[0].request.from === day(3)"));
    assert!(find("[data-start]").is_some(), "{}", words());
    assert!(is(
        "document.querySelector('#here [data-date][aria-pressed=true]').dataset.date === day(5)"
    ));
    // And the day itself, where it has times.
    eval("window.answer = ({ from }) => ({ days: week(from, [day(3), day(4)], day(60)), next: null, last: day(60) })").unwrap();
    app.chosen.set(a_cut(4));
    show(screens::time::screen(app)).await;
    assert!(is(
        "document.querySelector('#here [data-date][aria-pressed=true]').dataset.date === day(4)"
    ));
}

#[wasm_bindgen_test]
async fn who_holds_a_time_asks_with_its_token() {
    let app = begin("({ from }) => ({ days: week(from, [], day(60)), next: null, last: day(60) })");
    app.chosen.set(a_cut(0));
    show(screens::time::screen(app)).await;
    assert!(is("asked[0].token === undefined"));
    let token = BookingToken::from_random(&[7; 32]);
    store::keep_token(app, &token);
    show(screens::time::screen(app)).await;
    assert!(is(&format!("asked[1].token === 'Bearer {}'", token.reveal())));
}
