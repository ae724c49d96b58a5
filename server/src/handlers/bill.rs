//! What is paid by a link: the visit, what is left to pay of it, or the fee for having cancelled or missed it.

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
    payments::rest,
    store::{
        StoreError,
        attempt::{self, AttemptRecord},
        booking::BookingRecord,
        fee::{self, Cause, FeeRecord},
        link, missed,
    },
};

/// What a page pays.
#[derive(Clone, Debug)]
pub enum Bill {
    /// The booking itself.
    Visit,
    /// What is left to pay of it.
    Rest(Rest),
    /// The fee for having cancelled or missed it.
    Fee(FeeRecord),
}

/// What is left to pay of a visit.
#[derive(Clone, Copy, Debug)]
pub struct Rest {
    /// The sum.
    pub sum: Money,
    /// Whether it is paid by now.
    pub is_paid: bool,
}

/// What a page is about: of one that was opened by a link, what the link is about.
///
/// # Errors
/// [`ApiError`].
pub async fn of_page(app: &App, booking: &BookingRecord) -> Result<Bill, ApiError> {
    match booking.token_until {
        // A page of online booking: it is about the booking, whatever becomes of that.
        None => Ok(Bill::Visit),
        Some(_) => of_link(app, booking).await,
    }
}

/// What the link of a visit is about.
///
/// # Errors
/// [`ApiError`].
pub async fn of_link(app: &App, booking: &BookingRecord) -> Result<Bill, ApiError> {
    if !matches!(booking.state, BookingState::Booked | BookingState::Cancelled) {
        return Ok(Bill::Visit);
    }
    let fee = fee::of_booking(app.store.read(), &booking.id).await?;
    let fee =
        fee.filter(|fee| !fee.rest.is_zero() && (fee.state.is_payable() || fee.state == FeeState::Charged));
    if let Some(fee) = fee {
        return Ok(Bill::Fee(fee));
    }
    let rest = rest_by_link(app, booking).await?;
    Ok(rest.map_or(Bill::Visit, Bill::Rest))
}

async fn rest_by_link(app: &App, booking: &BookingRecord) -> Result<Option<Rest>, ApiError> {
    let db = app.store.read();
    let link = link::of_booking(db, &booking.id).await?;
    if booking.state != BookingState::Booked || !link.is_some_and(|link| link.rest) {
        return Ok(None);
    }
    let first = attempt::of_booking(db, &booking.id).await?;
    let Some(sum) = rest::left(booking, &first).map_err(StoreError::damaged)? else {
        return Ok(None);
    };
    let attempts = attempt::of_purpose(db, &booking.id, Purpose::Rest).await?;
    let is_paid = attempts.iter().any(AttemptRecord::pays);
    // Who did not come owes a fee, or nothing.
    if !is_paid && missed::at(db, &booking.id).await?.is_some() {
        return Ok(None);
    }
    Ok(Some(Rest { sum, is_paid }))
}

impl Bill {
    /// What an attempt to pay it is for.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        match self {
            Bill::Visit => Purpose::Booking,
            Bill::Rest(_) => Purpose::Rest,
            Bill::Fee(_) => Purpose::Fee,
        }
    }

    /// Whether this sum pays it.
    #[must_use]
    pub fn accepts(&self, booking: &BookingRecord, sum: Money) -> bool {
        match self {
            Bill::Visit => booking.quote.accepts(sum),
            Bill::Rest(rest) => rest.sum == sum,
            Bill::Fee(fee) => fee.rest == sum,
        }
    }
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

/// The price of a fee or a rest.
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
    line_of(name, fee.rest)
}

/// The one line of what is left to pay.
#[must_use]
pub fn line_of_rest(rest: Rest, language: &str) -> Line {
    let name = if language.starts_with("de") {
        "Rest für Ihren Besuch"
    } else {
        "What is left to pay for your visit"
    };
    line_of(name, rest.sum)
}

fn line_of(name: &str, price: Money) -> Line {
    Line {
        name: name.to_owned(),
        minutes: 0,
        price,
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
