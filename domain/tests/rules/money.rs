//! Sums: rounding, limits, and what a card can be charged.

use domain::{
    currency::MAXIMUM_CHARGE,
    money::{Chargeable, Money, MoneyError, Percent},
};
use proptest::prelude::*;

use crate::{currency, eur};

const CODES: [&str; 6] = ["EUR", "JPY", "HUF", "ISK", "UGX", "KZT"];

/// Any sum of any kind of currency, small ones more often.
fn any_money() -> impl Strategy<Value = Money> {
    let minor = prop_oneof![0..200_i64, 0..100_000_i64, 0..=Money::LIMIT];
    (minor, prop::sample::select(&CODES)).prop_map(|(minor, code)| {
        let currency = currency(code);
        Money::new(minor - minor % currency.step(), currency).unwrap()
    })
}

fn percent(percent: u8) -> Percent {
    Percent::parse(percent).unwrap()
}

#[test]
fn a_part_is_rounded_half_up_to_what_can_be_charged() {
    for (minor, code, hundredths, expected) in [
        (4995, "EUR", 30, 1499), // 1498.5
        (4994, "EUR", 30, 1498), // 1498.2
        (1, "EUR", 50, 1),       // 0.5
        (1, "EUR", 49, 0),
        (1, "EUR", 100, 1),
        (800, "JPY", 33, 264),
        (150, "JPY", 1, 2),            // 1.5
        (990_100, "ISK", 50, 495_100), // 4950.5 krónur
        (990_000, "UGX", 33, 326_700),
        (100, "ISK", 49, 0),
        (Money::LIMIT, "EUR", 99, 990_000_000_000),
    ] {
        let price = Money::new(minor, currency(code)).unwrap();
        assert_eq!(
            price.percent(percent(hundredths)).minor(),
            expected,
            "{hundredths} % of {price}"
        );
    }
}

#[test]
fn numbers_that_are_no_sum_are_refused() {
    let of = |minor, code| Money::new(minor, currency(code));
    assert_eq!(of(-1, "EUR"), Err(MoneyError::Negative));
    assert_eq!(of(i64::MIN, "ISK"), Err(MoneyError::Negative));
    assert_eq!(of(Money::LIMIT + 1, "EUR"), Err(MoneyError::TooLarge));
    assert_eq!(of(150, "ISK"), Err(MoneyError::NotWhole));
    assert!(of(150, "JPY").is_ok());
    assert!(serde_json::from_str::<Money>(r#"{"minor":-5,"currency":"EUR"}"#).is_err());
    assert!(serde_json::from_str::<Money>(r#"{"minor":5.5,"currency":"EUR"}"#).is_err());
    assert!(serde_json::from_str::<Percent>("0").is_err());
    assert!(serde_json::from_str::<Percent>("101").is_err());
}

#[test]
fn two_currencies_never_meet() {
    let yen = Money::new(1, currency("JPY")).unwrap();
    assert_eq!(eur(1).plus(yen), Err(MoneyError::Currencies));
    assert_eq!(eur(1).less(yen), Err(MoneyError::Currencies));
    assert_eq!(eur(Money::LIMIT).plus(eur(1)), Err(MoneyError::TooLarge));
    assert_eq!(eur(5).less(eur(7)), Ok(eur(0)));
}

#[test]
fn a_sum_is_written_with_the_decimals_of_its_currency() {
    for (minor, code, expected) in [
        (4505, "EUR", "EUR 45.05"),
        (0, "EUR", "EUR 0.00"),
        (800, "JPY", "JPY 800"),
        (9900, "ISK", "ISK 99.00"),
    ] {
        assert_eq!(Money::new(minor, currency(code)).unwrap().to_string(), expected);
    }
}

#[test]
fn a_card_is_charged_from_the_minimum_to_the_maximum() {
    for (minor, code, expected) in [
        (0, "EUR", Some(50)),
        (49, "EUR", Some(50)),
        (50, "EUR", None),
        (17_499, "HUF", Some(17_500)),
        (17_500, "HUF", None),
        // No published minimum: the smallest sum there is, and Stripe decides about the rest.
        (0, "KZT", Some(1)),
        (1, "KZT", None),
        (0, "ISK", Some(100)),
        (100, "ISK", None),
        (MAXIMUM_CHARGE, "EUR", None),
    ] {
        let currency = currency(code);
        let expected = expected.map_or(Chargeable::Yes, |minimum| {
            Chargeable::BelowMinimum(Money::new(minimum, currency).unwrap())
        });
        assert_eq!(
            Money::new(minor, currency).unwrap().chargeable(),
            expected,
            "{minor} {code}"
        );
    }
    assert_eq!(eur(MAXIMUM_CHARGE + 1).chargeable(), Chargeable::AboveMaximum);
}

proptest! {
    #[test]
    fn a_part_is_never_above_the_sum_and_can_be_charged(sum in any_money(), hundredths in 1..=100_u8) {
        let part = sum.percent(percent(hundredths));
        prop_assert!(part.minor() <= sum.minor());
        prop_assert_eq!(Money::new(part.minor(), sum.currency()), Ok(part));
        prop_assert_eq!(sum.percent(percent(100)), sum);
    }

    #[test]
    fn a_part_is_the_nearest_sum_and_ties_go_up(sum in any_money(), hundredths in 1..=100_u8) {
        let exact = i128::from(sum.minor()) * i128::from(hundredths);
        let part = i128::from(sum.percent(percent(hundredths)).minor()) * 100;
        let half_a_step = i128::from(sum.currency().step()) * 50;
        prop_assert!(part - exact <= half_a_step, "not more than half a step above");
        prop_assert!(exact - part < half_a_step, "less than half a step below");
    }

    #[test]
    fn more_hundredths_are_never_less(sum in any_money(), a in 1..=100_u8, b in 1..=100_u8) {
        let (low, high) = (a.min(b), a.max(b));
        prop_assert!(sum.percent(percent(low)).minor() <= sum.percent(percent(high)).minor());
    }

    #[test]
    fn what_is_added_can_be_taken_away(a in any_money(), b in any_money()) {
        match a.plus(b) {
            Ok(sum) => prop_assert_eq!(sum.less(b), Ok(a)),
            Err(error) => prop_assert!(a.currency() != b.currency() || error == MoneyError::TooLarge),
        }
    }

    #[test]
    fn a_sum_travels_unchanged(sum in any_money()) {
        let text = serde_json::to_string(&sum).unwrap();
        prop_assert_eq!(serde_json::from_str::<Money>(&text).unwrap(), sum);
    }

    #[test]
    fn the_smallest_charge_is_a_sum_that_can_be_charged(sum in any_money()) {
        if let Chargeable::BelowMinimum(minimum) = sum.chargeable() {
            prop_assert!(minimum.minor() > sum.minor());
            prop_assert_eq!(Money::new(minimum.minor(), minimum.currency()), Ok(minimum));
            prop_assert_eq!(minimum.chargeable(), Chargeable::Yes);
        }
    }
}
