use super::*;

/// A payment of EUR 48.00 that succeeded.
pub(crate) fn paid() -> AttemptRecord {
    AttemptRecord {
        id: AttemptId::parse("pay_0123456789abcdef0123456789abcdef").unwrap(),
        booking: BookingId::parse("bkg_0123456789abcdef0123456789abcdef").unwrap(),
        salon: SalonSlug::parse("lumen").unwrap(),
        sum: Money::new(4800, Currency::EUR).unwrap(),
        purpose: Purpose::Booking,
        state: AttemptState::Succeeded,
        confirmation_token: "ctoken_1".to_owned(),
        intent: Some("pi_1".to_owned()),
        charge: Some("ch_1".to_owned()),
        decline: None,
        refunded: 0,
        reserved: 0,
        for_nothing: false,
        reach: Reach::Now,
        asks: 0,
        ask_at: None,
        created: Moment(0),
    }
}

#[test]
fn what_went_back_whole_came_for_nothing_or_was_a_test_pays_nothing() {
    let pays = |change: fn(&mut AttemptRecord)| {
        let mut attempt = paid();
        change(&mut attempt);
        (attempt.pays(), attempt.left())
    };
    assert_eq!(pays(|_| {}), (true, 4800));
    assert_eq!(pays(|it| it.refunded = 4799), (true, 1));
    assert_eq!(pays(|it| it.refunded = 4800), (false, 0));
    // Stripe may refuse yet what is only set aside.
    assert_eq!(pays(|it| it.reserved = 4800), (true, 0));
    assert_eq!(pays(|it| it.for_nothing = true), (false, 4800));
    assert_eq!(pays(|it| it.reach = Reach::Test), (false, 4800));
    assert_eq!(pays(|it| it.reach = Reach::Live), (true, 4800));
    assert_eq!(pays(|it| it.state = AttemptState::Processing), (false, 4800));
}

#[test]
fn a_first_call_is_on_its_way_until_it_may_be_asked_about() {
    let call = |state, asks, ask_at: Option<i64>| {
        let ask_at = ask_at.map(Moment);
        let attempt = AttemptRecord {
            state,
            asks,
            ask_at,
            ..paid()
        };
        attempt.is_in_flight(Moment(100))
    };
    assert!(call(AttemptState::Created, 0, Some(101)));
    assert!(!call(AttemptState::Created, 0, Some(100)));
    assert!(!call(AttemptState::Created, 0, Some(99)));
    assert!(!call(AttemptState::Created, 0, None));
    assert!(!call(AttemptState::Created, 1, Some(101)));
    assert!(!call(AttemptState::Unknown, 0, Some(101)));
}

#[test]
fn money_of_the_other_mode_is_not_given_back() {
    assert_eq!(Reach::Now.refusal(), None);
    assert!(Reach::Test.refusal().is_some_and(|why| why.contains("test mode")));
    assert!(
        Reach::Live
            .refusal()
            .is_some_and(|why| why.contains("real money"))
    );
}
