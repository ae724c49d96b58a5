//! See `checks::form`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| booking_checkout_fuzz::form(data));
