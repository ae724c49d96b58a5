//! The page's plain files: scripts, style, texts and the page itself.

use crate::failure::Outcome;
use crate::files;
use sha2::{Digest, Sha256};
use std::path::Path;

/// What gets a hash into its name, so that browsers may keep it for good: the source, and the name in `dist`.
const HASHED: [(&str, &str); 2] = [("public/boot.js", "boot"), ("public/form.js", "form")];
/// What others know by its name, or the server fills.
const NAMED: [(&str, &str); 3] = [
    ("public/embed.js", "embed.js"),
    ("style/main.css", "style.css"),
    ("index.html", "index.html"),
];

/// Writes them into `dist`.
pub fn copy(dist: &Path) -> Outcome {
    for (source, name) in HASHED {
        let text = squeezed(&files::read(&files::root().join(source))?);
        let hash = hash(&[text.as_bytes()]);
        files::write(&dist.join(format!("{name}-{hash}.js")), text.as_bytes())?;
    }
    for (source, name) in NAMED {
        let text = squeezed(&files::read(&files::root().join(source))?);
        files::write(&dist.join(name), text.as_bytes())?;
    }
    Ok(())
}

/// Sixteen hexadecimal digits that stand for this content.
pub fn hash(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hex::encode(hash.finalize()).chars().take(16).collect()
}

/// The text without what only people read: indentation, and comments that have their lines for themselves.
///
/// Safe for what we write and wasm-bindgen does, where no text in quotes goes over several lines; a minifier that reads
/// JavaScript saves another tenth.
pub fn squeezed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut comment = false;
    for line in text.lines().map(str::trim) {
        let opens = line.starts_with("/*") || line.starts_with("<!--");
        let closes = line.ends_with("*/") || line.ends_with("-->");
        if comment || opens {
            comment = !closes;
        } else if !line.is_empty() && !line.starts_with("//") {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_people_read_is_dropped() {
        let text = "<!-- one\ntwo -->\n  a();\n\n  // b\n/** c\n * d\n */\n'// e'; /* f */ g()\n/* h */\n";
        assert_eq!(squeezed(text), "a();\n'// e'; /* f */ g()\n");
    }

    #[test]
    fn a_hash_is_of_the_form_that_the_server_takes_for_one() {
        let hash = hash(&[b"a", b"b"]);
        assert_eq!(hash, super::hash(&[b"ab"]));
        assert!(hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()));
    }
}
