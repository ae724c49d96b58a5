//! Cards that are not taken: each gets a sentence that helps, and nothing typed is lost.

use crate::{
    harness::scene,
    widget::{DECLINED, VISA},
};

#[tokio::test(flavor = "multi_thread")]
async fn another_card_pays() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_cut", "emp_anna").await;
        widget.pay_with(DECLINED).await;
        let told = widget.pay_error().await;
        assert_eq!(
            told,
            "Your bank declined the card. Nothing was charged. Use another card, or ask your bank."
        );
        s.house.nothing_taken().await;
        assert_eq!(
            widget.typed_card().await,
            ["4000 0000 0000 0002", "12 / 34"],
            "what was typed is still there"
        );
        assert_eq!(widget.button().await, "Pay €48.00");
        // Back at the details, too.
        s.browser.back().await;
        widget.step("details").await;
        assert_eq!(
            s.browser.js("document.querySelector('#name').value").await,
            "Ada Lovelace"
        );
        assert_eq!(
            s.browser.js("document.querySelector('#email').value").await,
            "ada@example.com"
        );
        s.browser.forward().await;
        widget.step("payment").await;
        widget.pay_with(VISA).await;
        widget.is_paid(4800).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_class_has_its_sentence() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_cut", "emp_anna").await;
        for (card, sentence) in [
            (
                "4000000000009995",
                "This card can’t be used for this payment. Nothing was charged. Use another card.",
            ),
            (
                "4000000000009979",
                "Your card was declined. Nothing was charged. Use another card.",
            ),
            (
                "4000000000000127",
                "The security code is not right. Check it and try again.",
            ),
            (
                "4000000000000119",
                "Your bank could not answer just now. Nothing was charged. Try again in a moment.",
            ),
        ] {
            widget.pay_with(card).await;
            s.browser
                .until(
                    "the sentence",
                    &format!("document.querySelector('#pay-error').innerText.trim() === '{sentence}'"),
                )
                .await;
            let alive = "document.querySelector('#pay-error[role=alert]')";
            s.browser.until("it is announced", alive).await;
        }
        s.house.nothing_taken().await;
        widget.pay_with(VISA).await;
        widget.is_paid(4800).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incomplete_card_is_told_before_anything_is_sent() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_cut", "emp_anna").await;
        widget.card("4242424242").await;
        widget.press_pay().await;
        assert!(widget.pay_error().await.contains("Check the card"));
        assert!(s.house.sandbox.payment_intents().is_empty());
        widget.pay_with(VISA).await;
        widget.is_paid(4800).await;
    })
    .await;
}
