//! The payments behind a figure.

use axum::extract::Query;
use domain::{report::shares, time::Moment};
use maud::html;
use serde::Deserialize;

use super::period::{Period, Wish};
use crate::{
    office::{
        desk::Desk,
        page::{Room, page},
        said::signed,
        trouble::Answer,
        when,
    },
    store::{
        attempt,
        behind::{self, Behind},
    },
};

/// How many lines a page has.
const PAGE: i64 = 50;

#[derive(Debug, Default, Deserialize)]
pub struct Which {
    #[serde(default)]
    service: String,
    #[serde(default)]
    employee: String,
    #[serde(default)]
    way: String,
    /// One of the figures; empty: all of them.
    #[serde(default)]
    what: String,
    /// Where the page before ended: milliseconds since 1970, a full stop, and the entry's id.
    before: Option<String>,
}

pub async fn show(desk: Desk, Query(wish): Query<Wish>, Query(which): Query<Which>) -> Answer {
    let period = Period::read(&desk, &wish);
    let zone = when::zone(&desk.salon.salon.time_zone);
    let (from, to) = period.moments(&zone);
    let before = which.before.as_deref().and_then(|before| {
        let (at, id) = before.split_once('.')?;
        Some((Moment(at.parse().ok()?), id.to_owned()))
    });
    let behind = Behind {
        from,
        to,
        before,
        service: which.service.clone(),
        employee: which.employee.clone(),
        way: which.way.clone(),
        kinds: kinds(&which.what).to_owned(),
    };
    let db = desk.app.store.read();
    let mut rows = behind::behind(db, desk.slug(), &behind, PAGE).await?;
    if !which.service.is_empty() {
        for row in &mut rows {
            // A refund of this service alone is whole.
            if row.service.is_none() {
                let lines = attempt::lines(db, &row.attempt).await?;
                row.signed = part_of(&which.service, row.signed, &lines);
            }
        }
    }
    let escape = |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    let next = rows.last().map(|last| {
        format!(
            "reports/payments?{}&service={}&employee={}&way={}&what={}&before={}.{}",
            period.query(),
            escape(&which.service),
            escape(&which.employee),
            escape(&which.way),
            escape(&which.what),
            last.at.0,
            escape(&last.id)
        )
    });
    let body = html! {
        p.quiet { (when::long_day(period.from)) " to " (when::long_day(period.to)) @if !which.service.is_empty() { ", " (which.service) }
            @if let Some((.., name)) = WHATS.iter().find(|(what, ..)| *what == which.what) { ": " (name) }
        }
        @if !which.service.is_empty() {
            p.hint { "Of a payment for several services, the part of this one stands here, as in the report." }
        }
        @if rows.is_empty() { p { "Nothing (more) in this time." } }
        ul.rows {
            @for row in &rows {
                li {
                    a href=(desk.path(&format!("visits/{}", row.booking))) { (row.client) }
                    span.quiet { (word(&row.kind)) @if let Some(service) = &row.service { " for " (service) } ", " (when::full(row.at, &zone)) }
                    span.sum { (signed(row.signed, row.currency)) }
                }
            }
        }
        @if let (Some(next), true) = (next, rows.len() >= 50) { p { a.button.second href=(desk.path(&next)) { "Earlier" } } }
        p { a href=(desk.path(&format!("reports?{}", period.query()))) { "Back to the report" } }
    };
    Ok(page(&desk, Room::Reports, "Payments", &body))
}

/// The part of a sum that the lines of this name have, as the report counts it.
fn part_of(service: &str, sum: i64, lines: &[(String, i64)]) -> i64 {
    let prices: Vec<i64> = lines.iter().map(|(_, price)| *price).collect();
    let parts = lines.iter().zip(shares(sum, &prices));
    parts
        .filter(|((name, _), _)| name == service)
        .map(|(_, part)| part)
        .sum()
}

/// The figures, by their word in the address, with the entries that each is made of.
const WHATS: [(&str, &str, &str); 5] = [
    ("paid", "captured", "what clients paid"),
    ("back", "refunded refund_failed", "what was given back"),
    ("fees", "stripe_fee", "Stripe's fees"),
    ("kept", "kept", "fees that were kept or charged"),
    ("disputes", "dispute_withdrawn dispute_reinstated", "disputes"),
];

fn kinds(what: &str) -> &'static str {
    let found = WHATS.iter().find(|(word, ..)| *word == what);
    found.map_or("", |(_, kinds, _)| kinds)
}

fn word(kind: &str) -> &str {
    match kind {
        "captured" => "Paid",
        "refunded" => "Given back",
        "refund_failed" => "A refund that failed",
        "dispute_withdrawn" => "Taken by a dispute",
        "stripe_fee" => "Stripe's fee",
        "kept" => "Of the payment, kept as a fee",
        "dispute_reinstated" => "Won in a dispute",
        other => other,
    }
}
