//! The page's plain files: scripts, style, texts and the page itself.

use super::LIMIT;
use crate::failure::{OrSay, Outcome};
use crate::{files, run};
use sha2::{Digest, Sha256};
use std::path::Path;

/// What gets a hash into its name, so that browsers may keep it for good: the source, and the name in `dist`.
const HASHED: [(&str, &str); 2] = [("public/boot.js", "boot"), ("public/form.js", "form")];
/// What others know by its name, or the server fills.
const NAMED: [(&str, &str); 2] = [("public/embed.js", "embed.js"), ("style/main.css", "style.css")];

/// Writes them into `dist`.
pub fn copy(dist: &Path) -> Outcome {
    for (source, name) in HASHED {
        let small = minified(&files::root().join(source), &[])?;
        files::write(&dist.join(format!("{name}-{}.js", hash(&[&small]))), &small)?;
    }
    for (source, name) in NAMED {
        files::write(&dist.join(name), &minified(&files::root().join(source), &[])?)?;
    }
    let page = squeezed(&files::read(&files::root().join("index.html"))?);
    files::write(&dist.join("index.html"), page.as_bytes())
}

/// A script or a style sheet, minified.
pub fn minified(source: &Path, how: &[&str]) -> Outcome<Vec<u8>> {
    let out = files::target().join("xtask").join("minified");
    let mut esbuild = run::command("esbuild");
    esbuild
        .arg(source)
        .args(["--minify", "--log-level=warning"])
        .args(how);
    esbuild.arg(format!("--outfile={}", out.display()));
    run::quietly(&mut esbuild, LIMIT)?;
    std::fs::read(&out).or_say(format!("{} can't be read", out.display()))
}

/// Sixteen hexadecimal digits that stand for this content.
pub fn hash(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hex::encode(hash.finalize()).chars().take(16).collect()
}

/// The page without what only people read: indentation, and comments that have their lines for themselves.
fn squeezed(page: &str) -> String {
    let lines = page.lines().map(str::trim);
    let kept = lines.filter(|line| !line.is_empty() && !line.starts_with("<!--"));
    kept.flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_people_read_is_dropped() {
        let page = "<p>\n  a <!-- b -->\n\n  <!-- c -->\n</p>";
        assert_eq!(squeezed(page), "<p>\na <!-- b -->\n</p>\n");
    }

    #[test]
    fn a_hash_is_of_the_form_that_the_server_takes_for_one() {
        let hash = hash(&[b"a", b"b"]);
        assert_eq!(hash, super::hash(&[b"ab"]));
        assert!(hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()));
    }
}
