//! Whom the terms bind, what a card can be charged, and which sums are accepted.

use domain::{
    currency::MAXIMUM_CHARGE,
    money::{Money, MoneyError},
};

use super::*;
use crate::currency;

#[test]
fn terms_may_depend_on_the_client_and_the_value() {
    let some = SalonTerms {
        clients: Clients::NewOrMissed,
        ..OPEN
    };
    let strict = SalonTerms {
        clients: Clients::NewOrMissed,
        ..STRICT
    };
    let colour = [line(9000, Required, percent(30), Allowed)];
    for history in [History::New, History::Missed] {
        check(
            "bound",
            &some,
            history,
            &colour,
            must_or_all(2700, 9000),
            &[why_percent(30)],
        );
    }
    let known = [Reason::YourChoice, Reason::KnownClient, why_percent(30)];
    check(
        "known",
        &some,
        History::Known,
        &colour,
        choice_or_all(2700, 9000),
        &known,
    );
    check(
        "known, no choice",
        &strict,
        History::Known,
        &colour,
        Offer::AtSalon,
        &[Reason::KnownClient],
    );
    check(
        "everybody",
        &OPEN,
        History::Known,
        &colour,
        must_or_all(2700, 9000),
        &[why_percent(30)],
    );

    let from = |minor| SalonTerms {
        from_value: Some(eur(minor)),
        ..STRICT
    };
    check(
        "from this value on",
        &from(9000),
        History::New,
        &colour,
        must_or_all(2700, 9000),
        &[why_percent(30)],
    );
    let below = [Reason::BelowValue { from: eur(9001) }];
    check(
        "below it",
        &from(9001),
        History::New,
        &colour,
        Offer::AtSalon,
        &below,
    );

    // Whom `required` does not bind meets `forbidden`, should the other side say so.
    for (service, employee) in [(Required, Forbidden), (Forbidden, Required)] {
        let lines = [line(9000, service, FULL, employee)];
        check(
            "known, hidden",
            &some,
            History::Known,
            &lines,
            Offer::AtSalon,
            &[Reason::KnownClient],
        );
    }
}

#[test]
fn a_sum_too_small_is_raised_where_required_and_not_offered_where_not() {
    let minimum = eur(50);
    let raised = Reason::RaisedToMinimum { minimum };
    let small = Reason::TooSmall { minimum };
    let (some, full) = (why_percent(10), Reason::ServiceInFull);
    let tenth = |price, service| [line(price, service, percent(10), Allowed)];
    let rows = [
        (
            "at the minimum",
            tenth(500, Required),
            must_or_all(50, 500),
            vec![some],
        ),
        (
            "below it",
            tenth(494, Required),
            must_or_all(50, 494),
            vec![raised, some],
        ),
        (
            "the whole price",
            tenth(50, Required),
            must(50),
            vec![raised, some],
        ),
        (
            "the price is too small itself",
            tenth(49, Required),
            Offer::AtSalon,
            vec![small],
        ),
        ("a choice", tenth(494, Allowed), Offer::AtSalon, vec![small]),
        (
            "nothing is due",
            [line(900, Required, fixed(0), Allowed)],
            Offer::AtSalon,
            vec![small],
        ),
        (
            "too large",
            [line(MAXIMUM_CHARGE + 1, Required, FULL, Allowed)],
            Offer::AtSalon,
            vec![Reason::TooLarge],
        ),
        (
            "the largest",
            [line(MAXIMUM_CHARGE, Required, FULL, Allowed)],
            must(MAXIMUM_CHARGE),
            vec![full],
        ),
        (
            "all is too large",
            tenth(MAXIMUM_CHARGE + 1, Required),
            must(10_000_000),
            vec![some],
        ),
    ];
    for (name, lines, offer, reasons) in rows {
        check(name, &OPEN, History::New, &lines, offer, &reasons);
    }
    // A hidden service does not help to reach the minimum.
    let lines = [
        line(49, Required, FULL, Allowed),
        line(5000, Forbidden, FULL, Allowed),
    ];
    check("hidden", &OPEN, History::New, &lines, Offer::AtSalon, &[small]);
}

#[test]
fn sums_that_do_not_go_together_are_refused() {
    let yen = Money::new(500, currency("JPY")).unwrap();
    let of = |lines: &[Line]| quote(&OPEN, History::New, lines);
    let cut = line(1000, Required, FULL, Allowed);
    let currencies = Err(QuoteError::Money(MoneyError::Currencies));
    assert_eq!(of(&[]), Err(QuoteError::Nothing));
    assert_eq!(of(&[cut, Line { price: yen, ..cut }]), currencies);
    assert_eq!(
        of(&[Line {
            part: Part::Fixed(yen),
            ..cut
        }]),
        currencies
    );
    // Also where the number is above the price, and where nothing would be asked for.
    let more = Money::new(5000, currency("JPY")).unwrap();
    let hidden = line(1000, Forbidden, Part::Fixed(more), Allowed);
    assert_eq!(
        of(&[Line {
            service: Required,
            ..hidden
        }]),
        currencies
    );
    assert_eq!(of(&[cut, hidden]), currencies);
    let huge = line(Money::LIMIT, Required, FULL, Allowed);
    assert_eq!(of(&[huge, cut]), Err(QuoteError::Money(MoneyError::TooLarge)));
}

#[test]
fn only_the_quoted_sums_are_accepted() {
    let of = |service| quote(&OPEN, History::New, &[line(9000, service, percent(30), Allowed)]).unwrap();
    for (service, unpaid, sums) in [
        (Required, false, &[2700, 9000][..]),
        (Allowed, true, &[2700, 9000]),
        (Forbidden, true, &[]),
    ] {
        assert_eq!(of(service).accepts_unpaid(), unpaid);
        for minor in [0, 1, 2699, 2700, 2701, 8999, 9000, 9001] {
            assert_eq!(
                of(service).accepts(eur(minor)),
                sums.contains(&minor),
                "{service:?} {minor}"
            );
        }
        let yen = Money::new(2700, currency("JPY")).unwrap();
        assert!(!of(service).accepts(yen));
    }
}

#[test]
fn a_quote_travels_unchanged() {
    let quote = quote(&OPEN, History::New, &[line(494, Required, percent(10), Allowed)]).unwrap();
    let json = serde_json::to_string(&quote).unwrap();
    assert_eq!(serde_json::from_str::<Quote>(&json).unwrap(), quote);
}
