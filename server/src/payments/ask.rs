//! Asking Stripe what became of an attempt: by the payer's page, by the worker, before a hold ends.

use domain::{
    decline::Decline,
    key::SecretKey,
    payment::{AttemptState, BookingState, Observation},
};

use super::{After, Seen, look, observe, saved};
use crate::{
    api::error::{ApiError, Code},
    app::{App, random_id},
    store::{
        asking,
        attempt::AttemptRecord,
        booking::{self, BookingRecord},
        salon,
    },
    stripe::{
        StripeError,
        intent::{Card, Charge, ClientSecret, Intent},
    },
};

/// An attempt after asking, and what only the payer's browser may know.
#[derive(Debug)]
pub struct Asked {
    /// How things stand now.
    pub after: After,
    /// For Stripe.js, if the bank waits for the payer.
    pub client_secret: Option<ClientSecret>,
    /// What Stripe refused as a request, if it did.
    pub refused: Option<StripeError>,
}

impl Asked {
    /// Nothing that only the browser may know, and nothing refused.
    #[must_use]
    pub fn only(after: After) -> Asked {
        Asked {
            after,
            client_secret: None,
            refused: None,
        }
    }
}

/// Milliseconds until Stripe is asked again about an attempt that was asked about so often: seconds, minutes, hours.
#[must_use]
pub fn pause(asks: i64) -> i64 {
    match asks {
        ..=0 => 15_000,
        1 => 2_000,
        2 => 5_000,
        3 => 15_000,
        4..=6 => 60_000,
        7..=12 => 600_000,
        _ => 3_600_000,
    }
}

/// Milliseconds that the first call of an attempt has before anybody asks about it. Where a card is saved, a customer is made
/// first, by a call of its own; when that is done the charge has its time anew.
#[must_use]
pub fn patience(saves: bool) -> i64 {
    if saves { pause(0) + 60_000 } else { pause(0) }
}

/// Sends a new attempt's charge and applies the answer. `saves`: the client agreed to have the card saved.
///
/// # Errors
/// [`ApiError`] when the answer can't be written; the worker asks again.
pub async fn charge(
    app: &App,
    key: &SecretKey,
    booking: &BookingRecord,
    attempt: &AttemptRecord,
    saves: bool,
) -> Result<Asked, ApiError> {
    let customer = if saves {
        let customer = saved::customer(app, key, attempt).await?;
        let mut write = app.store.write().await?;
        asking::begin_now(write.conn(), &attempt.id, app.now().plus_millis(pause(0))).await?;
        write.commit().await?;
        customer
    } else {
        Ok(None)
    };
    send(app, key, &booking.reference, attempt, customer, Question::First).await
}

/// Sends the attempt's charge, for the first time or again with the same key. Stripe keeps keys for 24 hours, and the
/// confirmation token in it is good for 12: sent again later, it can't charge a second time either.
async fn send(
    app: &App,
    key: &SecretKey,
    reference: &str,
    attempt: &AttemptRecord,
    customer: Result<Option<String>, StripeError>,
    question: Question,
) -> Result<Asked, ApiError> {
    let return_url = format!("{}/book/{}", app.public_url, attempt.salon);
    let customer = match customer {
        Ok(customer) => customer,
        Err(error) => return take_in(app, attempt, question, Err(error)).await,
    };
    let charge = Charge {
        attempt: attempt.id.as_str(),
        booking: attempt.booking.as_str(),
        reference,
        sum: attempt.sum,
        card: Card::Present {
            confirmation_token: &attempt.confirmation_token,
            return_url: &return_url,
            save_for: customer.as_deref(),
        },
    };
    take_in(app, attempt, question, app.stripe.charge(key, &charge).await).await
}

/// Charges the saved card of a booking, without its holder. Who asked before looks first what came of it: Stripe forgets keys
/// after a day, and a saved card can be charged as often as one likes.
async fn send_saved(
    app: &App,
    key: &SecretKey,
    reference: &str,
    attempt: &AttemptRecord,
) -> Result<Asked, ApiError> {
    let card = match saved::card(app, key, &attempt.booking).await? {
        Ok(card) => card,
        Err(error) => return take_in(app, attempt, Question::Again, Err(error)).await,
    };
    if attempt.asks > 1 {
        match look::intent(app, key, attempt).await? {
            Ok(None) => {}
            Ok(Some(intent)) => return take_in(app, attempt, Question::Read, Ok(intent)).await,
            Err(error) => return take_in(app, attempt, Question::Read, Err(error)).await,
        }
    }
    let charge = Charge {
        attempt: attempt.id.as_str(),
        booking: attempt.booking.as_str(),
        reference,
        sum: attempt.sum,
        card: Card::Saved {
            customer: &card.customer,
            payment_method: &card.payment_method,
        },
    };
    let answer = app.stripe.charge(key, &charge).await;
    take_in(app, attempt, Question::Again, answer).await
}

/// Asks what became of an attempt that is open.
///
/// # Errors
/// [`ApiError`].
pub async fn ask(app: &App, attempt: &AttemptRecord) -> Result<Asked, ApiError> {
    if attempt.reach.is_out_of_sight() {
        // The salon has turned to real payments meanwhile, or to another account. Of a test no money can come; what came of a payment
        // on the account before, the salon is asked to look up there. Neither may keep a time from anybody.
        tracing::warn!(attempt = %attempt.id, reach = ?attempt.reach, "no key is left to ask about a payment: it is let go");
        return Ok(Asked {
            after: observe(app, attempt, &Seen::only(Observation::Canceled)).await?,
            client_secret: None,
            refused: None,
        });
    }
    let key = key_of(app, attempt).await?;
    match &attempt.intent {
        Some(intent) => {
            take_in(
                app,
                attempt,
                Question::Read,
                app.stripe.intent(&key, intent).await,
            )
            .await
        }
        None if look::is_unwanted(app, attempt).await? => {
            let answer = match look::intent(app, &key, attempt).await? {
                // There is none, and none is sent any more. Should one that was sent come through after all, it goes back.
                Ok(None) => {
                    let seen = Seen::only(Observation::Canceled);
                    return Ok(Asked::only(observe(app, attempt, &seen).await?));
                }
                Ok(Some(intent)) => Ok(intent),
                Err(error) => Err(error),
            };
            take_in(app, attempt, Question::Read, answer).await
        }
        None => {
            let booking = booking::find(app.store.read(), &attempt.booking).await?;
            let reference = booking.map(|booking| booking.reference).unwrap_or_default();
            if attempt.by_client() {
                let customer = saved::customer(app, &key, attempt).await?;
                send(app, &key, &reference, attempt, customer, Question::Again).await
            } else {
                send_saved(app, &key, &reference, attempt).await
            }
        }
    }
}

/// How long a payer may take for the bank's confirmation where no hold ends it: as long as an opened visit link works, in
/// milliseconds.
const CONFIRMING: i64 = 3_600_000;

/// The worker's question about an attempt that is due to be asked about; puts the next one off, whatever the answer.
///
/// A payer who left the bank's dialog of a visit comes back to it no more: there is no hold that ends, so it is ended here.
///
/// # Errors
/// [`ApiError`].
pub async fn again(app: &App, attempt: &AttemptRecord) -> Result<(), ApiError> {
    let asks = attempt.asks + 1;
    let next = attempt
        .state
        .is_open()
        .then(|| app.now().plus_millis(pause(asks)));
    let mut write = app.store.write().await?;
    if !asking::put_off(write.conn(), attempt, next).await? {
        return Ok(());
    }
    write.commit().await?;
    let attempt = AttemptRecord {
        asks,
        ..attempt.clone()
    };
    let known = attempt.intent.is_some();
    if is_abandoned(app, &attempt).await? || (known && look::is_unwanted(app, &attempt).await?) {
        end(app, &attempt).await?;
    } else if attempt.state.is_open() {
        ask(app, &attempt).await?;
    }
    Ok(())
}

async fn is_abandoned(app: &App, attempt: &AttemptRecord) -> Result<bool, ApiError> {
    if attempt.state != AttemptState::RequiresAction || app.now().since(attempt.created) < CONFIRMING {
        return Ok(false);
    }
    let booking = booking::find(app.store.read(), &attempt.booking).await?;
    Ok(booking.is_some_and(|booking| booking.state != BookingState::Held))
}

/// Ends an attempt that is open, so that it can take no money any more; if it has taken it, then it has. It stays open while
/// Stripe shows no intent of it: to ask for one would be to charge.
///
/// # Errors
/// [`ApiError`].
pub async fn end(app: &App, attempt: &AttemptRecord) -> Result<AttemptRecord, ApiError> {
    if attempt.reach.is_out_of_sight() {
        return Ok(ask(app, attempt).await?.after.attempt);
    }
    let mut attempt = attempt.clone();
    if attempt.intent.is_none() {
        let key = key_of(app, &attempt).await?;
        match look::intent(app, &key, &attempt).await? {
            Ok(Some(intent)) => {
                let asked = take_in(app, &attempt, Question::Read, Ok(intent)).await?;
                attempt = asked.after.attempt;
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(attempt = %attempt.id, %error, "Stripe did not show its intents"),
        }
    }
    if attempt.state.is_open() && attempt.intent.is_some() {
        attempt = cancel(app, &attempt).await?;
    }
    Ok(attempt)
}

/// Cancels an attempt's intent, and applies what Stripe then says of it. Nothing to do while no intent is known.
///
/// # Errors
/// [`ApiError`].
pub async fn cancel(app: &App, attempt: &AttemptRecord) -> Result<AttemptRecord, ApiError> {
    let Some(intent) = &attempt.intent else {
        return Ok(attempt.clone());
    };
    let key = key_of(app, attempt).await?;
    let answer = app.stripe.cancel(&key, intent, &random_id()?).await;
    Ok(take_in(app, attempt, Question::Read, answer).await?.after.attempt)
}

/// The secret key of an attempt's salon.
///
/// # Errors
/// [`ApiError`] when the salon has none, or one of the other mode.
pub async fn key_of(app: &App, attempt: &AttemptRecord) -> Result<SecretKey, ApiError> {
    if let Some(why) = attempt.reach.refusal() {
        return Err(ApiError::new(Code::PaymentDown, why));
    }
    let salon = salon::find(app.store.read(), &attempt.salon).await?;
    let key = salon
        .map(|salon| salon.secret_key(&app.master_key))
        .transpose()?
        .flatten();
    key.ok_or_else(|| ApiError::new(Code::PaymentDown, "This salon takes no cards at the moment."))
}

/// What was asked, for what a refusal of it means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Question {
    /// To charge, never asked before.
    First,
    /// To charge, asked before, with the same key: the first answer is given again, or it is done now.
    Again,
    /// What became of an intent that is known.
    Read,
}

async fn take_in(
    app: &App,
    attempt: &AttemptRecord,
    question: Question,
    answer: Result<Intent, StripeError>,
) -> Result<Asked, ApiError> {
    let from = |intent: &Intent| Seen {
        observation: intent.observation(),
        intent: Some(intent.id.clone()),
        charge: intent.charge().map(str::to_owned),
        at: Some(intent.charged()),
    };
    let (seen, client_secret, refused) = match answer {
        Ok(intent) => {
            let waits = intent.observation() == Observation::RequiresAction;
            (
                from(&intent),
                intent.client_secret().filter(|_| waits).cloned(),
                None,
            )
        }
        Err(StripeError::Declined {
            code,
            decline_code,
            intent,
        }) => {
            let class = Decline::of(code.as_deref(), decline_code.as_deref());
            let known = intent.as_deref().map(from);
            let seen = known.unwrap_or_else(|| Seen::only(Observation::Declined(class)));
            (
                Seen {
                    observation: Observation::Declined(class),
                    ..seen
                },
                None,
                None,
            )
        }
        Err(StripeError::Unknown(cause)) => {
            tracing::warn!(attempt = %attempt.id, %cause, "Stripe gave no definite answer");
            (Seen::only(Observation::NoAnswer), None, None)
        }
        Err(error) if is_definite_no(question, &error) => {
            // What stands for the card came from the payer's page, and is the payer's to enter again. All else is the salon's.
            if is_of_the_card(&error) {
                tracing::warn!(attempt = %attempt.id, %error, "Stripe does not know the card's token");
            } else {
                tracing::error!(attempt = %attempt.id, %error, "Stripe refused a charge");
            }
            (Seen::only(Observation::Canceled), None, Some(error))
        }
        Err(error) => {
            tracing::error!(attempt = %attempt.id, %error, "Stripe refused a question");
            (Seen::only(Observation::NoAnswer), None, Some(error))
        }
    };
    Ok(Asked {
        after: observe(app, attempt, &seen).await?,
        client_secret,
        refused,
    })
}

fn is_of_the_card(error: &StripeError) -> bool {
    matches!(error, StripeError::Refused { param: Some(param), .. } if param == "confirmation_token")
}

/// Whether a refusal means that there is no money in the attempt.
///
/// Not reached or not let in says so only of the first call: when asking again, the one before may have come through.
fn is_definite_no(question: Question, error: &StripeError) -> bool {
    match (question, error) {
        (Question::First, StripeError::Unreachable(_) | StripeError::Refused { .. }) => true,
        (Question::Again, StripeError::Refused { status, .. }) => !matches!(status, 401 | 403),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16) -> StripeError {
        StripeError::Refused {
            status,
            code: None,
            param: None,
            message: String::new(),
            request: None,
        }
    }

    #[test]
    fn only_what_can_t_have_taken_money_is_a_definite_no() {
        use Question::{Again, First, Read};
        let unreachable = StripeError::Unreachable(String::new());
        let unknown = StripeError::Unknown(String::new());
        let table = [
            (First, &unreachable, true),
            (First, &refused(400), true),
            // Nobody was asked before.
            (First, &refused(401), true),
            (First, &unknown, false),
            (Again, &refused(400), true),
            (Again, &refused(404), true),
            // The question before this one may have come through.
            (Again, &refused(401), false),
            (Again, &refused(403), false),
            (Again, &unreachable, false),
            (Again, &unknown, false),
            // That an intent can't be read or cancelled says nothing of its money.
            (Read, &refused(404), false),
            (Read, &refused(401), false),
            (Read, &unreachable, false),
        ];
        for (question, error, no) in table {
            assert_eq!(is_definite_no(question, error), no, "{question:?} {error}");
        }
    }

    #[test]
    fn nobody_asks_before_the_first_call_can_have_come_to_its_end() {
        // A call has three tries of 12 seconds. Who agreed to have the card saved is made a customer first.
        assert_eq!(patience(false), 15_000);
        assert_eq!(patience(true), 75_000);
    }

    #[test]
    fn questions_are_seconds_then_minutes_then_hours_apart() {
        let seconds: Vec<i64> = (0..15).map(|asks| pause(asks) / 1_000).collect();
        assert_eq!(
            seconds,
            [
                15, 2, 5, 15, 60, 60, 60, 600, 600, 600, 600, 600, 600, 3_600, 3_600
            ]
        );
        assert_eq!(pause(-1), 15_000);
    }
}
