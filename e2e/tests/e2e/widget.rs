//! The widget as a client uses it. The selectors are the ones that `src/lib.rs` promises.

use domain::{id::BookingToken, time::Moment};
use serde_json::{Value, json};
use server::api::{booking::Booking, quote::Choice};

use crate::{browser::Browser, house::House};

pub const VISA: &str = "4242424242424242";
pub const MASTERCARD: &str = "5555555555554444";
pub const DECLINED: &str = "4000000000000002";
pub const BANK_ASKS: &str = "4000000000003220";

const CARD_FRAME: &str = "iframe[title='Secure payment input frame']";
const BANK_FRAME: &str = "iframe[title='Secure confirmation by your bank']";

/// What the payer does in the bank's dialog.
#[derive(Clone, Copy)]
pub enum Bank {
    Confirm,
    Refuse,
    Close,
}

/// The widget in the browser's present tab.
#[derive(Clone, Copy)]
pub struct Widget<'a> {
    pub browser: &'a Browser,
    pub house: &'a House,
}

impl Widget<'_> {
    /// Opens the salon's booking page.
    pub async fn open(self) -> Self {
        self.browser.goto(&format!("{}/book/lumen", self.house.url)).await;
        self.step("services").await;
        self
    }

    /// Opens the visit link.
    pub async fn open_visit(self) -> Self {
        self.browser.goto(&self.house.visit).await;
        self
    }

    /// Waits for a step; it must be the only one in view, with one heading.
    pub async fn step(self, name: &str) {
        let shown = "[...document.querySelectorAll('section[data-step]')].filter((e) => e.checkVisibility())";
        let here = format!("((all) => all.length === 1 && all[0].dataset.step === '{name}')({shown})");
        self.browser.until(&format!("step {name}"), &here).await;
    }

    /// The step in view.
    pub async fn present_step(self) -> Value {
        self.browser
            .js("document.querySelector('section[data-step]')?.dataset.step")
            .await
    }

    /// From the services to the details.
    pub async fn choose(self, service: &str, employee: &str) {
        self.step("services").await;
        self.browser.click(&format!("[data-service='{service}']")).await;
        self.browser
            .until(
                "the next step",
                "document.querySelector('[data-step=employee], [data-step=time]')",
            )
            .await;
        if self.present_step().await == "employee" {
            self.browser.click(&format!("[data-employee='{employee}']")).await;
        }
        self.choose_time(0).await;
    }

    /// The n-th time of the first day that has one.
    pub async fn choose_time(self, nth: usize) -> i64 {
        self.step("time").await;
        let there = "document.querySelector('[data-start], #next-free-day, [data-group-date]')";
        self.browser.until("free times", there).await;
        if self
            .browser
            .js("document.querySelector('[data-group-date]') !== null")
            .await
            == true
        {
            self.browser.click("[data-group-date]").await;
            self.step("details").await;
            return 0;
        }
        if self
            .browser
            .js("document.querySelector('[data-start]') === null")
            .await
            == true
        {
            self.browser.click("#next-free-day").await;
            self.browser
                .until("free times", "document.querySelector('[data-start]')")
                .await;
        }
        let start = self
            .browser
            .js(&format!(
                "document.querySelectorAll('[data-start]')[{nth}].dataset.start"
            ))
            .await;
        let start = start
            .as_str()
            .unwrap_or_else(|| panic!("there is no free time number {nth}"))
            .to_owned();
        self.browser.click(&format!("[data-start='{start}']")).await;
        self.step("details").await;
        start.parse().unwrap()
    }

    /// The details of a client, and on to payment.
    pub async fn fill_details(self) {
        self.type_details().await;
        self.browser.click("#to-payment").await;
    }

    pub async fn type_details(self) {
        self.step("details").await;
        self.browser.fill("#name", "Ada Lovelace").await;
        self.browser.fill("#email", "ada@example.com").await;
    }

    /// All the way to payment.
    pub async fn book(self, service: &str, employee: &str) {
        self.choose(service, employee).await;
        self.fill_details().await;
        self.step("payment").await;
    }

    pub async fn card_is_ready(self) {
        self.browser
            .until(
                "the card field is ready",
                "document.querySelector('#card-room[data-state=ready]')",
            )
            .await;
        self.browser
            .until(
                "the card field is seen",
                "!document.querySelector('#card-room').inert",
            )
            .await;
    }

    /// Types a card.
    pub async fn card(self, number: &str) {
        self.card_with(number, "1234").await;
    }

    pub async fn card_with(self, number: &str, expiry: &str) {
        self.card_is_ready().await;
        self.browser.enter(CARD_FRAME).await;
        self.browser.fill("#Field-numberInput", number).await;
        self.browser.fill("#Field-expiryInput", expiry).await;
        self.browser.fill("#Field-cvcInput", "123").await;
        self.browser.home().await;
    }

    /// What is typed in the card field: number, expiry.
    pub async fn typed_card(self) -> Vec<String> {
        self.browser.enter(CARD_FRAME).await;
        let typed = self
            .browser
            .js("['number', 'expiry'].map((n) => document.getElementById(`Field-${n}Input`).value)")
            .await;
        self.browser.home().await;
        serde_json::from_value(typed).unwrap()
    }

    pub async fn press_pay(self) {
        self.browser.click("#pay").await;
    }

    /// What the button says.
    pub async fn button(self) -> String {
        // The card field may be there before the program is done with opening.
        self.browser
            .until(
                "the button can be pressed",
                "document.querySelector('#pay') && !document.querySelector('#pay').disabled",
            )
            .await;
        self.browser.text("#pay").await
    }

    /// Types a card and pays.
    pub async fn pay_with(self, number: &str) {
        self.card(number).await;
        self.press_pay().await;
    }

    /// Waits until the bank's dialog can be answered.
    pub async fn bank_is_open(self) {
        self.browser.find(BANK_FRAME).await;
    }

    /// Answers the bank's dialog.
    pub async fn answer_bank(self, answer: Bank) {
        self.browser.enter(BANK_FRAME).await;
        self.browser
            .click(match answer {
                Bank::Confirm => "#test-source-authorize-3ds",
                Bank::Refuse => "#test-source-fail-3ds",
                Bank::Close => "#test-source-cancel-3ds",
            })
            .await;
        self.browser.home().await;
        let gone = format!("!document.querySelector({})", json!(BANK_FRAME));
        self.browser.until("the bank's dialog is closed", &gone).await;
    }

    /// The end: booked, with a reference that fits the books'.
    pub async fn is_done(self) -> Booking {
        self.step("done").await;
        let booking = self.booking().await;
        assert_eq!(self.browser.text("#reference").await, booking.reference);
        booking
    }

    /// The end, paid: exactly one charge of this sum, shown as paid, and the books say so.
    pub async fn is_paid(self, minor: i64) -> Booking {
        let booking = self.is_done().await;
        self.house.paid_once(&self.token().await, minor).await;
        let shown = format!("document.querySelector('[data-step=done] [data-sum=\"{minor}\"]')");
        self.browser.until("the paid sum is shown", &shown).await;
        self.house.one_letter_to("ada@example.com").await;
        booking
    }

    /// Waits for what went wrong with the payment.
    pub async fn pay_error(self) -> String {
        self.browser
            .until(
                "what went wrong",
                "document.querySelector('#pay-error')?.innerText.trim()",
            )
            .await;
        self.browser.text("#pay-error").await
    }

    /// The page's own token.
    pub async fn token(self) -> BookingToken {
        let key = "Object.keys(sessionStorage).find((k) => k.startsWith('booking-checkout:token:'))";
        let kept = self.browser.js(&format!("sessionStorage.getItem({key})")).await;
        BookingToken::parse(kept.as_str().expect("the page has a token")).unwrap()
    }

    /// The page's booking in the server's books.
    pub async fn booking(self) -> Booking {
        self.house.booking(&self.token().await).await
    }

    /// What is chosen, from the page's address.
    pub async fn chosen(self) -> Choice {
        let parameters = self
            .browser
            .js("Object.fromEntries(new URLSearchParams(location.hash.split('?')[1]))")
            .await;
        let text = |key: &str| parameters[key].as_str().map(str::to_owned);
        let employee = text("with").or_else(|| text("employee")).unwrap();
        let start: i64 = text("start").unwrap().parse().unwrap();
        serde_json::from_value(json!({
            "salon": "lumen", "services": [text("service").unwrap()], "employee": employee, "start": Moment(start),
            "date": text("date"),
        }))
        .unwrap()
    }
}
