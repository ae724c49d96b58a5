//! When all is quiet: the books against Stripe's truth.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::SalonSlug;
use serde_json::Value;
use server::payments::books;

use crate::{
    history::{Go, History, Wrong},
    place::SALON,
    salon::{is_paid, left, number, text},
};

/// An attempt, as it stands in the books.
#[derive(Debug, sqlx::FromRow)]
struct Attempt {
    id: String,
    booking: String,
    booking_state: String,
    missed: i64,
    purpose: String,
    sum: i64,
    state: String,
    intent: Option<String>,
    charge: Option<String>,
    confirmation_token: String,
    refunded: i64,
    reserved: i64,
    failed_refunds: i64,
    notices: i64,
}

const ATTEMPTS: &str = "SELECT a.id, a.booking, b.state AS booking_state, \
    b.missed IS NOT NULL AS missed, a.purpose, a.sum, a.state, a.intent, a.charge, a.confirmation_token, \
    a.refunded, a.reserved, \
    (SELECT COUNT(*) FROM refund r WHERE r.attempt = a.id AND r.state IN ('failed', 'canceled')) AS failed_refunds, \
    (SELECT COUNT(*) FROM job j WHERE json_extract(j.payload, '$.attempt') = a.id \
     AND json_extract(j.payload, '$.notice') = 'refund_failed') AS notices \
    FROM attempt a JOIN booking b ON b.id = a.booking ORDER BY a.rowid";

/// Letters that nobody should get, or should have got.
const LETTERS: &str = "SELECT b.id || ' has ' || n || ' confirmations' AS what FROM \
    (SELECT b.id, b.state, b.choice, (SELECT COUNT(*) FROM job j WHERE json_extract(j.payload, '$.booking') = b.id \
     AND json_extract(j.payload, '$.letter') = 'booked') AS n FROM booking b) b \
    WHERE n > 1 OR (n = 0 AND b.state = 'booked' AND b.choice IS NOT NULL) OR (n > 0 AND b.state IN ('held', 'expired')) \
    UNION ALL SELECT r.id || ' was told to nobody' FROM refund r JOIN attempt a ON a.id = r.attempt \
    WHERE r.reason = 'no_booking' AND (NOT EXISTS (SELECT 1 FROM job j WHERE json_extract(j.payload, '$.booking') = a.booking \
     AND json_extract(j.payload, '$.letter') = CASE a.purpose WHEN 'fee' THEN 'fee_waived' ELSE 'refunded' END) \
     OR NOT EXISTS (SELECT 1 FROM job j WHERE json_extract(j.payload, '$.attempt') = a.id \
     AND json_extract(j.payload, '$.notice') = 'given_back'))";

impl History<'_> {
    /// Compares everything.
    ///
    /// # Errors
    /// [`Wrong::Broken`] with the first thing that does not agree.
    pub async fn compare(&mut self) -> Go {
        self.trace
            .step(self.now(), "the books are compared with Stripe's");
        self.told_the_truth().await?;
        let attempts: Vec<Attempt> = self.rows(ATTEMPTS).await?;
        let broken = |what: String| Err(Wrong::Broken(what));
        if let Some(what) = self.charges_differ(&attempts).await? {
            return broken(what);
        }
        if let Some(what) = self.fees_differ().await? {
            return broken(what);
        }
        if let Some(what) = self.refunds_differ().await? {
            return broken(what);
        }
        if let Some(what) = self.disputes_differ().await? {
            return broken(what);
        }
        if let Some(what) = self.left_open(&attempts) {
            return broken(what);
        }
        if let Some(what) = self.lied_to(&attempts) {
            return broken(what);
        }
        self.expect_none(LETTERS, "letters").await?;
        self.letters_written().await?;
        self.expect_none(
            "SELECT \"table\" || ' ' || COALESCE(rowid, 0) AS what FROM pragma_foreign_key_check",
            "rows without what they are about",
        )
        .await?;
        let slug = SalonSlug::parse(SALON).map_err(|error| Wrong::Trouble(error.into()))?;
        let (_, app) = self.any_process()?;
        let compared = books::compare_all(&app.store, &slug).await;
        let compared = compared.map_err(|error| Wrong::Trouble(error.into()))?;
        self.count_what_became().await?;
        if let Some(difference) = compared.differences.first() {
            return broken(format!("the ledger differs from Stripe's list: {difference:?}"));
        }
        match self.reports_differ(&compared).await? {
            Some(what) => broken(format!("the reports differ from the books: {what}")),
            None => Ok(()),
        }
    }

    async fn count_what_became(&mut self) -> Go {
        let rows: Vec<(String, i64)> = self
            .rows("SELECT reason, COUNT(*) AS times FROM refund GROUP BY reason")
            .await?;
        for (reason, times) in rows {
            let what = match reason.as_str() {
                "no_booking" => "refunds for want of a booking",
                "requested" => "refunds that the salon made here",
                "cancelled" => "refunds of what was called off",
                "fee_waived" => "refunds of fees that the salon did without",
                _ => "refunds that the salon made at Stripe",
            };
            self.figures.add(what, u64::try_from(times).unwrap_or_default());
        }
        let moved: Vec<(i64,)> = self
            .rows("SELECT COUNT(*) FROM job WHERE json_extract(payload, '$.letter') = 'moved'")
            .await?;
        let moved = moved.first().map_or(0, |(times,)| *times);
        self.figures
            .add("bookings moved", u64::try_from(moved).unwrap_or_default());
        Ok(())
    }

    /// Every charge belongs to one attempt, which says the same; kept money belongs to a booking.
    async fn charges_differ(&self, attempts: &[Attempt]) -> Go<Option<String>> {
        let charges = self.sandbox.charges();
        let paid: Vec<&Value> = charges.iter().filter(|charge| is_paid(charge)).collect();
        let mut kept: BTreeSet<&str> = BTreeSet::new();
        for charge in &paid {
            let id = text(charge, "id");
            let of = charge.pointer("/metadata/attempt").and_then(Value::as_str);
            let Some(attempt) = attempts.iter().find(|attempt| Some(attempt.id.as_str()) == of) else {
                return Ok(Some(format!("{id} belongs to no attempt")));
            };
            let ours = (
                attempt.state.as_str(),
                attempt.charge.as_deref(),
                attempt.sum,
                attempt.refunded,
                attempt.reserved,
            );
            let theirs = (
                "succeeded",
                Some(id),
                number(charge, "amount_captured"),
                number(charge, "amount_refunded"),
                0,
            );
            if ours != theirs {
                return Ok(Some(format!(
                    "{} is {ours:?}, but at Stripe it is {theirs:?}",
                    attempt.id
                )));
            }
            if attempt.failed_refunds > 0 && attempt.notices == 0 {
                return Ok(Some(format!(
                    "nobody was told that a refund of {} failed",
                    attempt.id
                )));
            }
            // What a bank sent back, or Stripe would not give, the salon settles with the client.
            if left(charge) == 0 || attempt.failed_refunds > 0 {
                continue;
            }
            if attempt.purpose == "fee" {
                continue;
            }
            let missed = attempt.missed != 0;
            if (missed || attempt.booking_state != "booked")
                && left(charge) > self.kept_of(&attempt.id).await?
            {
                let is = if missed { "missed" } else { &attempt.booking_state };
                return Ok(Some(format!(
                    "{id} is money for nothing: {} is {is}",
                    attempt.booking
                )));
            }
            if !kept.insert(&attempt.booking) {
                return Ok(Some(format!("{} is paid twice", attempt.booking)));
            }
        }
        let unpaid = attempts.iter().find(|attempt| {
            attempt.state == "succeeded"
                && !paid
                    .iter()
                    .any(|charge| Some(text(charge, "id")) == attempt.charge.as_deref())
        });
        Ok(unpaid.map(|attempt| format!("{} says paid, and there is no charge", attempt.id)))
    }

    /// An intent that could still take money. One whose answer was never heard can't: nobody has its secret.
    fn left_open(&self, attempts: &[Attempt]) -> Option<String> {
        let intents = self.sandbox.payment_intents();
        let open = intents.iter().find(|intent| {
            let id = text(intent, "id");
            let ours =
                |attempt: &Attempt| attempt.intent.as_deref() == Some(id) && attempt.state != "canceled";
            !["succeeded", "canceled"].contains(&text(intent, "status"))
                && (self.secrets_told.contains(id) || attempts.iter().any(ours))
        });
        open.map(|intent| {
            let (id, status) = (text(intent, "id"), text(intent, "status"));
            format!("{id} could still take money: {status}")
        })
    }

    /// Every refund at Stripe is one of ours, in the same state; together they never exceed the charge.
    async fn refunds_differ(&self) -> Go<Option<String>> {
        let rows: Vec<(String, String)> = self
            .rows("SELECT stripe_id, state FROM refund WHERE stripe_id IS NOT NULL ORDER BY rowid")
            .await?;
        let ours: BTreeMap<String, String> = rows.iter().cloned().collect();
        let refunds = self.sandbox.refunds();
        let theirs: BTreeMap<String, String> = refunds
            .iter()
            .map(|refund| (text(refund, "id").to_owned(), text(refund, "status").to_owned()))
            .collect();
        if ours != theirs || rows.len() != ours.len() {
            return Ok(Some(format!("refunds are {ours:?}, and at Stripe {theirs:?}")));
        }
        let unknown: Vec<(String,)> = self
            .rows("SELECT id FROM refund WHERE stripe_id IS NULL AND state <> 'failed'")
            .await?;
        if let Some((id,)) = unknown.first() {
            return Ok(Some(format!("{id} is not known at Stripe")));
        }
        for charge in self.sandbox.charges() {
            let back: i64 = refunds
                .iter()
                .filter(|refund| text(refund, "charge") == text(&charge, "id"))
                .filter(|refund| ["succeeded", "pending"].contains(&text(refund, "status")))
                .map(|refund| number(refund, "amount"))
                .sum();
            if back > number(&charge, "amount_captured") {
                return Ok(Some(format!("more than {} went back", text(&charge, "id"))));
            }
        }
        Ok(None)
    }

    /// Disputes that moved money are known. Of an inquiry only a webhook tells.
    async fn disputes_differ(&self) -> Go<Option<String>> {
        let rows: Vec<(String,)> = self.rows("SELECT id FROM dispute").await?;
        let unknown = self.sandbox.disputes().into_iter().find(|dispute| {
            !text(dispute, "status").starts_with("warning_")
                && !rows.iter().any(|(id,)| id == text(dispute, "id"))
        });
        Ok(unknown.map(|dispute| format!("{} is not known", text(&dispute, "id"))))
    }

    /// A client who was told that nothing was charged, and was charged. Cards that were entered twice may have been charged
    /// the other time.
    fn lied_to(&self, attempts: &[Attempt]) -> Option<String> {
        for (number, client) in self.clients.iter().enumerate() {
            for card in &client.not_charged {
                let once = client.entered.iter().filter(|entered| *entered == card).count() == 1;
                let paid = attempts
                    .iter()
                    .find(|attempt| attempt.confirmation_token == *card && attempt.state == "succeeded");
                if let (true, Some(paid)) = (once, paid) {
                    return Some(format!(
                        "client {number} was told that nothing was charged, and {} was",
                        paid.id
                    ));
                }
            }
        }
        None
    }

    /// Each letter that was done stands in the folder once; one about a dispute only if it was still to be answered by then.
    async fn letters_written(&mut self) -> Go {
        let rows: Vec<(String, i64)> = self
            .rows(
                "SELECT id, COALESCE(json_extract(payload, '$.notice'), '') = 'dispute' FROM job \
                 WHERE kind IN ('mail', 'notify') AND done IS NOT NULL ORDER BY rowid",
            )
            .await?;
        let mut names = Vec::new();
        if let Ok(files) = std::fs::read_dir(self.books.letters()) {
            for file in files {
                let file = file.map_err(|error| Wrong::Trouble(error.into()))?;
                names.push(file.file_name().to_string_lossy().into_owned());
            }
        }
        let letters = u64::try_from(names.len()).unwrap_or_default();
        self.figures.add("letters", letters);
        let is_written = |id: &str| names.iter().any(|name| name.ends_with(&format!("-{id}.eml")));
        let missing = rows
            .iter()
            .find(|(id, of_dispute)| *of_dispute == 0 && !is_written(id));
        if let Some((id, _)) = missing {
            return Err(Wrong::Broken(format!("letter {id} was not written")));
        }
        if rows.iter().filter(|(id, _)| is_written(id)).count() != names.len() {
            return Err(Wrong::Broken(format!(
                "{} letters for {} jobs",
                names.len(),
                rows.len()
            )));
        }
        Ok(())
    }
}
