//! Reads Stripe's list of movements on each salon's balance: fees, payouts, and whatever no webhook told.

use domain::{
    currency::Currency,
    id::SalonSlug,
    key::SecretKey,
    ledger::{Settled, SettledKind},
};

use super::turn::Turn;
use crate::{
    api::error::{ApiError, Code},
    app::App,
    payments::{
        self,
        object::{self, Told},
    },
    store::{
        StoreError, ledger,
        reading::{self, Settling},
        salon,
    },
    stripe::{
        list::Span,
        object::{BalanceTransaction, Object},
    },
};

/// How often a salon's list is read, and after how long it is read again if the process that took it died, in milliseconds.
const EVERY: i64 = 10 * 60_000;
const LEASE: i64 = 5 * 60_000;
/// Stripe may list something a little later than its time says: so far back is looked, in seconds.
const OVERLAP: i64 = 24 * 3_600;
/// So much time is read at once, in seconds: twice as much after a time in which little moved, half as much where it is more than
/// [`PAGES`].
const WEEK: i64 = 7 * 24 * 3_600;
const YEAR: i64 = 52 * WEEK;
/// Pages of 100 that are held at once.
const PAGES: usize = 10;
/// Pages of a single second. More are an error that the log tells, and nothing is skipped.
const PAGES_OF_A_SECOND: usize = 1_000;

/// Reads a salon's list, if it is due.
pub async fn run(app: &App, salon: &str, turn: &mut Turn) -> Result<(), ApiError> {
    let slug = SalonSlug::parse(salon).map_err(StoreError::damaged)?;
    let now = app.now();
    let mut write = app.store.write().await?;
    let taken = reading::take_to_settle(write.conn(), &slug, now, now.plus_millis(LEASE)).await?;
    match write.commit().await {
        // Another process has it.
        Err(StoreError::Conflict(_)) => return Ok(()),
        done => done?,
    }
    if let Some(place) = taken
        && let Err(error) = read(app, &slug, place, turn).await
    {
        tracing::warn!(salon = %slug, %error, "Stripe's list could not be read; tried again in some minutes");
    }
    Ok(())
}

/// Reads one salon's list, a time after the other, and applies all of it that is new. How far it got is noted after each: should
/// this stop half way, the next reading goes on there.
async fn read(app: &App, slug: &SalonSlug, place: Settling, turn: &mut Turn) -> Result<(), ApiError> {
    let Some(salon) = salon::find(app.store.read(), slug).await? else {
        return Ok(());
    };
    let Some(key) = salon.secret_key(&app.master_key)? else {
        return Ok(());
    };
    let mut from = place.from.unwrap_or((place.until - OVERLAP).max(0));
    let mut newest = place.until;
    let mut length = WEEK;
    loop {
        let now = app.now();
        let present = now.0 / 1_000;
        let span = Span {
            from,
            to: (from + length < present).then_some(from + length),
        };
        let whole = span.to.unwrap_or(present) - from;
        let most = if whole > 1 { PAGES } else { PAGES_OF_A_SECOND };
        let Some(found) = movements(app, &key, slug, span, most, turn).await? else {
            if whole <= 1 {
                return Err(ApiError::new(Code::Failed, "too many movements at once"));
            }
            length = whole / 2;
            continue;
        };
        // By Stripe's clock, whatever ours says.
        newest = found.fresh.iter().map(|one| one.created).fold(newest, i64::max);
        take_in(app, slug, found.fresh, newest).await?;
        let (to, next) = match span.to {
            None => (None, app.now().plus_millis(EVERY)),
            Some(to) if turn.is_over() => (Some(to), app.now()),
            Some(to) => (Some(to), app.now().plus_millis(LEASE)),
        };
        let mut write = app.store.write().await?;
        let place = Settling {
            until: newest,
            from: to,
        };
        reading::note_settled(write.conn(), slug, place, next).await?;
        write.commit().await?;
        match to {
            Some(to) if !turn.is_over() => from = to,
            _ => return Ok(()),
        }
        if found.pages <= 1 {
            length = (length * 2).min(YEAR);
        }
    }
}

/// What is listed of a time and not kept yet, the newest first.
struct Found {
    fresh: Vec<BalanceTransaction>,
    pages: usize,
}

/// Reads a time to its end, also past what is known: a reading that its process did not survive has left gaps behind. `None` when
/// there is more than `most` pages of it.
async fn movements(
    app: &App,
    key: &SecretKey,
    slug: &SalonSlug,
    span: Span,
    most: usize,
    turn: &mut Turn,
) -> Result<Option<Found>, ApiError> {
    let mut fresh: Vec<BalanceTransaction> = Vec::new();
    let mut after: Option<String> = None;
    for pages in 1..=most {
        let list = app.stripe.balance_transactions(key, span, after.as_deref());
        let list = turn.step(list).await.map_err(|error| {
            tracing::warn!(%error, "a list of movements");
            ApiError::new(Code::PaymentDown, "Stripe did not give its list")
        })?;
        after = list.data.last().map(|last| last.id.clone());
        for one in list.data {
            if !ledger::is_kept(app.store.read(), slug, &one.id).await? {
                fresh.push(one);
            }
        }
        if !list.has_more || after.is_none() {
            return Ok(Some(Found { fresh, pages }));
        }
    }
    Ok(None)
}

/// Applies movements that are new, the newest first as they come. `at` is as of when, by Stripe's clock.
async fn take_in(
    app: &App,
    slug: &SalonSlug,
    mut fresh: Vec<BalanceTransaction>,
    at: i64,
) -> Result<(), ApiError> {
    // The oldest first, but charges before all: a dispute or a refund can be listed before the charge it is about, and is
    // taken for somebody else's while nothing of that charge is known here.
    fresh.reverse();
    fresh.sort_by_key(|one| SettledKind::of_stripe(&one.kind) != SettledKind::Charge);
    for one in fresh {
        let id = one.id.clone();
        match apply(app, slug, one, at).await {
            // What can't be is told to the log, and keeps nothing else from being read.
            Err(error) if error.code == Code::Invalid => {
                tracing::error!(salon = %slug, transaction = %id, %error, "a movement in Stripe's list can't be taken in");
            }
            done => done?,
        }
    }
    Ok(())
}

/// Keeps a movement, and applies what moved it: a refund of the dashboard, a dispute, a payment that no webhook told of. `at`
/// is as of when, by Stripe's clock.
async fn apply(app: &App, slug: &SalonSlug, one: BalanceTransaction, at: i64) -> Result<(), ApiError> {
    let source = one.source.unwrap_or_default();
    let id = source.get("id").and_then(|id| id.as_str()).or(source.as_str());
    let settled = Settled {
        id: one.id,
        kind: SettledKind::of_stripe(&one.kind),
        source: id.unwrap_or_default().to_owned(),
        amount: one.amount,
        fee: one.fee,
        currency: Currency::parse(&one.currency)
            .map_err(|error| ApiError::invalid("currency", error.to_string()))?,
    };
    // Where Stripe gives an id alone, there is nothing to read.
    let is_whole = source.is_object();
    let object = serde_json::from_value(source).unwrap_or_else(|error| {
        if is_whole {
            tracing::error!(salon = %slug, transaction = %settled.id, source = %settled.source, %error,
                "what Stripe says moved money can't be read: only its sum is kept");
        }
        Object::Other
    });
    let told = Told { kind: "", at };
    for _ in 0..payments::TRIES {
        let mut write = app.store.write().await?;
        if !ledger::keep(write.conn(), slug, &settled, one.created).await? {
            return Ok(());
        }
        if object::apply(&mut write, slug, &object, told, app.now()).await? {
            match write.commit().await {
                Err(StoreError::Conflict(_)) => {}
                done => return Ok(done?),
            }
        }
    }
    Err(ApiError::new(
        Code::Busy,
        "the booking of this movement changed all the time",
    ))
}
