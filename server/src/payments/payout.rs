//! What Stripe says of payouts to the salon's bank.

use domain::{id::SalonSlug, time::Moment};
use sha2::{Digest as _, Sha256};

use crate::{
    api::error::ApiError,
    store::{
        Write,
        job::{self, Job},
        payout::{self, PayoutRecord},
    },
    stripe::object::Payout,
};

/// Stripe's word for a payout that did not reach the bank.
const FAILED: &str = "failed";

/// Keeps what Stripe said of a payout at a time (seconds since 1970); the salon is written to once if it failed.
///
/// # Errors
/// [`ApiError`].
pub async fn apply(
    write: &mut Write,
    salon: &SalonSlug,
    seen: &Payout,
    at: i64,
    now: Moment,
) -> Result<(), ApiError> {
    let record = PayoutRecord {
        id: seen.id.clone(),
        amount: seen.amount,
        currency: seen.currency.to_uppercase(),
        state: seen.status.clone(),
        seen_at: at,
        arrives: seen.arrival_date,
    };
    payout::keep(write.conn(), salon, &record).await?;
    if seen.status != FAILED {
        return Ok(());
    }
    tracing::error!(%salon, payout = %seen.id, "a payout to the salon's bank failed");
    let id = hex::encode(Sha256::digest(format!("{salon}/{}/failed", seen.id)));
    let job = Job::PayoutFailed {
        salon: salon.clone(),
        payout: seen.id.clone(),
    };
    Ok(job::insert_once(write.conn(), id.get(..32).unwrap_or_default(), &job, now).await?)
}
