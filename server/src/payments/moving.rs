//! Moving a booking to another time. Its payment stays what it is: the booking is the same one.

use domain::{
    id::{EmployeeId, GroupDateId},
    time::Moment,
};

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

/// When, and with whom.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place {
    /// When it starts.
    pub start: Moment,
    /// Who does it.
    pub employee: EmployeeId,
    /// The date of a group event.
    pub date: Option<GroupDateId>,
}

impl Place {
    /// Where a booking is now.
    #[must_use]
    pub fn of(booking: &BookingRecord) -> Place {
        Place {
            start: booking.start,
            employee: booking.employee.clone(),
            date: booking.group_date.clone(),
        }
    }
}

/// Moves a booking that was made in the widget to a time that is offered online, in a transaction; `false` when somebody changed
/// it since it was read: drop the transaction.
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
    let place = Place {
        start,
        ..Place::of(booking)
    };
    put(write, booking, place, app.now()).await
}

/// Moves a booking as the salon wishes, in a transaction, and tells the client; `false` when somebody changed it since it was
/// read: drop the transaction.
///
/// # Errors
/// `SlotTaken` when the time or the seat is not free.
pub async fn put(
    write: &mut Write,
    booking: &BookingRecord,
    place: Place,
    now: Moment,
) -> Result<bool, ApiError> {
    let choice = booking.choice.clone().map(|before| Choice {
        start: place.start,
        employee: place.employee.clone(),
        date: place.date.clone(),
        ..before
    });
    let to = BookingRecord {
        start: place.start,
        // As long as it was booked for, whatever the service takes by now.
        end: place.start.plus_millis(booking.end.since(booking.start)),
        employee: place.employee,
        group_date: place.date,
        choice,
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
    mail(write, &to, Letter::Moved, now).await?;
    Ok(true)
}
