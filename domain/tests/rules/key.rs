//! Key checks: what each wrong text is told, and that no text is ever shown.

use domain::key::{Field, KeyError, Mode, Problem, PublishableKey, SecretKey, SigningSecret, pair};

/// Into which field which text is put, and what comes of it.
type Row<'a> = (Field, &'a str, Result<Option<Mode>, Problem>);

#[test]
fn each_problem_has_its_name() {
    use Problem::*;
    let longest = format!("sk_live_{}", "a".repeat(250));
    let long = format!("{longest}a");
    let table: &[Row] = &[
        (Field::Publishable, "pk_test_0123456789", Ok(Some(Mode::Test))),
        (Field::Publishable, "pk_live_0123456789", Ok(Some(Mode::Live))),
        (Field::Publishable, "", Err(Empty)),
        (Field::Publishable, " \n", Err(Empty)),
        (Field::Publishable, " pk_test_0123456789", Err(SpaceAtStart)),
        (
            Field::Publishable,
            "\u{FEFF}pk_test_0123456789",
            Err(SpaceAtStart),
        ),
        (Field::Publishable, "pk_test_0123456789\n", Err(SpaceAtEnd)),
        (Field::Publishable, "pk_test_0123456789\u{200B}", Err(SpaceAtEnd)),
        (Field::Publishable, "pk_test_01234 56789", Err(SpaceInside)),
        (Field::Publishable, "pk_test_01234\u{A0}56789", Err(SpaceInside)),
        (
            Field::Publishable,
            "sk_test_0123456789",
            Err(BelongsTo(Field::Secret)),
        ),
        (
            Field::Publishable,
            "rk_live_0123456789",
            Err(BelongsTo(Field::Secret)),
        ),
        (
            Field::Publishable,
            "whsec_0123456789",
            Err(BelongsTo(Field::Signing)),
        ),
        (Field::Publishable, "pk_0123456789", Err(WrongPrefix)),
        (Field::Publishable, "PK_TEST_0123456789", Err(WrongPrefix)),
        (Field::Publishable, "pk_test_", Err(TooShort)),
        (Field::Publishable, "pk_test_012345678", Err(TooShort)),
        (Field::Publishable, "pk_test_01234_6789", Err(BadCharacter)),
        (Field::Secret, "sk_test_0123456789", Ok(Some(Mode::Test))),
        (Field::Secret, "sk_live_0123456789", Ok(Some(Mode::Live))),
        (Field::Secret, "rk_test_0123456789", Ok(Some(Mode::Test))),
        (Field::Secret, "rk_live_0123456789", Ok(Some(Mode::Live))),
        (Field::Secret, &longest, Ok(Some(Mode::Live))),
        (Field::Secret, &long, Err(TooLong)),
        (
            Field::Secret,
            "pk_live_0123456789",
            Err(BelongsTo(Field::Publishable)),
        ),
        (Field::Secret, "whsec_0123456789", Err(BelongsTo(Field::Signing))),
        (Field::Secret, "sk_live_••••••••••1234", Err(BadCharacter)),
        (Field::Secret, "hello", Err(WrongPrefix)),
        (Field::Signing, "whsec_test_secret", Ok(None)),
        (Field::Signing, "whsec_short", Err(TooShort)),
        (
            Field::Signing,
            "sk_live_0123456789",
            Err(BelongsTo(Field::Secret)),
        ),
        (
            Field::Signing,
            "pk_test_0123456789",
            Err(BelongsTo(Field::Publishable)),
        ),
        (Field::Signing, "whsec_0123\t456789", Err(SpaceInside)),
    ];
    for (field, text, expected) in table {
        let found = parse(text, *field).map_err(|error| error.problem);
        assert_eq!(found, *expected, "{field:?} {text:?}");
    }
}

#[test]
fn neither_a_key_nor_an_error_shows_the_text() {
    let secret = "0123456789SECRET";
    for prefix in [
        "",
        " ",
        "pk_test_",
        "sk_live_",
        "rk_test_",
        "whsec_",
        "pk_",
        "pk_test_…",
    ] {
        for tail in ["", " ", " x", "!"] {
            let text = format!("{prefix}{secret}{tail}");
            let shown = format!(
                "{:?} {:?} {:?}",
                PublishableKey::parse(&text),
                SecretKey::parse(&text),
                SigningSecret::parse(&text)
            );
            assert!(!shown.contains("SECRET"), "{shown}");
            for field in [Field::Publishable, Field::Secret, Field::Signing] {
                let said = parse(&text, field).map_err(|error| error.to_string());
                assert!(!format!("{said:?}").contains("SECRET"), "{said:?}");
            }
        }
    }
}

#[test]
fn a_sentence_tells_what_to_do() {
    let said = |text| PublishableKey::parse(text).unwrap_err().to_string();
    assert_eq!(
        said("sk_live_0123456789"),
        "This is a secret key, which nobody may see: put it into its own field, \
         and the publishable key (pk_test_ or pk_live_) here."
    );
    assert_eq!(
        said("pk_live_0123456789 "),
        "The publishable key ends with a space or line break: delete it."
    );
}

#[test]
fn keys_pair_by_mode() {
    for (public, secret, expected) in [
        ("test", "sk_test", Ok(Mode::Test)),
        ("live", "sk_live", Ok(Mode::Live)),
        ("live", "rk_live", Ok(Mode::Live)),
        ("test", "sk_live", Err((Mode::Test, Mode::Live))),
        ("live", "rk_test", Err((Mode::Live, Mode::Test))),
    ] {
        let publishable = PublishableKey::parse(&format!("pk_{public}_0123456789")).unwrap();
        let secret = SecretKey::parse(&format!("{secret}_0123456789")).unwrap();
        let found = pair(&publishable, &secret).map_err(|e| (e.publishable, e.secret));
        assert_eq!(found, expected);
    }
}

#[test]
fn a_restricted_key_is_known_by_its_prefix() {
    for (text, restricted) in [
        ("sk_test_0123456789", false),
        ("sk_live_rk01234567", false),
        ("rk_test_0123456789", true),
        ("rk_live_0123456789", true),
    ] {
        assert_eq!(
            SecretKey::parse(text).unwrap().is_restricted(),
            restricted,
            "{text}"
        );
    }
}

#[test]
fn a_publishable_key_travels_as_text_and_is_checked_on_arrival() {
    let key: PublishableKey = serde_json::from_str("\"pk_test_0123456789\"").unwrap();
    assert_eq!(serde_json::to_string(&key).unwrap(), "\"pk_test_0123456789\"");
    assert!(serde_json::from_str::<PublishableKey>("\"sk_test_0123456789\"").is_err());
}

fn parse(text: &str, field: Field) -> Result<Option<Mode>, KeyError> {
    match field {
        Field::Publishable => PublishableKey::parse(text).map(|key| Some(key.mode())),
        Field::Secret => SecretKey::parse(text).map(|key| Some(key.mode())),
        Field::Signing => SigningSecret::parse(text).map(|_| None),
    }
}
