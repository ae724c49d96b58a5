//! What cancelling costs, and until when it is free.

use serde::{Deserialize, Serialize};

use crate::{
    money::{Money, Percent},
    time::Moment,
};

/// What a salon keeps when a client cancels late.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fee {
    /// A part of the price.
    Percent(Percent),
    /// A fixed sum, never above the price. Nothing where the price is in another currency.
    Fixed(Money),
}

/// A fee for cancelling this many hours before the start, or later.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Tier {
    /// Hours before the start, at most 720; 0 for not coming at all.
    pub within_hours: u16,
    /// What it then costs.
    pub fee: Fee,
}

/// A salon's terms for cancelling. Without tiers cancelling is free at any time.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct CancellationTerms {
    tiers: Vec<Tier>,
}

/// The terms for one booking: free until a moment, then steps that cost more.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Explained {
    /// Until when cancelling is free; `None`: at any time.
    pub free_until: Option<Moment>,
    /// From when on it costs how much, earliest first; the first costs something.
    pub steps: Vec<Step>,
}

/// From this moment on cancelling costs this.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// When the step begins.
    pub from: Moment,
    /// What cancelling costs from then on.
    pub fee: Money,
}

impl CancellationTerms {
    /// At most this many tiers.
    pub const MOST_TIERS: usize = 6;

    /// Terms of these tiers, in any order; `None` for more than [`CancellationTerms::MOST_TIERS`], two tiers of the same
    /// hours, or more than 720 hours.
    #[must_use]
    pub fn new(mut tiers: Vec<Tier>) -> Option<CancellationTerms> {
        tiers.sort_by_key(|tier| std::cmp::Reverse(tier.within_hours));
        let twice = tiers.windows(2).any(|pair| match pair {
            [a, b] => a.within_hours == b.within_hours,
            _ => false,
        });
        let fits = tiers.len() <= Self::MOST_TIERS && tiers.iter().all(|t| t.within_hours <= 720) && !twice;
        fits.then_some(CancellationTerms { tiers })
    }

    /// The tiers, most hours first.
    #[must_use]
    pub fn tiers(&self) -> &[Tier] {
        &self.tiers
    }

    /// The terms for a booking of this price that starts then.
    ///
    /// ```
    /// use domain::{cancellation::*, currency::Currency, money::{Money, Percent}, time::Moment};
    /// let half = Tier { within_hours: 24, fee: Fee::Percent(Percent::parse(50).unwrap()) };
    /// let terms = CancellationTerms::new(vec![half]).unwrap();
    /// let price = Money::new(9000, Currency::EUR).unwrap();
    /// let start = Moment(100 * 3_600_000);
    /// let explained = terms.explain(start, price);
    /// assert_eq!(explained.free_until, Some(Moment(76 * 3_600_000)));
    /// assert_eq!(explained.steps[0].fee.minor(), 4500);
    /// ```
    #[must_use]
    pub fn explain(&self, start: Moment, price: Money) -> Explained {
        let steps: Vec<Step> = self
            .tiers
            .iter()
            .map(|tier| Step {
                from: start.plus_minutes(-60 * i64::from(tier.within_hours)),
                fee: tier.fee.of(price),
            })
            // A step that costs nothing matters only where it ends one that does.
            .skip_while(|step| step.fee.is_zero())
            .collect();
        Explained {
            free_until: steps.first().map(|step| step.from),
            steps,
        }
    }
}

impl Fee {
    /// The fee for a booking of this price: never above it.
    #[must_use]
    pub fn of(&self, price: Money) -> Money {
        match self {
            Fee::Percent(percent) => price.percent(*percent),
            Fee::Fixed(sum) if sum.currency() != price.currency() => Money::zero(price.currency()),
            Fee::Fixed(sum) if sum.minor() < price.minor() => *sum,
            Fee::Fixed(_) => price,
        }
    }
}

impl Explained {
    /// The steps that matter at a moment: the one that holds then, if any does, and those to come.
    ///
    /// ```
    /// use domain::{cancellation::{Explained, Step}, currency::Currency, money::Money, time::Moment};
    /// let step = |from, fee| Step { from: Moment(from), fee: Money::new(fee, Currency::EUR).unwrap() };
    /// let terms = Explained { free_until: Some(Moment(10)), steps: vec![step(10, 50), step(20, 100)] };
    /// assert_eq!(terms.from(Moment(9)), [step(10, 50), step(20, 100)]);
    /// assert_eq!(terms.from(Moment(10)), [step(10, 50), step(20, 100)]);
    /// assert_eq!(terms.from(Moment(20)), [step(20, 100)]);
    /// ```
    #[must_use]
    pub fn from(&self, now: Moment) -> &[Step] {
        let holds = self.steps.iter().rposition(|step| step.from <= now);
        self.steps.get(holds.unwrap_or_default()..).unwrap_or_default()
    }

    /// What cancelling costs at this moment.
    #[must_use]
    pub fn fee_at(&self, now: Moment, price: Money) -> Money {
        self.steps
            .iter()
            .rev()
            .find(|step| step.from <= now)
            .map_or(Money::zero(price.currency()), |step| step.fee)
    }
}

/// Terms as they come in, before [`CancellationTerms::new`] has looked at them.
#[derive(Deserialize)]
struct Unchecked {
    tiers: Vec<Tier>,
}

impl TryFrom<Unchecked> for CancellationTerms {
    type Error = &'static str;
    fn try_from(terms: Unchecked) -> Result<CancellationTerms, &'static str> {
        CancellationTerms::new(terms.tiers)
            .ok_or("at most 6 tiers of different hours, none of more than 720 hours")
    }
}
