//! Ids and tokens: what is read, what is refused, what is never shown.

use domain::id::*;
use proptest::prelude::*;

#[test]
fn an_id_is_its_prefix_and_letters_and_digits() {
    let longest = format!("bkg_{}", "a".repeat(40));
    let too_long = format!("{longest}a");
    for (text, fits) in [
        ("bkg_1", true),
        ("bkg_aZ09", true),
        (longest.as_str(), true),
        (too_long.as_str(), false),
        ("bkg_", false),
        ("", false),
        ("BKG_1", false),
        ("pay_1", false),
        ("bkg_1 ", false),
        (" bkg_1", false),
        ("bkg_a-b", false),
        ("bkg_a/../b", false),
        ("bkg_é", false),
        ("bkg_a\0", false),
    ] {
        assert_eq!(BookingId::parse(text).is_ok(), fits, "{text:?}");
        let json = serde_json::to_string(text).unwrap();
        assert_eq!(
            serde_json::from_str::<BookingId>(&json).is_ok(),
            fits,
            "{text:?} in JSON"
        );
    }
}

#[test]
fn no_two_kinds_of_id_share_a_prefix() {
    let mut prefixes = [
        ServiceId::PREFIX,
        EmployeeId::PREFIX,
        GroupDateId::PREFIX,
        BookingId::PREFIX,
        AttemptId::PREFIX,
        RefundId::PREFIX,
        "bt_",
        "vl_",
    ];
    prefixes.sort_unstable();
    assert!(prefixes.windows(2).all(|pair| !pair[1].starts_with(pair[0])));
}

#[test]
fn a_salon_name_is_safe_in_an_address() {
    let longest = "a".repeat(40);
    let too_long = "a".repeat(41);
    for (text, fits) in [
        ("lumen-vienna", true),
        ("a", true),
        ("9-5", true),
        (longest.as_str(), true),
        (too_long.as_str(), false),
        ("", false),
        ("-a", false),
        ("a-", false),
        ("Lumen", false),
        ("a.b", false),
        ("a/b", false),
        ("a%2e", false),
        ("zürich", false),
    ] {
        assert_eq!(SalonSlug::parse(text).is_ok(), fits, "{text:?}");
    }
    let slug = SalonSlug::parse("lumen-vienna").unwrap();
    assert_eq!(slug.as_str(), "lumen-vienna");
    let json = serde_json::to_string(&slug).unwrap();
    assert_eq!(json, "\"lumen-vienna\"");
    assert_eq!(serde_json::from_str::<SalonSlug>(&json).unwrap(), slug);
}

#[test]
fn a_token_is_64_digits_in_small_letters() {
    let token = LinkToken::from_random(&std::array::from_fn(|i| u8::try_from(i).unwrap() * 8));
    assert_eq!(
        token.reveal(),
        "vl_0008101820283038404850586068707880889098a0a8b0b8c0c8d0d8e0e8f0f8"
    );
    for wrong in [
        token.reveal().to_uppercase(),
        token.reveal().replace("f8", "F8"),
        token.reveal().replace("vl_", "bt_"),
        token.reveal().replace("f8", "g8"),
        format!("{}0", token.reveal()),
        token.reveal().trim_end_matches('8').to_owned(),
    ] {
        assert!(LinkToken::parse(&wrong).is_err(), "{wrong}");
    }
}

proptest! {
    #[test]
    fn an_id_is_written_as_it_was_read(rest in "[A-Za-z0-9]{1,40}") {
        let text = format!("pay_{rest}");
        let id = AttemptId::parse(&text).unwrap();
        prop_assert_eq!(id.as_str(), &text);
        prop_assert_eq!(id.to_string(), text.clone());
        let json = serde_json::to_string(&id).unwrap();
        prop_assert_eq!(&json, &format!("\"{text}\""));
        prop_assert_eq!(serde_json::from_str::<AttemptId>(&json).unwrap(), id);
    }

    #[test]
    fn whatever_is_read_is_only_letters_and_digits(text in "(svc_)?\\PC{0,45}") {
        if let Ok(id) = ServiceId::parse(&text) {
            prop_assert!(id.as_str()[4..].bytes().all(|b| b.is_ascii_alphanumeric()));
            prop_assert!((5..=44).contains(&id.as_str().len()));
        }
    }

    #[test]
    fn a_token_is_read_as_it_was_made_and_never_shown(bytes: [u8; 32]) {
        let token = BookingToken::from_random(&bytes);
        prop_assert_eq!(&BookingToken::parse(token.reveal()).unwrap(), &token);
        let json = serde_json::to_string(&token).unwrap();
        prop_assert_eq!(&serde_json::from_str::<BookingToken>(&json).unwrap(), &token);
        prop_assert_eq!(format!("{token:?} {:?}", Some(&token)), "BookingToken(…) Some(BookingToken(…))");
        // Nor does an error show what was read.
        let cut = &token.reveal()[..60];
        let error = BookingToken::parse(cut).unwrap_err();
        let said = format!("{error:?} {error}");
        prop_assert!(!said.contains(&cut[3..]));
    }
}
