//! Who must pay, how much, and why: the product's promises, row by row.

use domain::{
    money::Percent,
    terms::{Rule::*, *},
};

use crate::eur;

mod limits;
mod properties;

/// Payment online, as a choice where nothing requires it, from everybody.
const OPEN: SalonTerms = SalonTerms {
    online: true,
    optional: true,
    clients: Clients::All,
    from_value: None,
};
/// The same without the choice.
const STRICT: SalonTerms = SalonTerms {
    optional: false,
    ..OPEN
};

const FULL: Part = Part::Full;

/// A service of this price in cents, its rule and part, and the rule of who does it.
fn line(price: i64, service: Rule, part: Part, employee: Rule) -> Line {
    Line {
        price: eur(price),
        from: false,
        service,
        part,
        group: false,
        employee,
    }
}

fn percent(hundredths: u8) -> Part {
    Part::Percent(Percent::parse(hundredths).unwrap())
}

fn fixed(minor: i64) -> Part {
    Part::Fixed(eur(minor))
}

fn must(now: i64) -> Offer {
    Offer::Must(Due {
        now: eur(now),
        all: None,
    })
}

fn must_or_all(now: i64, all: i64) -> Offer {
    Offer::Must(Due {
        now: eur(now),
        all: Some(eur(all)),
    })
}

fn choice(now: i64) -> Offer {
    Offer::Choice(Due {
        now: eur(now),
        all: None,
    })
}

fn choice_or_all(now: i64, all: i64) -> Offer {
    Offer::Choice(Due {
        now: eur(now),
        all: Some(eur(all)),
    })
}

fn why_percent(hundredths: u8) -> Reason {
    Reason::ServicePercent {
        percent: Percent::parse(hundredths).unwrap(),
    }
}

fn check(name: &str, salon: &SalonTerms, history: History, lines: &[Line], offer: Offer, reasons: &[Reason]) {
    let quote = quote(salon, history, lines).unwrap();
    assert_eq!(quote.offer, offer, "{name}");
    assert_eq!(quote.reasons, reasons, "{name}");
}

#[test]
fn the_stricter_rule_wins() {
    // Each pair of rules, with the choice and without.
    let not = (Offer::AtSalon, Reason::NotOffered);
    for (service, employee, open, strict) in [
        (Forbidden, Forbidden, not, not),
        (Forbidden, Allowed, not, not),
        (Allowed, Forbidden, not, not),
        (Allowed, Allowed, (choice(1000), Reason::YourChoice), not),
        (
            Required,
            Forbidden,
            (must(1000), Reason::ServiceInFull),
            (must(1000), Reason::ServiceInFull),
        ),
        (
            Required,
            Allowed,
            (must(1000), Reason::ServiceInFull),
            (must(1000), Reason::ServiceInFull),
        ),
        (
            Required,
            Required,
            (must(1000), Reason::ServiceInFull),
            (must(1000), Reason::ServiceInFull),
        ),
        (
            Forbidden,
            Required,
            (must(1000), Reason::EmployeeInFull),
            (must(1000), Reason::EmployeeInFull),
        ),
        (
            Allowed,
            Required,
            (must(1000), Reason::EmployeeInFull),
            (must(1000), Reason::EmployeeInFull),
        ),
    ] {
        let lines = [line(1000, service, FULL, employee)];
        for (salon, (offer, reason)) in [(OPEN, open), (STRICT, strict)] {
            let quote = quote(&salon, History::New, &lines).unwrap();
            assert_eq!(
                (quote.offer, quote.reasons[0]),
                (offer, reason),
                "{service:?} {employee:?} {salon:?}"
            );
        }
    }
}

#[test]
fn the_default_is_no_payment_online() {
    let lines = [line(1000, Rule::default(), Part::default(), Rule::default())];
    check(
        "",
        &OPEN,
        History::New,
        &lines,
        Offer::AtSalon,
        &[Reason::NotOffered],
    );
}

#[test]
fn a_service_sets_its_part() {
    for (name, part, employee, offer, reason) in [
        ("in full", FULL, Allowed, must(9000), Reason::ServiceInFull),
        (
            "30 %",
            percent(30),
            Allowed,
            must_or_all(2700, 9000),
            why_percent(30),
        ),
        ("100 %", percent(100), Allowed, must(9000), Reason::ServiceInFull),
        (
            "fixed",
            fixed(2000),
            Allowed,
            must_or_all(2000, 9000),
            Reason::ServiceFixed { sum: eur(2000) },
        ),
        (
            "fixed, above the price",
            fixed(9999),
            Allowed,
            must(9000),
            Reason::ServiceInFull,
        ),
        (
            "both require it: the service's part",
            percent(30),
            Required,
            must_or_all(2700, 9000),
            why_percent(30),
        ),
    ] {
        check(
            name,
            &OPEN,
            History::New,
            &[line(9000, Required, part, employee)],
            offer,
            &[reason],
        );
    }
    // Only the person requires it: in full, whatever the service says.
    for service in [Forbidden, Allowed] {
        let lines = [line(9000, service, percent(30), Required)];
        check(
            "only the person",
            &OPEN,
            History::New,
            &lines,
            must(9000),
            &[Reason::EmployeeInFull],
        );
    }
}

#[test]
fn several_services_add_up() {
    let half = line(9000, Required, percent(50), Allowed);
    let cut = line(3000, Required, FULL, Allowed);
    let wax = line(2000, Allowed, FULL, Allowed);
    let nails = line(4000, Forbidden, FULL, Allowed);
    let free = line(0, Required, FULL, Required);
    let both = [why_percent(50), Reason::ServiceInFull, Reason::Added];
    check(
        "two required",
        &OPEN,
        History::New,
        &[half, cut],
        must_or_all(7500, 12_000),
        &both,
    );
    // What need not be paid is not asked for, but may be paid with the rest.
    let one = [why_percent(50)];
    check(
        "one required",
        &OPEN,
        History::New,
        &[half, wax],
        must_or_all(4500, 11_000),
        &one,
    );
    check(
        "one of them hidden",
        &OPEN,
        History::New,
        &[half, nails],
        must_or_all(4500, 9000),
        &one,
    );
    check(
        "one of them free",
        &OPEN,
        History::New,
        &[half, free],
        must_or_all(4500, 9000),
        &one,
    );
    let chosen = [Reason::YourChoice, Reason::ServiceInFull, Reason::Added];
    check(
        "a choice of two",
        &OPEN,
        History::New,
        &[wax, wax],
        choice(4000),
        &chosen,
    );
    check(
        "a choice of one",
        &OPEN,
        History::New,
        &[wax, nails],
        choice(2000),
        &chosen[..2],
    );
    check(
        "no choice",
        &STRICT,
        History::New,
        &[wax, nails],
        Offer::AtSalon,
        &[Reason::NotOffered],
    );
    assert_eq!(
        quote(&OPEN, History::New, &[half, nails, wax]).unwrap().price,
        eur(15_000)
    );
}

#[test]
fn groups_ranges_and_free_services() {
    let group = Line {
        group: true,
        ..line(4000, Required, percent(20), Allowed)
    };
    check(
        "a group event in full",
        &OPEN,
        History::New,
        &[group],
        must(4000),
        &[Reason::GroupInFull],
    );
    let range = Line {
        from: true,
        ..line(8000, Required, percent(50), Allowed)
    };
    let reasons = [why_percent(50), Reason::FromPrice];
    check(
        "a range by its minimum",
        &OPEN,
        History::New,
        &[range],
        must_or_all(4000, 8000),
        &reasons,
    );
    assert!(quote(&OPEN, History::New, &[range]).unwrap().from);
    let free = line(0, Required, FULL, Required);
    check(
        "free",
        &OPEN,
        History::New,
        &[free, free],
        Offer::AtSalon,
        &[Reason::Free],
    );
    let off = SalonTerms {
        online: false,
        ..OPEN
    };
    check(
        "switched off",
        &off,
        History::New,
        &[group],
        Offer::AtSalon,
        &[Reason::OnlineOff],
    );
}
