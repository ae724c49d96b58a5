//! What this project needs on the machine: checked first, then fetched, each with its reason.
//!
//! Built for Debian 12 with rustup. Elsewhere it says which programs are missing and leaves the fetching to you.

use crate::failure::{Failure, Outcome};
use crate::{args, files, run, say};
use lexopt::Arg;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// What the tools are wanted for; each includes the ones before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Need {
    /// Build and start.
    Demo,
    /// A browser to measure with.
    Bench,
    /// Everything that the tests use.
    Test,
}

/// A program from Debian.
struct Program {
    command: &'static str,
    package: &'static str,
    why: &'static str,
    need: Need,
}

const PROGRAMS: [Program; 9] = [
    Program {
        command: "cc",
        package: "gcc libc6-dev",
        why: "links programs, builds SQLite",
        need: Need::Demo,
    },
    Program {
        command: "brotli",
        package: "brotli",
        why: "compresses the pages",
        need: Need::Demo,
    },
    Program {
        command: "chromium",
        package: "chromium",
        why: "the browser of the tests",
        need: Need::Bench,
    },
    Program {
        command: "chromedriver",
        package: "chromium-driver",
        why: "steers that browser",
        need: Need::Bench,
    },
    Program {
        command: "node",
        package: "nodejs",
        why: "runs what makes the pages smaller, and Stripe's official SDK",
        need: Need::Demo,
    },
    Program {
        command: "npm",
        package: "npm",
        why: "gets what makes the pages smaller, and Stripe's official SDK",
        need: Need::Demo,
    },
    Program {
        command: "git",
        package: "git",
        why: "says which files are the project's own, which the rules are for",
        need: Need::Test,
    },
    Program {
        command: "initdb",
        package: "postgresql",
        why: "the server's other database, which the tests start for themselves",
        need: Need::Test,
    },
    Program {
        command: "psql",
        package: "postgresql-client",
        why: "looks into that database",
        need: Need::Test,
    },
];

/// Where Debian keeps the programs of each version of PostgreSQL: not on the PATH.
const POSTGRES: &str = "/usr/lib/postgresql";

const WASM: &str = "wasm32-unknown-unknown";
/// What makes the pages smaller, from npm: packages and versions. Debian's binaryen (108) breaks wasm-bindgen's tables.
const SHRINKERS: [(&str, &str); 2] = [("binaryen", "132.0.0"), ("esbuild", "0.28.2")];
const HALF_AN_HOUR: Duration = Duration::from_secs(1800);

/// `cargo xtask tools`.
pub fn main(mut parser: lexopt::Parser) -> Outcome {
    let mut need = Need::Test;
    while let Some(argument) = args::next(&mut parser)? {
        match argument {
            Arg::Long("for") => need = parse_need(&args::value(&mut parser)?)?,
            other => return Err(args::unknown(other, "--for demo|test|bench")),
        }
    }
    get(need)?;
    say::line(&format!("  ✓ Everything that `{need:?}` needs is here.").to_lowercase());
    Ok(())
}

/// Makes sure that everything is here; silent when it was.
pub fn get(need: Need) -> Outcome {
    get_target()?;
    get_programs(need)?;
    get_wasm_bindgen()?;
    get_shrinkers()
}

/// The PATH for everything that is run: our own tools first, then the person's, then what Debian hides.
pub fn path() -> OsString {
    let before = std::env::var_os("PATH").unwrap_or_default();
    let own = ["bin", "node/node_modules/.bin"].map(|folder| own_folder().join(folder));
    let folders = own
        .into_iter()
        .chain(std::env::split_paths(&before))
        .chain(newest(Path::new(POSTGRES)).map(|version| version.join("bin")));
    std::env::join_paths(folders).unwrap_or(before)
}

/// Where a program is.
pub fn find(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&path())
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

/// The folder whose name is the greatest number.
fn newest(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?;
    let versions = entries.filter_map(|entry| {
        let entry = entry.ok()?;
        let number: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((number, entry.path()))
    });
    versions.max().map(|(_, path)| path)
}

fn parse_need(word: &str) -> Outcome<Need> {
    match word {
        "demo" => Ok(Need::Demo),
        "bench" => Ok(Need::Bench),
        "test" => Ok(Need::Test),
        other => Err(Failure::new(format!(
            "Tools for `{other}`? It is demo, test or bench."
        ))),
    }
}

/// Tools built from crates.io live apart: a clone more needs no new build, and nobody's own version is replaced.
fn own_folder() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    let cache = cache.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")));
    cache.unwrap_or_else(files::target).join("booking-checkout")
}

fn get_target() -> Outcome {
    let libraries = run::answer(run::command("rustc").args(["--print", "target-libdir", "--target", WASM]));
    if libraries.is_some_and(|folder| Path::new(&folder).is_dir()) {
        return Ok(());
    }
    if find("rustup").is_none() {
        let what =
            format!("Rust's standard library for {WASM} is missing, and there is no rustup to get it.");
        return Err(Failure::new(what).hint("Install Rust with rustup (https://rustup.rs), then try again."));
    }
    run::step(
        &format!("Getting Rust's library for {WASM} (the widget runs in a browser)"),
        run::command("rustup").args(["target", "add", WASM]),
        HALF_AN_HOUR,
    )
    .map_err(|failure| failure.hint("rustup could not fetch it. Is there a network?"))?;
    Ok(())
}

fn get_programs(need: Need) -> Outcome {
    let missing: Vec<&Program> = PROGRAMS
        .iter()
        .filter(|program| program.need <= need && find(program.command).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing
        .iter()
        .flat_map(|program| program.package.split(' '))
        .collect();
    if find("apt-get").is_none() {
        let names: Vec<&str> = missing.iter().map(|program| program.command).collect();
        return Err(
            Failure::new(format!("These programs are missing: {}.", names.join(", "))).hint(format!(
                "This system has no apt-get. Install what Debian calls {} by its own means, then try again.",
                packages.join(", ")
            )),
        );
    }
    for program in &missing {
        say::line(&format!("  · {} is missing: {}", program.command, program.why));
    }
    apt(&packages)?;
    match missing.iter().find(|program| find(program.command).is_none()) {
        None => Ok(()),
        Some(program) => Err(Failure::new(format!(
            "{} was installed, and yet there is no `{}` on the PATH.",
            program.package, program.command
        ))),
    }
}

/// Installs packages; asks Debian for its list of packages first if there is none, or if the list was too old.
fn apt(packages: &[&str]) -> Outcome {
    let title = format!("Installing {} with apt-get", packages.join(", "));
    // Another apt may be at work on a machine that has just started.
    let mut install = vec![
        "install",
        "--yes",
        "--no-install-recommends",
        "-o",
        "DPkg::Lock::Timeout=300",
    ];
    install.extend(packages);
    let listed = files::below(Path::new("/var/lib/apt/lists")).is_ok_and(|lists| {
        lists
            .iter()
            .any(|list| list.to_string_lossy().contains("_Packages"))
    });
    if listed && run::step(&title, &mut apt_get(&install)?, HALF_AN_HOUR).is_ok() {
        return Ok(());
    }
    run::step(
        "Asking Debian for its list of packages",
        &mut apt_get(&["update"])?,
        HALF_AN_HOUR,
    )
    .and_then(|_| run::step(&title, &mut apt_get(&install)?, HALF_AN_HOUR))
    .map_err(|failure| {
        failure.hint(format!(
            "Install them by hand: apt-get install {}",
            packages.join(" ")
        ))
    })?;
    Ok(())
}

fn apt_get(arguments: &[&str]) -> Outcome<Command> {
    let root = run::answer(run::command("id").arg("-u")).is_some_and(|id| id == "0");
    let mut command = if root {
        run::command("apt-get")
    } else {
        sudo(arguments)?
    };
    if !root {
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    }
    command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments);
    Ok(command)
}

/// `sudo`, after it has had the chance to ask for the password at the terminal.
fn sudo(arguments: &[&str]) -> Outcome<Command> {
    let by_hand = format!("As root, run: apt-get {}", arguments.join(" "));
    if find("sudo").is_none() {
        let what = "Packages have to be installed, and this is neither root nor is there a sudo.";
        return Err(Failure::new(what).hint(by_hand));
    }
    let mut ask = run::command("sudo");
    ask.arg("--validate").stdin(Stdio::inherit());
    if !ask.status().is_ok_and(|status| status.success()) {
        return Err(Failure::new("sudo did not let us install packages.").hint(by_hand));
    }
    let mut command = run::command("sudo");
    command.arg("--non-interactive");
    Ok(command)
}

fn get_wasm_bindgen() -> Outcome {
    // The program and the library must be of one version to the last digit: the lock file says which.
    let wanted = match locked_version(&files::read(&files::root().join("Cargo.lock"))?, "wasm-bindgen") {
        Some(version) => version,
        None => return Err(Failure::new("Cargo.lock names no version of wasm-bindgen.")),
    };
    let test_runner = find("wasm-bindgen-test-runner").is_some();
    if test_runner && has_version("wasm-bindgen", &wanted) {
        return Ok(());
    }
    install(
        "wasm-bindgen-cli",
        &wanted,
        "joins WebAssembly and JavaScript",
        "1",
    )
}

fn get_shrinkers() -> Outcome {
    let folder = own_folder().join("node");
    let is_here = |(package, version): &(&str, &str)| {
        let about = folder.join("node_modules").join(package).join("package.json");
        let about = std::fs::read_to_string(about).unwrap_or_default();
        about.contains(&format!("\"version\": \"{version}\""))
    };
    if SHRINKERS.iter().all(is_here) {
        return Ok(());
    }
    files::make_folder(&folder)?;
    let mut npm = run::command("npm");
    npm.args([
        "install",
        "--no-save",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--prefix",
    ]);
    npm.arg(&folder);
    npm.args(SHRINKERS.map(|(package, version)| format!("{package}@{version}")));
    let title = "Getting binaryen and esbuild (they make the pages smaller)";
    run::step(title, &mut npm, HALF_AN_HOUR)
        .map_err(|failure| failure.hint("npm could not fetch them. Is there a network?"))?;
    Ok(())
}

fn has_version(program: &str, wanted: &str) -> bool {
    run::answer(run::command(program).arg("--version"))
        .is_some_and(|said| said.split_whitespace().any(|word| word == wanted))
}

/// Builds a tool from crates.io. Without TLS (it fetches nothing here) and hardly optimized: it works for a second,
/// and a person waits for its build.
fn install(package: &str, version: &str, why: &str, optimized: &str) -> Outcome {
    let title = format!("Building {package} {version} ({why}; once, some minutes)");
    let mut locked = install_command(package, version, optimized);
    locked.arg("--locked");
    let first = run::step(&title, &mut locked, HALF_AN_HOUR);
    let Err(failure) = first else { return Ok(()) };
    crate::stop::check()?;
    // A registry may no longer, or not yet, serve a version from the tool's own lock file.
    say::line(&format!(
        "    {failure} Once more with the newest fitting libraries."
    ));
    run::step(
        &title,
        &mut install_command(package, version, optimized),
        HALF_AN_HOUR,
    )
    .map_err(|failure| {
        failure.hint(format!(
            "Try it by hand: cargo install {package}@{version}. Is crates.io reachable?"
        ))
    })?;
    Ok(())
}

fn install_command(package: &str, version: &str, optimized: &str) -> Command {
    let mut command = run::cargo(["install", "--no-default-features", "--force"]);
    command
        .arg(format!("{package}@{version}"))
        .arg("--root")
        .arg(own_folder());
    command.env_remove("CARGO_TARGET_DIR");
    let profile = [
        ("LTO", "off"),
        ("CODEGEN_UNITS", "256"),
        ("OPT_LEVEL", optimized),
        ("DEBUG", "false"),
    ];
    for (key, value) in profile {
        command.env(format!("CARGO_PROFILE_RELEASE_{key}"), value);
    }
    command
}

/// The version of a package in a lock file.
fn locked_version(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let after = lock.lines().skip_while(|line| *line != name).nth(1)?;
    after
        .strip_prefix("version = \"")?
        .strip_suffix('"')
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_says_which_wasm_bindgen() {
        let lock = "[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.9\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(locked_version(lock, "esbuild"), None);
    }

    #[test]
    fn the_newest_version_is_the_greatest_number() {
        let folder = std::env::temp_dir().join(format!("xtask-newest-{}", std::process::id()));
        for name in ["9", "15", "common"] {
            std::fs::create_dir_all(folder.join(name)).unwrap();
        }
        assert_eq!(newest(&folder), Some(folder.join("15")));
        assert_eq!(newest(&folder.join("9")), None);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn our_own_tools_come_first() {
        let path = path();
        let first = std::env::split_paths(&path).next().unwrap();
        assert!(first.ends_with("booking-checkout/bin"), "{}", first.display());
    }
}
