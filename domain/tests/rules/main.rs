//! The rules, one module each: tables of what the product promises, and properties of what must never happen.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may panic: that is how it fails; the helpers here are not seen as tests"
)]

mod availability;
mod cancellation;
mod changing;
mod currency;
mod decline;
mod dispute;
mod fee;
mod id;
mod key;
mod ledger;
mod money;
mod payment;
mod refund;
mod terms;
mod words;

use domain::{currency::Currency, money::Money};

/// A currency by its code.
fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

/// A sum in euro cents.
fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR).unwrap()
}
