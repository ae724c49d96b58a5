//! Currencies against Stripe's tables.

use domain::currency::{Currency, CurrencyError};

use crate::currency;

/// Stripe, "Minimum charge amounts", in minor units.
const MINIMUMS: &str = "
    USD 50    GBP 30     NZD 50
    AED 200   HKD 400    PHP 50
    ARS 50    HUF 17500  PLN 200
    AUD 50    IDR 50     RON 200
    BRL 50    ILS 50     RUB 50
    CAD 50    INR 50     SEK 300
    CHF 50    JPY 50     SGD 50
    COP 50    KRW 50     THB 1000
    CZK 1500  MXN 1000   ZAR 50
    DKK 250   MYR 200    EUR 50
    NOK 300";

#[test]
fn every_published_minimum_is_kept_and_no_other_is_invented() {
    let words: Vec<&str> = MINIMUMS.split_whitespace().collect();
    let published: Vec<(Currency, i64)> = words
        .chunks(2)
        .map(|pair| (currency(pair[0]), pair[1].parse().unwrap()))
        .collect();
    assert_eq!(published.len(), 31);
    for a in b'A'..=b'Z' {
        for b in b'A'..=b'Z' {
            for c in b'A'..=b'Z' {
                let Ok(currency) = Currency::parse(std::str::from_utf8(&[a, b, c]).unwrap()) else {
                    continue;
                };
                let expected = published
                    .iter()
                    .find(|(of, _)| *of == currency)
                    .map(|(_, minimum)| *minimum);
                assert_eq!(currency.minimum_charge(), expected, "{currency}");
            }
        }
    }
}

#[test]
fn decimals_are_those_that_stripe_counts() {
    let zero = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF";
    for code in zero.split(' ') {
        assert_eq!(
            (currency(code).exponent(), currency(code).step()),
            (0, 1),
            "{code}"
        );
    }
    for code in ["ISK", "UGX"] {
        assert_eq!(
            (currency(code).exponent(), currency(code).step()),
            (2, 100),
            "{code}"
        );
    }
    for code in ["EUR", "USD", "HUF", "TWD", "KZT"] {
        assert_eq!(
            (currency(code).exponent(), currency(code).step()),
            (2, 1),
            "{code}"
        );
    }
}

#[test]
fn what_is_no_currency_is_refused() {
    for code in ["BHD", "JOD", "KWD", "OMR", "TND", "kwd"] {
        assert_eq!(Currency::parse(code), Err(CurrencyError::ThreeDecimals), "{code}");
    }
    for code in ["", "EU", "EURO", "E R", "€UR", "12€", "€", "EUR ", "éé"] {
        assert_eq!(Currency::parse(code), Err(CurrencyError::NotACode), "{code}");
    }
}

#[test]
fn a_code_travels_in_capitals_and_goes_to_stripe_in_small_letters() {
    let euro: Currency = serde_json::from_str("\"eur\"").unwrap();
    assert_eq!(euro, Currency::EUR);
    assert_eq!(serde_json::to_string(&euro).unwrap(), "\"EUR\"");
    assert_eq!(
        (
            euro.code(),
            euro.stripe_code().as_str(),
            euro.to_string().as_str()
        ),
        ("EUR", "eur", "EUR")
    );
    assert!(serde_json::from_str::<Currency>("\"KWD\"").is_err());
}
