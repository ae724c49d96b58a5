//! Bars of what clients paid: a glance, beside the table that says it exactly.

use domain::currency::Currency;
use maud::{Markup, html};

use super::{period::Period, table::Row};
use crate::office::said::signed;

/// How high the highest bar is, in the picture's own units.
const HIGH: i64 = 100;
/// How wide a bar and the room beside it are.
const STEP: usize = 10;

/// A bar for each row in the salon's currency.
pub fn bars(rows: &[Row], currency: Currency, period: &Period) -> Markup {
    let rows: Vec<&Row> = rows.iter().filter(|row| row.currency == currency).collect();
    let most = rows.iter().map(|row| row.figures.gross).max().unwrap_or_default();
    if rows.len() < 2 || most <= 0 {
        return html! {};
    }
    let wide = rows.len() * STEP;
    let label = format!(
        "What clients paid, by {}: the table below says the same.",
        period.group.name().to_lowercase()
    );
    let row_at = |nth: usize| rows.get(nth).map_or("", |row| row.name.as_str());
    html! {
        figure.chart {
            svg role="img" aria-label=(label) viewBox={ "0 0 " (wide) " 100" } preserveAspectRatio="none" {
                @for (nth, row) in rows.iter().enumerate() {
                    @let high = row.figures.gross.max(0).saturating_mul(HIGH) / most;
                    rect x=(nth * STEP + 1) y=(HIGH - high) width=(STEP - 2) height=(high) {
                        title { (row.name) ": " (signed(row.figures.gross, currency)) }
                    }
                }
            }
            figcaption.hint {
                span { (row_at(0)) }
                span { "most: " (signed(most, currency)) }
                span { (row_at(rows.len() - 1)) }
            }
        }
    }
}
