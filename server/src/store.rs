//! The books: SQLite by default, PostgreSQL by one setting, with the same SQL.
//!
//! Reads go to the pool. Writes go through [`Store::write`]: on SQLite one at a time, so that they queue here in order
//! instead of failing there by chance, and share their flushes (`line.rs`); on PostgreSQL side by side, kept apart by the
//! version of each booking.

pub mod asking;
pub mod attempt;
pub mod audit;
pub mod behind;
pub mod booking;
pub mod card;
pub mod claim;
pub mod dispute;
pub mod elsewhere;
pub mod event;
pub mod evidence;
pub mod fee;
pub mod hold;
pub mod job;
pub mod ledger;
mod line;
pub mod link;
pub mod manage;
pub mod messages;
pub mod missed;
pub mod offer;
pub mod payout;
pub mod reading;
pub mod refund;
pub mod rollup;
pub mod salon;
pub mod sealed;
pub mod session;
pub mod sought;
pub mod staff;
pub mod unsent;
pub mod visit;
pub mod withdrawn;
mod write;
pub mod wrong_password;

use sqlx::{AnyPool, any::AnyPoolOptions};

use self::line::{Line, PATIENCE};
pub use self::write::Write;
use crate::config::DatabaseUrl;

/// The database.
#[derive(Clone, Debug)]
pub struct Store {
    pool: AnyPool,
    /// SQLite's writers; on PostgreSQL there is none, and they take connections of the pool.
    line: Option<Line>,
}

/// What can go wrong with the database, as far as a caller acts on it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Locked, or no connection in time: the same call may be made again.
    #[error("the database is busy: {0}")]
    Busy(#[source] sqlx::Error),
    /// What ran beside it came between (PostgreSQL: serialization failure, deadlock): nothing of it remains, and it may be done
    /// anew at once.
    #[error("what ran beside it came between: {0}")]
    Conflict(#[source] sqlx::Error),
    /// No room left on the disk.
    #[error("the disk is full: {0}")]
    Full(#[source] sqlx::Error),
    /// A row that the code wrote can't be read back.
    #[error("the database holds what it should not: {0}")]
    Damaged(String),
    /// Anything else.
    #[error("the database failed: {0}")]
    Failed(#[source] sqlx::Error),
}

/// PostgreSQL's own time limits, where the address or the role sets none: one transaction that hangs must not hold up all
/// others for ever.
const LIMITS: [&str; 3] = [
    "SELECT set_config('lock_timeout', '5s', false) WHERE current_setting('lock_timeout') = '0'",
    "SELECT set_config('statement_timeout', '20s', false) WHERE current_setting('statement_timeout') = '0'",
    "SELECT set_config('idle_in_transaction_session_timeout', '20s', false) \
     WHERE current_setting('idle_in_transaction_session_timeout') = '0'",
];

impl Store {
    /// Opens the database, makes it if it is a SQLite file that isn't there, and brings its tables up to date.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be reached, written or migrated.
    pub async fn open(url: &DatabaseUrl) -> Result<Store, StoreError> {
        sqlx::any::install_default_drivers();
        let sqlite = url.is_sqlite();
        let address = match url.reveal() {
            path if sqlite && !path.contains('?') => format!("{path}?mode=rwc"),
            other => other.to_owned(),
        };
        let pool = AnyPoolOptions::new()
            .max_connections(if sqlite { 10 } else { 16 })
            .acquire_timeout(PATIENCE)
            // A file does not go away like a server does: asking each time whether it is still there doubles a read's cost.
            .test_before_acquire(!sqlite)
            .after_connect(move |conn, _| {
                Box::pin(async move {
                    if sqlite {
                        return line::set_up(conn).await;
                    }
                    for limit in LIMITS {
                        sqlx::query(limit).execute(&mut *conn).await?;
                    }
                    Ok(())
                })
            })
            .connect(&address)
            .await?;
        sqlx::migrate!().run(&pool).await.map_err(|error| match error {
            sqlx::migrate::MigrateError::Execute(error) => StoreError::from(error),
            other => StoreError::Damaged(other.to_string()),
        })?;
        let line = if sqlite {
            Some(Line::open(&address).await?)
        } else {
            None
        };
        Ok(Store { pool, line })
    }

    /// For reading.
    #[must_use]
    pub fn read(&self) -> &AnyPool {
        &self.pool
    }

    /// Begins a transaction that may write.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when its turn does not come in time.
    pub async fn write(&self) -> Result<Write, StoreError> {
        Ok(match &self.line {
            Some(line) => line.turn().await?.into(),
            None => self.pool.begin().await?.into(),
        })
    }

    /// Closes all connections, after what is under way.
    pub async fn close(&self) {
        if let Some(line) = &self.line {
            line.close().await;
        }
        self.pool.close().await;
    }
}

impl StoreError {
    /// A row that can't be what it is.
    pub fn damaged(what: impl std::fmt::Display) -> StoreError {
        StoreError::Damaged(what.to_string())
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> StoreError {
        let code = error
            .as_database_error()
            .and_then(|e| e.code())
            .unwrap_or_default()
            .into_owned();
        // SQLite's primary codes are the low byte of the extended ones; PostgreSQL's are five letters.
        let sqlite = if code.len() == 5 {
            0
        } else {
            code.parse::<u32>().unwrap_or_default() & 0xff
        };
        match (sqlite, code.as_str(), &error) {
            (_, "40001" | "40P01", _) => StoreError::Conflict(error),
            // Locked, or shutting down, starting up, full of connections.
            (5 | 6, _, _) | (_, "55P03" | "57P01" | "57P02" | "57P03" | "53300", _) => {
                StoreError::Busy(error)
            }
            (_, _, sqlx::Error::PoolTimedOut | sqlx::Error::Io(_)) => StoreError::Busy(error),
            (13, _, _) | (_, "53100", _) => StoreError::Full(error),
            _ => StoreError::Failed(error),
        }
    }
}

/// True when this is a violated unique constraint: somebody else was first.
#[must_use]
pub fn is_taken(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

/// Reads what [`to_json`] wrote.
fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(StoreError::damaged)
}

/// A value as the text it is stored as.
fn to_json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(StoreError::damaged)
}

/// An enum without data as the bare name it is stored as, and back: what serde calls it.
fn to_name<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    match serde_json::to_value(value).map_err(StoreError::damaged)? {
        serde_json::Value::String(name) => Ok(name),
        other => Err(StoreError::damaged(format!("{other} is no name"))),
    }
}

fn from_name<T: serde::de::DeserializeOwned>(name: &str) -> Result<T, StoreError> {
    serde_json::from_value(serde_json::Value::String(name.to_owned())).map_err(StoreError::damaged)
}
