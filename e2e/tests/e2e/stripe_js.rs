//! Stripe.js does not come, or late.

use crate::{harness::scene, widget::VISA};

async fn loaded_at_the_second_try(fault: &str) {
    scene(async |s| {
        s.house.fault_js(fault, 99, 0).await;
        let widget = s.widget().open().await;
        widget.book("svc_cut", "emp_anna").await;
        s.browser.find("#card-retry").await;
        assert!(
            s.browser
                .text("[data-step=payment] ~ *, #after-card")
                .await
                .contains("could not be loaded")
        );
        s.browser
            .until("it can't be paid", "document.querySelector('#pay').disabled")
            .await;
        s.house.clear_faults().await;
        s.browser.click("#card-retry").await;
        widget.pay_with(VISA).await;
        widget.is_paid(4800).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blocked_then_loaded() {
    loaded_at_the_second_try("blocked").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_field_that_fails_then_loads() {
    loaded_at_the_second_try("loaderror").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow() {
    scene(async |s| {
        s.house.fault_js("slow", 1, 4_000).await;
        s.house.fault_js("slow_frame", 1, 1_500).await;
        let widget = s.widget().open().await;
        widget.book("svc_cut", "emp_anna").await;
        s.browser
            .until(
                "it waits for the card field",
                "document.querySelector('#card-room[data-state=loading]')",
            )
            .await;
        s.browser
            .until("it can't be paid yet", "document.querySelector('#pay').disabled")
            .await;
        widget.pay_with(VISA).await;
        widget.is_paid(4800).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blocked_where_the_salon_can_be_paid_there() {
    scene(async |s| {
        s.house.fault_js("blocked", 99, 0).await;
        let widget = s.widget().open().await;
        widget.book("svc_facial", "emp_lea").await;
        s.browser.find("#card-retry").await;
        s.browser.click("#pay-at-salon").await;
        widget.press_pay().await;
        widget.is_done().await;
        s.house.nothing_taken().await;
    })
    .await;
}
