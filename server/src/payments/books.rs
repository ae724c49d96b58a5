//! Whether the books agree with what Stripe says it moved.

use std::collections::{BTreeMap, HashSet};

use domain::{
    currency::Currency,
    id::SalonSlug,
    ledger::{Difference, Entry, Reconciliation, Settled, reconcile},
    time::Moment,
};

use crate::store::{
    Store, StoreError,
    ledger::{self, Listed},
};

/// Stripe lists what moved before it was booked here by so much at most, in minutes: ten days. What comes later still is looked for by name.
const BEFORE: i64 = 10 * 24 * 60;
/// So many are looked for by name.
const MOST_BY_NAME: usize = 200;

/// So many entries, and as many movements, are compared at a time.
const PART: i64 = 1_000;
/// So many differences are named.
const NAMED: usize = 1_000;

/// Compares all of a salon's books with Stripe's list as it was read last (`worker::settle`), a part after the other, so that it
/// takes no more room for many years than for one. Names the first thousand differences.
///
/// # Errors
/// [`StoreError`].
pub async fn compare_all(store: &Store, salon: &SalonSlug) -> Result<Reconciliation, StoreError> {
    compare_in_parts(store, salon, PART).await
}

/// The same, with some `size` entries and as many movements in each part.
///
/// # Errors
/// [`StoreError`].
pub async fn compare_in_parts(
    store: &Store,
    salon: &SalonSlug,
    size: i64,
) -> Result<Reconciliation, StoreError> {
    let db = store.read();
    let nameless = ledger::without_source(db, salon).await?;
    let mut all = Reconciliation {
        elsewhere: usize::try_from(nameless).unwrap_or_default(),
        ..Reconciliation::default()
    };
    let mut after = String::new();
    loop {
        let to = ledger::part(db, salon, &after, size).await?;
        let entries = ledger::entries_between(db, salon, &after, to.as_deref()).await?;
        let listed = ledger::listed_between(db, salon, &after, to.as_deref()).await?;
        let part = together(&entries, &listed);
        let room = NAMED.saturating_sub(all.differences.len());
        all.differences.extend(part.differences.into_iter().take(room));
        add(&mut all.fees, part.fees);
        add(&mut all.net, part.net);
        all.elsewhere += part.elsewhere;
        match to {
            Some(to) => after = to,
            None => return Ok(all),
        }
    }
}

fn add(to: &mut BTreeMap<Currency, i64>, of: BTreeMap<Currency, i64>) {
    for (currency, sum) in of {
        let all = to.entry(currency).or_default();
        *all = all.saturating_add(sum);
    }
}

/// Compares a salon's books from a moment on with Stripe's list as it was read last (`worker::settle`).
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
    let (mut more, mut before) = (Vec::new(), HashSet::new());
    for one in compared.differences.iter().take(MOST_BY_NAME) {
        match one {
            Difference::NotSettled { source, .. } => {
                more.extend(ledger::listed_of(db, salon, source).await?);
            }
            // Listed since, and booked before.
            Difference::NotBooked { source, .. } if ledger::is_booked(db, salon, source).await? => {
                before.insert(source.clone());
            }
            Difference::NotBooked { .. } | Difference::OtherSum { .. } => {}
        }
    }
    let known: HashSet<&str> = listed.iter().map(|one| one.movement.id.as_str()).collect();
    more.retain(|one| !known.contains(one.movement.id.as_str()));
    if more.is_empty() && before.is_empty() {
        return Ok(compared);
    }
    listed.retain(|one| {
        booked.contains(one.movement.source.as_str()) || !before.contains(&one.movement.source)
    });
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
