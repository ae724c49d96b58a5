//! The server over HTTP: a real database, real signatures, the sandbox at Stripe's place.

mod declines;
mod harness;
mod holds;
mod life;
mod pages;
mod pay;
mod tampered;
mod trouble;
mod visits;
mod webhooks;
