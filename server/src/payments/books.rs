//! Whether the books agree with what Stripe says it moved.

use std::collections::HashSet;

use domain::{
    id::SalonSlug,
    ledger::{Difference, Reconciliation, reconcile},
};

use crate::store::{Store, StoreError, ledger};

/// Compares a salon's books with Stripe's list as it was read last (`worker::settle`).
///
/// Reads all entries of the salon: for a person who asks, not for a page.
///
/// # Errors
/// [`StoreError`].
pub async fn compare(store: &Store, salon: &SalonSlug) -> Result<Reconciliation, StoreError> {
    let entries = ledger::entries(store.read(), salon).await?;
    let settled = ledger::settled(store.read(), salon).await?;
    let ours: HashSet<String> = ledger::sources(store.read(), salon).await?.into_iter().collect();
    Ok(reconcile(&entries, &settled, |source| ours.contains(source)))
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
