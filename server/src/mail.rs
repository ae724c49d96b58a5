//! Mail: what is written to clients, in their language, and to the salon.

mod fees;
mod html;
pub mod link;
pub mod post;
pub mod refund;
pub mod to_salon;

use domain::{
    cancellation::Explained, id::BookingId, money::Money, payment::Purpose, terms::Offer, time::Moment,
};
use jiff::{Timestamp, tz::TimeZone};

use self::{
    link::OpenLink,
    post::{Written, post},
};
use crate::{
    api::{
        booking::{Booking, Payment},
        error::ApiError,
    },
    app::App,
    handlers::{bill, view::view_for},
    messages,
    payments::manage,
    store::{
        attempt,
        booking::{self, BookingRecord},
        fee::{self, FeeRecord},
        job::Letter,
        salon::{self, SalonRecord},
    },
};

/// Writes a letter about a booking, and orders a short message where the salon has a gateway. `id` is the job's: told twice, the
/// same file is written twice.
///
/// # Errors
/// [`ApiError`] when it can't be written; the job is tried again.
pub async fn send(app: &App, id: &str, booking: &BookingId, letter: Letter) -> Result<(), ApiError> {
    let Some(about) = About::read(app, booking, letter).await? else {
        return Ok(());
    };
    messages::order(app, id, &about, letter).await?;
    let client = &about.record.client;
    if client.email.is_empty() {
        return Ok(());
    }
    let (subject, body) = compose(&about.salon, &about.view, letter, &client.language, &about.after);
    tracing::info!(%booking, ?letter, "a letter");
    let written = Written {
        id,
        reference: &about.record.reference,
        booking: Some(&about.record.id),
        letter: &letter.name()?,
        to: &client.email,
        name: &client.name,
        subject,
        body,
    };
    post(app, &about.salon, written).await
}

/// All that a letter or a message is about.
#[derive(Debug)]
pub struct About {
    /// The booking.
    pub record: BookingRecord,
    /// Its salon.
    pub salon: SalonRecord,
    /// The booking as its client sees it.
    pub view: Booking,
    /// What else is to be said.
    pub after: Aftermath,
}

impl About {
    /// Reads it; `None` when there is nothing to tell any more.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn read(app: &App, booking: &BookingId, letter: Letter) -> Result<Option<About>, ApiError> {
        let Some(record) = booking::find(app.store.read(), booking).await? else {
            return Ok(None);
        };
        let Some(salon) = salon::find(app.store.read(), &record.salon).await? else {
            return Ok(None);
        };
        if record.client.email.is_empty() && salon.messages.is_none() {
            return Ok(None);
        }
        let bill = match letter {
            Letter::Link | Letter::Reminder | Letter::Paid => bill::of_link(app, &record).await?,
            _ => bill::of_page(app, &record).await?,
        };
        let view = view_for(app, &record, &bill).await?;
        let link = match letter {
            Letter::Link | Letter::Reminder => {
                // Taken back, or paid, since the letter was ordered.
                let Some(link) = OpenLink::of(app, &record, &view).await? else {
                    return Ok(None);
                };
                Some(link)
            }
            _ => None,
        };
        let after = Aftermath {
            link,
            fee: fee::latest(app.store.read(), booking).await?,
            given_back: given_back(app, booking, letter).await?,
            manage: manage::address(app, booking).await?,
        };
        Ok(Some(About {
            record,
            salon,
            view,
            after,
        }))
    }
}

/// What a letter says besides the booking.
#[derive(Debug)]
pub struct Aftermath {
    /// The link to pay a visit by.
    pub link: Option<OpenLink>,
    /// The booking's fee.
    pub fee: Option<FeeRecord>,
    /// How much of its payment went back or is about to, in minor units.
    pub given_back: i64,
    /// Where the client looks after it.
    pub manage: String,
}

async fn given_back(app: &App, booking: &BookingId, letter: Letter) -> Result<i64, ApiError> {
    let mut attempts = attempt::of_visit(app.store.read(), booking).await?;
    if letter == Letter::FeeWaived {
        // The card may have been charged for it before that was known.
        attempts.extend(attempt::of_purpose(app.store.read(), booking, Purpose::Fee).await?);
    }
    Ok(attempts
        .iter()
        .map(|attempt| attempt.refunded + attempt.reserved)
        .sum())
}

/// Subject and text of a letter.
#[must_use]
pub fn compose(
    salon: &SalonRecord,
    booking: &Booking,
    letter: Letter,
    language: &str,
    after: &Aftermath,
) -> (String, String) {
    let german = language.starts_with("de");
    let pick = |english: &str, german_text: &str| {
        if german {
            german_text.to_owned()
        } else {
            english.to_owned()
        }
    };
    let name = &salon.salon.name;
    let when = when(booking.start, &salon.salon.time_zone, german);
    let subject = match letter {
        Letter::Booked => pick("Your booking at", "Ihre Buchung bei"),
        Letter::Paid => pick("Your payment at", "Ihre Zahlung bei"),
        Letter::Refunded => pick("Your money goes back:", "Ihr Geld geht zurück:"),
        Letter::Link => pick("To pay for your visit at", "Zum Bezahlen Ihres Besuchs bei"),
        Letter::CalledOff => pick("Your visit is called off:", "Ihr Termin ist abgesagt:"),
        Letter::Reminder => pick(
            "A reminder to pay for your visit at",
            "Erinnerung: Ihr Besuch bei",
        ),
        other => fees::subject(other, german).to_owned(),
    };
    let mut text = vec![
        pick(
            &format!("Hello {},", booking.client),
            &format!("Guten Tag {},", booking.client),
        ),
        String::new(),
    ];
    text.push(match letter {
        Letter::Link => pick(
            &format!("here you can pay for your visit at {name}, with {}:", booking.employee),
            &format!("hier können Sie Ihren Besuch bei {name} mit {} bezahlen:", booking.employee),
        ),
        Letter::CalledOff => pick(
            &format!("your visit at {name} was to be paid in advance. It was not, so it is called off. Book another time whenever you like."),
            &format!("Ihr Besuch bei {name} war im Voraus zu bezahlen. Das geschah nicht, darum ist er abgesagt. Buchen Sie gern einen anderen Termin."),
        ),
        Letter::Reminder => pick(
            &format!("your visit at {name} is not paid yet. Here you can do so:"),
            &format!("Ihr Besuch bei {name} ist noch nicht bezahlt. Hier können Sie es tun:"),
        ),
        Letter::Booked => pick(
            &format!("you are booked at {name}, with {}:", booking.employee),
            &format!("Ihr Termin bei {name} mit {} ist gebucht:", booking.employee),
        ),
        Letter::Paid => pick(&format!("thank you. Your visit at {name} is paid:"), &format!("danke. Ihr Besuch bei {name} ist bezahlt:")),
        Letter::Refunded if booking.state.stands() => pick(
            &format!(
                "a payment for your visit at {name} came a second time, or when nothing was to be paid any more, or was not the \
                 sum that is to be paid. All of it goes back to your card, which takes 5 to 10 days. Nothing else changes."
            ),
            &format!(
                "Eine Zahlung für Ihren Termin bei {name} kam ein zweites Mal, oder als nichts mehr zu zahlen war, oder es war \
                 nicht der Betrag, der zu zahlen ist. Der ganze Betrag geht auf Ihre Karte zurück, das dauert 5 bis 10 Tage. Sonst ändert sich nichts."
            ),
        ),
        Letter::Refunded => pick(
            &format!(
                "your payment for a visit at {name} came after the time was given to somebody else. All of it goes back \
                 to your card, which takes 5 to 10 days. We are sorry. You can book another time whenever you like."
            ),
            &format!(
                "Ihre Zahlung für einen Termin bei {name} kam, als die Zeit schon vergeben war. Der ganze Betrag geht auf \
                 Ihre Karte zurück, das dauert 5 bis 10 Tage. Es tut uns leid. Sie können jederzeit einen anderen Termin buchen."
            ),
        ),
        other => fees::opening(other, name, after.fee.as_ref(), german),
    });
    text.push(String::new());
    text.push(format!("  {when}"));
    if letter == Letter::Moved {
        // The salon may have moved it to somebody else.
        text.push(format!("  {} {}", pick("with", "mit"), booking.employee));
    }
    for line in &booking.lines {
        text.push(format!("  {}  {}", line.name, sum(line.price, german)));
    }
    text.push(String::new());
    if let Some(link) = &after.link {
        let sentence = link.asked.sentence(&salon.salon.time_zone, german);
        text.extend([sentence, String::new(), link.address.clone(), String::new()]);
    }
    match letter {
        letter if !letter.is_about_a_fee() => text.extend(money_lines(booking, german)),
        _ => text.extend(fees::money_lines(
            booking,
            after.fee.as_ref(),
            after.given_back,
            german,
        )),
    }
    if matches!(letter, Letter::Booked | Letter::Moved) {
        text.push(cancelling(salon, booking, german));
    }
    if !matches!(
        letter,
        Letter::Refunded | Letter::Link | Letter::Reminder | Letter::CalledOff
    ) {
        text.push(String::new());
        text.push(match letter {
            Letter::FeeToPay => pick("Pay here:", "Hier zahlen:"),
            Letter::Booked | Letter::Moved => {
                pick("Move or cancel it here:", "Hier verschieben oder absagen:")
            }
            _ => pick("Your booking:", "Ihre Buchung:"),
        });
        text.push(after.manage.clone());
    }
    text.push(String::new());
    text.push(pick(
        &format!("Booking {}", booking.reference),
        &format!("Buchung {}", booking.reference),
    ));
    text.push(format!("{name}, {}, {}", salon.salon.address, salon.salon.phone));
    (
        format!("{subject} {name} ({})", booking.reference),
        text.join("\n"),
    )
}

fn money_lines(booking: &Booking, german: bool) -> Vec<String> {
    let price = booking.quote.price;
    match booking.payment {
        Payment::Paid { sum: paid } => {
            let rest = price.less(paid).unwrap_or(Money::zero(price.currency()));
            let paid = sum(paid, german);
            let mut lines = vec![if german {
                format!("Online bezahlt: {paid}")
            } else {
                format!("Paid online: {paid}")
            }];
            if !rest.is_zero() {
                let rest = sum(rest, german);
                lines.push(if german {
                    format!("Im Salon zu zahlen: {rest}")
                } else {
                    format!("To pay at the salon: {rest}")
                });
            }
            lines
        }
        _ if matches!(booking.quote.offer, Offer::Must(_)) || price.is_zero() => vec![],
        _ => {
            let price = sum(price, german);
            vec![if german {
                format!("Im Salon zu zahlen: {price}")
            } else {
                format!("To pay at the salon: {price}")
            }]
        }
    }
}

fn cancelling(salon: &SalonRecord, booking: &Booking, german: bool) -> String {
    words(
        salon,
        &booking.cancellation,
        booking.now,
        booking.quote.services(),
        german,
    )
}

fn words(salon: &SalonRecord, explained: &Explained, now: Moment, price: Money, german: bool) -> String {
    match explained.free_until {
        None if german => "Absagen ist jederzeit kostenlos.".to_owned(),
        None => "Cancelling is free at any time.".to_owned(),
        Some(until) if until <= now => {
            let fee = sum(explained.fee_at(now, price), german);
            if german {
                format!("Absagen kostet {fee}.")
            } else {
                format!("Cancelling costs {fee}.")
            }
        }
        Some(until) => {
            let until = when(until, &salon.salon.time_zone, german);
            if german {
                format!("Kostenlos absagen bis: {until}")
            } else {
                format!("Free to cancel until: {until}")
            }
        }
    }
}

/// `Tue 24 Nov 2026, 15:00 (Europe/Vienna)`.
#[must_use]
pub fn when(at: Moment, zone: &str, german: bool) -> String {
    let (Ok(tz), Ok(at)) = (TimeZone::get(zone), Timestamp::from_millisecond(at.0)) else {
        return String::new();
    };
    let format = if german {
        "%d.%m.%Y, %H:%M"
    } else {
        "%a %-d %b %Y, %H:%M"
    };
    format!("{} ({zone})", at.to_zoned(tz).strftime(format))
}

/// `EUR 45.00`, in German `45,00 EUR`.
#[must_use]
pub fn sum(money: Money, german: bool) -> String {
    let text = money.to_string();
    match text.split_once(' ') {
        Some((code, number)) if german => format!("{} {code}", number.replace('.', ",")),
        _ => text,
    }
}
