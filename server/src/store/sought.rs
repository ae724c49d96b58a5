//! What a visit is found by. SQLite's own `LOWER` knows no letters but the 26: folding is done here, for both databases.

use sqlx::{AnyConnection, AnyExecutor};

use super::StoreError;
use crate::api::hold::Client;

/// Name, e-mail address and telephone of a client, folded, a line each.
#[must_use]
pub fn of(client: &Client) -> String {
    let digits: String = client.phone.chars().filter(char::is_ascii_digit).collect();
    format!("{}\n{}\n{digits}", folded(&client.name), folded(&client.email))
}

/// A text in small letters without marks: `Özlem Weiß` and `ozlem weiss` are one.
#[must_use]
pub fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            // Marks that stand by themselves.
            '\u{300}'..='\u{36f}' => {}
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => out.push('a'),
            'ç' | 'ć' | 'č' => out.push('c'),
            'ď' | 'đ' => out.push('d'),
            'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' => out.push('e'),
            'ğ' => out.push('g'),
            'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ı' => out.push('i'),
            'ł' => out.push('l'),
            'ñ' | 'ń' | 'ň' => out.push('n'),
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ő' => out.push('o'),
            'ř' => out.push('r'),
            'ś' | 'š' | 'ş' | 'ș' => out.push('s'),
            'ß' => out.push_str("ss"),
            'ť' | 'ţ' | 'ț' => out.push('t'),
            'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' => out.push('u'),
            'ý' | 'ÿ' => out.push('y'),
            'ź' | 'ż' | 'ž' => out.push('z'),
            other => out.push(other),
        }
    }
    out
}

/// The digits of what looks like a telephone number, without the zeros before it: `0664 123` is in `+43 664 1234567`.
#[must_use]
pub fn dialled(text: &str) -> Option<String> {
    let is_number = text.chars().all(|c| c.is_ascii_digit() || " +-/().".contains(c));
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    (is_number && digits.len() >= 3).then(|| digits.to_owned())
}

/// Whether a booking has nothing yet that it is found by.
///
/// # Errors
/// [`StoreError`].
pub async fn any_missing(db: impl AnyExecutor<'_>) -> Result<bool, StoreError> {
    let found: Option<(String,)> = sqlx::query_as("SELECT id FROM booking WHERE sought IS NULL LIMIT 1")
        .fetch_optional(db)
        .await?;
    Ok(found.is_some())
}

/// Fills in what up to `most` such bookings are found by.
///
/// # Errors
/// [`StoreError`].
pub async fn fill_in(db: &mut AnyConnection, most: i64) -> Result<(), StoreError> {
    let rows: Vec<(String, String, String, String)> = sqlx::query_as(
        "SELECT id, client_name, email, phone FROM booking WHERE sought IS NULL ORDER BY id LIMIT $1",
    )
    .bind(most)
    .fetch_all(&mut *db)
    .await?;
    for (id, name, email, phone) in rows {
        let client = Client {
            name,
            email,
            phone,
            note: String::new(),
            language: String::new(),
        };
        sqlx::query("UPDATE booking SET sought = $2 WHERE id = $1 AND sought IS NULL")
            .bind(id)
            .bind(of(&client))
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_fold_to_the_26_where_they_can() {
        for (text, small) in [
            ("Özlem", "ozlem"),
            ("ÄNNE Weiß", "anne weiss"),
            ("İpek", "ipek"),
            ("Jose\u{301}", "jose"),
            ("Łukasz Dvořák", "lukasz dvorak"),
            ("Анна", "анна"),
        ] {
            assert_eq!(folded(text), small);
        }
    }

    #[test]
    fn a_number_is_its_digits() {
        assert_eq!(dialled("0664 / 123").as_deref(), Some("664123"));
        assert_eq!(dialled("+43 664").as_deref(), Some("43664"));
        for text in ["12", "007", "H7K2QX", "ada 664"] {
            assert_eq!(dialled(text), None, "{text}");
        }
    }
}
