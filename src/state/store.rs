//! What outlives a reload: the booking's token. (What was typed: `public/form.js`.)
//!
//! The token is kept for this tab, and for the salon, so that a second tab finds the same booking. Where storage is blocked,
//! it lives in memory.

use std::cell::RefCell;

use domain::id::BookingToken;
use wasm_bindgen::JsCast;
use web_sys::Storage;

use super::{App, View, token};
use crate::dom;

thread_local! {
    static MEMORY: RefCell<Vec<(String, String)>> = const { RefCell::new(Vec::new()) };
}

/// A place to keep things.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// This tab's.
    Tab,
    /// All tabs'.
    Browser,
}

/// The token in use.
#[must_use]
pub fn token(app: App) -> Option<BookingToken> {
    let key = key(app);
    let kept = read(Place::Tab, &key).or_else(|| read(Place::Browser, &key))?;
    BookingToken::parse(&kept).ok()
}

/// Whether this tab itself has a token, or only found another tab's.
#[must_use]
pub fn is_ours(app: App) -> bool {
    read(Place::Tab, &key(app)).is_some()
}

/// The token in use, or a new one.
#[must_use]
pub fn token_or_new(app: App) -> Option<BookingToken> {
    token(app).or_else(|| new_token(app))
}

/// Makes and keeps a new token.
#[must_use]
pub fn new_token(app: App) -> Option<BookingToken> {
    let token = token::fresh()?;
    keep_token(app, &token);
    Some(token)
}

/// Keeps a token for this tab, and a booking's for the salon's other tabs.
pub fn keep_token(app: App, token: &BookingToken) {
    let key = key(app);
    write(Place::Tab, &key, token.reveal());
    if !app.is_visit() {
        write(Place::Browser, &key, token.reveal());
    }
}

/// Forgets the token: the next booking gets its own.
pub fn forget_token(app: App) {
    let key = key(app);
    remove(Place::Tab, &key);
    remove(Place::Browser, &key);
}

/// Where the token is kept: one a salon, and one a visit.
#[must_use]
pub fn key(app: App) -> String {
    let name = match &app.page.view {
        View::Book(catalogue) => catalogue.salon.slug.as_str(),
        View::Visit(booking) => booking.id.as_str(),
        View::NoLink { .. } => "",
    };
    ["booking-checkout:token:", name].concat()
}

/// Reads what was kept.
#[must_use]
pub fn read(place: Place, key: &str) -> Option<String> {
    match storage(place) {
        Some(storage) => storage.get_item(key).ok().flatten(),
        None => MEMORY.with_borrow(|all| all.iter().find(|(k, _)| k == key).map(|(_, value)| value.clone())),
    }
}

/// Keeps a text.
pub fn write(place: Place, key: &str, value: &str) {
    if storage(place).is_none_or(|storage| storage.set_item(key, value).is_err()) {
        remove(place, key);
        MEMORY.with_borrow_mut(|all| all.push((key.to_owned(), value.to_owned())));
    }
}

/// Forgets a text.
pub fn remove(place: Place, key: &str) {
    MEMORY.with_borrow_mut(|all| all.retain(|(k, _)| k != key));
    if let Some(storage) = storage(place) {
        let _ = storage.remove_item(key);
    }
}

/// Asking for storage may throw where it is blocked.
fn storage(place: Place) -> Option<Storage> {
    let storage = dom::global(match place {
        Place::Tab => "sessionStorage",
        Place::Browser => "localStorage",
    });
    storage.is_object().then(|| storage.unchecked_into())
}
