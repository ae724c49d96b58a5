//! Who shall do it.

use domain::terms::Rule;

use super::frame_back;
use crate::{
    dom::{El, el, text},
    parts,
    state::{App, Step, Who, offer, route},
    texts::t,
};

/// The people who can do all that is chosen, and anyone of them first.
#[must_use]
pub fn screen(app: App) -> El {
    let Some(catalogue) = app.catalogue() else {
        return el("div", "");
    };
    let chosen = app.chosen.get_untracked();
    let services = offer::services(catalogue, &chosen);
    let mut picks = vec![pick(
        app,
        "any",
        &t("employee.any"),
        &t("employee.any_more"),
        "✦",
        None,
        Who::Anyone,
    )];
    for person in offer::people(catalogue, &services) {
        let terms = (person.rule == Rule::Required)
            .then(|| offer::quote(catalogue, &services, Some(&person.id)))
            .flatten()
            .and_then(|quote| parts::short_terms(&quote));
        let initial: String = person.name.chars().take(1).collect();
        let who = Who::One(person.id.clone());
        picks.push(pick(
            app,
            person.id.as_str(),
            &person.name,
            &person.title,
            &initial,
            terms,
            who,
        ));
    }
    frame_back(app, Step::Employee, "employee.title", Step::Services)
        .child(el("div", "picks").children(picks))
}

fn pick(app: App, id: &str, name: &str, more: &str, face: &str, terms: Option<String>, who: Who) -> El {
    let is_chosen = app.chosen.get_untracked().who.as_ref() == Some(&who);
    el("button", "pick with-mark")
        .attr("data-employee", id)
        .attr_if("aria-pressed", is_chosen.then_some("true"))
        .child(text("span", "face", face).attr("aria-hidden", "true"))
        .child(text("span", "name", name))
        .child(terms.map_or_else(|| el("span", ""), |terms| text("span", "tag", &terms)))
        .maybe((!more.is_empty()).then(|| text("span", "more", more)))
        .press(move || {
            let mut chosen = app.chosen.get_untracked();
            if chosen.who.as_ref() != Some(&who) {
                chosen.start = None;
                chosen.employee = match &who {
                    Who::One(id) => Some(id.clone()),
                    Who::Anyone => None,
                };
                chosen.who = Some(who.clone());
            }
            app.chosen.set(chosen);
            route::go(app, Step::Time);
        })
}
