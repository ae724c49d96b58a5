//! See `checks::form_tree`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| booking_checkout_fuzz::form_tree(data));
