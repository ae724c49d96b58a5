//! Every way to pay, and not to.

use server::api::booking::Payment;

use crate::{
    harness::scene,
    widget::{MASTERCARD, VISA},
};

#[tokio::test(flavor = "multi_thread")]
async fn in_full() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_cut", "emp_anna").await;
        assert_eq!(widget.button().await, "Pay €48.00");
        assert!(
            s.browser.text("#cancellation").await.contains("€24.00"),
            "what cancelling costs"
        );
        widget.pay_with(VISA).await;
        let booking = widget.is_paid(4800).await;
        assert_eq!(booking.employee, "Anna Berger");
        // The demo's visit by phone, and this one.
        assert_eq!(s.house.count("booked").await, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_balayage", "any").await;
        assert_eq!(widget.button().await, "Pay €50.00");
        assert!(s.browser.text("#why").await.contains("€50.00"), "why this sum");
        widget.pay_with(MASTERCARD).await;
        widget.is_paid(5000).await;
        assert!(
            s.browser.text("[data-step=done]").await.contains("€130.00"),
            "what is left for the salon"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_instead_of_the_part() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_balayage", "emp_anna").await;
        s.browser.click("#pay-all").await;
        assert_eq!(widget.button().await, "Pay €180.00");
        widget.card(VISA).await;
        // Changed twice more: the card field must follow, or Stripe refuses the token.
        s.browser.click("#pay-part").await;
        s.browser.click("#pay-all").await;
        widget.press_pay().await;
        widget.is_paid(18_000).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_choice_now_or_at_the_salon() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_facial", "emp_lea").await;
        assert_eq!(widget.button().await, "Pay €36.00");
        s.browser.click("#pay-at-salon").await;
        assert_eq!(widget.button().await, "Book, pay at the salon");
        s.browser
            .until(
                "no card is asked for",
                "document.querySelector('#card-room').inert",
            )
            .await;
        widget.press_pay().await;
        let booking = widget.is_done().await;
        assert_eq!(booking.payment, Payment::None);
        s.house.nothing_taken().await;
        assert!(
            s.house.sandbox.payment_intents().is_empty(),
            "Stripe was not asked"
        );
        s.house.one_letter_to("ada@example.com").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_booking_begins_anew() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_facial", "emp_lea").await;
        s.browser.click("#pay-at-salon").await;
        widget.press_pay().await;
        widget.is_done().await;
        s.browser.click("#book-another").await;
        widget.book("svc_facial", "emp_lea").await;
        widget.pay_with(VISA).await;
        widget.is_done().await;
        s.house.paid_once(&widget.token().await, 3600).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn never_online() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_brows", "emp_lea").await;
        assert_eq!(widget.button().await, "Book, pay at the salon");
        assert!(s.browser.text("#why").await.contains("paid at the salon"));
        widget.press_pay().await;
        assert_eq!(widget.is_done().await.payment, Payment::None);
        s.house.nothing_taken().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn below_the_minimum_is_explained() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_fringe", "emp_jonas").await;
        assert_eq!(widget.button().await, "Book, pay at the salon");
        let why = s.browser.text("#why").await;
        assert!(why.contains("€0.50 at least"), "{why}");
        assert!(
            !why.contains("pay now or at the salon"),
            "there is no choice: {why}"
        );
        widget.press_pay().await;
        assert_eq!(widget.is_done().await.payment, Payment::None);
        s.house.nothing_taken().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seat_at_a_group_event() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_braiding", "any").await;
        assert_eq!(widget.button().await, "Pay €35.00");
        widget.pay_with(VISA).await;
        widget.is_paid(3500).await;
        // The seat is gone from the page's own count.
        widget.open().await;
        s.browser.click("[data-service=svc_braiding]").await;
        widget.step("time").await;
        assert!(s.browser.text("[data-group-date]").await.contains("7 seats left"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_services_in_one_visit() {
    scene(async |s| {
        let widget = s.widget().open().await;
        s.browser.click("[data-service=svc_cut]").await;
        widget.step("employee").await;
        s.browser.click("#add-service").await;
        widget.step("services").await;
        s.browser.click("[data-service=svc_beard]").await;
        widget.choose_time(0).await;
        widget.fill_details().await;
        widget.step("payment").await;
        let shown = widget.button().await;
        widget.pay_with(VISA).await;
        let booking = widget.is_done().await;
        assert_eq!(booking.lines.len(), 2);
        let Payment::Paid { sum } = booking.payment else {
            panic!("{:?}", booking.payment)
        };
        assert_eq!(booking.quote.price.minor(), 6600);
        assert!(shown.contains(&format!("{}.00", sum.minor() / 100)), "{shown}");
        s.house.paid_once(&widget.token().await, sum.minor()).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_pays_once() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_cut", "emp_jonas").await;
        s.house.fault("/v1/payment_intents", "slow", 700).await;
        widget.card(VISA).await;
        s.browser.double_click("#pay").await;
        s.browser.js("document.querySelector('#pay')?.click()").await;
        widget.is_paid(4800).await;
        assert_eq!(s.house.sandbox.payment_intents().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_changes_while_the_card_is_typed_is_shown_before_it_is_paid() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_cut", "emp_anna").await;
        widget.card(VISA).await;
        s.house.set_price("svc_cut", 5200).await;
        widget.press_pay().await;
        let said = widget.pay_error().await;
        assert!(said.contains("changed its price"), "{said}");
        assert_eq!(widget.button().await, "Pay €52.00");
        s.house.nothing_taken_yet();
        // The card is still there.
        widget.press_pay().await;
        widget.is_paid(5200).await;
    })
    .await;
}
