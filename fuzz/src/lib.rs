//! What must hold for whatever comes from outside: one function a target, which panics where it does not.
//!
//! The fuzzer makes inputs up (`fuzz_targets/`). What it found worth keeping is in `corpus/`, and goes through these same
//! functions in the server's tests (`server/tests/corpus.rs`), without any fuzzer.

mod form;
mod money;
mod parse;
mod stripe;
mod wire;

pub use form::{form, form_tree};
pub use money::rules;
pub use parse::parse;
pub use stripe::{event, object, signature};
pub use wire::wire;

/// A target: its name, and what is done with an input.
pub type Target = (&'static str, fn(&[u8]));

/// All targets. Each has a folder in `corpus/` and a program in `fuzz_targets/`.
pub const TARGETS: [Target; 8] = [
    ("event", event),
    ("form", form),
    ("form_tree", form_tree),
    ("object", object),
    ("parse", parse),
    ("rules", rules),
    ("signature", signature),
    ("wire", wire),
];
