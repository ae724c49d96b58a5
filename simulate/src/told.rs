//! What clients were told: that they are booked, that they have paid. It was so, and what was booked stays.

use domain::money::Money;
use serde_json::Value;
use server::api::booking::{Booking, Payment, State};

use crate::{
    history::{Go, History, Wrong},
    salon::{is_paid, number},
};

impl History<'_> {
    /// A client is shown its booking, or its fee.
    pub fn shown(&mut self, number: usize, booking: &Booking) {
        if booking.state == State::Booked {
            self.told_booked.insert(booking.id.as_str().to_owned());
        }
        if let Payment::Paid { sum } = booking.payment
            && !self.took(booking.id.as_str(), sum)
        {
            let lie = format!(
                "client {number} was told that {sum} are paid for {}, and no charge took them",
                booking.id
            );
            self.lie.get_or_insert(lie);
        }
    }

    /// Nobody was told what was not so, and no booking that somebody was told of is gone.
    pub async fn told_the_truth(&mut self) -> Go {
        if let Some(lie) = self.lie.take() {
            return Err(Wrong::Broken(lie));
        }
        let gone: Vec<(String, String)> = self
            .rows("SELECT id, state FROM booking WHERE state NOT IN ('booked', 'cancelled')")
            .await?;
        let gone = gone.iter().find(|(id, _)| self.told_booked.contains(id));
        gone.map_or(Ok(()), |(id, state)| {
            Err(Wrong::Broken(format!(
                "somebody was told that {id} is booked, and it is {state}"
            )))
        })
    }

    fn took(&self, booking: &str, sum: Money) -> bool {
        self.sandbox.charges().iter().any(|charge| {
            is_paid(charge)
                && charge.pointer("/metadata/booking").and_then(Value::as_str) == Some(booking)
                && number(charge, "amount_captured") == sum.minor()
        })
    }
}
