//! Reading a booking, its price and its terms.

use std::sync::Arc;

use domain::{
    cancellation::{Explained, Step},
    decline::Decline,
    terms::{Due, Offer, Quote, Reason},
};
use server::api::{
    booking::{Booking, Line, Payment, State},
    confirm::Consent,
    quote::Choice,
};
use wasm_bindgen::JsValue;

use super::read::{flag, id, ids, list, moment, money, percent, small, text};
use crate::dom::get;

/// Reads a booking.
#[must_use]
pub fn booking(value: &JsValue) -> Option<Arc<Booking>> {
    // All of them first, and one place that gives up: giving up at each field is code for each field.
    let (
        Some(id),
        Some(reference),
        Some(salon),
        Some(lines),
        Some(employee),
        Some(start),
        Some(end),
        Some(client),
        Some(email),
        Some(quote),
        Some(cancellation),
        Some(state),
        Some(payment),
        Some(now),
    ) = (
        id(value, "id"),
        text(value, "reference"),
        id(value, "salon"),
        list(value, "lines", &line),
        text(value, "employee"),
        moment(value, "start"),
        moment(value, "end"),
        text(value, "client"),
        text(value, "email"),
        quote(&get(value, "quote")),
        explained(&get(value, "cancellation")),
        state(&get(value, "state")),
        payment(&get(value, "payment")),
        moment(value, "now"),
    )
    else {
        return None;
    };
    Some(Arc::new(Booking {
        id,
        reference,
        salon,
        lines,
        employee,
        start,
        end,
        client,
        email,
        quote,
        cancellation,
        state,
        payment,
        choice: choice(&get(value, "choice")),
        consent: consent(&get(value, "consent")),
        tips: flag(value, "tips").unwrap_or_default(),
        deadline: text(value, "deadline"),
        manage: text(value, "manage"),
        now,
    }))
}

fn consent(value: &JsValue) -> Option<Consent> {
    Some(Consent {
        text: text(value, "text")?,
        version: small(value, "version")?,
    })
}

fn line(value: &JsValue) -> Option<Line> {
    Some(Line {
        name: text(value, "name")?,
        minutes: small(value, "minutes")?,
        price: money(value, "price")?,
        from: flag(value, "from")?,
    })
}

fn quote(value: &JsValue) -> Option<Quote> {
    Some(Quote {
        price: money(value, "price")?,
        from: flag(value, "from")?,
        offer: offer(&get(value, "offer"))?,
        reasons: list(value, "reasons", &reason)?,
        tip: money(value, "tip"),
    })
}

fn offer(value: &JsValue) -> Option<Offer> {
    let due = || {
        Some(Due {
            now: money(value, "now")?,
            all: money(value, "all"),
        })
    };
    Some(match text(value, "kind")?.as_str() {
        "at_salon" => Offer::AtSalon,
        "choice" => Offer::Choice(due()?),
        "must" => Offer::Must(due()?),
        _ => return None,
    })
}

fn reason(value: &JsValue) -> Option<Reason> {
    Some(match text(value, "why")?.as_str() {
        "free" => Reason::Free,
        "online_off" => Reason::OnlineOff,
        "not_offered" => Reason::NotOffered,
        "your_choice" => Reason::YourChoice,
        "service_in_full" => Reason::ServiceInFull,
        "service_percent" => Reason::ServicePercent {
            percent: percent(value, "percent")?,
        },
        "service_fixed" => Reason::ServiceFixed {
            sum: money(value, "sum")?,
        },
        "employee_in_full" => Reason::EmployeeInFull,
        "group_in_full" => Reason::GroupInFull,
        "added" => Reason::Added,
        "from_price" => Reason::FromPrice,
        "known_client" => Reason::KnownClient,
        "below_value" => Reason::BelowValue {
            from: money(value, "from")?,
        },
        "raised_to_minimum" => Reason::RaisedToMinimum {
            minimum: money(value, "minimum")?,
        },
        "too_small" => Reason::TooSmall {
            minimum: money(value, "minimum")?,
        },
        "too_large" => Reason::TooLarge,
        _ => return None,
    })
}

fn explained(value: &JsValue) -> Option<Explained> {
    let step = |step: &JsValue| {
        Some(Step {
            from: moment(step, "from")?,
            fee: money(step, "fee")?,
        })
    };
    Some(Explained {
        free_until: moment(value, "free_until"),
        steps: list(value, "steps", &step)?,
    })
}

fn state(value: &JsValue) -> Option<State> {
    Some(match text(value, "is")?.as_str() {
        "held" => State::Held {
            until: moment(value, "until")?,
        },
        "booked" => State::Booked,
        "expired" => State::Expired,
        "cancelled" => State::Cancelled,
        _ => return None,
    })
}

fn payment(value: &JsValue) -> Option<Payment> {
    Some(match text(value, "is")?.as_str() {
        "none" => Payment::None,
        "declined" => Payment::Declined {
            decline: Decline::parse(&text(value, "decline")?)?,
        },
        "with_bank" => Payment::WithBank,
        "under_way" => Payment::UnderWay,
        "paid" => Payment::Paid {
            sum: money(value, "sum")?,
        },
        "given_back" => Payment::GivenBack {
            sum: money(value, "sum")?,
        },
        _ => return None,
    })
}

fn choice(value: &JsValue) -> Option<Choice> {
    Some(Choice {
        salon: id(value, "salon")?,
        services: ids(value, "services")?,
        employee: id(value, "employee")?,
        start: moment(value, "start")?,
        date: id(value, "date"),
    })
}
