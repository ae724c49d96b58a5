//! The programs, built for use, each by itself. Built together, cargo would give them each other's features: the widget would
//! get the server's half (docs/ARCHITECTURE.md, invariant 9), and the sandbox an HTTP client that waits for a cryptography which
//! only the server brings.

use crate::failure::Outcome;
use crate::{files, run};
use std::path::PathBuf;
use std::time::Duration;

/// The two programs of a running salon.
pub struct Programs {
    pub server: PathBuf,
    pub sandbox: PathBuf,
}

/// How the programs are built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// As a salon runs them.
    Release,
    /// As the tests run them.
    Dev,
}

const LIMIT: Duration = Duration::from_secs(40 * 60);

/// Builds the server, with the pages that are in dist/, and the sandbox.
pub fn programs(profile: Profile) -> Outcome<Programs> {
    let server = build("server", &["--features", "ssr"], profile)?;
    Ok(Programs {
        server: server.join("booking-checkout"),
        sandbox: sandbox(profile)?,
    })
}

/// Builds the sandbox and says where it is.
pub fn sandbox(profile: Profile) -> Outcome<PathBuf> {
    build("stripe-sandbox", &[], profile).map(|folder| folder.join("stripe-sandbox"))
}

/// Builds a package's programs and says in which folder they are.
fn build(package: &str, features: &[&str], profile: Profile) -> Outcome<PathBuf> {
    let mut command = run::cargo(["build", "--locked", "--bins", "--package", package]);
    command.args(features);
    let (title, folder) = match profile {
        Profile::Release => (format!("Building {package}, optimized"), "release"),
        Profile::Dev => (format!("Building {package}"), "debug"),
    };
    if profile == Profile::Release {
        command.arg("--release");
    }
    run::step(&title, &mut command, LIMIT)?;
    Ok(files::target().join(folder))
}
