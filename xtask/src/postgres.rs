//! A PostgreSQL of our own: made when it is wanted, gone when we end. The system's is neither used nor touched.

use crate::failure::{Failure, OrSay, Outcome};
use crate::say::Step;
use crate::tools::{self, Need};
use crate::{files, run, say, stop};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The setting that tells the server's tests where PostgreSQL is; they make a database each.
pub const VARIABLE: &str = "TEST_DATABASE";

const MINUTE: Duration = Duration::from_secs(60);
const ENDS_WITHIN: Duration = Duration::from_secs(10);
/// Whom the server runs as when we are root, which it refuses to be. Debian's package makes this user.
const USER: &str = "postgres";

/// A running PostgreSQL. Dropped, it is ended and leaves nothing behind.
pub struct Cluster {
    folder: PathBuf,
    child: Option<Child>,
}

/// `cargo xtask postgres [COMMAND…]`: runs the command with the address in its environment; without a command it waits
/// for Ctrl-C.
pub fn main(mut parser: lexopt::Parser) -> Outcome {
    let mut words = parser.raw_args().or_say("The command can't be read")?;
    tools::get(Need::Test)?;
    let cluster = Cluster::start()?;
    let Some(program) = words.next() else {
        say::line(&format!("  {VARIABLE}={}\n  Ctrl-C ends it.", cluster.url()));
        while !stop::asked() {
            thread::sleep(Duration::from_millis(100));
        }
        return Ok(());
    };
    let mut command = run::command(&program);
    command.args(words).env(VARIABLE, cluster.url()).process_group(0);
    let name = run::display(&command);
    let mut child = command.spawn().or_say(format!("`{name}` can't be started"))?;
    let status = loop {
        if let Some(status) = child.try_wait().or_say(format!("`{name}`"))? {
            break status;
        }
        if stop::asked() {
            run::end_group(&mut child, ENDS_WITHIN);
            return Err(Failure::stopped());
        }
        thread::sleep(Duration::from_millis(50));
    };
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!("`{name}` failed ({status}).")))
    }
}

impl Cluster {
    /// Makes one in the folder for temporary files and waits until it answers.
    ///
    /// It listens on a socket in a folder that is its own, so no port is taken and nobody else gets in. What it keeps is
    /// worth nothing, so it does not wait for the disk: what a power cut leaves is not tested with it.
    pub fn start() -> Outcome<Self> {
        let step = Step::begin("Starting a PostgreSQL of our own");
        match Self::start_quietly() {
            Ok((cluster, version)) => {
                step.done(&version);
                Ok(cluster)
            }
            Err(failure) => {
                step.failed();
                Err(failure)
            }
        }
    }

    /// Where it is, for whoever may make databases.
    pub fn url(&self) -> String {
        format!(
            "postgres://{USER}@localhost/postgres?host={}",
            self.folder.display()
        )
    }

    fn start_quietly() -> Outcome<(Self, String)> {
        let folder = std::env::temp_dir().join(format!("booking-checkout-postgres-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let mut make = run::command("install");
        make.args(["-d", "-m", "700"]);
        if is_root() {
            make.args(["-o", USER]);
        }
        run::quietly(make.arg(&folder), MINUTE)?;
        let mut cluster = Self { folder, child: None };
        let data = cluster.folder.join("data");
        let mut init = unprivileged("initdb");
        init.args([
            "--auth=trust",
            "--no-sync",
            "--encoding=UTF8",
            "--no-locale",
            "--username",
            USER,
        ]);
        run::quietly(init.arg("--pgdata").arg(&data), MINUTE)?;
        cluster.child = Some(cluster.spawn(&data)?);
        let version = cluster.wait_until_ready()?;
        Ok((cluster, version))
    }

    fn spawn(&self, data: &Path) -> Outcome<Child> {
        let log = files::target().join("xtask").join("postgres.log");
        files::make_folder(&files::target().join("xtask"))?;
        let file = File::create(&log).or_say(format!("{} can't be written", log.display()))?;
        let twin = file
            .try_clone()
            .or_say(format!("{} can't be written", log.display()))?;
        let mut command = unprivileged("postgres");
        command.arg("-D").arg(data).arg("-k").arg(&self.folder);
        // Each test has a database and each server in it a pool of connections.
        for setting in [
            "listen_addresses=",
            "max_connections=300",
            "fsync=off",
            "full_page_writes=off",
            "shared_buffers=64MB",
        ] {
            command.args(["-c", setting]);
        }
        command
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(twin)
            .process_group(0);
        command.spawn().or_say("PostgreSQL can't be started")
    }

    fn wait_until_ready(&mut self) -> Outcome<String> {
        let begun = Instant::now();
        loop {
            stop::check()?;
            let mut ask = run::command("psql");
            ask.args(["--no-psqlrc", "-At", "-c", "SHOW server_version", &self.url()]);
            if let Some(version) = run::answer(&mut ask) {
                return Ok(version);
            }
            let ended = self
                .child
                .as_mut()
                .is_none_or(|child| !matches!(child.try_wait(), Ok(None)));
            if ended || begun.elapsed() > MINUTE {
                let log =
                    files::read(&files::target().join("xtask").join("postgres.log")).unwrap_or_default();
                let lines = log.lines().map(str::to_owned).collect();
                return Err(Failure::new("PostgreSQL did not start.").output(lines));
            }
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // At once, without tidying up: its folder goes too.
            if let Ok(id) = i32::try_from(child.id()) {
                let _ = kill(Pid::from_raw(id), Signal::SIGQUIT);
            }
            run::end_group(child, ENDS_WITHIN);
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A program of PostgreSQL's, as a user that is not root. Should we be killed, so is it.
fn unprivileged(program: &str) -> Command {
    let mut command = run::command("setpriv");
    command.args(["--pdeathsig", "QUIT"]);
    if is_root() {
        command.args(["--reuid", USER, "--regid", USER, "--init-groups"]);
    }
    // The folder we are in may not be one that this user can enter.
    command.arg(program).current_dir("/");
    command
}

fn is_root() -> bool {
    run::answer(run::command("id").arg("-u")).is_some_and(|id| id == "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_answers_while_it_is_wanted_and_leaves_nothing_behind() {
        if tools::find("initdb").is_none() {
            // `cargo xtask tools` gets it; the step before this one in CI has.
            return;
        }
        let (cluster, version) = Cluster::start_quietly().unwrap();
        assert!(version.starts_with(|c: char| c.is_ascii_digit()), "{version}");
        let (folder, url) = (cluster.folder.clone(), cluster.url());
        let mut ask = run::command("psql");
        ask.args(["-At", "-c", "SELECT 6 * 7", &url]);
        assert_eq!(run::answer(&mut ask).as_deref(), Some("42"));
        drop(cluster);
        assert!(!folder.exists());
        assert_eq!(run::answer(&mut ask), None);
    }
}
