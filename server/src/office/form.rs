//! What was typed into a form, and what of it is wrong.

use axum::{
    body::to_bytes,
    extract::{FromRequest, Request},
    http::header,
};

use super::trouble::Trouble;
use crate::api::error::{ApiError, Code};

/// No form is longer, in bytes: a catalogue pasted as a table, with a wide margin.
const LONGEST: usize = 512 * 1024;

/// What was typed: names and texts, in the form's order. Shown again when something is wrong.
#[derive(Clone, Default)]
pub struct Form(Vec<(String, String)>);

/// What is wrong with which field.
#[derive(Clone, Debug, Default)]
pub struct Wrong(Vec<(String, String)>);

impl Form {
    /// A form that nobody filled in yet.
    #[must_use]
    pub fn of(fields: &[(&str, String)]) -> Form {
        Form(
            fields
                .iter()
                .map(|(name, text)| ((*name).to_owned(), text.clone()))
                .collect(),
        )
    }

    /// What stands in a field, without white space around it; empty when there is no such field.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// What stands in a field, to the letter.
    #[must_use]
    pub fn raw(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(field, _)| field == name);
        found.map_or("", |(_, text)| text)
    }

    /// Whether a box is ticked.
    #[must_use]
    pub fn ticked(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }

    /// Puts something else into a field, as if it had been typed.
    pub fn set(&mut self, name: &str, text: &str) {
        self.0.retain(|(field, _)| field != name);
        self.0.push((name.to_owned(), text.to_owned()));
    }

    /// All that stands in the fields of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(field, _)| field == name)
            .map(|(_, text)| text.trim())
    }

    /// Reads the encoding of forms and queries (WHATWG URL: `application/x-www-form-urlencoded`).
    #[must_use]
    pub fn decode(text: &str) -> Form {
        let pairs = form_urlencoded::parse(text.as_bytes()).take(5_000);
        Form(
            pairs
                .map(|(name, value)| (name.into_owned(), value.replace("\r\n", "\n")))
                .collect(),
        )
    }
}

impl Wrong {
    /// Notes what is wrong with a field: a sentence that says what to do.
    pub fn add(&mut self, field: &str, sentence: impl Into<String>) {
        self.0.push((field.to_owned(), sentence.into()));
    }

    /// Keeps what could be read; of what could not, notes the sentence.
    pub fn keep<T>(&mut self, field: &str, read: Result<T, impl Into<String>>) -> Option<T> {
        read.map_err(|sentence| self.add(field, sentence)).ok()
    }

    /// What is wrong with a field.
    #[must_use]
    pub fn of(&self, field: &str) -> Option<&str> {
        let found = self.0.iter().find(|(name, _)| name == field);
        found.map(|(_, sentence)| sentence.as_str())
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of it, in order.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(field, sentence)| (field.as_str(), sentence.as_str()))
    }
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Trouble;

    async fn from_request(request: Request, _: &S) -> Result<Form, Trouble> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return Err(unreadable().into());
        }
        let bytes = to_bytes(request.into_body(), LONGEST).await.map_err(|error| {
            tracing::info!(%error, "a form that can't be read");
            unreadable()
        })?;
        let text = std::str::from_utf8(&bytes).map_err(|_| unreadable())?;
        Ok(Form::decode(text))
    }
}

/// Never shows what was typed: it may be a key or a password.
impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

fn unreadable() -> ApiError {
    ApiError::new(
        Code::Invalid,
        "What was sent can't be read, or is longer than 512 kB. Go back and try again.",
    )
}
