//! Reads Stripe's list of movements on each salon's balance: fees, payouts, and whatever no webhook told.

use domain::{
    currency::Currency,
    id::SalonSlug,
    ledger::{Settled, SettledKind},
};

use crate::{
    api::error::{ApiError, Code},
    app::App,
    payments::{
        self,
        object::{self, Told},
    },
    store::{StoreError, ledger, salon},
    stripe::object::{BalanceTransaction, Object},
};

/// How often a salon's list is read, and after how long it is read again if the process that took it died, in milliseconds.
const EVERY: i64 = 10 * 60_000;
const LEASE: i64 = 5 * 60_000;
/// Stripe may list something a little later than its time says: so far back is looked, in seconds.
const OVERLAP: i64 = 24 * 3_600;
/// Pages of 100 in one reading. More are an error that the log tells, and nothing is skipped.
const PAGES: usize = 1_000;

/// Reads a salon's list, if it is due.
pub async fn run(app: &App, salon: &str) -> Result<(), ApiError> {
    let slug = SalonSlug::parse(salon).map_err(StoreError::damaged)?;
    let now = app.now();
    let mut write = app.store.write().await?;
    let taken = salon::take_to_settle(write.conn(), &slug, now, now.plus_millis(LEASE)).await?;
    match write.commit().await {
        // Another process has it.
        Err(StoreError::Conflict(_)) => return Ok(()),
        done => done?,
    }
    if let Some(until) = taken
        && let Err(error) = read(app, &slug, until).await
    {
        tracing::warn!(salon = %slug, %error, "Stripe's list could not be read; tried again in some minutes");
    }
    Ok(())
}

/// Reads one salon's list, and applies all of it that is new. Should this stop half way, the next reading begins where this one
/// did.
async fn read(app: &App, slug: &SalonSlug, until: i64) -> Result<(), ApiError> {
    let Some(salon) = salon::find(app.store.read(), slug).await? else {
        return Ok(());
    };
    let Some(key) = salon.secret_key(&app.master_key)? else {
        return Ok(());
    };
    let since = (until - OVERLAP).max(0);
    let mut fresh: Vec<BalanceTransaction> = Vec::new();
    let mut after: Option<String> = None;
    for page in 0.. {
        if page == PAGES {
            return Err(ApiError::new(Code::Failed, "too many movements at once"));
        }
        let list = app
            .stripe
            .balance_transactions(&key, since, after.as_deref())
            .await;
        let list = list.map_err(|error| {
            tracing::warn!(%error, "a list of movements");
            ApiError::new(Code::PaymentDown, "Stripe did not give its list")
        })?;
        after = list.data.last().map(|last| last.id.clone());
        for one in list.data {
            if !ledger::is_kept(app.store.read(), slug, &one.id).await? {
                fresh.push(one);
            }
        }
        // To its end, also past what is known: a reading that its process did not survive has left gaps behind.
        if !list.has_more || after.is_none() {
            break;
        }
    }
    // By Stripe's clock, whatever ours says.
    let newest = fresh.iter().map(|one| one.created).fold(until, i64::max);
    // The oldest first, but charges before all: a dispute or a refund can be listed before the charge it is about, and is
    // taken for somebody else's while nothing of that charge is known here.
    fresh.reverse();
    fresh.sort_by_key(|one| SettledKind::of_stripe(&one.kind) != SettledKind::Charge);
    for one in fresh {
        let id = one.id.clone();
        match apply(app, slug, one, newest).await {
            // What can't be is told to the log, and keeps nothing else from being read.
            Err(error) if error.code == Code::Invalid => {
                tracing::error!(salon = %slug, transaction = %id, %error, "a movement in Stripe's list can't be taken in");
            }
            done => done?,
        }
    }
    let next = app.now().plus_millis(EVERY);
    let mut write = app.store.write().await?;
    salon::note_settled(write.conn(), slug, newest, next).await?;
    Ok(write.commit().await?)
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
    let object: Object = serde_json::from_value(source).unwrap_or(Object::Other);
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
