//! Whether a Stripe key can be what it is said to be.
