//! What the server writes into the widget's page, so that it needs no first call.
//!
//! The page holds it as `<script type="application/json" id="page-data">`, which no browser runs.

use serde::{Deserialize, Serialize};

use super::{
    booking::Booking,
    catalogue::{Catalogue, Salon},
};

/// The page's data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageData {
    /// What the page is for.
    pub view: View,
    /// How to reach Stripe; `None` while the salon takes no cards.
    pub stripe: Option<StripeSetup>,
    /// The origin of the page that embeds the widget may be one of these; empty: any.
    pub embedders: Vec<String>,
}

/// What a page is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
#[expect(clippy::large_enum_variant, reason = "there is one of them a page")]
pub enum View {
    /// Booking: `/book/<salon>`.
    Book {
        /// What the salon offers.
        catalogue: Catalogue,
    },
    /// Paying a visit: `/pay/<token>`.
    Visit {
        /// The salon.
        salon: Salon,
        /// The visit, as it stands. It is opened by `open_link`, not by looking at the page.
        booking: Booking,
    },
    /// A link that names nothing (any more).
    NoLink {
        /// Whether there was one, and its time is over.
        expired: bool,
        /// The salon, if it was one.
        salon: Option<Salon>,
    },
}

/// How to reach Stripe.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct StripeSetup {
    /// The salon's publishable key.
    pub key: String,
    /// The address of Stripe.js.
    pub js: String,
    /// Whether this is a test key: the page says so.
    pub test: bool,
}
