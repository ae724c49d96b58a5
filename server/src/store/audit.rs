//! Who did what in the back office. Only ever added to, in the same transaction as what was done.

use domain::{
    id::{BookingId, SalonSlug},
    time::Moment,
};
use sqlx::{AnyConnection, AnyExecutor};

use super::{StoreError, staff::StaffRecord};

/// Something that somebody did.
#[derive(Clone, Debug)]
pub struct Deed {
    /// When.
    pub at: Moment,
    /// The name of who did it.
    pub who: String,
    /// What, as a sentence without its subject: `gave back EUR 24.00`.
    pub what: String,
    /// The booking it was about.
    pub booking: Option<String>,
}

/// Writes down what somebody did. `id`: 32 hexadecimal digits.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(
    db: &mut AnyConnection,
    id: &str,
    salon: &SalonSlug,
    staff: &StaffRecord,
    what: &str,
    booking: Option<&BookingId>,
    now: Moment,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO audit (id, salon, at, staff, who, what, booking) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(id)
    .bind(salon.as_str())
    .bind(now.0)
    .bind(staff.id.as_str())
    .bind(&staff.name)
    .bind(what)
    .bind(booking.map(BookingId::as_str))
    .execute(db)
    .await?;
    Ok(())
}

/// What was done at a salon before `before`, the latest first, at most `most`.
///
/// # Errors
/// [`StoreError`].
pub async fn before(
    db: impl AnyExecutor<'_>,
    salon: &SalonSlug,
    before: Moment,
    most: i64,
) -> Result<Vec<Deed>, StoreError> {
    let rows: Vec<(i64, String, String, Option<String>)> = sqlx::query_as(
        "SELECT at, who, what, booking FROM audit WHERE salon = $1 AND at < $2 ORDER BY at DESC, id LIMIT $3",
    )
    .bind(salon.as_str())
    .bind(before.0)
    .bind(most)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Deed::read).collect())
}

/// What was done to a booking, the latest first (at most 100).
///
/// # Errors
/// [`StoreError`].
pub async fn of_booking(db: impl AnyExecutor<'_>, booking: &BookingId) -> Result<Vec<Deed>, StoreError> {
    let rows: Vec<(i64, String, String, Option<String>)> = sqlx::query_as(
        "SELECT at, who, what, booking FROM audit WHERE booking = $1 ORDER BY at DESC, id LIMIT 100",
    )
    .bind(booking.as_str())
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Deed::read).collect())
}

impl Deed {
    fn read((at, who, what, booking): (i64, String, String, Option<String>)) -> Deed {
        Deed {
            at: Moment(at),
            who,
            what,
            booking,
        }
    }
}
