//! Currencies: which exist, how amounts are written, the least and the most that can be charged.

use crate::errors::{ApiError, Outcome};

/// The most minor units of one charge.
pub const MAXIMUM: i64 = 99_999_999;

const ZERO_DECIMAL: &[&str] = &[
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf",
];
const THREE_DECIMAL: &[&str] = &["bhd", "jod", "kwd", "omr", "tnd"];
/// No decimals in life, but sent times 100.
const HUNDREDS: &[&str] = &["isk", "ugx"];

/// The least charge by settlement currency, in minor units.
const MINIMUMS: &[(&str, i64)] = &[
    ("usd", 50),
    ("aed", 200),
    ("ars", 50),
    ("aud", 50),
    ("brl", 50),
    ("cad", 50),
    ("chf", 50),
    ("cop", 50),
    ("czk", 1_500),
    ("dkk", 250),
    ("nok", 300),
    ("gbp", 30),
    ("hkd", 400),
    ("huf", 17_500),
    ("idr", 50),
    ("ils", 50),
    ("inr", 50),
    ("jpy", 50),
    ("krw", 50),
    ("mxn", 1_000),
    ("myr", 200),
    ("nzd", 50),
    ("php", 50),
    ("pln", 200),
    ("ron", 200),
    ("rub", 50),
    ("sek", 300),
    ("sgd", 50),
    ("thb", 1_000),
    ("zar", 50),
    ("eur", 50),
];

/// Made-up but plausible rates: thousandths of the currency for one euro. Anything else converts one to one.
const RATES: &[(&str, i64)] = &[
    ("eur", 1_000),
    ("usd", 1_100),
    ("aed", 4_040),
    ("ars", 1_100_000),
    ("aud", 1_660),
    ("bgn", 1_956),
    ("brl", 6_100),
    ("cad", 1_500),
    ("chf", 950),
    ("cop", 4_500_000),
    ("czk", 25_000),
    ("dkk", 7_460),
    ("gbp", 850),
    ("hkd", 8_600),
    ("huf", 395_000),
    ("idr", 17_500_000),
    ("ils", 4_000),
    ("inr", 92_000),
    ("isk", 150_000),
    ("jpy", 165_000),
    ("krw", 1_480_000),
    ("mxn", 20_000),
    ("myr", 4_900),
    ("nok", 11_600),
    ("nzd", 1_800),
    ("php", 63_000),
    ("pln", 4_300),
    ("ron", 4_980),
    ("rub", 100_000),
    ("sek", 11_300),
    ("sgd", 1_460),
    ("thb", 38_000),
    ("try", 36_000),
    ("twd", 35_000),
    ("uah", 45_000),
    ("ugx", 4_000_000),
    ("vnd", 27_500_000),
    ("xof", 655_957),
    ("xaf", 655_957),
    ("zar", 20_000),
];

const OTHERS: &[&str] = &[
    "afn", "all", "amd", "ang", "aoa", "awg", "azn", "bam", "bbd", "bdt", "bmd", "bnd", "bob", "bsd", "bwp",
    "byn", "bzd", "cdf", "cny", "crc", "cve", "dop", "dzd", "egp", "etb", "fjd", "fkp", "gel", "gip", "gmd",
    "gtq", "gyd", "hnl", "htg", "jmd", "kes", "kgs", "khr", "kyd", "kzt", "lak", "lbp", "lkr", "lrd", "lsl",
    "mad", "mdl", "mkd", "mmk", "mnt", "mop", "mur", "mvr", "mwk", "mzn", "nad", "ngn", "nio", "npr", "pab",
    "pen", "pgk", "pkr", "qar", "rsd", "sar", "sbd", "scr", "shp", "sle", "sos", "srd", "std", "szl", "tjs",
    "top", "ttd", "tzs", "uyu", "uzs", "wst", "xcd", "yer", "zmw",
];

/// Every currency a payment may be in.
pub fn all() -> impl Iterator<Item = &'static str> {
    RATES
        .iter()
        .map(|(code, _)| *code)
        .chain(
            ZERO_DECIMAL
                .iter()
                .copied()
                .filter(|code| !RATES.iter().any(|(known, _)| known == code)),
        )
        .chain(OTHERS.iter().copied())
}

pub fn decimals(currency: &str) -> u32 {
    if ZERO_DECIMAL.contains(&currency) { 0 } else { 2 }
}

/// Checks the amount of a payment for an account that settles in `settlement`.
pub fn check(amount: i64, currency: &str, settlement: &str) -> Outcome<()> {
    if THREE_DECIMAL.contains(&currency) {
        return Err(ApiError::invalid(
            format!("Currencies of three decimals are not supported here: {currency}."),
            "currency",
        ));
    }
    if !all().any(|code| code == currency) {
        let message = format!(
            "Invalid currency: {currency}. Stripe currently supports these currencies: {}",
            all().collect::<Vec<_>>().join(", ")
        );
        return Err(ApiError::invalid(message, "currency"));
    }
    if amount < 1 {
        return Err(
            ApiError::invalid("This value must be greater than or equal to 1.", "amount")
                .code("parameter_invalid_integer"),
        );
    }
    if amount > MAXIMUM {
        let message = format!("Amount must be no more than {}", spell(MAXIMUM, currency));
        return Err(ApiError::invalid(message, "amount").code("amount_too_large"));
    }
    if HUNDREDS.contains(&currency) && amount % 100 != 0 {
        let message =
            format!("Invalid amount: {currency} has no decimals; the amount must be divisible by 100.");
        return Err(ApiError::invalid(message, "amount").code("parameter_invalid_integer"));
    }
    let Some((_, minimum)) = MINIMUMS.iter().find(|(code, _)| *code == settlement) else {
        return Ok(());
    };
    let worth = convert(amount, currency, settlement);
    if worth >= *minimum {
        return Ok(());
    }
    let message = if currency == settlement {
        format!("Amount must be at least {}", spell(*minimum, currency))
    } else {
        format!(
            "Amount must convert to at least {}. {} converts to approximately {}.",
            spell(*minimum, settlement),
            spell(amount, currency),
            spell(worth, settlement)
        )
    };
    Err(ApiError::invalid(message, "amount").code("amount_too_small"))
}

/// Converts minor units by the sandbox's rates, rounding half up.
pub fn convert(amount: i64, from: &str, to: &str) -> i64 {
    if from == to {
        return amount;
    }
    let (rate_from, rate_to) = (rate(from), rate(to));
    let numerator = i128::from(amount) * rate_to * 10_i128.pow(decimals(to));
    let denominator = rate_from * 10_i128.pow(decimals(from));
    i64::try_from((numerator + denominator / 2) / denominator).unwrap_or(i64::MAX)
}

/// Millionths of `to` for one unit of `from`.
pub fn exchange_rate_millionths(from: &str, to: &str) -> i128 {
    rate(to) * 1_000_000 / rate(from)
}

fn rate(currency: &str) -> i128 {
    RATES
        .iter()
        .find(|(code, _)| *code == currency)
        .map_or(1_000, |(_, rate)| i128::from(*rate))
}

fn spell(amount: i64, currency: &str) -> String {
    match decimals(currency) {
        0 => format!("{amount} {currency}"),
        _ => format!("{}.{:02} {currency}", amount / 100, amount % 100),
    }
}

/// The fee: 1.5 % and 25 minor units of the settlement currency, rounded half up.
pub fn fee(settled: i64) -> i64 {
    (settled.saturating_mul(15) + 500) / 1_000 + 25
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(amount: i64, currency: &str, settlement: &str) -> &'static str {
        match check(amount, currency, settlement) {
            Ok(()) => "ok",
            Err(error) => match (error.code.as_deref(), error.param.as_deref()) {
                (Some("amount_too_small"), _) => "small",
                (Some("amount_too_large"), _) => "large",
                (_, Some("currency")) => "currency",
                _ => "invalid",
            },
        }
    }

    #[test]
    fn each_minimum_is_exact() {
        assert_eq!(MINIMUMS.len(), 31);
        for (currency, minimum) in MINIMUMS {
            assert_eq!(code(*minimum, currency, currency), "ok", "{currency}");
            assert_eq!(code(minimum - 1, currency, currency), "small", "{currency}");
        }
    }

    #[test]
    fn amounts() {
        for (amount, currency, settlement, expected) in [
            (0, "eur", "eur", "invalid"),
            (-5, "eur", "eur", "invalid"),
            (MAXIMUM, "eur", "eur", "ok"),
            (MAXIMUM + 1, "eur", "eur", "large"),
            (100, "xyz", "eur", "currency"),
            (1_000, "kwd", "eur", "currency"),
            (50_001, "isk", "eur", "invalid"),
            (50_000, "isk", "eur", "ok"),
            (100, "bgn", "eur", "ok"),
            (96, "bgn", "eur", "small"),
            (1, "bgn", "bgn", "ok"),
            (81, "jpy", "eur", "small"),
            (82, "jpy", "eur", "ok"),
            (50, "eur", "huf", "ok"),
            (44, "eur", "huf", "small"),
        ] {
            assert_eq!(
                code(amount, currency, settlement),
                expected,
                "{amount} {currency} settled in {settlement}"
            );
        }
    }

    #[test]
    fn conversion_and_fee() {
        assert_eq!(convert(100, "eur", "jpy"), 165);
        assert_eq!(convert(165, "jpy", "eur"), 100);
        assert_eq!(convert(1, "jpy", "eur"), 1);
        assert_eq!([fee(50), fee(1_000), fee(4_500), fee(33)], [26, 40, 93, 25]);
    }
}
