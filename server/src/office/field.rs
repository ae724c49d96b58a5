//! Fields of forms: the label above, what is wrong beside it and tied to it.

use maud::{Markup, html};

use super::form::{Form, Wrong};

/// A form as it is drawn: what stands in it, and what is wrong with it.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    /// What stands in it.
    pub form: &'a Form,
    /// What is wrong.
    pub wrong: &'a Wrong,
}

/// What kind of text a field takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Any text of one line.
    Text,
    /// An e-mail address.
    Email,
    /// The password of who signs in.
    Password,
    /// A new password.
    NewPassword,
    /// A secret that is never shown again, nor kept by the browser.
    Secret,
    /// A sum of money.
    Sum,
    /// A whole number.
    Number,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A telephone number.
    Phone,
    /// A colour, `#rrggbb`.
    Colour,
}

/// Fields of a form that stands on a page more than once: their ids begin with something of its own.
#[derive(Clone, Copy, Debug)]
pub struct Within<'a> {
    fields: Fields<'a>,
    of: &'a str,
}

impl<'a> Fields<'a> {
    /// The same fields, with ids that begin with this.
    #[must_use]
    pub fn within(self, of: &'a str) -> Within<'a> {
        Within { fields: self, of }
    }

    /// A field of one line.
    #[must_use]
    pub fn input(&self, name: &str, label: &str, kind: Kind, hint: &str) -> Markup {
        self.within("").input(name, label, kind, hint)
    }

    /// A field of several lines.
    #[must_use]
    pub fn text(&self, name: &str, label: &str, hint: &str, rows: u8) -> Markup {
        self.within("").text(name, label, hint, rows)
    }

    /// One of several: values and their names.
    #[must_use]
    pub fn select<V: AsRef<str>, N: AsRef<str>>(
        &self,
        name: &str,
        label: &str,
        hint: &str,
        options: &[(V, N)],
    ) -> Markup {
        self.within("").select(name, label, hint, options)
    }

    /// A box to tick.
    #[must_use]
    pub fn tick(&self, name: &str, label: &str, hint: &str) -> Markup {
        self.within("").tick(name, label, hint)
    }

    /// What is wrong, all of it, above the form: it takes the focus.
    #[must_use]
    pub fn summary(&self) -> Markup {
        self.within("").summary()
    }
}

impl Within<'_> {
    /// A field of one line.
    #[must_use]
    pub fn input(&self, name: &str, label: &str, kind: Kind, hint: &str) -> Markup {
        let (input_type, mode, complete) = match kind {
            Kind::Text => ("text", None, None),
            Kind::Email => ("email", Some("email"), Some("email")),
            Kind::Password => ("password", None, Some("current-password")),
            Kind::NewPassword => ("password", None, Some("new-password")),
            Kind::Secret => ("password", None, Some("off")),
            Kind::Sum => ("text", Some("decimal"), Some("off")),
            Kind::Number => ("text", Some("numeric"), Some("off")),
            Kind::Date => ("date", None, None),
            Kind::Time => ("time", None, None),
            Kind::Phone => ("tel", Some("tel"), Some("tel")),
            Kind::Colour => ("color", None, None),
        };
        let hidden = matches!(kind, Kind::Password | Kind::NewPassword | Kind::Secret);
        let value = if hidden { "" } else { self.fields.form.raw(name) };
        self.around(
            name,
            label,
            hint,
            &html! {
                input id=(self.id(name)) name=(name) type=(input_type) inputmode=[mode] autocomplete=[complete] value=(value)
                    spellcheck=[(kind == Kind::Secret).then_some("false")]
                    aria-invalid=[self.fields.wrong.of(name).map(|_| "true")] aria-describedby=[self.described(name, hint)];
            },
        )
    }

    /// A field of several lines.
    #[must_use]
    pub fn text(&self, name: &str, label: &str, hint: &str, rows: u8) -> Markup {
        self.around(
            name,
            label,
            hint,
            &html! {
                textarea id=(self.id(name)) name=(name) rows=(rows) aria-invalid=[self.fields.wrong.of(name).map(|_| "true")]
                    aria-describedby=[self.described(name, hint)] { (self.fields.form.raw(name)) }
            },
        )
    }

    /// One of several: values and their names.
    #[must_use]
    pub fn select<V: AsRef<str>, N: AsRef<str>>(
        &self,
        name: &str,
        label: &str,
        hint: &str,
        options: &[(V, N)],
    ) -> Markup {
        let now = self.fields.form.get(name);
        self.around(
            name,
            label,
            hint,
            &html! {
                select id=(self.id(name)) name=(name) aria-invalid=[self.fields.wrong.of(name).map(|_| "true")]
                    aria-describedby=[self.described(name, hint)] {
                    @for (value, text) in options {
                        option value=(value.as_ref()) selected[now == value.as_ref()] { (text.as_ref()) }
                    }
                }
            },
        )
    }

    /// A box to tick.
    #[must_use]
    pub fn tick(&self, name: &str, label: &str, hint: &str) -> Markup {
        html! {
            div.tick {
                input id=(self.id(name)) name=(name) type="checkbox" value="yes" checked[self.fields.form.ticked(name)]
                    aria-describedby=[self.described(name, hint)];
                label for=(self.id(name)) { (label) }
                (self.about(name, hint))
            }
        }
    }

    /// What is wrong, all of it, above the form: it takes the focus.
    #[must_use]
    pub fn summary(&self) -> Markup {
        html! {
            @if !self.fields.wrong.is_empty() {
                div.wrong.summary #summary tabindex="-1" role="alert" autofocus {
                    p { strong { "Please look at this again:" } }
                    ul {
                        @for (field, sentence) in self.fields.wrong.all() {
                            li { a href={ "#" (self.id(field)) } { (sentence) } }
                        }
                    }
                }
            }
        }
    }

    fn id(&self, name: &str) -> String {
        if self.of.is_empty() {
            name.to_owned()
        } else {
            format!("{}-{name}", self.of)
        }
    }

    fn around(&self, name: &str, label: &str, hint: &str, input: &Markup) -> Markup {
        html! {
            div.field {
                label for=(self.id(name)) { (label) }
                (self.about(name, hint))
                (input)
            }
        }
    }

    fn about(&self, name: &str, hint: &str) -> Markup {
        html! {
            @if !hint.is_empty() {
                p.hint id={ (self.id(name)) "-hint" } { (hint) }
            }
            @if let Some(sentence) = self.fields.wrong.of(name) {
                p.wrong id={ (self.id(name)) "-wrong" } { (sentence) }
            }
        }
    }

    fn described(&self, name: &str, hint: &str) -> Option<String> {
        let wrong = self
            .fields
            .wrong
            .of(name)
            .map(|_| format!("{}-wrong", self.id(name)));
        let hint = (!hint.is_empty()).then(|| format!("{}-hint", self.id(name)));
        let both: Vec<String> = hint.into_iter().chain(wrong).collect();
        (!both.is_empty()).then(|| both.join(" "))
    }
}
