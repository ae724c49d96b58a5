//! Disputes: a client's bank asks for the money back.

use serde::{Deserialize, Serialize};

/// Where a dispute stands, in Stripe's words ("Dispute object", `status`).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeState {
    /// An inquiry, to be answered. No money has moved.
    WarningNeedsResponse,
    /// An inquiry, answered.
    WarningUnderReview,
    /// An inquiry that came to nothing.
    WarningClosed,
    /// To be answered; the money is withdrawn.
    NeedsResponse,
    /// Answered.
    UnderReview,
    /// Settled before it became one.
    Prevented,
    /// The salon keeps the money.
    Won,
    /// The client keeps the money.
    Lost,
    /// Lost, and may be appealed.
    AppealNeedsResponse,
    /// Appealed.
    AppealUnderReview,
}

/// When and how a dispute was seen: of two, the later one is true.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sighting {
    /// What it said.
    pub state: DisputeState,
    /// When Stripe said so, in seconds since 1970: an event's `created`, or the time of a question.
    pub at: i64,
}

impl DisputeState {
    /// Reads Stripe's `status`; `None` for a word that is not known here.
    #[must_use]
    pub fn of_stripe(status: &str) -> Option<DisputeState> {
        Some(match status {
            "warning_needs_response" => DisputeState::WarningNeedsResponse,
            "warning_under_review" => DisputeState::WarningUnderReview,
            "warning_closed" => DisputeState::WarningClosed,
            "needs_response" => DisputeState::NeedsResponse,
            "under_review" => DisputeState::UnderReview,
            "prevented" => DisputeState::Prevented,
            "won" => DisputeState::Won,
            "lost" => DisputeState::Lost,
            "appeal_needs_response" => DisputeState::AppealNeedsResponse,
            "appeal_under_review" => DisputeState::AppealUnderReview,
            _ => return None,
        })
    }

    /// Whether somebody must answer by the deadline.
    #[must_use]
    pub fn wants_answer(self) -> bool {
        matches!(
            self,
            DisputeState::WarningNeedsResponse
                | DisputeState::NeedsResponse
                | DisputeState::AppealNeedsResponse
        )
    }

    /// Whether nothing more will come of it, as far as is known.
    #[must_use]
    pub fn is_closed(self) -> bool {
        matches!(
            self,
            DisputeState::WarningClosed | DisputeState::Prevented | DisputeState::Won | DisputeState::Lost
        )
    }

    /// How far along, for two sightings of the same second.
    fn rank(self) -> u8 {
        match self {
            DisputeState::WarningNeedsResponse => 0,
            DisputeState::WarningUnderReview => 1,
            DisputeState::WarningClosed => 2,
            DisputeState::NeedsResponse => 3,
            DisputeState::UnderReview => 4,
            DisputeState::AppealNeedsResponse => 5,
            DisputeState::AppealUnderReview => 6,
            DisputeState::Prevented | DisputeState::Won | DisputeState::Lost => 7,
        }
    }
}

/// Which of two sightings holds: the later one; of the same second the one further along. A dispute may be taken up again
/// after it was lost, so that its state alone can't tell.
///
/// ```
/// use domain::dispute::{DisputeState, Sighting, later};
/// let created = Sighting { state: DisputeState::NeedsResponse, at: 100 };
/// let closed = Sighting { state: DisputeState::Won, at: 900 };
/// // The order in which they arrive does not matter.
/// assert_eq!(later(created, closed), closed);
/// assert_eq!(later(closed, created), closed);
/// ```
#[must_use]
pub fn later(known: Sighting, seen: Sighting) -> Sighting {
    if (seen.at, seen.state.rank()) > (known.at, known.state.rank()) {
        seen
    } else {
        known
    }
}
