//! The saved state: one JSON file, replaced whole.

use std::io::{Error, ErrorKind, Result, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::world::{App, World};

const VERSION: u32 = 1;

#[derive(Deserialize)]
struct Saved {
    version: u32,
    clock_offset_ms: i64,
    accounts: Vec<Account>,
}

#[derive(Serialize)]
struct Saving<'a> {
    version: u32,
    clock_offset_ms: i64,
    accounts: &'a [Account],
}

/// Reads a saved state; false when there is none yet.
pub fn load(world: &mut World, path: &Path) -> Result<bool> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => {
            return Err(Error::new(
                error.kind(),
                format!("can't read the state file {}: {error}", path.display()),
            ));
        }
    };
    let saved: Saved = serde_json::from_slice(&bytes).map_err(|error| {
        Error::new(
            ErrorKind::InvalidData,
            format!(
                "the state file {} can't be understood ({error}); move it away to start afresh",
                path.display()
            ),
        )
    })?;
    if saved.version != VERSION {
        return Err(Error::new(
            ErrorKind::InvalidData,
            format!(
                "the state file {} is of version {}, not {VERSION}; move it away to start afresh",
                path.display(),
                saved.version
            ),
        ));
    }
    world.restore(saved.accounts, saved.clock_offset_ms);
    Ok(true)
}

/// Saves soon after changes, for ever.
pub async fn run(app: Arc<App>) {
    let Some(path) = app.config.state_file.clone() else {
        return;
    };
    let mut failing = false;
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let (app, path) = (Arc::clone(&app), path.clone());
        let result = tokio::task::spawn_blocking(move || save(&app, &path)).await;
        match result {
            Ok(Err(error)) if !failing => {
                tracing::error!(%error, "the state could not be saved; trying again");
                failing = true;
            }
            Ok(Ok(())) => failing = false,
            _ => {}
        }
    }
}

/// Saves what changed. The file is replaced in one step, so that a crash leaves the old or the new one.
pub fn save(app: &App, path: &Path) -> Result<()> {
    let bytes = {
        let mut world = app.lock();
        if !world.dirty {
            return Ok(());
        }
        world.dirty = false;
        serde_json::to_vec(&Saving {
            version: VERSION,
            clock_offset_ms: world.clock_offset_ms,
            accounts: &world.accounts,
        })?
    };
    let written = write(path, &bytes);
    if written.is_err() {
        app.lock().dirty = true;
    }
    written
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let beside = path.with_extension("tmp");
    let mut file = std::fs::File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}
