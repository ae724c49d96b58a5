//! The little that all tasks share in reading their arguments.

use crate::failure::{Failure, Outcome};
use lexopt::{Arg, Parser, ValueExt};

/// The next argument, or a sentence about what can't be read.
pub fn next(parser: &mut Parser) -> Outcome<Option<Arg<'_>>> {
    parser
        .next()
        .map_err(|error| Failure::new(format!("The arguments can't be read: {error}.")))
}

/// The value after an option.
pub fn value(parser: &mut Parser) -> Outcome<String> {
    parser
        .value()
        .and_then(|value| value.string())
        .map_err(|error| Failure::new(format!("The arguments can't be read: {error}.")))
}

/// An argument the task doesn't know.
pub fn unknown(argument: Arg<'_>, known: &str) -> Failure {
    Failure::new(format!("{}.", argument.unexpected())).hint(format!("Known here: {known}"))
}
