//! What a client may call: one file a noun, each with its server function and wire types.
//!
//! Every function is a `POST` of JSON to `/api/v1/<name>` with the body `{"request": …}`. Calls about one booking carry
//! `Authorization: Bearer bt_…`, never a cookie. An error is [`error::ApiError`] with a fitting HTTP status.

#![expect(
    missing_docs,
    reason = "the `server` macro makes one struct a call, of the documented request"
)]

pub mod booking;
pub mod catalogue;
pub mod confirm;
pub mod error;
pub mod free_times;
pub mod hold;
pub mod link;
pub mod page;
pub mod quote;
pub mod tip;

/// Where every server function's address begins.
pub const PREFIX: &str = "/api/v1";
