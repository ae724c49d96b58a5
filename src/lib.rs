//! The widget: a client books at a salon and pays by card.
//!
//! # Ids that tests and style sheets may rely on
//!
//! | what | selector |
//! |---|---|
//! | the screen in view (one at a time) | `section[data-step="services\|employee\|time\|details\|payment\|done\|expired\|taken\|visit\|link\|empty"]` |
//! | its heading, which takes the focus when the screen is gone to | `#title` |
//! | a service, a person, a day, a time | `[data-service="svc_…"]`, `[data-employee="emp_…"]` or `"any"`, `[data-date="2026-11-24"]`, `[data-start="<ms>"]` |
//! | a group event's date; the next day that is free | `[data-group-date="grp_…"]`, `#next-free-day` |
//! | add another service, from the summary | `#add-service` |
//! | the form | `#name #email #phone #phone-country #note`, `#<field>-error`, `#error-summary`, `#to-payment` |
//! | terms | `#why`, `#cancellation`, `#countdown` |
//! | how to pay | `#pay-now #pay-at-salon #pay-part #pay-all` |
//! | the card field's room (its state in `data-state`), the button, what went wrong | `#card-room`, `#pay`, `#pay-error`, `#card-retry` |
//! | ways on | `#take-again #other-time #open-here #book-another #calendar` |
//! | the booking’s reference; what the salon gave back | `#reference`, `#refunded` |
//! | a sum, in minor units | `[data-sum="4500"]` |
//! | no connection; test mode | `#banner`, `#ribbon` |

mod app;
pub mod client;
pub mod dom;
pub mod flow;
pub mod frame;
pub mod intl;
pub mod number;
pub mod parts;
pub mod screens;
pub mod state;
pub mod stripe;
mod summary;
pub mod texts;
pub mod wire;

use leptos::{
    html,
    prelude::{ClassAttribute, GlobalAttributes, IntoView, Owner, component},
};

/// Whether this program can book. A visit link's pays only, and leaves out what its page never shows.
pub const BOOKS: bool = cfg!(feature = "book");

/// The whole checkout, for the page that the server wrote (`server::api::page`).
///
/// Any Leptos page can use it that holds the elements of `index.html`: the data and texts, `boot.js` for the card field, and
/// `form.js` for the client's details.
#[component]
#[must_use]
pub fn BookingCheckout() -> impl IntoView {
    let owner = Owner::current().unwrap_or_default();
    // As soon as it is in the page.
    dom::spawn(async move {
        if let Some(host) = dom::by_id(HOST) {
            owner.with(|| app::build(dom::El::of(host)));
        }
    });
    html::div().class("contents").id(HOST)
}

/// The element that all is built in, in whatever page.
const HOST: &str = "checkout";
