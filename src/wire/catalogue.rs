//! Reading what a salon offers.

use domain::{
    cancellation::CancellationTerms,
    currency::Currency,
    terms::{Clients, Part, Rule, SalonTerms},
};
use server::api::{
    catalogue::{Catalogue, Employee, GroupDate, Salon, Service},
    page::StripeSetup,
};
use wasm_bindgen::JsValue;

use super::read::{flag, id, ids, int, list, moment, money, percent, small, text};
use crate::dom::get;

/// Reads a catalogue.
#[must_use]
pub fn catalogue(value: &JsValue) -> Option<Catalogue> {
    Some(Catalogue {
        salon: salon(&get(value, "salon"))?,
        services: list(value, "services", &service)?,
        employees: list(value, "employees", &employee)?,
        terms: terms(&get(value, "terms"))?,
        // Only the server computes with these; what they come to is in every quote and booking.
        cancellation: CancellationTerms::default(),
        hold_minutes: u8::try_from(int(value, "hold_minutes")?).ok()?,
    })
}

/// Reads a salon.
#[must_use]
pub fn salon(value: &JsValue) -> Option<Salon> {
    // As in `booking`: one place that gives up.
    let [
        Some(name),
        Some(address),
        Some(phone),
        Some(colour),
        Some(currency),
        Some(time_zone),
        Some(country),
    ] = [
        "name",
        "address",
        "phone",
        "colour",
        "currency",
        "time_zone",
        "country",
    ]
    .map(|key| text(value, key))
    else {
        return None;
    };
    Some(Salon {
        slug: id(value, "slug")?,
        currency: Currency::parse(&currency).ok()?,
        name,
        address,
        phone,
        colour,
        time_zone,
        country,
    })
}

/// Reads how to reach Stripe.
#[must_use]
pub fn stripe(value: &JsValue) -> Option<StripeSetup> {
    Some(StripeSetup {
        key: text(value, "key")?,
        js: text(value, "js")?,
        test: flag(value, "test")?,
    })
}

fn service(value: &JsValue) -> Option<Service> {
    let (minutes, price) = (small(value, "minutes")?, money(value, "price")?);
    let (rule, part) = (rule(value)?, part(&get(value, "part"))?);
    let (Some(id), Some(name), Some(description), Some(employees)) = (
        id(value, "id"),
        text(value, "name"),
        text(value, "description"),
        ids(value, "employees"),
    ) else {
        return None;
    };
    Some(Service {
        id,
        name,
        description,
        minutes,
        price,
        price_to: money(value, "price_to"),
        rule,
        part,
        employees,
        dates: list(value, "dates", &date),
    })
}

fn date(value: &JsValue) -> Option<GroupDate> {
    Some(GroupDate {
        id: id(value, "id")?,
        start: moment(value, "start")?,
        employee: id(value, "employee")?,
        seats_left: small(value, "seats_left")?,
    })
}

fn employee(value: &JsValue) -> Option<Employee> {
    Some(Employee {
        id: id(value, "id")?,
        name: text(value, "name")?,
        title: text(value, "title")?,
        rule: rule(value)?,
    })
}

fn rule(value: &JsValue) -> Option<Rule> {
    Some(match text(value, "rule")?.as_str() {
        "forbidden" => Rule::Forbidden,
        "allowed" => Rule::Allowed,
        "required" => Rule::Required,
        _ => return None,
    })
}

fn part(value: &JsValue) -> Option<Part> {
    if value.as_string().is_some_and(|part| part == "full") {
        return Some(Part::Full);
    }
    percent(value, "percent")
        .map(Part::Percent)
        .or_else(|| money(value, "fixed").map(Part::Fixed))
}

fn terms(value: &JsValue) -> Option<SalonTerms> {
    Some(SalonTerms {
        online: flag(value, "online")?,
        optional: flag(value, "optional")?,
        clients: match text(value, "clients")?.as_str() {
            "all" => Clients::All,
            "new_or_missed" => Clients::NewOrMissed,
            _ => return None,
        },
        from_value: money(value, "from_value"),
    })
}
