//! What is kept encrypted: the salons' secret keys and the secrets of their webhooks.

use domain::{id::SalonSlug, key::SigningSecret, time::Moment};
use sqlx::{AnyConnection, FromRow};

use super::{
    StoreError, link, manage, rollup,
    salon::{self, Keys},
    to_json, to_name,
};
use crate::vault::MasterKey;

/// How long a signing secret is believed after another took its place, in milliseconds: as long as Stripe lets one be valid
/// while it is rolled, a day.
const FORMER_FOR: i64 = 24 * 3_600_000;

// The columns, and with the salon's name what each is sealed for.
pub(super) const SECRET_KEY: &str = "secret_key";
pub(super) const SIGNING_SECRET: &str = "signing_secret";
pub(super) const FORMER_SIGNING_SECRET: &str = "former_signing_secret";

pub(super) const MESSAGES_SECRET: &str = "messages_secret";

/// How many sealed values there are, and how many of them were sealed anew.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Resealed {
    /// All of them.
    pub all: usize,
    /// Those that were sealed with a former key.
    pub anew: usize,
}

/// So long before its keys are set a salon's list of movements begins, in seconds: Stripe's clock may be another.
const DAY: i64 = 86_400;

/// Sets a salon's keys, encrypted, and the origins that may embed its widget. The signing secret before is believed for a day
/// more. Where the keys are of another mode than before (test or real), figures begin anew with what was paid in that mode.
///
/// # Errors
/// [`StoreError`].
pub async fn set_up(
    db: &mut AnyConnection,
    master: &MasterKey,
    slug: &SalonSlug,
    keys: &Keys,
    embedders: &[String],
    now: Moment,
) -> Result<(), StoreError> {
    let seal = |field, secret: &str| {
        master
            .seal(&place(slug, field), secret)
            .map_err(StoreError::damaged)
    };
    if let Some(before) = signing_before(db, master, slug, now).await?
        && before != keys.signing
    {
        sqlx::query("UPDATE salon SET former_signing_secret = $2, former_signing_until = $3 WHERE slug = $1")
            .bind(slug.as_str())
            .bind(seal(FORMER_SIGNING_SECRET, before.reveal())?)
            .bind(now.plus_millis(FORMER_FOR).0)
            .execute(&mut *db)
            .await?;
    }
    let mode = to_name(&keys.publishable.mode())?;
    let others = sqlx::query("UPDATE salon SET mode = $2 WHERE slug = $1 AND (mode IS NULL OR mode <> $2)")
        .bind(slug.as_str())
        .bind(&mode)
        .execute(&mut *db)
        .await?;
    if others.rows_affected() == 1 {
        // Its list at Stripe is another one: it is read on from where it was left. What the account moved before it was ours
        // is no concern of these books.
        sqlx::query(
            "UPDATE salon SET settle_at = 0, settled_until = COALESCE( \
             (SELECT MAX(t.created) FROM settled t WHERE t.salon = $1 AND t.mode = $2), $3), disputes_until = COALESCE( \
             (SELECT MAX(t.created) FROM settled t WHERE t.salon = $1 AND t.mode = $2), $3) WHERE slug = $1",
        )
        .bind(slug.as_str())
        .bind(&mode)
        .bind(now.0 / 1_000 - DAY)
        .execute(&mut *db)
        .await?;
        rollup::begin_anew(db, slug).await?;
    }
    sqlx::query(
        "UPDATE salon SET publishable_key = $2, secret_key = $3, signing_secret = $4, embedders = $5 WHERE slug = $1",
    )
    .bind(slug.as_str())
    .bind(keys.publishable.reveal())
    .bind(seal(SECRET_KEY, keys.secret.reveal())?)
    .bind(seal(SIGNING_SECRET, keys.signing.reveal())?)
    .bind(to_json(&embedders)?)
    .execute(db)
    .await?;
    Ok(())
}

/// Seals with the present master key whatever was sealed with a former one. What somebody changed meanwhile stays as it is
/// then: it was sealed with the present one.
///
/// # Errors
/// [`StoreError::Damaged`] names the first value that no key opens; nothing is changed then, if the caller rolls back.
pub async fn reseal(db: &mut AnyConnection, master: &MasterKey) -> Result<Resealed, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT slug, secret_key, signing_secret, former_signing_secret, messages_secret FROM salon ORDER BY slug",
    )
    .fetch_all(&mut *db)
    .await?;
    let mut done = Resealed::default();
    for row in rows {
        let slug = SalonSlug::parse(&row.slug).map_err(StoreError::damaged)?;
        for (field, update, sealed) in [
            (
                SECRET_KEY,
                "UPDATE salon SET secret_key = $2 WHERE slug = $1 AND secret_key = $3",
                row.secret_key,
            ),
            (
                SIGNING_SECRET,
                "UPDATE salon SET signing_secret = $2 WHERE slug = $1 AND signing_secret = $3",
                row.signing_secret,
            ),
            (
                FORMER_SIGNING_SECRET,
                "UPDATE salon SET former_signing_secret = $2 WHERE slug = $1 AND former_signing_secret = $3",
                row.former_signing_secret,
            ),
            (
                MESSAGES_SECRET,
                "UPDATE salon SET messages_secret = $2 WHERE slug = $1 AND messages_secret = $3",
                row.messages_secret,
            ),
        ] {
            let Some(sealed) = sealed else { continue };
            done.all += 1;
            let place = place(&slug, field);
            let damaged = |error| StoreError::damaged(format!("{place}: {error}"));
            let plain = master.open(&place, &sealed).map_err(damaged)?;
            if master.is_present(&sealed) {
                continue;
            }
            sqlx::query(update)
                .bind(slug.as_str())
                .bind(master.seal(&place, &plain).map_err(damaged)?)
                .bind(&sealed)
                .execute(&mut *db)
                .await?;
            done.anew += 1;
        }
    }
    for tokens in TOKENS {
        reseal_tokens(db, master, &tokens, &mut done).await?;
    }
    Ok(done)
}

/// Tokens of bookings that are kept to be shown again.
struct Tokens {
    select: &'static str,
    update: &'static str,
    place: fn(&str) -> String,
}

const TOKENS: [Tokens; 2] = [
    Tokens {
        select: "SELECT booking, sealed FROM manage_link WHERE booking > $1 ORDER BY booking LIMIT 500",
        update: "UPDATE manage_link SET sealed = $2 WHERE booking = $1 AND sealed = $3",
        place: manage::place,
    },
    Tokens {
        select: "SELECT booking, sealed FROM visit_link WHERE sealed IS NOT NULL AND booking > $1 ORDER BY booking LIMIT 500",
        update: "UPDATE visit_link SET sealed = $2 WHERE booking = $1 AND sealed = $3",
        place: link::place,
    },
];

/// Some at a time: there are as many as bookings.
async fn reseal_tokens(
    db: &mut AnyConnection,
    master: &MasterKey,
    tokens: &Tokens,
    done: &mut Resealed,
) -> Result<(), StoreError> {
    let mut after = String::new();
    loop {
        let rows: Vec<(String, String)> = sqlx::query_as(tokens.select)
            .bind(&after)
            .fetch_all(&mut *db)
            .await?;
        let Some((last, _)) = rows.last() else {
            return Ok(());
        };
        after.clone_from(last);
        for (booking, sealed) in rows {
            done.all += 1;
            if master.is_present(&sealed) {
                continue;
            }
            let place = (tokens.place)(&booking);
            let damaged = |error| StoreError::damaged(format!("{place}: {error}"));
            let plain = master.open(&place, &sealed).map_err(damaged)?;
            sqlx::query(tokens.update)
                .bind(&booking)
                .bind(master.seal(&place, &plain).map_err(damaged)?)
                .bind(&sealed)
                .execute(&mut *db)
                .await?;
            done.anew += 1;
        }
    }
}

pub(super) fn place(slug: &SalonSlug, field: &str) -> String {
    format!("{slug}/{field}")
}

#[derive(FromRow)]
struct Row {
    slug: String,
    secret_key: Option<String>,
    signing_secret: Option<String>,
    former_signing_secret: Option<String>,
    messages_secret: Option<String>,
}

/// The signing secret that is about to be replaced. One that can't be read any more is no loss.
async fn signing_before(
    db: &mut AnyConnection,
    master: &MasterKey,
    slug: &SalonSlug,
    now: Moment,
) -> Result<Option<SigningSecret>, StoreError> {
    let salon = salon::find(db, slug).await?;
    let secrets = salon.map(|salon| salon.signing_secrets(master, now));
    match secrets {
        Some(Ok(secrets)) => Ok(secrets.into_iter().next()),
        Some(Err(StoreError::Damaged(why))) => {
            tracing::warn!(salon = %slug, why, "the signing secret before can't be read: it is not believed any more");
            Ok(None)
        }
        Some(Err(error)) => Err(error),
        None => Ok(None),
    }
}
