//! What no salon's settings and no booking may lead to.

use domain::{
    currency::Currency,
    money::{Chargeable, Money, Percent},
    terms::*,
};
use proptest::prelude::*;

use crate::currency;

/// Settings, a client and lines of one currency.
type Case = (SalonTerms, History, Vec<Line>);

fn any_case() -> impl Strategy<Value = Case> {
    prop::sample::select(&["EUR", "HUF", "JPY", "ISK", "KZT"]).prop_flat_map(|code| {
        let currency = currency(code);
        let lines = prop::collection::vec(any_line(currency), 1..6);
        (any_salon(currency), any_history(), lines)
    })
}

fn any_money(currency: Currency) -> impl Strategy<Value = Money> {
    // Often nothing or around the minimum, now and then more than a card takes.
    prop_oneof![
        1 => Just(0_i64),
        3 => 0..700_i64,
        4 => 0..30_000_i64,
        1 => 90_000_000..120_000_000_i64,
    ]
    .prop_map(move |minor| Money::new(minor - minor % currency.step(), currency).unwrap())
}

fn any_rule() -> impl Strategy<Value = Rule> {
    prop::sample::select(&[Rule::Forbidden, Rule::Allowed, Rule::Required])
}

fn any_history() -> impl Strategy<Value = History> {
    prop::sample::select(&[History::New, History::Known, History::Missed])
}

fn any_line(currency: Currency) -> impl Strategy<Value = Line> {
    let part = prop_oneof![
        Just(Part::Full),
        (1..=100_u8).prop_map(|percent| Part::Percent(Percent::parse(percent).unwrap())),
        any_money(currency).prop_map(Part::Fixed),
    ];
    (
        any_money(currency),
        any::<bool>(),
        any_rule(),
        part,
        prop::bool::weighted(0.2),
        any_rule(),
    )
        .prop_map(|(price, from, service, part, group, employee)| Line {
            price,
            from,
            service,
            part,
            group,
            employee,
        })
}

fn any_salon(currency: Currency) -> impl Strategy<Value = SalonTerms> {
    let clients = prop::sample::select(&[Clients::All, Clients::NewOrMissed]);
    (
        prop::bool::weighted(0.9),
        any::<bool>(),
        clients,
        prop::option::weighted(0.3, any_money(currency)),
    )
        .prop_map(|(online, optional, clients, from_value)| SalonTerms {
            online,
            optional,
            clients,
            from_value,
        })
}

/// Whether `required` binds this client in this booking.
fn binds(salon: &SalonTerms, history: History, lines: &[Line]) -> bool {
    let value = total(lines.iter());
    let known = salon.clients == Clients::NewOrMissed && history == History::Known;
    salon.online && !known && salon.from_value.is_none_or(|from| value >= from.minor())
}

fn is_required(line: &Line) -> bool {
    !line.price.is_zero() && (line.service == Rule::Required || line.employee == Rule::Required)
}

fn has_forbidden(line: &Line) -> bool {
    line.service == Rule::Forbidden || line.employee == Rule::Forbidden
}

fn total<'a>(lines: impl Iterator<Item = &'a Line>) -> i64 {
    lines.map(|line| line.price.minor()).sum()
}

fn due(offer: Offer) -> Option<Due> {
    match offer {
        Offer::AtSalon => None,
        Offer::Choice(due) | Offer::Must(due) => Some(due),
    }
}

/// What a required line asks for, said once more in other words than the code's.
fn asked(line: &Line) -> i64 {
    let price = line.price.minor();
    let in_full = line.group || line.service != Rule::Required;
    match line.part {
        Part::Percent(percent) if !in_full => line.price.percent(percent).minor(),
        Part::Fixed(sum) if !in_full => sum.minor().min(price),
        _ => price,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn the_price_is_the_sum_and_what_is_due_is_within_it((salon, history, lines) in any_case()) {
        let quote = quote(&salon, history, &lines).unwrap();
        prop_assert_eq!(quote.price.minor(), total(lines.iter()));
        prop_assert_eq!(quote.from, lines.iter().any(|line| line.from));
        if let Some(due) = due(quote.offer) {
            prop_assert!(due.now.minor() <= quote.price.minor());
            prop_assert!(due.all.is_none_or(|all| due.now.minor() < all.minor() && all.minor() <= quote.price.minor()));
        }
    }

    #[test]
    fn what_is_offered_can_be_charged((salon, history, lines) in any_case()) {
        if let Some(due) = due(quote(&salon, history, &lines).unwrap().offer) {
            for sum in [Some(due.now), due.all].into_iter().flatten() {
                prop_assert_eq!(sum.chargeable(), Chargeable::Yes);
                prop_assert_eq!(Money::new(sum.minor(), sum.currency()), Ok(sum));
            }
        }
    }

    #[test]
    fn a_choice_needs_the_switch_and_a_must_a_rule_that_binds((salon, history, lines) in any_case()) {
        let quote = quote(&salon, history, &lines).unwrap();
        let must = binds(&salon, history, &lines) && lines.iter().any(is_required);
        match quote.offer {
            Offer::Choice(_) => prop_assert!(salon.online && salon.optional && !must),
            Offer::Must(_) => prop_assert!(must),
            Offer::AtSalon => prop_assert!(!must || quote.reasons.iter().any(|reason| {
                matches!(reason, Reason::TooSmall { .. } | Reason::TooLarge)
            }), "a must fell away without a word"),
        }
    }

    #[test]
    fn what_is_required_is_asked_for_to_the_cent((salon, history, lines) in any_case()) {
        prop_assume!(binds(&salon, history, &lines));
        let asked: i64 = lines.iter().filter(|line| is_required(line)).map(asked).sum();
        if let Offer::Must(due) = quote(&salon, history, &lines).unwrap().offer {
            let minimum = due.now.currency().minimum_charge().unwrap_or(0);
            prop_assert_eq!(due.now.minor(), asked.max(minimum));
        }
    }

    #[test]
    fn a_sum_is_raised_only_where_it_is_required((salon, history, lines) in any_case()) {
        let quote = quote(&salon, history, &lines).unwrap();
        for reason in &quote.reasons {
            if let Reason::RaisedToMinimum { minimum } = reason {
                prop_assert!(matches!(quote.offer, Offer::Must(due) if due.now == *minimum));
                let asked: i64 = lines.iter().filter(|line| is_required(line)).map(asked).sum();
                prop_assert!(0 < asked && asked < minimum.minor());
            }
        }
    }

    #[test]
    fn what_is_forbidden_is_never_paid_unless_the_other_side_requires_it((salon, history, lines) in any_case()) {
        let bound = binds(&salon, history, &lines);
        let open = lines.iter().filter(|line| !has_forbidden(line) || bound && is_required(line));
        let most = total(open);
        if let Some(due) = due(quote(&salon, history, &lines).unwrap().offer) {
            prop_assert!(due.now.minor() <= most);
            prop_assert!(due.all.is_none_or(|all| all.minor() <= most));
        }
    }

    #[test]
    fn the_order_of_the_lines_does_not_matter(
        ((salon, history, lines), mixed) in any_case().prop_flat_map(|case| {
            let mixed = Just(case.2.clone()).prop_shuffle();
            (Just(case), mixed)
        }),
    ) {
        let (one, other) = (quote(&salon, history, &lines).unwrap(), quote(&salon, history, &mixed).unwrap());
        prop_assert_eq!((one.price, one.from, one.offer), (other.price, other.from, other.offer));
        prop_assert_eq!(one.reasons.len(), other.reasons.len());
        prop_assert!(one.reasons.iter().all(|reason| other.reasons.contains(reason)));
        // The most important one is the same.
        if !matches!(one.offer, Offer::Must(_)) {
            prop_assert_eq!(one.reasons.first(), other.reasons.first());
        }
    }

    #[test]
    fn a_quote_says_why_once_and_is_the_same_again((salon, history, lines) in any_case()) {
        let quote = quote(&salon, history, &lines).unwrap();
        prop_assert!(!quote.reasons.is_empty());
        for (i, reason) in quote.reasons.iter().enumerate() {
            prop_assert!(!quote.reasons[..i].contains(reason));
        }
        prop_assert_eq!(domain::terms::quote(&salon, history, &lines).unwrap(), quote);
    }
}
