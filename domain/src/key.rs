//! Whether a Stripe key can be what it is said to be.
//!
//! A salon copies three texts out of Stripe's dashboard: two keys and a signing secret. What is wrong with one of them is
//! said in words that tell the owner what to do, and never shows the text itself. That two keys belong to one account
//! can't be seen from here: only Stripe can tell.
//!
//! Source: Stripe, "API keys": `(pk|sk|rk)_(test|live)_` and letters and digits; signing secrets start with `whsec_`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whether money is real.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Only test cards, no money.
    Test,
    /// Real cards, real money.
    Live,
}

/// The key that a browser may see: `pk_test_…` or `pk_live_…`.
///
/// ```
/// use domain::key::{KeyError, Mode, Problem, PublishableKey};
/// let key = PublishableKey::parse("pk_test_51HxyzABCDEF").unwrap();
/// assert_eq!(key.mode(), Mode::Test);
/// let error = PublishableKey::parse("pk_test_51HxyzABCDEF ").unwrap_err();
/// assert_eq!(error.problem, Problem::SpaceAtEnd);
/// ```
#[derive(Clone, Eq, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublishableKey {
    text: String,
    mode: Mode,
}

/// The key that moves money: `sk_…`, or `rk_…` with some rights only. It never leaves the server.
///
/// ```
/// use domain::key::SecretKey;
/// let key = SecretKey::parse("rk_live_51HxyzABCDEF").unwrap();
/// assert!(key.is_restricted());
/// assert_eq!(format!("{key:?}"), "SecretKey(…)");
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct SecretKey {
    text: String,
    mode: Mode,
}

/// What a webhook is signed with: `whsec_…`. All of it is the key of the signature, the prefix too.
#[derive(Clone, Eq, PartialEq)]
pub struct SigningSecret {
    text: String,
}

/// Which of the three fields a text was put into.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The publishable key.
    Publishable,
    /// The secret key.
    Secret,
    /// The signing secret.
    Signing,
}

/// What is wrong with a text in one of the fields. Written out, it is a sentence that tells a salon's owner what to do.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
pub struct KeyError {
    /// Which field.
    pub field: Field,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a text. The first that applies, in this order.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// Nothing there, or white space alone.
    Empty,
    /// White space at the start: a space, a line break, or a character that can't be seen.
    SpaceAtStart,
    /// White space at the end.
    SpaceAtEnd,
    /// White space inside.
    SpaceInside,
    /// It is what belongs into that field.
    BelongsTo(Field),
    /// It does not start as it should.
    WrongPrefix,
    /// A character that no key has: dots or stars, where only part of a key was copied.
    BadCharacter,
    /// Fewer than [`SHORTEST`] characters after the prefix.
    TooShort,
    /// More than [`LONGEST`] characters after the prefix.
    TooLong,
}

/// Two keys of which one is for tests and the other for real money.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct PairError {
    /// What the publishable key is for.
    pub publishable: Mode,
    /// What the secret key is for.
    pub secret: Mode,
}

/// The fewest characters after the prefix.
pub const SHORTEST: usize = 10;

/// The most characters after the prefix.
pub const LONGEST: usize = 250;

/// Whether two keys go together: the mode of both.
///
/// ```
/// use domain::key::{Mode, PublishableKey, SecretKey, pair};
/// let publishable = PublishableKey::parse("pk_test_51HxyzABCDEF").unwrap();
/// let test = SecretKey::parse("sk_test_51HxyzABCDEF").unwrap();
/// let live = SecretKey::parse("sk_live_51HxyzABCDEF").unwrap();
/// assert_eq!(pair(&publishable, &test), Ok(Mode::Test));
/// assert!(pair(&publishable, &live).is_err());
/// ```
///
/// # Errors
/// [`PairError`] for test with live.
pub fn pair(publishable: &PublishableKey, secret: &SecretKey) -> Result<Mode, PairError> {
    if publishable.mode == secret.mode {
        Ok(secret.mode)
    } else {
        Err(PairError {
            publishable: publishable.mode,
            secret: secret.mode,
        })
    }
}

impl Mode {
    /// The mode that Stripe's `livemode` means.
    #[must_use]
    pub fn of_livemode(livemode: bool) -> Mode {
        if livemode { Mode::Live } else { Mode::Test }
    }
}

impl PublishableKey {
    /// Reads a publishable key.
    ///
    /// # Errors
    /// [`KeyError`] with the first [`Problem`].
    pub fn parse(text: &str) -> Result<PublishableKey, KeyError> {
        let mode = check(text, Field::Publishable)?;
        Ok(PublishableKey {
            text: text.to_owned(),
            mode,
        })
    }

    /// Whether it is for tests or for real money.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }
}

impl SecretKey {
    /// Reads a secret or a restricted key.
    ///
    /// # Errors
    /// [`KeyError`] with the first [`Problem`].
    pub fn parse(text: &str) -> Result<SecretKey, KeyError> {
        let mode = check(text, Field::Secret)?;
        Ok(SecretKey {
            text: text.to_owned(),
            mode,
        })
    }

    /// Whether it is for tests or for real money.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether it has some rights only (`rk_…`).
    #[must_use]
    pub fn is_restricted(&self) -> bool {
        self.text.starts_with("rk_")
    }
}

impl SigningSecret {
    /// Reads a signing secret. Its mode can't be seen.
    ///
    /// # Errors
    /// [`KeyError`] with the first [`Problem`].
    pub fn parse(text: &str) -> Result<SigningSecret, KeyError> {
        check(text, Field::Signing)?;
        Ok(SigningSecret {
            text: text.to_owned(),
        })
    }
}

macro_rules! redacted {
    ($name:ident) => {
        impl $name {
            /// The text itself: for a call to Stripe or for keeping it encrypted, never for a log.
            #[must_use]
            pub fn reveal(&self) -> &str {
                &self.text
            }
        }

        /// Never shows the text.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

redacted!(PublishableKey);
redacted!(SecretKey);
redacted!(SigningSecret);

impl TryFrom<String> for PublishableKey {
    type Error = KeyError;
    fn try_from(text: String) -> Result<PublishableKey, KeyError> {
        PublishableKey::parse(&text)
    }
}

impl From<PublishableKey> for String {
    fn from(key: PublishableKey) -> String {
        key.text
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.field.name();
        match self.problem {
            Problem::Empty => write!(f, "The {name} is missing: copy it from {}.", self.field.place()),
            Problem::SpaceAtStart => write!(f, "The {name} begins with a space or line break: delete it."),
            Problem::SpaceAtEnd => write!(f, "The {name} ends with a space or line break: delete it."),
            Problem::SpaceInside => write!(
                f,
                "The {name} has a space or line break inside: copy it again in one piece from {}.",
                self.field.place()
            ),
            Problem::BelongsTo(other) if self.field == Field::Publishable => write!(
                f,
                "This is a {}, which nobody may see: put it into its own field, and the {name} ({}) here.",
                other.name(),
                self.field.prefixes()
            ),
            Problem::BelongsTo(other) => write!(
                f,
                "This is a {}: put it into its own field, and the {name} ({}) here.",
                other.name(),
                self.field.prefixes()
            ),
            Problem::WrongPrefix => write!(
                f,
                "The {name} starts with {}: copy it from {}.",
                self.field.prefixes(),
                self.field.place()
            ),
            Problem::BadCharacter => write!(
                f,
                "The {name} has a character that no {name} has: show it in full in {} and copy it again.",
                self.field.place()
            ),
            Problem::TooShort => write!(
                f,
                "The {name} is too short: copy all of it from {}.",
                self.field.place()
            ),
            Problem::TooLong => write!(
                f,
                "The {name} is too long: copy it again, once, from {}.",
                self.field.place()
            ),
        }
    }
}

impl std::error::Error for KeyError {}

impl fmt::Display for PairError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |mode| match mode {
            Mode::Test => "for tests",
            Mode::Live => "for real payments",
        };
        write!(
            f,
            "The publishable key is {} and the secret key is {}: take both from the same mode in Stripe.",
            word(self.publishable),
            word(self.secret)
        )
    }
}

impl std::error::Error for PairError {}

impl Field {
    fn name(self) -> &'static str {
        match self {
            Field::Publishable => "publishable key",
            Field::Secret => "secret key",
            Field::Signing => "signing secret",
        }
    }

    fn prefixes(self) -> &'static str {
        match self {
            Field::Publishable => "pk_test_ or pk_live_",
            Field::Secret => "sk_test_, sk_live_, rk_test_ or rk_live_",
            Field::Signing => "whsec_",
        }
    }

    fn place(self) -> &'static str {
        match self {
            Field::Publishable | Field::Secret => "Stripe, Developers, API keys",
            Field::Signing => "Stripe, Developers, Webhooks",
        }
    }
}

/// The prefixes, the field they belong to, and their mode; a signing secret has none and counts as a test's.
const PREFIXES: [(&str, Field, Mode); 7] = [
    ("pk_test_", Field::Publishable, Mode::Test),
    ("pk_live_", Field::Publishable, Mode::Live),
    ("sk_test_", Field::Secret, Mode::Test),
    ("sk_live_", Field::Secret, Mode::Live),
    ("rk_test_", Field::Secret, Mode::Test),
    ("rk_live_", Field::Secret, Mode::Live),
    ("whsec_", Field::Signing, Mode::Test),
];

/// Finds the first problem, else the mode.
fn check(text: &str, field: Field) -> Result<Mode, KeyError> {
    let wrong = |problem| Err(KeyError { field, problem });
    if text.chars().all(is_blank) {
        return wrong(Problem::Empty);
    }
    if text.starts_with(is_blank) {
        return wrong(Problem::SpaceAtStart);
    }
    if text.ends_with(is_blank) {
        return wrong(Problem::SpaceAtEnd);
    }
    if text.contains(is_blank) {
        return wrong(Problem::SpaceInside);
    }
    let known = PREFIXES
        .iter()
        .find_map(|(prefix, of, mode)| text.strip_prefix(prefix).map(|rest| (rest, *of, *mode)));
    let (rest, mode) = match known {
        Some((rest, of, mode)) if of == field => (rest, mode),
        Some((_, of, _)) => return wrong(Problem::BelongsTo(of)),
        None => return wrong(Problem::WrongPrefix),
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || field == Field::Signing && "_-+/=".contains(c);
    if !rest.chars().all(fits) {
        return wrong(Problem::BadCharacter);
    }
    match rest.len() {
        ..SHORTEST => wrong(Problem::TooShort),
        SHORTEST..=LONGEST => Ok(mode),
        _ => wrong(Problem::TooLong),
    }
}

/// White space, and the characters of no width that come along when a text is copied from a page.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}')
}
