//! What the fuzzer found worth keeping goes through the same checks here, without a fuzzer (docs/decisions/0014-fuzzing.md).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a test may panic; the fuzzer's checks are shared with it"
)]

#[path = "../../fuzz/src/lib.rs"]
mod fuzz;

use std::{
    fs,
    panic::catch_unwind,
    path::{Path, PathBuf},
};

/// A folder is read by people too, and by every clone: so many files and bytes at most.
const MOST_FILES: usize = 100;
const MOST_BYTES: usize = 100_000;

#[test]
fn every_input_that_was_kept_passes() {
    let mut failed = Vec::new();
    for (name, check) in fuzz::TARGETS {
        let files = files(&folder().join("corpus").join(name));
        assert!(!files.is_empty(), "{name} has no input");
        for file in files {
            let input = fs::read(&file).unwrap();
            if catch_unwind(|| check(&input)).is_err() {
                failed.push(format!("{name}: {}", file.display()));
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn a_target_has_a_program_and_a_small_corpus_and_nothing_is_left_over() {
    let names = |folder: &str| -> Vec<String> {
        let files = files(&self::folder().join(folder));
        files
            .iter()
            .map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect()
    };
    let targets = fuzz::TARGETS.map(|(name, _)| name.to_owned());
    assert_eq!(names("fuzz_targets"), targets);
    assert_eq!(names("corpus"), targets);
    for name in targets {
        let files = files(&folder().join("corpus").join(&name));
        let bytes: usize = files.iter().map(|file| fs::read(file).unwrap().len()).sum();
        assert!(files.len() <= MOST_FILES, "{name}: {} files", files.len());
        assert!(bytes <= MOST_BYTES, "{name}: {bytes} bytes");
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}
