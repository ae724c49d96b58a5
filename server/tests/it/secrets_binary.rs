//! The binary with real secrets, all that it says, and the files that it leaves.

use std::{
    io::Read as _,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

pub const MASTER: &str = "d1c2b3a4958677869504a3b2c1d0e1f2030405060708090a0b0c0d0e0f101112";
pub const FORMER_MASTER: &str = "00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210";
pub const SIGNING: &str = "whsec_of_a_run_that_is_searched_1";
pub const SIGNING_AFTER: &str = "whsec_of_a_run_that_is_searched_2";

/// The binary, with all that it says.
pub struct Binary {
    pub dir: tempfile::TempDir,
    stripe: String,
    settings: Vec<(&'static str, &'static str)>,
    child: Option<Child>,
    pub said: Arc<Mutex<Vec<u8>>>,
    pub url: String,
}

impl Binary {
    pub fn new(stripe: String) -> Binary {
        crate::harness::set_tls_provider();
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("key"), MASTER).unwrap();
        std::fs::write(dir.path().join("former"), FORMER_MASTER).unwrap();
        Binary {
            dir,
            stripe,
            settings: vec![],
            child: None,
            said: Arc::default(),
            url: String::new(),
        }
    }

    /// With one setting more.
    pub fn with(mut self, name: &'static str, value: &'static str) -> Binary {
        self.settings.push((name, value));
        self
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    pub fn command(&self, args: &[&str], listen: &str, key: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_booking-checkout"));
        command
            .args(args)
            .env_clear()
            .env("BOOKING_LISTEN", listen)
            .env("BOOKING_PUBLIC_URL", format!("http://{listen}"))
            .env("BOOKING_MASTER_KEY_FILE", self.path(key))
            .env("BOOKING_FORMER_MASTER_KEY_FILES", self.path("former"))
            .env("BOOKING_DATABASE_URL", self.database())
            .env("BOOKING_STRIPE_API", &self.stripe)
            .env("BOOKING_STRIPE_JS", format!("{}/endive/stripe.js", self.stripe))
            .env("BOOKING_MAIL_DIR", self.path("mail"))
            .env("BOOKING_LOG", "trace")
            .env("RUST_BACKTRACE", "1")
            .envs(self.settings.iter().copied());
        command
    }

    pub fn database(&self) -> String {
        format!("sqlite://{}", self.path("booking.db"))
    }

    /// Runs a command to its end, and gives what it printed for the person who started it.
    pub fn run(&self, args: &[&str], key: &str, secrets: &[(&str, &str)]) -> String {
        let mut command = self.command(args, "127.0.0.1:0", key);
        let output = command.envs(secrets.iter().copied()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{args:?}: {said}");
        self.said.lock().unwrap().extend(output.stderr);
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn seed(&self, key: &str, signing: &str) -> String {
        let secrets = [
            ("STRIPE_SECRET_KEY", stripe_sandbox::SECRET_KEY),
            ("STRIPE_WEBHOOK_SECRET", signing),
        ];
        let args = ["seed-demo", "--publishable-key", stripe_sandbox::PUBLISHABLE_KEY];
        self.run(&args, key, &secrets)
    }

    pub async fn serve(&mut self) {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let listen = free.local_addr().unwrap().to_string();
        drop(free);
        let mut command = self.command(&["serve"], &listen, "key");
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (said, also) = (self.said.clone(), self.said.clone());
        std::thread::spawn(move || follow(&mut err, &said));
        std::thread::spawn(move || follow(&mut out, &also));
        self.child = Some(child);
        self.url = format!("http://{listen}");
        let begun = Instant::now();
        while reqwest::get(format!("{}/healthz", self.url)).await.is_err() {
            assert!(begun.elapsed() < Duration::from_secs(30), "it does not serve");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub fn stop(&mut self) {
        let mut child = self.child.take().unwrap();
        let id = child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        assert!(child.wait().unwrap().success());
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn follow(from: &mut impl std::io::Read, to: &Mutex<Vec<u8>>) {
    let mut some = [0; 4096];
    while let Ok(read @ 1..) = from.read(&mut some) {
        to.lock().unwrap().extend_from_slice(&some[..read]);
    }
}

pub fn database_files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.display().to_string().contains("booking.db"))
        .map(|path| {
            let mut bytes = Vec::new();
            std::fs::File::open(&path)
                .unwrap()
                .read_to_end(&mut bytes)
                .unwrap();
            (path.file_name().unwrap().to_string_lossy().into_owned(), bytes)
        })
        .collect()
}

/// What an event with a secret in it would leave, were it kept as it came.
pub async fn plant(database: &str, payload: &str) {
    use sqlx::Connection as _;
    let mut db = sqlx::AnyConnection::connect(database).await.unwrap();
    sqlx::query(
        "INSERT INTO event (salon, id, type, received, payload) VALUES ('lumen', 'evt_planted', 'x', 0, $1)",
    )
    .bind(payload)
    .execute(&mut db)
    .await
    .unwrap();
    db.close().await.unwrap();
}
