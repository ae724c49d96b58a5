//! What the page around the widget's frame is told. `public/boot.js` knows whom it may tell.

use domain::money::Money;
use server::api::booking::Booking;
use wasm_bindgen::{JsCast, JsValue};

use crate::{dom, number::float, wire::object};

/// Tells an event of a booking, with its sum.
pub fn say(event: &str, booking: &Booking, sum: Option<Money>) {
    let Ok(tell) = dom::global("__frame").dyn_into::<js_sys::Function>() else {
        return;
    };
    let sum = sum.unwrap_or(booking.quote.price);
    let detail = object(&[
        ("salon", booking.salon.as_str().into()),
        ("booking", booking.id.as_str().into()),
        ("reference", booking.reference.as_str().into()),
        ("amount", float(sum.minor()).into()),
        ("currency", sum.currency().code().into()),
        ("exponent", sum.currency().exponent().into()),
    ]);
    let _ = tell.call2(&JsValue::UNDEFINED, &event.into(), &detail);
}
