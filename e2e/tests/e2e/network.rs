//! The network goes, and comes back.

use crate::{
    harness::{scene, until},
    widget::VISA,
};

#[tokio::test(flavor = "multi_thread")]
async fn lost_during_the_payment_and_back() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_cut", "emp_anna").await;
        widget.card(VISA).await;
        s.house.fault("/v1/payment_intents", "slow", 1_500).await;
        widget.press_pay().await;
        until("the payment is under way", async || {
            (s.house.count_attempts().await > 0).then_some(())
        })
        .await;
        s.house.cut(true);
        s.browser
            .until(
                "it says so",
                "/No connection/.test(document.querySelector('#banner').innerText)",
            )
            .await;
        s.house.cut(false);
        widget.is_paid(4800).await;
        s.browser
            .until(
                "the banner is gone",
                "!document.querySelector('#banner').innerText",
            )
            .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_before_the_hold_and_back() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.choose("svc_cut", "emp_anna").await;
        widget.type_details().await;
        s.browser.offline(true).await;
        s.browser.click("#to-payment").await;
        s.browser
            .until(
                "it says so",
                "/No connection/.test(document.querySelector('#banner').innerText)",
            )
            .await;
        s.browser.offline(false).await;
        // It tries again alone.
        widget.step("payment").await;
        widget.pay_with(VISA).await;
        widget.is_paid(4800).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stripe_s_answer_is_lost() {
    for fault in ["500_after", "connection_reset_after"] {
        scene(async |s| {
            let widget = s.widget().open().await;
            widget.book("svc_cut", "emp_anna").await;
            s.house.fault("/v1/payment_intents", fault, 0).await;
            widget.pay_with(VISA).await;
            widget.is_paid(4800).await;
        })
        .await;
    }
}
