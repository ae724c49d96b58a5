//! Programs that run beside us until we end: started, waited for, watched, ended in order.

use crate::failure::{Failure, OrSay, Outcome};
use crate::http::Client;
use crate::{files, run, say, stop};
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const READY_WITHIN: Duration = Duration::from_secs(30);
const ENDS_WITHIN: Duration = Duration::from_secs(10);

/// One running program. Dropped, it is ended.
pub struct Service {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

/// An address of this machine.
pub fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// Whether a port can be listened on.
pub fn is_free(port: u16) -> bool {
    TcpListener::bind(local(port)).is_ok()
}

/// A port that nobody uses at this moment.
pub fn free_port() -> Outcome<u16> {
    let listener = TcpListener::bind(local(0)).or_say("No port is to be had")?;
    Ok(listener.local_addr().or_say("No port is to be had")?.port())
}

impl Service {
    /// Starts a program whose output goes to a log file, and waits until `/healthz` answers 200 on its port.
    pub fn start(name: &'static str, command: &mut Command, log: &Path, port: u16) -> Outcome<Self> {
        if let Some(folder) = log.parent() {
            files::make_folder(folder)?;
        }
        let file = File::create(log).or_say(format!("{} can't be written", log.display()))?;
        let twin = file
            .try_clone()
            .or_say(format!("{} can't be written", log.display()))?;
        // A group of its own: Ctrl-C at the terminal reaches us alone, and we end them in order.
        command
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(twin)
            .process_group(0);
        let child = command.spawn().or_say(format!("The {name} can't be started"))?;
        let mut service = Self {
            name,
            child,
            log: log.to_path_buf(),
        };
        service.wait_until_ready(port)?;
        Ok(service)
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// A failure, if it is no longer running.
    pub fn check(&mut self) -> Outcome {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(Failure::new(format!(
                "The {} has ended by itself ({status}).",
                self.name
            ))
            .output(last_lines(&self.log, 20))
            .hint(format!("Its whole log: {}", self.log.display()))),
            Err(error) => Err(Failure::new(format!(
                "The {} can't be watched: {error}.",
                self.name
            ))),
        }
    }

    fn wait_until_ready(&mut self, port: u16) -> Outcome {
        let begun = Instant::now();
        loop {
            stop::check()?;
            self.check()?;
            let answer = Client::new(local(port), Duration::from_secs(2)).get("/healthz");
            if answer.is_ok_and(|reply| reply.status == 200) {
                return Ok(());
            }
            if begun.elapsed() > READY_WITHIN {
                let what = format!(
                    "The {} was not ready within {} seconds.",
                    self.name,
                    READY_WITHIN.as_secs()
                );
                return Err(Failure::new(what)
                    .output(last_lines(&self.log, 20))
                    .hint(format!("Its whole log: {}", self.log.display())));
            }
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        run::end_group(&mut self.child, ENDS_WITHIN);
    }
}

/// Waits for Ctrl-C, or for one of them to end by itself.
pub fn watch(services: &mut [Service]) -> Outcome {
    while !stop::asked() {
        for service in &mut *services {
            service.check()?;
        }
        thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}

/// Ends them, the last started first.
pub fn end(mut services: Vec<Service>) {
    while let Some(service) = services.pop() {
        let name = service.name;
        drop(service);
        say::line(&format!("  ✓ The {name} has ended"));
    }
}

fn last_lines(path: &Path, count: usize) -> Vec<String> {
    let text = fs::read(path)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines
        .iter()
        .skip(lines.len().saturating_sub(count))
        .map(|line| (*line).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_dies_is_named_with_its_last_words() {
        let log = std::env::temp_dir().join(format!("xtask-service-{}.log", std::process::id()));
        let mut command = Command::new("sh");
        command.args(["-c", "echo 'no database here' >&2; exit 2"]);
        let Err(failure) = Service::start("server", &mut command, &log, free_port().unwrap()) else {
            panic!("it was said to be ready");
        };
        assert!(
            failure.to_string().starts_with("The server has ended by itself"),
            "{failure}"
        );
        assert_eq!(failure.output_lines(), ["no database here"]);
        let _ = fs::remove_file(log);
    }
}
