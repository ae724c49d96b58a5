//! Every screen in every state, looked at for names, headings, room, contrast and sizes; with `PICTURES=1` in the environment also
//! drawn for people to look at, into `target/screenshots/`.

use serde_json::json;

use crate::{
    access::audit,
    harness::{Scene, folder, scene},
    widget::{BANK_ASKS, DECLINED, VISA},
};

const WIDTHS: [u32; 3] = [320, 768, 1280];

/// Audits one screen, and draws it in all widths, light and dark.
async fn shoot(s: &Scene, name: &str) {
    audit(s, name).await;
    draw(s, name).await;
}

async fn draw(s: &Scene, name: &str) {
    let browser = &s.browser;
    if std::env::var_os("PICTURES").is_none() {
        browser.size(1280, 1000).await;
        return;
    }
    for scheme in ["light", "dark"] {
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        browser
            .cdp("Emulation.setEmulatedMedia", json!({ "features": features }))
            .await;
        for width in WIDTHS {
            browser.size(width, 700).await;
            browser.settled().await;
            let height = browser
                .js("document.documentElement.scrollHeight")
                .await
                .as_u64()
                .unwrap();
            browser.size(width, u32::try_from(height).unwrap().max(700)).await;
            browser.settled().await;
            browser
                .picture(&folder("screenshots").join(format!("{name}-{width}-{scheme}.png")))
                .await;
        }
    }
    browser.size(1280, 1000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn choosing() {
    scene(async |s| {
        let widget = s.widget().open().await;
        shoot(s, "01-services").await;
        s.browser.click("[data-service=svc_balayage]").await;
        widget.step("employee").await;
        shoot(s, "02-employee").await;
        s.browser.click("[data-employee=any]").await;
        widget.step("time").await;
        s.browser.find("[data-start]").await;
        shoot(s, "03-time").await;
        widget.choose_time(0).await;
        shoot(s, "04-details").await;
        s.browser.fill("#email", "ada").await;
        s.browser.click("#to-payment").await;
        s.browser.find("#error-summary").await;
        shoot(s, "05-details-errors").await;
        widget.fill_details().await;
        widget.step("payment").await;
        widget.card_is_ready().await;
        shoot(s, "06-payment-part-or-all").await;
        widget.pay_with(DECLINED).await;
        widget.pay_error().await;
        shoot(s, "07-declined").await;
        widget.pay_with(BANK_ASKS).await;
        widget.bank_is_open().await;
        shoot(s, "08-bank").await;
        widget.answer_bank(crate::widget::Bank::Confirm).await;
        widget.is_done().await;
        shoot(s, "09-done-part").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_terms() {
    scene(async |s| {
        let widget = s.widget().open().await;
        s.browser.click("[data-service=svc_braiding]").await;
        widget.step("time").await;
        shoot(s, "10-group-dates").await;
        widget.open().await;
        widget.book("svc_facial", "emp_lea").await;
        widget.card_is_ready().await;
        shoot(s, "11-payment-choice").await;
        s.browser.click("#pay-at-salon").await;
        shoot(s, "12-payment-at-salon").await;
        widget.press_pay().await;
        widget.is_done().await;
        shoot(s, "13-done-at-salon").await;
        s.browser.click("#book-another").await;
        widget.book("svc_fringe", "emp_jonas").await;
        shoot(s, "14-payment-below-minimum").await;
        s.house.pass_minutes(16).await;
        s.browser.js("dispatchEvent(new Event('online'))").await;
        widget.step("expired").await;
        shoot(s, "15-expired").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.choose("svc_cut", "emp_anna").await;
        let chosen = widget.chosen().await;
        s.house.somebody_takes(&chosen).await;
        widget.fill_details().await;
        widget.step("taken").await;
        shoot(s, "16-taken").await;
        s.house.fault_js("blocked", 9, 0).await;
        s.browser.click("#other-time").await;
        widget.choose_time(0).await;
        s.browser.reload().await;
        widget.step("details").await;
        s.browser.click("#to-payment").await;
        s.browser.find("#card-retry").await;
        shoot(s, "17-card-blocked").await;
        s.house.clear_faults().await;
        s.browser.click("#card-retry").await;
        widget.card_is_ready().await;
        s.browser.offline(true).await;
        s.browser.click("[data-step=payment] .back").await;
        s.browser.click("#to-payment").await;
        s.browser
            .until(
                "no connection is told",
                "document.querySelector('#banner').innerText",
            )
            .await;
        shoot(s, "18-no-connection").await;
        s.browser.offline(false).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn visit() {
    scene(async |s| {
        let widget = s.widget();
        s.browser.goto(&format!("{}/pay/none", s.house.url)).await;
        widget.step("link").await;
        shoot(s, "20-link-unknown").await;
        widget.open_visit().await;
        widget.step("visit").await;
        widget.card_is_ready().await;
        shoot(s, "21-visit").await;
        s.house.offer_tips().await;
        s.browser.reload().await;
        widget.step("visit").await;
        s.browser.click("#tip-645").await;
        widget.card_is_ready().await;
        shoot(s, "24-visit-tip").await;
        widget.card(VISA).await;
        let first = s.browser.new_tab(&s.house.visit).await;
        widget.step("visit").await;
        widget.card_is_ready().await;
        let second = s.browser.tab().await;
        s.browser.to_tab(&first).await;
        s.browser.js("dispatchEvent(new Event('online'))").await;
        widget.step("link").await;
        shoot(s, "22-link-elsewhere").await;
        s.browser.to_tab(&second).await;
        widget.pay_with(VISA).await;
        widget.is_done().await;
        shoot(s, "23-visit-done").await;
    })
    .await;
}

/// From now on the page waits fifty times shorter than it means to.
const HURRY: &str = "(window.setTimeout = ((real) => (run, ms) => real(run, ms / 50))(window.setTimeout), 1)";
/// And no call is ever answered.
const SILENCE: &str = "(window.fetch = () => new Promise(() => {}), 1)";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_to_choose() {
    scene(async |s| {
        let widget = s.widget();
        let book = format!("{}/book/lumen", s.house.url);
        // No time in the first days, and then none at all.
        s.house
            .change("UPDATE salon SET lead_minutes = 20 * 24 * 60")
            .await;
        s.browser
            .goto(&format!("{book}?service=svc_cut&employee=any"))
            .await;
        widget.step("time").await;
        s.browser.find("#next-free-day").await;
        shoot(s, "30-time-none").await;
        s.house
            .change("UPDATE salon SET lead_minutes = 90 * 24 * 60")
            .await;
        s.browser.reload().await;
        s.browser
            .until(
                "none at all is told",
                "document.querySelector('[data-step=time] a[href^=\"tel:\"]')",
            )
            .await;
        shoot(s, "31-time-none-at-all").await;
        s.house.change("UPDATE salon SET lead_minutes = 60").await;
        // On their way, never to come; and failed.
        s.browser.reload().await;
        s.browser.find("[data-start], #next-free-day").await;
        s.browser.js(SILENCE).await;
        s.browser.click("[aria-label='Later days']").await;
        s.browser.find("[data-step=time] .skeleton").await;
        shoot(s, "32-time-loading").await;
        s.browser.reload().await;
        s.browser.find("[data-start], #next-free-day").await;
        s.browser.js(HURRY).await;
        s.browser
            .js("(window.fetch = () => Promise.reject(new TypeError('cut')), 1)")
            .await;
        s.browser.click("[aria-label='Later days']").await;
        s.browser.find("[data-step=time] .note.bad").await;
        shoot(s, "33-time-failed").await;
        // Somewhere else the clock goes differently.
        s.browser
            .cdp(
                "Emulation.setTimezoneOverride",
                json!({ "timezoneId": "America/New_York" }),
            )
            .await;
        s.browser.reload().await;
        widget.choose_time(0).await;
        s.browser.back().await;
        widget.step("time").await;
        s.browser
            .until(
                "the zone is named",
                "document.querySelector('[data-step=time]').innerText.includes('in Vienna')",
            )
            .await;
        shoot(s, "34-time-foreign-zone").await;
        // Too much at once, and things that nobody does together.
        s.browser.click("#add-service").await;
        widget.step("services").await;
        s.house.change("UPDATE service SET minutes = 400").await;
        s.browser.reload().await;
        widget.step("services").await;
        shoot(s, "35-services-too-long").await;
        s.house.change("UPDATE service SET withdrawn = 1").await;
        s.browser.goto(&book).await;
        widget.step("empty").await;
        shoot(s, "36-empty").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_to_pay_any_more() {
    scene(async |s| {
        let widget = s.widget();
        s.house
            .change("UPDATE booking SET state = 'cancelled' WHERE coalesce(choice, '') = ''")
            .await;
        widget.open_visit().await;
        widget.step("link").await;
        s.browser
            .until(
                "it is said",
                "document.querySelector('#title').innerText.includes('cancelled')",
            )
            .await;
        shoot(s, "40-link-cancelled").await;
        s.house.expire_links().await;
        s.browser.reload().await;
        s.browser
            .until(
                "it is said",
                "document.querySelector('#title')?.innerText.includes('no longer valid')",
            )
            .await;
        shoot(s, "41-link-expired").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelled_after_it_was_paid() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_cut", "emp_anna").await;
        widget.pay_with(VISA).await;
        widget.is_paid(4800).await;
        for (done, says, picture) in [
            (
                "UPDATE booking SET state = 'cancelled' WHERE choice IS NOT NULL",
                "stays with the salon",
                "44-cancelled-kept",
            ),
            (
                "UPDATE attempt SET refunded = 2400",
                "€24.00 goes back",
                "45-cancelled-back",
            ),
        ] {
            s.house.change(done).await;
            s.browser.js("dispatchEvent(new Event('online'))").await;
            widget.step("link").await;
            let said = format!("document.body.innerText.includes('{says}')");
            s.browser.until(says, &said).await;
            shoot(s, picture).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_and_no_program() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_cut", "emp_anna").await;
        widget.card(VISA).await;
        // The bank is silent for as long as the page has patience.
        s.browser
            .js("(window.fetch = async (path) => {
                    if (path.endsWith('/confirm')) throw new TypeError('cut');
                    return new Response('{\"code\":\"in_progress\",\"message\":\"\"}', { status: 409 });
                }, 1)")
            .await;
        s.browser.js(HURRY).await;
        widget.press_pay().await;
        let error = widget.pay_error().await;
        assert!(error.starts_with("Your bank has not answered yet."), "{error}");
        shoot(s, "50-pay-unknown").await;
        // A booking that was given back by the salon after it was paid.
        s.browser.reload().await;
        widget.step("payment").await;
        widget.pay_with(VISA).await;
        widget.is_done().await;
        s.house
            .change("UPDATE attempt SET refunded = sum WHERE state = 'succeeded'")
            .await;
        s.browser.js("dispatchEvent(new Event('online'))").await;
        s.browser.find("#refunded").await;
        shoot(s, "51-done-refunded").await;
        // The program stops.
        s.browser
            .js("dispatchEvent(new ErrorEvent('error', { error: new WebAssembly.RuntimeError('stopped') }))")
            .await;
        s.browser.find("#fallback button").await;
        shoot(s, "52-fallback").await;
        // While it is asked where a booking was left.
        s.browser
            .cdp(
                "Fetch.enable",
                json!({ "patterns": [{ "urlPattern": "*/api/v1/status" }] }),
            )
            .await;
        s.browser.reload().await;
        widget.step("loading").await;
        draw(s, "53-loading").await;
        s.browser.cdp("Fetch.disable", json!({})).await;
    })
    .await;
}
