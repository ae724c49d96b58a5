//! All chance of a history, from its seed.

/// A generator of numbers: the same seed gives the same ones on every machine (SplitMix64).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// From a seed.
    #[must_use]
    pub fn new(seed: u64) -> Dice {
        // Neighbouring seeds must not begin alike.
        let mut dice = Dice(seed ^ 0x9e37_79b9_7f4a_7c15);
        dice.next();
        dice
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `limit - 1`; 0 when there is none.
    pub fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % limit).unwrap_or_default()
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.abs_diff(low).saturating_add(1);
        low.saturating_add_unsigned(self.next() % span.max(1))
    }

    /// True `percent` times of a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of these; the first when weights are all zero.
    pub fn pick<T: Copy>(&mut self, of: &[(usize, T)]) -> Option<T> {
        let sum: usize = of.iter().map(|(weight, _)| weight).sum();
        let mut left = self.below(sum);
        for (weight, thing) in of {
            if left < *weight {
                return Some(*thing);
            }
            left -= weight;
        }
        of.first().map(|(_, thing)| *thing)
    }

    /// 32 bytes, for a token.
    pub fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_for_ever() {
        // A seed in a report must mean the same history on another machine.
        let mut dice = Dice::new(7);
        assert_eq!(
            [dice.next(), dice.next()],
            [18_363_971_414_914_884_509, 8_043_341_295_829_897_994]
        );
        let mut dice = Dice::new(7);
        for _ in 0..1000 {
            assert!((-3..=3).contains(&dice.between(-3, 3)));
            assert!(dice.below(5) < 5);
        }
        assert_eq!(dice.pick(&[(0, 'a'), (3, 'b')]), Some('b'));
    }
}
