//! Settings › The salon: what clients see of it, where its own letters go, and whose pages may show its booking.

use axum::routing::get;
use domain::role::Right;
use maud::{Markup, html};

use super::{
    Route,
    desk::Desk,
    field::{Fields, Kind},
    form::{Form, Wrong},
    page::{Room, again, page},
    trouble::Answer,
};
use crate::{http::policy::is_origin, store::salon};

const TITLE: &str = "The salon";

pub fn routes() -> Vec<Route> {
    vec![Route {
        path: "/office/{salon}/about",
        right: Right::Terms,
        answers: get(show).post(save),
    }]
}

async fn show(desk: Desk) -> Answer {
    let salon = &desk.salon.salon;
    let kept = Form::of(&[
        ("name", salon.name.clone()),
        ("address", salon.address.clone()),
        ("phone", salon.phone.clone()),
        ("email", desk.salon.email.clone()),
        ("colour", salon.colour.clone()),
        ("embedders", desk.salon.embedders.join("\n")),
    ]);
    Ok(page(
        &desk,
        Room::Settings,
        TITLE,
        &draw(&desk, &kept, &Wrong::default()),
    ))
}

async fn save(desk: Desk, form: Form) -> Answer {
    let mut wrong = Wrong::default();
    let short = |name: &str| form.get(name).chars().count() <= 120;
    if !(1..=80).contains(&form.get("name").chars().count()) {
        wrong.add("name", "Enter the salon's name, at most 80 letters.");
    }
    if !short("address") {
        wrong.add("address", "Write at most 120 letters.");
    }
    let is_phone = |b: u8| b.is_ascii_digit() || b" +-/().".contains(&b);
    let phone = form.get("phone");
    if phone.len() > 40 || !phone.bytes().all(is_phone) {
        wrong.add("phone", "Enter a telephone number such as +43 1 234 56 78.");
    }
    let email = form.get("email").to_lowercase();
    if !email.is_empty() && email.parse::<lettre::Address>().is_err() {
        wrong.add("email", "Enter an e-mail address such as salon@example.com.");
    }
    let colour = form.get("colour").to_lowercase();
    let digits = colour.strip_prefix('#').unwrap_or_default();
    if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        wrong.add(
            "colour",
            "Choose a colour, or enter it as six digits such as #7a4456.",
        );
    }
    let embedders: Vec<String> = form
        .get("embedders")
        .split_whitespace()
        .map(|one| one.trim_end_matches('/').to_lowercase())
        .collect();
    if let Some(other) = embedders.iter().find(|one| !is_origin(one)) {
        wrong.add(
            "embedders",
            format!("“{other}” is no address of a web site, such as https://salon.example, without a page."),
        );
    }
    if embedders.len() > 20 {
        wrong.add("embedders", "Enter at most 20 addresses.");
    }
    if !wrong.is_empty() {
        return Ok(again(&desk, Room::Settings, TITLE, &draw(&desk, &form, &wrong)));
    }
    let mut to = (*desk.salon).clone();
    to.salon.name = form.get("name").to_owned();
    to.salon.address = form.get("address").to_owned();
    to.salon.phone = phone.to_owned();
    to.salon.colour = colour;
    to.email = email;
    to.embedders = embedders;
    let mut write = desk.app.store.write().await?;
    salon::set_about(write.conn(), &to).await?;
    desk.log(&mut write, "changed what the salon says of itself", None)
        .await?;
    desk.done(write, "Saved.", "about").await
}

fn draw(desk: &Desk, form: &Form, wrong: &Wrong) -> Markup {
    let (fields, salon) = (Fields { form, wrong }, &desk.salon.salon);
    html! {
        form method="post" {
            (fields.summary())
            (fields.input("name", "Name", Kind::Text, "As clients see it."))
            (fields.input("address", "Address", Kind::Text, ""))
            (fields.input("phone", "Telephone", Kind::Phone, "Clients are asked to call it when something can't be done online."))
            (fields.input("email", "Letters to the salon go to", Kind::Email, "Disputes, refunds that failed, clients who cancelled. Empty: to nobody."))
            (fields.input("colour", "Colour", Kind::Colour, "Of the buttons in online booking; it is made darker or lighter where it could not be read."))
            (fields.text("embedders", "Web sites that may show the booking", "An address a line, such as https://salon.example. Empty: any.", 3))
            button.button.wide { "Save" }
        }
        h2 { "Set when the salon was opened" }
        dl.facts {
            dt { "Currency" } dd { (salon.currency.code()) }
            dt { "Country" } dd { (salon.country) }
            dt { "Time zone" } dd { (salon.time_zone) }
        }
    }
}
