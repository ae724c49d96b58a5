//! Figures of a period, and how a payment is shared out over what it paid for.

/// What happened to money, in minor units of one currency. All but `fees` are as the client saw it; fees as Stripe took them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Figures {
    /// How many payments.
    pub payments: i64,
    /// What clients paid.
    pub gross: i64,
    /// What went back to them, less what came back because a refund failed.
    pub refunds: i64,
    /// What disputes took, less what they gave back.
    pub disputes: i64,
    /// What Stripe took for it all.
    pub fees: i64,
    /// Of `gross` what was kept or charged for late cancelling and not coming.
    pub kept: i64,
}

impl Figures {
    /// What is left for the salon. Kept fees are part of what clients paid, and not added once more.
    ///
    /// ```
    /// use domain::report::Figures;
    /// let day = Figures { payments: 2, gross: 9600, refunds: 2400, fees: 330, ..Figures::default() };
    /// assert_eq!(day.net(), 6870);
    /// ```
    #[must_use]
    pub fn net(&self) -> i64 {
        self.gross - self.refunds - self.disputes - self.fees
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Figures) -> Figures {
        Figures {
            payments: self.payments + other.payments,
            gross: self.gross + other.gross,
            refunds: self.refunds + other.refunds,
            disputes: self.disputes + other.disputes,
            fees: self.fees + other.fees,
            kept: self.kept + other.kept,
        }
    }

    /// Whether nothing happened.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Figures::default()
    }
}

/// Shares a sum (minor units, signed) out over lines in proportion to their prices, so that the shares add up to it: what
/// rounding leaves goes to the dearest line. Lines without any price share nothing but the first, which has all.
///
/// ```
/// use domain::report::shares;
/// assert_eq!(shares(1000, &[4800, 1650]), [745, 255]);
/// assert_eq!(shares(-700, &[0, 0]), [-700, 0]);
/// assert!(shares(700, &[]).is_empty());
/// ```
#[must_use]
pub fn shares(sum: i64, prices: &[i64]) -> Vec<i64> {
    let all: i128 = prices.iter().map(|price| i128::from(*price)).sum();
    if all <= 0 {
        return prices
            .iter()
            .enumerate()
            .map(|(nth, _)| if nth == 0 { sum } else { 0 })
            .collect();
    }
    let mut shares: Vec<i64> = prices
        .iter()
        .map(|price| i64::try_from(i128::from(sum) * i128::from(*price) / all).unwrap_or_default())
        .collect();
    let rest = sum - shares.iter().sum::<i64>();
    let dearest = prices
        .iter()
        .enumerate()
        .max_by_key(|(nth, price)| (**price, std::cmp::Reverse(*nth)));
    if let Some(share) = dearest.and_then(|(nth, _)| shares.get_mut(nth)) {
        *share += rest;
    }
    shares
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn two_days_add_up_figure_by_figure_and_what_is_left_is_theirs() {
        let day = Figures {
            payments: 3,
            gross: 9600,
            refunds: 2400,
            disputes: 1500,
            fees: 330,
            kept: 700,
        };
        let other = Figures {
            payments: 1,
            gross: 100,
            refunds: 20,
            disputes: 5,
            fees: 3,
            kept: 40,
        };
        assert_eq!(day.net(), 5370);
        assert_eq!(
            day.plus(other),
            Figures {
                payments: 4,
                gross: 9700,
                refunds: 2420,
                disputes: 1505,
                fees: 333,
                kept: 740,
            }
        );
        assert_eq!(day.plus(other).net(), day.net() + other.net());
        assert!(!day.is_nothing() && Figures::default().is_nothing());
    }

    #[test]
    fn what_rounding_leaves_goes_to_the_dearest_and_of_two_to_the_first() {
        assert_eq!(shares(-700, &[0, 0]), [-700, 0]);
        assert_eq!(shares(100, &[1, 1, 1]), [34, 33, 33]);
        assert_eq!(shares(100, &[1, 3, 3]), [14, 44, 42]);
        assert_eq!(shares(-100, &[1, 1, 1]), [-34, -33, -33]);
    }

    proptest! {
        #[test]
        fn shares_add_up_and_are_as_large_as_their_prices(
            sum in -1_000_000_000_000_i64..1_000_000_000_000,
            prices in proptest::collection::vec(0_i64..1_000_000_000_000, 1..8),
        ) {
            let shares = shares(sum, &prices);
            prop_assert_eq!(shares.iter().sum::<i64>(), sum);
            prop_assert_eq!(shares.len(), prices.len());
            let all: i128 = prices.iter().map(|price| i128::from(*price)).sum();
            for (share, price) in shares.iter().zip(&prices) {
                if all > 0 {
                    let exact = i128::from(sum) * i128::from(*price) / all;
                    let off = (i128::from(*share) - exact).unsigned_abs();
                    prop_assert!(off <= prices.len() as u128, "{share} {exact}");
                }
            }
        }

        #[test]
        fn figures_add_up(parts in proptest::collection::vec((0_i64..100, 0_i64..1000, 0_i64..1000, -50_i64..50), 0..20)) {
            let all = parts.iter().map(|(payments, gross, refunds, fees)| Figures {
                payments: *payments, gross: *gross, refunds: *refunds, fees: *fees, ..Figures::default()
            });
            let nets: i64 = all.clone().map(|one| one.net()).sum();
            let together = all.fold(Figures::default(), Figures::plus);
            prop_assert_eq!(together.net(), nets);
        }
    }
}
