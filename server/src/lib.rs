//! The companion of the widget: decides every amount, confirms every payment, keeps the books.
//!
//! Without features this crate is what a client may call: the server functions in [`api`], their wire types and errors.
//! With feature `ssr` it is the server as well.

pub mod api;
