//! Bookings that are moved to another time, by their clients or by the salon.

use domain::{id::BookingId, payment::BookingState};
use server::{
    api::{
        error::{ApiError, Code},
        quote::Choice,
    },
    app::App,
    payments::moving::{self, Place},
    store::{booking, missed, salon},
};

use crate::history::{End, Go, History};

impl History<'_> {
    /// A booking is moved to one of the times that clients go for.
    pub async fn moves(&mut self) -> Go {
        let times: Vec<&Choice> = self
            .place
            .choices
            .iter()
            .filter(|choice| choice.date.is_none())
            .collect();
        let number = self.dice.below(times.len());
        let Some(to) = times.get(number).map(|choice| (*choice).clone()) else {
            return Ok(());
        };
        let online = self.dice.chance(50);
        let by = if online { "its client" } else { "the salon" };
        self.about_a_booking(&format!("is moved to time {number} by {by}"), move |app, id| {
            Box::pin(async move {
                // A failure leaves everything as it was, and who did it sees that.
                let _ = put(&app, &id, to, online).await;
                End::Worked
            })
        })
        .await
    }
}

/// Moves a booking, as its page and the back office do.
async fn put(app: &App, id: &BookingId, to: Choice, online: bool) -> Result<(), ApiError> {
    let db = app.store.read();
    let Some(found) = booking::find(db, id).await? else {
        return Ok(());
    };
    let Some(salon) = salon::find(db, &found.salon).await? else {
        return Ok(());
    };
    let missed = missed::at(db, id).await?.is_some();
    if missed || found.state != BookingState::Booked || found.group_date.is_some() {
        return Err(ApiError::new(Code::Invalid, "not to be moved"));
    }
    let mut write = app.store.write().await?;
    let done = if online {
        moving::carry_out(&mut write, app, &salon, &found, to.start).await?
    } else {
        let place = Place {
            start: to.start,
            employee: to.employee,
            date: None,
        };
        moving::put(&mut write, &found, place, app.now()).await?
    };
    if done {
        write.commit().await?;
    }
    Ok(())
}
