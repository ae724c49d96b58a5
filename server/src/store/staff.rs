//! Who signs in to the back office, and who is invited to.

use domain::{
    currency::Currency,
    id::{SalonSlug, StaffId},
    money::Money,
    role::Role,
    time::Moment,
};
use sqlx::{AnyConnection, AnyExecutor, FromRow};

use super::{StoreError, from_name, to_name};

/// Somebody who signs in.
#[derive(Clone, Debug)]
pub struct StaffRecord {
    /// The id.
    pub id: StaffId,
    /// The address to sign in with, in small letters.
    pub email: String,
    /// The name, as the log shows it.
    pub name: String,
    /// What they are.
    pub role: Role,
    /// The largest sum they may give back at once; `None`: any.
    pub refund_limit: Option<Money>,
    /// Whether they may sign in.
    pub active: bool,
}

/// Somebody who was invited.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// Their address, in small letters.
    pub email: String,
    /// What they will be.
    pub role: Role,
    /// Their limit for refunds.
    pub refund_limit: Option<Money>,
    /// Until when they may accept.
    pub expires: Moment,
}

/// Everybody of a salon, owners first (at most 200).
///
/// # Errors
/// [`StoreError`].
pub async fn all(
    db: impl AnyExecutor<'_>,
    salon: &SalonSlug,
    currency: Currency,
) -> Result<Vec<StaffRecord>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, email, name, role, refund_limit, is_active FROM staff WHERE salon = $1 \
         ORDER BY is_active DESC, CASE role WHEN 'owner' THEN 0 WHEN 'manager' THEN 1 ELSE 2 END, name LIMIT 200",
    )
    .bind(salon.as_str())
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|row| row.read(currency)).collect()
}

/// Who signs in with this address, and the hash of their password (Argon2id, PHC string).
///
/// # Errors
/// [`StoreError`].
pub async fn by_email(
    db: impl AnyExecutor<'_>,
    salon: &SalonSlug,
    email: &str,
) -> Result<Option<(StaffId, String)>, StoreError> {
    let row: Option<(String, String)> =
        sqlx::query_as("SELECT id, password FROM staff WHERE salon = $1 AND email = $2 AND is_active = 1")
            .bind(salon.as_str())
            .bind(email)
            .fetch_optional(db)
            .await?;
    row.map(|(id, password)| Ok((StaffId::parse(&id).map_err(StoreError::damaged)?, password)))
        .transpose()
}

/// Writes somebody new; `false` when the address is known already.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(
    db: &mut AnyConnection,
    salon: &SalonSlug,
    new: &StaffRecord,
    password: &str,
    now: Moment,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO staff (id, salon, email, name, role, password, refund_limit, created) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
    )
    .bind(new.id.as_str())
    .bind(salon.as_str())
    .bind(&new.email)
    .bind(&new.name)
    .bind(to_name(&new.role)?)
    .bind(password)
    .bind(new.refund_limit.map(|limit| limit.minor()))
    .bind(now.0)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Changes what somebody is and may do. A salon keeps at least one active owner: `false` when this would take the last.
///
/// # Errors
/// [`StoreError`].
pub async fn change(db: &mut AnyConnection, salon: &SalonSlug, to: &StaffRecord) -> Result<bool, StoreError> {
    let stays = to.active && to.role == Role::Owner;
    let done = sqlx::query(
        "UPDATE staff SET role = $3, refund_limit = $4, is_active = $5 WHERE id = $1 AND salon = $2 AND ($6 = 1 OR EXISTS \
         (SELECT 1 FROM staff o WHERE o.salon = $2 AND o.id <> $1 AND o.role = 'owner' AND o.is_active = 1))",
    )
    .bind(to.id.as_str())
    .bind(salon.as_str())
    .bind(to_name(&to.role)?)
    .bind(to.refund_limit.map(|limit| limit.minor()))
    .bind(i64::from(to.active))
    .bind(i64::from(stays))
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Sets the hash of a new password.
///
/// # Errors
/// [`StoreError`].
pub async fn set_password(db: &mut AnyConnection, id: &StaffId, password: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE staff SET password = $2 WHERE id = $1")
        .bind(id.as_str())
        .bind(password)
        .execute(db)
        .await?;
    Ok(())
}

/// Whether anybody can sign in at a salon as its owner.
///
/// # Errors
/// [`StoreError`].
pub async fn has_owner(db: impl AnyExecutor<'_>, salon: &SalonSlug) -> Result<bool, StoreError> {
    let found: Option<(String,)> =
        sqlx::query_as("SELECT id FROM staff WHERE salon = $1 AND role = 'owner' AND is_active = 1 LIMIT 1")
            .bind(salon.as_str())
            .fetch_optional(db)
            .await?;
    Ok(found.is_some())
}

/// Writes an invitation; an earlier one for the same address does not count any more.
///
/// # Errors
/// [`StoreError`].
pub async fn invite(
    db: &mut AnyConnection,
    salon: &SalonSlug,
    new: &Invitation,
    token_hash: &str,
    now: Moment,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO invitation (token_hash, salon, email, role, refund_limit, expires, created) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (salon, email) DO UPDATE SET token_hash = excluded.token_hash, \
         role = excluded.role, refund_limit = excluded.refund_limit, expires = excluded.expires, created = excluded.created",
    )
    .bind(token_hash)
    .bind(salon.as_str())
    .bind(&new.email)
    .bind(to_name(&new.role)?)
    .bind(new.refund_limit.map(|limit| limit.minor()))
    .bind(new.expires.0)
    .bind(now.0)
    .execute(db)
    .await?;
    Ok(())
}

/// The invitation whose token has this hash.
///
/// # Errors
/// [`StoreError`].
pub async fn invitation(
    db: impl AnyExecutor<'_>,
    salon: &SalonSlug,
    currency: Currency,
    token_hash: &str,
) -> Result<Option<Invitation>, StoreError> {
    let row: Option<InvitationRow> = sqlx::query_as(
        "SELECT email, role, refund_limit, expires FROM invitation WHERE token_hash = $1 AND salon = $2",
    )
    .bind(token_hash)
    .bind(salon.as_str())
    .fetch_optional(db)
    .await?;
    row.map(|row| row.read(currency)).transpose()
}

/// The invitations of a salon that were not accepted yet (at most 100).
///
/// # Errors
/// [`StoreError`].
pub async fn invitations(
    db: impl AnyExecutor<'_>,
    salon: &SalonSlug,
    currency: Currency,
) -> Result<Vec<Invitation>, StoreError> {
    let rows: Vec<InvitationRow> = sqlx::query_as(
        "SELECT email, role, refund_limit, expires FROM invitation WHERE salon = $1 ORDER BY created LIMIT 100",
    )
    .bind(salon.as_str())
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|row| row.read(currency)).collect()
}

/// Takes an invitation back, or notes that it was accepted; `false` when there is none any more.
///
/// # Errors
/// [`StoreError`].
pub async fn end_invitation(
    db: &mut AnyConnection,
    salon: &SalonSlug,
    email: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM invitation WHERE salon = $1 AND email = $2")
        .bind(salon.as_str())
        .bind(email)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

fn limit(minor: Option<i64>, currency: Currency) -> Result<Option<Money>, StoreError> {
    let limit = minor.map(|minor| Money::new(minor, currency));
    limit.transpose().map_err(StoreError::damaged)
}

#[derive(FromRow)]
pub(super) struct Row {
    id: String,
    email: String,
    name: String,
    role: String,
    refund_limit: Option<i64>,
    is_active: i64,
}

impl Row {
    pub(super) fn read(self, currency: Currency) -> Result<StaffRecord, StoreError> {
        Ok(StaffRecord {
            id: StaffId::parse(&self.id).map_err(StoreError::damaged)?,
            email: self.email,
            name: self.name,
            role: from_name(&self.role)?,
            refund_limit: limit(self.refund_limit, currency)?,
            active: self.is_active != 0,
        })
    }
}

#[derive(FromRow)]
struct InvitationRow {
    email: String,
    role: String,
    refund_limit: Option<i64>,
    expires: i64,
}

impl InvitationRow {
    fn read(self, currency: Currency) -> Result<Invitation, StoreError> {
        Ok(Invitation {
            email: self.email,
            role: from_name(&self.role)?,
            refund_limit: limit(self.refund_limit, currency)?,
            expires: Moment(self.expires),
        })
    }
}
