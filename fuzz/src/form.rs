//! The form encoding: the server writes it, the sandbox reads it.

use server::stripe::client::encode;
use stripe_sandbox::form::{Node, parse};

/// A form's text: reading never ends in a panic, and what was read is written and read the same.
pub fn form(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(tree) = parse(text) else { return };
    check(&tree);
}

/// A recipe for a tree: writing it and reading it makes the same tree.
pub fn form_tree(data: &[u8]) {
    let mut recipe = data.iter().copied();
    let tree = branch(&mut recipe, 0);
    let pairs = flat(&tree);
    if pairs.len() <= 1_000 {
        check(&tree);
    }
}

fn check(tree: &[(String, Node)]) {
    let pairs = flat(tree);
    let pairs: Vec<(&str, String)> = pairs
        .iter()
        .map(|(key, value)| (key.as_str(), value.clone()))
        .collect();
    let text = encode(&pairs);
    assert!(text.bytes().all(|byte| byte.is_ascii_graphic()), "{text}");
    assert_eq!(parse(&text).as_deref(), Ok(tree), "{text}");
}

/// The pairs of a tree, keys with brackets.
fn flat(tree: &[(String, Node)]) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for (key, node) in tree {
        flatten(key, node, &mut pairs);
    }
    pairs
}

fn flatten(key: &str, node: &Node, to: &mut Vec<(String, String)>) {
    match node {
        Node::Text(text) => to.push((key.to_owned(), text.clone())),
        Node::Branch(children) => {
            for (name, child) in children {
                flatten(&format!("{key}[{name}]"), child, to);
            }
        }
    }
}

/// Children with names of their own, or the texts of a list.
fn branch(recipe: &mut impl Iterator<Item = u8>, depth: usize) -> Vec<(String, Node)> {
    let mut children: Vec<(String, Node)> = Vec::new();
    while let Some(step) = recipe.next() {
        let count = usize::from(step >> 4);
        match step & 15 {
            0 => break,
            1 if depth > 0 => children.push((String::new(), Node::Text(word(recipe, count)))),
            // An object of a list: the next one begins where its first key comes again.
            2 if (1..6).contains(&depth) => {
                let mut item = vec![("first".to_owned(), Node::Text(word(recipe, count)))];
                if count % 2 == 0 {
                    item.push(("second".to_owned(), Node::Text(word(recipe, count))));
                }
                children.push((String::new(), Node::Branch(item)));
            }
            step => {
                let name = word(recipe, count).replace(['[', ']'], "_");
                if name.is_empty() || children.iter().any(|(known, _)| *known == name) {
                    continue;
                }
                if step % 2 == 0 && depth < 7 {
                    let inner = branch(recipe, depth + 1);
                    // A branch without children leaves no trace in a form.
                    if !inner.is_empty() {
                        children.push((name, Node::Branch(inner)));
                    }
                } else {
                    let value = word(recipe, 15 - count);
                    children.push((name, Node::Text(value)));
                }
            }
        }
    }
    children
}

fn word(recipe: &mut impl Iterator<Item = u8>, length: usize) -> String {
    let bytes: Vec<u8> = recipe.take(length).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}
