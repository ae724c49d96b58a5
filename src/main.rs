//! Mounts the widget into its page (`index.html`).

use booking_checkout::BookingCheckout;
use wasm_bindgen::JsCast;

fn main() {
    let app = leptos::prelude::document().get_element_by_id("app");
    let Some(app) = app.and_then(|app| app.dyn_into().ok()) else {
        return;
    };
    leptos::mount::mount_to(app, BookingCheckout).forget();
}
