//! Reports: figures of a period, by day, week, month, service, person or way to pay.

mod chart;
mod differences;
mod payments;
mod period;
mod table;

use std::collections::BTreeSet;

use axum::{
    extract::Query,
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use domain::{currency::Currency, report::Figures, role::Right, time::Moment};
use maud::{Markup, html};
use serde::Deserialize;

use self::{
    period::{Group, Period, Wish},
    table::Row,
};
use super::{
    Route,
    desk::Desk,
    page::{Room, page},
    said::signed,
    trouble::{Answer, Trouble},
    when,
};
use crate::{
    payments::books,
    store::{offer, payout as payouts, rollup},
    worker::roll,
};

pub fn routes() -> Vec<Route> {
    let route = |path, answers| Route {
        path,
        right: Right::Reports,
        answers,
    };
    vec![
        route("/office/{salon}/reports", get(show)),
        route("/office/{salon}/reports/table.csv", get(csv)),
        route("/office/{salon}/reports/payments", get(payments::show)),
        route("/office/{salon}/reports/stripe", get(reconcile)),
    ]
}

async fn show(desk: Desk, Query(wish): Query<Wish>) -> Answer {
    let period = Period::read(&desk, &wish);
    let all_counted = fresh(&desk).await;
    let rows = read(&desk, &period).await?;
    let main = desk.salon.salon.currency;
    let of = |currency: Currency| {
        let rows = rows.iter().filter(|row| row.currency == currency);
        rows.fold(Figures::default(), |sum, row| sum.plus(row.figures))
    };
    let all = of(main);
    let others: BTreeSet<Currency> = rows
        .iter()
        .map(|row| row.currency)
        .filter(|one| *one != main)
        .collect();
    // Where the balance at Stripe is in another currency, the fees are in that.
    let other_fees: Vec<String> = others
        .iter()
        .map(|currency| (of(*currency).fees, *currency))
        .filter(|(fees, _)| *fees != 0)
        .map(|(fees, currency)| signed(fees, currency))
        .collect();
    let left = if other_fees.is_empty() {
        "before payouts".to_owned()
    } else {
        format!(
            "before payouts; Stripe's fees of {} are not taken off: they are in the currency of your balance there",
            other_fees.join(" and ")
        )
    };
    let fees = if other_fees.is_empty() {
        "listed up to an hour later".to_owned()
    } else {
        format!("and {}", other_fees.join(" and "))
    };
    let payouts = payouts_of(&desk, &period).await?;
    let body = html! {
        (period.choices(&desk))
        @if !all_counted { p.warning { "Some payments are still being counted. Load the page again in a minute." } }
        div.cards {
            (figure(&desk, &period, "paid", "Clients paid", all.gross, &(if all.payments == 1 { "1 payment".to_owned() } else { format!("{} payments", all.payments) })))
            (figure(&desk, &period, "back", "Given back", -all.refunds, "refunds"))
            (figure(&desk, &period, "fees", "Stripe's fees", -all.fees, &fees))
            (figure(&desk, &period, "", "Left for you", all.net(), &left))
        }
        @if rows.is_empty() {
            p.quiet { "Nothing was paid in this time. As soon as somebody pays online, the figures are here by themselves." }
        } @else {
            @if period.group.is_time() { (chart::bars(&rows, main, &period)) }
            (table::draw(&desk, &period, &rows))
            div.buttons {
                a.button.second href=(desk.path(&format!("reports/table.csv?{}", period.query()))) download { "As a file (CSV)" }
                a.button.second href=(desk.path(&format!("reports/payments?{}", period.query()))) { "The payments behind it" }
            }
        }
        h2 { "Payouts to your bank" }
        (payouts)
        p { a href=(desk.path("reports/stripe")) { "Do the books agree with Stripe's?" } }
    };
    Ok(page(&desk, Room::Reports, "Reports", &body))
}

/// So many times some hundred entries are rolled up before a report is shown. More are there after a restore or an update.
const AT_ONCE: usize = 8;

/// Rolls up what was paid a moment ago. Answers whether the report has everything; where not, the worker goes on.
async fn fresh(desk: &Desk) -> bool {
    match roll::some(&desk.app, AT_ONCE).await {
        Ok(all) => all,
        Err(error) => {
            tracing::warn!(%error, "a report is shown without what was paid last");
            false
        }
    }
}

/// The figures of a period.
async fn read(desk: &Desk, period: &Period) -> Result<Vec<Row>, Trouble> {
    let db = desk.app.store.read();
    let (from, to) = (period.from.to_string(), period.to.to_string());
    let lines = rollup::lines(db, desk.slug(), period.group.by(), &from, &to).await?;
    let mut rows: Vec<Row> = Vec::with_capacity(lines.len());
    for line in lines {
        let key = match period.group {
            Group::Week => period::week_of(&line.name),
            _ => line.name,
        };
        let name = match period.group {
            Group::Employee => name_of(desk, &key).await?,
            Group::Way => way(&key).to_owned(),
            Group::Service if key.is_empty() => "Other".to_owned(),
            Group::Service => key.clone(),
            Group::Day | Group::Week | Group::Month => period.name_of(&key),
        };
        // The days of a week follow each other, those of a few currencies in turns.
        let mut late = rows.iter_mut().rev().take(8);
        match late.find(|row| row.key == key && row.currency == line.currency) {
            Some(row) => row.figures = row.figures.plus(line.figures),
            None => rows.push(Row {
                key,
                name,
                currency: line.currency,
                figures: line.figures,
            }),
        }
    }
    Ok(rows)
}

async fn name_of(desk: &Desk, id: &str) -> Result<String, Trouble> {
    let Ok(id) = domain::id::EmployeeId::parse(id) else {
        return Ok(id.to_owned());
    };
    Ok(offer::employee_name(desk.app.store.read(), &id).await?)
}

fn way(name: &str) -> &str {
    match name {
        "online" => "In online booking",
        "link" => "By link",
        "fee" => "Cancellation fees",
        other => other,
    }
}

/// A figure that leads to what it is made of.
fn figure(desk: &Desk, period: &Period, what: &str, name: &str, minor: i64, hint: &str) -> Markup {
    let path = desk.path(&format!("reports/payments?{}&what={what}", period.query()));
    html! {
        section.card.figure {
            p.quiet { (name) }
            p.big { a.behind href=(path) { (signed(minor, desk.salon.salon.currency)) } }
            p.hint { (hint) }
        }
    }
}

async fn csv(desk: Desk, Query(wish): Query<Wish>) -> Answer {
    let period = Period::read(&desk, &wish);
    fresh(&desk).await;
    let rows = read(&desk, &period).await?;
    let text = table::csv(&period, &rows).map_err(|error| {
        tracing::error!(%error, "a report can't be written as CSV");
        crate::api::error::ApiError::new(crate::api::error::Code::Failed, "The file could not be made.")
    })?;
    let name = format!(
        "attachment; filename=\"{}-{}-{}.csv\"",
        desk.slug(),
        period.from,
        period.to
    );
    let mut answer = text.into_response();
    let headers = answer.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/csv; charset=utf-8"),
    );
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(answer)
}

async fn payouts_of(desk: &Desk, period: &Period) -> Result<Markup, Trouble> {
    // Stripe names the day by its midnight in UTC, wherever the bank is.
    let zone = jiff::tz::TimeZone::UTC;
    let (from, to) = period.moments(&zone);
    let rows = payouts::arriving(desk.app.store.read(), desk.slug(), from.0 / 1000, to.0 / 1000).await?;
    Ok(html! {
        @if rows.is_empty() {
            p.quiet { "None in this time. Stripe pays out one or two business days after a payment, in the currency that you chose there." }
        }
        ul.rows {
            @for row in &rows {
                li {
                    span { (when::long_day(when::local(Moment(row.arrives * 1000), &zone).date())) }
                    span.sum { (table::amount(row.amount, &row.currency)) }
                    @if row.state != "paid" { span.tag.warn { (row.state) } }
                }
            }
        }
    })
}

/// So many differences are shown, each with whose it is.
const SHOWN: usize = 100;

/// The books are compared for so many days, unless all of them are asked for.
const DAYS: i64 = 100;

#[derive(Debug, Default, Deserialize)]
struct Since {
    #[serde(default)]
    all: bool,
}

async fn reconcile(desk: Desk, Query(since): Query<Since>) -> Response {
    let compared = if since.all {
        books::compare_all(&desk.app.store, desk.slug()).await
    } else {
        let from = desk.app.now().plus_minutes(-DAYS * 24 * 60);
        books::compare(&desk.app.store, desk.slug(), from).await
    };
    let compared = match compared {
        Ok(compared) => compared,
        Err(error) => return Trouble::from(error).into_response(),
    };
    let good = compared.differences.is_empty();
    let mut rows = Vec::new();
    for difference in compared.differences.iter().take(SHOWN) {
        match differences::read(&desk, difference).await {
            Ok(row) => rows.push(row),
            Err(trouble) => return trouble.into_response(),
        }
    }
    let body = html! {
        @if good {
            p.notice { "To the cent: each payment, refund and dispute in these books is in Stripe's list with the same sum, and the other way round." }
        } @else {
            p.warning { (compared.differences.len()) " differ. What was paid within the last hour is not in Stripe's list yet." }
        }
        p.quiet {
            @if since.all { "Compared from the first payment on. " }
            @else { "Compared for the last " (DAYS) " days. " }
            "Stripe's list is read every ten minutes."
        }
        dl.facts.narrow {
            @for (currency, net) in &compared.net {
                @let fees = compared.fees.get(currency).copied().unwrap_or_default();
                dt { "Left after Stripe's fees" } dd.sum { (signed(*net, *currency)) }
                dt { "Stripe's fees" } dd.sum { (signed(fees, *currency)) }
            }
        }
        @if compared.elsewhere > 0 {
            p.quiet { (compared.elsewhere) " other movements on this account are of other sales, or tests of the connection." }
        }
        @if !since.all {
            p { a.button.second href=(desk.path("reports/stripe?all=true")) { "Compare from the first payment on" } }
        }
        ul.rows {
            @for row in &rows {
                li {
                    @match &row.whose {
                        Some((booking, client)) => { a href=(desk.path(&format!("visits/{booking}"))) { (client) } }
                        None => { span { (row.source) } }
                    }
                    span { (row.what) }
                }
            }
        }
        @if compared.differences.len() > rows.len() { p.hint { "The first " (rows.len()) " are shown." } }
    };
    page(&desk, Room::Reports, "Do the books agree?", &body)
}
