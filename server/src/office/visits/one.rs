//! One visit: what is booked, what was paid, and what can be done about it.

use axum::extract::Path;
use domain::{
    id::BookingId,
    money::Money,
    payment::{AttemptState, BookingState, Purpose},
    refund::RefundState,
    role::Right,
};
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::{link, moving, refund};
use crate::{
    office::{
        desk::Desk,
        fees,
        field::Fields,
        form::{Form, Wrong},
        page::{Room, again, page},
        terms,
        trouble::{Answer, Trouble},
        unsent, when,
    },
    store::{
        StoreError,
        attempt::{self, AttemptRecord, Reach},
        audit, booking,
        booking::BookingRecord,
        missed, offer,
        refund::{self as refunds, RefundRecord},
        unsent as unsents,
    },
};

/// What a form on this page got wrong.
#[derive(Debug, Default)]
pub struct Typed {
    /// What was typed.
    pub form: Form,
    /// What is wrong with it.
    pub wrong: Wrong,
}

impl Typed {
    /// The fields of a form: what was typed where the form that was sent is this one (`mine`), else what it begins with.
    pub fn or<'a>(&'a self, fresh: &'a Typed, mine: bool) -> Fields<'a> {
        let Typed { form, wrong } = if mine { self } else { fresh };
        Fields { form, wrong }
    }
}

pub async fn show(desk: Desk, Path((_, id)): Path<(String, String)>) -> Answer {
    let visit = find(&desk, &id).await?;
    let body = draw(&desk, &visit, &Typed::default()).await?;
    Ok(page(&desk, Room::Visits, &visit.client.name, &body))
}

/// The page once more, with what is wrong.
pub async fn not_yet(desk: &Desk, visit: &BookingRecord, typed: &Typed) -> Answer {
    let body = draw(desk, visit, typed).await?;
    Ok(again(desk, Room::Visits, &visit.client.name, &body))
}

/// The visit of this id, if it is this salon's.
pub async fn find(desk: &Desk, id: &str) -> Result<BookingRecord, Trouble> {
    let id = BookingId::parse(id).map_err(|_| Trouble::not_found("visit"))?;
    let found = booking::find(desk.app.store.read(), &id).await?;
    let ours = found.filter(|visit| visit.salon == *desk.slug());
    ours.ok_or_else(|| Trouble::not_found("visit"))
}

async fn draw(desk: &Desk, visit: &BookingRecord, typed: &Typed) -> Result<Markup, Trouble> {
    let db = desk.app.store.read();
    let zone = when::zone(&desk.salon.salon.time_zone);
    let currency = visit.quote.price.currency();
    let lines = booking::lines(db, &visit.id, currency).await?;
    let attempts = attempt::of_visit(db, &visit.id).await?;
    let for_fees = attempt::of_purpose(db, &visit.id, Purpose::Fee).await?;
    let given_back = refunds::of_booking(db, &visit.id).await?;
    let who = offer::employee_name(db, &visit.employee).await?;
    let is_missed = missed::at(db, &visit.id).await?.is_some();
    let deeds = audit::of_booking(db, &visit.id).await?;
    let refused = unsents::of_booking(db, &visit.id).await?;
    let paid = paid(&attempts, currency)?;
    let gross = attempts.iter().filter(|one| took(one));
    let gross = Money::new(gross.map(|one| one.sum.minor()).sum(), currency).map_err(StoreError::damaged)?;
    let day = when::local(visit.start, &zone).date();
    Ok(html! {
        p {
            a href=(desk.path(&format!("visits?day={day}"))) { (when::full(visit.start, &zone)) } "–" (when::time(visit.end, &zone))
            " with " (who) " " (state(visit.state))
        }
        div.buttons {
            @if moving::may(visit, is_missed) { a.button.second href=(desk.path(&format!("visits/{}/move", visit.id))) { "Move" } }
            a.button.second href=(desk.path(&format!("visits/{}/details", visit.id))) { "Change details" }
        }
        div.cards {
            section.card {
                h2 { "Booked" }
                dl.facts {
                    @for line in &lines { dt { (line.name) } dd.sum { @if line.from { "from " } (line.price) } }
                    dt { strong { "Together" } } dd.sum { strong { @if visit.quote.from { "from " } (visit.quote.price) } }
                    dt { "Paid online" } dd.sum { (gross) }
                    @if gross != paid { dt { "Given back" } dd.sum { "− " (gross.less(paid).unwrap_or(gross)) } }
                    @if let Some(rest) = visit.quote.price.less(gross).ok().filter(|rest| !rest.is_zero()) { dt { "At the salon" } dd.sum { (rest) } }
                }
                @if let Some(why) = terms::limit_of(&visit.quote) { p.hint { (why) } }
            }
            section.card {
                h2 { "Client" }
                p { (visit.client.name) }
                @if !visit.client.email.is_empty() { p { a href={ "mailto:" (visit.client.email) } { (visit.client.email) } } }
                @if !visit.client.phone.is_empty() { p { a href={ "tel:" (visit.client.phone) } { (visit.client.phone) } } }
                @if !visit.client.note.is_empty() { p.quiet { "“" (visit.client.note) "”" } }
                p.quiet { "Booking " (visit.reference) }
            }
        }
        (fees::section(desk, visit).await?)
        (unsent::section(desk, &refused))
        // Who did not come owes a fee, or nothing.
        @if !is_missed { (link::section(desk, visit, &attempts, typed).await?) }
        @if !attempts.is_empty() {
            h2 { "Payments" }
            @for one in &attempts {
                (payment(one, &given_back, &zone))
                @if one.state == AttemptState::Succeeded && desk.may(Right::Refunds) {
                    (refund::form(desk, one, typed).await?)
                }
            }
        }
        @if !for_fees.is_empty() {
            h2 { "Payments of the fee" }
            @for one in &for_fees {
                (payment(one, &given_back, &zone))
                @if one.state == AttemptState::Succeeded && desk.may(Right::Refunds) {
                    (refund::form(desk, one, typed).await?)
                }
            }
        }
        @if !deeds.is_empty() {
            h2 { "What was done" }
            ol.rows {
                @for deed in &deeds { li { span { strong { (deed.who) } " " (deed.what) } span.quiet { (when::full(deed.at, &zone)) } } }
            }
        }
    })
}

/// Whether it took money. A test of the time before real payments did not.
fn took(one: &AttemptRecord) -> bool {
    one.state == AttemptState::Succeeded && one.reach != Reach::Test
}

/// What was paid online and not given back.
fn paid(attempts: &[AttemptRecord], currency: domain::currency::Currency) -> Result<Money, Trouble> {
    let sum = attempts
        .iter()
        .filter(|one| took(one))
        .map(|one| one.sum.minor() - one.refunded)
        .sum();
    Money::new(sum, currency).map_err(|error| StoreError::damaged(error).into())
}

fn state(state: BookingState) -> Markup {
    match state {
        BookingState::Booked => html! { span.tag.good { "Booked" } },
        BookingState::Held => html! { span.tag.warn { "Held while the client pays" } },
        BookingState::Expired => html! { span.tag { "Never finished" } },
        BookingState::Cancelled => html! { span.tag { "Cancelled" } },
    }
}

fn payment(one: &AttemptRecord, given_back: &[RefundRecord], zone: &TimeZone) -> Markup {
    let of_this = given_back.iter().filter(|refund| refund.attempt == one.id);
    html! {
        ul.rows {
            li {
                span {
                    strong { (one.sum) } " "
                    @match one.state {
                        AttemptState::Succeeded if one.reach == Reach::Test => { span.tag { "A test: no money moved" } }
                        AttemptState::Succeeded => { span.tag.good { "Paid" } }
                        AttemptState::Declined | AttemptState::Canceled => {
                            span.tag { @if one.declined().is_some() { "Declined" } @else { "Not finished" } }
                        }
                        AttemptState::RequiresAction => { span.tag.warn { "Waits for the client's bank" } }
                        AttemptState::Created | AttemptState::Unknown | AttemptState::Processing => { span.tag.warn { "Under way" } }
                    }
                }
                span.quiet { (when::full(one.created, zone)) @if let Some(charge) = &one.charge { " · " (charge) } }
            }
            @for refund in of_this {
                li {
                    span { "− " (refund.sum) @if let Some(service) = &refund.service { " for " (service) } " " (refund_state(refund.state)) }
                    span.quiet { (reason(refund.reason)) }
                }
            }
        }
    }
}

fn refund_state(state: RefundState) -> Markup {
    match state {
        RefundState::Created => html! { span.tag.warn { "On its way to Stripe" } },
        RefundState::Pending => html! { span.tag.warn { "On its way" } },
        RefundState::RequiresAction => html! { span.tag.warn { "Waits for the client" } },
        RefundState::Succeeded => html! { span.tag.good { "Given back" } },
        RefundState::Failed => html! { span.tag.bad { "Failed: the money is with you" } },
        RefundState::Canceled => html! { span.tag { "Not given back" } },
    }
}

fn reason(reason: refunds::Reason) -> &'static str {
    match reason {
        refunds::Reason::NoBooking => "came too late, or a second time",
        refunds::Reason::Requested => "given back by the salon",
        refunds::Reason::Cancelled => "the booking was cancelled",
        refunds::Reason::FeeWaived => "the fee was waived",
        refunds::Reason::Dashboard => "given back in Stripe's dashboard",
    }
}
