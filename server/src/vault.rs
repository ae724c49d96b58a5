//! Encrypts the salons' keys at rest, with a key from outside the database (XChaCha20-Poly1305).
//!
//! A sealed text is `k1.<id of the master key>.<nonce and ciphertext in Base64>`; before there were ids it was the last part alone.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use chacha20poly1305::{
    Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// The key that encrypts all others: 32 bytes from a file. While it is being replaced, the former ones too, which only read.
#[derive(Clone)]
pub struct MasterKey {
    present: OneKey,
    former: Vec<OneKey>,
}

/// What was encrypted can't be read: another key, another place, or somebody changed it.
#[derive(Debug, thiserror::Error)]
#[error(
    "a stored key can't be decrypted: neither BOOKING_MASTER_KEY_FILE nor one of BOOKING_FORMER_MASTER_KEY_FILES is what it was \
     encrypted with"
)]
pub struct VaultError;

impl MasterKey {
    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<MasterKey> {
        Some(MasterKey {
            present: OneKey::parse(text)?,
            former: vec![],
        })
    }

    /// The same, that also reads what was sealed with this former key (64 hexadecimal digits).
    #[must_use]
    pub fn with_former(mut self, text: &str) -> Option<MasterKey> {
        self.former.push(OneKey::parse(text)?);
        Some(self)
    }

    /// Names the present key, without telling anything of it: 8 hexadecimal digits of a hash.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.present.id
    }

    /// Encrypts a secret for one place (`lumen/secret_key`): it can be read for no other.
    ///
    /// # Errors
    /// [`VaultError`] when the system gives no random bytes.
    pub fn seal(&self, place: &str, secret: &str) -> Result<String, VaultError> {
        let mut nonce = [0; 24];
        getrandom::fill(&mut nonce).map_err(|_| VaultError)?;
        let payload = Payload {
            msg: secret.as_bytes(),
            aad: place.as_bytes(),
        };
        let sealed = self
            .present
            .cipher()
            .encrypt(XNonce::from_slice(&nonce), payload)
            .map_err(|_| VaultError)?;
        let text = STANDARD_NO_PAD.encode([nonce.as_slice(), &sealed].concat());
        Ok(format!("{VERSION}.{}.{text}", self.present.id))
    }

    /// Decrypts what [`MasterKey::seal`] made for this place.
    ///
    /// # Errors
    /// [`VaultError`] when the key, the place or the text is another.
    pub fn open(&self, place: &str, sealed: &str) -> Result<Zeroizing<String>, VaultError> {
        let (id, text) = parts(sealed)?;
        let bytes = STANDARD_NO_PAD.decode(text).map_err(|_| VaultError)?;
        let (nonce, msg) = bytes.split_at_checked(24).ok_or(VaultError)?;
        let of = |key: &&OneKey| id.is_none_or(|id| key.id == id);
        let plain = [&self.present]
            .into_iter()
            .chain(&self.former)
            .filter(of)
            .find_map(|key| {
                let aad = place.as_bytes();
                key.cipher()
                    .decrypt(XNonce::from_slice(nonce), Payload { msg, aad })
                    .ok()
            })
            .ok_or(VaultError)?;
        String::from_utf8(plain)
            .map(Zeroizing::new)
            .map_err(|_| VaultError)
    }

    /// Whether this was sealed with the present key, and needs no other.
    #[must_use]
    pub fn is_present(&self, sealed: &str) -> bool {
        parts(sealed).is_ok_and(|(id, _)| id == Some(self.id()))
    }
}

/// What a sealed text with a key's id begins with.
const VERSION: &str = "k1";

/// One key and its name.
#[derive(Clone)]
struct OneKey {
    bytes: Zeroizing<[u8; 32]>,
    id: String,
}

impl OneKey {
    fn parse(text: &str) -> Option<OneKey> {
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text, bytes.as_mut_slice()).ok()?;
        let mut digest = Sha256::new_with_prefix(b"booking-checkout master key\0");
        digest.update(bytes.as_slice());
        let id = hex::encode(digest.finalize()).chars().take(8).collect();
        Some(OneKey { bytes, id })
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(Key::from_slice(self.bytes.as_slice()))
    }
}

/// The id of the key, if the text has one, and what it sealed. Base64 has no dot.
fn parts(sealed: &str) -> Result<(Option<&str>, &str), VaultError> {
    let mut parts = sealed.split('.');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(text), None, ..) => Ok((None, text)),
        (Some(VERSION), Some(id), Some(text), None) => Ok((Some(id), text)),
        _ => Err(VaultError),
    }
}

/// Never shows a key.
impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "MasterKey({}, and {} former)",
            self.present.id,
            self.former.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: &str = "lumen/secret_key";
    const SECRET: &str = "sk_test_1234567890";

    fn key(byte: &str) -> MasterKey {
        MasterKey::parse(&byte.repeat(32)).unwrap()
    }

    #[test]
    fn a_sealed_secret_opens_only_with_the_same_key_and_place() {
        let (key, other) = (key("ab"), key("cd"));
        let sealed = key.seal(PLACE, SECRET).unwrap();
        assert!(!sealed.contains("sk_test"));
        assert_eq!(key.open(PLACE, &sealed).unwrap().as_str(), SECRET);
        assert!(key.open("other/secret_key", &sealed).is_err());
        assert!(other.open(PLACE, &sealed).is_err());
        assert_ne!(sealed, key.seal(PLACE, SECRET).unwrap());
    }

    #[test]
    fn what_a_former_key_sealed_is_read_and_known_as_such() {
        let (old, new) = (key("ab"), key("cd"));
        let both = key("cd").with_former(&"ab".repeat(32)).unwrap();
        let sealed = old.seal(PLACE, SECRET).unwrap();
        assert!(old.is_present(&sealed) && !both.is_present(&sealed));
        assert_eq!(both.open(PLACE, &sealed).unwrap().as_str(), SECRET);
        let again = both.seal(PLACE, SECRET).unwrap();
        assert!(both.is_present(&again));
        assert_eq!(new.open(PLACE, &again).unwrap().as_str(), SECRET);
        assert!(old.open(PLACE, &again).is_err());
    }

    #[test]
    fn what_was_sealed_before_keys_had_ids_is_read() {
        let both = key("cd").with_former(&"ab".repeat(32)).unwrap();
        let sealed = key("ab").seal(PLACE, SECRET).unwrap();
        let before = sealed.rsplit('.').next().unwrap();
        assert_eq!(both.open(PLACE, before).unwrap().as_str(), SECRET);
        assert!(!both.is_present(before));
    }

    #[test]
    fn what_nobody_sealed_is_refused() {
        let key = key("ab");
        let sealed = key.seal(PLACE, SECRET).unwrap();
        let mut changed = sealed.clone();
        let last = if changed.pop() == Some('A') { 'B' } else { 'A' };
        changed.push(last);
        for text in [
            "",
            "k1",
            "k1.x",
            "k2.x.y",
            "k1.x.y.z",
            "AAAA",
            sealed.trim_start_matches("k1."),
            &changed,
        ] {
            assert!(key.open(PLACE, text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_master_key_is_64_digits_and_is_never_shown() {
        assert!(MasterKey::parse("abc").is_none());
        assert!(MasterKey::parse(&"g".repeat(64)).is_none());
        assert!(key("ab").with_former("abc").is_none());
        let shown = format!("{:?}", key("ab").with_former(&"cd".repeat(32)).unwrap());
        let id = key("ab").id().to_owned();
        assert_eq!(shown, format!("MasterKey({id}, and 1 former)"));
        assert!(id.len() == 8 && !id.contains("abab"), "{id}");
    }
}
