//! Settings › Messages: the gateway that sends short messages for the salon.

use axum::routing::{get, post};
use domain::role::Right;
use maud::{Markup, html};

use super::{
    Route,
    desk::Desk,
    field::{Fields, Kind},
    form::{Form, Wrong},
    page::{Room, again, page},
    trouble::Answer,
    when,
};
use crate::{
    app::random_id,
    messages::{self, GatewaySecret, Message, Refusal},
    store::messages as store,
};

const TITLE: &str = "Messages";

pub fn routes() -> Vec<Route> {
    let route = |path, answers| Route {
        path,
        right: Right::Keys,
        answers,
    };
    vec![
        route("/office/{salon}/messages", get(show).post(save)),
        route("/office/{salon}/messages/test", post(test)),
        route("/office/{salon}/messages/off", post(off)),
    ]
}

async fn show(desk: Desk) -> Answer {
    let kept = Form::of(&[("url", desk.salon.messages.clone().unwrap_or_default())]);
    let body = draw(&desk, &kept, &Wrong::default());
    Ok(page(&desk, Room::Settings, TITLE, &body))
}

/// Sets the gateway. Each time there is a new secret, which is shown this once.
async fn save(desk: Desk, form: Form) -> Answer {
    let mut wrong = Wrong::default();
    let url = wrong.keep("url", desk.app.gateways.read(form.get("url")));
    let Some(url) = url else {
        return Ok(again(&desk, Room::Settings, TITLE, &draw(&desk, &form, &wrong)));
    };
    let secret = GatewaySecret::new()?;
    let mut write = desk.app.store.write().await?;
    let to = Some((url.as_str(), &secret));
    store::set_gateway(write.conn(), &desk.app.master_key, desk.slug(), to).await?;
    desk.log(&mut write, "set the gateway for messages", None).await?;
    write.commit().await?;
    let body = html! {
        p { "Messages go to " (url.as_str()) ". Give the gateway this secret, by which it knows that they come from here. It is shown this once." }
        p.copy {
            input #secret readonly aria-label="The secret" value=(secret.reveal());
            button.button.second type="button" data-copy="secret" hidden { "Copy" }
        }
        p { a.button href=(desk.path("messages")) { "Done" } }
    };
    Ok(page(&desk, Room::Settings, TITLE, &body))
}

async fn off(desk: Desk) -> Answer {
    let mut write = desk.app.store.write().await?;
    store::set_gateway(write.conn(), &desk.app.master_key, desk.slug(), None).await?;
    desk.log(&mut write, "switched messages off", None).await?;
    desk.done(write, "No messages are sent any more.", "messages")
        .await
}

async fn test(desk: Desk, form: Form) -> Answer {
    let to = form.get("to");
    let mut wrong = Wrong::default();
    if !(5..=15).contains(&to.chars().filter(char::is_ascii_digit).count()) || to.len() > 40 {
        wrong.add("to", "Enter a telephone number such as +43 664 1234567.");
        return Ok(again(&desk, Room::Settings, TITLE, &draw(&desk, &form, &wrong)));
    }
    let name = &desk.salon.salon.name;
    let message = Message {
        id: &random_id()?,
        kind: "test",
        salon: desk.slug().as_str(),
        from: name,
        to,
        name: &desk.staff().name,
        language: "en",
        text: &format!("{name}: messages work."),
        booking: "",
    };
    match messages::to_gateway(&desk.app, &desk.salon, &message).await? {
        None => {
            let write = desk.app.store.write().await?;
            desk.done(write, "The gateway took the message.", "messages")
                .await
        }
        Some(Refusal::ForGood(why) | Refusal::ForNow(why)) => {
            wrong.add("to", format!("The gateway did not take it. {why}"));
            Ok(again(&desk, Room::Settings, TITLE, &draw(&desk, &form, &wrong)))
        }
    }
}

fn draw(desk: &Desk, form: &Form, wrong: &Wrong) -> Markup {
    let kept = Form::of(&[("url", desk.salon.messages.clone().unwrap_or_default())]);
    let shown = if form.get("url").is_empty() { &kept } else { form };
    let fields = Fields { form: shown, wrong };
    let testing = Fields { form, wrong };
    let zone = when::zone(&desk.salon.salon.time_zone);
    html! {
        (fields.summary())
        @if !desk.app.sends_mail() {
            p.warning { "No letters are sent: no mail server is set up. Whoever runs this server can do that." }
        }
        p { "Clients who leave a telephone number get links to pay, reminders and changes as a short message too, by SMS or a messenger. "
            "A service of your choice sends them: it gets each message by a signed call." }
        @if desk.salon.messages.is_some() {
            section.card {
                p {
                    @match &desk.salon.messages_failed {
                        Some((at, why)) => { span.tag.bad { "Refused" } " " (when::full(*at, &zone)) ". " (why) }
                        None => { span.tag.good { "On" } }
                    }
                }
                form method="post" action=(desk.path("messages/test")) {
                    (testing.input("to", "Send a test to", Kind::Phone, ""))
                    button.button.second { "Send a test" }
                }
                form.inline method="post" action=(desk.path("messages/off")) { button.button.second { "Switch off" } }
            }
        }
        form method="post" {
            (fields.input("url", "Address of the gateway", Kind::Text, "Begins with https://."))
            button.button.wide { @if desk.salon.messages.is_some() { "Save, with a new secret" } @else { "Save" } }
        }
        p.hint { "What the call holds, and how its signature is checked: docs/MESSAGES.md." }
    }
}
