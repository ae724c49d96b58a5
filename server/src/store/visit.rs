//! Bookings as the salon's calendar shows them.

use domain::{
    currency::Currency,
    id::{BookingId, SalonSlug},
    money::Money,
    payment::BookingState,
    terms::{Offer, Quote},
    time::Moment,
};
use sqlx::{AnyPool, FromRow};

use super::{StoreError, from_json, from_name, sought};

/// A booking in the calendar.
#[derive(Clone, Debug)]
pub struct VisitRow {
    /// Its id.
    pub id: BookingId,
    /// Where it stands.
    pub state: BookingState,
    /// When it starts.
    pub start: Moment,
    /// When it ends.
    pub end: Moment,
    /// Who does it.
    pub employee: String,
    /// For whom.
    pub client: String,
    /// The first of its services or products.
    pub first: String,
    /// What it costs.
    pub price: Money,
    /// What of it must be paid online.
    pub due: Money,
    /// What was paid online, by payments that did not go back whole.
    pub paid: Money,
    /// What of that was given back; where nothing of it is left, all of it.
    pub given_back: Money,
    /// Whether somebody is paying at this moment.
    pub paying: bool,
}

// As `AttemptRecord::pays` has it.
macro_rules! pays {
    () => {
        "a.booking = b.id AND a.purpose = 'booking' AND a.state = 'succeeded' AND a.refunded < a.sum \
         AND NOT (a.mode = 'test' AND o.mode = 'live') \
         AND NOT EXISTS (SELECT 1 FROM refund r WHERE r.attempt = a.id AND r.reason = 'no_booking')"
    };
}

macro_rules! select {
    ($where:literal) => {
        concat!(
            "SELECT b.id, b.state, b.starts, b.ends, e.name, b.client_name, b.quote, \
             COALESCE((SELECT l.name FROM booking_line l WHERE l.booking = b.id AND l.position = 0), '') AS first, \
             CAST(COALESCE((SELECT SUM(a.sum) FROM attempt a WHERE ",
            pays!(),
            "), 0) AS BIGINT) AS paid, \
             CAST(COALESCE((SELECT SUM(a.refunded + a.reserved) FROM attempt a WHERE ",
            pays!(),
            "), (SELECT SUM(a.refunded) FROM attempt a WHERE a.booking = b.id AND a.state = 'succeeded' \
             AND a.purpose = 'booking' AND NOT (a.mode = 'test' AND o.mode = 'live')), 0) AS BIGINT) AS given_back, \
             (SELECT COUNT(*) FROM attempt a WHERE a.booking = b.id \
             AND a.state IN ('created', 'unknown', 'requires_action', 'processing')) AS paying \
             FROM booking b JOIN employee e ON e.id = b.employee JOIN salon o ON o.slug = b.salon WHERE ",
            $where
        )
    };
}

/// So many bookings are read at once.
pub const MOST: usize = 500;

/// A salon's bookings that start in this time, in order (at most [`MOST`]). Expired holds are left out.
///
/// # Errors
/// [`StoreError`].
pub async fn between(
    db: &AnyPool,
    salon: &SalonSlug,
    currency: Currency,
    from: Moment,
    to: Moment,
) -> Result<Vec<VisitRow>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(select!(
        "b.salon = $1 AND b.starts >= $2 AND b.starts < $3 AND b.state <> 'expired' ORDER BY b.starts, e.position LIMIT 500"
    ))
    .bind(salon.as_str())
    .bind(from.0)
    .bind(to.0)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|row| row.read(currency)).collect()
}

/// A salon's bookings of this reference, or whose client's name, e-mail address or telephone holds this, the latest first (at
/// most 30).
///
/// # Errors
/// [`StoreError`].
pub async fn search(
    db: &AnyPool,
    salon: &SalonSlug,
    currency: Currency,
    text: &str,
) -> Result<Vec<VisitRow>, StoreError> {
    let text: String = text
        .chars()
        .filter(|c| !matches!(c, '%' | '_' | '\\') && !c.is_control())
        .take(80)
        .collect();
    let text = text.trim();
    if text.is_empty() {
        return Ok(vec![]);
    }
    let rows: Vec<Row> = sqlx::query_as(select!(
        "b.salon = $1 AND (b.reference = $2 OR b.sought LIKE '%' || $3 || '%' OR ($4 <> '' AND b.sought LIKE '%' || $4 || '%')) \
         ORDER BY b.starts DESC LIMIT 30"
    ))
    .bind(salon.as_str())
    .bind(text.to_uppercase())
    .bind(sought::folded(text))
    .bind(sought::dialled(text).unwrap_or_default())
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|row| row.read(currency)).collect()
}

/// A salon's bookings of the client with this e-mail address, the latest first (at most 30).
///
/// # Errors
/// [`StoreError`].
pub async fn of_client(
    db: &AnyPool,
    salon: &SalonSlug,
    currency: Currency,
    email: &str,
) -> Result<Vec<VisitRow>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(select!(
        "b.salon = $1 AND b.email = $2 ORDER BY b.starts DESC LIMIT 30"
    ))
    .bind(salon.as_str())
    .bind(email)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|row| row.read(currency)).collect()
}

#[derive(FromRow)]
struct Row {
    id: String,
    state: String,
    starts: i64,
    ends: i64,
    name: String,
    client_name: String,
    quote: String,
    first: String,
    paid: i64,
    given_back: i64,
    paying: i64,
}

impl Row {
    fn read(self, currency: Currency) -> Result<VisitRow, StoreError> {
        let quote: Quote = from_json(&self.quote)?;
        let due = match quote.offer {
            Offer::Must(due) => due.now,
            Offer::AtSalon | Offer::Choice(_) => Money::zero(currency),
        };
        Ok(VisitRow {
            id: BookingId::parse(&self.id).map_err(StoreError::damaged)?,
            state: from_name(&self.state)?,
            start: Moment(self.starts),
            end: Moment(self.ends),
            employee: self.name,
            client: self.client_name,
            first: self.first,
            price: quote.price,
            due,
            paid: Money::new(self.paid, quote.price.currency()).map_err(StoreError::damaged)?,
            given_back: Money::new(self.given_back, quote.price.currency()).map_err(StoreError::damaged)?,
            paying: self.paying > 0,
        })
    }
}
