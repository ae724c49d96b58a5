//! Cards that were saved for fees, and what their holders agreed to.

use domain::{
    id::{AttemptId, BookingId},
    time::Moment,
};
use sqlx::{AnyConnection, AnyExecutor};

use super::StoreError;

/// A card that is saved with an attempt.
#[derive(Clone, Debug)]
pub struct CardRecord {
    /// The attempt that pays with it first.
    pub attempt: AttemptId,
    /// Stripe's `cus_…`, once known.
    pub customer: Option<String>,
    /// Stripe's `pm_…`, once known.
    pub payment_method: Option<String>,
    /// What its holder agreed to.
    pub consent: Consent,
}

/// What a client agreed to, as it stood there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Consent {
    /// The sentence.
    pub text: String,
    /// Its version.
    pub version: u16,
    /// Its language, such as `de`.
    pub language: String,
    /// When the box was ticked and sent.
    pub at: Moment,
}

type Row = (String, Option<String>, Option<String>, String, i64, String, i64);

/// The card that is saved with this attempt.
///
/// # Errors
/// [`StoreError`].
pub async fn of_attempt(
    db: impl AnyExecutor<'_>,
    attempt: &AttemptId,
) -> Result<Option<CardRecord>, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT attempt, customer, payment_method, consent_text, consent_version, consent_language, consented \
         FROM saved_card WHERE attempt = $1",
    )
    .bind(attempt.as_str())
    .fetch_optional(db)
    .await?;
    row.map(read).transpose()
}

/// The card that a booking's client agreed to have charged for fees: of the attempt that took money, in the mode of the salon's
/// present keys.
///
/// # Errors
/// [`StoreError`].
pub async fn of_booking(
    db: impl AnyExecutor<'_>,
    booking: &BookingId,
) -> Result<Option<CardRecord>, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT c.attempt, c.customer, c.payment_method, c.consent_text, c.consent_version, c.consent_language, c.consented \
         FROM saved_card c JOIN attempt a ON a.id = c.attempt JOIN salon s ON s.slug = a.salon AND s.mode = a.mode \
         WHERE a.booking = $1 AND a.purpose = 'booking' AND a.state = 'succeeded' ORDER BY c.consented LIMIT 1",
    )
    .bind(booking.as_str())
    .fetch_optional(db)
    .await?;
    row.map(read).transpose()
}

/// Writes down what a client agreed to, with the attempt and before Stripe hears of it.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(
    db: &mut AnyConnection,
    attempt: &AttemptId,
    consent: &Consent,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO saved_card (attempt, consent_text, consent_version, consent_language, consented) \
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(attempt.as_str())
    .bind(&consent.text)
    .bind(i64::from(consent.version))
    .bind(&consent.language)
    .bind(consent.at.0)
    .execute(db)
    .await?;
    Ok(())
}

/// Notes what Stripe calls the customer and the card; what is known stays as it is.
///
/// # Errors
/// [`StoreError`].
pub async fn note(
    db: &mut AnyConnection,
    attempt: &AttemptId,
    customer: &str,
    payment_method: Option<&str>,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE saved_card SET customer = COALESCE(customer, $2), payment_method = COALESCE(payment_method, $3) \
         WHERE attempt = $1",
    )
    .bind(attempt.as_str())
    .bind(customer)
    .bind(payment_method)
    .execute(db)
    .await?;
    Ok(())
}

fn read(row: Row) -> Result<CardRecord, StoreError> {
    let (attempt, customer, payment_method, text, version, language, at) = row;
    Ok(CardRecord {
        attempt: AttemptId::parse(&attempt).map_err(StoreError::damaged)?,
        customer,
        payment_method,
        consent: Consent {
            text,
            version: u16::try_from(version).map_err(StoreError::damaged)?,
            language,
            at: Moment(at),
        },
    })
}
