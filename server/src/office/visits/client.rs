//! Who a visit is for: read from a form, and corrected.

use axum::extract::Path;
use maud::{Markup, html};

use super::one::find;
use crate::{
    api::hold::Client,
    handlers::email,
    office::{
        desk::Desk,
        field::{Fields, Kind},
        form::{Form, Wrong},
        page::{Room, again, page},
        trouble::{Answer, Trouble},
    },
    payments::mail,
    store::{
        booking::{self, BookingRecord},
        job::Letter,
    },
};

const TITLE: &str = "Change details";
const LANGUAGES: [(&str, &str); 2] = [("en", "English"), ("de", "Deutsch")];

/// Reads who it is for.
pub fn read(form: &Form, wrong: &mut Wrong) -> Option<Client> {
    let name = form.get("name");
    if !(1..=80).contains(&name.chars().count()) {
        wrong.add("name", "Enter the client's name, at most 80 letters.");
    }
    let email = match form.get("email") {
        "" => Ok(String::new()),
        text => email::read(text).ok_or("This is no e-mail address. Correct it, or leave it empty."),
    };
    let email = wrong.keep("email", email);
    let phone = form.get("phone");
    let digits = phone.chars().filter(char::is_ascii_digit).count();
    if !phone.is_empty() && (!(5..=15).contains(&digits) || phone.len() > 40) {
        wrong.add(
            "phone",
            "This is no telephone number. Correct it, or leave it empty.",
        );
    }
    if form.get("note").chars().count() > 500 {
        wrong.add("note", "Write at most 500 letters.");
    }
    Some(Client {
        name: name.to_owned(),
        email: email?,
        phone: phone.to_owned(),
        note: form.get("note").to_owned(),
        language: if form.get("language") == "de" { "de" } else { "en" }.to_owned(),
    })
    .filter(|_| wrong.is_empty())
}

/// The fields of it, without the note.
pub fn fields(fields: &Fields<'_>) -> Markup {
    html! {
        (fields.input("name", "Client", Kind::Text, ""))
        div.pair {
            (fields.input("email", "E-mail", Kind::Email, "For the confirmation and a link to pay."))
            (fields.input("phone", "Phone", Kind::Phone, ""))
        }
        (fields.select("language", "Language of the letters", "", &LANGUAGES))
    }
}

/// The field of the note.
pub fn note(fields: &Fields<'_>) -> Markup {
    fields.text("note", "Note", "For the salon alone.", 2)
}

pub async fn show(desk: Desk, Path((_, id)): Path<(String, String)>) -> Answer {
    let visit = find(&desk, &id).await?;
    let client = &visit.client;
    let german = client.language.starts_with("de");
    let form = Form::of(&[
        ("name", client.name.clone()),
        ("email", client.email.clone()),
        ("phone", client.phone.clone()),
        ("note", client.note.clone()),
        ("language", if german { "de" } else { "en" }.to_owned()),
    ]);
    let body = draw(&desk, &visit, &form, &Wrong::default());
    Ok(page(&desk, Room::Visits, TITLE, &body))
}

/// Corrects it. What was booked and paid stays as it is.
pub async fn change(desk: Desk, Path((_, id)): Path<(String, String)>, form: Form) -> Answer {
    let visit = find(&desk, &id).await?;
    let mut wrong = Wrong::default();
    let Some(mut client) = read(&form, &mut wrong) else {
        let body = draw(&desk, &visit, &form, &wrong);
        return Ok(again(&desk, Room::Visits, TITLE, &body));
    };
    // The form knows two languages; a client's own tag, such as `de-AT` or `fr`, stays unless the other one was chosen.
    let german = visit.client.language.starts_with("de");
    if german == (client.language == "de") {
        client.language.clone_from(&visit.client.language);
    }
    let to = BookingRecord {
        client,
        ..visit.clone()
    };
    let mut write = desk.app.store.write().await?;
    let lines = booking::lines(&mut *write.conn(), &to.id, to.quote.price.currency()).await?;
    if !booking::rewrite(write.conn(), &to, &lines).await? {
        return Err(Trouble::changed());
    }
    if form.ticked("tell") {
        mail(&mut write, &to, Letter::Booked, desk.app.now()).await?;
    }
    let (before, after) = (&visit.client, &to.client);
    let changed = [
        ("the name", before.name != after.name),
        ("the e-mail address", before.email != after.email),
        ("the telephone number", before.phone != after.phone),
        ("the note", before.note != after.note),
        ("the language", before.language != after.language),
    ];
    let changed: Vec<&str> = changed
        .iter()
        .filter(|(_, changed)| *changed)
        .map(|(name, _)| *name)
        .collect();
    if !changed.is_empty() {
        let what = format!("changed {}", changed.join(", "));
        desk.log(&mut write, &what, Some(&to.id)).await?;
    }
    desk.done(write, "Saved.", &format!("visits/{}", to.id)).await
}

fn draw(desk: &Desk, visit: &BookingRecord, form: &Form, wrong: &Wrong) -> Markup {
    let all = Fields { form, wrong };
    html! {
        form method="post" {
            (all.summary())
            (fields(&all))
            (note(&all))
            @if visit.state == domain::payment::BookingState::Booked {
                (all.tick("tell", "Send the confirmation again", "To the e-mail address above."))
            }
            button.button.wide { "Save" }
        }
        p { a href=(desk.path(&format!("visits/{}", visit.id))) { "Leave it as it is" } }
    }
}
