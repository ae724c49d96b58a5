//! For whom.

mod check;
mod phone;

use server::api::hold::Client;

use super::frame_back;
use crate::{
    dom::{El, button, document, el, focus, get, set, text},
    flow, parts,
    state::{App, Busy, Live, Step, offer, store},
    stripe,
    texts::{t, tn},
};
pub use check::{Field, check};
pub use phone::with_prefix;

/// What is not right yet: the field, and the key of the sentence that says what to do.
type Errors = Live<Vec<(Field, String)>>;

/// The form.
#[must_use]
pub fn screen(app: App) -> El {
    let errors = app.errors;
    errors.set(Vec::new());
    // The card field is what the payer will wait for next: it begins to load while they type.
    if let Some(quote) = offer::current(app)
        && let Some(sum) = match quote.offer {
            domain::terms::Offer::AtSalon => None,
            domain::terms::Offer::Choice(due) | domain::terms::Offer::Must(due) => Some(due.now),
        }
    {
        stripe::open(sum);
    }
    refusals(app, errors);
    let input = |field: Field, kind: &str, complete: &str, mode: &str| {
        let input = el("input", "")
            .attr("type", kind)
            .attr("autocomplete", complete)
            .attr("inputmode", mode);
        labelled(app, errors, field, input)
    };
    let note = el("textarea", "").attr("rows", "2").attr("maxlength", "500");
    let form = el("form", "stack")
        .attr("novalidate", "")
        .child(el("div", "").live(move || summary(errors)))
        .child(input(Field::Name, "text", "name", "text"))
        .child(input(Field::Email, "email", "email", "email"))
        .child(phone::field(app, errors))
        .child(labelled(app, errors, Field::Note, note))
        .child(el("div", "").attr("role", "alert").live(move || {
            app.problem
                .get()
                .map(|words| parts::note("bad", &words))
                .into_iter()
                .collect()
        }))
        .child(submit(app))
        .child(text("p", "quiet small", &t("details.privacy")))
        .on("submit", move |event| {
            event.prevent_default();
            send(app, errors);
        });
    frame_back(app, Step::Details, &t("details.title"), Step::Time).child(form)
}

fn submit(app: App) -> El {
    el("button", "button wide")
        .attr("type", "submit")
        .id("to-payment")
        .live_prop("disabled", move || app.busy.get() != Busy::No)
        .live(move || {
            let busy = app.busy.get() != Busy::No;
            let words = if busy {
                t("details.holding")
            } else {
                t("details.next")
            };
            let spin = busy.then(|| el("span", "spin").attr("aria-hidden", "true"));
            spin.into_iter().chain([text("span", "", &words)]).collect()
        })
}

/// A field with its label above and its error below, tied to it.
fn labelled(app: App, errors: Errors, field: Field, input: El) -> El {
    let id = field.id();
    el("div", "field")
        .child(label(field))
        .child(wired(app, errors, field, input))
        .child(error_line(errors, field, id))
}

fn label(field: Field) -> El {
    let id = field.id();
    let optional = matches!(field, Field::Phone | Field::Note);
    let label = text("label", "", &t(&["details.", id].concat())).attr("for", id);
    if optional {
        label.child(text(
            "span",
            "quiet small",
            &[" ", &t("details.optional")].concat(),
        ))
    } else {
        label
    }
}

fn error_line(errors: Errors, field: Field, id: &str) -> El {
    el("p", "wrong").id(&[id, "-error"].concat()).live_text(move || {
        errors
            .with(|all| {
                all.iter()
                    .find(|(one, _)| *one == field)
                    .map(|(_, words)| words.clone())
            })
            .unwrap_or_default()
    })
}

/// An input that writes what is typed into the state, and checks it when it is left.
fn wired(app: App, errors: Errors, field: Field, input: El) -> El {
    let input = input
        .id(field.id())
        .attr("name", field.id())
        .attr("aria-describedby", &[field.id(), "-error"].concat())
        .live_attr("aria-invalid", move || {
            errors
                .with(|all| all.iter().any(|(one, _)| *one == field))
                .then_some("true")
        });
    set(
        input.raw(),
        "value",
        &field.of(&app.client.get_untracked()).into(),
    );
    let element = input.raw().clone();
    input
        .on("input", move |_| {
            let value = get(&element, "value").as_string().unwrap_or_default();
            app.client.update(|client| field.write(client, value));
            store::keep_client(app);
            // An error that is put right goes at once; a new one waits until the field is left.
            if check(field, &app.client.get_untracked()).is_none() {
                errors.update(|all| all.retain(|(one, _)| *one != field));
            }
        })
        .on("blur", move |_| {
            let client = app.client.get_untracked();
            let before = errors.get_untracked();
            let mut after = before.clone();
            put(&mut after, field, &client);
            // Drawn anew only when something changed: the summary may just have got the focus.
            if !field.of(&client).is_empty() && !same(&before, &after) {
                errors.set(after);
            }
        })
}

fn put(all: &mut Vec<(Field, String)>, field: Field, client: &Client) {
    all.retain(|(one, _)| *one != field);
    if let Some(key) = check(field, client) {
        all.push((field, t(key)));
    }
}

/// The same errors, in whatever order.
fn same(one: &[(Field, String)], other: &[(Field, String)]) -> bool {
    one.len() == other.len() && one.iter().all(|error| other.contains(error))
}

fn send(app: App, errors: Errors) {
    let client = app.client.get_untracked();
    let mut wrong = Vec::new();
    for field in Field::ALL {
        put(&mut wrong, field, &client);
    }
    let first = wrong.first().map(|(field, _)| *field);
    let several = wrong.len() > 1;
    errors.set(wrong);
    match first {
        None => flow::hold(app),
        // After the summary has been drawn.
        Some(_) if several => crate::dom::spawn(async {
            crate::client::sleep(0).await;
            focus("error-summary");
        }),
        Some(field) => focus(field.id()),
    }
}

/// Several errors at once: a list that leads to each.
fn summary(errors: Errors) -> Vec<El> {
    let all = errors.get();
    if all.len() < 2 {
        return Vec::new();
    }
    let number = crate::number::count(all.len());
    let links = all
        .into_iter()
        .map(|(field, words)| {
            let link = button("plain", &words, move || focus(field.id()));
            el("li", "").child(link)
        })
        .collect();
    vec![
        el("div", "note bad")
            .id("error-summary")
            .attr("tabindex", "-1")
            .attr("role", "alert")
            .child(text("h2", "", &tn("details.errors", number, &[])))
            .child(el("ul", "").children(links)),
    ]
}

/// A field that the server did not take.
fn refusals(app: App, errors: Errors) {
    crate::dom::bind(move || {
        let Some((name, words)) = app.refused.get() else {
            return;
        };
        let field = Field::ALL
            .into_iter()
            .find(|field| field.id() == name)
            .unwrap_or(Field::Name);
        let own = check(field, &app.client.get_untracked()).map_or(words, t);
        errors.set(vec![(field, own)]);
        if document().active_element().is_some() {
            focus(field.id());
        }
    });
}

/// Says to a measuring tool that the form answers.
pub fn mark_interactive() {
    if let Some(performance) = leptos::prelude::window().get("performance") {
        let mark = get(&performance, "mark");
        if let Ok(mark) = wasm_bindgen::JsCast::dyn_into::<js_sys::Function>(mark) {
            let _ = mark.call1(&performance, &"form-interactive".into());
        }
    }
}
