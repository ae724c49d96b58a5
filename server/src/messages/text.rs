//! What a message says: one or two sentences, and an address where there is something to do.

use domain::money::Money;

use crate::{
    mail::{About, sum, when},
    store::job::Letter,
};

/// Whether a client who also gets the letter is told by message too: what changes their plans, or waits for them.
#[must_use]
pub fn is_worth_a_message(letter: Letter) -> bool {
    !matches!(
        letter,
        Letter::Paid | Letter::Missed | Letter::FeeCharged | Letter::FeeWaived
    )
}

/// The text, in the client's language.
#[must_use]
pub fn compose(about: &About, letter: Letter) -> String {
    let german = about.record.client.language.starts_with("de");
    let (salon, view, after) = (&about.salon.salon, &about.view, &about.after);
    let when = when(view.start, &salon.time_zone, german);
    let when = when.split(" (").next().unwrap_or_default();
    let fee = after
        .fee
        .as_ref()
        .map_or(Money::zero(salon.currency), |fee| fee.rest);
    let (fee, manage) = (sum(fee, german), &after.manage);
    let text = match (letter, german) {
        (Letter::Booked, false) => format!("booked for {when} with {}. {manage}", view.employee),
        (Letter::Booked, true) => format!("gebucht für {when} bei {}. {manage}", view.employee),
        (Letter::Paid, false) => format!("thank you, your visit of {when} is paid."),
        (Letter::Paid, true) => format!("danke, Ihr Termin am {when} ist bezahlt."),
        (Letter::Refunded, false) if view.state.stands() => {
            "a payment came a second time, or was not the sum that is to be paid. All of it goes back to your card.".to_owned()
        }
        (Letter::Refunded, true) if view.state.stands() => {
            "Eine Zahlung kam ein zweites Mal, oder es war nicht der Betrag, der zu zahlen ist. Der ganze Betrag geht auf \
             Ihre Karte zurück."
                .to_owned()
        }
        (Letter::Refunded, false) => {
            "your payment came after the time was taken. All of it goes back to your card.".to_owned()
        }
        (Letter::Refunded, true) => {
            "Ihre Zahlung kam, als die Zeit schon vergeben war. Der ganze Betrag geht auf Ihre Karte zurück."
                .to_owned()
        }
        (Letter::Link, false) => format!("your visit of {when}. {}", to_pay(about, german)),
        (Letter::Link, true) => format!("Ihr Termin am {when}. {}", to_pay(about, german)),
        (Letter::Reminder, false) => {
            format!("your visit of {when} is not paid yet. {}", to_pay(about, german))
        }
        (Letter::Reminder, true) => {
            format!(
                "Ihr Termin am {when} ist noch nicht bezahlt. {}",
                to_pay(about, german)
            )
        }
        (Letter::CalledOff, false) => format!("your visit of {when} was not paid in time and is called off."),
        (Letter::CalledOff, true) => {
            format!("Ihr Termin am {when} wurde nicht rechtzeitig bezahlt und ist abgesagt.")
        }
        (Letter::Moved, false) => format!("your booking is now {when}. {manage}"),
        (Letter::Moved, true) => format!("Ihr Termin ist jetzt {when}. {manage}"),
        (Letter::Cancelled, false) => format!("your booking of {when} is cancelled."),
        (Letter::Cancelled, true) => format!("Ihr Termin am {when} ist abgesagt."),
        (Letter::Missed, false) => format!("we missed you on {when}."),
        (Letter::Missed, true) => format!("wir haben Sie am {when} vermisst."),
        (Letter::FeeCharged, false) => format!("{fee} was paid by card for the visit of {when}."),
        (Letter::FeeCharged, true) => format!("{fee} wurde für den Termin am {when} mit Karte bezahlt."),
        (Letter::FeeToPay, false) => format!("{fee} is to be paid for the visit of {when}: {manage}"),
        (Letter::FeeToPay, true) => format!("für den Termin am {when} sind {fee} zu zahlen: {manage}"),
        (Letter::FeeWaived, false) => format!("no fee is asked for the visit of {when}."),
        (Letter::FeeWaived, true) => format!("für den Termin am {when} wird keine Gebühr verlangt."),
    };
    format!("{}: {text}", salon.name)
}

/// What is to be paid by when, and the link.
fn to_pay(about: &About, german: bool) -> String {
    let Some(link) = &about.after.link else {
        return String::new();
    };
    let zone = &about.salon.salon.time_zone;
    let sentence = link
        .asked
        .sentence(zone, german)
        .replace(&format!(" ({zone})"), "");
    format!("{sentence} {}", link.address)
}
