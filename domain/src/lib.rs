//! The rules of a salon's payments, as types and functions.
//!
//! Nothing here does I/O, reads a clock or draws a random number: time, ids and randomness are arguments, and every
//! failure is a value. The widget and the server compute with the same code, so that what a client was shown is what
//! the server decides.
//!
//! | to find | look in |
//! |---|---|
//! | sums, currencies, Stripe's smallest and largest charge | [`money`], [`currency`] |
//! | sums as people type them | [`money_text`] |
//! | who must pay, how much, and why | [`terms`] |
//! | what cancelling costs, and until when it is free | [`cancellation`] |
//! | what a client may change online, and until when | [`changing`] |
//! | what becomes of the money then, and a fee's life | [`fee`] |
//! | which times are free | [`availability`] |
//! | how long a slot is held | [`hold`] |
//! | a payment's life: attempts, observations, effects | [`payment`] |
//! | a refund's life | [`refund`] |
//! | where a dispute stands | [`dispute`] |
//! | the books, and whether they agree with Stripe | [`ledger`] |
//! | figures of a period | [`report`] |
//! | what a decline means for the payer | [`decline`] |
//! | who may do what in the back office | [`role`] |
//! | whether a Stripe key can be what it is said to be | [`key`] |

pub mod availability;
pub mod cancellation;
pub mod changing;
pub mod currency;
pub mod decline;
pub mod dispute;
pub mod fee;
pub mod hold;
pub mod id;
pub mod key;
pub mod ledger;
pub mod money;
pub mod money_text;
pub mod payment;
pub mod refund;
pub mod report;
pub mod role;
pub mod terms;
pub mod time;
