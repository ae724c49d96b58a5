//! The bank asks the payer to confirm.

use crate::{
    harness::scene,
    widget::{BANK_ASKS, Bank, VISA},
};

#[tokio::test(flavor = "multi_thread")]
async fn confirmed() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_cut", "emp_anna").await;
        widget.pay_with(BANK_ASKS).await;
        widget.bank_is_open().await;
        s.house.nothing_taken_yet();
        widget.answer_bank(Bank::Confirm).await;
        widget.is_paid(4800).await;
    })
    .await;
}

async fn not_confirmed_then_another_card(answer: Bank) {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_cut", "emp_anna").await;
        widget.pay_with(BANK_ASKS).await;
        widget.answer_bank(answer).await;
        let told = widget.pay_error().await;
        assert!(told.contains("Nothing was charged"), "{told}");
        s.house.nothing_taken().await;
        s.browser
            .until("it can be paid", "!document.querySelector('#pay').disabled")
            .await;
        widget.pay_with(VISA).await;
        widget.is_paid(4800).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_then_another_card() {
    not_confirmed_then_another_card(Bank::Refuse).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_then_another_card() {
    not_confirmed_then_another_card(Bank::Close).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmed_at_the_second_try() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_cut", "emp_anna").await;
        widget.pay_with(BANK_ASKS).await;
        widget.answer_bank(Bank::Refuse).await;
        widget.pay_error().await;
        widget.press_pay().await;
        widget.answer_bank(Bank::Confirm).await;
        widget.is_paid(4800).await;
    })
    .await;
}
