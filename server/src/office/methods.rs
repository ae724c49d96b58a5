//! Online payments › Payment methods: the two switches, the keys, and whether Stripe and we hear each other.

mod keys;
mod test_run;

use axum::{
    response::Response,
    routing::{get, post},
};
use domain::{
    key::{Mode, PublishableKey, SecretKey, SigningSecret, pair},
    role::Right,
    terms::SalonTerms,
};
use maud::{Markup, html};

use self::keys::Given;
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
    api::error::ApiError,
    store::{event, salon},
    stripe::account::{ENDPOINTS, EVENTS, RIGHTS},
};

const TITLE: &str = "Payment methods";

pub fn routes() -> Vec<Route> {
    let route = |path, answers| Route {
        path,
        right: Right::Keys,
        answers,
    };
    vec![
        route("/office/{salon}/methods", get(show).post(save_keys)),
        route("/office/{salon}/methods/switches", post(save_switches)),
        route("/office/{salon}/methods/check", post(check)),
        route("/office/{salon}/methods/test", post(test_run::run)),
    ]
}

async fn show(desk: Desk) -> Answer {
    let publishable = desk.salon.publishable_key.as_ref();
    let form = Form::of(&[
        (
            "publishable",
            publishable.map_or("", |key| key.reveal()).to_owned(),
        ),
        ("webhook", "auto".to_owned()),
    ]);
    let body = draw(&desk, &form, &Wrong::default()).await?;
    Ok(page(&desk, Room::Settings, TITLE, &body))
}

async fn save_switches(desk: Desk, form: Form) -> Answer {
    let online = form.ticked("online");
    let link = form.ticked("link");
    if (online || link) && !desk.salon.takes_cards() {
        let mut wrong = Wrong::default();
        wrong.add("online", "Set up the keys first: without them nobody can pay.");
        let body = draw(&desk, &form, &wrong).await?;
        return Ok(again(&desk, Room::Settings, TITLE, &body));
    }
    let terms = SalonTerms {
        online,
        ..desk.salon.terms.clone()
    };
    let mut write = desk.app.store.write().await?;
    salon::set_switches(write.conn(), desk.slug(), &terms, link).await?;
    let word = |on| if on { "on" } else { "off" };
    let what = format!(
        "switched payment in online booking {}, by link {}",
        word(online),
        word(link)
    );
    desk.log(&mut write, &what, None).await?;
    desk.done(write, "Saved.", "methods").await
}

async fn save_keys(desk: Desk, form: Form) -> Answer {
    let mut wrong = Wrong::default();
    let Some(given) = Given::read(&desk, &form, &mut wrong)? else {
        return not_yet(&desk, &form, wrong).await;
    };
    let Some(found) = keys::examine(&desk, &given, &form, &mut wrong).await? else {
        return not_yet(&desk, &form, wrong).await;
    };
    let said = keys::save(&desk, given, found).await?;
    Ok(said)
}

async fn not_yet(desk: &Desk, form: &Form, mut wrong: Wrong) -> Answer {
    // Secrets are not written back into a page, whatever was wrong.
    for (field, name) in [("secret", "secret key"), ("signing", "signing secret")] {
        if !form.raw(field).is_empty() && wrong.of(field).is_none() {
            wrong.add(field, format!("Enter the {name} again: it is never shown."));
        }
    }
    let wrong = &wrong;
    let body = draw(desk, form, wrong).await?;
    Ok(again(desk, Room::Settings, TITLE, &body))
}

/// What is wrong with one field, or with both keys together, while it is typed: a sentence, or nothing.
async fn check(form: Form) -> String {
    let text = form.raw("text");
    let field = form.get("field");
    let wrong = match field {
        "publishable" => PublishableKey::parse(text).err(),
        "secret" => SecretKey::parse(text).err(),
        "signing" => SigningSecret::parse(text).err(),
        _ => None,
    };
    if let Some(error) = wrong {
        return error.to_string();
    }
    // Each may be right, and both not go together.
    let both = match field {
        "publishable" => (text, form.raw("beside")),
        "secret" => (form.raw("beside"), text),
        _ => return String::new(),
    };
    match (PublishableKey::parse(both.0), SecretKey::parse(both.1)) {
        (Ok(publishable), Ok(secret)) => pair(&publishable, &secret)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default(),
        _ => String::new(),
    }
}

async fn draw(desk: &Desk, form: &Form, wrong: &Wrong) -> Result<Markup, ApiError> {
    let fields = Fields { form, wrong };
    let salon = &desk.salon;
    let set_up = salon.takes_cards();
    let switches = Form::of(&[
        ("online", if salon.terms.online { "yes" } else { "" }.to_owned()),
        ("link", if salon.link_payment { "yes" } else { "" }.to_owned()),
    ]);
    let on_off = Fields {
        form: &switches,
        wrong,
    };
    let hook = hook_address(desk);
    Ok(html! {
        (fields.summary())
        @if set_up { (status(desk).await?) } @else {
            p { "Clients pay by card through your own Stripe account: the money is yours from the start, and we take no commission. "
                "You need three things from Stripe's dashboard, under Developers › API keys." }
        }
        h2 { "Where clients can pay" }
        form method="post" action=(desk.path("methods/switches")) {
            (on_off.tick("online", "In online booking", "Which services and people ask for it: under Terms."))
            (on_off.tick("link", "For visits, by a link", "You send a link; the client pays before or after the visit."))
            button.button.second { "Save" }
        }
        h2 { @if set_up { "Other keys" } @else { "Connect Stripe" } }
        form method="post" data-keys=(desk.path("methods/check")) autocomplete="off" {
            (fields.input("publishable", "Publishable key", Kind::Text, "Begins with pk_test_ or pk_live_."))
            (fields.input("secret", "Secret or restricted key", Kind::Secret, if set_up {
                "Leave empty to keep the present one. It is kept encrypted and never shown again."
            } else { "Begins with sk_ or rk_. It is kept encrypted and never shown again." }))
            details {
                summary { "What a restricted key must be allowed to do" }
                ul {
                    @for (right, ..) in RIGHTS {
                        li { (right) @if right == ENDPOINTS { " (not needed if you set the webhook up yourself)" } }
                    }
                    li { "Events: read (only for the test of the connection)" }
                }
            }
            fieldset #webhook tabindex="-1" {
                legend { "How Stripe tells us what happens" }
                @if let Some(sentence) = wrong.of("webhook") { p.wrong { (sentence) } }
                div.tick {
                    input #auto type="radio" name="webhook" value="auto" checked[form.get("webhook") != "manual"];
                    label for="auto" { "Set it up for me" }
                    p.hint { "Makes a webhook endpoint in your account, in the place of an earlier one of ours." }
                }
                div.tick {
                    input #manual type="radio" name="webhook" value="manual" checked[form.get("webhook") == "manual"];
                    label for="manual" { "I set it up at Stripe" }
                    p.hint { "Developers › Webhooks › Add endpoint, with the address and the events below." }
                }
                details open[form.get("webhook") == "manual"] {
                    summary { "The address and the 13 events" }
                    p.copy {
                        input #hook readonly aria-label="Address of the endpoint" value=(hook);
                        button.button.second type="button" data-copy="hook" hidden { "Copy" }
                    }
                    p.copy {
                        textarea #events readonly rows="5" aria-label="The events" { (EVENTS.join("\n")) }
                        button.button.second type="button" data-copy="events" hidden { "Copy" }
                    }
                    (fields.input("signing", "Signing secret", Kind::Secret, "Begins with whsec_. Stripe shows it on the endpoint's page."))
                }
            }
            @if wrong.of("another").is_some() {
                (fields.tick("another", "Yes, use the other account", ""))
            }
            @if wrong.of("to_test").is_some() {
                (fields.tick("to_test", "Yes, go back to test mode", ""))
            }
            button.button.wide { "Save and set up" }
            p.hint { "This asks Stripe whether the keys work, belong together, and may do all that is needed. Nothing is charged." }
        }
    })
}

/// How well Stripe and we hear each other: in words, not by a colour alone.
async fn status(desk: &Desk) -> Result<Markup, ApiError> {
    let zone = when::zone(&desk.salon.salon.time_zone);
    let latest = event::latest(desk.app.store.read(), desk.slug()).await?;
    let refused = desk.salon.refused.as_ref();
    let failing = refused.is_some_and(|(at, _)| latest.is_none_or(|latest| *at > latest));
    let mode = desk.salon.publishable_key.as_ref().map(PublishableKey::mode);
    Ok(html! {
        section.card aria-label="Connection" {
            p {
                @if !desk.salon.charges_enabled { span.tag.bad { "The account can't take payments" } " " }
                @else if !desk.salon.payouts_enabled { span.tag.warn { "Nothing is paid out" } " " }
                @if failing { span.tag.bad { "Events are refused" } }
                @else if latest.is_some() { span.tag.good { "Connected" } }
                @else { span.tag.warn { "No event has come yet" } }
                " "
                @match mode {
                    Some(Mode::Test) => { span.tag.warn { "Test mode: no money moves" } }
                    Some(Mode::Live) => { span.tag.good { "Real payments" } }
                    None => {}
                }
            }
            @if !desk.salon.charges_enabled {
                p { "Stripe has stopped this account's payments: clients can't pay by card. Stripe's dashboard says what is missing, "
                    "under Settings › Business." }
            } @else if !desk.salon.payouts_enabled {
                p { "Clients can pay, but Stripe does not pay out to your bank. Stripe's dashboard says what is missing, under "
                    "Settings › Business." }
            }
            dl.facts {
                @if let Some((id, name)) = &desk.salon.account {
                    dt { "Account" } dd { (name) span.quiet { " (" (id) ")" } }
                }
                dt { "Last event" } dd { @match latest { Some(at) => (when::full(at, &zone)), None => "none yet" } }
                @if let Some((at, why)) = refused {
                    dt { "Last refused" } dd { (when::full(*at, &zone)) ": " (why) }
                }
            }
            form method="post" action=(desk.path("methods/test")) {
                button.button.second { "Test the connection" }
                @if mode == Some(Mode::Test) {
                    p.hint { "Pays with a test card, waits for Stripe's event, and gives the money back." }
                }
            }
        }
    })
}

fn hook_address(desk: &Desk) -> String {
    format!("{}/webhooks/stripe/{}", desk.app.public_url, desk.slug())
}

fn report(desk: &Desk, title: &str, lines: &[(bool, String)]) -> Response {
    let body = html! {
        ul.rows {
            @for (good, line) in lines {
                li {
                    span { (line) }
                    @if *good { span.tag.good { "fine" } } @else { span.tag.bad { "not yet" } }
                }
            }
        }
        p { a.button href=(desk.path("methods")) { "Done" } }
    };
    page(desk, Room::Settings, title, &body)
}
