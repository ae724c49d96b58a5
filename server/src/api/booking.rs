//! A booking as its client sees it.

use domain::{
    cancellation::Explained,
    decline::Decline,
    id::{BookingId, SalonSlug},
    money::Money,
    terms::Quote,
    time::Moment,
};
use serde::{Deserialize, Serialize};
use server_fn::codec::Json;
use server_fn_macro_default::server;

use super::{confirm::Consent, error::ApiError, quote::Choice};

/// A booking, whatever became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Booking {
    /// Its id.
    pub id: BookingId,
    /// What people say on the phone: six letters and digits.
    pub reference: String,
    /// The salon.
    pub salon: SalonSlug,
    /// Its services and products.
    pub lines: Vec<Line>,
    /// Who does it.
    pub employee: String,
    /// When it starts.
    pub start: Moment,
    /// When it ends.
    pub end: Moment,
    /// The name it is booked under.
    pub client: String,
    /// Where the confirmation goes; empty when the salon knows none.
    pub email: String,
    /// What it costs, what is due now and why.
    pub quote: Quote,
    /// What cancelling costs, and until when it is free.
    pub cancellation: Explained,
    /// Where it stands.
    pub state: State,
    /// Where its payment stands.
    pub payment: Payment,
    /// What it was chosen from, to take the slot again; `None` for a visit the salon made.
    pub choice: Option<Choice>,
    /// The sentence beside the box that lets the salon save the card for fees; `None`: it saves none. Empty at first: nobody
    /// agrees by doing nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
    /// Whether a tip may be added (`tip`). What it is now is in the quote.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tips: bool,
    /// By when a visit is to be paid by its link, and what happens else; `None`: there is no end to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<String>,
    /// Where the client looks after the booking, once it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manage: Option<String>,
    /// The server's clock at this answer, for the countdown.
    pub now: Moment,
}

/// A service or product in a booking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// How long it takes, in minutes; 0 for a product.
    pub minutes: u16,
    /// Its price, or the lower end of its range.
    pub price: Money,
    /// Whether the price is the lower end of a range.
    pub from: bool,
}

/// Where a booking stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum State {
    /// The slot is held until then, by the server's clock.
    Held {
        /// When the hold ends.
        until: Moment,
    },
    /// It takes place.
    Booked,
    /// The hold ended without payment.
    Expired,
    /// Called off.
    Cancelled,
}

impl State {
    /// Whether it still has its time.
    #[must_use]
    pub fn stands(self) -> bool {
        matches!(self, State::Held { .. } | State::Booked)
    }
}

/// Where a booking's payment stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Payment {
    /// Nothing was tried yet, or what was tried ended without money.
    None,
    /// The last card was declined.
    Declined {
        /// What to do about it.
        decline: Decline,
    },
    /// The payer's bank waits for a confirmation: `settle` tells how to go on.
    WithBank,
    /// Under way: ask again in a moment.
    UnderWay,
    /// Paid online.
    Paid {
        /// The sum.
        sum: Money,
    },
    /// Paid, and given back. Where the booking stands ([`State::Booked`]) the salon gave it back; where it was called off
    /// ([`State::Cancelled`]) a part may have been kept; else there was nothing to keep it for.
    GivenBack {
        /// What went back, or is on its way.
        sum: Money,
    },
}

/// Asks for the booking of the bearer's token.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct StatusRequest {}

/// The booking of the bearer's token, from the server's own books: Stripe is not asked.
///
/// # Errors
/// `NotYours`: no such token; `OpenedElsewhere`: the visit link was opened again.
#[server(name = StatusCall, prefix = "/api/v1", endpoint = "status", input = Json, output = Json)]
pub async fn status(request: StatusRequest) -> Result<Booking, ApiError> {
    crate::handlers::status::status(request).await
}
