//! Identifiers and secrets: a prefix and 24 random letters and digits.

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A new identifier, such as `pi_3…`.
pub fn new(prefix: &str) -> String {
    let mut random = [0_u8; 24];
    // Without a source of randomness ids would repeat: better none at all than two objects of one id.
    while getrandom::fill(&mut random).is_err() {
        std::thread::yield_now();
    }
    let mut id = String::with_capacity(prefix.len() + random.len());
    id.push_str(prefix);
    id.extend(
        random
            .iter()
            .filter_map(|byte| ALPHABET.get(usize::from(*byte) % 62))
            .map(|letter| char::from(*letter)),
    );
    id
}
