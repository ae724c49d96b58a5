//! What stands in the books after each step, what must never stand there, and what must be true at Stripe.

use std::collections::BTreeMap;

use domain::id::{AttemptId, BookingId};
use serde_json::Value;
use sqlx::AnyPool;

use crate::{
    Sabotage,
    history::{Go, History, Wrong},
    salon::{is_paid, left, text},
};

/// The states of everything in the books, as they were last seen.
#[derive(Debug, Default)]
pub struct Glance {
    states: BTreeMap<(String, i64), String>,
    charges: usize,
}

/// All rows with a state, in the order in which they were written.
const STATES: &str = "SELECT 'booking' AS kind, rowid AS place, id AS name, CASE WHEN missed IS NULL THEN state ELSE 'missed' END AS state \
    FROM booking \
    UNION ALL SELECT 'attempt', rowid, id, state FROM attempt \
    UNION ALL SELECT 'refund', rowid, id, state FROM refund \
    UNION ALL SELECT 'fee', rowid, id, state FROM fee \
    UNION ALL SELECT 'job', rowid, kind, CASE WHEN done IS NULL THEN 'waits' ELSE 'done' END FROM job \
    UNION ALL SELECT 'dispute', rowid, id, state FROM dispute ORDER BY 1, 2";

/// What must never be, in one question. Two live bookings of one person that overlap, and events with more bookings than seats.
/// Live bookings without all of their time, or with another, and time of bookings that are not live.
const NEVER: &str = "SELECT 'two bookings of one time: ' || a.id || ' and ' || b.id AS what FROM booking a JOIN booking b \
    ON a.employee = b.employee AND a.rowid < b.rowid AND a.starts < b.ends AND b.starts < a.ends \
    WHERE a.state IN ('held', 'booked') AND b.state IN ('held', 'booked') AND a.group_date IS NULL AND b.group_date IS NULL \
    UNION ALL SELECT 'two bookings of one time: ' || d.id || ', seats' FROM group_date d WHERE d.seats < \
    (SELECT COUNT(*) FROM booking b WHERE b.group_date = d.id AND b.state IN ('held', 'booked')) \
    UNION ALL SELECT 'time that is not rightly claimed: ' || b.id || ', claims' FROM booking b WHERE b.state IN ('held', 'booked') \
    AND (SELECT COUNT(*) FROM claim c WHERE c.holder = b.id) <> \
    CASE WHEN b.group_date IS NULL THEN (b.ends - b.starts) / 300000 ELSE 1 END \
    UNION ALL SELECT 'time that is not rightly claimed: ' || b.id || ', another time' FROM claim c JOIN booking b ON b.id = c.holder \
    WHERE b.group_date IS NULL AND (c.resource <> b.employee OR c.granule < b.starts / 300000 OR c.granule >= b.ends / 300000) \
    UNION ALL SELECT 'time that is not rightly claimed: ' || c.holder || ', claims without a live booking' FROM claim c \
    WHERE NOT EXISTS (SELECT 1 FROM group_date d WHERE d.id = c.holder) AND NOT EXISTS \
    (SELECT 1 FROM booking b WHERE b.id = c.holder AND b.state IN ('held', 'booked'))";

impl History<'_> {
    /// Looks at the books: tells what changed, and checks what must hold at every moment.
    pub async fn look(&mut self) -> Go {
        if !std::mem::take(&mut self.ran) {
            return self.paid_once().await;
        }
        let rows: Vec<(String, i64, String, String)> = self.rows(STATES).await?;
        let mut changed = false;
        for (kind, place, name, state) in rows {
            let key = (kind, place);
            let before = self.glance.states.get(&key).cloned();
            if before.as_ref() == Some(&state) {
                continue;
            }
            changed = true;
            let named = match key.0.as_str() {
                "job" => format!("job {place} ({name})"),
                _ => name,
            };
            let from = before.as_deref().unwrap_or("new");
            self.trace.then(&format!("{named}: {from} → {state}"));
            self.note_move(&key.0, from, &state);
            self.glance.states.insert(key, state);
        }
        if changed {
            self.told_the_truth().await?;
            let rows: Vec<(String,)> = self.rows(NEVER).await?;
            if let Some((found,)) = rows.first() {
                return Err(Wrong::Broken(found.clone()));
            }
        }
        self.paid_once().await
    }

    /// Whether there is a fee that a client may pay by a link.
    pub fn has_bill(&self) -> bool {
        let states = &self.glance.states;
        states.iter().any(|((kind, _), state)| {
            kind == "fee" && ["needs_client", "failed", "charging"].contains(&state.as_str())
        })
    }

    fn note_move(&mut self, kind: &str, from: &str, to: &str) {
        let what = match (kind, from, to) {
            ("booking", "new", "held") => "holds",
            ("booking", "expired", "held") => "holds taken again",
            ("booking", "held", "expired") => "holds that ended",
            ("booking", "expired", "booked") => "paid after the hold ended, and the time taken again",
            ("attempt", "declined" | "canceled", "succeeded") => "payments that came after a definite no",
            ("attempt", _, "succeeded") => "payments",
            ("attempt", _, "unknown") => "payments unknown for a while",
            ("attempt", _, "declined") => "payments declined",
            ("dispute", "new", _) => "disputes",
            ("booking", _, "missed") => "visits whose client did not come",
            ("booking", "missed", _) => "clients who did come after all",
            ("booking", _, "cancelled") => "bookings called off",
            ("fee", "new", "asked") => "fees that the salon is asked about",
            ("fee", _, "kept") => "fees kept of a payment",
            ("fee", _, "charging") => "fees charged to a saved card",
            ("fee", _, "charged") => "fees that came",
            ("fee", _, "needs_client") => "fees that wait for the client",
            ("fee", _, "failed") => "fees whose card was declined",
            ("fee", _, "waived") => "fees done without",
            _ => return,
        };
        self.figures.count(what);
    }

    /// No booking is paid twice. A charge of which money came back from a failed refund does not count.
    async fn paid_once(&mut self) -> Go {
        let charges = self.sandbox.charges();
        if charges.len() == self.glance.charges {
            return Ok(());
        }
        self.glance.charges = charges.len();
        let fees: Vec<(String,)> = self.rows("SELECT id FROM attempt WHERE purpose = 'fee'").await?;
        let mut paid: BTreeMap<String, usize> = BTreeMap::new();
        for charge in charges
            .iter()
            .filter(|charge| is_paid(charge) && left(charge) > 0)
        {
            if self.has_failed_refund(text(charge, "id")) {
                continue;
            }
            let attempt = charge.pointer("/metadata/attempt").and_then(Value::as_str);
            if fees.iter().any(|(id,)| Some(id.as_str()) == attempt) {
                continue;
            }
            let booking = charge.pointer("/metadata/booking").and_then(Value::as_str);
            *paid.entry(booking.unwrap_or_default().to_owned()).or_default() += 1;
        }
        match paid.iter().find(|(_, count)| **count > 1) {
            Some((booking, count)) => Err(Wrong::Broken(format!("{booking} is paid {count} times"))),
            None => Ok(()),
        }
    }

    /// Whether a refund of this charge failed.
    #[must_use]
    pub fn has_failed_refund(&self, charge: &str) -> bool {
        let refunds = self.sandbox.refunds();
        refunds
            .iter()
            .any(|refund| text(refund, "charge") == charge && text(refund, "status") == "failed")
    }

    /// Attempts that are paid.
    pub async fn paid_attempts(&self) -> Go<Vec<AttemptId>> {
        let sql = "SELECT id FROM attempt WHERE state = 'succeeded' ORDER BY rowid";
        let rows: Vec<(String,)> = self.rows(sql).await?;
        Ok(rows
            .iter()
            .filter_map(|(id,)| AttemptId::parse(id).ok())
            .collect())
    }

    /// All bookings.
    pub async fn bookings(&self) -> Go<Vec<BookingId>> {
        let rows: Vec<(String,)> = self.rows("SELECT id FROM booking ORDER BY rowid").await?;
        Ok(rows
            .iter()
            .filter_map(|(id,)| BookingId::parse(id).ok())
            .collect())
    }

    /// What the worker still has to do something about.
    pub async fn open_ends(&self) -> Go<Vec<String>> {
        let rows: Vec<(String,)> = self
            .rows(
                "SELECT kind || ' job: ' || COALESCE(last_error, 'never tried') AS what FROM job \
                 WHERE done IS NULL AND kind <> 'await_dispute' \
                 UNION ALL SELECT id || ' ' || state FROM attempt \
                 WHERE state IN ('created', 'unknown', 'requires_action', 'processing') OR ask_at IS NOT NULL \
                 UNION ALL SELECT id || ' held' FROM booking WHERE state = 'held' \
                 UNION ALL SELECT id || ' ' || state FROM refund WHERE state = 'created'",
            )
            .await?;
        Ok(rows.into_iter().map(|(what,)| what).collect())
    }

    /// Breaks the books, if that is what was asked for.
    pub async fn sabotage(&mut self) -> Go {
        let Some(sabotage) = self.options.sabotage else {
            return Ok(());
        };
        let sql = match sabotage {
            Sabotage::LostRefundJobs => "UPDATE job SET done = 1 WHERE kind = 'refund' AND done IS NULL",
            Sabotage::ForgottenPayments => {
                "UPDATE attempt SET state = 'canceled', ask_at = NULL WHERE state = 'succeeded'"
            }
            Sabotage::FreedTime => "DELETE FROM claim",
            Sabotage::Unmade => {
                "UPDATE booking SET state = 'expired' WHERE state = 'booked' AND choice IS NOT NULL"
            }
            Sabotage::SaidPaid => "UPDATE attempt SET state = 'succeeded' WHERE state = 'declined'",
            // What a server without claims would do.
            Sabotage::SoldTwice => {
                "UPDATE booking SET starts = (SELECT MIN(starts) FROM booking WHERE group_date IS NULL), \
                 ends = (SELECT MIN(starts) FROM booking WHERE group_date IS NULL) + ends - starts \
                 WHERE group_date IS NULL AND choice IS NOT NULL AND employee IN (SELECT employee FROM booking \
                 WHERE state IN ('held', 'booked') AND choice IS NOT NULL GROUP BY employee HAVING COUNT(*) > 1)"
            }
            Sabotage::KeptTime => {
                "UPDATE claim SET granule = granule + 10000000 WHERE granule > 1000 AND granule < 10000000"
            }
            Sabotage::LostLetters => "UPDATE job SET done = 1 WHERE kind = 'mail' AND done IS NULL",
            Sabotage::WrongLedger => {
                "UPDATE ledger SET sum = sum + 1 WHERE kind = 'captured' AND sum % 10 = 0"
            }
            Sabotage::LostFees => "UPDATE settled SET rolled = 3 WHERE fee > 0",
            Sabotage::ChargedAnyway => "UPDATE fee SET state = 'waived' WHERE state = 'charged'",
            // Set before, the server would charge no more than that.
            Sabotage::NobodyAgreed => {
                "UPDATE saved_card SET most = 1 WHERE attempt IN (SELECT p.id FROM attempt p JOIN attempt f \
                 ON f.booking = p.booking WHERE f.purpose = 'fee' AND f.state = 'succeeded')"
            }
            Sabotage::NeverAsked => "DELETE FROM job WHERE json_extract(payload, '$.letter') = 'fee_to_pay'",
            Sabotage::AskedAgain => {
                "UPDATE fee SET state = 'needs_client' WHERE state = 'charged' AND booking IN \
                 (SELECT booking FROM attempt WHERE purpose = 'fee' AND confirmation_token <> '')"
            }
            Sabotage::OtherSum => {
                "UPDATE fee SET rest = rest + 100000, sum = sum + 100000 WHERE state = 'charged' AND rest < 100000"
            }
            Sabotage::KeptForNothing => "UPDATE fee SET kept = 0, rest = sum WHERE cause = 'missed'",
            Sabotage::NeverMissed => "UPDATE booking SET missed = NULL WHERE missed IS NOT NULL",
            Sabotage::MissedEarly => "UPDATE booking SET missed = starts - 1 WHERE missed >= starts",
            Sabotage::OpenForEver => {
                "UPDATE attempt SET ask_at = ask_at + 9999999999 WHERE ask_at < 9999999999999"
            }
        };
        self.ran = true;
        let done = sqlx::query(sql).execute(self.db()?).await;
        done.map(drop).map_err(|error| Wrong::Trouble(error.into()))
    }

    /// The rows of a query.
    pub async fn rows<T>(&self, sql: &'static str) -> Go<Vec<T>>
    where
        T: for<'r> sqlx::FromRow<'r, sqlx::any::AnyRow> + Send + Unpin,
    {
        let rows = sqlx::query_as(sql).fetch_all(self.db()?).await;
        rows.map_err(|error| Wrong::Trouble(error.into()))
    }

    /// Fails if a query finds anything.
    pub async fn expect_none(&self, sql: &'static str, what: &str) -> Go {
        let rows: Vec<(String,)> = self.rows(sql).await?;
        match rows.first() {
            Some((found,)) => Err(Wrong::Broken(format!("{what}: {found}"))),
            None => Ok(()),
        }
    }

    fn db(&self) -> Go<&AnyPool> {
        let process = self.processes.first();
        let process = process.ok_or_else(|| Wrong::Broken("there is no process".to_owned()))?;
        Ok(process.app.store.read())
    }
}
