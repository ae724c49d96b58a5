//! A scene: a house of its own, a browser of its own, and what every scene must keep whatever else it shows.

use std::{
    future::Future,
    io::Write,
    panic::{AssertUnwindSafe, resume_unwind},
    path::PathBuf,
    sync::{Arc, LazyLock, Mutex},
    time::{Duration, Instant},
};

use futures_util::FutureExt as _;
use tokio::sync::Semaphore;

use crate::{
    browser::{Browser, Look},
    house::House,
    widget::Widget,
};

/// How long a condition may take to come true. Generous: machines that run tests are busy.
const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(40);
/// How long a whole scene may take.
const LIMIT: Duration = Duration::from_secs(120);

/// Browsers at once: one a core of a small machine.
static BROWSERS: Semaphore = Semaphore::const_new(2);

/// Everything the server has logged in this process.
static LOG: LazyLock<Arc<Mutex<Vec<u8>>>> = LazyLock::new(Arc::default);

/// What a test plays in.
pub struct Scene {
    pub house: House,
    pub browser: Browser,
}

impl Scene {
    /// The widget in the browser's present tab and frame.
    pub fn widget(&self) -> Widget<'_> {
        Widget {
            browser: &self.browser,
            house: &self.house,
        }
    }
}

/// Plays a scene in an English browser, 1280 pixels wide.
pub async fn scene(play: impl AsyncFnOnce(&Scene)) {
    scene_in(Look::default(), play).await;
}

/// Plays a scene. Whatever it shows, no secret may be in a page or in the log, and the browser may have nothing to complain of.
pub async fn scene_in(look: Look, play: impl AsyncFnOnce(&Scene)) {
    let name = std::thread::current()
        .name()
        .unwrap_or("scene")
        .replace("::", "-");
    follow_log();
    let _turn = BROWSERS.acquire().await.unwrap();
    let scene = Scene {
        house: House::start().await,
        browser: Browser::start(&look).await,
    };
    let whole = async {
        play(&scene).await;
        scene.browser.top().await;
        scene.is_clean().await;
    };
    let played = AssertUnwindSafe(tokio::time::timeout(LIMIT, whole))
        .catch_unwind()
        .await;
    if !matches!(played, Ok(Ok(()))) {
        scene.browser.leave_traces(&folder("e2e").join(&name)).await;
    }
    scene.browser.quit().await;
    match played {
        Ok(Ok(())) => {}
        Ok(Err(_)) => panic!("{name} took longer than {LIMIT:?}"),
        Err(panic) => resume_unwind(panic),
    }
}

impl Scene {
    async fn is_clean(&self) {
        let page = self.browser.source().await;
        // A text that the page has not got shows its key instead.
        let keys = r"(document.body.innerText.match(/\b(details|employee|empty|group|services|taken|terms|time|wrong|visit|pay|due|done|hold|cancel|why|link|card|net)\.[a-z_]+/g) || []).join()";
        assert_eq!(self.browser.js(keys).await, "", "texts are missing");
        let log = String::from_utf8_lossy(&LOG.lock().unwrap()).into_owned();
        for secret in [&*["sk", "_test_"].concat(), "whsec_", "_secret_"] {
            assert!(!page.contains(secret), "{secret} is in the page");
            let line = log.lines().find(|line| line.contains(secret));
            assert!(line.is_none(), "{secret} is in the server's log: {line:?}");
        }
        let complaints: Vec<String> = self
            .browser
            .console()
            .await
            .into_iter()
            .filter(|line| is_bad(line))
            .collect();
        assert!(complaints.is_empty(), "the browser complains: {complaints:#?}");
    }
}

/// Refused calls are part of many scenes; these never are.
fn is_bad(line: &str) -> bool {
    ["Content Security Policy", "Uncaught", "panicked", "RuntimeError"]
        .iter()
        .any(|bad| line.contains(bad))
}

/// Asks until there is an answer.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain: {what}");
        tokio::time::sleep(POLL).await;
    }
}

/// A folder below `target/`.
pub fn folder(name: &str) -> PathBuf {
    // The test's own program lies in target/debug/deps.
    let program = std::env::current_exe().unwrap();
    let target = program
        .ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").exists())
        .unwrap();
    let folder = target.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn follow_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| "server=debug,stripe_sandbox=warn,info".parse().unwrap());
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(|| Log)
        .try_init();
}

/// Keeps the log, and shows it when RUST_LOG asks for it.
struct Log;

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap().extend_from_slice(line);
        if std::env::var_os("RUST_LOG").is_some() {
            eprint!("{}", String::from_utf8_lossy(line));
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
