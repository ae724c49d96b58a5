//! What is left to pay of a visit after a part was paid.

use domain::money::{Chargeable, Money, MoneyError};

use crate::store::{attempt::AttemptRecord, booking::BookingRecord};

/// What a card can be charged after `first`, the attempts to pay the booking itself; `None` where none of them pays it, or
/// where nothing is left that a card can be charged.
///
/// What the salon gave back of the first payment is not asked for again.
///
/// # Errors
/// [`MoneyError`] for sums of two currencies.
pub fn left(booking: &BookingRecord, first: &[AttemptRecord]) -> Result<Option<Money>, MoneyError> {
    // The end of a price range is settled at the salon.
    let Some(paid) = first
        .iter()
        .find(|attempt| attempt.pays())
        .filter(|_| !booking.quote.from)
    else {
        return Ok(None);
    };
    let left = booking.quote.price.less(paid.sum)?;
    Ok(Some(left).filter(|left| left.chargeable() == Chargeable::Yes))
}
