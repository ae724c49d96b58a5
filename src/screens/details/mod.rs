//! For whom. The form is `public/form.js`'s: it answers before this program is there, and is taken over as it stands.

use domain::terms::Offer;
use server::api::hold::Client;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

use crate::{
    dom::{self, El, el, get},
    flow,
    state::{App, Busy, Step, offer, route},
    stripe, texts,
};

#[wasm_bindgen]
extern "C" {
    type Form;
    #[wasm_bindgen(method)]
    fn open(this: &Form) -> web_sys::Element;
    #[wasm_bindgen(method)]
    fn listen(this: &Form, hear: &JsValue);
    #[wasm_bindgen(method)]
    fn show(this: &Form, busy: bool, problem: Option<String>);
    #[wasm_bindgen(method)]
    fn refuse(this: &Form, field: &str) -> bool;
    #[wasm_bindgen(method)]
    fn fill(this: &Form, name: &str, email: &str);
}

/// Takes the form over: from now on its buttons are heard here, and one that was pressed before is heard now.
pub fn take_over(app: App) {
    let Some(form) = form() else { return };
    let hear = dom::callback(move |word| {
        if word == "back" {
            route::go(app, Step::Time);
        } else {
            flow::hold(app);
        }
    });
    form.listen(&hear);
}

/// The form.
#[must_use]
pub fn screen(app: App) -> El {
    // The card field is what the payer will wait for next: it begins to load while they type.
    if let Some(quote) = offer::current(app)
        && let Offer::Choice(due) | Offer::Must(due) = quote.offer
    {
        stripe::open(due.now);
    }
    let Some(form) = form() else {
        return el("div", "");
    };
    let screen = El::of(form.open());
    dom::bind(move || form.show(app.busy.get() != Busy::No, app.problem.get()));
    screen
}

/// What is typed.
#[must_use]
pub fn typed() -> Client {
    let typed = form().map(|form| get(&form, "typed")).unwrap_or_default();
    let text = |key| get(&typed, key).as_string().unwrap_or_default();
    Client {
        name: text("name"),
        email: text("email"),
        phone: text("phone"),
        note: text("note"),
        language: texts::language(),
    }
}

/// Says that the server did not take a field, in the page's own words. Whether the form has that field.
#[must_use]
pub fn refuse(field: &str) -> bool {
    form().is_some_and(|form| form.refuse(field))
}

/// Puts in who a booking is for, where nothing is typed.
pub fn fill(name: &str, email: &str) {
    if let Some(form) = form() {
        form.fill(name, email);
    }
}

fn form() -> Option<Form> {
    let form = dom::global("__form");
    form.is_object().then(|| form.unchecked_into())
}
