//! Reading fields of JavaScript objects. `None`: not there, or not of that kind.

use domain::{
    currency::Currency,
    money::{Money, Percent},
    time::Moment,
};
use wasm_bindgen::JsValue;

use crate::{dom::get, number};

pub fn text(object: &JsValue, key: &str) -> Option<String> {
    get(object, key).as_string()
}

pub fn flag(object: &JsValue, key: &str) -> Option<bool> {
    get(object, key).as_bool()
}

pub fn int(object: &JsValue, key: &str) -> Option<i64> {
    number::whole(&get(object, key))
}

pub fn small(object: &JsValue, key: &str) -> Option<u16> {
    u16::try_from(int(object, key)?).ok()
}

pub fn moment(object: &JsValue, key: &str) -> Option<Moment> {
    int(object, key).map(Moment)
}

pub fn id<T: TryFrom<String>>(object: &JsValue, key: &str) -> Option<T> {
    T::try_from(text(object, key)?).ok()
}

pub fn money(object: &JsValue, key: &str) -> Option<Money> {
    let sum = get(object, key);
    let currency = Currency::parse(&text(&sum, "currency")?).ok()?;
    Money::new(int(&sum, "minor")?, currency).ok()
}

pub fn percent(object: &JsValue, key: &str) -> Option<Percent> {
    Percent::parse(u8::try_from(int(object, key)?).ok()?)
}

pub fn list<T>(object: &JsValue, key: &str, read: &dyn Fn(&JsValue) -> Option<T>) -> Option<Vec<T>> {
    let mut all = Vec::new();
    let is_whole = each(&get(object, key), &mut |one| {
        let one = read(one);
        let is_read = one.is_some();
        all.extend(one);
        is_read
    });
    is_whole.then_some(all)
}

/// Whether it is a list and `take` takes every one of it.
fn each(list: &JsValue, take: &mut dyn FnMut(&JsValue) -> bool) -> bool {
    js_sys::Array::is_array(list) && js_sys::Array::from(list).iter().all(|one| take(&one))
}

pub fn ids<T: TryFrom<String>>(object: &JsValue, key: &str) -> Option<Vec<T>> {
    list(object, key, &|one| T::try_from(one.as_string()?).ok())
}
