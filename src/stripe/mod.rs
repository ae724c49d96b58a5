//! The card field: Stripe's own, in Stripe's frames. Loading and mounting live in `public/boot.js`, which starts before this
//! program is there; here it is taken over, the same instance.

use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;

use crate::{
    dom::{self, get},
    number::float,
    state::App,
};

/// Where the card field stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Card {
    /// This page takes no cards.
    None,
    /// On its way.
    Loading,
    /// It can be typed into.
    Ready,
    /// It did not come: a blocker, or no network.
    Blocked,
}

/// Why there is no token for a card.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CardError {
    /// The field itself says what is missing.
    Incomplete,
    /// Stripe's class of decline, told before anything was charged.
    Declined(domain::decline::Decline),
    /// Stripe could not be reached.
    Unreachable,
}

#[wasm_bindgen]
extern "C" {
    type Field;
    #[wasm_bindgen(method)]
    fn listen(this: &Field, hear: &JsValue);
    #[wasm_bindgen(method)]
    fn open(this: &Field, amount: f64, currency: &str);
    #[wasm_bindgen(method)]
    fn save(this: &Field, saves: bool);
    #[wasm_bindgen(method)]
    fn retry(this: &Field);
    #[wasm_bindgen(method)]
    fn token(this: &Field, name: &str, email: &str) -> Promise;
    #[wasm_bindgen(method)]
    fn bank(this: &Field, client_secret: &str) -> Promise;
}

/// Follows the card field's state from now on.
pub fn follow(app: App) {
    let Some(field) = field() else { return };
    app.card.set(state(&field));
    let hear = dom::callback(move |_| {
        if let Some(field) = self::field() {
            app.card.set(state(&field));
        }
    });
    field.listen(&hear);
}

/// Has the field ready for this sum.
pub fn open(sum: domain::money::Money) {
    if let Some(field) = field() {
        field.open(float(sum.minor()), sum.currency().code());
    }
}

/// Tells the field whether the card is saved for later.
pub fn save(saves: bool) {
    if let Some(field) = field() {
        field.save(saves);
    }
}

/// Tries to load the field again.
pub fn retry() {
    if let Some(field) = field() {
        field.retry();
    }
}

/// Shows the field's room, or puts it away without unloading it.
pub fn show(shown: bool) {
    if let Some(room) = dom::by_id("card-room") {
        dom::toggle(&room, "away", !shown);
        dom::set(&room, "inert", &(!shown).into());
    }
}

/// Checks what was typed, and asks Stripe for a token that stands for the card. Call it straight from the click: Stripe wants
/// the check before any other wait.
pub fn token(name: &str, email: &str) -> impl Future<Output = Result<String, CardError>> + use<> {
    let promise = field().map(|field| field.token(name, email));
    async move {
        let answer = JsFuture::from(promise.ok_or(CardError::Unreachable)?).await;
        let answer = answer.map_err(|_| CardError::Unreachable)?;
        get(&answer, "token")
            .as_string()
            .ok_or_else(|| failure(&get(&answer, "error")))
    }
}

/// Lets the payer confirm with their bank. What came of it is the server's to say.
pub async fn bank(client_secret: &str) {
    if let Some(field) = field() {
        let _ = JsFuture::from(field.bank(client_secret)).await;
    }
}

fn failure(error: &JsValue) -> CardError {
    let text = |key| get(error, key).as_string();
    match text("type").as_deref() {
        Some("validation_error") => CardError::Incomplete,
        Some("card_error") => CardError::Declined(domain::decline::Decline::of(
            text("code").as_deref(),
            text("decline_code").as_deref(),
        )),
        _ => CardError::Unreachable,
    }
}

fn state(field: &Field) -> Card {
    match get(field, "state").as_string().as_deref() {
        Some("loading") => Card::Loading,
        Some("ready") => Card::Ready,
        Some("blocked") => Card::Blocked,
        _ => Card::None,
    }
}

fn field() -> Option<Field> {
    let field = dom::global("__card");
    field.is_object().then(|| field.unchecked_into())
}
