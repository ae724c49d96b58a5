//! Settings: what cancelling and not coming cost, until when clients may change bookings, and how fees are taken.

use axum::routing::get;
use domain::{
    cancellation::{CancellationTerms, Fee, Tier},
    changing::{ChangeTerms, Cutoff, Permissions},
    currency::Currency,
    money::{Money, Percent},
    role::Right,
};
use maud::{Markup, html};

use super::{
    Route,
    desk::Desk,
    field::{Fields, Kind},
    form::{Form, Wrong},
    page::{Room, again, page},
    said::{differences, plain},
    trouble::Answer,
};
use crate::store::salon;

const TITLE: &str = "Cancelling and fees";
/// The cut-offs: field, label.
const CUTOFFS: [(&str, &str); 4] = [
    ("unpaid_cancel", "Cancel, not paid"),
    ("unpaid_move", "Move, not paid"),
    ("prepaid_cancel", "Cancel, paid online"),
    ("prepaid_move", "Move, paid online"),
];
const ASK: [(&str, &str); 2] = [
    ("no", "Take fees by themselves"),
    ("yes", "Ask us before each fee"),
];

pub fn routes() -> Vec<Route> {
    vec![Route {
        path: "/office/{salon}/cancelling",
        right: Right::Terms,
        answers: get(show).post(save),
    }]
}

async fn show(desk: Desk) -> Answer {
    let form = filled(&desk.salon.cancellation, &desk.salon.changes);
    Ok(page(
        &desk,
        Room::Settings,
        TITLE,
        &draw(&form, &Wrong::default()),
    ))
}

async fn save(desk: Desk, form: Form) -> Answer {
    let mut wrong = Wrong::default();
    let tiers = tiers(&form, &mut wrong, desk.salon.salon.currency);
    let changes = changes(&form, &mut wrong);
    let terms = CancellationTerms::new(tiers);
    if terms.is_none() && wrong.is_empty() {
        wrong.add(
            "hours1",
            "Two lines have the same hours. Give each step hours of its own.",
        );
    }
    let (Some(terms), true) = (terms, wrong.is_empty()) else {
        return Ok(again(&desk, Room::Settings, TITLE, &draw(&form, &wrong)));
    };
    let mut write = desk.app.store.write().await?;
    salon::set_changes(write.conn(), desk.slug(), &terms, &changes).await?;
    let before = in_words(&desk.salon.cancellation, &desk.salon.changes);
    let changed = differences(&before, &in_words(&terms, &changes));
    if !changed.is_empty() {
        let what = format!("changed the terms for cancelling and fees: {changed}");
        desk.log(&mut write, &what, None).await?;
    }
    desk.done(
        write,
        "Saved. What it costs, and less time to change a booking online, hold for bookings made from now on; those made already keep \
         what their clients were told.",
        "cancelling",
    )
    .await
}

fn draw(form: &Form, wrong: &Wrong) -> Markup {
    let fields = Fields { form, wrong };
    html! {
        form method="post" {
            (fields.summary())
            h2 { "What it costs" }
            p.hint { "For bookings made from now on. From so many hours before the start on: a part of the price such as 50 %, or a sum. 0 hours: for not coming. \
                      Empty lines don't count; without any, cancelling is free." }
            @for number in 1..=CancellationTerms::MOST_TIERS {
                div.pair {
                    (fields.input(&format!("hours{number}"), "Hours before", Kind::Number, ""))
                    (fields.input(&format!("fee{number}"), "Fee", Kind::Text, ""))
                }
            }
            (fields.select("ask_first", "When a fee is due", "What was paid covers it first. Each fee can be waived.", &ASK))
            (fields.tick("save_cards", "Save cards for fees", "Clients see a box with a sentence when they pay; only the cards of \
                          those who tick it are saved, at Stripe, and charged for what the payment does not cover."))
            h2 { "What clients may do online" }
            p.hint { "Until so many hours before the start. 0: until the start; empty: not online, they call you. Moving is possible \
                      only while cancelling is free." }
            div.pair {
                @for (name, label) in CUTOFFS { (fields.input(name, label, Kind::Number, "")) }
            }
            button.button.wide { "Save" }
        }
    }
}

/// All of it by names and in words, for the log.
fn in_words(terms: &CancellationTerms, changes: &ChangeTerms) -> Vec<(String, String)> {
    let tiers = terms
        .tiers()
        .iter()
        .map(|tier| format!("{} h {}", tier.within_hours, fee_text(tier.fee)));
    let yes = |on| if on { "yes" } else { "no" }.to_owned();
    let mut words = vec![
        ("what it costs".to_owned(), tiers.collect::<Vec<_>>().join(", ")),
        ("ask before each fee".to_owned(), yes(changes.ask_first)),
        ("save cards".to_owned(), yes(changes.save_cards)),
    ];
    for ((_, label), hours) in CUTOFFS.iter().zip(cutoffs(changes)) {
        let hours = hours.map_or_else(|| "not online".to_owned(), |hours| format!("{hours} h"));
        words.push(((*label).to_owned(), hours));
    }
    words
}

/// In the order of [`CUTOFFS`].
fn cutoffs(changes: &ChangeTerms) -> [Option<u16>; 4] {
    [
        changes.unpaid.cancel,
        changes.unpaid.moving,
        changes.prepaid.cancel,
        changes.prepaid.moving,
    ]
    .map(Cutoff::get)
}

fn fee_text(fee: Fee) -> String {
    match fee {
        Fee::Percent(percent) => format!("{} %", percent.get()),
        Fee::Fixed(sum) => plain(sum),
    }
}

fn filled(terms: &CancellationTerms, changes: &ChangeTerms) -> Form {
    let mut fields: Vec<(String, String)> = Vec::new();
    for (number, tier) in (1..).zip(terms.tiers()) {
        fields.push((format!("hours{number}"), tier.within_hours.to_string()));
        fields.push((format!("fee{number}"), fee_text(tier.fee)));
    }
    for ((name, _), hours) in CUTOFFS.iter().zip(cutoffs(changes)) {
        let hours = hours.map(|hours| hours.to_string());
        fields.push(((*name).to_owned(), hours.unwrap_or_default()));
    }
    let yes = |on| if on { "yes" } else { "" };
    fields.push(("save_cards".to_owned(), yes(changes.save_cards).to_owned()));
    let ask = if changes.ask_first { "yes" } else { "no" };
    fields.push(("ask_first".to_owned(), ask.to_owned()));
    let borrowed: Vec<(&str, String)> = fields
        .iter()
        .map(|(name, text)| (name.as_str(), text.clone()))
        .collect();
    Form::of(&borrowed)
}

fn tiers(form: &Form, wrong: &mut Wrong, currency: Currency) -> Vec<Tier> {
    let mut tiers = Vec::new();
    for number in 1..=CancellationTerms::MOST_TIERS {
        let (hours_field, fee_field) = (format!("hours{number}"), format!("fee{number}"));
        let (hours_text, fee_text) = (form.get(&hours_field), form.get(&fee_field));
        if hours_text.is_empty() && fee_text.is_empty() {
            continue;
        }
        let within_hours = wrong.keep(&hours_field, hours(hours_text));
        let fee = wrong.keep(&fee_field, fee(fee_text, currency));
        if let (Some(within_hours), Some(fee)) = (within_hours, fee) {
            tiers.push(Tier { within_hours, fee });
        }
    }
    tiers
}

fn changes(form: &Form, wrong: &mut Wrong) -> ChangeTerms {
    let mut cutoff = |name: &str| match form.get(name) {
        "" => Cutoff::NEVER,
        text => {
            let hours = wrong.keep(name, hours(text));
            hours.and_then(Cutoff::hours).unwrap_or(Cutoff::NEVER)
        }
    };
    ChangeTerms {
        unpaid: Permissions {
            cancel: cutoff("unpaid_cancel"),
            moving: cutoff("unpaid_move"),
        },
        prepaid: Permissions {
            cancel: cutoff("prepaid_cancel"),
            moving: cutoff("prepaid_move"),
        },
        ask_first: form.get("ask_first") == "yes",
        save_cards: form.ticked("save_cards"),
    }
}

fn hours(text: &str) -> Result<u16, &'static str> {
    let hours = text.parse().ok().filter(|hours| *hours <= Cutoff::MOST_HOURS);
    hours.ok_or("Enter whole hours from 0 to 720, which is a month.")
}

fn fee(text: &str, currency: Currency) -> Result<Fee, String> {
    let Some(percent) = text.strip_suffix('%') else {
        return Money::read(text, currency).map(Fee::Fixed);
    };
    let percent = percent.trim().parse().ok().and_then(Percent::parse);
    percent
        .map(Fee::Percent)
        .ok_or_else(|| "Enter a part from 1 % to 100 %, or a sum.".to_owned())
}
