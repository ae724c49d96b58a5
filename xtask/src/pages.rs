//! The widget's pages: built, compressed once, skipped when nothing they are made of has changed.

mod imports;
mod plain;
mod programs;
mod slim;

use crate::failure::{Failure, Outcome};
use crate::tools::{self, Need};
use crate::{args, files, run, say};
use lexopt::Arg;
use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::Hasher;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const LIMIT: Duration = Duration::from_secs(30 * 60);
/// What compresses well; the rest is sent as it is.
const COMPRESSIBLE: [&str; 9] = [
    "html",
    "js",
    "mjs",
    "css",
    "wasm",
    "svg",
    "json",
    "txt",
    "webmanifest",
];
/// Beside the sources, which cargo knows, the pages are made of these.
const INGREDIENTS: [&str; 13] = [
    "Cargo.toml",
    "Cargo.lock",
    "index.html",
    "rust-toolchain.toml",
    "domain/Cargo.toml",
    "server/Cargo.toml",
    "xtask/src/pages.rs",
    "xtask/src/pages/imports.rs",
    "xtask/src/pages/plain.rs",
    "xtask/src/pages/programs.rs",
    "xtask/src/pages/slim.rs",
    "xtask/src/tools.rs",
    ".cargo/config.toml",
];
const INGREDIENT_FOLDERS: [&str; 2] = ["style", "public"];

/// `cargo xtask pages`.
pub fn main(mut parser: lexopt::Parser) -> Outcome {
    let mut fresh = false;
    while let Some(argument) = args::next(&mut parser)? {
        match argument {
            Arg::Long("fresh") => fresh = true,
            other => return Err(args::unknown(other, "--fresh")),
        }
    }
    tools::get(Need::Demo)?;
    if fresh {
        let _ = fs::remove_file(note());
    }
    build()
}

/// Builds dist/ if it isn't up to date.
pub fn build() -> Outcome {
    let note = note();
    if is_whole(&dist())
        && fs::read_to_string(&note).is_ok_and(|kept| fingerprint().is_ok_and(|now| kept == now))
    {
        say::line("  ✓ The widget's pages are up to date");
        return Ok(());
    }
    let _ = fs::remove_file(&note);
    let begun = SystemTime::now();
    let _ = fs::remove_dir_all(dist());
    files::make_folder(&dist())?;
    programs::build(&dist())?;
    plain::copy(&dist())?;
    compress(&dist())?;
    // What was edited meanwhile may be in the pages or not: then the next start builds again.
    if inputs()?.iter().any(|path| is_newer(path, begun)) {
        return Ok(());
    }
    files::make_folder(note.parent().unwrap_or(&note))?;
    files::write(&note, fingerprint()?.as_bytes())
}

/// Where the pages are.
pub fn dist() -> PathBuf {
    files::root().join("dist")
}

fn note() -> PathBuf {
    files::target().join("xtask").join("pages.fingerprint")
}

/// Writes `.br` and `.gz` beside every file that gains by it.
fn compress(folder: &Path) -> Outcome {
    let files: Vec<PathBuf> = files::below(folder)?
        .into_iter()
        .filter(|path| is_compressible(path))
        .collect();
    if files.is_empty() {
        return Err(Failure::new("The build left nothing in dist/."));
    }
    let list = |program: &str, arguments: &[&str]| {
        let mut command = run::command(program);
        command.args(arguments).arg("--").args(&files);
        command
    };
    let title = format!("Compressing {} files", files.len());
    run::step(
        &title,
        &mut list("brotli", &["--force", "--quality=11", "--keep"]),
        LIMIT,
    )?;
    // Without name and time: the same page gives the same bytes.
    run::quietly(
        &mut list("gzip", &["--force", "-9", "--no-name", "--keep"]),
        LIMIT,
    )?;
    Ok(())
}

fn is_compressible(path: &Path) -> bool {
    path.extension()
        .and_then(|ending| ending.to_str())
        .is_some_and(|ending| COMPRESSIBLE.contains(&ending))
}

/// Whether the pages are there with all their compressed twins.
fn is_whole(folder: &Path) -> bool {
    let twins = |path: &PathBuf| {
        ["br", "gz"].iter().all(|ending| {
            let mut name = path.clone().into_os_string();
            name.push(".");
            name.push(ending);
            Path::new(&name).is_file()
        })
    };
    folder.join("index.html").is_file()
        && files::below(folder)
            .is_ok_and(|files| files.iter().filter(|path| is_compressible(path)).all(twins))
}

/// Everything the pages are made of.
fn inputs() -> Outcome<Vec<PathBuf>> {
    let root = files::root();
    let mut inputs: Vec<PathBuf> = INGREDIENTS.iter().map(|name| root.join(name)).collect();
    for folder in INGREDIENT_FOLDERS {
        inputs.extend(files::below(&root.join(folder))?);
    }
    inputs.extend(sources());
    inputs.sort();
    inputs.dedup();
    Ok(inputs)
}

fn is_newer(path: &Path, moment: SystemTime) -> bool {
    fs::metadata(path)
        .and_then(|about| about.modified())
        .is_ok_and(|modified| modified > moment)
}

/// A number that changes with anything the pages are made of.
fn fingerprint() -> Outcome<String> {
    let mut hash = DefaultHasher::new();
    for path in inputs()? {
        hash.write(path.as_os_str().as_encoded_bytes());
        match fs::read(&path) {
            Ok(content) => {
                hash.write_usize(content.len());
                hash.write(&content);
            }
            Err(_) => hash.write_u8(0),
        }
    }
    let bindgen = run::answer(run::command("wasm-bindgen").arg("--version"));
    hash.write(bindgen.unwrap_or_default().as_bytes());
    Ok(format!("{:016x}", hash.finish()))
}

/// The sources in the last build, as cargo listed them beside what it built.
fn sources() -> Vec<PathBuf> {
    let entries = fs::read_dir(programs::folder())
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let lists = entries.filter(|path| path.extension().is_some_and(|ending| ending == "d"));
    let rules = lists.filter_map(|path| fs::read_to_string(path).ok());
    rules
        .flat_map(|rule| dependencies(&rule))
        .map(PathBuf::from)
        .collect()
}

/// The right-hand side of a make rule; spaces in names are escaped.
fn dependencies(rule: &str) -> Vec<String> {
    let line = rule.lines().next().unwrap_or_default();
    let Some((_, names)) = line.split_once(": ") else {
        return Vec::new();
    };
    let unescape = |name: &str| name.replace('\u{0}', " ");
    names
        .replace("\\ ", "\u{0}")
        .split_whitespace()
        .map(unescape)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_list_of_sources_is_read() {
        let rule = "/t/booking-checkout.wasm: /r/src/main.rs /r/my\\ notes/a.rs\n";
        assert_eq!(dependencies(rule), ["/r/src/main.rs", "/r/my notes/a.rs"]);
        assert!(dependencies("").is_empty());
    }

    #[test]
    fn pictures_are_not_compressed_again() {
        assert!(is_compressible(Path::new("dist/widget-1f_bg.wasm")));
        assert!(!is_compressible(Path::new("dist/logo.png")));
        assert!(!is_compressible(Path::new("dist/index.html.br")));
    }
}
