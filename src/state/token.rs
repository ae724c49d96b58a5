//! The booking's token, made here of 32 random bytes: whoever holds it acts for the booking.

use domain::id::BookingToken;
use wasm_bindgen::JsCast;
use web_sys::Crypto;

use crate::dom;

/// A new token; `None` where the browser has no random numbers, and then there is no booking.
#[must_use]
pub fn fresh() -> Option<BookingToken> {
    let mut bytes = [0u8; 32];
    random(&mut bytes).then(|| BookingToken::from_random(&bytes))
}

/// Fills with random bytes of the system's generator.
pub fn random(bytes: &mut [u8]) -> bool {
    let crypto: Crypto = dom::global("crypto").unchecked_into();
    crypto.get_random_values_with_u8_array(bytes).is_ok()
}
