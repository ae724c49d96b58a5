//! What neither Stripe's list of movements nor the events of a set-up by hand tell: inquiries, that a payout has arrived, and what
//! the account may do. Looked at once a day.

use domain::{id::SalonSlug, key::SecretKey};

use super::turn::Turn;
use crate::{
    api::error::ApiError,
    app::App,
    payments,
    store::{
        StoreError, payout, reading,
        salon::{self, May},
    },
    stripe::StripeError,
};

/// How often is looked, and when it is tried again if Stripe did not answer, in milliseconds.
const EVERY: i64 = 24 * 3_600_000;
const AGAIN: i64 = 3_600_000;
/// So far back is looked for disputes, from the latest that is known, in seconds.
const OVERLAP: i64 = 24 * 3_600;
/// So long after it was to arrive a payout is asked about, in seconds: a month.
const WAITED_FOR: i64 = 30 * 24 * 3_600;
/// Pages of 100 disputes in one look. The rest comes with the next.
const PAGES: usize = 100;

/// Looks at a salon's account, if it is due.
pub async fn run(app: &App, salon: &str, turn: &mut Turn) -> Result<(), ApiError> {
    let slug = SalonSlug::parse(salon).map_err(StoreError::damaged)?;
    let now = app.now();
    let mut write = app.store.write().await?;
    let taken = reading::take_to_look(write.conn(), &slug, now, now.plus_millis(AGAIN)).await?;
    match write.commit().await {
        // Another process has it.
        Err(StoreError::Conflict(_)) => return Ok(()),
        done => done?,
    }
    let Some(until) = taken else { return Ok(()) };
    let Some(salon) = salon::find(app.store.read(), &slug).await? else {
        return Ok(());
    };
    let Some(key) = salon.secret_key(&app.master_key)? else {
        return Ok(());
    };
    let looked = look(app, &slug, &key, until, turn).await;
    match looked {
        Ok((until, may)) => {
            // What is wrong with an account may be put right at any time.
            let next = if may.charge && may.pay_out { EVERY } else { AGAIN };
            let mut write = app.store.write().await?;
            salon::note_account(write.conn(), &slug, may).await?;
            reading::note_looked(write.conn(), &slug, until, app.now().plus_millis(next)).await?;
            Ok(write.commit().await?)
        }
        Err(Trouble::Stripe(error)) => {
            tracing::warn!(salon = %slug, %error, "Stripe did not say how an account stands; tried again in an hour");
            Ok(())
        }
        Err(Trouble::Ours(error)) => Err(error),
    }
}

enum Trouble {
    Stripe(StripeError),
    Ours(ApiError),
}

impl From<StripeError> for Trouble {
    fn from(error: StripeError) -> Trouble {
        Trouble::Stripe(error)
    }
}

impl<E: Into<ApiError>> From<E> for Trouble {
    fn from(error: E) -> Trouble {
        Trouble::Ours(error.into())
    }
}

/// Until when disputes are known now, and what the account may do.
async fn look(
    app: &App,
    slug: &SalonSlug,
    key: &SecretKey,
    until: i64,
    turn: &mut Turn,
) -> Result<(i64, May), Trouble> {
    let asked_since = app.now().0 / 1_000 - WAITED_FOR;
    for known in payout::open(app.store.read(), slug, asked_since).await? {
        let seen = match turn.step(app.stripe.payout(key, &known.id)).await {
            // Of an account that the salon had before.
            Err(StripeError::Refused { status: 404, .. }) => continue,
            seen => seen?,
        };
        let mut write = app.store.write().await?;
        // As late as what is known of it: an event that came meanwhile is later.
        payments::payout::apply(&mut write, slug, &seen, known.seen_at, app.now()).await?;
        write.commit().await?;
    }
    let since = (until - OVERLAP).max(0);
    let mut newest = until;
    let mut after: Option<String> = None;
    for _ in 0..PAGES {
        let list = app.stripe.disputes_since(key, since, after.as_deref());
        let list = turn.step(list).await?;
        after = list.data.last().map(|last| last.id.clone());
        for seen in &list.data {
            payments::dispute::observe(app, slug, seen).await?;
            newest = newest.max(seen.created);
        }
        if !list.has_more || after.is_none() {
            break;
        }
    }
    let account = turn.step(app.stripe.account(key)).await?;
    let may = May {
        charge: account.charges_enabled,
        pay_out: account.payouts_enabled,
    };
    Ok((newest, may))
}
