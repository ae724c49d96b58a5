//! Time runs, and others book.

use server::api::booking::State;

use crate::{
    harness::{Scene, scene, until},
    widget::VISA,
};

/// The worker looks twice a second.
async fn the_hold_ends(s: &Scene) {
    until("the hold ends", async || {
        (s.house.count("held").await == 0).then_some(())
    })
    .await;
}

/// The end of the hold, and the page comes to know it.
async fn time_is_over(s: &Scene) {
    s.house.pass_minutes(16).await;
    the_hold_ends(s).await;
    s.browser.js("dispatchEvent(new Event('online'))").await;
    s.widget().step("expired").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn run_out_and_taken_again_in_one_tap() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_cut", "emp_anna").await;
        let before = widget.booking().await;
        s.browser
            .until(
                "a countdown",
                "/^1[45]:\\d\\d$/.test(document.querySelector('#countdown').innerText)",
            )
            .await;
        time_is_over(s).await;
        s.house.nothing_taken().await;
        s.browser.click("#take-again").await;
        widget.step("payment").await;
        let again = widget.booking().await;
        assert_eq!(
            (again.start, again.client),
            (before.start, before.client),
            "the same slot for the same client"
        );
        s.browser
            .until(
                "the countdown runs again",
                "/^1[45]:/.test(document.querySelector('#countdown').innerText)",
            )
            .await;
        widget.pay_with(VISA).await;
        widget.is_paid(4800).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn run_out_while_the_card_was_typed() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_cut", "emp_anna").await;
        widget.card(VISA).await;
        s.house.pass_minutes(16).await;
        widget.press_pay().await;
        widget.step("expired").await;
        s.house.nothing_taken().await;
        the_hold_ends(s).await;
        assert_eq!(widget.booking().await.state, State::Expired);
        s.browser.click("#take-again").await;
        widget.step("payment").await;
        widget.pay_with(VISA).await;
        widget.is_paid(4800).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn taken_between_choosing_and_the_details() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.choose("svc_cut", "emp_anna").await;
        let chosen = widget.chosen().await;
        s.house.somebody_takes(&chosen).await;
        widget.fill_details().await;
        widget.step("taken").await;
        s.house.nothing_taken().await;
        s.browser.click("#other-time").await;
        let other = widget.choose_time(0).await;
        assert_ne!(other, chosen.start.0, "a time that is taken is not offered");
        assert_eq!(
            s.browser.js("document.querySelector('#name').value").await,
            "Ada Lovelace",
            "nothing typed is lost"
        );
        s.browser.click("#to-payment").await;
        widget.step("payment").await;
        widget.pay_with(VISA).await;
        assert_eq!(widget.is_paid(4800).await.start.0, other);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn taken_after_the_hold_ended() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_cut", "emp_anna").await;
        let chosen = widget.booking().await.choice.unwrap();
        time_is_over(s).await;
        s.house.somebody_takes(&chosen).await;
        s.browser.click("#take-again").await;
        widget.step("taken").await;
        s.house.nothing_taken().await;
        s.browser.click("#other-time").await;
        widget.choose_time(0).await;
        s.browser.click("#to-payment").await;
        widget.step("payment").await;
        widget.pay_with(VISA).await;
        widget.is_paid(4800).await;
    })
    .await;
}
