//! A thin client of the dozen calls of Stripe's API that are needed, and what its answers mean.
//!
//! Every `POST` carries an idempotency key of ours. An answer that says nothing definite is [`StripeError::Unknown`]: the
//! same call with the same key asks again, never a new key (Stripe: "Idempotent requests").

pub mod account;
pub mod client;
pub mod dispute;
pub mod intent;
pub mod list;
pub mod object;
pub mod payout;
pub mod refund;
pub mod signature;

pub use client::{StripeClient, StripeError};
