//! The database and the folder of a test's servers.

use crate::postgres_database::{self, Database};

/// Where a test's servers keep what they know.
pub struct Books {
    pub dir: tempfile::TempDir,
    /// None: a SQLite file in the folder.
    database: Option<Database>,
}

impl Books {
    /// Empty ones, on SQLite or on the PostgreSQL that `TEST_DATABASE` names.
    pub async fn fresh() -> Books {
        Books::new(postgres_database::server()).await
    }

    pub async fn new(server: Option<String>) -> Books {
        let database = match server {
            Some(server) => Some(Database::make(server).await),
            None => None,
        };
        Books {
            dir: tempfile::tempdir().unwrap(),
            database,
        }
    }

    pub fn is_sqlite(&self) -> bool {
        self.database.is_none()
    }

    pub fn url(&self) -> String {
        match &self.database {
            Some(database) => database.url(),
            None => format!("sqlite://{}/booking.db", self.dir.path().display()),
        }
    }
}
