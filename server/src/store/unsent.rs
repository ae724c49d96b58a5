//! Letters and messages that nobody will ever take.

use domain::{
    id::{BookingId, SalonSlug},
    time::Moment,
};
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, AnyExecutor, FromRow};

use super::{StoreError, from_name, to_name};

/// Something that was refused for good.
#[derive(Clone, Debug)]
pub struct Unsent {
    /// The id of its job.
    pub id: String,
    /// The salon.
    pub salon: SalonSlug,
    /// The booking it was about.
    pub booking: BookingId,
    /// How it was to go.
    pub way: Way,
    /// What it was, such as `link`; [`TO_SALON`] for a letter to the salon itself.
    pub letter: String,
    /// Where it was to go.
    pub recipient: String,
    /// What the other end said.
    pub why: String,
    /// When.
    pub at: Moment,
}

/// What [`Unsent::letter`] is of a letter to the salon itself.
pub const TO_SALON: &str = "salon";

/// How something goes to a client.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// By e-mail.
    Mail,
    /// By SMS or messenger.
    Message,
}

// Each column by its name: see `booking`.
macro_rules! select {
    ($where:literal) => {
        concat!(
            "SELECT id, salon, booking, way, letter, recipient, why, at FROM unsent WHERE ",
            $where
        )
    };
}

/// Writes one down; a second time it is there already.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(db: &mut AnyConnection, new: &Unsent) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO unsent (id, salon, booking, way, letter, recipient, why, at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
    )
    .bind(&new.id)
    .bind(new.salon.as_str())
    .bind(new.booking.as_str())
    .bind(to_name(&new.way)?)
    .bind(&new.letter)
    .bind(&new.recipient)
    .bind(&new.why)
    .bind(new.at.0)
    .execute(db)
    .await?;
    Ok(())
}

/// What nobody of a salon has dealt with yet, the latest first (at most 50).
///
/// # Errors
/// [`StoreError`].
pub async fn of_salon(db: impl AnyExecutor<'_>, salon: &SalonSlug) -> Result<Vec<Unsent>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(select!(
        "salon = $1 AND handled IS NULL ORDER BY at DESC, id LIMIT 50"
    ))
    .bind(salon.as_str())
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// What of a booking's was refused, the latest first (at most 20).
///
/// # Errors
/// [`StoreError`].
pub async fn of_booking(db: impl AnyExecutor<'_>, booking: &BookingId) -> Result<Vec<Unsent>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(select!("booking = $1 ORDER BY at DESC, id LIMIT 20"))
        .bind(booking.as_str())
        .fetch_all(db)
        .await?;
    rows.into_iter().map(Row::read).collect()
}

/// Notes that somebody dealt with it, and answers the booking it was about; `None` when somebody did before.
///
/// # Errors
/// [`StoreError`].
pub async fn note_handled(
    db: &mut AnyConnection,
    salon: &SalonSlug,
    id: &str,
    now: Moment,
) -> Result<Option<BookingId>, StoreError> {
    let row: Option<(String,)> = sqlx::query_as(
        "UPDATE unsent SET handled = $3 WHERE salon = $1 AND id = $2 AND handled IS NULL RETURNING booking",
    )
    .bind(salon.as_str())
    .bind(id)
    .bind(now.0)
    .fetch_optional(db)
    .await?;
    row.map(|(id,)| BookingId::parse(&id).map_err(StoreError::damaged))
        .transpose()
}

#[derive(FromRow)]
struct Row {
    id: String,
    salon: String,
    booking: String,
    way: String,
    letter: String,
    recipient: String,
    why: String,
    at: i64,
}

impl Row {
    fn read(self) -> Result<Unsent, StoreError> {
        Ok(Unsent {
            id: self.id,
            salon: SalonSlug::parse(&self.salon).map_err(StoreError::damaged)?,
            booking: BookingId::parse(&self.booking).map_err(StoreError::damaged)?,
            way: from_name(&self.way)?,
            letter: self.letter,
            recipient: self.recipient,
            why: self.why,
            at: Moment(self.at),
        })
    }
}
