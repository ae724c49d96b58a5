//! Reloads, back and forward: nothing is lost, and nobody pays twice.

use crate::{
    harness::{Scene, scene, until},
    widget::{BANK_ASKS, Bank, VISA},
};

/// Waits until the server has begun to ask Stripe for the payment.
async fn stripe_is_asked(s: &Scene) {
    until("an attempt to pay", async || {
        (s.house.count_attempts().await > 0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reload_in_the_details() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.choose("svc_cut", "emp_anna").await;
        widget.type_details().await;
        s.browser.fill("#note", "I have a cowlick").await;
        s.browser.reload().await;
        widget.step("details").await;
        for (field, typed) in [
            ("#name", "Ada Lovelace"),
            ("#email", "ada@example.com"),
            ("#note", "I have a cowlick"),
        ] {
            assert_eq!(
                s.browser
                    .js(&format!("document.querySelector('{field}').value"))
                    .await,
                typed
            );
        }
        s.browser.click("#to-payment").await;
        widget.step("payment").await;
        widget.pay_with(VISA).await;
        widget.is_paid(4800).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reload_in_the_payment() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_cut", "emp_anna").await;
        let before = widget.booking().await;
        s.browser.reload().await;
        widget.step("payment").await;
        assert_eq!(widget.booking().await.id, before.id);
        assert_eq!(widget.booking().await.state, before.state, "the hold goes on");
        widget.pay_with(VISA).await;
        widget.is_paid(4800).await;
        // And once more at the end.
        s.browser.reload().await;
        widget.step("done").await;
        assert_eq!(s.house.taken(), [4800]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reload_while_the_bank_asks() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_cut", "emp_anna").await;
        widget.pay_with(BANK_ASKS).await;
        widget.bank_is_open().await;
        s.browser.reload().await;
        widget.step("payment").await;
        s.browser
            .until(
                "the bank can be asked again",
                "document.querySelector('#pay:not(:disabled)')",
            )
            .await;
        assert_eq!(widget.button().await, "Confirm with your bank");
        widget.press_pay().await;
        widget.answer_bank(Bank::Confirm).await;
        widget.is_paid(4800).await;
        assert_eq!(s.house.sandbox.payment_intents().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reload_right_after_pressing_pay() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_cut", "emp_anna").await;
        widget.card(VISA).await;
        s.house.fault("/v1/payment_intents", "slow", 1_500).await;
        widget.press_pay().await;
        stripe_is_asked(s).await;
        s.browser.reload().await;
        widget.is_paid(4800).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn back_and_forward_during_payment() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_cut", "emp_anna").await;
        widget.card(VISA).await;
        s.browser.back().await;
        widget.step("details").await;
        s.browser.back().await;
        widget.step("time").await;
        s.browser.forward().await;
        widget.step("details").await;
        s.browser.forward().await;
        widget.step("payment").await;
        assert_eq!(
            widget.typed_card().await,
            ["4242 4242 4242 4242", "12 / 34"],
            "the card field never moved"
        );
        // Back while the payment is under way: it ends paid, once, and going forward leads nowhere else.
        s.house.fault("/v1/payment_intents", "slow", 1_500).await;
        widget.press_pay().await;
        stripe_is_asked(s).await;
        s.browser.back().await;
        widget.is_paid(4800).await;
        s.browser.back().await;
        widget.step("done").await;
        assert_eq!(s.house.taken(), [4800]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_time_after_going_back_gives_the_first_one_up() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_cut", "emp_anna").await;
        let first = widget.booking().await;
        s.browser.click("[data-step=payment] .back").await;
        widget.step("details").await;
        s.browser.click("[data-step=details] .back").await;
        let other = widget.choose_time(4).await;
        assert_ne!(other, first.start.0);
        s.browser.click("#to-payment").await;
        widget.step("payment").await;
        widget.pay_with(VISA).await;
        assert_eq!(widget.is_paid(4800).await.start.0, other);
        assert_eq!(s.house.count("held").await, 0, "nothing is held any more");
    })
    .await;
}
