//! Sums as people type them.

use crate::{currency::Currency, money::Money};

impl Money {
    /// Reads a sum as somebody types it: `45`, `45.00`, `45,5`, `1 200.00`, `1.200,00`. What could mean two sums (`1.200`) is
    /// refused rather than guessed.
    ///
    /// ```
    /// use domain::{currency::Currency, money::Money};
    /// assert_eq!(Money::read("1.200,50", Currency::EUR).unwrap().minor(), 120_050);
    /// assert!(Money::read("1.200", Currency::EUR).is_err());
    /// ```
    ///
    /// # Errors
    /// A sentence that says what to do.
    pub fn read(text: &str, currency: Currency) -> Result<Money, String> {
        let text = text.trim();
        let code = currency.code();
        let bare = text
            .strip_prefix(code)
            .or_else(|| text.strip_suffix(code))
            .unwrap_or(text);
        let bare: String = bare
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '\'' && *c != '\u{2019}')
            .collect();
        let example = if currency.exponent() == 0 { "4500" } else { "45.00" };
        let unclear = || format!("Enter a sum in {code}, such as {example}.");
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let (whole, fraction) = match bare.rfind(['.', ',']) {
            Some(at) => {
                let (whole, rest) = bare.split_at(at);
                (whole, rest.get(1..).unwrap_or_default())
            }
            None => (bare.as_str(), ""),
        };
        let marks: Vec<&str> = whole.split(['.', ',']).collect();
        let grouped = marks.len() > 1 && marks.iter().skip(1).all(|group| group.len() == 3);
        if bare.ends_with(['.', ','])
            || (marks.len() > 1 && !grouped)
            || !marks.iter().all(|group| digits(group))
            || !(fraction.is_empty() || digits(fraction))
        {
            return Err(unclear());
        }
        if fraction.len() == 3 && !grouped {
            let all = marks.concat();
            return Err(format!(
                "Write {all}{fraction} or {all}.{}: this could be both.",
                fraction.get(..2).unwrap_or_default()
            ));
        }
        let hundredths = match (currency.exponent(), fraction) {
            (0, "" | "0" | "00") => "",
            (0, _) => {
                return Err(format!(
                    "{code} has no hundredths. Enter a whole number, such as {example}."
                ));
            }
            (_, "") => "00",
            (_, one) if one.len() == 1 => &format!("{one}0"),
            (_, two) if two.len() == 2 => two,
            _ => return Err(unclear()),
        };
        let minor = [&marks.concat(), hundredths].concat().parse::<i64>();
        let minor = minor.map_err(|_| "This sum is too large.".to_owned())?;
        Money::new(minor, currency)
            .map_err(|error| format!("{}. Enter a sum such as {example}.", capital(&error.to_string())))
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_sum_is_read_as_it_was_meant_or_not_at_all() {
        for (text, code, minor) in [
            ("45", "EUR", Some(4500)),
            (" 45.00 ", "EUR", Some(4500)),
            ("45,5", "EUR", Some(4550)),
            ("0.40", "EUR", Some(40)),
            ("EUR 45", "EUR", Some(4500)),
            ("45 EUR", "EUR", Some(4500)),
            ("1 200", "EUR", Some(120_000)),
            ("1'200.50", "CHF", Some(120_050)),
            ("1.200,50", "EUR", Some(120_050)),
            ("1,200.50", "USD", Some(120_050)),
            ("1,234,567.00", "USD", Some(123_456_700)),
            ("4500", "JPY", Some(4500)),
            ("4500.00", "JPY", Some(4500)),
            // Two meanings, or none.
            ("1.200", "EUR", None),
            ("1,200", "EUR", None),
            ("4500.50", "JPY", None),
            ("1.20.30", "EUR", None),
            ("45.", "EUR", None),
            (".45", "EUR", None),
            ("-45", "EUR", None),
            ("45.001", "EUR", None),
            ("forty", "EUR", None),
            ("", "EUR", None),
            ("45.5", "ISK", None),
            ("99999999999999999999", "EUR", None),
            ("USD 45", "EUR", None),
        ] {
            let read = Money::read(text, Currency::parse(code).unwrap());
            assert_eq!(read.as_ref().ok().map(Money::minor), minor, "{text}: {read:?}");
        }
    }

    #[test]
    fn what_is_refused_is_told_with_what_to_write_instead() {
        for (text, code, sentence) in [
            ("forty", "EUR", "Enter a sum in EUR, such as 45.00."),
            ("45.0000", "EUR", "Enter a sum in EUR, such as 45.00."),
            ("forty", "JPY", "Enter a sum in JPY, such as 4500."),
            ("1.200", "EUR", "Write 1200 or 1.20: this could be both."),
            (
                "45.50",
                "JPY",
                "JPY has no hundredths. Enter a whole number, such as 4500.",
            ),
            ("99999999999999999999", "EUR", "This sum is too large."),
        ] {
            let read = Money::read(text, Currency::parse(code).unwrap());
            assert_eq!(read.unwrap_err(), sentence, "{text}");
        }
        let limit = Money::read("99999999999999.00", Currency::EUR).unwrap_err();
        assert!(
            limit.starts_with(char::is_uppercase) && limit.ends_with("Enter a sum such as 45.00."),
            "{limit}"
        );
        assert!(limit.len() > "Enter a sum such as 45.00.".len() + 10, "{limit}");
    }

    proptest! {
        #[test]
        fn what_is_shown_can_be_read(minor in 0..Money::LIMIT) {
            for currency in [Currency::EUR, Currency::parse("JPY").unwrap()] {
                let sum = Money::new(minor, currency).unwrap();
                prop_assert_eq!(Money::read(&sum.to_string(), currency), Ok(sum));
            }
        }

        #[test]
        fn nothing_that_is_typed_makes_it_panic(text in "\\PC*") {
            let _ = Money::read(&text, Currency::EUR);
        }
    }
}
