//! The booking as a calendar file (RFC 5545).

use axum::{
    extract::{Path, State},
    http::header,
    response::IntoResponse as _,
};
use domain::{payment::BookingState, time::Moment};
use jiff::Timestamp;

use super::{Answer, Care, Trouble};
use crate::{app::App, store::booking};

pub async fn file(State(app): State<App>, Path(token): Path<String>) -> Answer {
    let care = Care::of(app, &token).await?;
    if care.booking.state != BookingState::Booked {
        return Err(Trouble::nowhere());
    }
    let currency = care.booking.quote.price.currency();
    let lines = booking::lines(care.app.store.read(), &care.booking.id, currency).await?;
    let names: Vec<&str> = lines.iter().map(|line| line.name.as_str()).collect();
    let public = &care.salon.salon;
    let text = [
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//booking-checkout//EN".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}@booking-checkout", care.booking.id),
        format!("SEQUENCE:{}", care.booking.version),
        format!("DTSTAMP:{}", utc(care.app.now())),
        format!("DTSTART:{}", utc(care.booking.start)),
        format!("DTEND:{}", utc(care.booking.end)),
        format!(
            "SUMMARY:{}",
            escape(&format!("{}: {}", public.name, names.join(", ")))
        ),
        format!("LOCATION:{}", escape(&public.address)),
        "END:VEVENT".to_owned(),
        "END:VCALENDAR".to_owned(),
    ]
    .map(|line| fold(&line) + "\r\n")
    .concat();
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"visit.ics\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, text).into_response())
}

fn utc(at: Moment) -> String {
    let at = Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// RFC 5545, 3.3.11.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => {}
            c => out.push(c),
        }
    }
    out
}

/// No line is longer than 75 bytes (RFC 5545, 3.1).
fn fold(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut length = 0;
    for c in line.chars() {
        if length + c.len_utf8() > 74 {
            out.push_str("\r\n ");
            length = 1;
        }
        out.push(c);
        length += c.len_utf8();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_folded_and_says_the_same() {
        let line = format!("SUMMARY:{}", "Schöne Bärte ".repeat(12));
        let folded = fold(&line);
        assert!(folded.split("\r\n").all(|part| part.len() <= 75));
        assert_eq!(folded.replace("\r\n ", ""), line);
        assert_eq!(escape("a,b;c\\\nd"), "a\\,b\\;c\\\\\\nd");
    }
}
