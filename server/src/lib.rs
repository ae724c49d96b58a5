//! The companion of the widget: decides every amount, confirms every payment, keeps the books.
//!
//! Without features this crate is what a client may call: the server functions in [`api`], their wire types and errors.
//! With feature `ssr` it is the server as well: [`http`] takes requests, [`handlers`] answer them, [`store`] keeps the
//! books, [`stripe`] talks to Stripe, [`payments`] moves payments forward, [`worker`] does what time brings, [`office`] is the salon's side.

pub mod api;

#[cfg(feature = "ssr")]
pub mod app;
#[cfg(feature = "ssr")]
pub mod config;
#[cfg(feature = "ssr")]
pub mod demo;
#[cfg(feature = "ssr")]
pub mod handlers;
#[cfg(feature = "ssr")]
pub mod http;
#[cfg(feature = "ssr")]
pub mod mail;
#[cfg(feature = "ssr")]
pub mod manage;
#[cfg(feature = "ssr")]
pub mod messages;
#[cfg(feature = "ssr")]
pub mod office;
#[cfg(feature = "ssr")]
pub mod payments;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(feature = "ssr")]
pub mod stripe;
#[cfg(feature = "ssr")]
pub mod vault;
#[cfg(feature = "ssr")]
pub mod worker;
