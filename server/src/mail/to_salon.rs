//! What is written to the salon itself.

use domain::{
    currency::Currency,
    id::{AttemptId, BookingId, SalonSlug},
    money::Money,
    time::Moment,
};

use super::{
    post::{Written, post},
    sum, when,
};
use crate::{
    api::error::ApiError,
    app::App,
    office::disputes::why,
    store::{
        attempt,
        booking::{self, BookingRecord},
        dispute::{self as disputes, DisputeRecord},
        job::{News, Notice},
        payout,
        salon::{self, SalonRecord},
        unsent::TO_SALON,
    },
};

/// Writes to the salon about a payment. `id` is the job's.
///
/// # Errors
/// [`ApiError`] when it can't be written; the job is tried again.
pub async fn notify(
    app: &App,
    id: &str,
    slug: &SalonSlug,
    attempt: &AttemptId,
    notice: Notice,
) -> Result<(), ApiError> {
    let db = app.store.read();
    let (Some(salon), Some(attempt)) = (salon::find(db, slug).await?, attempt::find(db, attempt).await?)
    else {
        return Ok(());
    };
    let Some(record) = booking::find(db, &attempt.booking).await? else {
        return Ok(());
    };
    tracing::info!(booking = %record.id, ?notice, "a letter to the salon");
    if salon.email.is_empty() {
        return Ok(());
    }
    let zone = &salon.salon.time_zone;
    let visit = format!("visits/{}", record.id);
    let told = match notice {
        Notice::GivenBack => Told {
            subject: "A payment goes back",
            what: "A client's payment came after the time was lost, or a second time, or for a visit that was missed, or was not the \
                   sum that is asked for. It goes back to the client's card in full, and the client was told. Nothing is to be done."
                .to_owned(),
            sum: attempt.sum,
            page: visit,
        },
        Notice::RefundFailed => Told {
            subject: "A refund failed",
            what: "A refund did not reach the client: the bank sent it back, or Stripe refused it. The money is in your Stripe \
                   account. Please agree with the client on another way, such as a bank transfer."
                .to_owned(),
            sum: attempt.sum,
            page: visit,
        },
        Notice::FeeFailed => Told {
            subject: "A fee could not be charged",
            what: "A fee could not be charged: the card was declined, or could not be used any more. You can try again, ask the \
                   client to pay it, or do without it."
                .to_owned(),
            sum: attempt.sum,
            page: visit,
        },
        Notice::Dispute => {
            let Some(dispute) = disputes::to_answer(db, slug, &attempt.id).await? else {
                // Answered since, or settled: nothing is to be done.
                return Ok(());
            };
            of_dispute(&dispute, zone)
        }
    };
    let body = format!(
        "{}\n\n  {}\n  {}, {}\n\nBooking {}\n\n{}/office/{slug}/{}",
        told.what,
        sum(told.sum, false),
        record.client.name,
        when(record.start, zone, false),
        record.reference,
        app.public_url,
        told.page
    );
    let subject = format!("{} ({})", told.subject, record.reference);
    write(app, id, &salon, &record, subject, body).await
}

/// What a letter to the salon tells.
struct Told {
    subject: &'static str,
    what: String,
    sum: Money,
    /// The page of the back office where something can be done about it.
    page: String,
}

fn of_dispute(dispute: &DisputeRecord, zone: &str) -> Told {
    let by = match dispute.due_by {
        Some(due) => format!("by {}", when(Moment(due * 1000), zone, false)),
        None => "in time".to_owned(),
    };
    Told {
        subject: "A payment is disputed",
        what: format!(
            "A client's bank asks for a payment back: {}. Please answer {by}, at the address below: without an answer the money is lost.",
            why(&dispute.reason)
        ),
        sum: dispute.sum,
        page: format!("disputes/{}", dispute.id),
    }
}

/// Writes to the salon what a client did with a booking. `id` is the job's.
///
/// # Errors
/// [`ApiError`] when it can't be written; the job is tried again.
pub async fn tell(app: &App, id: &str, booking: &BookingId, news: News) -> Result<(), ApiError> {
    let db = app.store.read();
    let Some(record) = booking::find(db, booking).await? else {
        return Ok(());
    };
    let Some(salon) = salon::find(db, &record.salon).await? else {
        return Ok(());
    };
    if salon.email.is_empty() {
        return Ok(());
    }
    let zone = &salon.salon.time_zone;
    let client = &record.client.name;
    let (subject, what) = match news {
        News::Cancelled => (
            format!("{client} cancelled"),
            format!("{client} cancelled this booking. The time is free again."),
        ),
        News::Moved { from } => (
            format!("{client} moved a booking"),
            format!(
                "{client} moved this booking. It was on {}; that time is free again.",
                when(from, zone, false)
            ),
        ),
    };
    let lines = booking::lines(db, &record.id, record.quote.price.currency()).await?;
    let services: Vec<&str> = lines.iter().map(|line| line.name.as_str()).collect();
    let body = format!(
        "{what}\n\n  {}\n  {}\n\nBooking {}\n\n{}/office/{}/visits/{}",
        when(record.start, zone, false),
        services.join(", "),
        record.reference,
        app.public_url,
        record.salon,
        record.id
    );
    let subject = format!("{subject} ({})", record.reference);
    write(app, id, &salon, &record, subject, body).await
}

/// Writes to the salon that a payout did not reach its bank. `id` is the job's.
///
/// # Errors
/// [`ApiError`] when it can't be written; the job is tried again.
pub async fn payout_failed(app: &App, id: &str, slug: &SalonSlug, payout: &str) -> Result<(), ApiError> {
    let db = app.store.read();
    let (Some(salon), Some(payout)) = (
        salon::find(db, slug).await?,
        payout::find(db, slug, payout).await?,
    ) else {
        return Ok(());
    };
    if salon.email.is_empty() {
        return Ok(());
    }
    let currency = Currency::parse(&payout.currency).ok();
    let money = currency.and_then(|currency| Money::new(payout.amount.saturating_abs(), currency).ok());
    let body = format!(
        "Stripe could not pay this to your bank account. The money is still in your Stripe account. Please look at your bank \
         account's details at Stripe, under Settings › Business › Bank accounts: Stripe pays out again when they are right.\
         \n\n  {}\n\nPayout {}",
        money.map(|money| sum(money, false)).unwrap_or_default(),
        payout.id
    );
    let written = Written {
        id,
        reference: &payout.id,
        booking: None,
        letter: TO_SALON,
        to: &salon.email,
        name: &salon.salon.name,
        subject: "A payout to your bank failed".to_owned(),
        body,
    };
    post(app, &salon, written).await
}

async fn write(
    app: &App,
    id: &str,
    salon: &SalonRecord,
    about: &BookingRecord,
    subject: String,
    body: String,
) -> Result<(), ApiError> {
    let written = Written {
        id,
        reference: &about.reference,
        booking: Some(&about.id),
        letter: TO_SALON,
        to: &salon.email,
        name: &salon.salon.name,
        subject,
        body,
    };
    post(app, salon, written).await
}
