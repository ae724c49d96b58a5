//! Paying, or booking without.

use domain::{decline::Decline, money::Money};
use serde::{Deserialize, Serialize};
use server_fn::codec::Json;
use server_fn_macro_default::server;

use super::{booking::Booking, error::ApiError};

/// Books the bearer's booking.
#[derive(Clone, Serialize, Deserialize)]
pub struct ConfirmRequest {
    /// How.
    pub pay: Pay,
    /// What the client agreed to, as [`super::booking::Booking::consent`] had it, if the box was ticked.
    #[serde(default)]
    pub consent: Option<Consent>,
}

/// A sentence by which a client lets the salon save the card for fees.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Consent {
    /// The sentence, in the client's language.
    pub text: String,
    /// Its version: grows when its meaning changes.
    pub version: u16,
}

/// How a client pays.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "how")]
pub enum Pay {
    /// Later, at the salon, where the terms allow it.
    AtSalon,
    /// Now, by card.
    Card {
        /// The sum that stood on the button. The server prices again, and refuses another sum.
        sum: Money,
        /// Stripe's `ctoken_…`, which stands for the card.
        confirmation_token: String,
    },
}

/// What became of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Confirmed {
    /// The booking as it is now.
    pub booking: Booking,
    /// What comes next.
    pub next: Next,
}

/// What comes next.
#[derive(Clone, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum Next {
    /// Nothing more comes: the booking says how it stands (booked; or still held, when nothing was begun).
    Done,
    /// Let the payer confirm with their bank (`stripe.handleNextAction`), then call `settle`.
    ConfirmWithBank {
        /// For Stripe.js alone. Never logged, never kept.
        client_secret: String,
    },
    /// The card was declined: nothing was charged. Another try is a new `confirm`.
    AnotherTry {
        /// What to tell the payer.
        decline: Decline,
    },
    /// Not known yet: ask `settle` again in a moment.
    Wait,
    /// The hold ended before the payment did; what was taken goes back.
    TooLate,
}

/// Pays and books, or books without payment.
///
/// Not to be sent again by itself: after a lost answer ask [`settle`].
///
/// # Errors
/// `NotYours`, `HoldEnded`, `PriceChanged`, `InProgress`, `AlreadyPaid`, `OpenedElsewhere`, `LinkExpired`, `PaymentDown`.
#[server(name = ConfirmCall, prefix = "/api/v1", endpoint = "confirm", input = Json, output = Json)]
pub async fn confirm(request: ConfirmRequest) -> Result<Confirmed, ApiError> {
    crate::handlers::confirm::confirm(request).await
}

/// Asks what became of the bearer's payment.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SettleRequest {}

/// Asks Stripe what became of the payment that is under way, if there is one, and says what comes next.
///
/// Safe to send again. After a reload it also gives the secret for a confirmation that the bank still waits for.
///
/// # Errors
/// `NotYours`, `OpenedElsewhere`.
#[server(name = SettleCall, prefix = "/api/v1", endpoint = "settle", input = Json, output = Json)]
pub async fn settle(request: SettleRequest) -> Result<Confirmed, ApiError> {
    crate::handlers::confirm::settle(request).await
}

/// Shows neither the token of the card nor the sum.
impl std::fmt::Debug for ConfirmRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.pay {
            Pay::AtSalon => "ConfirmRequest(at the salon)",
            Pay::Card { .. } => "ConfirmRequest(card …)",
        })
    }
}

/// Never shows the client secret.
impl std::fmt::Debug for Next {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Next::Done => f.write_str("Done"),
            Next::ConfirmWithBank { .. } => f.write_str("ConfirmWithBank(…)"),
            Next::AnotherTry { decline } => write!(f, "AnotherTry({decline:?})"),
            Next::Wait => f.write_str("Wait"),
            Next::TooLate => f.write_str("TooLate"),
        }
    }
}
