//! What everybody needs who does not see a large bright screen.

use serde_json::{Value, json};

use crate::{
    browser::Look,
    harness::{Scene, scene_in},
    widget::VISA,
};

/// Looks at the page as it is: names, headings, room, contrast, sizes.
const AUDIT: &str = include_str!("audit.js");

pub async fn audit(s: &Scene, at: &str) {
    for scheme in ["light", "dark"] {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        s.browser
            .cdp("Emulation.setEmulatedMedia", json!({ "features": features }))
            .await;
        for width in [320, 1280] {
            s.browser.size(width, 800).await;
            s.browser.settled().await;
            let found = s.browser.js(&format!("({AUDIT})()")).await;
            assert_eq!(found, json!([]), "{at}, {width} px, {scheme}");
        }
    }
}

async fn focus_is_on_the_heading(s: &Scene) {
    s.browser
        .until(
            "the heading has the focus",
            "document.activeElement.id === 'title' && document.activeElement.tagName === 'H1'",
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_of_a_booking() {
    let look = Look {
        width: 320,
        ..Look::default()
    };
    scene_in(look, async |s| {
        let widget = s.widget().open().await;
        audit(s, "services").await;
        s.browser.click("[data-service=svc_balayage]").await;
        widget.step("employee").await;
        focus_is_on_the_heading(s).await;
        audit(s, "employee").await;
        s.browser.click("[data-employee=emp_anna]").await;
        widget.step("time").await;
        focus_is_on_the_heading(s).await;
        s.browser.find("[data-start], #next-free-day").await;
        audit(s, "time").await;
        widget.choose_time(0).await;
        focus_is_on_the_heading(s).await;
        audit(s, "details").await;
        s.browser.fill("#email", "ada").await;
        s.browser.click("#to-payment").await;
        s.browser.find("#error-summary").await;
        audit(s, "details with errors").await;
        widget.fill_details().await;
        widget.step("payment").await;
        focus_is_on_the_heading(s).await;
        widget.card_is_ready().await;
        audit(s, "payment").await;
        s.house.pass_minutes(16).await;
        s.browser.js("dispatchEvent(new Event('online'))").await;
        widget.step("expired").await;
        focus_is_on_the_heading(s).await;
        audit(s, "expired").await;
        s.browser.click("#take-again").await;
        widget.step("payment").await;
        widget.pay_with(VISA).await;
        widget.is_paid(5000).await;
        focus_is_on_the_heading(s).await;
        audit(s, "done").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_of_a_visit() {
    scene_in(Look::default(), async |s| {
        let widget = s.widget();
        s.browser.goto(&format!("{}/pay/nothing", s.house.url)).await;
        widget.step("link").await;
        audit(s, "unknown link").await;
        widget.open_visit().await;
        widget.step("visit").await;
        widget.card_is_ready().await;
        audit(s, "visit").await;
        let live = s
            .browser
            .js("document.querySelectorAll('[aria-live], [role=status], [role=alert]').length")
            .await;
        assert_ne!(live, Value::from(0), "there are live regions");
    })
    .await;
}
