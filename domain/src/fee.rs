//! Fees for cancelling late and for not coming: what becomes of the money, and where a fee stands.
//!
//! A fee is taken from what was paid before; what of it that does not cover is charged to the card that the client agreed to
//! have saved for it. Where there is no such card only the client can pay it, by a link.

use serde::{Deserialize, Serialize};

use crate::{
    decline::Decline,
    money::{Chargeable, Money, MoneyError},
    payment::AttemptState,
};

/// What becomes of the money when a booking is cancelled or missed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Parts {
    /// The fee.
    pub fee: Money,
    /// What of it stays with the salon of what was paid.
    pub kept: Money,
    /// What of the payment goes back.
    pub refund: Money,
    /// What of the fee the payment does not cover.
    pub rest: Money,
    /// Who can pay that.
    pub way: Way,
}

/// How the rest of a fee can be paid.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// There is none.
    Nothing,
    /// With the saved card.
    Card,
    /// By the client alone: no card was saved.
    Client,
    /// Not at all: it is a sum that no card can be charged.
    NotByCard,
}

/// Where a fee stands.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeeState {
    /// The salon is asked whether it wants it. What of the payment covers it is not given back until then.
    Asked,
    /// The salon does without; what was kept for it goes back.
    Waived,
    /// Taken from the payment; nothing more is to come.
    Kept,
    /// The rest is being charged.
    Charging,
    /// All of it was taken.
    Charged,
    /// The client is asked to pay the rest, by a link.
    NeedsClient,
    /// The card was declined: the salon decides.
    Failed,
}

/// Divides a fee: from `paid` (what was paid online and not given back) first, then from the card, if one is saved.
///
/// ```
/// use domain::{currency::Currency, fee::*, money::Money};
/// let eur = |minor| Money::new(minor, Currency::EUR).unwrap();
/// let parts = divide(eur(4800), eur(3000), true).unwrap();
/// assert_eq!((parts.kept, parts.refund, parts.rest, parts.way), (eur(3000), eur(0), eur(1800), Way::Card));
/// let parts = divide(eur(2400), eur(4800), false).unwrap();
/// assert_eq!((parts.kept, parts.refund, parts.way), (eur(2400), eur(2400), Way::Nothing));
/// ```
///
/// # Errors
/// [`MoneyError::Currencies`] for sums of two currencies.
pub fn divide(fee: Money, paid: Money, card: bool) -> Result<Parts, MoneyError> {
    let rest = fee.less(paid)?;
    let way = match rest.chargeable() {
        _ if rest.is_zero() => Way::Nothing,
        Chargeable::BelowMinimum(_) | Chargeable::AboveMaximum => Way::NotByCard,
        Chargeable::Yes if card => Way::Card,
        Chargeable::Yes => Way::Client,
    };
    Ok(Parts {
        fee,
        kept: fee.less(rest)?,
        refund: paid.less(fee)?,
        rest,
        way,
    })
}

/// What of a fee can be taken where the card may be charged `most` at most, by what its holder agreed to: that, besides what
/// was paid.
///
/// ```
/// use domain::{currency::Currency, fee::within, money::Money};
/// let eur = |minor| Money::new(minor, Currency::EUR).unwrap();
/// assert_eq!(within(eur(9500), eur(2850), eur(4750)).unwrap(), eur(7600));
/// assert_eq!(within(eur(4750), eur(2850), eur(4750)).unwrap(), eur(4750));
/// ```
///
/// # Errors
/// [`MoneyError`] for sums of two currencies, or beyond all measure.
pub fn within(fee: Money, paid: Money, most: Money) -> Result<Money, MoneyError> {
    let reach = paid.plus(most)?;
    fee.less(fee.less(reach)?)
}

impl Parts {
    /// Where a fee of these parts begins: `None` when there is nothing to take, or nothing that the salon could take by itself.
    #[must_use]
    pub fn begin(&self, ask_first: bool) -> Option<FeeState> {
        match self.way {
            _ if self.fee.is_zero() => None,
            Way::Nothing | Way::NotByCard if self.kept.is_zero() => None,
            _ if ask_first => Some(FeeState::Asked),
            Way::Card => Some(FeeState::Charging),
            Way::Nothing | Way::NotByCard | Way::Client if !self.kept.is_zero() => Some(FeeState::Kept),
            Way::Nothing | Way::NotByCard | Way::Client => None,
        }
    }
}

impl FeeState {
    /// The salon wants the fee. `None` when there is nothing to decide (any more).
    #[must_use]
    pub fn wanted(self, way: Way) -> Option<FeeState> {
        match (self, way) {
            (FeeState::Asked | FeeState::Failed | FeeState::NeedsClient, Way::Card) => {
                Some(FeeState::Charging)
            }
            (FeeState::Asked | FeeState::Failed, Way::Client) => Some(FeeState::NeedsClient),
            (FeeState::Asked, Way::Nothing | Way::NotByCard) => Some(FeeState::Kept),
            _ => None,
        }
    }

    /// The salon does without. `None` when it can't any more: it was charged (that is given back as any payment), or is waived
    /// already. While it is being charged it can: should that take the money, it goes back
    /// ([`advance_besides`](crate::payment::advance_besides)).
    #[must_use]
    pub fn waived(self) -> Option<FeeState> {
        match self {
            FeeState::Asked
            | FeeState::Kept
            | FeeState::Charging
            | FeeState::NeedsClient
            | FeeState::Failed => Some(FeeState::Waived),
            FeeState::Waived | FeeState::Charged => None,
        }
    }

    /// What follows from where the attempt to charge it stands. `by_client`: the client pays it by a link.
    ///
    /// ```
    /// use domain::{decline::Decline, fee::FeeState, payment::AttemptState};
    /// let bank_asks = FeeState::Charging.after(AttemptState::Declined, Some(Decline::Authenticate), false);
    /// assert_eq!(bank_asks, FeeState::NeedsClient);
    /// ```
    #[must_use]
    pub fn after(self, attempt: AttemptState, decline: Option<Decline>, by_client: bool) -> FeeState {
        if !matches!(
            self,
            FeeState::Charging | FeeState::NeedsClient | FeeState::Failed
        ) {
            return self;
        }
        match attempt {
            AttemptState::Created
            | AttemptState::Unknown
            | AttemptState::RequiresAction
            | AttemptState::Processing => FeeState::Charging,
            AttemptState::Succeeded => FeeState::Charged,
            AttemptState::Declined | AttemptState::Canceled
                if by_client || decline == Some(Decline::Authenticate) =>
            {
                FeeState::NeedsClient
            }
            AttemptState::Declined | AttemptState::Canceled => FeeState::Failed,
        }
    }

    /// Whether the client may pay it by a link.
    #[must_use]
    pub fn is_payable(self) -> bool {
        matches!(
            self,
            FeeState::NeedsClient | FeeState::Failed | FeeState::Charging
        )
    }
}
