//! The link by which a visit is paid: made, sent, copied, shown.

use axum::extract::Path;
use domain::{money::Money, payment::BookingState, terms::Offer, time::Moment};
use fast_qr::{ECL, QRBuilder, convert::svg::SvgBuilder};
use maud::{Markup, PreEscaped, html};

use super::{
    one::{Typed, find, not_yet},
    rest::{self, Stand},
};
use crate::{
    handlers::{
        tip,
        visit::{self, Wishes},
    },
    office::{
        desk::Desk,
        field::Kind,
        form::{Form, Wrong},
        said::{self, plain},
        trouble::{Answer, Trouble},
        unsent, when,
    },
    payments::mail,
    store::{
        attempt::{self, AttemptRecord},
        booking::{self, BookingRecord},
        job::Letter,
        link::{self, Shown},
        unsent as unsents,
    },
};

/// How long a link may be open, in days.
const LONGEST: i64 = 366;

/// The part of the visit's page about its link.
pub async fn section(
    desk: &Desk,
    visit: &BookingRecord,
    attempts: &[AttemptRecord],
    typed: &Typed,
) -> Result<Markup, Trouble> {
    if visit.state != BookingState::Booked || !desk.salon.takes_cards() {
        return Ok(html! {});
    }
    let db = desk.app.store.read();
    let shown = link::of_booking(db, &visit.id).await?;
    let sent = shown.as_ref().and_then(|shown| shown.sent);
    let refused = unsents::of_booking(db, &visit.id).await?;
    let refused = refused
        .iter()
        .any(|one| unsent::is_link(one) && sent.is_some_and(|sent| one.at >= sent));
    let path = |rest: &str| desk.path(&format!("visits/{}/link{rest}", visit.id));
    let price = visit.quote.services();
    let due = match visit.quote.offer {
        Offer::Must(due) | Offer::Choice(due) => visit
            .quote
            .tip
            .map_or(Ok(due.now), |tip| due.now.less(tip))
            .unwrap_or(price),
        Offer::AtSalon => price,
    };
    let stand = Stand::of(visit, attempts)?;
    let mine = !typed.form.get("due").is_empty() || typed.wrong.of("due").is_some();
    let fresh = Typed {
        form: Form::of(&[("due", plain(due)), ("remind", "24".to_owned())]),
        wrong: Wrong::default(),
    };
    let fields = typed.or(&fresh, mine);
    Ok(html! {
        @if let Some(shown) = &shown { (state(desk, visit, shown, stand.is_paid(shown), refused)) }
        @if !stand.is_settled() && !desk.salon.link_payment {
            p.warning { "Payment by link is switched off. " a href=(desk.path("methods")) { "Payment methods" } }
        }
        @if let (Stand::PartPaid(left), true) = (stand, desk.salon.link_payment) {
            (rest::form(desk, visit, left, shown.as_ref(), typed))
        }
        @if matches!(stand, Stand::Unpaid) && desk.salon.link_payment {
            details.narrow open[mine] {
                summary { @if shown.is_some() { "Another link" } @else { "Let the client pay by link" } }
                form method="post" action=(path("")) {
                    (fields.summary())
                    (fields.input("due", "Sum", Kind::Sum, &format!("Up to {price}.")))
                    div.pair {
                        (fields.input("expires", "Works for so many days", Kind::Number, "Empty: until it is paid."))
                        (fields.input("remind", "Reminder after so many hours", Kind::Number, "Empty: none."))
                    }
                    (fields.input("cancel", "Call the visit off if not paid after so many hours", Kind::Number, "Empty: never. Works even if the link was never opened."))
                    (fields.tick("tips", "Let the client add a tip", "On top of the sum; it comes with the payment."))
                    button.button.wide { @if shown.is_some() { "Make another link" } @else { "Make the link" } }
                    @if shown.is_some() { p.hint { "The earlier one does not work any more then." } }
                }
            }
        }
    })
}

fn state(desk: &Desk, visit: &BookingRecord, shown: &Shown, is_paid: bool, refused: bool) -> Markup {
    let zone = when::zone(&desk.salon.salon.time_zone);
    let over = shown.expires.is_some_and(|at| at <= desk.app.now());
    let address = shown
        .sealed
        .as_deref()
        .and_then(|sealed| visit::address(&desk.app, &visit.id, sealed));
    let path = |rest: &str| desk.path(&format!("visits/{}/link{rest}", visit.id));
    let row = |name: &str, at: Option<Moment>| {
        html! { @if let Some(at) = at { dt { (name) } dd { (when::full(at, &zone)) } } }
    };
    html! {
        section.card.narrow {
            h2 {
                "Link to pay "
                @if is_paid { span.tag.good { "Paid" } }
                @else if over { span.tag { "Its time is over" } }
                @else if shown.opened.is_some() { span.tag.warn { "Opened" } }
                @else { span.tag.warn { "Not opened yet" } }
            }
            @if !is_paid {
                @if let Some(address) = &address {
                    p.copy {
                        input #address readonly aria-label="The link" value=(address);
                        button.button.second type="button" data-copy="address" hidden { "Copy" }
                    }
                    @if !desk.app.sends_mail() && !visit.client.email.is_empty() {
                        p.warning { "No letters are sent: no mail server is set up. Copy the link, or show it." }
                    }
                    div.buttons {
                        @if let Some(reached) = reached(desk, visit) {
                            form.inline method="post" action=(path("/send")) {
                                button.button { @if shown.sent.is_some() { "Send again" } @else { "Send to " (reached) } }
                            }
                        }
                        form.inline method="post" action=(path("/take-back")) { button.button.second { "Take back" } }
                    }
                    details { summary { "Show as a QR code" } (qr(address)) }
                }
            }
            dl.facts {
                (row(if refused { "Sent, but refused" } else { "Sent" }, shown.sent))
                (row("Opened", shown.opened))
                @if !is_paid { (row("Works until", shown.expires)) (row("Reminder", shown.remind_at)) (row("Called off if unpaid", shown.cancel_at)) }
            }
        }
    }
}

/// Makes a link.
pub async fn make(desk: Desk, Path((_, id)): Path<(String, String)>, form: Form) -> Answer {
    let mut record = find(&desk, &id).await?;
    let db = desk.app.store.read();
    let currency = record.quote.price.currency();
    let attempts = attempt::of_visit(db, &record.id).await?;
    let mut wrong = Wrong::default();
    if record.state != BookingState::Booked || attempts.iter().any(AttemptRecord::pays) {
        wrong.add("due", "This visit is paid already, or called off.");
    }
    if attempts.iter().any(|one| one.state.is_open()) {
        wrong.add(
            "due",
            "The client is paying at this moment. Look again in a minute.",
        );
    }
    let due = Money::read(form.get("due"), currency).and_then(|due| chargeable(due, &record));
    let due = wrong.keep("due", due);
    let now = desk.app.now();
    let expires = after(&form, &mut wrong, "expires", Unit::Days, now);
    let remind = after(&form, &mut wrong, "remind", Unit::Hours, now);
    let cancel = after(&form, &mut wrong, "cancel", Unit::Hours, now);
    let (Some(due), Some(expires), Some(remind_at), Some(cancel_at)) = (due, expires, remind, cancel) else {
        return not_yet(&desk, &record, &Typed { form, wrong }).await;
    };
    if !wrong.is_empty() {
        return not_yet(&desk, &record, &Typed { form, wrong }).await;
    }
    // A tip is chosen anew, by whoever opens the link.
    let lines = booking::lines(db, &record.id, currency).await?;
    let (lines, _) = tip::without(&record.quote, lines)?;
    record.quote = visit::quote(&lines, Some(due), currency)?;
    // From now on the salon's own lines say what it costs, not the catalogue.
    record.choice = None;
    let mut write = desk.app.store.write().await?;
    if !booking::rewrite(write.conn(), &record, &lines).await? {
        return Err(Trouble::changed());
    }
    let wishes = Wishes {
        expires,
        remind_at,
        cancel_at,
        tips: form.ticked("tips"),
        rest: false,
    };
    visit::make_link(&desk.app, &mut write, &record, wishes).await?;
    desk.log(&mut write, &format!("made a link to pay {due}"), Some(&record.id))
        .await?;
    desk.done(
        write,
        "The link is made. Send it, copy it, or show it.",
        &format!("visits/{id}"),
    )
    .await
}

/// What a time after now is counted in.
#[derive(Clone, Copy)]
pub enum Unit {
    Hours,
    Days,
}

/// The time that a field says: so many hours or days after `now`, at most [`LONGEST`] days; nothing typed: none. `None` when it is
/// wrong, which is noted.
#[expect(
    clippy::option_option,
    reason = "wrong, nothing typed, and a time are three things"
)]
pub fn after(form: &Form, wrong: &mut Wrong, field: &str, unit: Unit, now: Moment) -> Option<Option<Moment>> {
    let (minutes, most) = match unit {
        Unit::Hours => (60, LONGEST * 24),
        Unit::Days => (24 * 60, LONGEST),
    };
    let text = form.get(field);
    let at = if text.is_empty() {
        Ok(None)
    } else {
        match text.parse::<i64>() {
            Ok(number) if (1..=most).contains(&number) => Ok(Some(now.plus_minutes(number * minutes))),
            _ => Err(format!("Enter a whole number from 1 to {most}, or nothing.")),
        }
    };
    wrong.keep(field, at)
}

/// Sends the link by mail.
pub async fn send(desk: Desk, Path((_, id)): Path<(String, String)>) -> Answer {
    let record = find(&desk, &id).await?;
    let mut write = desk.app.store.write().await?;
    mail(&mut write, &record, Letter::Link, desk.app.now()).await?;
    link::note_sent(write.conn(), &record.id, desk.app.now()).await?;
    desk.log(&mut write, "sent the link to pay", Some(&record.id))
        .await?;
    let said = match reached(&desk, &record) {
        Some(reached) => format!("The link goes to {reached}."),
        None => return Err(Trouble::changed()),
    };
    desk.done(write, &said, &format!("visits/{id}")).await
}

/// Takes the link back: it does not work any more.
pub async fn take_back(desk: Desk, Path((_, id)): Path<(String, String)>) -> Answer {
    let record = find(&desk, &id).await?;
    let mut write = desk.app.store.write().await?;
    if !link::remove(write.conn(), &record.id).await? {
        return Err(Trouble::changed());
    }
    desk.log(&mut write, "took the link back", Some(&record.id))
        .await?;
    desk.done(write, "The link does not work any more.", &format!("visits/{id}"))
        .await
}

/// How a client is reached: by mail, by message, or both; `None` when there is neither.
pub fn reached(desk: &Desk, visit: &BookingRecord) -> Option<String> {
    let client = &visit.client;
    let mail = (!client.email.is_empty() && desk.app.sends_mail()).then_some(client.email.as_str());
    let phone = desk.salon.messages.as_ref().map(|_| client.phone.as_str());
    match (mail, phone.filter(|phone| !phone.is_empty())) {
        (Some(mail), Some(phone)) => Some(format!("{mail} and {phone}")),
        (mail, phone) => mail.or(phone).map(str::to_owned),
    }
}

fn chargeable(due: Money, visit: &BookingRecord) -> Result<Money, String> {
    let price = visit.quote.services();
    if due.minor() > price.minor() {
        return Err(format!("The visit costs {price}: ask for that much at most."));
    }
    said::chargeable(due)
}

fn qr(address: &str) -> Markup {
    let code = QRBuilder::new(address).ecl(ECL::M).build();
    match code {
        Ok(code) => html! {
            figure.qr role="img" aria-label="The link as a QR code" { (PreEscaped(SvgBuilder::default().to_str(&code))) }
        },
        Err(error) => {
            tracing::error!(?error, "a QR code can't be made");
            html! { p.quiet { "The code can't be shown." } }
        }
    }
}
