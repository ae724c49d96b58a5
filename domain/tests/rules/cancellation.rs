//! What cancelling costs.

use domain::{
    cancellation::{CancellationTerms, Fee, Step, Tier},
    money::{Money, Percent},
    time::Moment,
};
use proptest::prelude::*;

use crate::{currency, eur};

const HOUR: i64 = 3_600_000;
const START: Moment = Moment(1_000 * HOUR);

fn percent(within_hours: u16, percent: u8) -> Tier {
    Tier {
        within_hours,
        fee: Fee::Percent(Percent::parse(percent).unwrap()),
    }
}

fn fixed(within_hours: u16, minor: i64) -> Tier {
    Tier {
        within_hours,
        fee: Fee::Fixed(eur(minor)),
    }
}

#[test]
fn notice_decides() {
    // More than 48 h: free; 24 to 48 h: half; later: all.
    let terms = CancellationTerms::new(vec![percent(24, 100), percent(48, 50)]).unwrap();
    let price = eur(8001);
    let explained = terms.explain(START, price);
    assert_eq!(explained.free_until, Some(Moment(952 * HOUR)));
    for (now, fee) in [
        (Moment(0), 0),
        (Moment(952 * HOUR - 1), 0),
        (Moment(952 * HOUR), 4001),
        (Moment(976 * HOUR - 1), 4001),
        (Moment(976 * HOUR), 8001),
        (START, 8001),
        (Moment(2_000 * HOUR), 8001),
    ] {
        assert_eq!(explained.fee_at(now, price), eur(fee), "{now:?}");
    }
}

#[test]
fn without_tiers_cancelling_is_free() {
    let explained = CancellationTerms::default().explain(START, eur(5000));
    assert_eq!((explained.free_until, explained.steps.len()), (None, 0));
    assert_eq!(explained.fee_at(START, eur(5000)), eur(0));
}

#[test]
fn a_no_show_costs_from_the_start_on() {
    let explained = CancellationTerms::new(vec![fixed(0, 2000)])
        .unwrap()
        .explain(START, eur(5000));
    assert_eq!(
        explained.steps,
        [Step {
            from: START,
            fee: eur(2000)
        }]
    );
    assert_eq!(explained.fee_at(Moment(START.0 - 1), eur(5000)), eur(0));
}

#[test]
fn a_tier_that_costs_nothing_ends_the_one_before() {
    let terms =
        CancellationTerms::new(vec![percent(48, 50), fixed(24, 0), percent(2, 100), fixed(72, 0)]).unwrap();
    let explained = terms.explain(START, eur(1000));
    let steps: Vec<(i64, i64)> = explained
        .steps
        .iter()
        .map(|step| (step.from.0 / HOUR, step.fee.minor()))
        .collect();
    assert_eq!(steps, [(952, 500), (976, 0), (998, 1000)]);
    assert_eq!(explained.free_until, Some(Moment(952 * HOUR)));
}

#[test]
fn a_fixed_fee_is_never_above_the_price_and_never_of_another_currency() {
    assert_eq!(Fee::Fixed(eur(2000)).of(eur(1500)), eur(1500));
    assert_eq!(Fee::Fixed(eur(2000)).of(eur(2000)), eur(2000));
    assert_eq!(Fee::Fixed(eur(2000)).of(eur(2500)), eur(2000));
    let yen = Money::new(2000, currency("JPY")).unwrap();
    assert_eq!(Fee::Fixed(yen).of(eur(2500)), eur(0));
}

#[test]
fn tiers_that_make_no_sense_are_refused_also_from_json() {
    let tiers = |n: u16| (0..n).map(|hours| percent(hours, 50)).collect::<Vec<_>>();
    assert!(CancellationTerms::new(tiers(6)).is_some());
    assert!(CancellationTerms::new(tiers(7)).is_none());
    assert!(CancellationTerms::new(vec![percent(720, 1)]).is_some());
    assert!(CancellationTerms::new(vec![percent(721, 1)]).is_none());
    assert!(CancellationTerms::new(vec![percent(24, 1), percent(48, 2), percent(24, 3)]).is_none());

    let read = |text: &str| serde_json::from_str::<CancellationTerms>(text);
    assert!(read(r#"{"tiers":[{"within_hours":721,"fee":{"percent":50}}]}"#).is_err());
    let tier = r#"{"within_hours":24,"fee":{"percent":50}}"#;
    assert!(read(&format!(r#"{{"tiers":[{tier},{tier}]}}"#)).is_err());
    // In any order.
    let two =
        r#"{"tiers":[{"within_hours":2,"fee":{"percent":100}},{"within_hours":24,"fee":{"percent":50}}]}"#;
    assert_eq!(
        read(two).unwrap(),
        CancellationTerms::new(vec![percent(2, 100), percent(24, 50)]).unwrap()
    );
}

fn any_terms() -> impl Strategy<Value = (CancellationTerms, Vec<Tier>)> {
    let fee = prop_oneof![
        (1..=100_u8).prop_map(|p| Fee::Percent(Percent::parse(p).unwrap())),
        (0..8000_i64).prop_map(|minor| Fee::Fixed(eur(minor))),
    ];
    prop::collection::btree_map(0..=720_u16, fee, 0..=6).prop_map(|tiers| {
        let tiers: Vec<Tier> = tiers
            .into_iter()
            .map(|(within_hours, fee)| Tier { within_hours, fee })
            .collect();
        (CancellationTerms::new(tiers.clone()).unwrap(), tiers)
    })
}

proptest! {
    #[test]
    fn the_fee_is_that_of_the_narrowest_tier_reached(
        (terms, tiers) in any_terms(),
        price in 0..10_000_i64,
        minutes_left in -600..50_000_i64,
    ) {
        let (price, now) = (eur(price), START.plus_minutes(-minutes_left));
        let reached = tiers.iter().filter(|tier| minutes_left <= 60 * i64::from(tier.within_hours));
        let expected = reached.min_by_key(|tier| tier.within_hours).map_or(eur(0), |tier| tier.fee.of(price));
        let explained = terms.explain(START, price);
        let fee = explained.fee_at(now, price);
        prop_assert_eq!(fee, expected);
        prop_assert!(fee.minor() <= price.minor());
        // What is promised as free is free.
        if explained.free_until.is_none_or(|until| now < until) {
            prop_assert!(fee.is_zero());
        }
    }

    #[test]
    fn steps_ascend_and_terms_travel_unchanged((terms, _) in any_terms(), price in 0..10_000_i64) {
        let explained = terms.explain(START, eur(price));
        prop_assert!(explained.steps.windows(2).all(|pair| pair[0].from < pair[1].from));
        prop_assert_eq!(explained.free_until, explained.steps.first().map(|step| step.from));
        let json = serde_json::to_string(&terms).unwrap();
        prop_assert_eq!(serde_json::from_str::<CancellationTerms>(&json).unwrap(), terms);
    }
}
