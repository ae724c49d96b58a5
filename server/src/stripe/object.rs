//! Pieces that several of Stripe's objects have.

use domain::decline::Decline;
use serde::Deserialize;

/// Why the last try failed.
#[derive(Clone, Debug, Deserialize)]
pub struct LastError {
    code: Option<String>,
    decline_code: Option<String>,
}

/// An object, or its id where it is not expanded.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Reference {
    /// Not expanded.
    Id(String),
    /// Expanded.
    Object {
        /// Its id.
        id: String,
    },
}

impl LastError {
    /// What it means for the payer.
    #[must_use]
    pub fn decline(&self) -> Decline {
        Decline::of(self.code.as_deref(), self.decline_code.as_deref())
    }
}

impl Reference {
    /// The id.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Reference::Id(id) | Reference::Object { id } => id,
        }
    }
}
