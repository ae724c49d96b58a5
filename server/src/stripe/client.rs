//! Sends calls: versions pinned, time limits, retries with the same key, nothing secret in an error.

use std::time::Duration;

use domain::key::{PublishableKey, SecretKey};
use reqwest::{Method, Response, StatusCode, header::HeaderMap};
use serde::{Deserialize, de::DeserializeOwned};

use super::intent::Intent;

/// The version of Stripe's API this code is written for. Changed together with the webhooks' and Stripe.js's.
pub const API_VERSION: &str = "2026-09-30.endive";

/// How many tries a call gets.
const TRIES: u32 = 3;

/// Calls Stripe. Cheap to clone.
#[derive(Clone, Debug)]
pub struct StripeClient {
    http: reqwest::Client,
    api: String,
    patience: Patience,
}

/// How long a call waits for Stripe. A simulation, whose time is its own, waits differently.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How long one try may take.
    pub one_try: Duration,
    /// How much of it the connection may take.
    pub connect: Duration,
    /// Before the second try once to twice as long as this, before the third two to four times.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            one_try: Duration::from_secs(12),
            connect: Duration::from_secs(3),
            pause: Duration::from_millis(200),
        }
    }
}

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
pub enum StripeError {
    /// The card was declined: definite.
    #[error("declined ({code:?}, {decline_code:?})")]
    Declined {
        /// Stripe's `code`.
        code: Option<String>,
        /// Stripe's `decline_code`.
        decline_code: Option<String>,
        /// The intent, where one was made.
        intent: Option<Box<Intent>>,
    },
    /// Refused: definite, nothing happened.
    #[error("refused with {status} {code:?} {param:?} (request {request:?}): {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Stripe's `code`.
        code: Option<String>,
        /// The parameter it is about.
        param: Option<String>,
        /// Stripe's message, for the log.
        message: String,
        /// Stripe's `Request-Id`.
        request: Option<String>,
    },
    /// Not reached at all: definite, nothing happened.
    #[error("Stripe can't be reached: {0}")]
    Unreachable(String),
    /// It may have happened or not.
    #[error("no definite answer: {0}")]
    Unknown(String),
}

impl StripeClient {
    /// A client for the API at this address.
    ///
    /// # Errors
    /// When the TLS set-up of this machine can't be used.
    pub fn new(api: &str) -> Result<StripeClient, StripeError> {
        StripeClient::with_patience(api, Patience::default())
    }

    /// The same, with other time limits.
    ///
    /// # Errors
    /// When the TLS set-up of this machine can't be used.
    pub fn with_patience(api: &str, patience: Patience) -> Result<StripeClient, StripeError> {
        // A second call finds it installed, which is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .timeout(patience.one_try)
            .connect_timeout(patience.connect)
            .pool_max_idle_per_host(32)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("booking-checkout/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| StripeError::Unreachable(error.without_url().to_string()))?;
        Ok(StripeClient {
            http,
            api: api.to_owned(),
            patience,
        })
    }

    /// The API's address.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.api
    }

    /// Sends a `POST` with an idempotency key of ours. `form` is what Stripe's form encoding wants, keys with brackets.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn post<T: DeserializeOwned>(
        &self,
        key: &SecretKey,
        path: &str,
        idempotency_key: &str,
        form: &[(&str, String)],
    ) -> Result<T, StripeError> {
        self.call(Method::POST, key.reveal(), path, Some((idempotency_key, form)))
            .await
    }

    /// Sends a `GET`.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn get<T: DeserializeOwned>(&self, key: &SecretKey, path: &str) -> Result<T, StripeError> {
        self.call(Method::GET, key.reveal(), path, None).await
    }

    /// Sends a `GET` as a browser does, with the publishable key.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn get_public<T: DeserializeOwned>(
        &self,
        key: &PublishableKey,
        path: &str,
    ) -> Result<T, StripeError> {
        self.call(Method::GET, key.reveal(), path, None).await
    }

    /// Sends a `DELETE`.
    ///
    /// # Errors
    /// [`StripeError`].
    pub async fn delete(&self, key: &SecretKey, path: &str) -> Result<(), StripeError> {
        let gone: Result<serde_json::Value, _> = self.call(Method::DELETE, key.reveal(), path, None).await;
        gone.map(|_| ())
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        key: &str,
        path: &str,
        post: Option<(&str, &[(&str, String)])>,
    ) -> Result<T, StripeError> {
        let mut unreachable = true;
        let mut tries = 0;
        loop {
            tries += 1;
            let mut request = self
                .http
                .request(method.clone(), format!("{}{path}", self.api))
                .bearer_auth(key)
                .header("Stripe-Version", API_VERSION);
            if let Some((idempotency_key, form)) = post {
                request = request
                    .header("Idempotency-Key", idempotency_key)
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .body(encode(form));
            }
            let error = match request.send().await {
                Ok(response) => {
                    let wanted = retry_wanted(response.status(), response.headers());
                    match read(response).await {
                        // Whatever it says: that it wants to be asked again is no definite word.
                        Err(error @ (StripeError::Unknown(_) | StripeError::Refused { .. })) if wanted => {
                            unreachable = false;
                            match error {
                                StripeError::Unknown(why) => StripeError::Unknown(why),
                                refused => StripeError::Unknown(refused.to_string()),
                            }
                        }
                        // Who is not let in now may have been let in at the try before, whose answer was lost.
                        Err(
                            error @ StripeError::Refused {
                                status: 401 | 403, ..
                            },
                        ) if !unreachable => {
                            return Err(StripeError::Unknown(error.to_string()));
                        }
                        other => return other,
                    }
                }
                Err(error) => {
                    // Only a connection that was never made is sure not to have carried the request.
                    unreachable &= error.is_connect();
                    StripeError::Unknown(error.without_url().to_string())
                }
            };
            if tries == TRIES {
                return Err(match error {
                    StripeError::Unknown(why) if unreachable => StripeError::Unreachable(why),
                    error => error,
                });
            }
            let pause = pause(self.patience.pause, tries);
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
        }
    }
}

/// Stripe's form encoding of keys and values.
#[must_use]
pub fn encode(form: &[(&str, String)]) -> String {
    let mut text = String::new();
    for (key, value) in form {
        if !text.is_empty() {
            text.push('&');
        }
        escape(&mut text, key);
        text.push('=');
        escape(&mut text, value);
    }
    text
}

fn escape(to: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'[' | b']' => {
                to.push(char::from(byte))
            }
            _ => {
                to.push('%');
                for digit in [byte >> 4, byte & 15] {
                    to.push(
                        char::from_digit(u32::from(digit), 16)
                            .unwrap_or('0')
                            .to_ascii_uppercase(),
                    );
                }
            }
        }
    }
}

/// What Stripe says of retrying (Stripe: "Advanced error handling").
fn retry_wanted(status: StatusCode, headers: &HeaderMap) -> bool {
    match headers.get("stripe-should-retry").map(|value| value.as_bytes()) {
        Some(b"true") => true,
        Some(b"false") => false,
        _ => {
            status == StatusCode::CONFLICT
                || status.is_server_error()
                || status == StatusCode::TOO_MANY_REQUESTS
        }
    }
}

/// With the usual patience 0.2 to 0.4 s before the second try, 0.4 to 0.8 s before the third.
fn pause(first: Duration, tries: u32) -> Duration {
    let mut jitter = [0; 1];
    // Without random bytes the pause is only less spread.
    let _ = getrandom::fill(&mut jitter);
    let base = first * tries;
    base + base * u32::from(jitter[0]) / 256
}

async fn read<T: DeserializeOwned>(response: Response) -> Result<T, StripeError> {
    let status = response.status();
    let request = response
        .headers()
        .get("request-id")
        .and_then(|id| id.to_str().ok())
        .map(str::to_owned);
    let unknown = |error: reqwest::Error| StripeError::Unknown(error.without_url().to_string());
    if status.is_success() {
        return response.json().await.map_err(unknown);
    }
    let bytes = response.bytes().await.map_err(unknown)?;
    let Ok(Envelope { error }) = serde_json::from_slice::<Envelope>(&bytes) else {
        return Err(StripeError::Unknown(format!("{status} without Stripe's error")));
    };
    Err(match (status.as_u16(), error.kind.as_deref()) {
        (_, Some("card_error")) => StripeError::Declined {
            code: error.code,
            decline_code: error.decline_code,
            intent: error.payment_intent.map(Box::new),
        },
        (409 | 429 | 500.., _) | (_, Some("api_error" | "idempotency_error")) => {
            StripeError::Unknown(format!(
                "{status} {:?} (request {request:?}): {}",
                error.code, error.message
            ))
        }
        (status, _) => StripeError::Refused {
            status,
            code: error.code,
            param: error.param,
            message: error.message,
            request,
        },
    })
}

#[derive(Deserialize)]
struct Envelope {
    error: ErrorBody,
}

#[derive(Deserialize)]
struct ErrorBody {
    #[serde(rename = "type")]
    kind: Option<String>,
    code: Option<String>,
    decline_code: Option<String>,
    #[serde(default)]
    message: String,
    param: Option<String>,
    payment_intent: Option<Intent>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_values_are_escaped_and_brackets_stay() {
        let form = [
            ("metadata[a]", "Ä&= /".to_owned()),
            ("expand[]", "latest_charge".to_owned()),
        ];
        assert_eq!(
            encode(&form),
            "metadata[a]=%C3%84%26%3D%20%2F&expand[]=latest_charge"
        );
    }

    #[test]
    fn stripe_s_word_on_retrying_comes_first() {
        let mut headers = HeaderMap::new();
        assert!(retry_wanted(StatusCode::CONFLICT, &headers));
        assert!(!retry_wanted(StatusCode::BAD_REQUEST, &headers));
        headers.insert("stripe-should-retry", "false".parse().unwrap());
        assert!(!retry_wanted(StatusCode::INTERNAL_SERVER_ERROR, &headers));
        headers.insert("stripe-should-retry", "true".parse().unwrap());
        assert!(retry_wanted(StatusCode::BAD_REQUEST, &headers));
    }
}
