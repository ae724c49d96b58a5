//! Who is signed in.

use domain::{
    currency::Currency,
    id::{SalonSlug, StaffId},
    time::Moment,
};
use sqlx::{AnyConnection, AnyExecutor, FromRow};

use super::{
    StoreError,
    staff::{self, StaffRecord},
};

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who.
    pub staff: StaffRecord,
    /// When it was used last, to the minute.
    pub used: Moment,
    /// What the next page says of what was done.
    pub notice: Option<String>,
}

/// The session whose token has this hash, begun after `since`, at this salon, of somebody who still may sign in.
///
/// # Errors
/// [`StoreError`].
pub async fn find(
    db: impl AnyExecutor<'_>,
    token_hash: &str,
    salon: &SalonSlug,
    currency: Currency,
    created_after: Moment,
    used_after: Moment,
) -> Result<Option<Session>, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT f.id, f.email, f.name, f.role, f.refund_limit, f.is_active, s.used, s.notice \
         FROM session s JOIN staff f ON f.id = s.staff \
         WHERE s.token_hash = $1 AND f.salon = $2 AND f.is_active = 1 AND s.created > $3 AND s.used > $4",
    )
    .bind(token_hash)
    .bind(salon.as_str())
    .bind(created_after.0)
    .bind(used_after.0)
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(Session {
            staff: row.staff.read(currency)?,
            used: Moment(row.used),
            notice: row.notice,
        })
    })
    .transpose()
}

/// Writes a new session.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(
    db: &mut AnyConnection,
    token_hash: &str,
    staff: &StaffId,
    now: Moment,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO session (token_hash, staff, created, used) VALUES ($1, $2, $3, $3)")
        .bind(token_hash)
        .bind(staff.as_str())
        .bind(now.0)
        .execute(db)
        .await?;
    Ok(())
}

/// Notes that a session was used, and that its notice was shown.
///
/// # Errors
/// [`StoreError`].
pub async fn note_used(db: &mut AnyConnection, token_hash: &str, now: Moment) -> Result<(), StoreError> {
    sqlx::query("UPDATE session SET used = $2, notice = NULL WHERE token_hash = $1")
        .bind(token_hash)
        .bind(now.0)
        .execute(db)
        .await?;
    Ok(())
}

/// Sets what the next page says.
///
/// # Errors
/// [`StoreError`].
pub async fn set_notice(db: &mut AnyConnection, token_hash: &str, notice: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE session SET notice = $2 WHERE token_hash = $1")
        .bind(token_hash)
        .bind(notice)
        .execute(db)
        .await?;
    Ok(())
}

/// Signs out one page's session.
///
/// # Errors
/// [`StoreError`].
pub async fn end(db: &mut AnyConnection, token_hash: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM session WHERE token_hash = $1")
        .bind(token_hash)
        .execute(db)
        .await?;
    Ok(())
}

/// Signs somebody out everywhere.
///
/// # Errors
/// [`StoreError`].
pub async fn end_all(db: &mut AnyConnection, staff: &StaffId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM session WHERE staff = $1")
        .bind(staff.as_str())
        .execute(db)
        .await?;
    Ok(())
}

/// Signs somebody out everywhere but here.
///
/// # Errors
/// [`StoreError`].
pub async fn end_others(db: &mut AnyConnection, staff: &StaffId, token_hash: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM session WHERE staff = $1 AND token_hash <> $2")
        .bind(staff.as_str())
        .bind(token_hash)
        .execute(db)
        .await?;
    Ok(())
}

#[derive(FromRow)]
struct Row {
    #[sqlx(flatten)]
    staff: staff::Row,
    used: i64,
    notice: Option<String>,
}
