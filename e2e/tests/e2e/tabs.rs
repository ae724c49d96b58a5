//! Two tabs on one booking.

use crate::{harness::scene, widget::VISA};

#[tokio::test(flavor = "multi_thread")]
async fn both_pay_and_one_charge_is_made() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_cut", "emp_anna").await;
        let first_id = widget.booking().await.id;
        widget.card(VISA).await;
        let first = s.browser.new_tab(&format!("{}/book/lumen", s.house.url)).await;
        widget.step("payment").await;
        assert_eq!(
            widget.booking().await.id,
            first_id,
            "the second tab finds the same booking"
        );
        widget.card(VISA).await;
        let second = s.browser.tab().await;
        s.house.fault("/v1/payment_intents", "slow", 1_500).await;
        widget.press_pay().await;
        s.browser.to_tab(&first).await;
        // It may know by now, and then it does not let itself be pressed.
        s.browser.js("document.querySelector('#pay')?.click()").await;
        widget.is_paid(4800).await;
        s.browser.to_tab(&second).await;
        widget.is_paid(4800).await;
        assert_eq!(s.house.sandbox.payment_intents().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_tab_learns_that_it_was_paid() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_cut", "emp_anna").await;
        let first = s.browser.new_tab(&format!("{}/book/lumen", s.house.url)).await;
        widget.step("payment").await;
        widget.pay_with(VISA).await;
        widget.is_paid(4800).await;
        s.browser.to_tab(&first).await;
        widget.is_paid(4800).await;
    })
    .await;
}
