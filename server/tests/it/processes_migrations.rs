//! The tables: up, down and up again, and by several servers that start at once.

use server::{config::DatabaseUrl, store::Store};
use sqlx::{
    AnyPool,
    migrate::{MigrationType, Migrator},
};

use crate::harness::{Books, all};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

#[tokio::test]
async fn each_step_down_leaves_what_the_step_up_had_found() {
    let books = Books::fresh().await;
    let pool = open(&books).await;
    let mut versions = vec![0];
    let ups = MIGRATIONS
        .iter()
        .filter(|step| step.migration_type != MigrationType::ReversibleDown);
    versions.extend(ups.map(|step| step.version));

    let mut found = Vec::new();
    for version in &versions {
        MIGRATIONS.run_to(*version, &pool).await.unwrap();
        found.push(tables(&books, &pool).await);
    }
    assert!(found[0].is_empty() && found[1].len() > 100, "{found:?}");
    for (version, before) in versions.iter().zip(&found).rev().skip(1) {
        MIGRATIONS.undo(&pool, *version).await.unwrap();
        assert_eq!(tables(&books, &pool).await, *before, "down to {version}");
    }
    MIGRATIONS.run(&pool).await.unwrap();
    assert_eq!(Some(&tables(&books, &pool).await), found.last());
}

/// PostgreSQL alone: a SQLite file has one server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: cargo xtask test --only postgres"]
async fn servers_that_start_at_once_make_the_tables_once() {
    for _ in 0..5 {
        let books = Books::fresh().await;
        let url = DatabaseUrl::parse(books.url()).unwrap();
        let opened = all((0..4).map(|_| Store::open(&url)).collect()).await;
        for store in &opened {
            let store = store.as_ref().unwrap();
            let (steps,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM _sqlx_migrations")
                .fetch_one(store.read())
                .await
                .unwrap();
            assert!(
                usize::try_from(steps).unwrap() * 2 == MIGRATIONS.iter().count(),
                "{steps}"
            );
        }
        for store in opened {
            store.unwrap().close().await;
        }
    }
}

async fn open(books: &Books) -> AnyPool {
    sqlx::any::install_default_drivers();
    let url = if books.is_sqlite() {
        format!("{}?mode=rwc", books.url())
    } else {
        books.url()
    };
    AnyPool::connect(&url).await.unwrap()
}

/// Every column, index and constraint, in words.
async fn tables(books: &Books, pool: &AnyPool) -> Vec<String> {
    let sql = if books.is_sqlite() {
        "SELECT t.name || ' ' || c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' ' || c.pk || ' ' || COALESCE(c.dflt_value, '') \
         FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.name NOT LIKE '%sqlx%' \
         UNION ALL SELECT name || ' ' || COALESCE(sql, tbl_name) FROM sqlite_master WHERE name NOT LIKE '%sqlx%' AND type <> 'table' \
         ORDER BY 1"
    } else {
        "SELECT CAST(table_name || ' ' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || COALESCE(column_default, '') AS TEXT) \
         FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '%sqlx%' \
         UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename NOT LIKE '%sqlx%' \
         UNION ALL SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint \
         WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text NOT LIKE '%sqlx%' ORDER BY 1"
    };
    let rows: Vec<(String,)> = sqlx::query_as(sql).fetch_all(pool).await.unwrap();
    rows.into_iter().map(|(row,)| row).collect()
}
