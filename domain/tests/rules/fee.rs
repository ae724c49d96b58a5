//! What becomes of the money when a booking is cancelled or missed, and where a fee stands.

use domain::{
    changing::{ChangeTerms, Cutoff, Permissions},
    decline::Decline,
    fee::{FeeState, Way, divide},
    money::{Chargeable, Money},
    payment::AttemptState,
    time::Moment,
};
use proptest::prelude::*;

use crate::{currency, eur};

#[test]
fn taken_from_the_prepayment_first_then_from_the_card() {
    for (fee, paid, card, kept, refund, rest, way) in [
        (0, 4800, true, 0, 4800, 0, Way::Nothing),
        (2400, 4800, true, 2400, 2400, 0, Way::Nothing),
        (4800, 4800, true, 4800, 0, 0, Way::Nothing),
        (4800, 3000, true, 3000, 0, 1800, Way::Card),
        (4800, 0, true, 0, 0, 4800, Way::Card),
        (4800, 3000, false, 3000, 0, 1800, Way::Client),
        // Below 50 cents Stripe charges nothing.
        (3049, 3000, true, 3000, 0, 49, Way::NotByCard),
        (3050, 3000, true, 3000, 0, 50, Way::Card),
        (100_000_000, 0, true, 0, 0, 100_000_000, Way::NotByCard),
    ] {
        let parts = divide(eur(fee), eur(paid), card).unwrap();
        assert_eq!(
            (parts.kept, parts.refund, parts.rest, parts.way),
            (eur(kept), eur(refund), eur(rest), way),
            "{fee} of {paid}"
        );
    }
    assert!(divide(eur(1), Money::zero(currency("CHF")), true).is_err());
}

#[test]
fn where_a_fee_begins() {
    use FeeState::*;
    for (fee, paid, card, by_itself, asked) in [
        (0, 4800, true, None, None),
        (2400, 4800, true, Some(Kept), Some(Asked)),
        (4800, 3000, true, Some(Charging), Some(Asked)),
        (4800, 3000, false, Some(Kept), Some(Asked)),
        (4800, 0, false, None, Some(Asked)),
        // Nobody can take 49 cents, so there is nothing to ask.
        (49, 0, true, None, None),
    ] {
        let parts = divide(eur(fee), eur(paid), card).unwrap();
        assert_eq!(
            (parts.begin(false), parts.begin(true)),
            (by_itself, asked),
            "{fee} of {paid}"
        );
    }
}

#[test]
fn what_the_salon_may_still_decide() {
    use FeeState::*;
    for (state, with_card, without, waived) in [
        (Asked, Some(Charging), Some(NeedsClient), Some(Waived)),
        (Failed, Some(Charging), Some(NeedsClient), Some(Waived)),
        (NeedsClient, Some(Charging), None, Some(Waived)),
        (Kept, None, None, Some(Waived)),
        (Charging, None, None, Some(Waived)),
        (Charged, None, None, None),
        (Waived, None, None, None),
    ] {
        assert_eq!(
            (state.wanted(Way::Card), state.wanted(Way::Client), state.waived()),
            (with_card, without, waived),
            "{state:?}"
        );
    }
    assert_eq!(Asked.wanted(Way::Nothing), Some(Kept));
}

#[test]
fn a_charge_moves_its_fee() {
    use FeeState::*;
    for (attempt, decline, by_client, then) in [
        (AttemptState::Unknown, None, false, Charging),
        (AttemptState::Succeeded, None, false, Charged),
        (
            AttemptState::Declined,
            Some(Decline::Authenticate),
            false,
            NeedsClient,
        ),
        (AttemptState::Declined, Some(Decline::AskBank), false, Failed),
        (AttemptState::Canceled, None, false, Failed),
        (AttemptState::Declined, Some(Decline::AskBank), true, NeedsClient),
        (AttemptState::Canceled, None, true, NeedsClient),
    ] {
        assert_eq!(Charging.after(attempt, decline, by_client), then, "{attempt:?}");
        // Nothing that is seen of a charge brings back what the salon did without, or takes away what was taken.
        for over in [Waived, Charged, Kept, Asked] {
            assert_eq!(over.after(attempt, decline, by_client), over);
        }
    }
}

#[test]
fn cut_offs_of_paid_and_unpaid_bookings_are_apart() {
    let cutoff = |hours| Cutoff::hours(hours).unwrap();
    let terms = ChangeTerms {
        prepaid: Permissions {
            cancel: cutoff(48),
            moving: Cutoff::NEVER,
        },
        ..ChangeTerms::default()
    };
    let start = Moment(100 * 3_600_000);
    let hours_before = |hours: i64| start.plus_minutes(-60 * hours);
    for (prepaid, hours, cancel, moving) in [
        (false, 0, true, true),
        (false, -1, false, false),
        (true, 48, true, false),
        (true, 47, false, false),
    ] {
        let may = terms.permissions(prepaid);
        let now = hours_before(hours);
        assert_eq!(
            (may.cancel.allows(start, now), may.moving.allows(start, now)),
            (cancel, moving),
            "{prepaid} {hours}"
        );
    }
}

#[test]
fn settings_are_read_within_their_bounds() {
    let read = |text: &str| serde_json::from_str::<ChangeTerms>(text);
    assert_eq!(read("{}").unwrap(), ChangeTerms::default());
    let day = read(r#"{"unpaid": {"cancel": 24, "moving": null}, "ask_first": true}"#).unwrap();
    assert_eq!(day.unpaid.cancel, Cutoff::hours(24).unwrap());
    assert_eq!((day.unpaid.moving, day.ask_first), (Cutoff::NEVER, true));
    assert!(read(r#"{"unpaid": {"cancel": 721, "moving": null}}"#).is_err());
    assert!(!ChangeTerms::default().save_cards, "off until switched on");
}

proptest! {
    #[test]
    fn no_money_is_lost_or_made(fee in 0..200_000_000_i64, paid in 0..200_000_000_i64, card: bool) {
        let parts = divide(eur(fee), eur(paid), card).unwrap();
        prop_assert_eq!(parts.kept.minor() + parts.refund.minor(), paid);
        prop_assert_eq!(parts.kept.minor() + parts.rest.minor(), fee);
        // Whoever still has to pay gets nothing back.
        prop_assert!(parts.refund.is_zero() || parts.rest.is_zero());
        let takes = matches!(parts.way, Way::Card | Way::Client);
        prop_assert_eq!(takes, parts.rest.chargeable() == Chargeable::Yes && !parts.rest.is_zero());
        prop_assert!(card || parts.begin(false) != Some(FeeState::Charging), "nobody agreed to that");
    }
}

#[test]
fn a_fee_can_be_paid_by_link_until_it_is_paid_kept_or_waived() {
    use FeeState::*;
    for (state, payable) in [
        (Asked, false),
        (Waived, false),
        (Kept, false),
        (Charging, true),
        (Charged, false),
        (NeedsClient, true),
        (Failed, true),
    ] {
        assert_eq!(state.is_payable(), payable, "{state:?}");
    }
}

#[test]
fn nobody_is_asked_about_a_fee_that_nobody_can_pay() {
    // 20 cents, and nothing was paid before: no card can be charged so little.
    let parts = divide(eur(20), eur(0), true).unwrap();
    assert_eq!(parts.way, Way::NotByCard);
    assert_eq!(parts.begin(true), None);
    assert_eq!(parts.begin(false), None);
}
