//! Moves payments forward. Everything that is seen of an attempt, by whomever, goes through [`observe`].

pub mod ask;
pub mod books;
pub mod cancelling;
pub mod dispute;
pub mod event;
pub mod evidence;
pub mod fee;
mod look;
pub mod manage;
pub mod moving;
pub mod object;
pub mod payout;
pub mod refund;
pub mod rest;
mod saved;
mod situation;

use domain::{
    id::{BookingId, SalonSlug},
    ledger::{Entry, EntryKind},
    money::Money,
    payment::{self, AttemptState, BookingState, Effect, Observation, Purpose},
    time::Moment,
};

use crate::{
    api::error::{ApiError, Code},
    app::{App, random_id},
    store::{
        StoreError, Write, attempt,
        attempt::AttemptRecord,
        audit::{self, By},
        booking,
        booking::BookingRecord,
        claim,
        job::{self, Job, Letter, News, Notice},
        ledger, link,
        refund::Reason,
    },
};

/// What was seen of an attempt, and what else is known by it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What was seen.
    pub observation: Observation,
    /// Stripe's `pi_…`.
    pub intent: Option<String>,
    /// Stripe's `ch_…`.
    pub charge: Option<String>,
    /// When it happened, by Stripe's clock in seconds since 1970, where that is known.
    pub at: Option<i64>,
}

impl Seen {
    /// Just this.
    #[must_use]
    pub fn only(observation: Observation) -> Seen {
        Seen {
            observation,
            intent: None,
            charge: None,
            at: None,
        }
    }

    /// Whether anything of it is not known of the attempt yet.
    #[must_use]
    pub fn is_news_to(&self, attempt: &AttemptRecord) -> bool {
        payment::is_news(attempt.state, self.observation)
            || (self.intent.is_some() && self.intent != attempt.intent)
            || self.names_charge_of(attempt)
    }

    /// Whether it says which charge the attempt's is: the first that is heard of, and the one that took the money. An intent may
    /// have several, and of an earlier one may be heard later.
    fn names_charge_of(&self, attempt: &AttemptRecord) -> bool {
        let counts = attempt.charge.is_none() || self.observation == Observation::Succeeded;
        counts && self.charge.is_some() && self.charge != attempt.charge
    }
}

/// A booking and its attempts after something was seen of one of them.
#[derive(Clone, Debug)]
pub struct After {
    /// The booking.
    pub booking: BookingRecord,
    /// The attempt that was seen.
    pub attempt: AttemptRecord,
    /// All attempts of the booking, the latest first.
    pub attempts: Vec<AttemptRecord>,
}

/// Applies what was seen of an attempt, in a transaction of its own, and says how things stand after it.
///
/// # Errors
/// [`ApiError`]; then nothing was written.
pub async fn observe(app: &App, of: &AttemptRecord, seen: &Seen) -> Result<After, ApiError> {
    for _ in 0..TRIES {
        let mut write = app.store.write().await?;
        if let Applied::Done(after) = apply(&mut write, of, seen, app.now()).await? {
            match write.commit().await {
                Err(StoreError::Conflict(_)) => continue,
                done => done?,
            }
            return Ok(*after);
        }
        // Somebody else changed the booking between our reading and writing: what we saw is weighed against that.
    }
    Err(busy())
}

/// How often a change is tried against changes by others. Each time one of them gets on.
pub const TRIES: usize = 20;

/// Whether an observation was applied.
#[derive(Debug)]
pub enum Applied {
    /// It was; how things stand now.
    Done(Box<After>),
    /// The booking changed meanwhile: roll back, and apply again.
    Again,
}

/// Applies what was seen of an attempt within a transaction.
///
/// # Errors
/// [`ApiError`]; the transaction must be dropped.
pub async fn apply(
    write: &mut Write,
    of: &AttemptRecord,
    seen: &Seen,
    now: Moment,
) -> Result<Applied, ApiError> {
    let mut booking = booking::find(write.conn(), &of.booking)
        .await?
        .ok_or_else(|| lost("booking"))?;
    let mut attempts = attempt::of_purpose(write.conn(), &of.booking, of.purpose).await?;
    let listed = attempts.iter().find(|attempt| attempt.id == of.id).cloned();
    let mut attempt = match listed {
        Some(attempt) => attempt,
        None => attempt::find(write.conn(), &of.id)
            .await?
            .ok_or_else(|| lost("attempt"))?,
    };
    if !seen.is_news_to(&attempt) {
        // Read again after its attempts: on PostgreSQL each read sees what is committed by then, and what has moved the
        // attempt in between has moved the booking too.
        let booking = booking::find(write.conn(), &of.booking)
            .await?
            .ok_or_else(|| lost("booking"))?;
        return Ok(Applied::Done(Box::new(After {
            booking,
            attempt,
            attempts,
        })));
    }
    let situation = situation::read(write, &booking, &attempt, &attempts, seen.observation).await?;
    let step = match of.purpose {
        Purpose::Booking => payment::advance(situation, seen.observation),
        Purpose::Fee | Purpose::Rest => payment::advance_besides(situation, seen.observation),
    };
    if !booking::advance(write.conn(), &booking.id, booking.version, step.booking).await? {
        return Ok(Applied::Again);
    }
    let moved = step.attempt != attempt.state;
    if moved {
        tracing::info!(attempt = %attempt.id, booking = %booking.id, from = ?attempt.state, to = ?step.attempt, "payment");
        attempt.state = step.attempt;
    }
    if let Observation::Declined(class) = seen.observation
        && step.attempt == AttemptState::Declined
    {
        attempt.decline = Some(class);
    }
    attempt.intent = seen.intent.clone().or(attempt.intent);
    if moved || seen.names_charge_of(&attempt) {
        attempt.charge = seen.charge.clone().or(attempt.charge);
    }

    if step.effects.contains(&Effect::AskAgain) {
        attempt.asks += 1;
    }
    attempt.ask_at = attempt
        .state
        .is_open()
        .then(|| now.plus_millis(ask::pause(attempt.asks)));
    attempt::rewrite(write.conn(), &attempt).await?;
    if moved && attempt.state == AttemptState::Succeeded {
        book(write, &attempt, happened(seen.at, now)).await?;
        let is_visit = match attempt.purpose {
            Purpose::Booking => booking.choice.is_none(),
            Purpose::Rest => true,
            Purpose::Fee => false,
        };
        if is_visit && !step.effects.contains(&Effect::RefundAll) {
            // It is paid: the clock of its link stops, for good. Should the money go back, a new link has its own.
            link::forget_cancelling(write.conn(), &booking.id).await?;
        }
    }
    if moved && attempt.purpose == Purpose::Fee {
        fee::follow(write, &booking, &attempt, now).await?;
    }
    for effect in step.effects {
        match effect {
            Effect::RetakeSlot => {
                if !take_slot(write, &booking).await? {
                    return Ok(Applied::Again);
                }
            }
            Effect::MailBooked => mail(write, &booking, Letter::Booked, now).await?,
            Effect::MailPaid => mail(write, &booking, paid_letter(&attempt), now).await?,
            Effect::MailRefunded => mail(write, &booking, refunded_letter(&attempt), now).await?,
            Effect::CancelIntent => {
                let job = Job::CancelIntent {
                    attempt: attempt.id.clone(),
                };
                job::insert(write.conn(), &random_id()?, &job, now).await?;
            }
            Effect::RefundAll => give_back(write, &mut attempt, now).await?,
            // Above, with the attempt's row.
            Effect::AskAgain => {}
        }
    }
    if step.booking == BookingState::Expired && booking.state == BookingState::Held {
        claim::give_up(write.conn(), booking.id.as_str()).await?;
    }
    booking.version += 1;
    booking.state = step.booking;
    for listed in attempts.iter_mut().filter(|listed| listed.id == attempt.id) {
        *listed = attempt.clone();
    }
    Ok(Applied::Done(Box::new(After {
        booking,
        attempt,
        attempts,
    })))
}

/// Takes a booking's time or seat, all or nothing.
///
/// # Errors
/// [`ApiError`].
pub async fn take_slot(write: &mut Write, booking: &BookingRecord) -> Result<bool, ApiError> {
    let holder = booking.id.as_str();
    match &booking.group_date {
        None => Ok(claim::take_time(
            write.conn(),
            &booking.employee,
            booking.start,
            booking.end,
            holder,
        )
        .await?),
        Some(date) => {
            let seats = situation::seats(write, date).await?;
            Ok(claim::take_seat(write.conn(), date, seats, holder).await?)
        }
    }
}

/// Writes a letter's job.
///
/// # Errors
/// [`ApiError`].
pub async fn mail(
    write: &mut Write,
    booking: &BookingRecord,
    letter: Letter,
    now: Moment,
) -> Result<(), ApiError> {
    let job = Job::Mail {
        booking: booking.id.clone(),
        letter,
    };
    Ok(job::insert(write.conn(), &random_id()?, &job, now).await?)
}

/// Writes the job that tells the salon what a client did.
///
/// # Errors
/// [`ApiError`].
pub async fn tell(write: &mut Write, booking: &BookingId, news: News, now: Moment) -> Result<(), ApiError> {
    let job = Job::Tell {
        booking: booking.clone(),
        news,
    };
    Ok(job::insert(write.conn(), &random_id()?, &job, now).await?)
}

/// Writes into the log what nobody of the salon did.
///
/// # Errors
/// [`ApiError`].
pub async fn note(
    write: &mut Write,
    (salon, booking): (&SalonSlug, &BookingId),
    by: By<'_>,
    what: &str,
    now: Moment,
) -> Result<(), ApiError> {
    Ok(audit::insert(write.conn(), &random_id()?, salon, by, what, Some(booking), now).await?)
}

fn paid_letter(attempt: &AttemptRecord) -> Letter {
    match attempt.purpose {
        Purpose::Booking | Purpose::Rest => Letter::Paid,
        Purpose::Fee => Letter::FeeCharged,
    }
}

fn refunded_letter(attempt: &AttemptRecord) -> Letter {
    match attempt.purpose {
        Purpose::Booking | Purpose::Rest => Letter::Refunded,
        Purpose::Fee => Letter::FeeWaived,
    }
}

async fn give_back(write: &mut Write, attempt: &mut AttemptRecord, now: Moment) -> Result<(), ApiError> {
    let left = attempt.left();
    let sum = Money::new(left, attempt.sum.currency()).map_err(|_| lost("sum"))?;
    if !sum.is_zero() && refund::begin(write, attempt, sum, Reason::NoBooking, now).await? {
        let job = Job::Notify {
            salon: attempt.salon.clone(),
            attempt: attempt.id.clone(),
            notice: Notice::GivenBack,
        };
        job::insert(write.conn(), &random_id()?, &job, now).await?;
        let what = format!("gave back {sum}, which came too late or a second time");
        note(write, (&attempt.salon, &attempt.booking), By::Server, &what, now).await?;
        attempt.reserved += left;
        attempt.for_nothing = true;
    }
    Ok(())
}

/// When something happened that Stripe says happened then (seconds since 1970): the day it is booked on, however late it is heard
/// of. Nothing is booked in the future.
fn happened(at: Option<i64>, now: Moment) -> Moment {
    let at = at.filter(|at| *at > 0);
    at.map_or(now, |at| Moment(at.saturating_mul(1_000)).min(now))
}

/// Books money that was taken.
async fn book(write: &mut Write, attempt: &AttemptRecord, at: Moment) -> Result<(), ApiError> {
    let source = attempt.charge.as_ref().or(attempt.intent.as_ref());
    let entry = Entry {
        kind: EntryKind::Captured,
        sum: attempt.sum,
        source: source.cloned().unwrap_or_default(),
    };
    let name = format!("{}:captured", attempt.id);
    Ok(ledger::add(write.conn(), &attempt.salon, &attempt.id, &name, &entry, at).await?)
}

fn busy() -> ApiError {
    ApiError::new(
        Code::Busy,
        "The salon's booking is busy. Trying again in a moment.",
    )
}

/// Stripe tells of something that can't be, however often it is sent: refused, and nothing of it is kept.
fn impossible(what: &str) -> ApiError {
    tracing::error!(what, "Stripe tells of something that can't be");
    ApiError::new(Code::Invalid, format!("{what} that can't be"))
}

fn lost(what: &str) -> ApiError {
    tracing::error!(what, "a row that must be there is not");
    ApiError::new(
        Code::Failed,
        "The server could not do this. Try again in a moment.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::attempt::tests::paid;

    #[test]
    fn what_happened_is_booked_when_it_happened_and_never_in_the_future() {
        let now = Moment(90_000);
        for (at, booked) in [
            (None, 90_000),
            (Some(0), 90_000),
            (Some(-5), 90_000),
            (Some(1), 1_000),
            (Some(90), 90_000),
            (Some(91), 90_000),
            (Some(i64::MAX), 90_000),
        ] {
            assert_eq!(happened(at, now), Moment(booked), "{at:?}");
        }
    }

    #[test]
    fn what_names_the_intent_or_the_charge_for_the_first_time_is_news() {
        let attempt = AttemptRecord {
            state: AttemptState::Processing,
            charge: None,
            ..paid()
        };
        let seen = |observation, intent: Option<&str>, charge: Option<&str>| Seen {
            observation,
            intent: intent.map(str::to_owned),
            charge: charge.map(str::to_owned),
            at: None,
        };
        let old = Observation::Processing;
        let table = [
            (seen(old, None, None), false),
            (seen(old, Some("pi_1"), None), false),
            (seen(old, Some("pi_2"), None), true),
            (seen(old, None, Some("ch_1")), true),
            (seen(Observation::Succeeded, Some("pi_1"), None), true),
        ];
        for (seen, news) in table {
            assert_eq!(seen.is_news_to(&attempt), news, "{seen:?}");
        }
        let charged = AttemptRecord {
            charge: Some("ch_1".to_owned()),
            ..attempt
        };
        assert!(!seen(old, Some("pi_1"), Some("ch_1")).is_news_to(&charged));
        let paid = AttemptRecord {
            state: AttemptState::Succeeded,
            ..charged
        };
        let declined = Observation::Declined(domain::decline::Decline::AskBank);
        assert!(!seen(declined, Some("pi_1"), Some("ch_0")).is_news_to(&paid));
        assert!(seen(Observation::Succeeded, Some("pi_1"), Some("ch_2")).is_news_to(&paid));
    }
}
