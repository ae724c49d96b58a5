//! What is booked, what was paid, and what can be done about it.

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use domain::{fee::FeeState, payment::BookingState};
use maud::{Markup, html};

use super::{Answer, Care, cancel, moving};
use crate::{
    api::error::ApiError,
    app::App,
    store::{booking, fee::Cause, offer},
};

pub async fn show(State(app): State<App>, Path(token): Path<String>) -> Answer {
    let care = Care::of(app, &token).await?;
    let title = title(&care);
    let body = html! {
        (facts(&care).await?)
        (fee(&care))
        @if care.booking.state == BookingState::Booked && !care.missed { (terms(&care).await?) (actions(&care)) }
    };
    Ok(care.page(StatusCode::OK, title, &body))
}

fn title(care: &Care) -> &'static str {
    let (english, german) = match care.booking.state {
        BookingState::Booked if care.missed => ("Your missed booking", "Ihr versäumter Termin"),
        BookingState::Booked => ("Your booking", "Ihr Termin"),
        BookingState::Held => ("Not finished yet", "Noch nicht abgeschlossen"),
        BookingState::Expired => ("Never finished", "Nie abgeschlossen"),
        BookingState::Cancelled => ("Cancelled", "Abgesagt"),
    };
    care.words.pick(english, german)
}

/// What is booked and paid.
pub async fn facts(care: &Care) -> Result<Markup, ApiError> {
    let (words, db, booking) = (&care.words, care.app.store.read(), &care.booking);
    let price = booking.quote.price;
    let lines = booking::lines(db, &booking.id, price.currency()).await?;
    let employee = offer::employee_name(db, &booking.employee).await?;
    let paid = care.paid();
    let back: i64 = care.attempts.iter().map(|one| one.refunded + one.reserved).sum();
    let back = domain::money::Money::new(back, price.currency())
        .unwrap_or(domain::money::Money::zero(price.currency()));
    let takes_place = booking.state == BookingState::Booked && !care.missed;
    Ok(html! {
        p {
            strong { (words.moment(booking.start)) } "–" (words.time(booking.end)) " "
            (words.pick("with", "bei")) " " (employee)
        }
        dl.facts {
            @for line in &lines {
                dt { (line.name) }
                dd.sum { @if line.from { (words.pick("from ", "ab ")) } (words.sum(line.price)) }
            }
            @if !paid.is_zero() { dt { (words.pick("Paid online", "Online bezahlt")) } dd.sum { (words.sum(paid)) } }
            @if !back.is_zero() { dt { (words.pick("Goes back to your card", "Geht auf Ihre Karte zurück")) } dd.sum { (words.sum(back)) } }
            @if let (true, Ok(rest)) = (takes_place, price.less(paid)) {
                @if !rest.is_zero() { dt { (words.pick("To pay at the salon", "Im Salon zu zahlen")) } dd.sum { (words.sum(rest)) } }
            }
        }
        p.quiet { (words.pick("Booking", "Buchung")) " " (booking.reference) }
    })
}

/// Where the fee stands, and the button to pay it.
fn fee(care: &Care) -> Markup {
    let Some(fee) = &care.fee else { return html! {} };
    let words = &care.words;
    let what = match fee.cause {
        Cause::Cancelled => words.pick("Fee for cancelling late", "Gebühr für die späte Absage"),
        Cause::Missed => words.pick("Fee for not coming", "Gebühr für das Nichterscheinen"),
    };
    let rest = words.sum(fee.rest);
    html! {
        section.card {
            h2 { (what) ": " (words.sum(fee.costs())) }
            @if !fee.kept.is_zero() && fee.state != FeeState::Waived {
                p { (words.pick("Taken from your payment:", "Von Ihrer Zahlung einbehalten:")) " " (words.sum(fee.kept)) }
            }
            @match fee.state {
                FeeState::Asked => { p { (words.pick("The salon decides whether it wants it.", "Der Salon entscheidet, ob er sie verlangt.")) } }
                FeeState::Waived => { p { (words.pick("The salon does without it.", "Der Salon verzichtet darauf.")) } }
                FeeState::Kept => {}
                FeeState::Charging => { p { (rest) " " (words.pick("is being charged to your card.", "wird von Ihrer Karte abgebucht.")) } }
                FeeState::Charged => { p { (rest) " " (words.pick("was paid by card.", "wurde mit Karte bezahlt.")) } }
                FeeState::NeedsClient | FeeState::Failed => {
                    p { (words.pick("Your card could not be charged without you.", "Ihre Karte konnte nicht ohne Sie belastet werden.")) }
                    form method="post" action=(care.path("pay")) {
                        button.button.wide { (words.pick("Pay", "Zahlen")) " " (rest) }
                    }
                }
            }
        }
    }
}

/// Until when cancelling is free, and what it costs after that.
async fn terms(care: &Care) -> Result<Markup, ApiError> {
    let (words, now) = (&care.words, care.app.now());
    let explained = care.booking.cancelling(&care.salon);
    // What is really taken of whoever cancels here: not every fee can be.
    let here = if cancel::may(care) {
        Some(cancel::look(care).await?.costs())
    } else {
        None
    };
    Ok(html! {
        h2 { (words.pick("Cancelling", "Absagen")) }
        @match explained.free_until {
            None => { p { (words.pick("Free at any time.", "Jederzeit kostenlos.")) } }
            Some(until) if until > now => { p { (words.pick("Free until", "Kostenlos bis")) " " (words.moment(until)) "." } }
            Some(_) => {}
        }
        @for step in explained.from(now) {
            @if step.from > now {
                p.quiet { (words.pick("From", "Ab")) " " (words.moment(step.from)) ": " (words.sum(step.fee)) }
            } @else {
                @match here {
                    Some(costs) if costs.is_zero() => { p { (words.pick("Now it costs nothing.", "Jetzt kostet es nichts.")) } }
                    _ => { p { (words.pick("Now it costs", "Jetzt kostet es")) " " (words.sum(here.unwrap_or(step.fee))) "." } }
                }
            }
        }
    })
}

fn actions(care: &Care) -> Markup {
    let words = &care.words;
    let (may_move, may_cancel) = (moving::may(care), cancel::may(care));
    html! {
        div.buttons {
            @if may_move { a.button href=(care.path("move")) { (words.pick("Move it", "Verschieben")) } }
            @if may_cancel { a.button.second href=(care.path("cancel")) { (words.pick("Cancel it", "Absagen")) } }
            a.button.second href=(care.path("visit.ics")) { (words.pick("Add to calendar", "In den Kalender")) }
        }
        @if !may_move || !may_cancel {
            p.quiet { (too_late(care, may_cancel)) }
        }
    }
}

/// What a client can still do who can't do it here.
fn too_late(care: &Care, may_cancel: bool) -> String {
    let (words, phone) = (&care.words, &care.salon.salon.phone);
    let what = if may_cancel {
        words.pick(
            "To move it, please call the salon",
            "Zum Verschieben rufen Sie bitte den Salon an",
        )
    } else {
        words.pick(
            "To change it, please call the salon",
            "Für Änderungen rufen Sie bitte den Salon an",
        )
    };
    if phone.is_empty() {
        format!("{what}.")
    } else {
        format!("{what}: {phone}")
    }
}
