//! Short messages (SMS, messengers): handed to a gateway of the salon's choice by a signed HTTP call. See docs/MESSAGES.md.

mod address;
pub mod refund;
mod text;

use std::{fmt, time::Duration};

use domain::id::BookingId;
use hmac::{Hmac, Mac as _};
use reqwest::{StatusCode, header};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

pub use self::address::GatewayUrl;
use crate::{
    api::error::{ApiError, Code},
    app::App,
    mail::About,
    store::{
        booking::BookingRecord,
        job::{self, Job, Letter},
        messages as store,
        salon::SalonRecord,
        unsent::{self, Unsent, Way},
    },
    stripe::StripeError,
};

/// So long a gateway may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What messages are signed with: `bks_` and 64 hexadecimal digits. Never shown but to whoever sets it.
#[derive(Clone)]
pub struct GatewaySecret(Zeroizing<String>);

/// The way to gateways: calls no address within the server's own network, unless that is allowed. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Gateways {
    http: reqwest::Client,
    local: bool,
}

/// Why a gateway did not take a message.
#[derive(Debug)]
pub enum Refusal {
    /// It will not take it later either.
    ForGood(String),
    /// It may take it later.
    ForNow(String),
}

/// A message as it is handed over.
#[derive(Debug, Serialize)]
pub struct Message<'a> {
    /// The same for the same message, however often it is sent.
    pub id: &'a str,
    /// What it is about, such as `link`; `test` from the back office.
    pub kind: &'a str,
    /// The salon's name in addresses.
    pub salon: &'a str,
    /// The salon's name.
    pub from: &'a str,
    /// The client's telephone number, as it was typed.
    pub to: &'a str,
    /// The client's name.
    pub name: &'a str,
    /// The client's language, such as `de`.
    pub language: &'a str,
    /// What to send.
    pub text: &'a str,
    /// The booking's reference.
    pub booking: &'a str,
}

impl GatewaySecret {
    const PREFIX: &'static str = "bks_";

    /// A new one.
    ///
    /// # Errors
    /// [`ApiError`] when the system gives no random numbers.
    pub fn new() -> Result<GatewaySecret, ApiError> {
        let halves = [crate::app::random_id()?, crate::app::random_id()?];
        Ok(GatewaySecret(Zeroizing::new(format!(
            "{}{}",
            Self::PREFIX,
            halves.concat()
        ))))
    }

    /// Reads one.
    ///
    /// # Errors
    /// A sentence without it.
    pub fn parse(text: &str) -> Result<GatewaySecret, String> {
        let digits = text.strip_prefix(Self::PREFIX).unwrap_or_default();
        if digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Ok(GatewaySecret(Zeroizing::new(text.to_owned())));
        }
        Err("this is no secret of messages".to_owned())
    }

    /// The secret itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The signature of a body sent at a second since 1970: `t=…,v1=…`, as Stripe signs its webhooks.
    #[must_use]
    pub fn sign(&self, at: i64, body: &str) -> String {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.as_bytes()) else {
            return String::new();
        };
        mac.update(format!("{at}.{body}").as_bytes());
        format!("t={at},v1={}", hex::encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for GatewaySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GatewaySecret(…)")
    }
}

impl Gateways {
    /// With local ones, or without.
    ///
    /// # Errors
    /// When the TLS set-up of this machine can't be used.
    pub fn new(local: bool) -> Result<Gateways, StripeError> {
        let mut builder = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent(concat!("booking-checkout/", env!("CARGO_PKG_VERSION")));
        if !local {
            builder = builder.dns_resolver(address::OnlyPublic);
        }
        let http = builder
            .build()
            .map_err(|error| StripeError::Unreachable(error.without_url().to_string()))?;
        Ok(Gateways { http, local })
    }

    /// Reads the address of a gateway.
    ///
    /// # Errors
    /// A sentence that says what to do.
    pub fn read(&self, text: &str) -> Result<GatewayUrl, String> {
        GatewayUrl::parse(text, self.local)
    }

    /// Hands a message over.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn hand_over(
        &self,
        url: &GatewayUrl,
        secret: &GatewaySecret,
        message: &Message<'_>,
        seconds: i64,
    ) -> Result<(), Refusal> {
        let body = serde_json::to_string(message).map_err(|error| Refusal::ForGood(error.to_string()))?;
        let call = self
            .http
            .post(url.as_str())
            .header(header::CONTENT_TYPE, "application/json")
            .header("booking-signature", secret.sign(seconds, &body))
            .body(body);
        let answer = call.send().await.map_err(|error| {
            let why = if error.is_timeout() {
                format!("It did not answer within {} seconds.", PATIENCE.as_secs())
            } else {
                "It can't be reached.".to_owned()
            };
            tracing::info!(error = %error.without_url(), "a gateway can't be reached");
            Refusal::ForNow(why)
        })?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let why = format!("It answered with status {}.", status.as_u16());
        let later = status.is_server_error()
            || matches!(
                status,
                StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
            );
        Err(if later {
            Refusal::ForNow(why)
        } else {
            Refusal::ForGood(why)
        })
    }
}

/// Orders the message that goes with a letter, where the salon has a gateway and the client a telephone. Done twice, it is
/// ordered once.
///
/// # Errors
/// [`ApiError`].
pub async fn order(app: &App, mail: &str, about: &About, letter: Letter) -> Result<(), ApiError> {
    let client = &about.record.client;
    let wanted = text::is_worth_a_message(letter) || client.email.is_empty();
    if about.salon.messages.is_none() || client.phone.is_empty() || !wanted {
        return Ok(());
    }
    let job = Job::Message {
        booking: about.record.id.clone(),
        letter,
    };
    once(app, mail, &job).await
}

/// Hands the message about a booking over. `id` is the job's.
///
/// # Errors
/// [`ApiError`] when the gateway can't take it yet; the job is tried again.
pub async fn send(app: &App, id: &str, booking: &BookingId, letter: Letter) -> Result<(), ApiError> {
    let Some(about) = About::read(app, booking, letter).await? else {
        return Ok(());
    };
    let text = text::compose(&about, letter);
    hand(app, id, (&about.salon, &about.record), &letter.name()?, &text).await
}

/// Orders the message that goes with the letter of this job: asked to twice, once.
async fn once(app: &App, mail: &str, message: &Job) -> Result<(), ApiError> {
    let id = hex::encode(Sha256::digest(format!("{mail}/message")));
    let mut write = app.store.write().await?;
    job::insert_once(write.conn(), id.get(..32).unwrap_or_default(), message, app.now()).await?;
    Ok(write.commit().await?)
}

/// Hands a message to a client over, and notes what the gateway refused.
async fn hand(
    app: &App,
    id: &str,
    (salon, record): (&SalonRecord, &BookingRecord),
    kind: &str,
    text: &str,
) -> Result<(), ApiError> {
    let client = &record.client;
    let message = Message {
        id,
        kind,
        salon: salon.salon.slug.as_str(),
        from: &salon.salon.name,
        to: &client.phone,
        name: &client.name,
        language: &client.language,
        text,
        booking: &record.reference,
    };
    match to_gateway(app, salon, &message).await? {
        None if salon.messages_failed.is_some() => {
            let mut write = app.store.write().await?;
            store::note_failed(write.conn(), &salon.salon.slug, None).await?;
            Ok(write.commit().await?)
        }
        None => Ok(()),
        Some(refusal) => {
            let (Refusal::ForGood(why) | Refusal::ForNow(why)) = &refusal;
            let mut write = app.store.write().await?;
            store::note_failed(write.conn(), &salon.salon.slug, Some((app.now(), why))).await?;
            let for_good = matches!(refusal, Refusal::ForGood(_));
            if for_good {
                let lost = Unsent {
                    id: id.to_owned(),
                    salon: salon.salon.slug.clone(),
                    booking: record.id.clone(),
                    way: Way::Message,
                    letter: kind.to_owned(),
                    recipient: client.phone.clone(),
                    why: why.clone(),
                    at: app.now(),
                };
                unsent::insert(write.conn(), &lost).await?;
            }
            write.commit().await?;
            if for_good {
                tracing::error!(booking = %record.id, why, "the gateway will not take a message, and it is not tried again");
                return Ok(());
            }
            Err(ApiError::new(
                Code::Failed,
                "the gateway can't take a message yet",
            ))
        }
    }
}

/// Hands a message to the salon's gateway, if there is one; what it answered unless it took it.
///
/// # Errors
/// [`ApiError`].
pub async fn to_gateway(
    app: &App,
    salon: &SalonRecord,
    message: &Message<'_>,
) -> Result<Option<Refusal>, ApiError> {
    let secret = salon.messages_secret(&app.master_key)?;
    let (Some(url), Some(secret)) = (&salon.messages, secret) else {
        return Ok(None);
    };
    // Read again: what was allowed when it was set may not be so any more.
    let url = match app.gateways.read(url) {
        Ok(url) => url,
        Err(why) => return Ok(Some(Refusal::ForGood(why))),
    };
    let seconds = app.now().0 / 1000;
    Ok(app
        .gateways
        .hand_over(&url, &secret, message, seconds)
        .await
        .err())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_and_never_shown() {
        let secret = GatewaySecret::new().unwrap();
        let again = GatewaySecret::parse(secret.reveal()).unwrap();
        assert_eq!(secret.sign(1, "{}"), again.sign(1, "{}"));
        assert_eq!(format!("{secret:?}"), "GatewaySecret(…)");
        assert!(GatewaySecret::parse("bks_12").is_err());
        assert!(GatewaySecret::parse(&"0".repeat(68)).is_err());
    }

    /// By RFC 4231's way: `printf '1700000000.{}' | openssl dgst -sha256 -hmac bks_000…0`.
    #[test]
    fn a_signature_is_the_hmac_of_time_and_body() {
        let secret = GatewaySecret::parse(&format!("bks_{}", "0".repeat(64))).unwrap();
        assert_eq!(
            secret.sign(1_700_000_000, "{}"),
            "t=1700000000,v1=b6247e7b6d5fc214e3c3d782b2d51a925997898bd5280dbb09112a538171d9b4"
        );
        assert_ne!(
            secret.sign(1_700_000_001, "{}").split(",v1=").nth(1),
            secret.sign(1_700_000_000, "{}").split(",v1=").nth(1)
        );
    }
}
