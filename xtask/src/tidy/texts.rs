//! Rules about what stands in the files.

use super::Tree;

const LONGEST_RUST_FILE: usize = 500;
const LARGEST_SCRIPT: usize = 64 << 10;

/// Words that `domain` has no use for.
const IMPURE: [&str; 14] = [
    "std::fs",
    "std::net",
    "std::io",
    "std::env",
    "std::process",
    "std::thread",
    "std::time::SystemTime",
    "std::time::Instant",
    "SystemTime::now",
    "Timestamp::now",
    "Zoned::now",
    "rand::",
    "getrandom",
    "async fn",
];

pub fn domain_is_pure(tree: &Tree) -> Vec<String> {
    code(tree, "domain/src/", |line| {
        IMPURE.iter().any(|word| line.contains(word))
    })
}

pub fn domain_counts_in_integers(tree: &Tree) -> Vec<String> {
    code(tree, "domain/src/", |line| {
        words(line).any(|word| matches!(word, "f32" | "f64"))
    })
}

pub fn widget_formats_nothing(tree: &Tree) -> Vec<String> {
    let formats = [
        "format!(",
        "format_args!(",
        "write!(",
        "writeln!(",
        ".to_string()",
    ];
    code(tree, "src/", |line| {
        formats.iter().any(|word| line.contains(word))
    })
}

pub fn payment_method_types(tree: &Tree) -> Vec<String> {
    code(tree, "server/src/", |line| {
        line.contains("\"payment_method_types")
    })
}

pub fn client_secrets(tree: &Tree) -> Vec<String> {
    lines(
        tree,
        |name| name.ends_with(".sql"),
        |line| !line.trim_start().starts_with("--") && line.to_ascii_lowercase().contains("client_secret"),
    )
}

pub fn machine_paths(tree: &Tree) -> Vec<String> {
    // Put together here, so that this file doesn't break its own rule.
    let paths: Vec<String> = ["home/", "root/", "Users/", "work/"]
        .iter()
        .map(|end| format!("/{end}"))
        .collect();
    let found = |line: &str| {
        paths.iter().any(|path| {
            line.match_indices(path.as_str()).any(|(at, _)| {
                let before = line.get(..at).and_then(|start| start.chars().next_back());
                // An absolute path, not the middle of a longer one or of an address.
                !before.is_some_and(|letter| letter.is_alphanumeric() || "._-~}/*".contains(letter))
            })
        })
    };
    lines(
        tree,
        |name| !name.ends_with(".lock") && !name.ends_with("package-lock.json"),
        found,
    )
}

pub fn lock_files(tree: &Tree) -> Vec<String> {
    let crates_io = "registry+https://github.com/rust-lang/crates.io-index";
    let mut broken = lines(
        tree,
        |name| name.ends_with("Cargo.lock"),
        |line| {
            line.strip_prefix("source = ")
                .is_some_and(|source| source.trim_matches('"') != crates_io)
        },
    );
    broken.extend(lines(
        tree,
        |name| name.ends_with("package-lock.json"),
        |line| line.trim_start().starts_with("\"resolved\""),
    ));
    broken
}

pub fn stripe_js(tree: &Tree) -> Vec<String> {
    let scripts = tree
        .files
        .iter()
        .filter(|(name, _)| name.ends_with(".js") || name.ends_with(".mjs"));
    let wrong = scripts.filter(|(_, text)| text.len() > LARGEST_SCRIPT || text.contains("m.stripe.network"));
    wrong
        .map(|(name, text)| format!("{name} ({} kB)", text.len() / 1000))
        .collect()
}

pub fn long_files(tree: &Tree) -> Vec<String> {
    let rust = tree.files.iter().filter(|(name, _)| name.ends_with(".rs"));
    let lengths = rust.map(|(name, text)| (name, text.lines().count()));
    lengths
        .filter(|(_, length)| *length > LONGEST_RUST_FILE)
        .map(|(name, length)| format!("{name}: {length} lines"))
        .collect()
}

pub fn server_functions(tree: &Tree) -> Vec<String> {
    let mut broken = Vec::new();
    for (name, text) in tree
        .files
        .iter()
        .filter(|(name, _)| name.ends_with(".rs") && !name.starts_with("xtask/"))
    {
        for (at, _) in text
            .match_indices("#[server")
            .chain(text.match_indices("#[leptos::server"))
        {
            let attribute = text
                .get(at..)
                .and_then(|rest| rest.split(")]").next())
                .unwrap_or_default();
            if !["endpoint", "input", "output"]
                .iter()
                .all(|key| words(attribute).any(|word| word == *key))
            {
                let line = text.get(..at).unwrap_or_default().lines().count() + 1;
                broken.push(format!("{name}:{line}"));
            }
        }
    }
    broken
}

pub fn inline_scripts(tree: &Tree) -> Vec<String> {
    // An element with something inside is a script in the page; `type="application/json"` is only data.
    let page = |name: &str| name.ends_with(".html") && !name.starts_with("stripe-sandbox/");
    lines(tree, page, |line| {
        line.match_indices("<script").any(|(at, _)| {
            let rest = line.get(at..).unwrap_or_default();
            let (tag, inside) = rest.split_once('>').unwrap_or((rest, ""));
            !tag.contains("src=")
                && !tag.contains("application/")
                && !inside.trim_start().starts_with("</script")
        })
    })
}

pub fn wasm_features(tree: &Tree) -> Vec<String> {
    lines(
        tree,
        |name| name.ends_with(".html") || name == "Trunk.toml",
        |line| line.contains("--all-features"),
    )
}

/// The lines of code, without comments, below a folder that a predicate finds wrong.
fn code(tree: &Tree, folder: &str, wrong: impl Fn(&str) -> bool) -> Vec<String> {
    lines(
        tree,
        |name| name.starts_with(folder) && name.ends_with(".rs"),
        |line| {
            let line = line.split("//").next().unwrap_or_default();
            wrong(line)
        },
    )
}

fn lines(tree: &Tree, which: impl Fn(&str) -> bool, wrong: impl Fn(&str) -> bool) -> Vec<String> {
    let mut broken = Vec::new();
    for (name, text) in tree.files.iter().filter(|(name, _)| which(name)) {
        for (number, line) in text.lines().enumerate().filter(|(_, line)| wrong(line)) {
            let line: String = line.trim().chars().take(100).collect();
            broken.push(format!("{name}:{}: {line}", number + 1));
        }
    }
    broken
}

/// The identifiers in a line.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A rule keeps silent about the good file and finds the bad one.
    fn tells_apart(rule: fn(&Tree) -> Vec<String>, name: &str, good: &str, bad: &str) {
        assert_eq!(rule(&Tree::of(&[(name, good)])), Vec::<String>::new(), "{good}");
        assert_eq!(rule(&Tree::of(&[(name, bad)])).len(), 1, "{bad}");
    }

    #[test]
    fn domain_rules() {
        let file = "domain/src/hold.rs";
        tells_apart(
            domain_is_pure,
            file,
            "// never std::fs\nlet a = 1;",
            "use std::time::SystemTime;",
        );
        tells_apart(domain_is_pure, file, "fn brand() {}", "pub async fn look() {}");
        tells_apart(
            domain_counts_in_integers,
            file,
            "let buf64 = 1;",
            "let price: f64 = 0.1;",
        );
        assert!(domain_is_pure(&Tree::of(&[("server/src/main.rs", "use std::fs;")])).is_empty());
    }

    #[test]
    fn widget_rules() {
        let bad = "let text = sum.to_string();";
        tells_apart(
            widget_formats_nothing,
            "src/parts.rs",
            "let text = number::text(sum);",
            bad,
        );
        assert!(widget_formats_nothing(&Tree::of(&[("server/src/main.rs", bad)])).is_empty());
    }

    #[test]
    fn lock_file_rules() {
        let good = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
        tells_apart(
            lock_files,
            "Cargo.lock",
            good,
            "source = \"registry+https://mirror.example/index\"",
        );
        let bad = "  \"resolved\": \"https://mirror.example/stripe.tgz\",";
        tells_apart(
            lock_files,
            "a/package-lock.json",
            "\"integrity\": \"sha512-x\"",
            bad,
        );
    }

    #[test]
    fn script_rules() {
        tells_apart(
            stripe_js,
            "public/embed.js",
            "let a = 1;",
            &"x".repeat(LARGEST_SCRIPT + 1),
        );
        tells_apart(
            stripe_js,
            "public/v3.js",
            "// js.stripe.com",
            "a='https://m.stripe.network/inner.html'",
        );
        let good = "<script src=\"a.js\"></script><script type=\"application/json\">{}</script>";
        tells_apart(inline_scripts, "index.html", good, "<script>alert(1)</script>");
        tells_apart(inline_scripts, "index.html", good, "<script type=\"module\">");
    }

    #[test]
    fn wasm_rule() {
        let good = "data-wasm-opt-params=\"--enable-sign-ext\"";
        tells_apart(
            wasm_features,
            "index.html",
            good,
            "data-wasm-opt-params=\"--all-features\"",
        );
    }

    #[test]
    fn size_rule() {
        tells_apart(
            long_files,
            "domain/src/a.rs",
            &"\n".repeat(500),
            &"\n".repeat(501),
        );
    }

    #[test]
    fn stripe_and_server_rules() {
        let good = "(\"allowed_payment_method_types[]\", \"card\")";
        let bad = "(\"payment_method_types[]\", \"card\")";
        tells_apart(payment_method_types, "server/src/stripe.rs", good, bad);
        let good = "#[server(\n  endpoint = \"quote\",\n  input = Json,\n  output = Json)]";
        tells_apart(
            server_functions,
            "server/src/api.rs",
            good,
            "#[server(prefix = \"/api\", input = Json)]",
        );
        tells_apart(
            client_secrets,
            "m/1.sql",
            "-- no client_secret here",
            "client_secret TEXT",
        );
    }

    #[test]
    fn path_rule() {
        let good = "a page at https://example.org/home/ and a file in ~/rooted/x";
        for folder in ["home", "root"] {
            tells_apart(machine_paths, "README.md", good, &format!("cat /{folder}/notes"));
        }
    }
}
