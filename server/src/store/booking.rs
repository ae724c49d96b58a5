//! Bookings.

use domain::{
    cancellation::{CancellationTerms, Explained},
    changing::{Agreed, Permissions},
    currency::Currency,
    id::{BookingId, EmployeeId, GroupDateId, SalonSlug},
    money::Money,
    payment::BookingState,
    terms::Quote,
    time::Moment,
};
use sqlx::{AnyConnection, AnyExecutor, AnyPool, FromRow};

use super::{StoreError, from_json, from_name, salon::SalonRecord, sought, to_json, to_name};
use crate::api::{booking::Line, hold::Client, quote::Choice};

/// A booking as it is kept.
#[derive(Clone, Debug)]
pub struct BookingRecord {
    /// Its id.
    pub id: BookingId,
    /// The salon.
    pub salon: SalonSlug,
    /// What people say on the phone.
    pub reference: String,
    /// Grows with every change.
    pub version: i64,
    /// Until when the bearer's token acts for it; `None`: for good.
    pub token_until: Option<Moment>,
    /// Where it stands.
    pub state: BookingState,
    /// When its hold ends or ended.
    pub hold_until: Option<Moment>,
    /// Who does it.
    pub employee: EmployeeId,
    /// The date of a group event.
    pub group_date: Option<GroupDateId>,
    /// When it starts.
    pub start: Moment,
    /// When it ends.
    pub end: Moment,
    /// For whom.
    pub client: Client,
    /// What was chosen in the widget; `None` for a visit the salon made.
    pub choice: Option<Choice>,
    /// What it costs, what is due and why.
    pub quote: Quote,
    /// The salon's terms for cancelling when the client was told of them; `None`: booked before they were kept.
    pub cancellation: Option<CancellationTerms>,
    /// What its client might do with it online when it was made; `None`: booked before that was kept.
    pub changes: Option<Agreed>,
}

impl BookingRecord {
    /// What cancelling this booking costs, and from when on: by the terms that its client was told of. What the salon has set since
    /// then is for bookings made since then.
    #[must_use]
    pub fn cancelling(&self, salon: &SalonRecord) -> Explained {
        let agreed = self.cancellation.as_ref().unwrap_or(&salon.cancellation);
        agreed.explain(self.start, self.quote.services())
    }

    /// What its client may do with it online. What the salon has shortened since it was made is for bookings made since then.
    #[must_use]
    pub fn permissions(&self, salon: &SalonRecord, prepaid: bool) -> Permissions {
        match &self.changes {
            Some(agreed) => agreed.permissions(&salon.changes, prepaid),
            None => salon.changes.permissions(prepaid),
        }
    }
}

/// SHA-256 of a token, in hexadecimal: what the database knows of it.
#[must_use]
pub fn token_hash(token: &str) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(token.as_bytes()))
}

/// Each column by its name: PostgreSQL keeps a query with the columns it had, and with `*` a newer server that adds one
/// stops all older ones.
macro_rules! select {
    ($where:literal) => {
        concat!(
            "SELECT id, salon, reference, version, token_until, state, hold_until, employee, group_date, starts, ends, \
             client_name, email, phone, note, language, choice, quote, cancellation, changes FROM booking WHERE ",
            $where
        )
    };
}

/// The booking of this id.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: impl AnyExecutor<'_>, id: &BookingId) -> Result<Option<BookingRecord>, StoreError> {
    let row: Option<Row> = sqlx::query_as(select!("id = $1"))
        .bind(id.as_str())
        .fetch_optional(db)
        .await?;
    row.map(Row::read).transpose()
}

/// The booking that the token of this hash acts for.
///
/// # Errors
/// [`StoreError`].
pub async fn by_token(
    db: impl AnyExecutor<'_>,
    token_hash: &str,
) -> Result<Option<BookingRecord>, StoreError> {
    let row: Option<Row> = sqlx::query_as(select!("token_hash = $1"))
        .bind(token_hash)
        .fetch_optional(db)
        .await?;
    row.map(Row::read).transpose()
}

/// Whether the token of this hash acted for a booking until another page opened it.
///
/// # Errors
/// [`StoreError`].
pub async fn was_token(db: impl AnyExecutor<'_>, token_hash: &str) -> Result<bool, StoreError> {
    let found: Option<(String,)> = sqlx::query_as("SELECT id FROM booking WHERE former_token = $1 LIMIT 1")
        .bind(token_hash)
        .fetch_optional(db)
        .await?;
    Ok(found.is_some())
}

/// The services and products of a booking, in order.
///
/// # Errors
/// [`StoreError`].
pub async fn lines(
    db: impl AnyExecutor<'_>,
    id: &BookingId,
    currency: Currency,
) -> Result<Vec<Line>, StoreError> {
    let rows: Vec<(String, i64, i64, i64)> = sqlx::query_as(
        "SELECT name, minutes, price, is_from FROM booking_line WHERE booking = $1 ORDER BY position",
    )
    .bind(id.as_str())
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|(name, minutes, price, from)| {
            Ok(Line {
                name,
                minutes: u16::try_from(minutes).map_err(StoreError::damaged)?,
                price: Money::new(price, currency).map_err(StoreError::damaged)?,
                from: from != 0,
            })
        })
        .collect()
}

/// Writes a new booking with its lines.
///
/// # Errors
/// [`StoreError`]; a unique violation when the token or the reference is in use.
pub async fn insert(
    db: &mut AnyConnection,
    new: &BookingRecord,
    token_hash: Option<&str>,
    lines: &[Line],
    now: Moment,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO booking (id, salon, reference, version, token_hash, token_until, state, hold_until, employee, \
         group_date, starts, ends, client_name, email, phone, note, language, choice, quote, created, cancellation, sought, changes) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)",
    )
    .bind(new.id.as_str())
    .bind(new.salon.as_str())
    .bind(&new.reference)
    .bind(new.version)
    .bind(token_hash)
    .bind(new.token_until.map(|at| at.0))
    .bind(to_name(&new.state)?)
    .bind(new.hold_until.map(|at| at.0))
    .bind(new.employee.as_str())
    .bind(new.group_date.as_ref().map(GroupDateId::as_str))
    .bind(new.start.0)
    .bind(new.end.0)
    .bind(&new.client.name)
    .bind(&new.client.email)
    .bind(&new.client.phone)
    .bind(&new.client.note)
    .bind(&new.client.language)
    .bind(new.choice.as_ref().map(to_json).transpose()?)
    .bind(to_json(&new.quote)?)
    .bind(now.0)
    .bind(new.cancellation.as_ref().map(to_json).transpose()?)
    .bind(sought::of(&new.client))
    .bind(new.changes.as_ref().map(to_json).transpose()?)
    .execute(&mut *db)
    .await?;
    insert_lines(db, &new.id, lines).await
}

/// Writes what a booking holds now, if nobody changed it since it was read (`false` when somebody did).
///
/// # Errors
/// [`StoreError`].
pub async fn rewrite(db: &mut AnyConnection, to: &BookingRecord, lines: &[Line]) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE booking SET version = version + 1, state = $3, hold_until = $4, employee = $5, group_date = $6, \
         starts = $7, ends = $8, client_name = $9, email = $10, phone = $11, note = $12, language = $13, choice = $14, \
         quote = $15, cancellation = $16, end_at = 0, end_tries = 0, sought = $17, changes = $18 WHERE id = $1 AND version = $2",
    )
    .bind(to.id.as_str())
    .bind(to.version)
    .bind(to_name(&to.state)?)
    .bind(to.hold_until.map(|at| at.0))
    .bind(to.employee.as_str())
    .bind(to.group_date.as_ref().map(GroupDateId::as_str))
    .bind(to.start.0)
    .bind(to.end.0)
    .bind(&to.client.name)
    .bind(&to.client.email)
    .bind(&to.client.phone)
    .bind(&to.client.note)
    .bind(&to.client.language)
    .bind(to.choice.as_ref().map(to_json).transpose()?)
    .bind(to_json(&to.quote)?)
    .bind(to.cancellation.as_ref().map(to_json).transpose()?)
    .bind(sought::of(&to.client))
    .bind(to.changes.as_ref().map(to_json).transpose()?)
    .execute(&mut *db)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query("DELETE FROM booking_line WHERE booking = $1")
        .bind(to.id.as_str())
        .execute(&mut *db)
        .await?;
    insert_lines(db, &to.id, lines).await?;
    Ok(true)
}

/// Moves a booking to a state, if nobody changed it since this version (`false` when somebody did). Every change of a
/// booking's payment goes through here too, so that of two at once one notices.
///
/// # Errors
/// [`StoreError`].
pub async fn advance(
    db: &mut AnyConnection,
    id: &BookingId,
    version: i64,
    state: BookingState,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE booking SET version = version + 1, state = $3, end_at = 0 WHERE id = $1 AND version = $2",
    )
    .bind(id.as_str())
    .bind(version)
    .bind(to_name(&state)?)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Lets another token act for a booking, until then. The one before does not any more.
///
/// # Errors
/// [`StoreError`]; a unique violation when the token acts for another booking.
pub async fn set_token(
    db: &mut AnyConnection,
    id: &BookingId,
    token_hash: &str,
    until: Moment,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE booking SET former_token = CASE WHEN token_hash = $2 THEN former_token ELSE token_hash END, \
         token_hash = $2, token_until = $3 WHERE id = $1",
    )
    .bind(id.as_str())
    .bind(token_hash)
    .bind(until.0)
    .execute(db)
    .await?;
    Ok(())
}

/// When a salon's people are busy between two moments: bookings, holds and group events. Not the hold of the token with
/// this hash: who looks for another time may keep theirs.
///
/// # Errors
/// [`StoreError`].
pub async fn busy(
    db: &AnyPool,
    salon: &SalonSlug,
    from: Moment,
    to: Moment,
    own: Option<&str>,
) -> Result<Vec<(EmployeeId, Moment, Moment)>, StoreError> {
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT employee, starts, ends FROM booking \
         WHERE salon = $1 AND state IN ('held', 'booked') AND group_date IS NULL AND ends > $2 AND starts < $3 \
         AND (state = 'booked' OR token_hash IS NULL OR token_hash <> $4) \
         UNION ALL \
         SELECT d.employee, d.starts, d.starts + s.minutes * 60000 FROM group_date d JOIN service s ON s.id = d.service \
         WHERE s.salon = $1 AND d.starts + s.minutes * 60000 > $2 AND d.starts < $3",
    )
    .bind(salon.as_str())
    .bind(from.0)
    .bind(to.0)
    .bind(own.unwrap_or_default())
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|(employee, from, to)| {
            Ok((
                EmployeeId::parse(&employee).map_err(StoreError::damaged)?,
                Moment(from),
                Moment(to),
            ))
        })
        .collect()
}

async fn insert_lines(db: &mut AnyConnection, id: &BookingId, lines: &[Line]) -> Result<(), StoreError> {
    for (position, line) in (0_i64..).zip(lines) {
        sqlx::query(
            "INSERT INTO booking_line (booking, position, name, minutes, price, is_from) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(id.as_str())
        .bind(position)
        .bind(&line.name)
        .bind(i64::from(line.minutes))
        .bind(line.price.minor())
        .bind(i64::from(line.from))
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

#[derive(FromRow)]
struct Row {
    id: String,
    salon: String,
    reference: String,
    version: i64,
    token_until: Option<i64>,
    state: String,
    hold_until: Option<i64>,
    employee: String,
    group_date: Option<String>,
    starts: i64,
    ends: i64,
    client_name: String,
    email: String,
    phone: String,
    note: String,
    language: String,
    choice: Option<String>,
    quote: String,
    cancellation: Option<String>,
    changes: Option<String>,
}

impl Row {
    fn read(self) -> Result<BookingRecord, StoreError> {
        let group_date = self.group_date.as_deref().map(GroupDateId::parse).transpose();
        Ok(BookingRecord {
            id: BookingId::parse(&self.id).map_err(StoreError::damaged)?,
            salon: SalonSlug::parse(&self.salon).map_err(StoreError::damaged)?,
            reference: self.reference,
            version: self.version,
            token_until: self.token_until.map(Moment),
            state: from_name(&self.state)?,
            hold_until: self.hold_until.map(Moment),
            employee: EmployeeId::parse(&self.employee).map_err(StoreError::damaged)?,
            group_date: group_date.map_err(StoreError::damaged)?,
            start: Moment(self.starts),
            end: Moment(self.ends),
            client: Client {
                name: self.client_name,
                email: self.email,
                phone: self.phone,
                note: self.note,
                language: self.language,
            },
            choice: self.choice.as_deref().map(from_json).transpose()?,
            quote: from_json(&self.quote)?,
            cancellation: self.cancellation.as_deref().map(from_json).transpose()?,
            changes: self.changes.as_deref().map(from_json).transpose()?,
        })
    }
}
