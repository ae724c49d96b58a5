//! Visit links.

use serde_json::{Value, json};
use server::api::{
    booking::Booking,
    error::{ApiError, Code},
};

use crate::{harness::scene, widget::VISA};

const SUM: i64 = 6450;

#[tokio::test(flavor = "multi_thread")]
async fn paid() {
    scene(async |s| {
        let widget = s.widget().open_visit().await;
        widget.step("visit").await;
        assert_eq!(widget.button().await, "Pay €64.50");
        let shown = s.browser.text("[data-step=visit]").await;
        for part in ["Cut and finish", "Repair mask", "€64.50", "Anna Berger"] {
            assert!(shown.contains(part), "{part} is not in: {shown}");
        }
        widget.pay_with(VISA).await;
        widget.is_paid(SUM).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paid_with_a_tip() {
    scene(async |s| {
        s.house.offer_tips().await;
        let widget = s.widget().open_visit().await;
        widget.step("visit").await;
        s.browser.click("#tip-645").await;
        let says = |sum: &str| format!("document.querySelector('#pay').textContent === 'Pay {sum}'");
        s.browser.until("ten percent is added", &says("€70.95")).await;
        assert!(s.browser.text("[data-step=visit]").await.contains("Tip"));
        // A sum of one's own, after a card was typed: the card stays.
        widget.card(VISA).await;
        s.browser.fill("#tip-own", "3,5").await;
        s.browser.click("#tip button").await;
        s.browser.until("the own sum is added", &says("€68.00")).await;
        s.browser.reload().await;
        widget.step("visit").await;
        s.browser.until("a reload keeps it", &says("€68.00")).await;
        assert_eq!(
            s.browser.js("document.querySelector('#tip-own').value").await,
            "3.50"
        );
        s.browser.click("#tip-0").await;
        s.browser.until("it can be taken back", &says("€64.50")).await;
        s.browser.click("#tip-323").await;
        s.browser.until("five percent are added", &says("€67.73")).await;
        widget.pay_with(VISA).await;
        widget.is_paid(6773).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn opened_twice() {
    scene(async |s| {
        let widget = s.widget().open_visit().await;
        widget.step("visit").await;
        widget.card(VISA).await;
        let first = s.browser.new_tab(&s.house.visit).await;
        widget.step("visit").await;
        // The card field may be ready before the link is opened.
        widget.card_is_ready().await;
        let opened = "performance.getEntriesByType('resource').some((e) => e.name.endsWith('/open-link') && e.responseEnd > 0)";
        s.browser.until("the link is opened", opened).await;
        let second = s.browser.tab().await;
        // The first page is told so when it comes back into view, and nothing is charged.
        s.browser.to_tab(&first).await;
        widget.step("link").await;
        assert!(s.browser.text("#title").await.contains("opened elsewhere"));
        s.house.nothing_taken().await;
        // It can take it back; then the second is the one that is told.
        s.browser.click("#open-here").await;
        widget.step("visit").await;
        widget.pay_with(VISA).await;
        widget.is_paid(SUM).await;
        s.browser.to_tab(&second).await;
        s.browser
            .until(
                "the second page ends",
                "document.querySelector('[data-step=done], [data-step=link]')",
            )
            .await;
        assert_eq!(s.house.taken(), [SUM]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn opened_elsewhere_while_the_card_was_typed() {
    scene(async |s| {
        let widget = s.widget().open_visit().await;
        widget.step("visit").await;
        widget.card(VISA).await;
        let elsewhere = s.house.open_visit_elsewhere().await;
        widget.press_pay().await;
        widget.step("link").await;
        s.house.nothing_taken().await;
        assert_eq!(elsewhere.quote.price.minor(), SUM);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paid_twice_is_refused() {
    scene(async |s| {
        let widget = s.widget().open_visit().await;
        widget.step("visit").await;
        widget.pay_with(VISA).await;
        widget.is_paid(SUM).await;
        let token = widget.token().await;
        // Another browser opens the same link.
        s.browser.js("sessionStorage.clear()").await;
        s.browser.js("localStorage.clear()").await;
        widget.open_visit().await;
        widget.step("done").await;
        assert_eq!(s.browser.js("document.querySelector('#pay')").await, Value::Null, "there is nothing to pay");
        // Nor by a call.
        let pay = json!({ "pay": { "how": "card", "sum": { "minor": SUM, "currency": "EUR" }, "confirmation_token": "ctoken_x" } });
        let refused: Result<Value, ApiError> = s.house.call("confirm", &token, &pay).await;
        let code = refused.unwrap_err().code;
        assert!(matches!(code, Code::AlreadyPaid | Code::NotYours | Code::OpenedElsewhere), "{code:?}");
        assert_eq!(s.house.taken(), [SUM]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_and_expired() {
    scene(async |s| {
        let widget = s.widget();
        s.browser.goto(&format!("{}/pay/nothing", s.house.url)).await;
        widget.step("link").await;
        assert!(s.browser.text("#title").await.contains("leads nowhere"));
        // Over while it lies open in the browser: told when it is to be paid.
        widget.open_visit().await;
        widget.step("visit").await;
        s.house.expire_links().await;
        s.browser.reload().await;
        widget.step("link").await;
        assert!(s.browser.text("#title").await.contains("no longer valid"));
        assert!(
            s.browser.text("[data-step=link]").await.contains("Lumen")
                || s.browser.text("body").await.contains("+43")
        );
        s.house.nothing_taken().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_at_the_page_does_not_open_the_link() {
    scene(async |s| {
        let widget = s.widget().open_visit().await;
        widget.step("visit").await;
        widget.card(VISA).await;
        // A messenger's preview fetches the address.
        let preview = s.house.get(&s.house.visit).await;
        assert!(preview.contains("Lumen"));
        widget.press_pay().await;
        let booking: Booking = widget.is_paid(SUM).await;
        assert!(booking.choice.is_none());
    })
    .await;
}
