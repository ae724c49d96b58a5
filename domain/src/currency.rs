//! Currencies as Stripe counts them: exponents, the smallest and the largest charge.
//!
//! Source: Stripe, "Supported currencies", zero-decimal, special-case and minimum charge amount tables.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The largest charge that is accepted, in minor units (Stripe: at most eight digits).
pub const MAXIMUM_CHARGE: i64 = 99_999_999;

/// A currency that Stripe can charge, as its three-letter ISO 4217 code in capitals.
///
/// ```
/// use domain::currency::Currency;
/// assert_eq!(Currency::parse("eur").unwrap().code(), "EUR");
/// assert!(Currency::parse("euro").is_err());
/// // Three decimals: refused, because Stripe wants those rounded to tens.
/// assert!(Currency::parse("KWD").is_err());
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// Why a text is no currency this product can charge.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CurrencyError {
    /// Not three letters.
    NotACode,
    /// A currency of three decimals (BHD, JOD, KWD, OMR, TND), which is not supported.
    ThreeDecimals,
}

impl Currency {
    /// The euro.
    pub const EUR: Currency = Currency(*b"EUR");

    /// Reads a code in either case.
    ///
    /// # Errors
    /// [`CurrencyError`] when the text is not three ASCII letters, or names a currency of three decimals.
    pub fn parse(code: &str) -> Result<Currency, CurrencyError> {
        let upper = code.to_ascii_uppercase();
        let Ok(letters) = <[u8; 3]>::try_from(upper.as_bytes()) else {
            return Err(CurrencyError::NotACode);
        };
        if !letters.iter().all(u8::is_ascii_uppercase) {
            return Err(CurrencyError::NotACode);
        }
        if THREE_DECIMALS.contains(&letters) {
            return Err(CurrencyError::ThreeDecimals);
        }
        Ok(Currency(letters))
    }

    /// The code in capitals, as people write it.
    #[must_use]
    pub fn code(&self) -> &str {
        // Only ASCII letters get in, so this is always valid.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The code in small letters, as Stripe's API writes it.
    #[must_use]
    pub fn stripe_code(&self) -> String {
        self.code().to_ascii_lowercase()
    }

    /// How many decimals Stripe's smallest unit has: 0 for yen and its like, else 2.
    ///
    /// ISK and UGX have no decimals in life but are sent times 100: they count 2 here, and [`Currency::step`] is 100.
    #[must_use]
    pub fn exponent(&self) -> u8 {
        if ZERO_DECIMALS.contains(&self.0) { 0 } else { 2 }
    }

    /// What a charge must be divisible by, in minor units: 100 for ISK and UGX, else 1.
    #[must_use]
    pub fn step(&self) -> i64 {
        if WHOLE_UNITS_ONLY.contains(&self.0) {
            100
        } else {
            1
        }
    }

    /// The smallest charge when an account settles in this currency, in minor units, where Stripe publishes one.
    ///
    /// `None` is not zero: for such a currency only Stripe's own answer (`amount_too_small`) decides.
    ///
    /// ```
    /// use domain::currency::Currency;
    /// assert_eq!(Currency::EUR.minimum_charge(), Some(50));
    /// assert_eq!(Currency::parse("HUF").unwrap().minimum_charge(), Some(17_500));
    /// assert_eq!(Currency::parse("KZT").unwrap().minimum_charge(), None);
    /// ```
    #[must_use]
    pub fn minimum_charge(&self) -> Option<i64> {
        MINIMUM_CHARGES
            .iter()
            .find(|(code, _)| *code == self.0)
            .map(|(_, minimum)| *minimum)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for CurrencyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CurrencyError::NotACode => "a currency is three letters, such as EUR",
            CurrencyError::ThreeDecimals => "currencies of three decimals are not supported",
        })
    }
}

impl std::error::Error for CurrencyError {}

impl TryFrom<String> for Currency {
    type Error = CurrencyError;
    fn try_from(code: String) -> Result<Self, Self::Error> {
        Currency::parse(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.code().to_owned()
    }
}

const ZERO_DECIMALS: [[u8; 3]; 15] = [
    *b"BIF", *b"CLP", *b"DJF", *b"GNF", *b"JPY", *b"KMF", *b"KRW", *b"MGA", *b"PYG", *b"RWF", *b"VND",
    *b"VUV", *b"XAF", *b"XOF", *b"XPF",
];

const WHOLE_UNITS_ONLY: [[u8; 3]; 2] = [*b"ISK", *b"UGX"];

const THREE_DECIMALS: [[u8; 3]; 5] = [*b"BHD", *b"JOD", *b"KWD", *b"OMR", *b"TND"];

const MINIMUM_CHARGES: [([u8; 3], i64); 31] = [
    (*b"AED", 200),
    (*b"ARS", 50),
    (*b"AUD", 50),
    (*b"BRL", 50),
    (*b"CAD", 50),
    (*b"CHF", 50),
    (*b"COP", 50),
    (*b"CZK", 1500),
    (*b"DKK", 250),
    (*b"EUR", 50),
    (*b"GBP", 30),
    (*b"HKD", 400),
    (*b"HUF", 17_500),
    (*b"IDR", 50),
    (*b"ILS", 50),
    (*b"INR", 50),
    (*b"JPY", 50),
    (*b"KRW", 50),
    (*b"MXN", 1000),
    (*b"MYR", 200),
    (*b"NOK", 300),
    (*b"NZD", 50),
    (*b"PHP", 50),
    (*b"PLN", 200),
    (*b"RON", 200),
    (*b"RUB", 50),
    (*b"SEK", 300),
    (*b"SGD", 50),
    (*b"THB", 1000),
    (*b"USD", 50),
    (*b"ZAR", 50),
];
