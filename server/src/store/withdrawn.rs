//! Services and people that a salon does not offer any more. They stay, for the sake of what was booked.

use domain::id::{EmployeeId, SalonSlug, ServiceId};
use sqlx::{AnyConnection, AnyPool};

use super::StoreError;

/// Takes a salon's service out of what it offers, or back into it. Bookings keep what they had.
///
/// # Errors
/// [`StoreError`].
pub async fn set_service(
    db: &mut AnyConnection,
    salon: &SalonSlug,
    id: &ServiceId,
    yes: bool,
) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE service SET withdrawn = $3 WHERE id = $1 AND salon = $2")
        .bind(id.as_str())
        .bind(salon.as_str())
        .bind(i64::from(yes))
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// The same of a person.
///
/// # Errors
/// [`StoreError`].
pub async fn set_employee(
    db: &mut AnyConnection,
    salon: &SalonSlug,
    id: &EmployeeId,
    yes: bool,
) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE employee SET withdrawn = $3 WHERE id = $1 AND salon = $2")
        .bind(id.as_str())
        .bind(salon.as_str())
        .bind(i64::from(yes))
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// What a salon does not offer any more: ids and names of services, and of people.
pub type Withdrawn = (Vec<(String, String)>, Vec<(String, String)>);

/// What a salon does not offer any more: two queries.
///
/// # Errors
/// [`StoreError`].
pub async fn all(db: &AnyPool, salon: &SalonSlug) -> Result<Withdrawn, StoreError> {
    let services = sqlx::query_as(
        "SELECT id, name FROM service WHERE salon = $1 AND withdrawn = 1 ORDER BY name LIMIT 500",
    )
    .bind(salon.as_str())
    .fetch_all(db)
    .await?;
    let people = sqlx::query_as(
        "SELECT id, name FROM employee WHERE salon = $1 AND withdrawn = 1 ORDER BY name LIMIT 200",
    )
    .bind(salon.as_str())
    .fetch_all(db)
    .await?;
    Ok((services, people))
}
