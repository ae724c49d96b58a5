//! The table of a report: on the page, and as a file.

use domain::{currency::Currency, report::Figures};
use jiff::{ToSpan as _, civil::Date};
use maud::{Markup, html};

use super::period::{Group, Period};
use crate::office::{
    desk::Desk,
    said::{harmless, signed},
};

/// A line of the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// What the books call it; of a week, its Monday.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// The currency of its figures.
    pub currency: Currency,
    /// The figures.
    pub figures: Figures,
}

const HEADS: [&str; 7] = [
    "Payments",
    "Paid",
    "Fees",
    "Given back",
    "Kept fees",
    "Disputes",
    "Left",
];

/// What the address of the payments calls each of [`sums`]; the last one is of them all.
const WHATS: [&str; 6] = ["paid", "fees", "back", "kept", "disputes", ""];

/// The table. Each figure leads to the payments behind it.
pub fn draw(desk: &Desk, period: &Period, rows: &[Row]) -> Markup {
    html! {
        div.scroll {
            table data-sort {
                thead { tr {
                    th scope="col" { (period.group.name()) }
                    @for head in HEADS { th.sum scope="col" { (head) } }
                } }
                tbody {
                    @for row in rows {
                        tr {
                            @let path = desk.path(&behind(period, row));
                            th scope="row" data-value=(if period.group.is_time() { &row.key } else { &row.name }) { a href=(path) { (row.name) } }
                            td.sum { (row.figures.payments) }
                            @for (what, minor) in WHATS.iter().zip(sums(&row.figures)) {
                                td.sum data-value=(minor) {
                                    @if minor == 0 { (signed(minor, row.currency)) }
                                    @else { a.behind href={ (path) "&what=" (what) } { (signed(minor, row.currency)) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The same as a file (RFC 4180), sums as plain numbers.
pub fn csv(period: &Period, rows: &[Row]) -> Result<Vec<u8>, csv::Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    let heads = [period.group.name(), "Currency"].into_iter().chain(HEADS);
    out.write_record(heads)?;
    for row in rows {
        let mut record = vec![
            // A day as a spreadsheet reads it.
            harmless(if period.group.is_time() {
                &row.key
            } else {
                &row.name
            }),
            row.currency.code().to_owned(),
            row.figures.payments.to_string(),
        ];
        record.extend(sums(&row.figures).map(|minor| number(minor, row.currency)));
        out.write_record(record)?;
    }
    out.flush()?;
    out.into_inner().map_err(|error| error.into_error().into())
}

/// A sum of a currency that may be one we do not charge in: a payout's.
pub fn amount(minor: i64, currency: &str) -> String {
    match Currency::parse(currency) {
        Ok(currency) => signed(minor, currency),
        Err(_) => format!("{currency} {minor} (smallest units)"),
    }
}

fn sums(figures: &Figures) -> [i64; 6] {
    [
        figures.gross,
        -figures.fees,
        -figures.refunds,
        figures.kept,
        -figures.disputes,
        figures.net(),
    ]
}

/// The payments behind a line: within the period, where its month or week began before.
fn behind(period: &Period, row: &Row) -> String {
    let escape = |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    let key = escape(&row.key);
    let within = match period.group {
        Group::Day => row.key.parse().ok().map(|day| (day, day)),
        Group::Week => {
            let monday = row.key.parse::<Date>().ok();
            monday.map(|monday| (monday, monday.saturating_add(6.days())))
        }
        Group::Month => {
            let first = format!("{}-01", row.key).parse::<Date>().ok();
            first.map(|first| (first, first.last_of_month()))
        }
        Group::Service | Group::Employee | Group::Way => None,
    };
    let query = match within {
        Some((from, to)) => Period {
            from: from.max(period.from),
            to: to.min(period.to),
            group: period.group,
        }
        .query(),
        None => period.query(),
    };
    match period.group {
        Group::Day | Group::Week | Group::Month => format!("reports/payments?{query}"),
        // An empty name in the address would mean any.
        Group::Service if row.key.is_empty() => format!("reports/payments?{query}"),
        Group::Service => format!("reports/payments?{query}&service={key}"),
        Group::Employee => format!("reports/payments?{query}&employee={key}"),
        Group::Way => format!("reports/payments?{query}&way={key}"),
    }
}

/// `-45.00`, `800`.
fn number(minor: i64, currency: Currency) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let minor = minor.unsigned_abs();
    match currency.exponent() {
        0 => format!("{sign}{minor}"),
        _ => format!("{sign}{}.{:02}", minor / 100, minor % 100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_is_a_number() {
        let yen = Currency::parse("JPY").unwrap();
        assert_eq!(number(-4505, Currency::EUR), "-45.05");
        assert_eq!(number(800, yen), "800");
        assert_eq!(number(-5, Currency::EUR), "-0.05");
    }
}
