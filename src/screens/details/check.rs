//! What a field may hold. The server checks the same, and more.

use server::api::hold::Client;

/// A field of the form.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Field {
    /// First and last name.
    Name,
    /// Where the confirmation goes.
    Email,
    /// With country.
    Phone,
    /// A wish.
    Note,
}

impl Field {
    /// All of them, in the order of the form.
    pub const ALL: [Field; 4] = [Field::Name, Field::Email, Field::Phone, Field::Note];

    /// Its id in the page, and its name in the server's errors.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Field::Name => "name",
            Field::Email => "email",
            Field::Phone => "phone",
            Field::Note => "note",
        }
    }

    /// What is typed in it.
    #[must_use]
    pub fn of(self, client: &Client) -> &str {
        match self {
            Field::Name => &client.name,
            Field::Email => &client.email,
            Field::Phone => &client.phone,
            Field::Note => &client.note,
        }
    }

    /// Writes what is typed in it.
    pub fn write(self, client: &mut Client, value: String) {
        match self {
            Field::Name => client.name = value,
            Field::Email => client.email = value,
            Field::Phone => client.phone = value,
            Field::Note => client.note = value,
        }
    }
}

/// The key of the sentence that says what to do, when a field is not right.
#[must_use]
pub fn check(field: Field, client: &Client) -> Option<&'static str> {
    let value = field.of(client).trim();
    let length = value.chars().count();
    match field {
        Field::Name if value.is_empty() => Some("wrong.name"),
        Field::Name if length > 100 => Some("wrong.name_long"),
        Field::Email if value.is_empty() => Some("wrong.email_missing"),
        Field::Email if !is_email(value) => Some("wrong.email"),
        Field::Phone if !value.is_empty() && !is_phone(value) => Some("wrong.phone"),
        Field::Note if length > 500 => Some("wrong.note_long"),
        _ => None,
    }
}

fn is_email(value: &str) -> bool {
    let Some((name, host)) = value.rsplit_once('@') else {
        return false;
    };
    let host_fits = host.split('.').count() > 1 && host.split('.').all(|part| !part.is_empty());
    !name.is_empty() && host_fits && value.len() <= 254 && !value.contains(char::is_whitespace)
}

fn is_phone(value: &str) -> bool {
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let plain = |c: char| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '/' | '(' | ')' | '.');
    (5..=17).contains(&digits) && value.len() <= 30 && value.chars().all(plain)
}
