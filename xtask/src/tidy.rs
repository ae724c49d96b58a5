//! `cargo xtask tidy`: the rules that no compiler checks, each with its reason.

mod crates;
mod texts;

use crate::failure::{Failure, Outcome};
use crate::say::{self, Step};
use crate::{args, files, run};
use std::collections::BTreeMap;
use std::time::Duration;

/// What the rules look at.
pub struct Tree {
    /// Every text file of the project by its name; binary files have no text.
    files: BTreeMap<String, String>,
    /// `cargo metadata --no-deps`.
    metadata: serde_json::Value,
    /// What the widget is built with, features included; none while there is no widget.
    widget: Vec<String>,
}

/// One rule: what it asks, why, and where it is broken.
struct Rule {
    ask: &'static str,
    why: &'static str,
    broken: fn(&Tree) -> Vec<String>,
}

const RULES: [Rule; 15] = [
    Rule {
        ask: "Crates know each other only along the arrows",
        why: "the widget must not reach the server's storage, and tools must not depend on what they build \
              (docs/ARCHITECTURE.md, rooms)",
        broken: crates::arrows,
    },
    Rule {
        ask: "Every crate takes the workspace's lints",
        why: "the ban on panics and silent casts is worth nothing where it isn't asked for",
        broken: crates::lints,
    },
    Rule {
        ask: "The widget is built without the server's half",
        why: "feature `ssr`, or a runtime beside the browser's, breaks event handlers and ships megabytes \
              (invariant 9)",
        broken: crates::widget_without_server,
    },
    Rule {
        ask: "`domain` does no input or output and reads no clock",
        why: "rules that depend on nothing can be proved by tests (invariant 1)",
        broken: texts::domain_is_pure,
    },
    Rule {
        ask: "No floating point in `domain`",
        why: "0.1 + 0.2 is not 0.3, and it is somebody's money",
        broken: texts::domain_counts_in_integers,
    },
    Rule {
        ask: "Lock files name no download address",
        why: "an address of one machine's mirror breaks every other machine",
        broken: texts::lock_files,
    },
    Rule {
        ask: "No copy of Stripe.js, and no large script at all",
        why: "Stripe.js must come from js.stripe.com, or card numbers are ours to protect (PCI SAQ A)",
        broken: texts::stripe_js,
    },
    Rule {
        ask: "A Rust file has at most 500 lines",
        why: "longer ones hold more than one thing",
        broken: texts::long_files,
    },
    Rule {
        ask: "Every server function names its endpoint, its input and its output",
        why: "otherwise its address holds a hash of the build's path, and forms of other sites can be posted to it",
        broken: texts::server_functions,
    },
    Rule {
        ask: "`payment_method_types` is never sent to Stripe",
        why: "the pinned version of the API refuses it; cards only is `allowed_payment_method_types`",
        broken: texts::payment_method_types,
    },
    Rule {
        ask: "No client secret in the database",
        why: "whoever holds one can confirm the payment (invariant 3)",
        broken: texts::client_secrets,
    },
    Rule {
        ask: "No scripts inside our pages",
        why: "the content security policy allows none, so they would not run",
        broken: texts::inline_scripts,
    },
    Rule {
        ask: "wasm-opt is told the features that browsers have, one by one",
        why: "with --all-features Debian's version writes types that no browser reads, and the widget never starts: take \
              --enable-bulk-memory --enable-mutable-globals --enable-nontrapping-float-to-int --enable-sign-ext \
              --enable-reference-types --enable-multivalue",
        broken: texts::wasm_features,
    },
    Rule {
        ask: "The widget formats nothing",
        why: "the build takes out what `{}` goes through, so the page would stop there: put texts together by `concat`, and \
              write numbers by `number::text`",
        broken: texts::widget_formats_nothing,
    },
    Rule {
        ask: "No path of one person's machine",
        why: "it means nothing anywhere else",
        broken: texts::machine_paths,
    },
];

/// `cargo xtask tidy`.
pub fn main(mut parser: lexopt::Parser) -> Outcome {
    if let Some(argument) = args::next(&mut parser)? {
        return Err(args::unknown(argument, "no arguments"));
    }
    check().map(drop)
}

/// Checks every rule and says how many there are.
pub fn check() -> Outcome<usize> {
    let step = Step::begin("Reading the tree");
    let tree = read()?;
    step.done(&format!("{} files", tree.files.len()));
    let mut broken = Vec::new();
    for rule in &RULES {
        let places = (rule.broken)(&tree);
        if places.is_empty() {
            continue;
        }
        broken.push(format!("{}: {}.", rule.ask, rule.why));
        broken.extend(places.iter().map(|place| format!("    {place}")));
    }
    if broken.is_empty() {
        say::line(&format!("  ✓ {} rules kept", RULES.len()));
        return Ok(RULES.len());
    }
    Err(Failure::new("The tree is not tidy.").output(broken))
}

fn read() -> Outcome<Tree> {
    let mut texts = BTreeMap::new();
    for name in files::ours()? {
        let bytes = std::fs::read(files::root().join(&name)).unwrap_or_default();
        texts.insert(name, String::from_utf8(bytes).unwrap_or_default());
    }
    let minute = Duration::from_secs(60);
    let metadata = run::quietly(
        &mut run::cargo(["metadata", "--no-deps", "--format-version", "1"]),
        minute,
    )?;
    let metadata = metadata
        .iter()
        .find_map(|line| serde_json::from_str(line).ok())
        .unwrap_or_default();
    let widget = if crates::has_widget(&metadata) {
        let tree = [
            "tree",
            "-p",
            "booking-checkout",
            "--target",
            "wasm32-unknown-unknown",
        ];
        let mut command = run::cargo(tree);
        command.args(["-e", "normal,features", "--prefix", "none"]);
        run::quietly(&mut command, Duration::from_secs(300))?
    } else {
        Vec::new()
    };
    Ok(Tree {
        files: texts,
        metadata,
        widget,
    })
}

#[cfg(test)]
impl Tree {
    /// A tree of these files and nothing else.
    fn of(files: &[(&str, &str)]) -> Self {
        let files = files
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        Self {
            files,
            metadata: serde_json::Value::Null,
            widget: Vec::new(),
        }
    }
}
