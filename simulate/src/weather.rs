//! What goes wrong around a process: its disk, its database, its life.

use sqlx::{AnyConnection, Connection as _};

use crate::history::{Go, History, Who, Wrong};

/// What goes wrong while the next thing runs.
#[derive(Debug, Default)]
pub struct Weather {
    /// What is to come.
    pub next: Kind,
    now: Kind,
    lock: Option<AnyConnection>,
}

/// A kind of trouble.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Kind {
    /// None.
    #[default]
    Fine,
    /// Another program has locked the database.
    Locked,
    /// There is no room for another page.
    Full,
    /// The process dies at this look at the clock.
    Death(i64),
}

impl History<'_> {
    /// Chooses what goes wrong while the next thing runs. A worker writes many times, and waits for a lock in real time: it gets
    /// the other kinds.
    pub fn choose_weather(&mut self) {
        if self.calm {
            return;
        }
        let looks = self.dice.between(0, 9);
        let kinds = [
            (92, Kind::Fine),
            (2, Kind::Locked),
            (3, Kind::Full),
            (5, Kind::Death(looks)),
        ];
        self.weather.next = self.dice.pick(&kinds).unwrap_or_default();
    }

    /// Brings what was chosen.
    pub async fn before_run(&mut self, who: Option<Who>) -> Go {
        let mut kind = std::mem::take(&mut self.weather.next);
        if kind == Kind::Locked && !matches!(who, Some(Who::Client(_) | Who::Post(_))) {
            kind = Kind::Full;
        }
        self.weather.now = kind;
        match kind {
            Kind::Fine => Ok(()),
            Kind::Death(looks) => {
                self.clock.die_at(Some(looks));
                Ok(())
            }
            Kind::Full => {
                self.figures.count("disks that were full");
                self.trace.then("(the disk is full)");
                // Below what it has, SQLite takes what it has.
                self.tell_writers("PRAGMA max_page_count = 1").await
            }
            Kind::Locked => {
                self.figures.count("databases that were locked");
                self.trace.then("(the database is locked)");
                self.tell_writers("PRAGMA busy_timeout = 0").await?;
                let lock = async {
                    let mut lock = AnyConnection::connect(&self.books.url()).await?;
                    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut lock).await?;
                    Ok::<_, sqlx::Error>(lock)
                };
                self.weather.lock = Some(lock.await.map_err(trouble)?);
                Ok(())
            }
        }
    }

    /// Ends it.
    pub async fn after_run(&mut self) -> Go {
        match std::mem::take(&mut self.weather.now) {
            Kind::Fine => Ok(()),
            Kind::Death(_) => {
                self.clock.die_at(None);
                Ok(())
            }
            Kind::Full => self.tell_writers("PRAGMA max_page_count = 1073741823").await,
            Kind::Locked => {
                if let Some(mut lock) = self.weather.lock.take() {
                    sqlx::raw_sql("ROLLBACK")
                        .execute(&mut lock)
                        .await
                        .map_err(trouble)?;
                    lock.close().await.map_err(trouble)?;
                }
                self.tell_writers("PRAGMA busy_timeout = 5000").await
            }
        }
    }

    /// Says something to the connections that write.
    async fn tell_writers(&mut self, sql: &'static str) -> Go {
        for process in &self.processes {
            let told = async {
                let mut write = process.app.store.write().await?;
                sqlx::raw_sql(sql).execute(write.conn()).await?;
                // Nothing was written; but it waits until whatever others left open is flushed.
                write.commit().await
            };
            told.await.map_err(|error| Wrong::Trouble(error.into()))?;
        }
        Ok(())
    }
}

fn trouble(error: sqlx::Error) -> Wrong {
    Wrong::Trouble(error.into())
}
