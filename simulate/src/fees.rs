//! Visits that are called off or missed, and what that costs: fees that are kept, charged to a saved card, or done without. And what must
//! be true of them at Stripe.

use std::collections::BTreeMap;

use domain::id::BookingId;
use serde_json::Value;
use server::{
    api::error::{ApiError, Code},
    app::App,
    payments::{
        cancelling::{self, Decision},
        fee,
    },
    store::{booking, fee::Cause, salon},
};

use crate::{
    history::{Go, History},
    salon::{is_paid, left, number},
};

/// What of a fee the salon decides later.
#[derive(Clone, Copy, Debug)]
pub enum Verdict {
    /// It wants it, or wants the card tried again.
    Take,
    /// It does without.
    Waive,
}

/// Who may be asked for what: a fee that counts, by the booking it is of.
#[derive(Debug, sqlx::FromRow)]
struct Fee {
    booking: String,
    state: String,
    kept: i64,
    kept_of: Option<String>,
    rest: i64,
}

const FEES: &str = "SELECT booking, state, kept, kept_of, rest FROM fee WHERE state <> 'waived'";

/// An attempt, and what it is for.
#[derive(Debug, sqlx::FromRow)]
struct Purpose {
    id: String,
    booking: String,
    purpose: String,
    by_client: i64,
    failed_refunds: i64,
}

const ATTEMPTS: &str = "SELECT a.id, a.booking, a.purpose, a.confirmation_token <> '' AS by_client, \
    (SELECT COUNT(*) FROM refund r WHERE r.attempt = a.id AND r.state IN ('failed', 'canceled')) AS failed_refunds FROM attempt a";

/// Fees that were charged to a saved card without its holder, though nobody agreed to that, or not to so much.
const NOT_AGREED: &str = "SELECT a.id AS what FROM attempt a \
    WHERE a.purpose = 'fee' AND a.confirmation_token = '' AND a.state = 'succeeded' AND NOT EXISTS \
    (SELECT 1 FROM saved_card c JOIN attempt p ON p.id = c.attempt \
     WHERE p.booking = a.booking AND p.state = 'succeeded' AND c.most >= a.sum)";

/// Fees that count for what did not happen, or that nobody was asked for, and visits that were missed before they began. Who was asked
/// and then tried a card that was declined is not asked again; nor is a client when the salon is told of a card that was.
const WRONG: &str = "SELECT f.id || ' is a fee for what did not happen' AS what FROM fee f JOIN booking b ON b.id = f.booking \
    WHERE f.state <> 'waived' AND \
    CASE f.cause WHEN 'missed' THEN b.state <> 'booked' OR b.missed IS NULL ELSE b.state <> 'cancelled' END \
    UNION ALL SELECT f.id || ' waits for a client who was never asked' FROM fee f WHERE f.state = 'needs_client' \
    AND NOT EXISTS (SELECT 1 FROM job j WHERE json_extract(j.payload, '$.booking') = f.booking \
    AND json_extract(j.payload, '$.letter') = 'fee_to_pay') \
    AND NOT EXISTS (SELECT 1 FROM job j JOIN attempt a ON a.id = json_extract(j.payload, '$.attempt') \
    WHERE a.booking = f.booking AND json_extract(j.payload, '$.notice') = 'fee_failed') \
    UNION ALL SELECT b.id || ' was missed before it began' FROM booking b WHERE b.missed < b.starts";

impl History<'_> {
    /// What is wrong with the fees, when all is quiet.
    pub async fn fees_differ(&mut self) -> Go<Option<String>> {
        self.expect_none(NOT_AGREED, "a card was charged more than its holder agreed to")
            .await?;
        self.expect_none(WRONG, "fees").await?;
        let fees: Vec<Fee> = self.rows(FEES).await?;
        let fees: BTreeMap<&str, &Fee> = fees.iter().map(|fee| (fee.booking.as_str(), fee)).collect();
        let attempts: Vec<Purpose> = self.rows(ATTEMPTS).await?;
        let mut charged: BTreeMap<&str, usize> = BTreeMap::new();
        for charge in self
            .sandbox
            .charges()
            .iter()
            .filter(|charge| is_paid(charge) && left(charge) > 0)
        {
            let id = charge.pointer("/metadata/attempt").and_then(Value::as_str);
            let Some(attempt) = attempts.iter().find(|attempt| Some(attempt.id.as_str()) == id) else {
                continue;
            };
            // What a bank sent back, or Stripe would not give, the salon settles with the client.
            if attempt.purpose != "fee" || attempt.failed_refunds > 0 {
                continue;
            }
            let times = charged.entry(&attempt.booking).or_default();
            *times += 1;
            let fee = fees.get(attempt.booking.as_str());
            if *times > 1 || fee.is_none_or(|fee| fee.state != "charged") {
                let is = fee.map_or("waived", |fee| fee.state.as_str());
                return Ok(Some(format!(
                    "{} took a fee of {}, which is {is}, {times} times",
                    attempt.id, attempt.booking
                )));
            }
            let took = number(charge, "amount_captured");
            if let Some(fee) = fee.filter(|fee| fee.rest != took) {
                return Ok(Some(format!(
                    "{} took {took} for a fee of {}",
                    attempt.id, fee.rest
                )));
            }
            if attempt.by_client != 0 {
                self.figures.count("fees that their client paid by a link");
            }
        }
        let unpaid = fees.values().find(|fee| {
            fee.state == "charging" || (fee.state == "charged" && !self.took_fee(&fee.booking, &attempts))
        });
        Ok(unpaid.map(|fee| format!("the fee of {} is {}, and no money came", fee.booking, fee.state)))
    }

    /// What a fee that counts keeps of this attempt's money.
    pub async fn kept_of(&self, attempt: &str) -> Go<i64> {
        let fees: Vec<Fee> = self.rows(FEES).await?;
        let kept = fees.iter().filter(|fee| fee.kept_of.as_deref() == Some(attempt));
        Ok(kept.map(|fee| fee.kept).sum())
    }

    fn took_fee(&self, booking: &str, attempts: &[Purpose]) -> bool {
        self.sandbox
            .charges()
            .iter()
            .filter(|charge| is_paid(charge))
            .any(|charge| {
                let id = charge.pointer("/metadata/attempt").and_then(Value::as_str);
                attempts
                    .iter()
                    .any(|one| Some(one.id.as_str()) == id && one.purpose == "fee" && one.booking == booking)
            })
    }
}

/// Calls a booking off, as its page and the back office do, or notes that its client did not come.
pub async fn call_off(app: &App, id: &BookingId, cause: Cause, decision: Decision) -> Result<(), ApiError> {
    let Some(found) = booking::find(app.store.read(), id).await? else {
        return Ok(());
    };
    let Some(salon) = salon::find(app.store.read(), &found.salon).await? else {
        return Ok(());
    };
    let free = cancelling::clear_way(app, &found).await?;
    let plan = cancelling::look(app, &salon, &free, cause, decision).await?;
    let mut write = app.store.write().await?;
    if !cancelling::carry_out(&mut write, &plan, app.now()).await? {
        return Err(ApiError::new(Code::Busy, "changed meanwhile"));
    }
    Ok(write.commit().await?)
}

/// Decides about a booking's fee, as the back office does.
pub async fn decide(app: &App, id: &BookingId, verdict: Verdict) -> Result<(), ApiError> {
    let mut write = app.store.write().await?;
    let Some(found) = booking::find(write.conn(), id).await? else {
        return Ok(());
    };
    let done = match verdict {
        Verdict::Take => fee::take(&mut write, &found, app.now()).await?,
        Verdict::Waive => fee::waive(&mut write, &found, app.now()).await?,
    };
    if done {
        write.commit().await?;
    }
    Ok(())
}

/// Notes that a client came after all, as the back office does.
pub async fn came(app: &App, id: &BookingId) -> Result<(), ApiError> {
    let mut write = app.store.write().await?;
    let Some(found) = booking::find(write.conn(), id).await? else {
        return Ok(());
    };
    if cancelling::came_after_all(&mut write, &found, app.now()).await? {
        write.commit().await?;
    }
    Ok(())
}
