//! The protocol of holds and payments as a small model: two clients, one slot, Stripe, webhooks, a worker, and processes that
//! may die anywhere. [`stateright`] explores it to exhaustion; `domain::payment::advance` in it is the shipped function.
//!
//! One step of the model is one transaction, one arrival at Stripe, one decision of a payer or one lapse of time. Between two
//! steps anything else may happen; a process that dies there takes with it what it knows. What is left out, and why that may be
//! left out, is in `docs/decisions/0011-model-checking.md`.
//!
//! * [`world`]: a moment · [`books`]: what we write · [`stripe`]: what Stripe does · [`next`]: what may happen then · [`step`]: what that does
//! * [`properties`]: what must hold · [`calm`]: what goes on without anybody's doing, and where it ends
//! * [`protocol`]: what is explored, and the mistakes that a protocol can make

pub mod books;
pub mod calm;
pub mod check;
pub mod next;
pub mod pair;
pub mod properties;
pub mod protocol;
pub mod step;
pub mod stripe;
pub mod world;
