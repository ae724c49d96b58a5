//! Encrypts the salons' keys at rest, with a key from outside the database (XChaCha20-Poly1305).

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use chacha20poly1305::{
    Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use zeroize::Zeroizing;

/// The key that encrypts all others: 32 bytes from a file.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; 32]>);

/// What was encrypted can't be read: another key, another place, or somebody changed it.
#[derive(Debug, thiserror::Error)]
#[error("a stored key can't be decrypted: BOOKING_MASTER_KEY_FILE is not the one it was encrypted with")]
pub struct VaultError;

impl MasterKey {
    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<MasterKey> {
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text, bytes.as_mut_slice()).ok()?;
        Some(MasterKey(bytes))
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
            .cipher()
            .encrypt(XNonce::from_slice(&nonce), payload)
            .map_err(|_| VaultError)?;
        Ok(STANDARD_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// Decrypts what [`MasterKey::seal`] made for this place.
    ///
    /// # Errors
    /// [`VaultError`] when the key, the place or the text is another.
    pub fn open(&self, place: &str, sealed: &str) -> Result<Zeroizing<String>, VaultError> {
        let bytes = STANDARD_NO_PAD.decode(sealed).map_err(|_| VaultError)?;
        let (nonce, msg) = bytes.split_at_checked(24).ok_or(VaultError)?;
        let payload = Payload {
            msg,
            aad: place.as_bytes(),
        };
        let plain = self
            .cipher()
            .decrypt(XNonce::from_slice(nonce), payload)
            .map_err(|_| VaultError)?;
        String::from_utf8(plain)
            .map(Zeroizing::new)
            .map_err(|_| VaultError)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(Key::from_slice(self.0.as_slice()))
    }
}

/// Never shows the key.
impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_secret_opens_only_with_the_same_key_and_place() {
        let key = MasterKey::parse(&"ab".repeat(32)).unwrap();
        let other = MasterKey::parse(&"cd".repeat(32)).unwrap();
        let sealed = key.seal("lumen/secret_key", "sk_test_1234567890").unwrap();
        assert!(!sealed.contains("sk_test"));
        assert_eq!(
            key.open("lumen/secret_key", &sealed).unwrap().as_str(),
            "sk_test_1234567890"
        );
        assert!(key.open("other/secret_key", &sealed).is_err());
        assert!(other.open("lumen/secret_key", &sealed).is_err());
        assert_ne!(
            sealed,
            key.seal("lumen/secret_key", "sk_test_1234567890").unwrap()
        );
    }

    #[test]
    fn a_master_key_is_64_digits() {
        assert!(MasterKey::parse("abc").is_none());
        assert!(MasterKey::parse(&"g".repeat(64)).is_none());
    }
}
