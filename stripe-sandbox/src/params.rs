//! Reading parameters strictly: what a call doesn't take is refused, before anything is done.

use std::collections::BTreeMap;

use crate::errors::{ApiError, Outcome};
use crate::form::Node;

/// Parameters of a call (or of one nested level) that have not been read yet.
pub struct Params {
    /// Name of the level, for messages: `card` in `payment_method_data[card]`.
    prefix: String,
    entries: Vec<(String, Node)>,
}

impl Params {
    pub fn new(entries: Vec<(String, Node)>) -> Self {
        Self {
            prefix: String::new(),
            entries,
        }
    }

    /// A text; an empty one is refused, as Stripe does.
    pub fn text(&mut self, key: &str) -> Outcome<Option<String>> {
        match self.clearable(key)? {
            Some(text) if text.is_empty() => {
                let name = self.name(key);
                Err(ApiError::invalid(
                    format!("You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; however '{name}' cannot be unset. You should remove '{name}' from your request or supply a non-empty value."),
                    name,
                )
                .code("parameter_invalid_empty"))
            }
            other => Ok(other),
        }
    }

    /// A text that an empty value unsets.
    pub fn clearable(&mut self, key: &str) -> Outcome<Option<String>> {
        match self.take(key) {
            None => Ok(None),
            Some(Node::Text(text)) if text.len() <= 5_000 => Ok(Some(text)),
            Some(Node::Text(_)) => {
                let name = self.name(key);
                Err(ApiError::invalid(
                    format!("Invalid string: '{name}' must be at most 5000 characters."),
                    name,
                ))
            }
            Some(Node::Branch(_)) => {
                let name = self.name(key);
                Err(ApiError::invalid(
                    format!("Invalid string: {name} must be a string."),
                    name,
                ))
            }
        }
    }

    pub fn require_text(&mut self, key: &str) -> Outcome<String> {
        self.text(key)?.ok_or_else(|| self.required(key))
    }

    pub fn integer(&mut self, key: &str) -> Outcome<Option<i64>> {
        let Some(text) = self.text(key)? else {
            return Ok(None);
        };
        text.parse().map(Some).map_err(|_| {
            let name = self.name(key);
            ApiError::invalid(format!("Invalid integer: {text}"), name).code("parameter_invalid_integer")
        })
    }

    pub fn require_integer(&mut self, key: &str) -> Outcome<i64> {
        self.integer(key)?.ok_or_else(|| self.required(key))
    }

    pub fn boolean(&mut self, key: &str) -> Outcome<Option<bool>> {
        match self.text(key)?.as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(ApiError::invalid(
                format!("Invalid boolean: {other}"),
                self.name(key),
            )),
        }
    }

    pub fn one_of(&mut self, key: &str, choices: &[&str]) -> Outcome<Option<String>> {
        let Some(text) = self.clearable(key)? else {
            return Ok(None);
        };
        if choices.contains(&text.as_str()) {
            return Ok(Some(text));
        }
        let listed = choices
            .iter()
            .filter(|choice| !choice.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join(", ");
        Err(ApiError::invalid(
            format!("Invalid {}: must be one of {listed}", self.name(key)),
            self.name(key),
        ))
    }

    /// A nested level.
    pub fn map(&mut self, key: &str) -> Outcome<Option<Params>> {
        match self.take(key) {
            None => Ok(None),
            Some(Node::Branch(entries)) => Ok(Some(Params {
                prefix: self.name(key),
                entries,
            })),
            Some(Node::Text(text)) if text.is_empty() => Ok(None),
            Some(Node::Text(_)) => Err(ApiError::invalid(
                format!("Invalid object: {} must be an object.", self.name(key)),
                self.name(key),
            )),
        }
    }

    /// A list of texts: `a[]=x` or `a[0]=x`.
    pub fn list(&mut self, key: &str) -> Outcome<Option<Vec<String>>> {
        let refused = |params: &Self| {
            Err(ApiError::invalid(
                format!("Invalid array: {} must be a list.", params.name(key)),
                params.name(key),
            ))
        };
        match self.take(key) {
            None => Ok(None),
            Some(Node::Text(text)) if text.is_empty() => Ok(Some(Vec::new())),
            Some(Node::Text(_)) => refused(self),
            Some(Node::Branch(entries)) => {
                let mut out = Vec::with_capacity(entries.len());
                for (index, node) in entries {
                    match node {
                        Node::Text(text) if index.is_empty() || index.parse::<u32>().is_ok() => {
                            out.push(text)
                        }
                        _ => return refused(self),
                    }
                }
                Ok(Some(out))
            }
        }
    }

    /// `metadata[key]=value`: at most 50 keys of 40 characters, values of 500; an empty value unsets.
    pub fn metadata(&mut self) -> Outcome<Option<BTreeMap<String, String>>> {
        let Some(level) = self.map("metadata")? else {
            return Ok(None);
        };
        if level.entries.len() > 50 {
            return Err(ApiError::invalid("Metadata can have up to 50 keys.", "metadata"));
        }
        let mut out = BTreeMap::new();
        for (key, node) in level.entries {
            let Node::Text(value) = node else {
                return Err(ApiError::invalid(
                    "Metadata values must be strings.",
                    format!("metadata[{key}]"),
                ));
            };
            if key.is_empty() || key.chars().count() > 40 {
                return Err(ApiError::invalid(
                    "Metadata keys can have up to 40 characters.",
                    format!("metadata[{key}]"),
                ));
            }
            if value.chars().count() > 500 {
                return Err(ApiError::invalid(
                    "Metadata values can have up to 500 characters.",
                    format!("metadata[{key}]"),
                ));
            }
            out.insert(key, value);
        }
        Ok(Some(out))
    }

    /// Known to Stripe, without meaning here.
    pub fn accept(&mut self, keys: &[&str]) {
        self.entries.retain(|(key, _)| !keys.contains(&key.as_str()));
    }

    /// All remaining texts of this level; for evidence and other open records.
    pub fn texts(self, allowed: &[&str]) -> Outcome<BTreeMap<String, String>> {
        let mut out = BTreeMap::new();
        let mut rest = Vec::new();
        for (key, node) in self.entries {
            match node {
                Node::Text(text) if allowed.contains(&key.as_str()) => {
                    out.insert(key, text);
                }
                other => rest.push((key, other)),
            }
        }
        Params {
            prefix: self.prefix,
            entries: rest,
        }
        .finish()?;
        Ok(out)
    }

    /// Refuses whatever was not read.
    pub fn finish(self) -> Outcome<()> {
        let Some((first, _)) = self.entries.first() else {
            return Ok(());
        };
        let first = self.name(first);
        if first == "payment_method_types" {
            return Err(ApiError::invalid(
                "The `payment_method_types` parameter is no longer supported in this API version. Use `allowed_payment_method_types` to limit the payment methods instead.",
                first,
            )
            .code("payment_method_types_no_longer_supported"));
        }
        let names = self
            .entries
            .iter()
            .map(|(key, _)| self.name(key))
            .collect::<Vec<_>>();
        let plural = if names.len() > 1 { "s" } else { "" };
        Err(ApiError::invalid(
            format!("Received unknown parameter{plural}: {}", names.join(", ")),
            first,
        )
        .code("parameter_unknown"))
    }

    /// What the call can't do without.
    pub fn required(&self, key: &str) -> Box<ApiError> {
        let name = self.name(key);
        ApiError::invalid(format!("Missing required param: {name}."), name).code("parameter_missing")
    }

    pub fn name(&self, key: &str) -> String {
        if self.prefix.is_empty() {
            key.to_owned()
        } else {
            format!("{}[{key}]", self.prefix)
        }
    }

    fn take(&mut self, key: &str) -> Option<Node> {
        let position = self.entries.iter().position(|(name, _)| name == key)?;
        Some(self.entries.remove(position).1)
    }
}

/// Merges an update of metadata into what is there: an empty value removes its key.
pub fn merge(metadata: &mut BTreeMap<String, String>, update: BTreeMap<String, String>) {
    for (key, value) in update {
        if value.is_empty() {
            metadata.remove(&key);
        } else {
            metadata.insert(key, value);
        }
    }
}
