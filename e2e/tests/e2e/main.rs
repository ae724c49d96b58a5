//! All of it together: Chromium on the optimized pages, the real server with a database of its own, the sandbox at Stripe's place
//! with webhooks that really arrive.
//!
//! What a failed test leaves (a picture, the browser's log, the page's text) lies in `target/e2e/`.
//! `PICTURES=1 cargo test -p e2e screens` draws every screen into `target/screenshots/`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test may panic and tell; the helpers of these tests are no test functions themselves"
)]

mod browser;
mod harness;
mod house;
mod widget;

mod access;
mod bank;
mod complaints;
mod declines;
mod early;
mod embed;
mod fees;
mod holds;
mod keyboard;
mod language;
mod network;
mod office;
mod pay;
mod policy;
mod resume;
mod screens;
mod stripe_js;
mod tabs;
mod visit;
