//! The words of letters about cancelling and fees.

use super::sum;
use crate::{
    api::booking::{Booking, Payment},
    store::{
        fee::{Cause, FeeRecord},
        job::Letter,
    },
};
use domain::fee::FeeState;

/// The subject, before the salon's name.
pub fn subject(letter: Letter, german: bool) -> &'static str {
    let (english, german_text) = match letter {
        Letter::Moved => ("Your booking is moved:", "Ihr Termin ist verschoben:"),
        Letter::Cancelled => ("Your booking is cancelled:", "Ihr Termin ist abgesagt:"),
        Letter::Missed => ("You were missed at", "Wir haben Sie vermisst:"),
        Letter::FeeCharged => ("Your payment at", "Ihre Zahlung bei"),
        Letter::FeeToPay => ("A fee to pay at", "Eine offene Gebühr bei"),
        _ => ("No fee at", "Keine Gebühr bei"),
    };
    if german { german_text } else { english }
}

/// The first sentences.
pub fn opening(letter: Letter, salon: &str, fee: Option<&FeeRecord>, german: bool) -> String {
    let rest = fee.map(|fee| sum(fee.rest, german)).unwrap_or_default();
    let what = match (fee.map(|fee| fee.cause), german) {
        (Some(Cause::Missed), false) => "for not coming",
        (Some(Cause::Missed), true) => "für das Nichterscheinen",
        (_, false) => "for cancelling late",
        (_, true) => "für die späte Absage",
    };
    match (letter, german) {
        (Letter::Moved, false) => format!("your booking at {salon} is moved. It is now:"),
        (Letter::Moved, true) => format!("Ihr Termin bei {salon} ist verschoben. Er ist jetzt:"),
        (Letter::Cancelled, false) => format!("your booking at {salon} is cancelled:"),
        (Letter::Cancelled, true) => format!("Ihr Termin bei {salon} ist abgesagt:"),
        (Letter::Missed, false) => format!("you had a booking at {salon} and did not come:"),
        (Letter::Missed, true) => format!("Sie hatten einen Termin bei {salon} und sind nicht gekommen:"),
        (Letter::FeeCharged, false) => format!("{rest} {what} at {salon} was paid by card. This was it:"),
        (Letter::FeeCharged, true) => {
            format!("{rest} {what} bei {salon} wurde mit Karte bezahlt. Das war er:")
        }
        (Letter::FeeToPay, false) => format!(
            "{salon} asks for {rest} {what}. The card could not be charged without you: your bank wants you to confirm it, or no \
             card was saved. Please open the address below and pay there. It was about:"
        ),
        (Letter::FeeToPay, true) => format!(
            "{salon} bittet um {rest} {what}. Die Karte konnte nicht ohne Sie belastet werden: Ihre Bank verlangt eine \
             Bestätigung, oder es war keine Karte gespeichert. Bitte öffnen Sie die Adresse unten und zahlen Sie dort. Es ging um:"
        ),
        (_, _) if fee.is_some_and(|fee| fee.kept.is_zero()) => {
            let words = if german {
                "verzichtet auf die Gebühr"
            } else {
                "does without the fee"
            };
            format!("{salon} {words} {what}:")
        }
        (_, false) => {
            format!("{salon} does without the fee {what}. What was kept for it goes back to your card:")
        }
        (_, true) => {
            format!(
                "{salon} verzichtet auf die Gebühr {what}. Was dafür einbehalten war, geht auf Ihre Karte zurück:"
            )
        }
    }
}

/// What became of the money, a line each.
pub fn money_lines(booking: &Booking, fee: Option<&FeeRecord>, given_back: i64, german: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let say = |lines: &mut Vec<String>, english: &str, german_text: &str, money| {
        let label = if german { german_text } else { english };
        lines.push(format!("{label}: {}", sum(money, german)));
    };
    if let Some(fee) = fee {
        say(&mut lines, "Fee", "Gebühr", fee.costs());
        if !fee.kept.is_zero() {
            let asked = fee.state == FeeState::Asked;
            let (english, german_text) = if asked {
                (
                    "Of your payment held until the salon has decided",
                    "Von Ihrer Zahlung einbehalten, bis der Salon entschieden hat",
                )
            } else {
                ("Taken from your payment", "Von Ihrer Zahlung einbehalten")
            };
            say(&mut lines, english, german_text, fee.kept);
        }
        if !fee.rest.is_zero() {
            match fee.state {
                FeeState::Charging => say(
                    &mut lines,
                    "Charged to your card",
                    "Von Ihrer Karte abgebucht",
                    fee.rest,
                ),
                FeeState::Charged => say(&mut lines, "Paid by card", "Mit Karte bezahlt", fee.rest),
                _ => {}
            }
        }
    }
    let paid = match booking.payment {
        Payment::Paid { sum } | Payment::GivenBack { sum } => Some(sum),
        _ => None,
    };
    if let Some(paid) = paid
        && let Ok(back) = domain::money::Money::new(given_back, paid.currency())
        && !back.is_zero()
    {
        say(
            &mut lines,
            "Goes back to your card, which takes 5 to 10 days",
            "Geht auf Ihre Karte zurück, das dauert 5 bis 10 Tage",
            back,
        );
    }
    lines
}
