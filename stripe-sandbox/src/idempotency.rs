//! Idempotency keys: the first answer is kept for 24 hours and replayed.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::errors::{ApiError, Outcome};

const LIFE_MS: i64 = 24 * 60 * 60 * 1_000;

/// An answer as it went out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub status: u16,
    pub body: String,
    /// Of the request that was really worked on.
    pub request_id: String,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    path: String,
    fingerprint: String,
    at_ms: i64,
    /// None while the first request is being worked on.
    answer: Option<Answer>,
}

/// The keys of one account.
#[derive(Default, Serialize, Deserialize)]
pub struct Keys {
    entries: HashMap<String, Entry>,
    order: VecDeque<(i64, String)>,
}

impl Keys {
    /// Starts work under a key, or gives the answer to replay.
    pub fn begin(
        &mut self,
        key: &str,
        path: &str,
        body: &str,
        now_ms: i64,
        limit: usize,
    ) -> Outcome<Option<Answer>> {
        if key.is_empty() || key.chars().count() > 255 {
            return Err(ApiError::idempotency(
                "Idempotency keys have 1 to 255 characters.",
            ));
        }
        self.expire(now_ms, limit);
        let fingerprint = fingerprint(body);
        if let Some(entry) = self.entries.get(key) {
            if entry.path != path {
                return Err(ApiError::idempotency(format!(
                    "Keys for idempotent requests can only be used for the same endpoint they were first used for ('{path}' vs '{}'). Try using a key other than '{key}' if you meant to execute a different request.",
                    entry.path
                )));
            }
            if entry.fingerprint != fingerprint {
                return Err(ApiError::idempotency(format!(
                    "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '{key}' if you meant to execute a different request."
                )));
            }
            return match &entry.answer {
                Some(answer) => Ok(Some(answer.clone())),
                None => Err(ApiError::in_use()),
            };
        }
        self.entries.insert(
            key.to_owned(),
            Entry {
                path: path.to_owned(),
                fingerprint,
                at_ms: now_ms,
                answer: None,
            },
        );
        self.order.push_back((now_ms, key.to_owned()));
        Ok(None)
    }

    /// Ends work under a key: keeps the answer, or frees the key.
    pub fn end(&mut self, key: &str, answer: Option<Answer>) {
        match (answer, self.entries.get_mut(key)) {
            (Some(answer), Some(entry)) => entry.answer = Some(answer),
            (None, _) => {
                self.entries.remove(key);
            }
            (Some(_), None) => {}
        }
    }

    /// Frees keys whose work was cut off by a stop.
    pub fn forget_unfinished(&mut self) {
        self.entries.retain(|_, entry| entry.answer.is_some());
    }

    fn expire(&mut self, now_ms: i64, limit: usize) {
        while self.order.front().is_some_and(|(at, _)| now_ms - at >= LIFE_MS) || self.order.len() > limit {
            let Some((at, key)) = self.order.pop_front() else {
                return;
            };
            // A freed key may have been taken again since: then its later mark removes it.
            if self
                .entries
                .get(&key)
                .is_some_and(|entry| entry.at_ms == at && entry.answer.is_some())
            {
                self.entries.remove(&key);
            }
        }
    }
}

/// The same parameters in another order are the same request.
fn fingerprint(body: &str) -> String {
    let mut pairs: Vec<&str> = body.split('&').filter(|pair| !pair.is_empty()).collect();
    pairs.sort_unstable();
    let mut hash = Sha256::new();
    for pair in pairs {
        hash.update(pair.as_bytes());
        hash.update(b"&");
    }
    hex::encode(hash.finalize())
}
