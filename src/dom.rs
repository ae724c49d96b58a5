//! Elements, in Leptos' builder style but of one type.
//!
//! Leptos' own views have a type for every element, with code for each: on this widget's screens that was six times the
//! bytes of these (docs/decisions/0010-the-widgets-bytes.md). What changes is bound to signals with Leptos' own render
//! effects, which live as long as the owner they are made under: a screen's end with the screen.

use std::pin::Pin;

use leptos::prelude::{Owner, RenderEffect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use web_sys::{Document, DomTokenList, Element, Event};

use crate::texts::t;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = window)]
    static WINDOW: JsValue;
}

/// An element that is being built.
#[derive(Clone)]
pub struct El(Element);

/// An element of this tag and class (`""`: none).
#[must_use]
pub fn el(tag: &str, class: &str) -> El {
    let element = document().create_element(tag);
    // Our own tags are valid names: the other arm is never taken, and an empty document is no place for a panic.
    let element = element.unwrap_or_else(|_| Element::from(JsValue::NULL));
    let it = El(element);
    let it = if class.is_empty() {
        it
    } else {
        it.attr("class", class)
    };
    // There is no form that a button could send.
    if tag == "button" {
        it.attr("type", "button")
    } else {
        it
    }
}

/// An element with a text.
#[must_use]
pub fn text(tag: &str, class: &str, text: &str) -> El {
    el(tag, class).text(text)
}

/// An element with a text of the page, by its key.
#[must_use]
pub fn words(tag: &str, class: &str, key: &str) -> El {
    el(tag, class).words(key)
}

/// A button that does something, with a text of the page, by its key.
#[must_use]
pub fn button(class: &str, key: &str, press: impl FnMut() + 'static) -> El {
    words("button", class, key).press(press)
}

/// The page.
#[must_use]
pub fn document() -> Document {
    leptos::prelude::document()
}

/// A property of the browser's window; `undefined` where asking for it is forbidden, too.
#[must_use]
pub fn global(key: &str) -> JsValue {
    WINDOW.with(|window| get(window, key))
}

/// A part of the page's address, such as `hash`.
#[must_use]
pub fn location(part: &str) -> String {
    get(&global("location"), part).as_string().unwrap_or_default()
}

/// The element of the page with this id.
#[must_use]
pub fn by_id(id: &str) -> Option<Element> {
    document().get_element_by_id(id)
}

/// Moves the focus to the element with this id.
pub fn focus(id: &str) {
    if let Some(element) = by_id(id) {
        let _ = element.unchecked_into::<web_sys::HtmlElement>().focus();
    }
}

/// A property of a JavaScript object, `undefined` where there is none.
#[must_use]
pub fn get(object: &JsValue, key: &str) -> JsValue {
    js_sys::Reflect::get(object, &key.into()).unwrap_or_default()
}

/// Sets a property of a JavaScript object.
pub fn set(object: &JsValue, key: &str, value: &JsValue) {
    let _ = js_sys::Reflect::set(object, &key.into(), value);
}

/// Gives an element a class, or takes it away.
pub fn toggle(element: &Element, class: &str, has: bool) {
    let classes: DomTokenList = get(element, "classList").unchecked_into();
    let _ = classes.toggle_with_force(class, has);
}

/// Runs now and whenever a signal it reads has changed, until its owner ends.
pub fn bind(run: impl FnMut() + 'static) {
    fn boxed(mut run: Box<dyn Act<()>>) {
        let effect = RenderEffect::new(move |_: Option<()>| run.act());
        Owner::on_cleanup(move || drop(effect));
    }
    boxed(Box::new(run));
}

/// Lets a task run beside the page.
pub fn spawn(task: impl Future<Output = ()> + 'static) {
    // One type of task for all: the executor's code is made once.
    let task: Pin<Box<dyn Future<Output = ()>>> = Box::pin(task);
    leptos::task::spawn_local(task);
}

/// Listens to an event of a window, document or element for the page's life.
pub fn listen(target: &JsValue, event: &str, hear: impl FnMut(Event) + 'static) {
    fn boxed(target: &JsValue, event: &str, mut hear: Box<dyn Hear>) {
        let hear = callback(move |event| hear.hear(event.unchecked_into()));
        let target: &web_sys::EventTarget = target.unchecked_ref();
        let _ = target.add_event_listener_with_callback(event, hear.unchecked_ref());
    }
    boxed(target, event, Box::new(hear));
}

/// A function for JavaScript to call. The browser collects it together with what calls it.
#[must_use]
pub fn callback(hear: impl FnMut(JsValue) + 'static) -> JsValue {
    Closure::<dyn FnMut(JsValue)>::new(hear).into_js_value()
}

impl El {
    /// An element that is in the page already.
    #[must_use]
    pub fn of(element: Element) -> El {
        El(element)
    }

    /// The element itself.
    #[must_use]
    pub fn raw(&self) -> &Element {
        &self.0
    }

    /// Sets an attribute.
    #[must_use]
    pub fn attr(self, name: &str, value: &str) -> El {
        let _ = self.0.set_attribute(name, value);
        self
    }

    /// Sets an attribute if there is a value.
    #[must_use]
    pub fn attr_if(self, name: &str, value: Option<&str>) -> El {
        match value {
            Some(value) => self.attr(name, value),
            None => self,
        }
    }

    /// Sets the id.
    #[must_use]
    pub fn id(self, id: &str) -> El {
        self.attr("id", id)
    }

    /// Adds a text.
    #[must_use]
    pub fn text(self, text: &str) -> El {
        let _ = self.0.append_with_str_1(text);
        self
    }

    /// Adds a text of the page, by its key.
    #[must_use]
    pub fn words(self, key: &str) -> El {
        self.text(&t(key))
    }

    /// Names it for who can't see it, by the key of a text.
    #[must_use]
    pub fn label(self, key: &str) -> El {
        self.attr("aria-label", &t(key))
    }

    /// Adds an element.
    #[must_use]
    pub fn child(self, child: El) -> El {
        let _ = self.0.append_child(&child.0);
        self
    }

    /// Adds an element if there is one.
    #[must_use]
    pub fn maybe(self, child: Option<El>) -> El {
        match child {
            Some(child) => self.child(child),
            None => self,
        }
    }

    /// Adds elements.
    #[must_use]
    pub fn children(self, children: Vec<El>) -> El {
        children.into_iter().fold(self, El::child)
    }

    /// Does something at an event.
    #[must_use]
    pub fn on(self, event: &str, hear: impl FnMut(Event) + 'static) -> El {
        listen(&self.0, event, hear);
        self
    }

    /// Does something when it is pressed.
    #[must_use]
    pub fn press(self, press: impl FnMut() + 'static) -> El {
        fn boxed(element: &Element, mut press: Box<dyn Act<()>>) {
            listen(element, "click", move |_| press.act());
        }
        boxed(&self.0, Box::new(press));
        self
    }

    /// A text that follows signals.
    #[must_use]
    pub fn live_text(self, text: impl Fn() -> String + 'static) -> El {
        fn boxed(element: Element, mut text: Box<dyn Act<String>>) {
            bind(move || element.set_text_content(Some(&text.act())));
        }
        boxed(self.0.clone(), Box::new(text));
        self
    }

    /// An attribute that follows signals: `None` takes it away.
    #[must_use]
    pub fn live_attr(self, name: &'static str, value: impl Fn() -> Option<&'static str> + 'static) -> El {
        fn boxed(element: Element, name: &'static str, mut value: Box<dyn Act<Option<&'static str>>>) {
            bind(move || {
                let _ = match value.act() {
                    Some(value) => element.set_attribute(name, value),
                    None => element.remove_attribute(name),
                };
            });
        }
        boxed(self.0.clone(), name, Box::new(value));
        self
    }

    /// A yes or no property that follows signals, such as `disabled` or `checked`.
    #[must_use]
    pub fn live_prop(self, name: &'static str, value: impl Fn() -> bool + 'static) -> El {
        fn boxed(element: Element, name: &'static str, mut value: Box<dyn Act<bool>>) {
            bind(move || set(&element, name, &value.act().into()));
        }
        boxed(self.0.clone(), name, Box::new(value));
        self
    }

    /// Children that follow signals: made anew at each change, and what was bound in them ends. A single one that is there
    /// already stays untouched: moved, it would lose the focus.
    #[must_use]
    pub fn live(self, children: impl Fn() -> Vec<El> + 'static) -> El {
        fn boxed(element: Element, mut children: Box<dyn Act<Vec<El>>>) {
            let mut last: Option<Owner> = None;
            bind(move || {
                if let Some(owner) = last.take() {
                    owner.cleanup();
                }
                let owner = Owner::new();
                let children = owner.with(|| children.act());
                if let [El(only)] = children.as_slice()
                    && ["firstElementChild", "lastElementChild"]
                        .iter()
                        .all(|side| get(&element, side) == *AsRef::<JsValue>::as_ref(only))
                {
                    last = Some(owner);
                    return;
                }
                element.set_text_content(None);
                for child in children {
                    let _ = element.append_child(&child.0);
                }
                last = Some(owner);
            });
        }
        boxed(self.0.clone(), Box::new(children));
        self
    }
}

/// A closure to be called many times. `dyn FnMut` would keep a second copy of each one's code, for being called just once.
trait Act<T> {
    fn act(&mut self) -> T;
}

impl<T, F: FnMut() -> T> Act<T> for F {
    fn act(&mut self) -> T {
        self()
    }
}

/// The same for one that hears events.
trait Hear {
    fn hear(&mut self, event: Event);
}

impl<F: FnMut(Event)> Hear for F {
    fn hear(&mut self, event: Event) {
        self(event);
    }
}
