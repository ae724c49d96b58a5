//! What a server stands on is gone for a while: no file may grow, or there is no database.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::{dice::Dice, house::House};

const PATIENCE: Duration = Duration::from_secs(60);

/// The disk of SQLite's one server is full for a while, and still is when the process is killed. The next one has room again.
///
/// A limit on the size of its files does it: what would make one longer fails, and so does a write beyond it, as on a disk
/// whose quota is used up. Its log and its letters are files as well.
pub async fn no_room(house: &House, dice: &mut Dice) {
    let log = fs::metadata(house.folder.path().join("books.db-wal")).map_or(0, |file| file.len());
    let room = *dice.pick(&[0, log / 2, log]);
    let done = Command::new("prlimit")
        .arg(format!("--pid={}", house.process()))
        .arg(format!("--fsize={room}:unlimited"))
        .status()
        .unwrap();
    assert!(done.success(), "prlimit: {done}");
    tokio::time::sleep(Duration::from_millis(50 + dice.below(950))).await;
}

/// A PostgreSQL that these tests may end and start.
pub struct Postgres {
    data: PathBuf,
    /// Once it was started here.
    child: Option<Child>,
}

impl Postgres {
    /// The one at this address, if its folder is on this machine: `cargo xtask` starts such a one.
    pub fn of(address: &str) -> Option<Postgres> {
        let host = address.split_once("host=")?.1.split('&').next()?;
        let data = Path::new(host).join("data");
        data.join("postmaster.opts")
            .exists()
            .then_some(Postgres { data, child: None })
    }

    /// Ends it as a crash would, without finishing anything; then nobody is there for a while, and then it recovers from its log.
    pub async fn is_gone_for_a_while(&mut self, house: &House, dice: &mut Dice) {
        self.end();
        tokio::time::sleep(Duration::from_millis(dice.below(2_500))).await;
        self.child = Some(self.start());
        let begun = Instant::now();
        while sqlx::query("SELECT 1").execute(&house.books).await.is_err() {
            assert!(begun.elapsed() < PATIENCE, "PostgreSQL does not come back");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// SIGQUIT: its processes stop at once, and what was not flushed is not (PostgreSQL: "Immediate Shutdown").
    pub fn end(&mut self) {
        let file = self.data.join("postmaster.pid");
        let text = fs::read_to_string(&file).unwrap_or_default();
        let Some(id) = text.lines().next() else { return };
        let sent = Command::new("kill").args(["-QUIT", id]).status().unwrap();
        assert!(sent.success(), "kill: {sent}");
        if let Some(mut child) = self.child.take() {
            child.wait().unwrap();
        }
        let begun = Instant::now();
        while file.exists() {
            assert!(begun.elapsed() < PATIENCE, "PostgreSQL does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// As it was started before, which it has written down: as its own user, and to end with us.
    fn start(&self) -> Child {
        let words = fs::read_to_string(self.data.join("postmaster.opts")).unwrap();
        let mut words = words.trim().split('"');
        let program = words.next().unwrap().trim();
        let (owner, us) = (
            fs::metadata(&self.data).unwrap(),
            fs::metadata("/proc/self").unwrap(),
        );
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "QUIT"]);
        if owner.uid() != us.uid() {
            command.args(["--reuid", &owner.uid().to_string()]);
            command.args(["--regid", &owner.gid().to_string(), "--clear-groups"]);
        }
        command
            .arg(program)
            // Between two words there is a blank.
            .args(words.filter(|word| !word.trim().is_empty()))
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.spawn().unwrap()
    }
}
