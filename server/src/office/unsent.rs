//! Letters and messages that reached nobody, and what to do about them.

use axum::{extract::Path, routing::post};
use domain::role::Right;
use maud::{Markup, html};

use super::{
    Route,
    desk::Desk,
    trouble::{Answer, Trouble},
    when,
};
use crate::store::{
    booking::{self, BookingRecord},
    job,
    unsent::{self, TO_SALON, Unsent, Way},
};

pub fn routes() -> Vec<Route> {
    vec![Route {
        path: "/office/{salon}/unsent/{id}/handled",
        right: Right::Visits,
        answers: post(handled),
    }]
}

/// What of it waits for somebody, for the first page.
pub async fn waiting(desk: &Desk) -> Result<Vec<Markup>, Trouble> {
    let mut tasks = by_set_up(desk).await?;
    if !desk.may(Right::Visits) {
        return Ok(tasks);
    }
    let db = desk.app.store.read();
    for one in unsent::of_salon(db, desk.slug()).await? {
        let Some(visit) = booking::find(db, &one.booking).await? else {
            continue;
        };
        tasks.push(html! {
            a href=(desk.path(&format!("visits/{}", visit.id))) { (what(&one)) " did not reach " (whom(desk, &one, &visit)) }
            span.quiet { (why(&one)) " " (to_do(&one, &visit)) }
            form.inline method="post" action=(desk.path(&format!("unsent/{}/handled", one.id))) { button.button.second { "Done" } }
        });
    }
    Ok(tasks)
}

/// What of a visit's letters and messages was refused, for its page.
pub fn section(desk: &Desk, refused: &[Unsent]) -> Markup {
    let zone = when::zone(&desk.salon.salon.time_zone);
    html! {
        @for one in refused {
            p.warning { (what(one)) " of " (when::full(one.at, &zone)) " did not arrive. " (why(one)) }
        }
    }
}

/// Whether the link of a visit was refused since it was sent.
pub fn is_link(one: &Unsent) -> bool {
    matches!(one.letter.as_str(), "link" | "reminder")
}

/// What no letter or message gets past: for whoever sets things up.
async fn by_set_up(desk: &Desk) -> Result<Vec<Markup>, Trouble> {
    let mut tasks = Vec::new();
    if !desk.may(Right::Keys) {
        return Ok(tasks);
    }
    if !desk.app.sends_mail() {
        tasks.push(html! {
            a href=(desk.path("messages")) { "No letters are sent: no mail server is set up" }
            span.quiet { "Clients get no confirmations, links or reminders by e-mail. Whoever runs this server can set one up." }
        });
    } else if job::is_stuck(desk.app.store.read(), "mail").await? {
        tasks.push(html! {
            a href=(desk.path("messages")) { "Letters wait: the mail server takes none at the moment" }
            span.quiet { "They go out once it does. If this stays, tell whoever runs this server." }
        });
    }
    if let Some((_, why)) = &desk.salon.messages_failed {
        tasks.push(html! {
            a href=(desk.path("messages")) { "Your gateway does not take messages" }
            span.quiet { (why) " Check its address, and send a test." }
        });
    }
    Ok(tasks)
}

fn what(one: &Unsent) -> &'static str {
    match (one.letter.as_str(), one.way) {
        ("link", _) => "The link to pay",
        ("reminder", _) => "The reminder to pay",
        ("booked", _) => "The confirmation",
        ("moved", _) => "The news of the new time",
        ("cancelled" | "called_off", _) => "The news of the cancelling",
        ("refund" | "refunded", _) => "The news of the refund",
        ("fee_to_pay", _) => "The link to pay the fee",
        (_, Way::Mail) => "A letter",
        (_, Way::Message) => "A message",
    }
}

fn whom<'a>(desk: &'a Desk, one: &Unsent, visit: &'a BookingRecord) -> &'a str {
    if one.letter == TO_SALON {
        &desk.salon.salon.name
    } else {
        &visit.client.name
    }
}

fn why(one: &Unsent) -> String {
    let who = match one.way {
        Way::Mail => "The mail server",
        Way::Message => "The gateway",
    };
    format!(
        "{who} refused {}: {}",
        one.recipient,
        one.why.trim_end_matches('.')
    ) + "."
}

fn to_do(one: &Unsent, visit: &BookingRecord) -> String {
    let phone = &visit.client.phone;
    match one.letter.as_str() {
        TO_SALON => "Check the address under Settings, The salon.".to_owned(),
        _ if phone.is_empty() || one.way == Way::Message => "Tell the client in another way.".to_owned(),
        _ => format!("Call the client: {phone}."),
    }
}

async fn handled(desk: Desk, Path((_, id)): Path<(String, String)>) -> Answer {
    let mut write = desk.app.store.write().await?;
    let about = unsent::note_handled(write.conn(), desk.slug(), &id, desk.app.now()).await?;
    let Some(about) = about else {
        return Err(Trouble::changed());
    };
    desk.log(
        &mut write,
        "dealt with a letter that did not arrive",
        Some(&about),
    )
    .await?;
    desk.done(write, "Done.", "today").await
}
