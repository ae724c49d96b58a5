//! The payments behind a figure.

use axum::extract::Query;
use domain::time::Moment;
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
    store::ledger::{self, Behind},
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
    /// Milliseconds since 1970: the page before ended there.
    before: Option<i64>,
}

pub async fn show(desk: Desk, Query(wish): Query<Wish>, Query(which): Query<Which>) -> Answer {
    let period = Period::read(&desk, &wish);
    let zone = when::zone(&desk.salon.salon.time_zone);
    let (from, to) = period.moments(&zone);
    let until = which.before.map_or(to, |before| Moment(before.min(to.0)));
    let behind = Behind {
        from,
        to: until,
        service: which.service.clone(),
        employee: which.employee.clone(),
        way: which.way.clone(),
    };
    let rows = ledger::behind(desk.app.store.read(), desk.slug(), &behind, PAGE).await?;
    let escape = |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    let next = rows.last().map(|last| {
        format!(
            "reports/payments?{}&service={}&employee={}&way={}&before={}",
            period.query(),
            escape(&which.service),
            escape(&which.employee),
            escape(&which.way),
            last.at.0
        )
    });
    let body = html! {
        p.quiet { (when::long_day(period.from)) " to " (when::long_day(period.to)) @if !which.service.is_empty() { ", " (which.service) } }
        @if !which.service.is_empty() {
            p.hint { "Of a payment for several services the whole sum stands here; the report counts this service's part of it." }
        }
        @if rows.is_empty() { p { "Nothing (more) in this time." } }
        ul.rows {
            @for row in &rows {
                li {
                    a href=(desk.path(&format!("visits/{}", row.booking))) { (row.client) }
                    span.quiet { (word(&row.kind)) ", " (when::full(row.at, &zone)) }
                    span.sum { (signed(row.signed, row.currency)) }
                }
            }
        }
        @if let (Some(next), true) = (next, rows.len() >= 50) { p { a.button.second href=(desk.path(&next)) { "Earlier" } } }
        p { a href=(desk.path(&format!("reports?{}", period.query()))) { "Back to the report" } }
    };
    Ok(page(&desk, Room::Reports, "Payments", &body))
}

fn word(kind: &str) -> &str {
    match kind {
        "captured" => "Paid",
        "refunded" => "Given back",
        "refund_failed" => "A refund that failed",
        "dispute_withdrawn" => "Taken by a dispute",
        "dispute_reinstated" => "Won in a dispute",
        other => other,
    }
}
