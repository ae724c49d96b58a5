//! Mounts the widget into its page (`index.html`). `public/boot.js` starts it, when the page is there.

use booking_checkout::{BookingCheckout, dom::by_id};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// The standard library's weighs more than a screen.
#[cfg(target_family = "wasm")]
#[global_allocator]
static MEMORY: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

fn main() {
    if let Some(app) = by_id("app") {
        let app: HtmlElement = app.unchecked_into();
        // What stood in for it until now.
        app.set_text_content(None);
        leptos::mount::mount_to(app, BookingCheckout).forget();
    }
}
