//! What browsers send, and what they are sent: each text is read as every type.

use domain::{
    availability::{WorkingHours, granules},
    cancellation::CancellationTerms,
    terms::{History, Line, SalonTerms, quote},
    time::Moment,
};
use serde::{Serialize, de::DeserializeOwned};
use server::api::{
    booking::{Booking, StatusCall},
    catalogue::{Catalogue, CatalogueCall},
    confirm::{ConfirmCall, Confirmed, SettleCall},
    error::ApiError,
    free_times::{FreeTimes, FreeTimesCall},
    hold::HoldCall,
    link::OpenLinkCall,
    page::PageData,
    quote::{QuoteCall, Quoted},
};

/// A call's or an answer's text: what is read is written again the same, and can be counted with.
pub fn wire(data: &[u8]) {
    again::<StatusCall>(data);
    again::<CatalogueCall>(data);
    again::<SettleCall>(data);
    again::<FreeTimesCall>(data);
    if let Some(call) = again::<HoldCall>(data) {
        let start = call.request.choice.start;
        let end = start.plus_minutes(5 * i64::from(u16::MAX));
        assert!(granules(start, end).count() <= 5 * usize::from(u16::MAX) / 5 + 2);
    }
    again::<QuoteCall>(data);
    if let Some(call) = again::<ConfirmCall>(data) {
        let shown = format!("{:?}", call.request);
        assert!(["ConfirmRequest(at the salon)", "ConfirmRequest(card …)"].contains(&shown.as_str()));
    }
    if let Some(call) = again::<OpenLinkCall>(data) {
        assert_eq!(
            format!("{:?}", call.request),
            "OpenRequest { link: LinkToken(…) }"
        );
    }

    again::<Booking>(data);
    again::<FreeTimes>(data);
    again::<Quoted>(data);
    again::<ApiError>(data);
    again::<WorkingHours>(data);
    if let Some(confirmed) = again::<Confirmed>(data) {
        let _ = format!("{confirmed:?}");
    }
    again::<PageData>(data);
    if let Some(catalogue) = again::<Catalogue>(data) {
        offer(&catalogue);
    }
}

/// Reads, writes and reads again.
fn again<T: Serialize + DeserializeOwned>(data: &[u8]) -> Option<T> {
    let read: T = serde_json::from_slice(data).ok()?;
    let written = serde_json::to_string(&read).unwrap();
    let again: T = serde_json::from_str(&written).unwrap_or_else(|error| panic!("{error}: {written}"));
    assert_eq!(serde_json::to_string(&again).unwrap(), written);
    Some(read)
}

/// Prices all that is offered at once, whatever it costs.
fn offer(catalogue: &Catalogue) {
    let employee = catalogue
        .employees
        .first()
        .map(|employee| employee.rule)
        .unwrap_or_default();
    let lines: Vec<Line> = catalogue
        .services
        .iter()
        .map(|service| Line {
            price: service.price,
            from: service.price_to.is_some(),
            service: service.rule,
            part: service.part,
            group: service.dates.is_some(),
            employee,
        })
        .collect();
    check_terms(&catalogue.terms, &catalogue.cancellation, &lines);
}

/// Nobody is asked for more than the price, before or after.
pub fn check_terms(terms: &SalonTerms, cancellation: &CancellationTerms, lines: &[Line]) {
    for history in [History::New, History::Known, History::Missed] {
        let Ok(quote) = quote(terms, history, lines) else {
            continue;
        };
        let sums = match quote.offer {
            domain::terms::Offer::AtSalon => vec![],
            domain::terms::Offer::Choice(due) | domain::terms::Offer::Must(due) => {
                due.all.into_iter().chain([due.now]).collect()
            }
        };
        for sum in sums {
            assert!(sum.minor() <= quote.price.minor(), "{sum} of {}", quote.price);
            assert_eq!(sum.currency(), quote.price.currency());
            assert_eq!(sum.chargeable(), domain::money::Chargeable::Yes);
            assert!(quote.accepts(sum));
        }
        assert!(!quote.reasons.is_empty());
        for start in [0, 1_795_420_800_000, i64::MIN, i64::MAX].map(Moment) {
            let explained = cancellation.explain(start, quote.price);
            for step in &explained.steps {
                assert!(step.fee.minor() <= quote.price.minor());
            }
            let _ = explained.fee_at(start, quote.price);
        }
    }
}
