//! Attempts to pay.

mod set_aside;

use std::net::IpAddr;

use domain::{
    currency::Currency,
    decline::Decline,
    id::{AttemptId, BookingId, SalonSlug},
    money::Money,
    payment::{AttemptState, Purpose},
    time::Moment,
};
use serde::Deserialize;
use sqlx::{AnyConnection, AnyExecutor, FromRow};

pub use set_aside::{move_refunds, reserve};

use super::{StoreError, from_name, to_name};

/// An attempt as it is kept.
#[derive(Clone, Debug)]
pub struct AttemptRecord {
    /// Its id, and the idempotency key of its charge.
    pub id: AttemptId,
    /// The booking that it pays for.
    pub booking: BookingId,
    /// What of it: the booking itself, its rest, or its fee.
    pub purpose: Purpose,
    /// The salon.
    pub salon: SalonSlug,
    /// The sum.
    pub sum: Money,
    /// Where it stands.
    pub state: AttemptState,
    /// Stripe's `ctoken_…`; empty where the saved card is charged without its holder.
    pub confirmation_token: String,
    /// Stripe's `pi_…`, once known.
    pub intent: Option<String>,
    /// Stripe's `ch_…`, once known.
    pub charge: Option<String>,
    /// Why it was declined.
    pub decline: Option<Decline>,
    /// How much of it Stripe has given back, in minor units.
    pub refunded: i64,
    /// How much of it is set aside for refunds that Stripe does not know of yet, in minor units.
    pub reserved: i64,
    /// Whether its money came for nothing and was sent back, or could not be: the salon settles that by hand. Either way it
    /// pays no booking any more.
    pub for_nothing: bool,
    /// Whether the salon's keys reach it.
    pub reach: Reach,
    /// How often Stripe was asked what became of it.
    pub asks: i64,
    /// When it is asked next; `None`: not any more.
    pub ask_at: Option<Moment>,
    /// When it began.
    pub created: Moment,
}

/// Whether the salon's present keys reach a payment. Those of one mode know nothing of what was paid in the other, nor those of one
/// account of what was paid on another.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// They do.
    Now,
    /// It was a test, and the keys are for real payments now: no money moved.
    Test,
    /// It was real, and the keys are test keys now.
    Live,
    /// It was made on an account that the salon had before.
    Elsewhere,
}

impl Reach {
    /// Why money can't be given back, to who works at the salon; `None`: it can.
    #[must_use]
    pub fn refusal(self) -> Option<&'static str> {
        match self {
            Reach::Now => None,
            Reach::Test => Some(
                "This was paid in test mode, and the keys are for real payments now. No money moved then, so none goes back.",
            ),
            Reach::Live => Some(
                "This was paid with real money, and the keys are test keys now. Put the keys for real payments back first.",
            ),
            Reach::Elsewhere => Some(
                "This was paid on a Stripe account that you had before. Give it back in the dashboard of that account.",
            ),
        }
    }

    /// Whether nobody here learns what becomes of it any more, so that it can't be waited for: no key is left that could ask.
    #[must_use]
    pub fn is_out_of_sight(self) -> bool {
        matches!(self, Reach::Test | Reach::Elsewhere)
    }
}

impl AttemptRecord {
    /// Whether it took money that pays its booking, or its fee, and did not go back whole. What is only set aside pays still: Stripe
    /// may refuse to give it back, and a second payment would be kept beside the first.
    #[must_use]
    pub fn pays(&self) -> bool {
        self.state == AttemptState::Succeeded
            && !self.for_nothing
            && self.reach != Reach::Test
            && self.refunded < self.sum.minor()
    }

    /// What of its sum went back or is about to, in minor units.
    #[must_use]
    pub fn given_back(&self) -> i64 {
        self.refunded + self.reserved
    }

    /// What of its sum neither went back nor is about to, in minor units.
    #[must_use]
    pub fn left(&self) -> i64 {
        self.sum.minor() - self.given_back()
    }

    /// Whether somebody entered a card for it; else the saved one is charged without its holder.
    #[must_use]
    pub fn by_client(&self) -> bool {
        !self.confirmation_token.is_empty()
    }

    /// Whether its first call may be on its way at this moment: whoever sends it writes down what came of it.
    #[must_use]
    pub fn is_in_flight(&self, now: Moment) -> bool {
        self.state == AttemptState::Created && self.asks == 0 && self.ask_at > Some(now)
    }

    /// Why its card was declined. That stays so when its intent is cancelled for it, a moment later.
    #[must_use]
    pub fn declined(&self) -> Option<Decline> {
        match self.state {
            AttemptState::Declined => Some(self.decline.unwrap_or(Decline::AskBank)),
            AttemptState::Canceled => self.decline,
            _ => None,
        }
    }
}

// What is left to pay of a booking is a purpose of its own: servers that are older know two.
macro_rules! purpose {
    () => {
        "CASE WHEN rest = 1 THEN 'rest' ELSE purpose END"
    };
}

// Each column by its name: see `booking`.
macro_rules! select {
    ($where:literal) => {
        concat!(
            "SELECT id, booking, ",
            purpose!(),
            " AS purpose, salon, sum, currency, state, confirmation_token, intent, charge, decline, refunded, \
             reserved, asks, ask_at, created, (SELECT COUNT(*) FROM refund r WHERE r.attempt = attempt.id AND r.reason = 'no_booking') \
             AS for_nothing, CASE WHEN mode = 'test' AND mode <> (SELECT s.mode FROM salon s WHERE s.slug = attempt.salon) THEN 'test' \
             WHEN former_account IS NOT NULL THEN 'elsewhere' \
             WHEN mode = (SELECT s.mode FROM salon s WHERE s.slug = attempt.salon) THEN 'now' ELSE mode END AS reach FROM attempt WHERE ",
            $where
        )
    };
}

/// The attempt of this id.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: impl AnyExecutor<'_>, id: &AttemptId) -> Result<Option<AttemptRecord>, StoreError> {
    let row: Option<Row> = sqlx::query_as(select!("id = $1"))
        .bind(id.as_str())
        .fetch_optional(db)
        .await?;
    row.map(Row::read).transpose()
}

/// A salon's attempt of this intent.
///
/// # Errors
/// [`StoreError`].
pub async fn by_intent(
    db: impl AnyExecutor<'_>,
    salon: &SalonSlug,
    intent: &str,
) -> Result<Option<AttemptRecord>, StoreError> {
    let row: Option<Row> = sqlx::query_as(select!("intent = $1 AND salon = $2"))
        .bind(intent)
        .bind(salon.as_str())
        .fetch_optional(db)
        .await?;
    row.map(Row::read).transpose()
}

/// All attempts to pay a booking itself, but not its rest, the latest first (at most 50: a hold allows no more).
///
/// # Errors
/// [`StoreError`].
pub async fn of_booking(
    db: impl AnyExecutor<'_>,
    booking: &BookingId,
) -> Result<Vec<AttemptRecord>, StoreError> {
    of_purpose(db, booking, Purpose::Booking).await
}

/// All attempts to pay a booking and its rest, the latest first (at most 100).
///
/// # Errors
/// [`StoreError`].
pub async fn of_visit(
    db: impl AnyExecutor<'_>,
    booking: &BookingId,
) -> Result<Vec<AttemptRecord>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(select!(
        "booking = $1 AND purpose = 'booking' ORDER BY created DESC, id DESC LIMIT 100"
    ))
    .bind(booking.as_str())
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// All attempts to pay a booking, its rest, or its fee, the latest first (at most 50).
///
/// # Errors
/// [`StoreError`].
pub async fn of_purpose(
    db: impl AnyExecutor<'_>,
    booking: &BookingId,
    purpose: Purpose,
) -> Result<Vec<AttemptRecord>, StoreError> {
    let (purpose, rest) = columns(purpose)?;
    let rows: Vec<Row> = sqlx::query_as(select!(
        "booking = $1 AND purpose = $2 AND rest = $3 ORDER BY created DESC, id DESC LIMIT 50"
    ))
    .bind(booking.as_str())
    .bind(purpose)
    .bind(rest)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// How many cards that somebody entered to pay this salon were declined, of attempts that began after `since`. That their
/// intents are cancelled by now changes nothing.
///
/// # Errors
/// [`StoreError`].
pub async fn declined_since(
    db: impl AnyExecutor<'_>,
    salon: &SalonSlug,
    since: Moment,
) -> Result<i64, StoreError> {
    let (count,): (i64,) = sqlx::query_as(
        "SELECT COUNT(*) FROM attempt WHERE salon = $1 AND decline IS NOT NULL AND confirmation_token <> '' AND created > $2",
    )
    .bind(salon.as_str())
    .bind(since.0)
    .fetch_one(db)
    .await?;
    Ok(count)
}

/// Writes a new attempt. When Stripe is asked about it is for the case that its answer is lost with this process.
///
/// # Errors
/// [`StoreError`]; a unique violation when another attempt of the booking is open.
pub async fn insert(
    db: &mut AnyConnection,
    new: &AttemptRecord,
    client: Option<IpAddr>,
) -> Result<(), StoreError> {
    let (purpose, rest) = columns(new.purpose)?;
    // What the figures need to know of it is noted now: later the booking may be another person's, with other lines.
    sqlx::query(
        "INSERT INTO attempt (id, booking, purpose, salon, sum, currency, state, confirmation_token, ask_at, created, address, \
         rest, mode, way, employee) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, \
         COALESCE((SELECT s.mode FROM salon s WHERE s.slug = $4), 'live'), \
         (SELECT CASE WHEN $3 = 'fee' THEN 'fee' WHEN $12 = 1 OR b.choice IS NULL THEN 'link' ELSE 'online' END \
         FROM booking b WHERE b.id = $2), (SELECT b.employee FROM booking b WHERE b.id = $2))",
    )
    .bind(new.id.as_str())
    .bind(new.booking.as_str())
    .bind(purpose)
    .bind(new.salon.as_str())
    .bind(new.sum.minor())
    .bind(new.sum.currency().code())
    .bind(to_name(&new.state)?)
    .bind(&new.confirmation_token)
    .bind(new.ask_at.map(|at| at.0))
    .bind(new.created.0)
    .bind(client.map(|address| address.to_string()))
    .bind(rest)
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "INSERT INTO attempt_line (attempt, position, name, price) \
         SELECT $1, position, name, price FROM booking_line WHERE booking = $2",
    )
    .bind(new.id.as_str())
    .bind(new.booking.as_str())
    .execute(db)
    .await?;
    Ok(())
}

/// Notes what the attempts of servers that are older were for: those go on for a while beside a newer one, and do not note it
/// themselves.
///
/// # Errors
/// [`StoreError`].
pub async fn complete(db: &mut AnyConnection) -> Result<(), StoreError> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "UPDATE attempt SET mode = COALESCE((SELECT s.mode FROM salon s WHERE s.slug = attempt.salon), mode), \
         way = (SELECT CASE WHEN attempt.purpose = 'fee' THEN 'fee' WHEN b.choice IS NULL THEN 'link' ELSE 'online' END \
         FROM booking b WHERE b.id = attempt.booking), \
         employee = (SELECT b.employee FROM booking b WHERE b.id = attempt.booking) WHERE employee = '' RETURNING id",
    )
    .fetch_all(&mut *db)
    .await?;
    for (id,) in rows {
        sqlx::query(
            "INSERT INTO attempt_line (attempt, position, name, price) SELECT a.id, l.position, l.name, l.price \
             FROM attempt a JOIN booking_line l ON l.booking = a.booking WHERE a.id = $1 ON CONFLICT DO NOTHING",
        )
        .bind(id)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// What an attempt pays for: services and products with their prices in minor units, as they were when it began.
///
/// # Errors
/// [`StoreError`].
pub async fn lines(db: impl AnyExecutor<'_>, id: &AttemptId) -> Result<Vec<(String, i64)>, StoreError> {
    let sql = "SELECT name, price FROM attempt_line WHERE attempt = $1 ORDER BY position";
    Ok(sqlx::query_as(sql).bind(id.as_str()).fetch_all(db).await?)
}

/// The address from which an attempt was begun, if it is known.
///
/// # Errors
/// [`StoreError`].
pub async fn address(db: impl AnyExecutor<'_>, id: &AttemptId) -> Result<Option<String>, StoreError> {
    let row: Option<(Option<String>,)> = sqlx::query_as("SELECT address FROM attempt WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(db)
        .await?;
    Ok(row.and_then(|(address,)| address))
}

/// Writes where an attempt stands, and when Stripe is asked about it next.
///
/// What is known of the intent and the charge stays known.
///
/// # Errors
/// [`StoreError`].
pub async fn rewrite(db: &mut AnyConnection, to: &AttemptRecord) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE attempt SET state = $2, intent = COALESCE($3, intent), charge = COALESCE($4, charge), decline = $5, \
         ask_at = $6, asks = $7 WHERE id = $1",
    )
    .bind(to.id.as_str())
    .bind(to_name(&to.state)?)
    .bind(to.intent.as_deref())
    .bind(to.charge.as_deref())
    .bind(to.decline.map(Decline::as_str))
    .bind(to.ask_at.map(|at| at.0))
    .bind(to.asks)
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that an attempt was paid with Link; `false` when that is known.
///
/// # Errors
/// [`StoreError`].
pub async fn note_link(db: &mut AnyConnection, id: &AttemptId) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE attempt SET by_link = 1 WHERE id = $1 AND by_link = 0")
        .bind(id.as_str())
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// A salon's attempt that this charge (`ch_…`) is of.
///
/// # Errors
/// [`StoreError`].
pub async fn by_charge(
    db: impl AnyExecutor<'_>,
    salon: &SalonSlug,
    charge: &str,
) -> Result<Option<AttemptRecord>, StoreError> {
    let row: Option<Row> = sqlx::query_as(select!("charge = $1 AND salon = $2"))
        .bind(charge)
        .bind(salon.as_str())
        .fetch_optional(db)
        .await?;
    row.map(Row::read).transpose()
}

/// What the columns `purpose` and `rest` say.
fn columns(purpose: Purpose) -> Result<(String, i64), StoreError> {
    Ok(match purpose {
        Purpose::Rest => (to_name(&Purpose::Booking)?, 1),
        Purpose::Booking | Purpose::Fee => (to_name(&purpose)?, 0),
    })
}

#[derive(FromRow)]
struct Row {
    id: String,
    booking: String,
    purpose: String,
    salon: String,
    sum: i64,
    currency: String,
    state: String,
    confirmation_token: String,
    intent: Option<String>,
    charge: Option<String>,
    decline: Option<String>,
    refunded: i64,
    reserved: i64,
    asks: i64,
    ask_at: Option<i64>,
    created: i64,
    for_nothing: i64,
    reach: String,
}

impl Row {
    fn read(self) -> Result<AttemptRecord, StoreError> {
        let currency = Currency::parse(&self.currency).map_err(StoreError::damaged)?;
        Ok(AttemptRecord {
            id: AttemptId::parse(&self.id).map_err(StoreError::damaged)?,
            booking: BookingId::parse(&self.booking).map_err(StoreError::damaged)?,
            purpose: from_name(&self.purpose)?,
            salon: SalonSlug::parse(&self.salon).map_err(StoreError::damaged)?,
            sum: Money::new(self.sum, currency).map_err(StoreError::damaged)?,
            state: from_name(&self.state)?,
            confirmation_token: self.confirmation_token,
            intent: self.intent,
            charge: self.charge,
            decline: self.decline.as_deref().and_then(Decline::parse),
            refunded: self.refunded,
            reserved: self.reserved,
            for_nothing: self.for_nothing != 0,
            reach: from_name(&self.reach)?,
            asks: self.asks,
            ask_at: self.ask_at.map(Moment),
            created: Moment(self.created),
        })
    }
}

#[cfg(test)]
pub(crate) mod tests;
