//! The calendar file, made in the page: no call, no link that could leak.

use server::api::booking::Booking;

use crate::{
    dom::{El, words},
    intl::calendar_stamp,
    state::App,
    texts::t,
};

/// A link that saves the visit as a calendar file.
pub fn link(app: App, booking: &Booking) -> Option<El> {
    let salon = app.page.salon.as_ref()?;
    let services: Vec<&str> = booking.lines.iter().map(|line| line.name.as_str()).collect();
    let title = [&services.join(", "), " · ", &salon.name].concat();
    let file = file(&[
        ("UID", [booking.id.as_str(), "@", salon.slug.as_str()].concat()),
        ("DTSTAMP", calendar_stamp(booking.now)),
        ("DTSTART", calendar_stamp(booking.start)),
        ("DTEND", calendar_stamp(booking.end)),
        ("SUMMARY", escape(&title)),
        ("LOCATION", escape(&[&salon.name, ", ", &salon.address].concat())),
        (
            "DESCRIPTION",
            escape(&[&t("done.reference"), ": ", &booking.reference, ", ", &salon.phone].concat()),
        ),
    ]);
    let encoded = String::from(js_sys::encode_uri_component(&file));
    Some(
        words("a", "button second", "done.calendar")
            .id("calendar")
            .attr("href", &["data:text/calendar;charset=utf-8,", &encoded].concat())
            .attr("download", &[salon.slug.as_str(), ".ics"].concat()),
    )
}

/// One event, in the lines of RFC 5545.
#[must_use]
pub fn file(properties: &[(&str, String)]) -> String {
    let mut file =
        String::from("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//booking-checkout//EN\r\nBEGIN:VEVENT\r\n");
    for (name, value) in properties {
        let mut line = [name, ":", value].concat();
        // Long lines are folded at 75 octets.
        while line.len() > 75 {
            let mut end = 74;
            while !line.is_char_boundary(end) {
                end -= 1;
            }
            let rest = line.split_off(end);
            file.push_str(&line);
            file.push_str("\r\n");
            line = [" ", &rest].concat();
        }
        file.push_str(&line);
        file.push_str("\r\n");
    }
    file.push_str("END:VEVENT\r\nEND:VCALENDAR\r\n");
    file
}

/// Text in a calendar file: commas, semicolons, backslashes and line ends are escaped.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            ',' | ';' | '\\' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            '\n' => escaped.push_str("\\n"),
            '\r' => {}
            other => escaped.push(other),
        }
    }
    escaped
}
