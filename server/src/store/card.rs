//! Cards that were saved for fees, and what their holders agreed to.

use domain::{
    currency::Currency,
    id::{AttemptId, BookingId},
    money::Money,
    time::Moment,
};
use sqlx::{AnyConnection, AnyExecutor, FromRow};

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
    /// The most that may be charged by it; `None`: the sentence does not say it in a way that can be read.
    pub most: Option<Money>,
    /// Its language, such as `de`.
    pub language: String,
    /// When the box was ticked and sent.
    pub at: Moment,
}

/// Each column by its name: see `booking`.
macro_rules! select {
    ($where:literal) => {
        concat!(
            "SELECT c.attempt, c.customer, c.payment_method, c.consent_text, c.consent_version, c.consent_language, \
             c.consented, c.most, a.currency FROM saved_card c JOIN attempt a ON a.id = c.attempt WHERE ",
            $where
        )
    };
}

/// The card that is saved with this attempt.
///
/// # Errors
/// [`StoreError`].
pub async fn of_attempt(
    db: impl AnyExecutor<'_>,
    attempt: &AttemptId,
) -> Result<Option<CardRecord>, StoreError> {
    let row: Option<Row> = sqlx::query_as(select!("c.attempt = $1"))
        .bind(attempt.as_str())
        .fetch_optional(db)
        .await?;
    row.map(Row::read).transpose()
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
    let row: Option<Row> = sqlx::query_as(select!(
        "a.booking = $1 AND a.purpose = 'booking' AND a.state = 'succeeded' \
         AND a.mode = (SELECT s.mode FROM salon s WHERE s.slug = a.salon) ORDER BY c.consented LIMIT 1"
    ))
    .bind(booking.as_str())
    .fetch_optional(db)
    .await?;
    row.map(Row::read).transpose()
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
        "INSERT INTO saved_card (attempt, consent_text, consent_version, consent_language, consented, most) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(attempt.as_str())
    .bind(&consent.text)
    .bind(i64::from(consent.version))
    .bind(&consent.language)
    .bind(consent.at.0)
    .bind(consent.most.map(|most| most.minor()))
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

/// The sum at the end of the sentence, as this server has always written it: `… at most EUR 95.00.`, `… höchstens 95,00 EUR.`
fn named_in(text: &str, currency: Currency) -> Option<Money> {
    let most = [" at most ", " höchstens "];
    let (_, sum) = most.iter().find_map(|words| text.rsplit_once(words))?;
    let most = Money::read(sum.strip_suffix('.')?, currency).ok()?;
    (sum.contains(currency.code()) && !most.is_zero()).then_some(most)
}

#[derive(FromRow)]
struct Row {
    attempt: String,
    customer: Option<String>,
    payment_method: Option<String>,
    consent_text: String,
    consent_version: i64,
    consent_language: String,
    consented: i64,
    most: Option<i64>,
    currency: String,
}

impl Row {
    fn read(self) -> Result<CardRecord, StoreError> {
        let currency = Currency::parse(&self.currency).map_err(StoreError::damaged)?;
        let kept = self.most.map(|most| Money::new(most, currency)).transpose();
        let kept = kept.map_err(StoreError::damaged)?;
        Ok(CardRecord {
            attempt: AttemptId::parse(&self.attempt).map_err(StoreError::damaged)?,
            customer: self.customer,
            payment_method: self.payment_method,
            consent: Consent {
                most: kept.or_else(|| named_in(&self.consent_text, currency)),
                text: self.consent_text,
                version: u16::try_from(self.consent_version).map_err(StoreError::damaged)?,
                language: self.consent_language,
                at: Moment(self.consented),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_of_an_old_sentence_is_read_or_none() {
        let jpy = Currency::parse("JPY").unwrap();
        for (text, currency, minor) in [
            (
                "I agree that At most Hair charges it: at most EUR 95.00.",
                Currency::EUR,
                Some(9500),
            ),
            (
                "Ich bin einverstanden: höchstens 95,00 EUR.",
                Currency::EUR,
                Some(9500),
            ),
            ("I agree: at most JPY 4500.", jpy, Some(4500)),
            ("I agree: at most EUR 95.00 or so.", Currency::EUR, None),
            ("I agree: at most 95.00.", Currency::EUR, None),
            ("I agree: at most EUR 0.00.", Currency::EUR, None),
            ("I agree.", Currency::EUR, None),
        ] {
            let read = named_in(text, currency).map(|most| most.minor());
            assert_eq!(read, minor, "{text}");
        }
    }
}
