//! Whether the books agree with what Stripe says it moved.

use std::collections::HashSet;

use domain::{
    id::SalonSlug,
    ledger::{Difference, Entry, Reconciliation, Settled, reconcile},
    time::Moment,
};

use crate::store::{
    Store, StoreError,
    ledger::{self, Listed},
};

/// Stripe moves money before we hear of it, by so much at most, in minutes: ten days. What comes later still is looked for by name.
const BEFORE: i64 = 10 * 24 * 60;
/// So many are looked for by name.
const MOST_BY_NAME: usize = 200;

/// Compares a salon's books from a moment on with Stripe's list as it was read last (`worker::settle`).
///
/// Reads all entries since then: for a person who asks.
///
/// # Errors
/// [`StoreError`].
pub async fn compare(store: &Store, salon: &SalonSlug, from: Moment) -> Result<Reconciliation, StoreError> {
    let db = store.read();
    let entries = ledger::entries(db, salon, from).await?;
    let mut listed = ledger::listed(db, salon, from.plus_minutes(-BEFORE)).await?;
    let booked: HashSet<&str> = entries.iter().map(|entry| entry.source.as_str()).collect();
    // Of what was moved before, only that counts which was booked since.
    listed.retain(|one| one.created >= from || booked.contains(one.movement.source.as_str()));
    let compared = together(&entries, &listed);
    let missing = compared.differences.iter().filter_map(|one| match one {
        Difference::NotSettled { source, .. } => Some(source.as_str()),
        _ => None,
    });
    let mut more = Vec::new();
    for source in missing.take(MOST_BY_NAME) {
        more.extend(ledger::listed_of(db, salon, source).await?);
    }
    let known: HashSet<&str> = listed.iter().map(|one| one.movement.id.as_str()).collect();
    more.retain(|one| !known.contains(one.movement.id.as_str()));
    if more.is_empty() {
        return Ok(compared);
    }
    listed.extend(more);
    Ok(together(&entries, &listed))
}

fn together(entries: &[Entry], listed: &[Listed]) -> Reconciliation {
    let ours: HashSet<&str> = listed
        .iter()
        .filter(|one| one.ours)
        .map(|one| one.movement.source.as_str())
        .collect();
    let movements: Vec<Settled> = listed.iter().map(|one| one.movement.clone()).collect();
    reconcile(entries, &movements, |source| ours.contains(source))
}

/// A difference in words; sums in minor units.
#[must_use]
pub fn describe(difference: &Difference) -> String {
    match difference {
        Difference::NotSettled { kind, source, booked } => {
            format!("{source}: the books say {booked}, Stripe does not list it (yet) as {kind:?}")
        }
        Difference::OtherSum {
            kind,
            source,
            booked,
            settled,
        } => format!("{source}: the books say {booked}, Stripe lists {settled} as {kind:?}"),
        Difference::NotBooked {
            transaction,
            source,
            settled,
        } => format!("{source}: Stripe lists {settled} ({transaction}), the books say nothing"),
    }
}

/// The comparison in words, one line each; sums in minor units.
#[must_use]
pub fn report(compared: &Reconciliation) -> String {
    let mut lines = Vec::new();
    for (currency, net) in &compared.net {
        let fees = compared.fees.get(currency).copied().unwrap_or_default();
        lines.push(format!("{}: net {net}, Stripe's fees {fees}", currency.code()));
    }
    lines.extend(compared.differences.iter().map(describe));
    if compared.elsewhere > 0 {
        lines.push(format!(
            "{} movements of other sales on this account",
            compared.elsewhere
        ));
    }
    if compared.differences.is_empty() {
        lines.push("to the cent".to_owned());
    }
    lines.join("\n")
}
