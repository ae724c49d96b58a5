//! Ids and tokens: a prefix that says what it names, then letters and digits.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A text that is not the id it should be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct IdError {
    what: &'static str,
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this is not {}", self.what)
    }
}

impl std::error::Error for IdError {}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// What every id of this kind starts with.
            pub const PREFIX: &'static str = $prefix;

            /// Reads an id.
            ///
            /// # Errors
            /// [`IdError`] when the prefix is another, or the rest is not 1 to 40 ASCII letters and digits.
            pub fn parse(text: &str) -> Result<$name, IdError> {
                match text.strip_prefix($prefix) {
                    Some(rest) if is_name(rest, 40) => Ok($name(text.to_owned())),
                    _ => Err(IdError { what: $what }),
                }
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<$name, IdError> {
                $name::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}

id!(
    /// A service a salon offers: `svc_…`.
    ServiceId, "svc_", "a service's id"
);
id!(
    /// A person who works at a salon: `emp_…`.
    EmployeeId, "emp_", "an employee's id"
);
id!(
    /// One date of a group event: `evt_…` is Stripe's, so `grp_…`.
    GroupDateId, "grp_", "the id of a group event's date"
);
id!(
    /// A booking, from its hold to its end: `bkg_…`.
    BookingId, "bkg_", "a booking's id"
);
id!(
    /// One attempt to pay a booking, and the idempotency key of its charge: `pay_…`.
    AttemptId, "pay_", "a payment attempt's id"
);
id!(
    /// Somebody who signs in to a salon's back office: `stf_…`.
    StaffId, "stf_", "the id of a member of staff"
);
id!(
    /// A refund of ours, and the idempotency key of its call: `rfd_…`.
    RefundId, "rfd_", "a refund's id"
);
id!(
    /// A fee for cancelling late or not coming: `fee_…`.
    FeeId, "fee_", "a fee's id"
);

/// The name of a salon in addresses: 1 to 40 small letters, digits and hyphens, a letter or digit at both ends.
///
/// ```
/// use domain::id::SalonSlug;
/// assert!(SalonSlug::parse("lumen-vienna").is_ok());
/// assert!(SalonSlug::parse("Lumen").is_err());
/// assert!(SalonSlug::parse("../etc").is_err());
/// ```
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SalonSlug(String);

impl SalonSlug {
    /// Reads a name.
    ///
    /// # Errors
    /// [`IdError`] when a character or the length is not allowed.
    pub fn parse(text: &str) -> Result<SalonSlug, IdError> {
        let fits = (1..=40).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-');
        if fits {
            Ok(SalonSlug(text.to_owned()))
        } else {
            Err(IdError {
                what: "a salon's name in addresses",
            })
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SalonSlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for SalonSlug {
    type Error = IdError;
    fn try_from(text: String) -> Result<SalonSlug, IdError> {
        SalonSlug::parse(&text)
    }
}

impl From<SalonSlug> for String {
    fn from(slug: SalonSlug) -> String {
        slug.0
    }
}

macro_rules! token {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Eq, PartialEq, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Makes a token of 32 random bytes, which must come from the system's generator.
            #[must_use]
            pub fn from_random(bytes: &[u8; 32]) -> $name {
                let mut text = String::with_capacity($prefix.len() + 64);
                text.push_str($prefix);
                for byte in bytes {
                    for digit in [byte >> 4, byte & 15] {
                        text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
                    }
                }
                $name(text)
            }

            /// Reads a token.
            ///
            /// # Errors
            /// [`IdError`] unless it is the prefix and 64 hexadecimal digits in small letters.
            pub fn parse(text: &str) -> Result<$name, IdError> {
                let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
                match text.strip_prefix($prefix) {
                    Some(rest) if rest.len() == 64 && rest.bytes().all(is_hex) => Ok($name(text.to_owned())),
                    _ => Err(IdError { what: $what }),
                }
            }

            /// The secret itself: for an address, a header or a hash, never for a log.
            #[must_use]
            pub fn reveal(&self) -> &str {
                &self.0
            }
        }

        /// Never shows the secret.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<$name, IdError> {
                $name::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(token: $name) -> String {
                token.0
            }
        }
    };
}

token!(
    /// What a payer's page shows to act on its booking (256 bits): `bt_…`. Made in the browser, so that a lost answer
    /// to the first call can be asked for again; the server keeps only its hash.
    BookingToken, "bt_", "a booking's token"
);
token!(
    /// The secret part of a visit link (256 bits): `vl_…`.
    LinkToken, "vl_", "a visit link"
);
token!(
    /// The secret part of the address where a client looks after a booking (256 bits): `mb_…`.
    ManageToken, "mb_", "the address of a booking"
);

fn is_name(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}
