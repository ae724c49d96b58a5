//! What a client would pay, and why: the same computation as in the booking.

use domain::terms::{History, Line, Offer as Due, Quote, Reason, Rule, SalonTerms, quote};
use maud::{Markup, html};

use crate::{
    office::{desk::Desk, form::Form},
    store::offer::Offer,
};

const CLIENTS: [(&str, &str); 3] = [
    ("new", "A new client"),
    ("known", "A client who came before"),
    ("missed", "A client who once did not come"),
];

/// The part of the page where one tries.
pub fn section(desk: &Desk, offered: &Offer, asked: &Form) -> Markup {
    let chosen = |id: &str| asked.all("service").any(|one| one == id);
    let result = result(desk, offered, asked);
    html! {
        details.card open[result.is_some()] {
            summary { "Try it: what would a client pay?" }
            form method="get" action=(desk.path("terms")) {
                fieldset {
                    legend { "Services" }
                    @for service in &offered.services {
                        div.tick {
                            input id={ "try_" (service.id) } name="service" type="checkbox" value=(service.id) checked[chosen(service.id.as_str())];
                            label for={ "try_" (service.id) } { (service.name) }
                        }
                    }
                }
                div.pair {
                    div.field {
                        label for="try-person" { "With" }
                        select #try-person name="employee" {
                            @for one in &offered.employees {
                                @let id = one.employee.id.as_str();
                                option value=(id) selected[asked.get("employee") == id] { (one.employee.name) }
                            }
                        }
                    }
                    div.field {
                        label for="try-client" { "Who books" }
                        select #try-client name="client" {
                            @for (value, name) in CLIENTS { option value=(value) selected[asked.get("client") == value] { (name) } }
                        }
                    }
                }
                button.button.second { "Show" }
            }
            @if let Some(result) = result { div.preview role="status" { (result) } }
        }
    }
}

/// What the minimum of a card payment does to these lines, if anything.
pub fn minimum(desk: &Desk, lines: &[Line]) -> Option<String> {
    let on = SalonTerms {
        online: true,
        ..desk.salon.terms.clone()
    };
    let quote = quote(&on, History::New, lines).ok()?;
    limit_of(&quote)
}

/// What the minimum or maximum of a card payment did to a price, if anything.
pub fn limit_of(quote: &Quote) -> Option<String> {
    let found = quote.reasons.iter().find(|reason| {
        matches!(
            reason,
            Reason::RaisedToMinimum { .. } | Reason::TooSmall { .. } | Reason::TooLarge
        )
    });
    found.map(words)
}

fn result(desk: &Desk, offered: &Offer, asked: &Form) -> Option<Markup> {
    asked.all("service").next()?;
    let person = offered
        .employees
        .iter()
        .find(|one| one.employee.id.as_str() == asked.get("employee"));
    let employee = person.map_or(Rule::Allowed, |one| one.employee.rule);
    let lines: Vec<Line> = offered
        .services
        .iter()
        .filter(|service| asked.all("service").any(|id| id == service.id.as_str()))
        .map(|service| Line {
            price: service.price,
            from: service.price_to.is_some(),
            service: service.rule,
            part: service.part,
            group: service.dates.is_some(),
            employee,
        })
        .collect();
    let history = match asked.get("client") {
        "known" => History::Known,
        "missed" => History::Missed,
        _ => History::New,
    };
    // Without keys nobody pays online, whatever the switch says: as in the booking itself.
    let terms = SalonTerms {
        online: desk.salon.terms.online && desk.salon.takes_cards(),
        ..desk.salon.terms.clone()
    };
    Some(match quote(&terms, history, &lines) {
        Ok(quote) => said(&quote),
        Err(_) => html! { p { "These can't be booked together." } },
    })
}

fn said(quote: &Quote) -> Markup {
    html! {
        p { strong {
            @match quote.offer {
                Due::AtSalon => { "Pays " (quote.price) " at the salon, nothing online." }
                Due::Choice(due) => { "May pay " (due.now) " online, or all of it at the salon." }
                Due::Must(due) => {
                    "Pays " (due.now) " online"
                    @if let Some(all) = due.all { ", or all of it (" (all) ") if they like" }
                    ". Without that there is no booking."
                }
            }
        } }
        ul.why { @for reason in &quote.reasons { li { (words(reason)) } } }
    }
}

/// Why, for the salon.
fn words(reason: &Reason) -> String {
    match reason {
        Reason::Free => "It costs nothing.".to_owned(),
        Reason::OnlineOff => "Payment in online booking is switched off.".to_owned(),
        Reason::NotOffered => "Neither is it required, nor do you offer the choice.".to_owned(),
        Reason::YourChoice => "It is allowed, so the client may choose.".to_owned(),
        Reason::ServiceInFull => "The service asks for its whole price.".to_owned(),
        Reason::ServicePercent { percent } => {
            format!("The service asks for {} % of its price.", percent.get())
        }
        Reason::ServiceFixed { sum } => format!("The service asks for {sum}."),
        Reason::EmployeeInFull => "Only the person asks for payment, so it is the whole price.".to_owned(),
        Reason::GroupInFull => "Group events are paid in full.".to_owned(),
        Reason::Added => "Sums of several services were added up.".to_owned(),
        Reason::FromPrice => {
            "The price is the lower end of its range; the rest is settled with you.".to_owned()
        }
        Reason::KnownClient => "Clients whom you know need not pay in advance.".to_owned(),
        Reason::BelowValue { from } => format!("Bookings below {from} need not be paid in advance."),
        Reason::RaisedToMinimum { minimum } => {
            format!("The sum was below {minimum}, the least that a card can be charged, and is raised to it.")
        }
        Reason::TooSmall { minimum } => {
            format!(
                "The sum is below {minimum}, the least that a card can be charged, so it can't be paid online."
            )
        }
        Reason::TooLarge => {
            "The sum is above what a card can be charged, so it can't be paid online.".to_owned()
        }
    }
}
