//! What Stripe's events say of our payments.

use domain::{
    decline::Decline,
    id::{AttemptId, RefundId, SalonSlug},
    payment::Observation,
    time::Moment,
};
use serde::Deserialize;

use super::{Applied, Seen, apply as apply_seen};
use crate::{
    api::error::ApiError,
    store::{Write, attempt, attempt::AttemptRecord, refund},
    stripe::object::{LastError, Reference},
};

/// An event, as far as it is needed. Unknown fields are passed over.
#[derive(Debug, Deserialize)]
pub struct Event {
    /// `evt_…`.
    pub id: String,
    /// Such as `charge.succeeded`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it is about real money.
    pub livemode: bool,
    data: Data,
}

/// Reads an event.
///
/// # Errors
/// When it is not one.
pub fn parse(text: &str) -> Result<Event, serde_json::Error> {
    serde_json::from_str(text)
}

/// Applies an event within a transaction; `false` when somebody changed the booking meanwhile: roll back and try again.
///
/// An event about something that is not ours changes nothing, and is kept all the same.
///
/// # Errors
/// [`ApiError`].
pub async fn apply(
    write: &mut Write,
    salon: &SalonSlug,
    event: &Event,
    now: Moment,
) -> Result<bool, ApiError> {
    let object = &event.data.object;
    if object.object == "refund" {
        note_refund(write, object).await?;
        return Ok(true);
    }
    let Some(seen) = object.seen(&event.kind) else {
        return Ok(true);
    };
    let Some(attempt) = find(write, salon, object).await? else {
        tracing::info!(event = %event.id, kind = %event.kind, "an event about a payment that is not ours");
        return Ok(true);
    };
    if !seen.is_news_to(&attempt) {
        return Ok(true);
    }
    Ok(matches!(
        apply_seen(write, &attempt, &seen, now).await?,
        Applied::Done(_)
    ))
}

/// The attempt an object is about: by its intent, or by the id in its metadata while the intent is not written down yet.
async fn find(
    write: &mut Write,
    salon: &SalonSlug,
    object: &Object,
) -> Result<Option<AttemptRecord>, ApiError> {
    if let Some(intent) = object.intent()
        && let Some(attempt) = attempt::by_intent(write.conn(), salon, intent).await?
    {
        return Ok(Some(attempt));
    }
    let Some(id) = object
        .metadata
        .attempt
        .as_deref()
        .and_then(|id| AttemptId::parse(id).ok())
    else {
        return Ok(None);
    };
    Ok(attempt::find(write.conn(), &id)
        .await?
        .filter(|attempt| attempt.salon == *salon))
}

async fn note_refund(write: &mut Write, object: &Object) -> Result<(), ApiError> {
    let id = object
        .metadata
        .refund
        .as_deref()
        .and_then(|id| RefundId::parse(id).ok());
    if let (Some(id), Some(status)) = (id, object.status.as_deref()) {
        refund::set_state(write.conn(), &id, &object.id, status).await?;
    }
    Ok(())
}

#[derive(Debug, Deserialize)]
struct Data {
    object: Object,
}

/// A PaymentIntent, a Charge, a Refund or a Dispute.
#[derive(Debug, Deserialize)]
struct Object {
    id: String,
    object: String,
    status: Option<String>,
    payment_intent: Option<Reference>,
    latest_charge: Option<Reference>,
    #[serde(default)]
    captured: bool,
    #[serde(default)]
    amount_refunded: i64,
    failure_code: Option<String>,
    outcome: Option<Outcome>,
    last_payment_error: Option<LastError>,
    #[serde(default)]
    metadata: Metadata,
}

impl Object {
    fn intent(&self) -> Option<&str> {
        match self.object.as_str() {
            "payment_intent" => Some(&self.id),
            _ => self.payment_intent.as_ref().map(Reference::id),
        }
    }

    /// What it says of an attempt, if it says anything.
    fn seen(&self, kind: &str) -> Option<Seen> {
        let observation = match self.object.as_str() {
            "payment_intent" => self.intent_observation(kind)?,
            "charge" => self.charge_observation(kind)?,
            _ => return None,
        };
        let charge = match self.object.as_str() {
            "charge" => Some(self.id.clone()),
            _ => self.latest_charge.as_ref().map(|charge| charge.id().to_owned()),
        };
        Some(Seen {
            observation,
            intent: self.intent().map(str::to_owned),
            charge,
            refunded: self.amount_refunded,
        })
    }

    fn intent_observation(&self, kind: &str) -> Option<Observation> {
        Some(match kind {
            "payment_intent.succeeded" => Observation::Succeeded,
            "payment_intent.canceled" => Observation::Canceled,
            "payment_intent.processing" => Observation::Processing,
            "payment_intent.requires_action" => Observation::RequiresAction,
            "payment_intent.payment_failed" => {
                let error = self.last_payment_error.as_ref();
                Observation::Declined(error.map_or(Decline::AskBank, LastError::decline))
            }
            _ => return None,
        })
    }

    /// Any event that carries a charge tells how the charge stands: whichever comes first is enough.
    fn charge_observation(&self, kind: &str) -> Option<Observation> {
        if kind == "charge.expired" {
            return Some(Observation::Canceled);
        }
        match (self.status.as_deref()?, self.captured) {
            ("succeeded", true) => Some(Observation::Succeeded),
            ("pending", _) => Some(Observation::Processing),
            ("failed", _) => {
                let reason = self
                    .outcome
                    .as_ref()
                    .and_then(|outcome| outcome.reason.as_deref());
                Some(Observation::Declined(Decline::of(
                    self.failure_code.as_deref(),
                    reason,
                )))
            }
            _ => None,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
struct Metadata {
    attempt: Option<String>,
    refund: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Outcome {
    reason: Option<String>,
}
