//! On a salon's own page, which is of another origin.

use serde_json::{Value, json};
use thirtyfour::Key;

use crate::{
    harness::{Scene, scene},
    widget::{BANK_ASKS, Bank, VISA},
};

const INLINE: &str = "#here iframe";
const POPUP: &str = "dialog iframe";

/// What the page was told, by name.
async fn told(s: &Scene, name: &str) -> Vec<Value> {
    let all = s
        .browser
        .js(&format!(
            "told.filter((event) => event.name === '{name}').map((event) => event.detail)"
        ))
        .await;
    serde_json::from_value(all).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn inline_it_grows_and_tells_that_it_is_paid() {
    scene(async |s| {
        s.browser.goto(&s.house.site).await;
        s.browser.js("window.mark = 'never left'").await;
        let widget = s.widget();
        s.browser.widget_is_in(INLINE).await;
        widget.step("services").await;
        grows_with_its_content(s).await;
        widget.book("svc_cut", "emp_anna").await;
        grows_with_its_content(s).await;
        widget.pay_with(BANK_ASKS).await;
        widget.answer_bank(Bank::Confirm).await;
        let booking = widget.is_paid(4800).await;
        grows_with_its_content(s).await;
        s.browser.top().await;
        s.browser
            .until("it is told", "told.some((event) => event.name === 'booked')")
            .await;
        let paid = told(s, "paid").await;
        assert_eq!(paid.len(), 1, "{paid:?}");
        assert_eq!(
            (&paid[0]["amount"], &paid[0]["currency"]),
            (&json!(4800), &json!("EUR"))
        );
        assert_eq!(paid[0]["booking"], booking.id.as_str());
        assert_eq!(paid[0]["exponent"], 2);
        for name in ["opened", "slot_held", "payment_started"] {
            assert_eq!(told(s, name).await.len(), 1, "{name}");
        }
        assert_eq!(
            s.browser.js("mark").await,
            "never left",
            "the page was not navigated"
        );
        assert_eq!(
            s.browser
                .js(&format!("document.querySelector('{INLINE}').allow"))
                .await,
            "payment"
        );
    })
    .await;
}

async fn grows_with_its_content(s: &Scene) {
    grows_with(INLINE, s).await;
}

async fn grows_with(frame: &str, s: &Scene) {
    s.browser
        .until("nothing is cut off", "document.documentElement.scrollHeight <= innerHeight + 1 && document.querySelector('#page').getBoundingClientRect().height > 200")
        .await;
    s.browser.top().await;
    let fits = format!(
        "((e) => e.getBoundingClientRect().right <= innerWidth && e.offsetHeight > 200)(document.querySelector('{frame}'))"
    );
    s.browser.until("the frame fits the page", &fits).await;
    s.browser.home().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_popup_pays_and_gives_the_focus_back() {
    scene(async |s| {
        s.browser.goto(&s.house.site).await;
        s.browser.find(INLINE).await;
        s.browser.click("#popup").await;
        s.browser.widget_is_in(POPUP).await;
        let widget = s.widget();
        widget.book("svc_cut", "emp_anna").await;
        widget.pay_with(VISA).await;
        widget.is_paid(4800).await;
        s.browser.top().await;
        s.browser
            .until("it is told", "told.some((event) => event.name === 'paid')")
            .await;
        assert_eq!(told(s, "paid").await.len(), 1);
        s.browser.click("dialog > button").await;
        s.browser
            .until("the popup is gone", "!document.querySelector('dialog')")
            .await;
        s.browser
            .until("the focus is back", "document.activeElement.id === 'popup'")
            .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn esc_closes_the_popup() {
    scene(async |s| {
        s.browser.goto(&s.house.site).await;
        s.browser.find(INLINE).await;
        for place in ["inside the frame", "at its own button"] {
            s.browser.click("#popup").await;
            s.browser.enter(POPUP).await;
            s.widget().step("services").await;
            if place == "inside the frame" {
                s.browser.click("[data-service=svc_cut]").await;
                s.widget().step("employee").await;
            } else {
                s.browser.top().await;
                s.browser
                    .js("document.querySelector('dialog > button').focus()")
                    .await;
            }
            esc_closes(s, place).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn esc_closes_the_popup_right_after_it_opened() {
    scene(async |s| {
        s.browser.goto(&s.house.site).await;
        s.browser.find(INLINE).await;
        s.browser.click("#popup").await;
        s.browser
            .until("the popup is open", "document.querySelector('dialog[open]')")
            .await;
        esc_closes(s, "right after opening").await;
    })
    .await;
}

async fn esc_closes(s: &Scene, place: &str) {
    s.browser.press(Key::Escape.value().to_string()).await;
    s.browser.top().await;
    s.browser
        .until(
            &format!("Esc closes the popup, {place}"),
            "!document.querySelector('dialog')",
        )
        .await;
    s.browser
        .until("the focus is back", "document.activeElement.id === 'popup'")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_may_not_embed_it() {
    scene(async |s| {
        // The same page by its number instead of its name is another origin, which the salon has not named.
        let stranger = s.house.site.replace("localhost", "127.0.0.1");
        s.browser.goto(&stranger).await;
        s.browser.enter(INLINE).await;
        s.browser
            .until("nothing is shown", "!document.querySelector('[data-step]')")
            .await;
        s.browser.top().await;
        assert_eq!(s.browser.js("told.length").await, 0, "strangers are told nothing");
        s.browser.forget_console().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_button_in_the_corner_opens_it_with_what_the_page_knows_of_the_client() {
    scene(async |s| {
        s.browser.goto(&format!("{}/floating", s.house.site)).await;
        s.browser
            .until(
                "the button is in the corner",
                "(({ right, bottom }) => innerWidth - right < 40 && innerHeight - bottom < 40)(document.querySelector('body > button').getBoundingClientRect())",
            )
            .await;
        assert_eq!(s.browser.text("body > button").await, "Book");
        s.browser.click("body > button").await;
        let address = s.browser.js(&format!("document.querySelector('{POPUP}').src")).await;
        let address = address.as_str().unwrap().to_lowercase();
        for secret in ["ada", "lovelace", "660", "example.com"] {
            assert!(!address.contains(secret), "{address} holds {secret}");
        }
        s.browser.widget_is_in(POPUP).await;
        let widget = s.widget();
        widget.choose("svc_cut", "emp_anna").await;
        for (field, value) in [
            ("name", "Ada Lovelace"),
            ("email", "ada@example.com"),
            ("phone", "+43 660 1234567"),
        ] {
            let typed = s.browser.js(&format!("document.querySelector('#{field}').value")).await;
            assert_eq!(typed, value);
        }
        let looks = "['--salon', '--radius'].map((name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()).join()";
        assert_eq!(s.browser.js(looks).await, "#006644,4px");
        s.browser.click("#to-payment").await;
        widget.step("payment").await;
        widget.pay_with(VISA).await;
        widget.is_paid(4800).await;
        // It lies above the page, and goes; the button stays, and has the focus again.
        s.browser.press(Key::Escape.value().to_string()).await;
        s.browser.top().await;
        s.browser
            .until(
                "the focus is back",
                "!document.querySelector('dialog') && document.activeElement === document.querySelector('body > button')",
            )
            .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_on_one_page_do_not_meet() {
    scene(async |s| {
        s.browser.goto(&format!("{}/two", s.house.site)).await;
        s.browser.until("both are there", "told.filter((event) => event.name === 'opened').length === 2").await;
        assert_eq!(s.browser.js("told.map((event) => event.at).sort().join()").await, "one,two");
        s.browser.widget_is_in("#one iframe").await;
        s.widget().step("employee").await;
        grows_with("#one iframe", s).await;
        s.browser.widget_is_in("#two iframe").await;
        s.widget().step("services").await;
        assert_eq!(s.browser.js("document.documentElement.lang").await, "de");
        // The page's colour is taken; corners that are no corners are not.
        let looks = "['--salon', '--radius'].map((name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()).join()";
        assert_eq!(s.browser.js(looks).await, "#aa3300,10px");
        s.browser.top().await;
        assert_eq!(
            s.browser.js("document.querySelector('#two iframe').title").await,
            "Buchung"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cancelled_and_paid_back_is_told() {
    scene(async |s| {
        s.browser.goto(&s.house.site).await;
        s.browser.widget_is_in(INLINE).await;
        let widget = s.widget();
        widget.book("svc_cut", "emp_anna").await;
        widget.pay_with(VISA).await;
        let booking = widget.is_paid(4800).await;
        let address = s.browser.js("document.querySelector('#manage').href").await;
        let before = s.browser.new_tab(address.as_str().unwrap()).await;
        s.browser.click("a[href$='/cancel']").await;
        s.browser.click("form button").await;
        s.browser
            .until(
                "it is cancelled",
                "document.querySelector('h1').innerText == 'Cancelled'",
            )
            .await;
        s.browser.to_tab(&before).await;
        s.browser.home().await;
        s.browser.js("dispatchEvent(new Event('online'))").await;
        widget.step("link").await;
        s.browser.top().await;
        s.browser
            .until("it is told", "told.some((event) => event.name === 'refunded')")
            .await;
        let cancelled = told(s, "cancelled").await;
        assert_eq!(cancelled.len(), 1, "{cancelled:?}");
        assert_eq!(cancelled[0]["booking"], booking.id.as_str());
        let refunded = told(s, "refunded").await;
        assert_eq!(
            (refunded.len(), &refunded[0]["amount"], &refunded[0]["exponent"]),
            (1, &json!(4800), &json!(2))
        );
    })
    .await;
}
