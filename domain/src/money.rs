//! A sum of money, as a whole number of the currency's smallest unit.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::currency::{Currency, MAXIMUM_CHARGE};

/// A sum that is not negative, in minor units of its currency (cents for EUR, whole yen for JPY).
///
/// At most [`Money::LIMIT`] minor units, so that sums of a few never overflow.
///
/// ```
/// use domain::{currency::Currency, money::Money};
/// let cut = Money::new(4500, Currency::EUR).unwrap();
/// assert_eq!(cut.to_string(), "EUR 45.00");
/// assert_eq!(Money::new(800, Currency::parse("JPY").unwrap()).unwrap().to_string(), "JPY 800");
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// Why a number is no sum of money, or two sums do not go together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MoneyError {
    /// Below zero.
    Negative,
    /// Above [`Money::LIMIT`].
    TooLarge,
    /// Two currencies in one sum.
    Currencies,
    /// ISK and UGX have no hundredths: the number must be divisible by 100.
    NotWhole,
}

impl Money {
    /// The largest sum that is kept, in minor units. Far above what can be charged at once ([`MAXIMUM_CHARGE`]).
    pub const LIMIT: i64 = 1_000_000_000_000;

    /// Makes a sum of `minor` smallest units.
    ///
    /// # Errors
    /// [`MoneyError`] when the number is negative, above [`Money::LIMIT`], or not whole where it must be.
    pub fn new(minor: i64, currency: Currency) -> Result<Money, MoneyError> {
        match minor {
            ..0 => Err(MoneyError::Negative),
            m if m > Money::LIMIT => Err(MoneyError::TooLarge),
            m if m % currency.step() != 0 => Err(MoneyError::NotWhole),
            _ => Ok(Money { minor, currency }),
        }
    }

    /// Nothing, in this currency.
    #[must_use]
    pub fn zero(currency: Currency) -> Money {
        Money { minor: 0, currency }
    }

    /// The number of smallest units, never negative.
    #[must_use]
    pub fn minor(&self) -> i64 {
        self.minor
    }

    /// The currency.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// True for nothing.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.minor == 0
    }

    /// The sum of both.
    ///
    /// # Errors
    /// [`MoneyError`] when the currencies differ or the sum is too large.
    pub fn plus(self, other: Money) -> Result<Money, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Currencies);
        }
        Money::new(self.minor.saturating_add(other.minor), self.currency)
    }

    /// What is left after taking `other` away, nothing when that is more.
    ///
    /// # Errors
    /// [`MoneyError::Currencies`] when the currencies differ.
    pub fn less(self, other: Money) -> Result<Money, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Currencies);
        }
        Ok(Money {
            minor: self.minor.saturating_sub(other.minor).max(0),
            currency: self.currency,
        })
    }

    /// This many hundredths of the sum, rounded half up to what the currency can charge, never above the sum.
    ///
    /// ```
    /// use domain::{currency::Currency, money::{Money, Percent}};
    /// let price = Money::new(4995, Currency::EUR).unwrap();
    /// assert_eq!(price.percent(Percent::parse(30).unwrap()).minor(), 1499); // 14.985
    /// let isk = Money::new(990_100, Currency::parse("ISK").unwrap()).unwrap();
    /// assert_eq!(isk.percent(Percent::parse(50).unwrap()).minor(), 495_100); // 4950.5 krónur
    /// ```
    #[must_use]
    pub fn percent(self, percent: Percent) -> Money {
        let step = self.currency.step();
        let units = self.minor / step;
        // Within range: LIMIT * 100 is far below i64::MAX.
        let rounded = (units * i64::from(percent.0) + 50) / 100 * step;
        Money {
            minor: rounded.min(self.minor),
            currency: self.currency,
        }
    }

    /// Why Stripe would refuse to charge this sum for an account that settles in the same currency, if it would.
    ///
    /// Where Stripe publishes no minimum, it is the smallest sum of the currency.
    #[must_use]
    pub fn chargeable(&self) -> Chargeable {
        let minimum = self.currency.minimum_charge().unwrap_or(self.currency.step());
        if self.minor < minimum {
            Chargeable::BelowMinimum(Money {
                minor: minimum,
                currency: self.currency,
            })
        } else if self.minor > MAXIMUM_CHARGE {
            Chargeable::AboveMaximum
        } else {
            Chargeable::Yes
        }
    }
}

/// Whether Stripe takes a sum.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Chargeable {
    /// It does.
    Yes,
    /// Too small; the smallest sum it takes.
    BelowMinimum(Money),
    /// More than [`MAXIMUM_CHARGE`].
    AboveMaximum,
}

/// A whole percentage from 1 to 100.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Percent(u8);

impl Percent {
    /// Reads a percentage; `None` outside 1 to 100.
    #[must_use]
    pub fn parse(percent: u8) -> Option<Percent> {
        (1..=100).contains(&percent).then_some(Percent(percent))
    }

    /// The number, 1 to 100.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }
}

/// For logs and tests. The page writes sums with the browser's own `Intl`, in the client's language.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.currency.exponent() {
            0 => write!(f, "{} {}", self.currency, self.minor),
            _ => write!(
                f,
                "{} {}.{:02}",
                self.currency,
                self.minor / 100,
                self.minor % 100
            ),
        }
    }
}

impl fmt::Display for MoneyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MoneyError::Negative => "a sum can't be negative",
            MoneyError::TooLarge => "the sum is too large",
            MoneyError::Currencies => "two currencies in one sum",
            MoneyError::NotWhole => "this currency has no hundredths",
        })
    }
}

impl std::error::Error for MoneyError {}

/// How a sum travels: `{"minor": 4500, "currency": "EUR"}`.
#[derive(Serialize, Deserialize)]
struct Wire {
    minor: i64,
    currency: Currency,
}

impl TryFrom<Wire> for Money {
    type Error = MoneyError;
    fn try_from(wire: Wire) -> Result<Money, MoneyError> {
        Money::new(wire.minor, wire.currency)
    }
}

impl From<Money> for Wire {
    fn from(money: Money) -> Wire {
        Wire {
            minor: money.minor,
            currency: money.currency,
        }
    }
}

impl TryFrom<u8> for Percent {
    type Error = &'static str;
    fn try_from(percent: u8) -> Result<Percent, &'static str> {
        Percent::parse(percent).ok_or("a percentage is from 1 to 100")
    }
}

impl From<Percent> for u8 {
    fn from(percent: Percent) -> u8 {
        percent.0
    }
}
