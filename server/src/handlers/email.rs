//! E-mail addresses of clients, wherever they are typed.

/// An address as it is kept: in small letters, so that one client is one client. `None` when it is none, or none that can be
/// written to.
#[must_use]
pub fn read(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let (user, host) = text.rsplit_once('@')?;
    let plain = text
        .chars()
        .all(|c| !c.is_whitespace() && !c.is_control() && !"<>,;\"".contains(c));
    let is_one = plain
        && (3..=254).contains(&text.len())
        && !user.is_empty()
        && !user.contains('@')
        && host.split('.').all(|label| !label.is_empty())
        && host.contains('.')
        && text.parse::<lettre::Address>().is_ok();
    is_one.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_in_small_letters_or_refused() {
        assert_eq!(read(" Ada@Example.com ").as_deref(), Some("ada@example.com"));
        for text in [
            "ada@localhost",
            "ada",
            "@example.com",
            "a@b@example.com",
            "ada@a..b",
            "a b@c.de",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
