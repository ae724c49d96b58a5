//! The signature of a webhook (Stripe: "Verify webhook signatures manually").

use domain::key::SigningSecret;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// How far a signature's time may be from ours, in seconds.
pub const TOLERANCE: i64 = 300;

/// Why a webhook is not believed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SignatureError {
    /// No `Stripe-Signature` header, or one that can't be read.
    #[error("the signature header can't be read")]
    Unreadable,
    /// None of its signatures is right.
    #[error("the signature does not match")]
    Wrong,
    /// Signed too long ago, or in the future.
    #[error("the signature is older than {TOLERANCE} s, or of the future")]
    Old,
}

/// Checks a webhook's signature over its raw body. `now` is in seconds since 1970.
///
/// # Errors
/// [`SignatureError`].
pub fn verify(header: &str, body: &[u8], secret: &SigningSecret, now: i64) -> Result<(), SignatureError> {
    let mut time = None;
    let mut signatures = Vec::new();
    for part in header.split(',').take(32) {
        match part.trim().split_once('=') {
            Some(("t", seconds)) => time = seconds.parse::<i64>().ok(),
            // Two while a secret is being rolled. Other schemes are passed over.
            Some(("v1", digits)) => signatures.extend(hex::decode(digits)),
            _ => {}
        }
    }
    let time = time.ok_or(SignatureError::Unreadable)?;
    if signatures.is_empty() {
        return Err(SignatureError::Unreadable);
    }
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()).map_err(|_| SignatureError::Unreadable)?;
    mac.update(time.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    // `verify_slice` compares in constant time.
    if !signatures
        .iter()
        .any(|signature| mac.clone().verify_slice(signature).is_ok())
    {
        return Err(SignatureError::Wrong);
    }
    if now.saturating_sub(time).saturating_abs() > TOLERANCE {
        Err(SignatureError::Old)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"id":"evt_test_webhook","object":"event"}"#;
    const RIGHT: &str = "88a022085c6bdb887b02cb26ff76dd681234d9675c0f22844059f55552a8883a";
    const TIME: i64 = 1_492_774_577;

    fn check(header: &str, now: i64) -> Result<(), SignatureError> {
        verify(
            header,
            BODY,
            &SigningSecret::parse("whsec_test_secret").unwrap(),
            now,
        )
    }

    #[test]
    fn stripe_s_vector_and_what_is_wrong_with_others() {
        let wrong = "0".repeat(64);
        for (header, now, expected) in [
            (format!("t={TIME},v1={RIGHT}"), TIME, Ok(())),
            (format!("t={TIME},v1={wrong},v1={RIGHT}"), TIME, Ok(())),
            (format!("t={TIME},v0=1,v1={RIGHT}"), TIME + TOLERANCE, Ok(())),
            (format!("t={TIME},v1={wrong}"), TIME, Err(SignatureError::Wrong)),
            (
                format!("t={},v1={RIGHT}", TIME + 1),
                TIME,
                Err(SignatureError::Wrong),
            ),
            (
                format!("t={TIME},v1={RIGHT}"),
                TIME + TOLERANCE + 1,
                Err(SignatureError::Old),
            ),
            (
                format!("t={TIME},v1={RIGHT}"),
                TIME - TOLERANCE - 1,
                Err(SignatureError::Old),
            ),
            (
                format!("t={TIME},v0={RIGHT}"),
                TIME,
                Err(SignatureError::Unreadable),
            ),
            (format!("v1={RIGHT}"), TIME, Err(SignatureError::Unreadable)),
            (format!("t={TIME},v1=zz"), TIME, Err(SignatureError::Unreadable)),
            (String::new(), TIME, Err(SignatureError::Unreadable)),
        ] {
            assert_eq!(check(&header, now), expected, "{header} at {now}");
        }
    }
}
