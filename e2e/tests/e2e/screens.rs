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
    let browser = &s.browser;
    audit(s, name).await;
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
