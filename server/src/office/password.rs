//! Passwords: hashed with Argon2id (OWASP: 19 MiB, 2 passes), on a thread of their own.

use argon2::{
    Argon2,
    password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString},
};
use zeroize::Zeroizing;

use crate::api::error::{ApiError, Code};

/// Fewer characters are too easy to guess (NIST SP 800-63B asks for 8 at least; people reuse less when it is longer).
pub const SHORTEST: usize = 10;
/// More are not hashed: a long text must not keep a processor busy.
pub const LONGEST: usize = 200;

/// Hashes a password, with a salt of its own, as a PHC string.
///
/// # Errors
/// [`ApiError`] when the system gives no random numbers.
pub async fn hash(password: Zeroizing<String>) -> Result<String, ApiError> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(failed)?;
    let salt = SaltString::encode_b64(&salt).map_err(failed)?;
    let work = move || {
        let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
        hash.map(|hash| hash.to_string())
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(failed)?
        .map_err(failed)
}

/// Whether this is the password. Without a hash (nobody has that address) it takes as long and says no.
pub async fn matches(password: Zeroizing<String>, hash: Option<String>) -> bool {
    let work = move || {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
        let parsed = PasswordHash::new(&hash);
        let fits = parsed.is_ok_and(|hash| {
            Argon2::default()
                .verify_password(password.as_bytes(), &hash)
                .is_ok()
        });
        known && fits
    };
    tokio::task::spawn_blocking(work).await.unwrap_or(false)
}

/// What is wrong with a new password, if anything.
#[must_use]
pub fn weakness(password: &str, name: &str, email: &str) -> Option<String> {
    let length = password.chars().count();
    let small = password.to_lowercase();
    let mailbox = email.split('@').next().unwrap_or_default().to_lowercase();
    let first = small.chars().next();
    if length < SHORTEST {
        Some(format!(
            "Use at least {SHORTEST} characters. Three or four words are easy to remember."
        ))
    } else if password.len() > LONGEST {
        Some(format!("Use at most {LONGEST} characters."))
    } else if small.chars().all(|c| Some(c) == first)
        || small.contains("password")
        || small.contains("12345678")
        || (mailbox.len() > 3 && small.contains(&mailbox))
        || (name.len() > 3 && small.contains(&name.to_lowercase()))
    {
        Some("This is one of the first that somebody would try. Use three or four words that do not belong together.".to_owned())
    } else {
        None
    }
}

/// A hash of nothing that anybody knows, of the same cost.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn failed(error: impl std::fmt::Display) -> ApiError {
    tracing::error!(%error, "a password can't be hashed");
    ApiError::new(
        Code::Failed,
        "The server could not do this. Try again in a moment.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    #[tokio::test]
    async fn only_the_password_fits_its_hash_and_nobody_has_none() {
        let kept = hash(secret("four words that rhyme")).await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(matches(secret("four words that rhyme"), Some(kept.clone())).await);
        assert!(!matches(secret("Four words that rhyme"), Some(kept.clone())).await);
        assert!(!matches(secret("four words that rhyme"), None).await);
        assert_ne!(hash(secret("four words that rhyme")).await.unwrap(), kept);
        // Refused for its sum, not for its shape: else it would be refused at once.
        assert!(PasswordHash::new(NOBODY).is_ok());
    }

    #[test]
    fn what_would_be_tried_first_is_refused() {
        for (password, weak) in [
            ("short", true),
            ("aaaaaaaaaaaa", true),
            ("my password is", true),
            ("1234567890", true),
            ("anna.berger-1", true),
            ("xx Anna Berger xx", true),
            ("kettle lamp river", false),
            ("ünïcödé äöü", false),
        ] {
            let found = weakness(password, "Anna Berger", "anna.berger@example.com");
            assert_eq!(found.is_some(), weak, "{password}: {found:?}");
        }
        assert!(weakness(&"ab".repeat(101), "", "").is_some());
    }
}
