//! The widget's WebAssembly: one program for each kind of page, so that nobody fetches screens that their page never shows.

use super::{LIMIT, plain};
use crate::failure::{Failure, Outcome};
use crate::{files, run};
use std::path::{Path, PathBuf};

/// A program: its name, and the features of the widget that it is built with.
const PROGRAMS: [(&str, &[&str]); 2] = [("book", &[]), ("visit", &["--no-default-features"])];

/// Builds all of them into `dist`: `<name>-<hash>.js` and `<name>-<hash>.wasm`.
pub fn build(dist: &Path) -> Outcome {
    for (name, features) in PROGRAMS {
        let mut cargo = run::cargo(["build", "--locked", "--offline", "--package", "booking-checkout"]);
        cargo.args(["--bin", "widget", "--profile", "wasm-release", "--target", TARGET]);
        cargo.args(features).env("RUSTFLAGS", remapped()?);
        run::step(
            &format!("Building the program of {name}, optimized"),
            &mut cargo,
            LIMIT,
        )?;
        let made = joined(name)?;
        let script = plain::squeezed(&files::read(&made.join("program.js"))?);
        let program = std::fs::read(made.join("program_bg.wasm"))
            .map_err(|error| Failure::new(format!("wasm-bindgen left no program: {error}.")))?;
        let hash = plain::hash(&[script.as_bytes(), &program]);
        files::write(&dist.join(format!("{name}-{hash}.js")), script.as_bytes())?;
        files::write(&dist.join(format!("{name}-{hash}.wasm")), &program)?;
    }
    Ok(())
}

/// Where cargo puts the programs, and its lists of what they were made of.
pub fn folder() -> PathBuf {
    files::target().join(TARGET).join("wasm-release")
}

const TARGET: &str = "wasm32-unknown-unknown";

/// Joins the program and its JavaScript.
fn joined(name: &str) -> Outcome<PathBuf> {
    let out = files::target().join("xtask").join("pages").join(name);
    files::make_folder(&out)?;
    let mut bindgen = run::command("wasm-bindgen");
    bindgen.args([
        "--target",
        "web",
        "--no-typescript",
        "--out-name",
        "program",
        "--out-dir",
    ]);
    bindgen.arg(&out).arg(folder().join("widget.wasm"));
    run::quietly(&mut bindgen, LIMIT)?;
    Ok(out)
}

/// Panics name the files they are in. Nobody reads them in a payer's browser, and the folders of the machine that built
/// them are nobody's business.
fn remapped() -> Outcome<String> {
    let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cargo"));
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from).or(home);
    let registries = cargo.map(|cargo| cargo.join("registry").join("src"));
    let registries = registries.and_then(|folder| std::fs::read_dir(folder).ok());
    let registries = registries
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let folders = registries.chain([files::root().to_path_buf()]);
    let flags = folders.map(|folder| match folder.to_str() {
        Some(folder) if !folder.contains(' ') => Ok(format!("--remap-path-prefix={folder}/=")),
        _ => Err(Failure::new(format!(
            "The folder {} has a space in its name: rustc can't be told of it.",
            folder.display()
        ))),
    });
    Ok(flags.collect::<Outcome<Vec<String>>>()?.join(" "))
}
