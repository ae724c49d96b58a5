//! Holds card testers off: who tries many cards, to see which of them are good, does it where declines cost nothing.
//!
//! What is counted here is in the database, so it holds whatever address they come from and whichever process they reach. What
//! one address may do is counted at the door (`http/limits.rs`).

use domain::time::Moment;

use crate::{
    api::error::{ApiError, Code},
    app::App,
    store::{
        attempt::{self, AttemptRecord},
        salon::SalonRecord,
    },
};

/// Cards that may be declined for one booking within a day. People who mistype, or whose bank says no, try two or three.
const DECLINES: usize = 8;
/// Payments that may be begun for one booking within a day, whatever became of them.
const ATTEMPTS: usize = 30;
/// Declined cards of a whole salon within an hour from which on each booking may have one only. Salons see some in a day.
const BRAKE: i64 = 30;
/// And from which on no card is tried at all, until there were fewer.
const STOP: i64 = 120;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// Refuses another card where too many were declined, if limits are on. `attempts` are the booking's, the latest first.
///
/// # Errors
/// `TooMany`, with a sentence for the payer and the seconds until it may be tried again.
pub async fn check(
    app: &App,
    salon: &SalonRecord,
    attempts: &[AttemptRecord],
    now: Moment,
) -> Result<(), ApiError> {
    if !app.limits.are_on() {
        return Ok(());
    }
    let since = now.plus_millis(-HOUR);
    let of_salon = attempt::declined_since(app.store.read(), &salon.salon.slug, since).await?;
    let declines = if of_salon >= STOP {
        tracing::error!(salon = %salon.salon.slug, of_salon, "cards are being tried out: none is taken for now");
        0
    } else if of_salon >= BRAKE {
        tracing::warn!(salon = %salon.salon.slug, of_salon, "many cards are declined: one for each booking");
        1
    } else {
        DECLINES
    };
    let declined = |attempt: &&AttemptRecord| attempt.by_client() && attempt.declined().is_some();
    let phone = &salon.salon.phone;
    if declines == 0 {
        let sentence = format!(
            "The salon takes no cards for a while, because too many were declined. Nothing was charged. Try again in an hour, \
             or call the salon: {phone}."
        );
        return Err(refusal(sentence, HOUR / 4));
    }
    let over = wait(attempts.iter().filter(declined), declines, now);
    if let Some(over) = over.or_else(|| wait(attempts.iter(), ATTEMPTS, now)) {
        let sentence = format!(
            "Too many cards were declined for this booking. Nothing was charged. Please call the salon: {phone}."
        );
        return Err(refusal(sentence, over));
    }
    Ok(())
}

/// If there were so many within a day: milliseconds until there were fewer.
fn wait<'a>(latest_first: impl Iterator<Item = &'a AttemptRecord>, most: usize, now: Moment) -> Option<i64> {
    let mut of_late = latest_first.filter(|attempt| now.since(attempt.created) < DAY);
    let oldest_that_counts = of_late.nth(most.checked_sub(1)?)?;
    Some(DAY - now.since(oldest_that_counts.created))
}

fn refusal(sentence: String, millis: i64) -> ApiError {
    ApiError {
        field: Some("card".to_owned()),
        retry_after: u32::try_from(millis.div_euclid(1_000) + 1).ok(),
        ..ApiError::new(Code::TooMany, sentence)
    }
}
