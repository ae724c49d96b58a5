//! Sums in words and in fields.

use domain::{
    currency::Currency,
    money::{Chargeable, Money},
};

/// A sum as one types it: `45.00`.
#[must_use]
pub fn plain(sum: Money) -> String {
    let text = sum.to_string();
    text.split_once(' ')
        .map_or_else(|| text.clone(), |(_, number)| number.to_owned())
}

/// How much somebody may give back at once, for the log.
#[must_use]
pub fn limit_in_words(limit: Option<Money>) -> String {
    limit.map_or_else(
        || "any refund".to_owned(),
        |limit| format!("refunds up to {limit}"),
    )
}

/// What differs of settings that are told in the same order before and after, each by its name: `a fee: 50 % → 100 %`. Empty when
/// nothing does.
#[must_use]
pub fn differences(before: &[(String, String)], after: &[(String, String)]) -> String {
    let told = |value: &str| {
        if value.is_empty() {
            "none".to_owned()
        } else {
            value.to_owned()
        }
    };
    let changed = before.iter().zip(after).filter(|(from, to)| from.1 != to.1);
    let lines = changed.map(|((name, from), (_, to))| format!("{name}: {} → {}", told(from), told(to)));
    lines.collect::<Vec<_>>().join("; ")
}

/// The sum, if a card takes it.
///
/// # Errors
/// A sentence that says why it does not (Stripe: minimum and maximum charge amounts).
pub fn chargeable(sum: Money) -> Result<Money, String> {
    match sum.chargeable() {
        Chargeable::Yes => Ok(sum),
        Chargeable::BelowMinimum(minimum) => Err(format!(
            "A card can't be charged less than {minimum}. Ask for more, or let the client pay at the salon."
        )),
        Chargeable::AboveMaximum => Err("A card can't be charged so much at once.".to_owned()),
    }
}

/// A signed sum: `EUR 45.00`, `−EUR 45.00`.
#[must_use]
pub fn signed(minor: i64, currency: Currency) -> String {
    let sign = if minor < 0 { "−" } else { "" };
    let whole = minor.unsigned_abs();
    match currency.exponent() {
        0 => format!("{sign}{} {whole}", currency.code()),
        _ => format!("{sign}{} {}.{:02}", currency.code(), whole / 100, whole % 100),
    }
}

/// A text that a spreadsheet does not take for a formula (OWASP: "CSV Injection").
#[must_use]
pub fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_formula() {
        for (name, cell) in [
            ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
            ("-1", "'-1"),
            ("\n=1", "'\n=1"),
            ("Cut, and \"finish\"", "Cut, and \"finish\""),
        ] {
            assert_eq!(harmless(name), cell);
        }
    }
}
