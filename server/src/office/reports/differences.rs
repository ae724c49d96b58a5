//! Where the books and Stripe's list differ: whose payment it is, and by how much.

use domain::{
    currency::Currency,
    id::BookingId,
    ledger::{Difference, SettledKind},
};

use crate::{
    office::{desk::Desk, said::signed, trouble::Trouble},
    store::{behind, ledger},
};

/// A difference as it is shown.
pub struct Row {
    /// The visit and its client, if it is of a payment that is known.
    pub whose: Option<(BookingId, String)>,
    /// What Stripe calls it.
    pub source: String,
    /// What differs.
    pub what: String,
}

/// Looks up whose it is.
pub async fn read(desk: &Desk, difference: &Difference) -> Result<Row, Trouble> {
    let db = desk.app.store.read();
    let source = match difference {
        Difference::NotSettled { source, .. }
        | Difference::OtherSum { source, .. }
        | Difference::NotBooked { source, .. } => source,
    };
    let of = behind::payment_of(db, desk.slug(), source).await?;
    let currency = of.as_ref().map_or(desk.salon.salon.currency, |of| of.currency);
    let what = match difference {
        Difference::NotSettled { kind, booked, .. } => format!(
            "{} of {}: Stripe does not list it (yet)",
            word(*kind),
            signed(*booked, currency)
        ),
        Difference::OtherSum {
            kind,
            booked,
            settled,
            ..
        } => format!(
            "{}: {} in these books, {} at Stripe",
            word(*kind),
            signed(*booked, currency),
            signed(*settled, currency)
        ),
        Difference::NotBooked {
            transaction, settled, ..
        } => {
            let listed = ledger::listed_of(db, desk.slug(), source).await?;
            let found = listed.iter().find(|one| one.movement.id == *transaction);
            let (kind, balance): (SettledKind, Currency) = found
                .map_or((SettledKind::Other, currency), |one| {
                    (one.movement.kind, one.movement.currency)
                });
            format!(
                "{} of {} at Stripe: these books say nothing of it",
                word(kind),
                signed(*settled, balance)
            )
        }
    };
    Ok(Row {
        whose: of.map(|of| (of.booking, of.client)),
        source: source.clone(),
        what,
    })
}

fn word(kind: SettledKind) -> &'static str {
    match kind {
        SettledKind::Charge => "Payment",
        SettledKind::Refund => "Refund",
        SettledKind::RefundFailure => "Refund that failed",
        SettledKind::Adjustment => "Dispute",
        SettledKind::Payout => "Payout",
        SettledKind::Other => "Movement",
    }
}
