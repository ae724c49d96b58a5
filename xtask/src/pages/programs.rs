//! The widget's WebAssembly: one program for each kind of page, so that nobody fetches screens that their page never shows.

use super::{LIMIT, imports, plain, slim};
use crate::failure::{Failure, OrSay, Outcome};
use crate::{files, run};
use std::path::{Path, PathBuf};

/// A program: its name, and the features of the widget that it is built with.
const PROGRAMS: [(&str, &[&str]); 2] = [("book", &[]), ("visit", &["--no-default-features"])];

/// Builds all of them into `dist`: `<name>-<hash>.js` and `<name>-<hash>.wasm`.
pub fn build(dist: &Path) -> Outcome {
    for (name, features) in PROGRAMS {
        let mut cargo = run::cargo(["rustc", "--locked", "--offline", "--package", "booking-checkout"]);
        cargo.args(["--bin", "widget", "--profile", "wasm-release", "--target", TARGET]);
        cargo
            .args(features)
            .args(["--", "-C", STACK])
            .env("RUSTFLAGS", remapped()?);
        run::step(
            &format!("Building the program of {name}, optimized"),
            &mut cargo,
            LIMIT,
        )?;
        let made = joined(name)?;
        let script = files::read(&made.join("program.js"))?;
        let (program, script) = imports::shorten(&small_program(&made)?, &script).ok_or_else(|| {
            Failure::new("wasm-bindgen wrote imports of a form that `shorten` does not know.")
        })?;
        files::write(&made.join("short.js"), script.as_bytes())?;
        let script = small_script(&made)?;
        let hash = plain::hash(&[&script, &program]);
        files::write(&dist.join(format!("{name}-{hash}.js")), &script)?;
        files::write(&dist.join(format!("{name}-{hash}.wasm")), &program)?;
    }
    Ok(())
}

/// Where cargo puts the programs, and its lists of what they were made of.
pub fn folder() -> PathBuf {
    files::target().join(TARGET).join("wasm-release")
}

/// What rustc and wasm-bindgen use, and every browser of the last years knows.
const FEATURES: [&str; 6] = [
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-bulk-memory",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
];

/// Half of what the linker gives: far more than is ever used, and every address of a text is a byte shorter below 1 MiB.
const STACK: &str = "link-arg=-zstack-size=524288";

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

/// Its JavaScript, with nothing but what starts the program.
fn small_script(made: &Path) -> Outcome<Vec<u8>> {
    let entry = made.join("entry.js");
    files::write(&entry, b"export { default } from './short.js';\n")?;
    plain::minified(&entry, &["--bundle", "--format=esm"])
}

/// The program without what nobody needs of it, optimized for size.
fn small_program(made: &Path) -> Outcome<Vec<u8>> {
    let (large, small) = (made.join("slim.wasm"), made.join("small.wasm"));
    let program = read(&made.join("program_bg.wasm"))?;
    let slim = slim::slim(&program)
        .ok_or_else(|| Failure::new("wasm-bindgen wrote a program of a form that `slim` does not know."))?;
    files::write(&large, &slim)?;
    let mut optimize = run::command("wasm-opt");
    optimize.args([
        // What lies lowest is the stack's end, which nothing may reach.
        "--low-memory-unused",
        "-Oz",
        "--monomorphize",
        "-Oz",
        // The most called come first: their numbers are the shortest.
        "--reorder-functions",
        "--strip-debug",
        "--strip-producers",
        "--strip-target-features",
    ]);
    optimize.args(FEATURES).arg(&large).arg("-o").arg(&small);
    run::quietly(&mut optimize, LIMIT)?;
    read(&small)
}

fn read(path: &Path) -> Outcome<Vec<u8>> {
    std::fs::read(path).or_say(format!("{} can't be read", path.display()))
}
