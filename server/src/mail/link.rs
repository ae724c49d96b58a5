//! The link of a visit, as a letter or a message tells of it: what is to be paid, and by when.

use domain::{
    money::Money,
    payment::BookingState,
    terms::{Offer, Quote},
    time::Moment,
};

use super::{sum, when};
use crate::{
    api::{
        booking::{Booking, Payment},
        error::ApiError,
    },
    app::App,
    handlers::visit,
    store::{
        booking::BookingRecord,
        link::{self, Shown},
    },
};

/// A link that works.
#[derive(Clone, Debug)]
pub struct OpenLink {
    /// Its address.
    pub address: String,
    /// What is asked for by it.
    pub asked: Asked,
}

/// What is asked for by a link, and by when.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What is to be paid.
    pub due: Money,
    /// By when, if there is an end to it.
    pub by: Option<Moment>,
    /// Whether the visit is called off if nobody pays; else the link just ends.
    pub calls_off: bool,
}

impl OpenLink {
    /// The link by which a visit can be paid now, if there is one.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn of(app: &App, record: &BookingRecord, view: &Booking) -> Result<Option<OpenLink>, ApiError> {
        let found = link::of_booking(app.store.read(), &record.id).await?;
        let works = found.filter(|link| link.expires.is_none_or(|until| until > app.now()));
        let unpaid = record.state == BookingState::Booked && !matches!(view.payment, Payment::Paid { .. });
        let Some(link) = works.filter(|_| unpaid) else {
            return Ok(None);
        };
        let address = link
            .sealed
            .as_deref()
            .and_then(|sealed| visit::address(app, &record.id, sealed));
        Ok(address.map(|address| OpenLink {
            address,
            asked: Asked::by(&view.quote, &link),
        }))
    }
}

impl Asked {
    /// What is asked for by a link that is for this.
    #[must_use]
    pub fn by(quote: &Quote, link: &Shown) -> Asked {
        Asked {
            due: due(quote),
            by: link.cancel_at.into_iter().chain(link.expires).min(),
            calls_off: link.cancel_at.is_some(),
        }
    }

    /// `Please pay EUR 20.00 by Tue 15 Dec 2026, 15:00 (Europe/Vienna), else the visit is called off.`
    #[must_use]
    pub fn sentence(&self, zone: &str, german: bool) -> String {
        let due = sum(self.due, german);
        let by = self.by.map(|by| when(by, zone, german));
        match (by, self.calls_off, german) {
            (None, _, false) => format!("Please pay {due}."),
            (None, _, true) => format!("Bitte zahlen Sie {due}."),
            (Some(by), true, false) => format!("Please pay {due} by {by}, else the visit is called off."),
            (Some(by), true, true) => {
                format!("Bitte zahlen Sie {due} bis {by}, sonst wird der Termin abgesagt.")
            }
            (Some(by), false, false) => format!("Please pay {due} by {by}: the link works until then."),
            (Some(by), false, true) => format!("Bitte zahlen Sie {due} bis {by}: so lange gilt der Link."),
        }
    }
}

fn due(quote: &Quote) -> Money {
    match quote.offer {
        Offer::Must(due) | Offer::Choice(due) => due.now,
        Offer::AtSalon => quote.price,
    }
}
