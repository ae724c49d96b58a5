//! What is written to a client whose money the salon gives back.

use domain::{id::RefundId, money::Money};

use super::{
    post::{Written, post},
    sum, when,
};
use crate::{
    api::{booking::Line, error::ApiError},
    app::App,
    messages,
    store::{
        attempt,
        booking::{self, BookingRecord},
        refund::{self, RefundRecord},
        salon::{self, SalonRecord},
    },
};

/// A refund, and what it is of.
#[derive(Debug)]
pub struct About {
    /// The refund.
    pub refund: RefundRecord,
    /// The booking whose payment it is of.
    pub record: BookingRecord,
    /// Its salon.
    pub salon: SalonRecord,
}

impl About {
    /// Reads it; `None` when there is no such refund.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn read(app: &App, of: &RefundId) -> Result<Option<About>, ApiError> {
        let db = app.store.read();
        let Some(refund) = refund::find(db, of).await? else {
            return Ok(None);
        };
        let Some(attempt) = attempt::find(db, &refund.attempt).await? else {
            return Ok(None);
        };
        let (Some(record), Some(salon)) = (
            booking::find(db, &attempt.booking).await?,
            salon::find(db, &attempt.salon).await?,
        ) else {
            return Ok(None);
        };
        Ok(Some(About {
            refund,
            record,
            salon,
        }))
    }
}

/// Writes to a client that a refund is on its way, or orders a short message where there is no address for a letter. `id` is the
/// job's.
///
/// # Errors
/// [`ApiError`] when it can't be written; the job is tried again.
pub async fn send(app: &App, id: &str, of: &RefundId) -> Result<(), ApiError> {
    let Some(about) = About::read(app, of).await? else {
        return Ok(());
    };
    let (refund, record, salon) = (&about.refund, &about.record, &about.salon);
    if record.client.email.is_empty() {
        return messages::refund::order(app, id, &about, of).await;
    }
    let lines = booking::lines(app.store.read(), &record.id, refund.sum.currency()).await?;
    let (subject, body) = compose(salon, record, &lines, refund.sum);
    tracing::info!(booking = %record.id, refund = %refund.id, "a letter about a refund");
    let written = Written {
        id,
        reference: &record.reference,
        booking: Some(&record.id),
        letter: messages::refund::KIND,
        to: &record.client.email,
        name: &record.client.name,
        subject,
        body,
    };
    post(app, salon, written).await
}

fn compose(salon: &SalonRecord, record: &BookingRecord, lines: &[Line], back: Money) -> (String, String) {
    let german = record.client.language.starts_with("de");
    let (public, reference, name) = (&salon.salon, &record.reference, &record.client.name);
    let (back, moment) = (sum(back, german), when(record.start, &public.time_zone, german));
    let shown: Vec<String> = lines
        .iter()
        .map(|line| format!("  {}  {}", line.name, sum(line.price, german)))
        .collect();
    let shown = shown.join("\n");
    let foot = format!("{}, {}, {}", public.name, public.address, public.phone);
    if german {
        return (
            format!("{back} gehen zurück: {} ({reference})", public.name),
            format!(
                "Guten Tag {name},\n\n{} erstattet Ihnen {back}. Der Betrag geht auf die Karte zurück, mit der Sie bezahlt haben; das \
                 dauert 5 bis 10 Tage. Es ging um:\n\n  {moment}\n{shown}\n\nBuchung {reference}\n{foot}",
                public.name
            ),
        );
    }
    (
        format!("{back} goes back: {} ({reference})", public.name),
        format!(
            "Hello {name},\n\n{} gives {back} back to you. It goes to the card that you paid with, which takes 5 to 10 days. It was \
             about:\n\n  {moment}\n{shown}\n\nBooking {reference}\n{foot}",
            public.name
        ),
    )
}
