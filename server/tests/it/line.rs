//! SQLite's writers, side by side: what was answered stays, what was not leaves nothing.

use server::{config::DatabaseUrl, store::Store};

async fn books() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("books.db");
    let url = DatabaseUrl::parse(format!("sqlite://{}", path.display())).unwrap();
    let store = Store::open(&url).await.unwrap();
    let mut write = store.write().await.unwrap();
    sqlx::query("CREATE TABLE note (number BIGINT PRIMARY KEY, text TEXT NOT NULL)")
        .execute(write.conn())
        .await
        .unwrap();
    write.commit().await.unwrap();
    (folder, store)
}

async fn put(store: &Store, number: i64, text: &str, keep: bool) -> bool {
    let Ok(mut write) = store.write().await else {
        return false;
    };
    let done = sqlx::query("INSERT INTO note (number, text) VALUES ($1, $2)")
        .bind(number)
        .bind(text)
        .execute(write.conn())
        .await;
    done.is_ok() && keep && write.commit().await.is_ok()
}

async fn kept(store: &Store) -> Vec<i64> {
    let rows: Vec<(i64,)> = sqlx::query_as("SELECT number FROM note ORDER BY number")
        .fetch_all(store.read())
        .await
        .unwrap();
    rows.into_iter().map(|(number,)| number).collect()
}

/// Puts many notes at once; the numbers of those that were answered with yes.
async fn put_all(store: &Store, count: i64, text: &'static str, keep: fn(i64) -> bool) -> Vec<i64> {
    let writers: Vec<_> = (0..count)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { put(&store, number, text, keep(number)).await.then_some(number) })
        })
        .collect();
    let mut answered = Vec::new();
    for writer in writers {
        answered.extend(writer.await.unwrap());
    }
    answered
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_gives_up_takes_nobody_along() {
    let (_folder, store) = books().await;
    let answered = put_all(&store, 90, "short", |number| number % 3 != 0).await;
    assert_eq!(answered.len(), 60);
    assert_eq!(kept(&store).await, answered);
}

#[tokio::test]
async fn who_gives_up_alone_leaves_the_file_to_others() {
    let (folder, store) = books().await;
    assert!(!put(&store, 1, "dropped", false).await);
    let path = folder.path().join("books.db");
    let url = DatabaseUrl::parse(format!("sqlite://{}", path.display())).unwrap();
    let other = Store::open(&url).await.unwrap();
    assert!(put(&other, 2, "of another process", true).await);
    assert_eq!(kept(&store).await, [2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_exactly_what_was_answered_remains() {
    let (_folder, store) = books().await;
    let mut write = store.write().await.unwrap();
    // SQLite raises it to what the file has already.
    sqlx::query("PRAGMA max_page_count = 60")
        .execute(write.conn())
        .await
        .unwrap();
    write.commit().await.unwrap();
    let long: &'static str = Box::leak("x".repeat(9_000).into_boxed_str());
    let answered = put_all(&store, 60, long, |_| true).await;
    assert!((1..60).contains(&answered.len()), "{} of 60", answered.len());
    assert_eq!(kept(&store).await, answered);
    assert!(put(&store, 1_000, "and it goes on", true).await);
}

#[tokio::test]
async fn a_writer_that_hangs_up_while_it_waits_for_the_disk_stops_nobody() {
    let (_folder, store) = books().await;
    let mut first = store.write().await.unwrap();
    sqlx::query("INSERT INTO note (number, text) VALUES (1, 'a')")
        .execute(first.conn())
        .await
        .unwrap();
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { put(&store, 2, "b", true).await }
    });
    let committing = tokio::spawn(first.commit());
    tokio::task::yield_now().await;
    committing.abort();
    assert!(waiting.await.unwrap());
    assert!(put(&store, 3, "c", true).await);
    assert!(kept(&store).await.ends_with(&[2, 3]));
}
