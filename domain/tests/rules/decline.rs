//! Decline codes against Stripe's table.

use domain::decline::Decline;

const TABLE: [(Decline, &str); 10] = [
    (
        Decline::Plain,
        "fraudulent lost_card stolen_card merchant_blacklist pickup_card restricted_card",
    ),
    (Decline::FixNumber, "incorrect_number invalid_number"),
    (Decline::FixCvc, "incorrect_cvc invalid_cvc"),
    (Decline::FixExpiry, "invalid_expiry_month invalid_expiry_year"),
    (Decline::FixPostalCode, "incorrect_zip"),
    (
        Decline::AnotherCard,
        "expired_card insufficient_funds card_not_supported currency_not_supported withdrawal_count_limit_exceeded",
    ),
    (
        Decline::Authenticate,
        "authentication_required payment_intent_authentication_failure",
    ),
    (
        Decline::OnceMore,
        "processing_error issuer_not_available try_again_later reenter_transaction",
    ),
    (Decline::MaybePaid, "duplicate_transaction"),
    (
        Decline::AskBank,
        "do_not_honor generic_decline call_issuer card_velocity_exceeded tomorrow's_code",
    ),
];

#[test]
fn every_code_has_its_class() {
    for (class, codes) in TABLE {
        for code in codes.split(' ') {
            assert_eq!(
                Decline::of(Some("card_declined"), Some(code)),
                class,
                "decline_code {code}"
            );
            assert_eq!(Decline::of(Some(code), None), class, "code {code}");
        }
    }
    assert_eq!(Decline::of(None, None), Decline::AskBank);
}

#[test]
fn the_decline_code_says_more_than_the_code() {
    assert_eq!(
        Decline::of(Some("expired_card"), Some("stolen_card")),
        Decline::Plain
    );
    assert_eq!(
        Decline::of(Some("incorrect_cvc"), Some("tomorrow's_code")),
        Decline::FixCvc
    );
}

#[test]
fn a_class_is_stored_as_text_and_read_again() {
    for (class, _) in TABLE {
        assert_eq!(Decline::parse(class.as_str()), Some(class));
        // The same word in JSON.
        assert_eq!(
            serde_json::to_string(&class).unwrap(),
            format!("\"{}\"", class.as_str())
        );
    }
    assert_eq!(Decline::parse("lost_card"), None);
}
