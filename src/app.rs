//! Puts the widget into its page and keeps both in step.

use leptos::prelude::untrack;

use crate::{
    dom::{self, El, by_id, el, focus, get},
    flow, parts,
    screens::{self, details, payment},
    state::{App, Live, Page, Step, clock, route, tabs},
    stripe,
    summary::summary,
    texts,
};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setInterval)]
    fn set_interval(run: &JsValue, millis: i32);
}

/// Builds the widget in `host`, an element inside `#app` of our own page, or anywhere in another's.
pub fn build(host: El) {
    let Some(page) = read_page() else { return };
    let app = App::new(page);
    let (stage, after) = rooms(&host);
    let open = Live::new(false);
    stripe::follow(app);
    flow::start(app);
    tabs::listen(app);
    dom::listen(&dom::global("window"), "popstate", move |_| route::follow(app));
    every_second(app);
    let _ = host
        .child(
            el("div", "unseen")
                .attr("role", "status")
                .attr("aria-live", "polite")
                .live_text(move || app.said.get()),
        )
        .child(el("div", "screen").id("banner").live(move || {
            let lost = app.lost.get().then(|| parts::note("care", &texts::t("net.lost")));
            lost.into_iter().collect()
        }))
        .child(el("div", "contents").live(move || summary(app, open).into_iter().collect()));
    let _ = stage.live(move || {
        let step = app.step.get();
        untrack(|| vec![screens::of(app, step)])
    });
    if crate::BOOKS {
        details::take_over(app);
    }
    let _ = after.live(move || payment::after(app));
    arrive(app);
}

/// What changes with the step besides its screen: the focus and the page's width.
fn arrive(app: App) {
    let mut first = true;
    dom::bind(move || {
        let step = app.step.get();
        let two = matches!(step, Step::Employee | Step::Time | Step::Details | Step::Payment);
        if let Some(main) = by_id("main") {
            dom::toggle(&main, "two", two);
        }
        if step == Step::Loading {
            return;
        }
        if !first {
            dom::spawn(async {
                crate::client::sleep(0).await;
                focus("title");
            });
        }
        first = false;
    });
}

/// Where the screens go, and what stands below the card field: our page has these and the card field's room from its first
/// moment; another's gets them now.
fn rooms(host: &El) -> (El, El) {
    if let (Some(stage), Some(after)) = (by_id("stage"), by_id("after-card")) {
        return (El::of(stage), El::of(after));
    }
    let stage = el("div", "contents");
    let after = el("section", "").id("after-card");
    let card = el("section", "away")
        .id("card-room")
        .child(el("div", "").id("card"));
    let parent = get(host.raw(), "parentElement");
    if parent.is_object() {
        let _ = El::of(parent.unchecked_into())
            .child(stage.clone())
            .child(card)
            .child(after.clone());
    }
    (stage, after)
}

/// The page's data and texts, as the server wrote them.
fn read_page() -> Option<Page> {
    let texts = json("page-texts");
    let root = get(&dom::document(), "documentElement");
    let wanted = get(&root, "lang").as_string().unwrap_or_default();
    texts::load(texts, &dialect(&wanted));
    Page::read(&json("page-data"))
}

fn json(id: &str) -> JsValue {
    let text = by_id(id)
        .and_then(|element| get(&element, "textContent").as_string())
        .unwrap_or_default();
    js_sys::JSON::parse(&text).unwrap_or_default()
}

/// The client's own kind of a language: `en` for somebody in Britain is `en-GB`.
fn dialect(language: &str) -> String {
    let own = get(&dom::global("navigator"), "languages");
    let own = js_sys::Array::from(&own)
        .iter()
        .filter_map(|one| one.as_string())
        .find(|one| one.starts_with(language));
    own.filter(|_| !language.is_empty()).unwrap_or_else(|| {
        if language.is_empty() {
            "en".to_owned()
        } else {
            language.to_owned()
        }
    })
}

fn every_second(app: App) {
    set_interval(&dom::callback(move |_| clock::tick(app)), 1_000);
    app.said.set(String::new());
}
