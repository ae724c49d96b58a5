//! Terms: who pays online, how much, and what that comes to.

mod preview;
pub mod rules;

pub use self::preview::limit_of;

use axum::{
    extract::RawQuery,
    routing::{get, post},
};
use domain::{
    availability::StepMinutes,
    hold::HoldMinutes,
    money::Money,
    role::Right,
    terms::{Clients, SalonTerms},
};
use maud::{Markup, html};

use super::{
    Route,
    desk::Desk,
    field::{Fields, Kind},
    form::{Form, Wrong},
    page::{Room, again, page},
    said::{differences, plain},
    trouble::{Answer, Trouble},
};
use crate::store::{
    booking::token_hash,
    offer::{self, Offer},
    salon::{self, SalonRecord},
};

const TITLE: &str = "Terms";
const STEPS: [(&str, &str); 6] = [
    ("5", "5 minutes"),
    ("10", "10 minutes"),
    ("15", "15 minutes"),
    ("20", "20 minutes"),
    ("30", "30 minutes"),
    ("60", "60 minutes"),
];
const CLIENTS: [(&str, &str); 2] = [
    ("all", "Everybody"),
    ("new_or_missed", "New clients, and those who once did not come"),
];

pub fn routes() -> Vec<Route> {
    let route = |path, answers| Route {
        path,
        right: Right::Terms,
        answers,
    };
    vec![
        route("/office/{salon}/terms", get(show).post(save)),
        route("/office/{salon}/terms/rules", post(rules::save)),
        route("/office/{salon}/terms/bulk", post(rules::bulk)),
    ]
}

/// What a form on the page got wrong: of the salon's terms, or of the rules.
#[derive(Default)]
pub struct Typed {
    /// The salon's terms.
    pub terms: Option<(Form, Wrong)>,
    /// The rules of services and people.
    pub rules: Option<(Form, Wrong)>,
    /// What the preview is asked for.
    pub asked: Form,
}

async fn show(desk: Desk, RawQuery(query): RawQuery) -> Answer {
    let typed = Typed {
        asked: Form::decode(&query.unwrap_or_default()),
        ..Typed::default()
    };
    let body = draw(&desk, &typed).await?;
    Ok(page(&desk, Room::Settings, TITLE, &body))
}

/// The page once more, with what is wrong.
pub async fn not_yet(desk: &Desk, typed: &Typed) -> Answer {
    let body = draw(desk, typed).await?;
    Ok(again(desk, Room::Settings, TITLE, &body))
}

/// Stands for the terms as they are.
fn as_of(salon: &SalonRecord) -> String {
    let now = (&salon.terms, salon.hold, salon.lead_minutes, salon.step_minutes);
    token_hash(&format!("{now:?}"))
}

async fn save(desk: Desk, form: Form) -> Answer {
    let mut wrong = Wrong::default();
    if form.get("terms_as_of") != as_of(&desk.salon) {
        wrong.add(
            "terms_as_of",
            "Somebody else changed these terms while you had the page open. Yours are shown and not saved: compare them with the \
             present ones on another page, then save again.",
        );
    }
    let whole = |field: &str, least: i64, most: i64| {
        let number = form.get(field).parse::<i64>().ok();
        let fits = number.filter(|number| (least..=most).contains(number));
        fits.ok_or_else(|| format!("Enter a whole number from {least} to {most}."))
    };
    let hold = whole("hold", 5, 60).map(|minutes| u8::try_from(minutes).ok().and_then(HoldMinutes::parse));
    let hold = wrong.keep("hold", hold);
    let lead = wrong.keep("lead", whole("lead", 0, 43_200));
    let step = form.get("step").parse().ok().and_then(StepMinutes::parse);
    let step = wrong.keep("step", step.ok_or("Choose how often a visit can begin."));
    let from_value = match form.get("from_value") {
        "" => Ok(None),
        text => Money::read(text, desk.salon.salon.currency).map(Some),
    };
    let from_value = wrong.keep("from_value", from_value);
    let clients = match form.get("clients") {
        "all" => Some(Clients::All),
        "new_or_missed" => Some(Clients::NewOrMissed),
        _ => None,
    };
    let clients = wrong.keep("clients", clients.ok_or("Choose whom it binds."));
    let (Some(Some(hold)), Some(lead), Some(step), Some(from_value), Some(clients), true) =
        (hold, lead, step, from_value, clients, wrong.is_empty())
    else {
        let typed = Typed {
            terms: Some((form, wrong)),
            ..Typed::default()
        };
        return not_yet(&desk, &typed).await;
    };
    let terms = SalonTerms {
        online: desk.salon.terms.online,
        optional: form.ticked("optional"),
        clients,
        from_value,
    };
    let mut write = desk.app.store.write().await?;
    salon::set_terms(
        write.conn(),
        desk.slug(),
        &terms,
        hold,
        lead,
        i64::from(step.get()),
    )
    .await?;
    let before = in_words(
        &desk.salon.terms,
        desk.salon.hold,
        desk.salon.lead_minutes,
        desk.salon.step_minutes,
    );
    let changed = differences(&before, &in_words(&terms, hold, lead, i64::from(step.get())));
    if !changed.is_empty() {
        desk.log(
            &mut write,
            &format!("changed the terms of payment: {changed}"),
            None,
        )
        .await?;
    }
    desk.done(write, "Saved.", "terms").await
}

/// All of it by names and in words, for the log.
fn in_words(terms: &SalonTerms, hold: HoldMinutes, lead: i64, step: i64) -> Vec<(String, String)> {
    let clients = match terms.clients {
        Clients::All => "everybody",
        Clients::NewOrMissed => "new clients, and those who once did not come",
    };
    [
        (
            "clients may choose to pay",
            if terms.optional { "yes" } else { "no" }.to_owned(),
        ),
        ("who must pay", clients.to_owned()),
        (
            "from the value of",
            terms.from_value.map(plain).unwrap_or_default(),
        ),
        ("held for minutes", hold.get().to_string()),
        ("bookable until minutes before", lead.to_string()),
        ("starts every minutes", step.to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

/// What the salon offers.
pub async fn offered(desk: &Desk) -> Result<Offer, Trouble> {
    Ok(offer::read(desk.app.store.read(), desk.slug(), desk.salon.salon.currency).await?)
}

async fn draw(desk: &Desk, typed: &Typed) -> Result<Markup, Trouble> {
    let offered = offered(desk).await?;
    let salon = &desk.salon;
    let kept = Form::of(&[
        (
            "optional",
            if salon.terms.optional { "yes" } else { "" }.to_owned(),
        ),
        (
            "clients",
            match salon.terms.clients {
                Clients::All => "all",
                Clients::NewOrMissed => "new_or_missed",
            }
            .to_owned(),
        ),
        (
            "from_value",
            salon.terms.from_value.map(plain).unwrap_or_default(),
        ),
        ("hold", salon.hold.get().to_string()),
        ("lead", salon.lead_minutes.to_string()),
        ("step", salon.step_minutes.to_string()),
    ]);
    let none = Wrong::default();
    let fields = match &typed.terms {
        Some((form, wrong)) => Fields { form, wrong },
        None => Fields {
            form: &kept,
            wrong: &none,
        },
    };
    Ok(html! {
        @if !salon.terms.online {
            p.warning { "Payment in online booking is switched off: these terms wait until it is on. " a href=(desk.path("methods")) { "Payment methods" } }
        }
        (preview::section(desk, &offered, &typed.asked))
        h2 { "Services and people" }
        (rules::section(desk, &offered, typed.rules.as_ref()))
        h2 { "For all bookings" }
        form method="post" {
            (fields.summary())
            input #terms_as_of type="hidden" name="terms_as_of" value=(as_of(salon));
            (fields.tick("optional", "Let clients choose to pay online", "Where payment is allowed and not required."))
            (fields.select("clients", "Whom “required” binds", "", &CLIENTS))
            (fields.input("from_value", "Only from this value of a booking on", Kind::Sum, "Empty: always."))
            div.pair {
                (fields.input("hold", "A time is held for", Kind::Number, "Minutes, 5 to 60."))
                (fields.input("lead", "Bookable until", Kind::Number, "Minutes before the start."))
                (fields.select("step", "Starts every", "", &STEPS))
            }
            button.button.wide { "Save" }
        }
    })
}
