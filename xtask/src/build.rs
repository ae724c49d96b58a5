//! The programs, built for use. The widget and the server never meet in one cargo invocation: their features would
//! (docs/ARCHITECTURE.md, invariant 9).

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

/// Builds server (with the pages that are in dist/) and sandbox.
pub fn programs(profile: Profile) -> Outcome<Programs> {
    let (title, folder) = match profile {
        Profile::Release => ("Building server and sandbox, optimized", "release"),
        Profile::Dev => ("Building server and sandbox", "debug"),
    };
    let mut command = run::cargo([
        "build",
        "--package",
        "server",
        "--package",
        "stripe-sandbox",
        "--bins",
    ]);
    command.args(["--features", "server/ssr"]);
    if profile == Profile::Release {
        command.arg("--release");
    }
    run::step(title, &mut command, LIMIT)?;
    let folder = files::target().join(folder);
    Ok(Programs {
        server: folder.join("booking-checkout"),
        sandbox: folder.join("stripe-sandbox"),
    })
}
