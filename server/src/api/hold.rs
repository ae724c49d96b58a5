//! Taking a slot while the client pays.

use serde::{Deserialize, Serialize};
use server_fn::codec::Json;
use server_fn_macro_default::server;

use super::{booking::Booking, error::ApiError, quote::Choice};

/// Takes a slot for the bearer's token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HoldRequest {
    /// What and when.
    pub choice: Choice,
    /// For whom.
    pub client: Client,
    /// The client takes the same again, on a page that need not know all that was typed: a telephone number or a note that is
    /// empty stays as it is with the bearer's booking.
    #[serde(default)]
    pub again: bool,
}

/// Who books.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Client {
    /// First and last name: 1 to 100 characters.
    pub name: String,
    /// Where the confirmation goes: 3 to 254 characters with an `@`.
    pub email: String,
    /// With country, `+43 …`: 5 to 30 characters, or empty.
    pub phone: String,
    /// A wish: at most 500 characters.
    pub note: String,
    /// The language of the mail, such as `de`.
    pub language: String,
}

/// Makes the bearer's booking hold exactly this choice.
///
/// The token is new, and made in the browser of 32 random bytes. Safe to send again: a running hold of the same choice is
/// answered as it stands; one of another choice is given up for this one; one that ended is taken again if the slot is free.
///
/// # Errors
/// `Invalid`: a field is not right; `SlotTaken`: somebody else has the time; `InProgress`: a payment is under way;
/// `AlreadyPaid`: the token's booking is booked.
#[server(name = HoldCall, prefix = "/api/v1", endpoint = "hold", input = Json, output = Json)]
pub async fn hold(request: HoldRequest) -> Result<Booking, ApiError> {
    crate::handlers::hold::hold(request).await
}
