//! Whether the books agree with what Stripe says it moved.

use std::collections::HashSet;

use domain::{
    id::SalonSlug,
    ledger::{Reconciliation, reconcile},
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
