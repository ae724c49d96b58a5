//! When all is quiet: the salon's reports against its books.

use domain::{currency::Currency, ledger::Reconciliation, report::Figures};
use server::{
    store::rollup::{self, By},
    worker::roll,
};
use std::collections::BTreeMap;

use crate::{
    history::{History, Wrong},
    place::SALON,
};

impl History<'_> {
    /// What the reports say that the books do not: in all, or where figures that were rolled up as they came differ from those that
    /// are made of everything at once.
    ///
    /// # Errors
    /// [`Wrong::Trouble`].
    pub async fn reports_differ(&mut self, books: &Reconciliation) -> Result<Option<String>, Wrong> {
        let trouble = |error: &dyn std::fmt::Display| Wrong::Trouble(error.to_string().into());
        let slug = domain::id::SalonSlug::parse(SALON).map_err(|error| trouble(&error))?;
        let (_, app) = self.any_process()?;
        roll::run(&app).await.map_err(|error| trouble(&error))?;
        let mut write = app.store.write().await.map_err(|error| trouble(&error))?;
        let differ = rollup::check(write.conn(), &slug).await;
        drop(write);
        let differ = differ.map_err(|error| trouble(&error))?;
        if let Some((key, kept, anew)) = differ.first() {
            return Ok(Some(format!("{key:?} is rolled up as {kept:?}, and is {anew:?}")));
        }
        let lines = rollup::lines(app.store.read(), &slug, By::Way, "0000", "9999").await;
        let mut all: BTreeMap<Currency, Figures> = BTreeMap::new();
        for line in lines.map_err(|error| trouble(&error))? {
            let sum = all.entry(line.currency).or_default();
            *sum = sum.plus(line.figures);
        }
        for (currency, net) in &books.net {
            let figures = all.get(currency).copied().unwrap_or_default();
            let fees = books.fees.get(currency).copied().unwrap_or_default();
            if (figures.net(), figures.fees) != (*net, fees) {
                return Ok(Some(format!(
                    "the reports add up to {figures:?}, the books to net {net}, fees {fees}"
                )));
            }
        }
        Ok(None)
    }
}
