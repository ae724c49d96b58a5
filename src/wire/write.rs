//! Writing requests as JavaScript objects. What is `None` is left out.

use domain::money::Money;
use server::api::{
    confirm::{ConfirmRequest, Pay},
    free_times::FreeTimesRequest,
    hold::HoldRequest,
    quote::Choice,
};
use wasm_bindgen::JsValue;

use crate::{dom::set, number::float};

/// An object of these properties.
#[must_use]
pub fn object(properties: &[(&str, JsValue)]) -> JsValue {
    let object = js_sys::Object::new();
    for (key, value) in properties {
        set(&object, key, value);
    }
    object.into()
}

pub fn free_times(request: &FreeTimesRequest) -> JsValue {
    object(&[
        ("salon", request.salon.as_str().into()),
        ("services", texts(request.services.iter().map(|id| id.as_str()))),
        ("employee", maybe(request.employee.as_ref().map(|id| id.as_str()))),
        ("from", maybe(request.from.as_deref())),
        ("days", request.days.into()),
    ])
}

pub fn hold(request: &HoldRequest) -> JsValue {
    let client = &request.client;
    object(&[
        ("choice", choice(&request.choice)),
        (
            "client",
            object(&[
                ("name", client.name.as_str().into()),
                ("email", client.email.as_str().into()),
                ("phone", client.phone.as_str().into()),
                ("note", client.note.as_str().into()),
                ("language", client.language.as_str().into()),
            ]),
        ),
        ("again", request.again.into()),
    ])
}

pub fn confirm(request: &ConfirmRequest) -> JsValue {
    let pay = match &request.pay {
        Pay::AtSalon => object(&[("how", "at_salon".into())]),
        Pay::Card {
            sum,
            confirmation_token,
        } => object(&[
            ("how", "card".into()),
            ("sum", money(*sum)),
            ("confirmation_token", confirmation_token.as_str().into()),
        ]),
    };
    let consent = request.consent.as_ref().map_or(JsValue::UNDEFINED, |consent| {
        object(&[
            ("text", consent.text.as_str().into()),
            ("version", consent.version.into()),
        ])
    });
    object(&[("pay", pay), ("consent", consent)])
}

pub fn money(sum: Money) -> JsValue {
    object(&[
        ("minor", float(sum.minor()).into()),
        ("currency", sum.currency().code().into()),
    ])
}

fn choice(choice: &Choice) -> JsValue {
    object(&[
        ("salon", choice.salon.as_str().into()),
        ("services", texts(choice.services.iter().map(|id| id.as_str()))),
        ("employee", choice.employee.as_str().into()),
        ("start", float(choice.start.0).into()),
        ("date", maybe(choice.date.as_ref().map(|id| id.as_str()))),
    ])
}

fn texts<'a>(texts: impl Iterator<Item = &'a str>) -> JsValue {
    let list = js_sys::Array::new();
    for text in texts {
        list.push(&text.into());
    }
    list.into()
}

fn maybe(text: Option<&str>) -> JsValue {
    text.map_or(JsValue::UNDEFINED, JsValue::from)
}
