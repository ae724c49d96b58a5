//! A fresh database on the PostgreSQL that `TEST_DATABASE` names, for one test.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

/// The setting that names a PostgreSQL, and a role that may make databases (`cargo xtask postgres` starts one).
pub const VARIABLE: &str = "TEST_DATABASE";

/// A database that ends with its test.
#[derive(Debug)]
pub struct Database {
    server: String,
    name: String,
}

/// The PostgreSQL to test on, if one is named.
pub fn server() -> Option<String> {
    std::env::var(VARIABLE).ok().filter(|url| !url.is_empty())
}

impl Database {
    /// Makes one.
    pub async fn make(server: String) -> Database {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("booking_test_{}_{number}", std::process::id());
        run(&server, &format!("CREATE DATABASE {name}")).await;
        Database { server, name }
    }

    /// Its address.
    pub fn url(&self) -> String {
        let (scheme, rest) = self.server.split_once("://").unwrap();
        let (rest, query) = rest.split_once('?').map_or((rest, None), |(a, b)| (a, Some(b)));
        let host = rest.split('/').next().unwrap();
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        format!("{scheme}://{host}/{}{query}", self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A runtime of its own: the test's may be the one that runs this.
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let sql = format!("DROP DATABASE {name} WITH (FORCE)");
            runtime.unwrap().block_on(run(&server, &sql));
        });
        // A test that failed says why by itself.
        let _ = thread.join();
    }
}

async fn run(server: &str, sql: &str) {
    sqlx::any::install_default_drivers();
    let mut conn = AnyConnection::connect(server)
        .await
        .unwrap_or_else(|error| panic!("{VARIABLE}: {error}"));
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&mut conn)
        .await
        .unwrap();
    conn.close().await.unwrap();
}
