//! The gateway of a salon's short messages.

use domain::{id::SalonSlug, time::Moment};
use sqlx::AnyConnection;

use super::{
    StoreError,
    sealed::{MESSAGES_SECRET, place},
};
use crate::{messages::GatewaySecret, vault::MasterKey};

/// Sets where a salon's short messages are handed over, and by what they are signed (encrypted); `None`: nowhere.
///
/// # Errors
/// [`StoreError`].
pub async fn set_gateway(
    db: &mut AnyConnection,
    master: &MasterKey,
    slug: &SalonSlug,
    to: Option<(&str, &GatewaySecret)>,
) -> Result<(), StoreError> {
    let seal = |secret: &GatewaySecret| {
        let sealed = master.seal(&place(slug, MESSAGES_SECRET), secret.reveal());
        sealed.map_err(StoreError::damaged)
    };
    sqlx::query(
        "UPDATE salon SET messages_url = $2, messages_secret = $3, messages_failed_at = NULL, messages_failed = NULL \
         WHERE slug = $1",
    )
    .bind(slug.as_str())
    .bind(to.map(|(url, _)| url))
    .bind(to.map(|(_, secret)| seal(secret)).transpose()?)
    .execute(db)
    .await?;
    Ok(())
}

/// Notes when and why the gateway did not take a message; `None`: it takes them again.
///
/// # Errors
/// [`StoreError`].
pub async fn note_failed(
    db: &mut AnyConnection,
    slug: &SalonSlug,
    failed: Option<(Moment, &str)>,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE salon SET messages_failed_at = $2, messages_failed = $3 WHERE slug = $1")
        .bind(slug.as_str())
        .bind(failed.map(|(at, _)| at.0))
        .bind(failed.map(|(_, why)| why))
        .execute(db)
        .await?;
    Ok(())
}
