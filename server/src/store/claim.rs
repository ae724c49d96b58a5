//! Who has which time of an employee, or which seat of a group event. A row is a claim, the primary key is the guard.

use domain::{
    availability::granules,
    id::{EmployeeId, GroupDateId},
    time::Moment,
};
use sqlx::AnyConnection;

use super::StoreError;

/// Takes an employee's time from `from` to `to` for `holder`: all of it, or nothing of it (`false`).
///
/// # Errors
/// [`StoreError`].
pub async fn take_time(
    db: &mut AnyConnection,
    employee: &EmployeeId,
    from: Moment,
    to: Moment,
    holder: &str,
) -> Result<bool, StoreError> {
    let (first, count) = span(from, to);
    let done = sqlx::query(
        "WITH RECURSIVE piece (n) AS (SELECT CAST($3 AS BIGINT) UNION ALL SELECT n + 1 FROM piece WHERE n + 1 < $4) \
         INSERT INTO claim (resource, granule, holder) SELECT $1, n, $2 FROM piece WHERE true ON CONFLICT DO NOTHING",
    )
    .bind(employee.as_str())
    .bind(holder)
    .bind(first)
    .bind(first + count)
    .execute(&mut *db)
    .await?;
    if i64::try_from(done.rows_affected()) == Ok(count) {
        return Ok(true);
    }
    // Others have some of it. What this statement took goes back; what the holder had before is its own and stays out of
    // it, for a booking gives up its time before it takes another.
    sqlx::query("DELETE FROM claim WHERE resource = $1 AND holder = $2 AND granule >= $3 AND granule < $4")
        .bind(employee.as_str())
        .bind(holder)
        .bind(first)
        .bind(first + count)
        .execute(db)
        .await?;
    Ok(false)
}

/// Takes a free seat of a group event's date for `holder`; `false` when there is none.
///
/// # Errors
/// [`StoreError`].
pub async fn take_seat(
    db: &mut AnyConnection,
    date: &GroupDateId,
    seats: u16,
    holder: &str,
) -> Result<bool, StoreError> {
    // Side by side, as PostgreSQL runs them, many go for the first free seat and one gets it. The others look again: each
    // time somebody has got one, so there are no more rounds than seats.
    for _ in 0..seats {
        let done = sqlx::query(
            "WITH RECURSIVE seat (n) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT n + 1 FROM seat WHERE n + 1 < $3) \
             INSERT INTO claim (resource, granule, holder) SELECT $1, n, $2 FROM seat \
             WHERE NOT EXISTS (SELECT 1 FROM claim c WHERE c.resource = $1 AND c.granule = n) \
             ORDER BY n LIMIT 1 ON CONFLICT DO NOTHING",
        )
        .bind(date.as_str())
        .bind(holder)
        .bind(i64::from(seats))
        .execute(&mut *db)
        .await?;
        if done.rows_affected() == 1 {
            return Ok(true);
        }
        if !is_seat_free(db, date).await? {
            return Ok(false);
        }
    }
    Ok(false)
}

/// Takes all seats of a group event's date for nobody; answers whether all were free.
///
/// # Errors
/// [`StoreError`].
pub async fn take_all_seats(
    db: &mut AnyConnection,
    date: &GroupDateId,
    seats: u16,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "WITH RECURSIVE seat (n) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT n + 1 FROM seat WHERE n + 1 < $2) \
         INSERT INTO claim (resource, granule, holder) SELECT $1, n, 'withdrawn' FROM seat WHERE true ON CONFLICT DO NOTHING",
    )
    .bind(date.as_str())
    .bind(i64::from(seats))
    .execute(db)
    .await?;
    Ok(done.rows_affected() == u64::from(seats))
}

/// Gives up all that `holder` has.
///
/// # Errors
/// [`StoreError`].
pub async fn give_up(db: &mut AnyConnection, holder: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM claim WHERE holder = $1")
        .bind(holder)
        .execute(db)
        .await?;
    Ok(())
}

/// How many claims `holder` has: none after its hold was ended.
///
/// # Errors
/// [`StoreError`].
pub async fn has_any(db: &mut AnyConnection, holder: &str) -> Result<bool, StoreError> {
    let found: Option<(i64,)> = sqlx::query_as("SELECT granule FROM claim WHERE holder = $1 LIMIT 1")
        .bind(holder)
        .fetch_optional(db)
        .await?;
    Ok(found.is_some())
}

/// Whether nobody has any of an employee's time from `from` to `to`.
///
/// # Errors
/// [`StoreError`].
pub async fn is_time_free(
    db: &mut AnyConnection,
    employee: &EmployeeId,
    from: Moment,
    to: Moment,
) -> Result<bool, StoreError> {
    let (first, count) = span(from, to);
    let found: Option<(i64,)> = sqlx::query_as(
        "SELECT granule FROM claim WHERE resource = $1 AND granule >= $2 AND granule < $3 LIMIT 1",
    )
    .bind(employee.as_str())
    .bind(first)
    .bind(first + count)
    .fetch_optional(db)
    .await?;
    Ok(found.is_none())
}

/// Whether a date of a group event has a free seat.
///
/// # Errors
/// [`StoreError`].
pub async fn is_seat_free(db: &mut AnyConnection, date: &GroupDateId) -> Result<bool, StoreError> {
    let found: Option<(i64,)> = sqlx::query_as(
        "SELECT d.seats FROM group_date d WHERE d.id = $1 AND d.seats > (SELECT COUNT(*) FROM claim c WHERE c.resource = d.id)",
    )
    .bind(date.as_str())
    .fetch_optional(db)
    .await?;
    Ok(found.is_some())
}

fn span(from: Moment, to: Moment) -> (i64, i64) {
    let mut pieces = granules(from, to);
    let first = pieces.next().unwrap_or_default();
    (first, 1 + pieces.fold(0, |count, _| count + 1))
}
