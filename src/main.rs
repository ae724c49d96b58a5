//! Mounts the widget into its page (`index.html`).

use std::cell::Cell;

use booking_checkout::{
    BookingCheckout,
    dom::{document, get, listen},
};
use leptos::prelude::window;
use wasm_bindgen::JsCast;

thread_local! {
    static MOUNTED: Cell<bool> = const { Cell::new(false) };
}

/// The program may be here before the page is, and before `boot.js`, which it takes the card field over from: a script that
/// starts as soon as it is loaded keeps no order. The page's own event comes after both.
fn main() {
    let is_complete = get(&document(), "readyState").as_string().as_deref() == Some("complete");
    if is_complete || get(&window(), "__page").is_object() {
        return mount();
    }
    listen(&document(), "DOMContentLoaded", |_| mount());
    listen(&window(), "load", |_| mount());
}

fn mount() {
    let app = document().get_element_by_id("app");
    let Some(app) = app.and_then(|app| app.dyn_into().ok()) else {
        return;
    };
    if !MOUNTED.replace(true) {
        leptos::mount::mount_to(app, BookingCheckout).forget();
    }
}
