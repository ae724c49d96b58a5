//! SQLite's writers: they stand in a line, one writes at a time, and all who stood in it share one flush to the disk.
//!
//! Each writer has a savepoint of its own inside a transaction that the writers before it may have begun. Who is done waits
//! for the flush, which stands in the same line behind those who came meanwhile. So a writer alone flushes at once, and
//! under load one flush serves many. If the flush fails, it fails for all of them; if one of them fails, only its own
//! savepoint is undone. The others' stay open until the flush, one in the other: each statement is a way to another
//! thread and back, and releasing them would be one more for each writer.

use std::{sync::Arc, time::Duration};

use sqlx::{AnyConnection, Connection as _};
use tokio::{
    runtime::Handle,
    sync::{Mutex, OwnedMutexGuard, watch},
    time::timeout,
};

use super::StoreError;

/// How long a request waits for its turn to write, or for a connection.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// The line of those who want to write to one SQLite file.
#[derive(Clone, Debug)]
pub struct Line(Arc<Mutex<Place>>);

/// A writer's turn: dropped without [`Turn::commit`], nothing of what it wrote remains.
#[derive(Debug)]
pub struct Turn {
    place: OwnedMutexGuard<Place>,
    done: bool,
}

/// Where one writes: the only connection that does.
#[derive(Debug)]
struct Place {
    address: String,
    conn: AnyConnection,
    /// The connection can't be relied on any more: the next writer makes a new one.
    broken: bool,
    /// The savepoint of a writer that gave up is still to be undone.
    undo: bool,
    batch: Option<Batch>,
}

/// Those whose writes are in the transaction that is open.
#[derive(Debug)]
struct Batch {
    members: usize,
    flush_comes: bool,
    tell: watch::Sender<Option<Flushed>>,
}

/// What became of a batch.
#[derive(Clone, Debug)]
enum Flushed {
    Done,
    Busy(String),
    Full(String),
    Failed(String),
}

impl Line {
    /// Opens the connection that writes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open(address: &str) -> Result<Line, StoreError> {
        let place = Place {
            address: address.to_owned(),
            conn: connect(address).await?,
            broken: false,
            undo: false,
            batch: None,
        };
        Ok(Line(Arc::new(Mutex::new(place))))
    }

    /// Waits for a turn, and begins it.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when it does not come in time.
    pub async fn turn(&self) -> Result<Turn, StoreError> {
        let Ok(mut place) = timeout(PATIENCE, self.0.clone().lock_owned()).await else {
            return Err(StoreError::Busy(sqlx::Error::PoolTimedOut));
        };
        place.begin().await?;
        Ok(Turn { place, done: false })
    }

    /// Waits until nothing is under way any more.
    pub async fn close(&self) {
        self.0.lock().await.flush().await;
    }
}

impl Turn {
    /// The connection.
    pub fn conn(&mut self) -> &mut AnyConnection {
        &mut self.place.conn
    }

    /// Makes it last: returns when it is on the disk.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing of it remains.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        let Some(batch) = &mut self.place.batch else {
            return Err(StoreError::damaged("a turn outside of any transaction"));
        };
        batch.members += 1;
        let mut told = batch.tell.subscribe();
        self.done = true;
        self.order_flush();
        drop(self);
        let flushed = told.wait_for(Option::is_some).await;
        match flushed.ok().as_deref() {
            Some(Some(Flushed::Done)) => Ok(()),
            Some(Some(Flushed::Busy(why))) => Err(StoreError::Busy(sqlx::Error::Protocol(why.clone()))),
            Some(Some(Flushed::Full(why))) => Err(StoreError::Full(sqlx::Error::Protocol(why.clone()))),
            Some(Some(Flushed::Failed(why))) => Err(StoreError::Failed(sqlx::Error::Protocol(why.clone()))),
            Some(None) | None => Err(StoreError::Busy(sqlx::Error::WorkerCrashed)),
        }
    }

    /// Puts a flush at the end of the line, unless one stands in it. It is a task of its own: nobody who hangs up takes it
    /// along.
    fn order_flush(&mut self) {
        let line = OwnedMutexGuard::mutex(&self.place).clone();
        if let Some(batch) = &mut self.place.batch
            && !batch.flush_comes
            && let Ok(runtime) = Handle::try_current()
        {
            batch.flush_comes = true;
            runtime.spawn(async move { line.lock_owned().await.flush().await });
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.done {
            self.place.undo = true;
            self.order_flush();
        }
    }
}

impl Place {
    async fn begin(&mut self) -> Result<(), StoreError> {
        self.undo().await;
        if self.broken {
            self.tell(Flushed::Busy(
                "another write failed together with this one".to_owned(),
            ));
            self.conn = connect(&self.address).await?;
            self.broken = false;
        }
        if self.batch.is_some() {
            return self.or_broken("SAVEPOINT member").await;
        }
        self.or_broken("BEGIN IMMEDIATE; SAVEPOINT member").await?;
        self.batch = Some(Batch {
            members: 0,
            flush_comes: false,
            tell: watch::Sender::new(None),
        });
        Ok(())
    }

    /// Takes back what a writer that gave up has written. SQLite itself rolls everything back on some errors (a full
    /// disk): then the savepoint is gone, and so is what the writers before it wrote.
    async fn undo(&mut self) {
        if std::mem::take(&mut self.undo) && !self.broken {
            // An error is noted in `broken`, and told to those it concerns.
            let _ = self.or_broken("ROLLBACK TO member; RELEASE member").await;
        }
    }

    async fn flush(&mut self) {
        self.undo().await;
        let Some(batch) = &self.batch else { return };
        let end = if batch.members == 0 { "ROLLBACK" } else { "COMMIT" };
        let flushed = if self.broken {
            Flushed::Busy("another write failed together with this one".to_owned())
        } else {
            match self.or_broken(end).await {
                Ok(()) => Flushed::Done,
                Err(StoreError::Busy(why)) => Flushed::Busy(why.to_string()),
                Err(StoreError::Full(why)) => Flushed::Full(why.to_string()),
                Err(why) => Flushed::Failed(why.to_string()),
            }
        };
        self.tell(flushed);
    }

    fn tell(&mut self, flushed: Flushed) {
        if let Some(batch) = self.batch.take() {
            batch.tell.send_replace(Some(flushed));
        }
    }

    async fn or_broken(&mut self, sql: &'static str) -> Result<(), StoreError> {
        let result = run(&mut self.conn, sql).await;
        self.broken = result.is_err();
        result
    }
}

/// Makes a connection, as every one to SQLite must be.
///
/// # Errors
/// [`StoreError`].
async fn connect(address: &str) -> Result<AnyConnection, StoreError> {
    let mut conn = AnyConnection::connect(address).await?;
    set_up(&mut conn).await?;
    Ok(conn)
}

/// What every connection to SQLite is told.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn set_up(conn: &mut AnyConnection) -> Result<(), sqlx::Error> {
    // FULL: a commit that was answered survives a power cut.
    let pragmas = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON";
    sqlx::raw_sql(pragmas).execute(conn).await.map(|_| ())
}

async fn run(conn: &mut AnyConnection, sql: &'static str) -> Result<(), StoreError> {
    sqlx::raw_sql(sql).execute(conn).await?;
    Ok(())
}
