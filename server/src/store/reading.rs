//! When what no event tells is read at Stripe, salon by salon, and how far that has got.

use domain::{id::SalonSlug, time::Moment};
use sqlx::{AnyConnection, AnyPool};

use super::StoreError;

/// Up to `most` salons whose list of movements is to be read, the one that waits longest first.
///
/// # Errors
/// [`StoreError`].
pub async fn to_settle(db: &AnyPool, now: Moment, most: i64) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT slug FROM salon WHERE settle_at <= $1 AND secret_key IS NOT NULL ORDER BY settle_at LIMIT $2",
    )
    .bind(now.0)
    .bind(most)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|(slug,)| slug).collect())
}

/// How far the reading of a salon's list of movements has got, in seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct Settling {
    /// Until when it was read.
    pub until: i64,
    /// Where the reading that is under way goes on; `None`: none is.
    pub from: Option<i64>,
}

/// Takes the reading of a salon's list until `again`; `None` when another took it.
///
/// # Errors
/// [`StoreError`].
pub async fn take_to_settle(
    db: &mut AnyConnection,
    slug: &SalonSlug,
    now: Moment,
    again: Moment,
) -> Result<Option<Settling>, StoreError> {
    let row: Option<(i64, i64)> = sqlx::query_as(
        "UPDATE salon SET settle_at = $3 WHERE slug = $1 AND settle_at <= $2 AND secret_key IS NOT NULL \
         RETURNING settled_until, settling_from",
    )
    .bind(slug.as_str())
    .bind(now.0)
    .bind(again.0)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|(until, from)| Settling {
        until,
        from: (from > 0).then_some(from),
    }))
}

/// Notes how far the reading of a salon's list has got, and when it goes on or is done again.
///
/// # Errors
/// [`StoreError`].
pub async fn note_settled(
    db: &mut AnyConnection,
    slug: &SalonSlug,
    to: Settling,
    next: Moment,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE salon SET settled_until = $2, settling_from = $3, settle_at = $4 WHERE slug = $1")
        .bind(slug.as_str())
        .bind(to.until)
        .bind(to.from.unwrap_or_default())
        .bind(next.0)
        .execute(db)
        .await?;
    Ok(())
}

/// Up to `most` salons whose inquiries, payouts and account are to be looked at, the one that waits longest first.
///
/// # Errors
/// [`StoreError`].
pub async fn to_look(db: &AnyPool, now: Moment, most: i64) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT slug FROM salon WHERE look_at <= $1 AND secret_key IS NOT NULL ORDER BY look_at LIMIT $2",
    )
    .bind(now.0)
    .bind(most)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|(slug,)| slug).collect())
}

/// Takes a salon's look until `again`, and says until when its disputes were read (seconds since 1970); `None` when another
/// took it.
///
/// # Errors
/// [`StoreError`].
pub async fn take_to_look(
    db: &mut AnyConnection,
    slug: &SalonSlug,
    now: Moment,
    again: Moment,
) -> Result<Option<i64>, StoreError> {
    let row: Option<(i64,)> = sqlx::query_as(
        "UPDATE salon SET look_at = $3 WHERE slug = $1 AND look_at <= $2 AND secret_key IS NOT NULL \
         RETURNING disputes_until",
    )
    .bind(slug.as_str())
    .bind(now.0)
    .bind(again.0)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|(until,)| until))
}

/// Notes until when a salon's disputes were read (seconds since 1970), and when it is looked at next.
///
/// # Errors
/// [`StoreError`].
pub async fn note_looked(
    db: &mut AnyConnection,
    slug: &SalonSlug,
    until: i64,
    next: Moment,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE salon SET disputes_until = $2, look_at = $3 WHERE slug = $1")
        .bind(slug.as_str())
        .bind(until)
        .bind(next.0)
        .execute(db)
        .await?;
    Ok(())
}
