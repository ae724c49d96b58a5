//! `expand[]`: ids replaced by their objects.

use serde_json::Value;

use crate::account::Account;
use crate::charges;
use crate::errors::{ApiError, Outcome};

/// Members that hold an id which can be expanded.
const EXPANDABLE: &[&str] = &[
    "application",
    "balance_transaction",
    "charge",
    "customer",
    "destination",
    "failure_balance_transaction",
    "latest_attempt",
    "latest_charge",
    "on_behalf_of",
    "original_payout",
    "payment_intent",
    "payment_method",
    "refunds",
    "review",
    "setup_intent",
    "source",
];

/// Refuses paths that can't be expanded, before the call does anything.
pub fn check(paths: &[String]) -> Outcome<()> {
    for path in paths {
        let parts: Vec<&str> = path.split('.').collect();
        let wrong = parts.len() > 4
            || parts.iter().enumerate().any(|(place, part)| {
                let of_list = *part == "data" && place == 0 && parts.len() > 1;
                !(EXPANDABLE.contains(part) || of_list)
            });
        if wrong {
            return Err(refusal(path));
        }
    }
    Ok(())
}

pub fn apply(account: &Account, value: &mut Value, paths: &[String]) -> Outcome<()> {
    for path in paths {
        let parts: Vec<&str> = path.split('.').collect();
        walk(account, value, &parts).map_err(|()| refusal(path))?;
    }
    Ok(())
}

fn walk(account: &Account, value: &mut Value, parts: &[&str]) -> Result<(), ()> {
    let Some((head, rest)) = parts.split_first() else {
        return Ok(());
    };
    let object = value.as_object_mut().ok_or(())?;
    if *head == "refunds" && object.get("object").and_then(Value::as_str) == Some("charge") {
        let id = object
            .get("id")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        object.insert("refunds".to_owned(), charges::refunds(account, &id));
        return Ok(());
    }
    let member = object.get_mut(*head).ok_or(())?;
    if let Value::Array(items) = member {
        return items.iter_mut().try_for_each(|item| walk(account, item, rest));
    }
    if let Some(found) = member.as_str().and_then(|id| account.object(id)) {
        *member = found;
    }
    if member.is_object() {
        walk(account, member, rest)
    } else {
        Ok(())
    }
}

fn refusal(path: &str) -> Box<ApiError> {
    ApiError::invalid(format!("This property cannot be expanded ({path})."), "expand")
}
