//! `cargo xtask bench`.
use crate::failure::Outcome;
pub fn main(_parser: lexopt::Parser) -> Outcome {
    Ok(())
}
