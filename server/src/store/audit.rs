//! Who did what: people in the back office, clients, the server by itself. Only ever added to, in the same transaction as what was
//! done.

use domain::{
    id::{BookingId, SalonSlug},
    time::Moment,
};
use sqlx::{AnyConnection, AnyExecutor, FromRow};

use super::{StoreError, staff::StaffRecord};

/// Something that was done.
#[derive(Clone, Debug)]
pub struct Deed {
    /// Its id.
    pub id: String,
    /// When.
    pub at: Moment,
    /// The name of who did it.
    pub who: String,
    /// What, as a sentence without its subject: `gave back EUR 24.00`.
    pub what: String,
    /// The booking it was about.
    pub booking: Option<String>,
    /// Whose booking that is, and its reference.
    pub about: Option<(String, String)>,
}

/// Who does something.
#[derive(Clone, Copy, Debug)]
pub enum By<'a> {
    /// Somebody of the salon.
    Staff(&'a StaffRecord),
    /// The client of the booking.
    Client,
    /// Nobody: it comes by itself.
    Server,
}

// Each column by its name: see `booking`.
macro_rules! select {
    ($where:literal) => {
        concat!(
            "SELECT a.id, a.at, a.who, a.what, a.booking, b.client_name, b.reference \
             FROM audit a LEFT JOIN booking b ON b.id = a.booking WHERE ",
            $where
        )
    };
}

/// Writes down what somebody did. `id`: 32 hexadecimal digits.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(
    db: &mut AnyConnection,
    id: &str,
    salon: &SalonSlug,
    by: By<'_>,
    what: &str,
    booking: Option<&BookingId>,
    now: Moment,
) -> Result<(), StoreError> {
    let (staff, who) = match by {
        By::Staff(staff) => (Some(staff.id.as_str()), staff.name.as_str()),
        By::Client => (None, "The client"),
        By::Server => (None, "The server"),
    };
    sqlx::query(
        "INSERT INTO audit (id, salon, at, staff, who, what, booking) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(id)
    .bind(salon.as_str())
    .bind(now.0)
    .bind(staff)
    .bind(who)
    .bind(what)
    .bind(booking.map(BookingId::as_str))
    .execute(db)
    .await?;
    Ok(())
}

/// What was done at a salon before a deed of this moment and id, the latest first, at most `most`.
///
/// # Errors
/// [`StoreError`].
pub async fn before(
    db: impl AnyExecutor<'_>,
    salon: &SalonSlug,
    (at, id): (Moment, &str),
    most: i64,
) -> Result<Vec<Deed>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(select!(
        "a.salon = $1 AND (a.at < $2 OR (a.at = $2 AND a.id > $3)) ORDER BY a.at DESC, a.id LIMIT $4"
    ))
    .bind(salon.as_str())
    .bind(at.0)
    .bind(id)
    .bind(most)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Row::read).collect())
}

/// What was done to a booking, the latest first (at most 100).
///
/// # Errors
/// [`StoreError`].
pub async fn of_booking(db: impl AnyExecutor<'_>, booking: &BookingId) -> Result<Vec<Deed>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(select!("a.booking = $1 ORDER BY a.at DESC, a.id LIMIT 100"))
        .bind(booking.as_str())
        .fetch_all(db)
        .await?;
    Ok(rows.into_iter().map(Row::read).collect())
}

#[derive(FromRow)]
struct Row {
    id: String,
    at: i64,
    who: String,
    what: String,
    booking: Option<String>,
    client_name: Option<String>,
    reference: Option<String>,
}

impl Row {
    fn read(self) -> Deed {
        Deed {
            id: self.id,
            at: Moment(self.at),
            who: self.who,
            what: self.what,
            booking: self.booking,
            about: self.client_name.zip(self.reference),
        }
    }
}
