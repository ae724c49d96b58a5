//! The repository's files: where it is, which it has, reading and writing with sentences for errors.

use crate::failure::{Failure, OrSay, Outcome};
use crate::run;
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The repository's root.
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Where cargo puts what it builds.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// Every file of the project: known to git, or new and not ignored. Relative to the root, sorted.
pub fn ours() -> Outcome<Vec<String>> {
    let mut command = run::command("git");
    command.args([
        "-c",
        "core.quotepath=off",
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
    ]);
    let mut names: Vec<String> = run::quietly(&mut command, Duration::from_secs(60))?;
    names.retain(|name| root().join(name).is_file());
    names.sort();
    names.dedup();
    Ok(names)
}

pub fn read(path: &Path) -> Outcome<String> {
    fs::read_to_string(path).or_say(format!("{} can't be read", path.display()))
}

pub fn write(path: &Path, content: &[u8]) -> Outcome {
    fs::write(path, content).or_say(format!("{} can't be written", path.display()))
}

pub fn make_folder(path: &Path) -> Outcome {
    fs::create_dir_all(path).or_say(format!("The folder {} can't be made", path.display()))
}

/// Writes a file that only its owner may read; it appears whole or not at all.
pub fn write_secret(path: &Path, content: &str) -> Outcome {
    let sentence = || format!("{} can't be written", path.display());
    let half = path.with_extension("new");
    let _ = fs::remove_file(&half);
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&half)
        .or_say(sentence())?;
    file.write_all(content.as_bytes()).or_say(sentence())?;
    file.sync_all().or_say(sentence())?;
    fs::rename(&half, path).or_say(sentence())
}

/// Every file below a folder, sorted; none when the folder isn't there.
pub fn below(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => {
                return Err(Failure::new(format!(
                    "{} can't be listed: {error}",
                    folder.display()
                )));
            }
        };
        for entry in entries {
            let path = entry
                .or_say(format!("{} can't be listed", folder.display()))?
                .path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
