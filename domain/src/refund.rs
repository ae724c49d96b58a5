//! A refund's life: made by us or in Stripe's dashboard, and able to fail long after it succeeded.

use serde::{Deserialize, Serialize};

/// Where a refund stands.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    /// Written down here, not known at Stripe yet. Its sum is set aside, so that nothing else gives it back too.
    Created,
    /// The client must say where the money goes.
    RequiresAction,
    /// On its way.
    Pending,
    /// Given back. It can still fail, up to 30 days later (Stripe: "Failed refunds").
    Succeeded,
    /// The bank sent it back, or Stripe refused it: the salon has the money again.
    Failed,
    /// Called off before it left: the salon has the money again.
    Canceled,
}

/// What a change of a refund moves on the salon's balance at Stripe.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Movement {
    /// Nothing.
    None,
    /// Its sum leaves.
    Out,
    /// Its sum comes back.
    Back,
    /// It left and came back before anybody looked.
    OutAndBack,
}

impl RefundState {
    /// Reads Stripe's `status`. `null`, which old accounts send, means that it succeeded; a word that is not known here is
    /// taken for `pending`, which is looked at again.
    #[must_use]
    pub fn of_stripe(status: Option<&str>) -> RefundState {
        match status {
            None | Some("succeeded") => RefundState::Succeeded,
            Some("requires_action") => RefundState::RequiresAction,
            Some("failed") => RefundState::Failed,
            Some("canceled") => RefundState::Canceled,
            Some(_) => RefundState::Pending,
        }
    }

    /// Whether its sum is gone from the salon's balance at Stripe.
    #[must_use]
    pub fn is_out(self) -> bool {
        matches!(
            self,
            RefundState::RequiresAction | RefundState::Pending | RefundState::Succeeded
        )
    }

    /// Whether it is known at Stripe and has come to nothing yet, neither good nor bad.
    #[must_use]
    pub fn waits(self) -> bool {
        matches!(self, RefundState::RequiresAction | RefundState::Pending)
    }

    /// Whether its sum is with the salon again, for good.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, RefundState::Failed | RefundState::Canceled)
    }

    fn rank(self) -> u8 {
        match self {
            RefundState::Created => 0,
            RefundState::RequiresAction => 1,
            RefundState::Pending => 2,
            RefundState::Succeeded => 3,
            RefundState::Failed | RefundState::Canceled => 4,
        }
    }
}

/// Moves a refund forward by what Stripe says of it, never backward: events come late, twice and in any order.
///
/// ```
/// use domain::refund::{Movement, RefundState, advance};
/// assert_eq!(advance(RefundState::Created, RefundState::Pending), (RefundState::Pending, Movement::Out));
/// // Weeks later the client's bank sends it back.
/// assert_eq!(advance(RefundState::Succeeded, RefundState::Failed), (RefundState::Failed, Movement::Back));
/// // An old event after that changes nothing.
/// assert_eq!(advance(RefundState::Failed, RefundState::Succeeded), (RefundState::Failed, Movement::None));
/// ```
#[must_use]
pub fn advance(now: RefundState, seen: RefundState) -> (RefundState, Movement) {
    if seen.rank() <= now.rank() {
        return (now, Movement::None);
    }
    let movement = match (now.is_out(), seen.is_out()) {
        (false, true) => Movement::Out,
        (true, false) => Movement::Back,
        (false, false) => Movement::OutAndBack,
        (true, true) => Movement::None,
    };
    (seen, movement)
}
