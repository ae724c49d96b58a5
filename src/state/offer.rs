//! What goes together: who can do the chosen services, and what that costs. The rules are `domain`'s, the same as the server's.

use domain::{
    id::EmployeeId,
    terms::{self, History, Line, Offer, Quote, Rule},
};
use server::api::catalogue::{Catalogue, Employee, GroupDate, Service};

use super::{App, Chosen, Who};

/// The chosen services.
#[must_use]
pub fn services<'a>(catalogue: &'a Catalogue, chosen: &Chosen) -> Vec<&'a Service> {
    chosen
        .services
        .iter()
        .filter_map(|id| catalogue.services.iter().find(|one| one.id == *id))
        .collect()
}

/// Who can do all of these services.
#[must_use]
pub fn people<'a>(catalogue: &'a Catalogue, services: &[&Service]) -> Vec<&'a Employee> {
    let can = |one: &&Employee| {
        !services.is_empty() && services.iter().all(|service| service.employees.contains(&one.id))
    };
    catalogue.employees.iter().filter(can).collect()
}

/// The dates of the chosen group event; `None` for services by appointment.
#[must_use]
pub fn group_dates<'a>(catalogue: &'a Catalogue, chosen: &Chosen) -> Option<&'a [GroupDate]> {
    services(catalogue, chosen)
        .into_iter()
        .find_map(|service| service.dates.as_deref())
}

/// A person's name.
#[must_use]
pub fn name<'a>(catalogue: &'a Catalogue, id: &EmployeeId) -> &'a str {
    employee(catalogue, id).map_or("", |one| &one.name)
}

/// The price of a choice and what is due now, for a client the salon does not know. The server prices again.
#[must_use]
pub fn quote(catalogue: &Catalogue, services: &[&Service], who: Option<&EmployeeId>) -> Option<Quote> {
    let lines: Vec<Line> = services
        .iter()
        .map(|service| Line {
            price: service.price,
            from: service.price_to.is_some(),
            service: service.rule,
            part: service.part,
            group: service.dates.is_some(),
            employee: who
                .and_then(|id| employee(catalogue, id))
                .map_or(Rule::Allowed, |one| one.rule),
        })
        .collect();
    terms::quote(&catalogue.terms, History::New, &lines).ok()
}

/// What is due: the booking's, as the server priced it, or the one of what is chosen.
#[must_use]
pub fn current(app: App) -> Option<Quote> {
    let chosen = app.chosen.get();
    if let Some(booking) = app.booking.get()
        && (app.is_visit()
            || booking
                .choice
                .as_ref()
                .is_some_and(|choice| is_of(&chosen, choice)))
    {
        return Some(booking.quote.clone());
    }
    let catalogue = app.catalogue()?;
    quote(catalogue, &services(catalogue, &chosen), person(&chosen))
}

/// Who will do it, as far as that is known.
#[must_use]
pub fn person(chosen: &Chosen) -> Option<&EmployeeId> {
    chosen.employee.as_ref().or(match &chosen.who {
        Some(Who::One(id)) => Some(id),
        _ => None,
    })
}

/// Whether anything can be paid online.
#[must_use]
pub fn takes_card(quote: &Quote) -> bool {
    !matches!(quote.offer, Offer::AtSalon)
}

fn is_of(chosen: &Chosen, choice: &server::api::quote::Choice) -> bool {
    chosen.services == choice.services
        && chosen.start == Some(choice.start)
        && chosen.employee.as_ref() == Some(&choice.employee)
}

fn employee<'a>(catalogue: &'a Catalogue, id: &EmployeeId) -> Option<&'a Employee> {
    catalogue.employees.iter().find(|one| one.id == *id)
}
