//! Rules about the crates: who knows whom, and what the widget is made of.

use super::Tree;
use serde_json::Value;

/// What each crate of ours may depend on; the widget is `booking-checkout`.
const ARROWS: [(&str, &[&str]); 9] = [
    ("booking-checkout", &["server", "domain"]),
    ("office", &["server", "domain"]),
    ("server", &["domain"]),
    ("domain", &[]),
    ("model", &["domain"]),
    ("simulate", &["domain", "server", "stripe-sandbox"]),
    ("stripe-sandbox", &[]),
    ("e2e", &["domain", "server"]),
    ("xtask", &[]),
];

/// What tests alone may depend on: a real server against a real sandbox, in one process.
const TEST_ARROWS: [(&str, &str); 2] = [("server", "stripe-sandbox"), ("e2e", "stripe-sandbox")];

/// Crates that belong to a server and have no business in a browser.
const SERVERS_ONLY: [&str; 9] = [
    "tokio",
    "axum",
    "sqlx",
    "sqlx-core",
    "hyper",
    "reqwest",
    "rustls",
    "lettre",
    "tower-http",
];

pub fn has_widget(metadata: &Value) -> bool {
    packages(metadata).any(|package| name(package) == "booking-checkout")
}

pub fn arrows(tree: &Tree) -> Vec<String> {
    let ours: Vec<&str> = packages(&tree.metadata).map(name).collect();
    let mut broken = Vec::new();
    for package in packages(&tree.metadata) {
        let from = name(package);
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == from) else {
            broken.push(format!(
                "{from}: a new crate; give it its arrows in xtask/src/tidy/crates.rs"
            ));
            continue;
        };
        for needed in package
            .get("dependencies")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let to = name(needed);
            let for_tests = needed.get("kind").and_then(Value::as_str) == Some("dev");
            let fine = allowed.contains(&to) || (for_tests && TEST_ARROWS.contains(&(from, to)));
            if ours.contains(&to) && !fine {
                broken.push(format!("{from} → {to}"));
            }
        }
    }
    broken
}

pub fn lints(tree: &Tree) -> Vec<String> {
    let missing = |(file, text): (&String, &String)| {
        let section = text.split("[lints]").nth(1).unwrap_or_default();
        let takes = section
            .lines()
            .nth(1)
            .is_some_and(|line| line.trim() == "workspace = true");
        let package = file.ends_with("Cargo.toml") && text.contains("[package]") && !file.contains("/fuzz/");
        (package && !takes).then(|| file.clone())
    };
    tree.files.iter().filter_map(missing).collect()
}

pub fn widget_without_server(tree: &Tree) -> Vec<String> {
    let is_wrong = |line: &&String| {
        let mut words = line.split_whitespace();
        let (crate_name, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        // A feature is said as `server feature "ssr"`.
        let ssr = second == "feature" && words.next() == Some("\"ssr\"");
        ssr || SERVERS_ONLY.contains(&crate_name)
    };
    let mut broken: Vec<String> = tree.widget.iter().filter(is_wrong).cloned().collect();
    broken.sort();
    broken.dedup();
    broken
}

fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata
        .get("packages")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn name(package: &Value) -> &str {
    package.get("name").and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with_dependency(from: &str, to: &str) -> Tree {
        let metadata = json!({ "packages": [
            { "name": from, "dependencies": [{ "name": to }, { "name": "serde" }] },
            { "name": to, "dependencies": [] },
        ]});
        Tree {
            metadata,
            ..Tree::of(&[])
        }
    }

    #[test]
    fn arrows_point_one_way() {
        assert_eq!(
            arrows(&with_dependency("booking-checkout", "server")),
            Vec::<String>::new()
        );
        assert_eq!(arrows(&with_dependency("domain", "server")), ["domain → server"]);
        assert_eq!(
            arrows(&with_dependency("server", "stripe-sandbox")),
            ["server → stripe-sandbox"]
        );
        assert_eq!(arrows(&with_dependency("xtask", "domain")), ["xtask → domain"]);
        assert_eq!(
            arrows(&with_dependency("server", "booking-checkout")),
            ["server → booking-checkout"]
        );
        assert!(arrows(&with_dependency("cellar", "domain"))[0].starts_with("cellar: a new crate"));
    }

    #[test]
    fn a_crate_without_lints_is_found() {
        let tree = Tree::of(&[
            (
                "a/Cargo.toml",
                "[package]\nname = \"a\"\n[lints]\nworkspace = true\n",
            ),
            ("b/Cargo.toml", "[package]\nname = \"b\"\n"),
        ]);
        assert_eq!(lints(&tree), ["b/Cargo.toml"]);
    }

    #[test]
    fn the_servers_half_is_found_in_the_widget() {
        let lines = [
            "leptos v0.8.23",
            "server feature \"default\"",
            "server v0.1.0 (/somewhere/ssr)",
        ];
        let mut tree = Tree {
            widget: lines.map(str::to_owned).to_vec(),
            ..Tree::of(&[])
        };
        assert!(widget_without_server(&tree).is_empty());
        tree.widget
            .extend(["leptos feature \"ssr\"".to_owned(), "tokio v1.48.0".to_owned()]);
        assert_eq!(
            widget_without_server(&tree),
            ["leptos feature \"ssr\"", "tokio v1.48.0"]
        );
    }
}
