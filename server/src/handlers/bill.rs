//! What is paid by a link: the visit, or the fee for having cancelled or missed it.

use domain::{
    cancellation::Explained,
    fee::FeeState,
    money::Money,
    payment::{BookingState, Purpose},
    terms::{Due, Offer, Quote},
};

use crate::{
    api::{booking::Line, error::ApiError},
    app::App,
    store::{
        booking::BookingRecord,
        fee::{self, Cause, FeeRecord},
    },
};

/// The fee that a page which was opened by a link is about, if it is not the visit.
///
/// # Errors
/// [`ApiError`].
pub async fn of_page(app: &App, booking: &BookingRecord) -> Result<Option<FeeRecord>, ApiError> {
    match booking.token_until {
        // A page of online booking: it is about the booking, whatever becomes of that.
        None => Ok(None),
        Some(_) => of_link(app, booking).await,
    }
}

/// The fee that the link of a visit is about, if it is not the visit.
///
/// # Errors
/// [`ApiError`].
pub async fn of_link(app: &App, booking: &BookingRecord) -> Result<Option<FeeRecord>, ApiError> {
    if !matches!(booking.state, BookingState::Booked | BookingState::Cancelled) {
        return Ok(None);
    }
    let fee = fee::of_booking(app.store.read(), &booking.id).await?;
    Ok(fee.filter(|fee| !fee.rest.is_zero() && (fee.state.is_payable() || fee.state == FeeState::Charged)))
}

/// What of the two a page pays.
#[must_use]
pub fn purpose(fee: Option<&FeeRecord>) -> Purpose {
    fee.map_or(Purpose::Booking, |_| Purpose::Fee)
}

/// The booking as its payer sees it: with the fee in the place of its price. For showing only: never to be written.
#[must_use]
pub fn shown(booking: BookingRecord, fee: &FeeRecord) -> BookingRecord {
    BookingRecord {
        state: BookingState::Booked,
        choice: None,
        quote: quote(fee.rest),
        ..booking
    }
}

/// The price of a fee.
#[must_use]
pub fn quote(sum: Money) -> Quote {
    Quote {
        price: sum,
        from: false,
        offer: Offer::Must(Due { now: sum, all: None }),
        reasons: vec![],
        tip: None,
    }
}

/// The one line of a fee.
#[must_use]
pub fn line(fee: &FeeRecord, language: &str) -> Line {
    let name = match (fee.cause, language.starts_with("de")) {
        (Cause::Cancelled, false) => "Fee for cancelling late",
        (Cause::Cancelled, true) => "Gebühr für die späte Absage",
        (Cause::Missed, false) => "Fee for not coming",
        (Cause::Missed, true) => "Gebühr für das Nichterscheinen",
    };
    Line {
        name: name.to_owned(),
        minutes: 0,
        price: fee.rest,
        from: false,
    }
}

/// A fee can't be cancelled: there are no terms for that.
#[must_use]
pub fn no_terms() -> Explained {
    Explained {
        free_until: None,
        steps: vec![],
    }
}
