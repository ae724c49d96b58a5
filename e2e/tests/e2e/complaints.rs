//! What users of booking widgets complain of, as far as only a browser can show it. All complaints and their tests are listed
//! in `server/tests/it/complaints.rs`.

use serde_json::{Value, json};

use crate::{
    harness::{Scene, scene},
    widget::{DECLINED, VISA},
};

#[tokio::test(flavor = "multi_thread")]
async fn every_frame_may_pay() {
    scene(async |s| {
        s.browser.goto(&s.house.site).await;
        s.browser.find("#here iframe").await;
        s.browser.click("#popup").await;
        s.browser.find("dialog iframe").await;
        // Without it no browser lets a frame ask for Apple Pay or Google Pay.
        let allowed = s
            .browser
            .js("[...document.querySelectorAll('iframe')].map((frame) => frame.allow)")
            .await;
        assert_eq!(allowed, json!(["payment", "payment"]));
        for frame in ["#here iframe", "dialog iframe"] {
            s.browser.enter(frame).await;
            let may = s
                .browser
                .js("document.featurePolicy.allowsFeature('payment')")
                .await;
            assert_eq!(may, true, "the page within {frame} gives its right away again");
            s.browser.top().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_of_a_booking_has_its_amount_and_currency() {
    scene(async |s| {
        s.browser.goto(&s.house.site).await;
        s.browser.widget_is_in("#here iframe").await;
        let widget = s.widget();
        widget.book("svc_cut", "emp_anna").await;
        widget.card(VISA).await;
        s.house.pass_minutes(16).await;
        widget.press_pay().await;
        widget.step("expired").await;
        s.browser.click("#take-again").await;
        widget.step("payment").await;
        widget.pay_with(DECLINED).await;
        widget.pay_error().await;
        widget.pay_with(VISA).await;
        widget.is_paid(4800).await;
        s.browser.top().await;
        s.browser
            .until("it is told", "told.some((event) => event.name === 'booked')")
            .await;
        for name in [
            "slot_held",
            "expired",
            "payment_started",
            "failed",
            "paid",
            "booked",
        ] {
            let told = told(s, name).await;
            assert_ne!(told, Vec::<Value>::new(), "{name}");
            for event in told {
                assert_eq!(
                    (&event["amount"], &event["currency"]),
                    (&json!(4800), &json!("EUR")),
                    "{name}"
                );
            }
        }
    })
    .await;
}

/// What the salon's page was told under this name.
async fn told(s: &Scene, name: &str) -> Vec<Value> {
    let all = format!("told.filter((event) => event.name === '{name}').map((event) => event.detail)");
    serde_json::from_value(s.browser.js(&all).await).unwrap()
}
