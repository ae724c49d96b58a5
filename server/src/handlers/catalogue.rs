//! What a salon offers.

use domain::id::SalonSlug;

use super::context::{Context, current};
use crate::{
    api::{
        catalogue::{Catalogue, CatalogueRequest},
        error::ApiError,
    },
    store::{booking::token_hash, offer, salon::SalonRecord},
};

/// Answers [`crate::api::catalogue::catalogue`].
///
/// # Errors
/// See there.
pub async fn catalogue(request: CatalogueRequest) -> Result<Catalogue, ApiError> {
    read(&current()?, &request.salon)
        .await
        .map(|(_, catalogue)| catalogue)
}

/// A salon's settings and all that it offers: five queries.
///
/// # Errors
/// `NotFound`.
pub async fn read(context: &Context, slug: &SalonSlug) -> Result<(SalonRecord, Catalogue), ApiError> {
    let salon = context.salon(slug).await?;
    let db = context.app.store.read();
    let offer = offer::read(db, slug, salon.salon.currency).await?;
    let mut services = offer.services;
    if services.iter().any(|service| service.dates.is_some()) {
        let from = context.app.now().plus_minutes(salon.lead_minutes);
        let own = context.token.as_ref().map(|token| token_hash(token.reveal()));
        for record in offer::dates(db, slug, from, own.as_deref()).await? {
            let service = services.iter_mut().find(|service| service.id == record.service);
            if let Some(dates) = service.and_then(|service| service.dates.as_mut()) {
                dates.push(record.date);
            }
        }
    }
    let catalogue = Catalogue {
        salon: salon.salon.clone(),
        services,
        employees: offer
            .employees
            .into_iter()
            .map(|record| record.employee)
            .collect(),
        terms: salon.terms.clone(),
        cancellation: salon.cancellation.clone(),
        hold_minutes: salon.hold.get(),
    };
    Ok((salon, catalogue))
}
