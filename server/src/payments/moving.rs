//! Moving a booking to another time. Its payment stays what it is: the booking is the same one.

use domain::time::Moment;

use super::{mail, take_slot};
use crate::{
    api::{
        error::{ApiError, Code},
        quote::Choice,
    },
    app::App,
    handlers::{context::Context, quote::Chosen},
    store::{
        Write,
        booking::{self, BookingRecord},
        claim,
        job::Letter,
        salon::SalonRecord,
    },
};

/// Moves a booking that was made in the widget, in a transaction; `false` when somebody changed it since it was read: drop the
/// transaction.
///
/// # Errors
/// `SlotTaken` when the time is not free or not offered; `NotFound` when the salon does not do this any more.
pub async fn carry_out(
    write: &mut Write,
    app: &App,
    salon: &SalonRecord,
    booking: &BookingRecord,
    start: Moment,
) -> Result<bool, ApiError> {
    let Some(before) = &booking.choice else {
        return Err(ApiError::new(Code::Invalid, "The salon moves this visit itself."));
    };
    let choice = Choice {
        start,
        ..before.clone()
    };
    let context = Context {
        app: app.clone(),
        token: None,
        client: None,
    };
    let chosen = Chosen::of(&context, salon.clone(), &choice).await?;
    chosen.check_start(start, chosen.earliest(app.now()))?;
    let to = BookingRecord {
        start,
        // As long as it was booked for, whatever the service takes by now.
        end: start.plus_millis(booking.end.since(booking.start)),
        choice: Some(choice),
        ..booking.clone()
    };
    let currency = booking.quote.price.currency();
    let lines = booking::lines(&mut *write.conn(), &booking.id, currency).await?;
    if !booking::rewrite(write.conn(), &to, &lines).await? {
        return Ok(false);
    }
    claim::give_up(write.conn(), booking.id.as_str()).await?;
    if !take_slot(write, &to).await? {
        return Err(ApiError::new(
            Code::SlotTaken,
            "Somebody else has just taken this time. Choose another one.",
        ));
    }
    mail(write, &to, Letter::Moved, app.now()).await?;
    Ok(true)
}
