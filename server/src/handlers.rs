//! The bodies of the server functions, one file a noun.

pub mod bill;
pub mod catalogue;
pub mod confirm;
pub mod consent;
pub mod context;
pub mod declines;
pub mod email;
pub mod free_times;
pub mod hold;
pub mod link;
pub mod quote;
pub mod status;
pub mod tip;
pub mod view;
pub mod visit;
