//! Disputes and inquiries.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::account::{Account, Task};
use crate::cards::DisputeKind;
use crate::errors::{ApiError, Outcome};
use crate::lists::{self, Page};
use crate::params::{Params, merge};
use crate::table::Row;
use crate::transactions::{self, Movement};
use crate::{charges, events, ids};

const DAY_S: i64 = 24 * 60 * 60;
/// What a dispute costs, in minor units of the settlement currency.
const FEE: i64 = 2_000;

const EVIDENCE: &[&str] = &[
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
];

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Dispute {
    pub id: String,
    pub created: i64,
    pub amount: i64,
    pub currency: String,
    pub charge: String,
    pub intent: String,
    pub reason: String,
    pub status: String,
    pub evidence: BTreeMap<String, String>,
    pub submissions: u32,
    pub metadata: BTreeMap<String, String>,
    pub transactions: Vec<String>,
}

impl Row for Dispute {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

impl Dispute {
    /// Whether the charge may still be refunded: as long as it is an inquiry only.
    pub fn refundable(&self) -> bool {
        self.status.starts_with("warning_") || self.status == "won"
    }

    fn open(&self) -> bool {
        matches!(
            self.status.as_str(),
            "needs_response"
                | "under_review"
                | "warning_needs_response"
                | "warning_under_review"
                | "appeal_needs_response"
                | "appeal_under_review"
        )
    }

    pub fn json(&self, account: &Account) -> Value {
        let mut evidence: Map<String, Value> = EVIDENCE
            .iter()
            .map(|key| ((*key).to_owned(), json!(self.evidence.get(*key))))
            .collect();
        evidence.insert("enhanced_evidence".to_owned(), json!({}));
        let card = account
            .charges
            .get(&self.charge)
            .map(|charge| charge.card.test_card().brand);
        let moved: Vec<Value> = self
            .transactions
            .iter()
            .filter_map(|id| account.object(id))
            .collect();
        json!({
            "id": self.id, "object": "dispute", "amount": self.amount, "balance_transactions": moved, "charge": self.charge,
            "created": self.created, "currency": self.currency, "enhanced_eligibility_types": [], "evidence": evidence,
            "evidence_details": {
                "due_by": self.created + 9 * DAY_S, "enhanced_eligibility": {}, "has_evidence": !self.evidence.is_empty(),
                "past_due": account.now() > self.created + 9 * DAY_S, "submission_count": self.submissions,
            },
            "intended_submission_method": null, "is_charge_refundable": self.refundable(), "livemode": false, "metadata": self.metadata,
            "network_reason_code": "10.4", "payment_intent": self.intent,
            "payment_method_details": { "card": { "brand": card, "case_type": if self.status.starts_with("warning_") { "inquiry" } else { "chargeback" }, "network_reason_code": "10.4" }, "type": "card" },
            "reason": self.reason, "status": self.status,
        })
    }
}

/// The payer complains; by a test card or the control API.
pub fn open(account: &mut Account, charge: &str, kind: DisputeKind) -> Option<String> {
    let charge = account
        .charges
        .get(charge)
        .filter(|charge| charge.captured && charge.refundable() > 0 && !charge.disputed)
        .cloned()?;
    let inquiry = kind == DisputeKind::Inquiry;
    let mut dispute = Dispute {
        id: ids::new("du_1"),
        created: account.now(),
        amount: charge.refundable(),
        currency: charge.currency.clone(),
        charge: charge.id.clone(),
        intent: charge.intent.clone(),
        reason: if kind == DisputeKind::NotReceived {
            "product_not_received"
        } else {
            "fraudulent"
        }
        .to_owned(),
        status: if inquiry {
            "warning_needs_response"
        } else {
            "needs_response"
        }
        .to_owned(),
        evidence: BTreeMap::new(),
        submissions: 0,
        metadata: BTreeMap::new(),
        transactions: Vec::new(),
    };
    if !inquiry {
        dispute.transactions.push(move_funds(account, &dispute, -1));
    }
    let id = dispute.id.clone();
    account.disputes.insert(dispute);
    if let Some(row) = account.charges.get_mut(&charge.id) {
        row.disputed = true;
        row.disputes.push(id.clone());
    }
    let json = account.object(&id).unwrap_or_default();
    events::emit(account, "charge.dispute.created", &json);
    if !inquiry {
        events::emit(account, "charge.dispute.funds_withdrawn", &json);
    }
    Some(id)
}

fn move_funds(account: &mut Account, dispute: &Dispute, sign: i64) -> String {
    let movement = Movement {
        amount: dispute.amount * sign,
        currency: &dispute.currency,
        fee: if sign < 0 { FEE } else { 0 },
        kind: "adjustment",
        category: if sign < 0 { "dispute" } else { "dispute_reversal" },
        source: &dispute.id,
        description: Some(
            if sign < 0 {
                "Chargeback withdrawal"
            } else {
                "Chargeback reversal"
            }
            .to_owned(),
        ),
    };
    transactions::book(account, movement)
}

/// The bank has decided.
pub fn close(account: &mut Account, id: &str, won: bool) {
    let Some(dispute) = account.disputes.get(id).filter(|dispute| dispute.open()).cloned() else {
        return;
    };
    let inquiry = dispute.status.starts_with("warning_");
    let returned = (won && !inquiry).then(|| move_funds(account, &dispute, 1));
    if let Some(row) = account.disputes.get_mut(id) {
        row.status = if inquiry {
            "warning_closed"
        } else if won {
            "won"
        } else {
            "lost"
        }
        .to_owned();
        row.transactions.extend(returned.clone());
    }
    let json = account.object(id).unwrap_or_default();
    if returned.is_some() {
        events::emit(account, "charge.dispute.funds_reinstated", &json);
    }
    events::emit_change(
        account,
        "charge.dispute.closed",
        &json,
        Some(json!({ "status": dispute.status })),
    );
}

/// The bank takes up a dispute again that was lost; `false` for any other.
pub fn reopen(account: &mut Account, id: &str) -> bool {
    let Some(row) = account.disputes.get_mut(id).filter(|row| row.status == "lost") else {
        return false;
    };
    row.status = "appeal_needs_response".to_owned();
    let json = account.object(id).unwrap_or_default();
    events::emit_change(
        account,
        "charge.dispute.updated",
        &json,
        Some(json!({ "status": "lost" })),
    );
    true
}

pub fn update(account: &mut Account, id: &str, mut params: Params) -> Outcome<Value> {
    let evidence = params
        .map("evidence")?
        .map(|level| level.texts(EVIDENCE))
        .transpose()?;
    let submit = params.boolean("submit")?;
    let metadata = params.metadata()?;
    params.accept(&["intended_submission_method"]);
    params.finish()?;
    let dispute = account
        .disputes
        .get_mut(id)
        .ok_or_else(|| ApiError::missing("dispute", id, "id"))?;
    if evidence.is_some() && !dispute.open() {
        return Err(ApiError::state(
            "dispute_closed",
            "This dispute is already closed.",
        ));
    }
    merge(&mut dispute.metadata, metadata.unwrap_or_default());
    let before = dispute.status.clone();
    if let Some(evidence) = evidence {
        merge(&mut dispute.evidence, evidence);
        // As with Stripe, evidence is handed in at once unless told to wait.
        if submit.unwrap_or(true) {
            dispute.submissions += 1;
            dispute.status = if before.starts_with("warning_") {
                "warning_under_review"
            } else if before.starts_with("appeal_") {
                "appeal_under_review"
            } else {
                "under_review"
            }
            .to_owned();
            let verdict = dispute.evidence.get("uncategorized_text").map(String::as_str);
            let verdict = [("winning_evidence", true), ("losing_evidence", false)]
                .into_iter()
                .find_map(|(text, won)| (verdict == Some(text)).then_some(won));
            if let Some(won) = verdict {
                account.plan(
                    account.settings.dispute_delay,
                    Task::CloseDispute(id.to_owned(), won),
                );
            }
        }
    }
    let json = account.object(id).unwrap_or_default();
    events::emit_change(
        account,
        "charge.dispute.updated",
        &json,
        Some(json!({ "status": before })),
    );
    Ok(json)
}

/// `POST /v1/disputes/{id}/close`: the salon gives in.
pub fn give_in(account: &mut Account, id: &str, params: Params) -> Outcome<Value> {
    params.finish()?;
    let dispute = account
        .disputes
        .get(id)
        .ok_or_else(|| ApiError::missing("dispute", id, "id"))?;
    if !dispute.open() {
        return Err(ApiError::state(
            "dispute_closed",
            "This dispute is already closed.",
        ));
    }
    close(account, id, false);
    Ok(account.object(id).unwrap_or_default())
}

pub fn retrieve(account: &Account, id: &str, params: Params) -> Outcome<Value> {
    params.finish()?;
    account
        .object(id)
        .filter(|_| id.starts_with("du_"))
        .ok_or_else(|| ApiError::missing("dispute", id, "id"))
}

pub fn list(account: &Account, mut params: Params) -> Outcome<Value> {
    let page = Page::read(&mut params)?;
    let (intent, charge) = (params.text("payment_intent")?, params.text("charge")?);
    params.finish()?;
    if let Some(charge) = charge {
        return lists::list_ids(
            &account.disputes,
            &charges::find(account, &charge)?.disputes,
            &page,
            "/v1/disputes",
            |row| row.json(account),
        );
    }
    lists::list(
        &account.disputes,
        &page,
        "/v1/disputes",
        |row| intent.as_ref().is_none_or(|intent| row.intent == *intent),
        |row| row.json(account),
    )
}
