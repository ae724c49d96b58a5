//! Other tabs of the same booking: told at once when something happened, so that nobody pays twice.

use super::{
    App,
    store::{self, Place},
};
use crate::{dom, flow, intl, number};

/// Tells the other tabs that this booking moved on.
pub fn tell(app: App) {
    let key = [&store::key(app), ":moved"].concat();
    store::write(Place::Browser, &key, &number::text(intl::now().0));
}

/// Listens to other tabs, and to this one coming back into view.
pub fn listen(app: App) {
    dom::listen(&dom::global("window"), "storage", move |event| {
        let key = dom::get(&event, "key").as_string().unwrap_or_default();
        if key.starts_with(&store::key(app)) {
            flow::look_again(app);
        }
    });
    dom::listen(&dom::document(), "visibilitychange", move |_| {
        if !is_hidden() {
            flow::look_again(app);
        }
    });
    dom::listen(&dom::global("window"), "online", move |_| flow::look_again(app));
}

/// Whether nobody sees this tab.
#[must_use]
pub fn is_hidden() -> bool {
    dom::get(&dom::document(), "hidden").is_truthy()
}
