//! What is to be done, what is today, and where everything is set up.

use axum::{
    extract::Path,
    response::Response,
    routing::{get, post},
};
use domain::{id::RefundId, role::Right, time::Moment};
use jiff::ToSpan as _;
use maud::{Markup, html};

use super::{
    Route,
    desk::Desk,
    elsewhere, fees,
    page::{Room, page},
    trouble::{Answer, Trouble},
    unsent,
    visits::list,
    when,
};
use crate::store::{attempt, dispute as disputes, event, refund, visit};

pub fn routes() -> Vec<Route> {
    vec![
        Route {
            path: "/office/{salon}/today",
            right: Right::Own,
            answers: get(today),
        },
        Route {
            path: "/office/{salon}/settings",
            right: Right::Own,
            answers: get(settings),
        },
        Route {
            path: "/office/{salon}/refunds/{id}/handled",
            right: Right::Refunds,
            answers: post(handled),
        },
    ]
}

async fn today(desk: Desk) -> Answer {
    let (db, public) = (desk.app.store.read(), &desk.salon.salon);
    let zone = when::zone(&public.time_zone);
    let day = when::local(desk.app.now(), &zone).date();
    let (from, to) = (
        when::begin(day, &zone),
        when::begin(day.saturating_add(1.day()), &zone),
    );
    let rows = visit::between(db, desk.slug(), public.currency, from, to).await?;
    let waiting = waiting(&desk).await?;
    let body = html! {
        (first_steps(&desk))
        @if !waiting.is_empty() {
            h2 { "To be done" }
            ul.tasks { @for task in &waiting { li { (task) } } }
        }
        div.bar {
            h2 { (when::long_day(day)) }
            @if desk.may(Right::Visits) { a.button.second href=(desk.path("visits/new")) { "Book a visit" } }
        }
        @if rows.is_empty() { p.quiet { "Nothing is booked today." } }
        (list(&desk, &rows, &zone, false))
    };
    Ok(page(&desk, Room::Today, "Today", &body))
}

/// What waits for somebody, the most urgent first. Who may not deal with it does not see it.
async fn waiting(desk: &Desk) -> Result<Vec<Markup>, Trouble> {
    let db = desk.app.store.read();
    let zone = when::zone(&desk.salon.salon.time_zone);
    let mut tasks = Vec::new();
    if desk.may(Right::Disputes) {
        let open = disputes::of_salon(db, desk.slug()).await?;
        let here = |one: &&disputes::DisputeRecord| one.seen.state.wants_answer() && !one.elsewhere;
        for one in open.iter().filter(here) {
            tasks.push(html! {
                a href=(desk.path(&format!("disputes/{}", one.id))) { "A dispute about " (one.sum) }
                @if let Some(due) = one.due_by { span.tag.bad { "Answer until " (when::full(Moment(due * 1000), &zone)) } }
            });
        }
    }
    tasks.extend(elsewhere::waiting(desk).await?);
    tasks.extend(fees::waiting(desk).await?);
    tasks.extend(unsent::waiting(desk).await?);
    if desk.may(Right::Refunds) {
        for one in refund::failed(db, desk.slug()).await? {
            tasks.push(html! {
                a href=(desk.path(&format!("visits/{}", one.booking))) { "A refund of " (one.sum) " to " (one.client) " failed" }
                span.quiet { "The money is with you. Agree on another way, such as a bank transfer." }
                form.inline method="post" action=(desk.path(&format!("refunds/{}/handled", one.id))) { button.button.second { "Done" } }
            });
        }
    }
    if desk.may(Right::Keys) {
        if desk.salon.takes_cards() && !desk.salon.charges_enabled {
            tasks.push(html! {
                a href=(desk.path("methods")) { "Your Stripe account can't take payments" }
                span.quiet { "Stripe wants something of you first. Clients can't pay by card until then." }
            });
        }
        let latest = event::latest(db, desk.slug()).await?;
        let refused = desk.salon.refused.as_ref();
        if refused.is_some_and(|(at, _)| latest.is_none_or(|latest| *at > latest)) {
            tasks.push(html! {
                a href=(desk.path("methods")) { "Stripe's events are refused" }
                span.quiet { "Payments are still found, only later. Set the keys up again." }
            });
        }
    }
    Ok(tasks)
}

/// What a new salon does first.
fn first_steps(desk: &Desk) -> Markup {
    if desk.salon.takes_cards() && (desk.salon.terms.online || desk.salon.link_payment) {
        return html! {};
    }
    html! {
        section.card {
            h2 { "First steps" }
            ol.steps {
                @if !desk.salon.takes_cards() { li { a href=(desk.path("methods")) { "Connect Stripe" } ", so that clients can pay by card." } }
                @else { li { a href=(desk.path("methods")) { "Switch payment on" } ", in online booking or by link." } }
                li { a href=(desk.path("catalogue")) { "Add people and services" } ": what clients can book, and when." }
                li { a href=(desk.path("terms")) { "Set the terms" } ": what is paid in advance, and what is not." }
                li { a href=(desk.path("staff")) { "Invite your people" } ", each with their own sign-in." }
            }
        }
    }
}

async fn handled(desk: Desk, Path((_, id)): Path<(String, String)>) -> Answer {
    let id = RefundId::parse(&id).map_err(|_| Trouble::not_found("refund"))?;
    let mut write = desk.app.store.write().await?;
    let row = refund::find(&mut *write.conn(), &id).await?;
    let row = row.ok_or_else(|| Trouble::not_found("refund"))?;
    let of = attempt::find(&mut *write.conn(), &row.attempt).await?;
    if !refund::note_handled(write.conn(), desk.slug(), &id, desk.app.now()).await? {
        return Err(Trouble::changed());
    }
    let what = format!("dealt with a refund of {} that failed", row.sum);
    desk.log(&mut write, &what, of.as_ref().map(|of| &of.booking))
        .await?;
    desk.done(write, "Done.", "today").await
}

/// What can be set up, with what each is for.
const SETTINGS: [(&str, &str, &str, Right); 9] = [
    (
        "methods",
        "Payment methods",
        "Stripe's keys, and where clients can pay online.",
        Right::Keys,
    ),
    (
        "terms",
        "Terms",
        "What is paid in advance, for which service, with whom.",
        Right::Terms,
    ),
    (
        "catalogue",
        "Services and people",
        "What clients can book, with whom, and when.",
        Right::Terms,
    ),
    (
        "about",
        "The salon",
        "Name, address, colour, where letters go, and which web sites show the booking.",
        Right::Terms,
    ),
    (
        "cancelling",
        "Cancelling and fees",
        "What late cancelling and not coming cost, and until when clients may change bookings.",
        Right::Terms,
    ),
    (
        "messages",
        "Messages",
        "Links and reminders by SMS or messenger, through a service of yours.",
        Right::Keys,
    ),
    (
        "disputes",
        "Disputes",
        "What clients' banks ask back, and your answers.",
        Right::Disputes,
    ),
    (
        "staff",
        "Staff",
        "Who may sign in, and what they may do.",
        Right::Staff,
    ),
    (
        "log",
        "Who did what",
        "Every change and every refund, with its name.",
        Right::Log,
    ),
];

async fn settings(desk: Desk) -> Response {
    let body = html! {
        ul.rows {
            @for (path, name, what, right) in SETTINGS {
                @if desk.may(right) {
                    li { a href=(desk.path(path)) { (name) } span.quiet { (what) } }
                }
            }
        }
        h2 { "You" }
        p.quiet { (desk.staff().name) ", " (desk.staff().role.name()) ", " (desk.staff().email) }
        div.buttons {
            a.button.second href=(desk.path("password")) { "Another password" }
            form.inline method="post" action=(desk.path("sign-out")) { button.button.second { "Sign out" } }
            form.inline method="post" action=(desk.path("sign-out-everywhere")) {
                button.button.second { "Sign out everywhere" }
            }
        }
    };
    page(&desk, Room::Settings, "Settings", &body)
}
