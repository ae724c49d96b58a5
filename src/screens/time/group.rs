//! Which date of a group event.

use server::api::{booking::State, catalogue::GroupDate};

use super::{frame_back, zone_note};
use crate::{
    dom::{El, el, text},
    intl::{self, at},
    parts,
    state::{App, Step, offer, route},
    texts::{t, tn},
};

/// The event's dates, with the seats left.
pub fn screen(app: App, dates: &'static [GroupDate]) -> El {
    let screen = frame_back(app, Step::Time, "group.title", Step::Services);
    let Some(first) = dates.first() else {
        return screen.child(parts::said("", "group.none").child(parts::phone_link(app.phone())));
    };
    let picks = dates.iter().map(|date| pick(app, date)).collect();
    screen
        .maybe(zone_note(app, first.start))
        .child(el("div", "picks").children(picks))
}

fn pick(app: App, date: &'static GroupDate) -> El {
    let leader = app
        .catalogue()
        .map_or("", |catalogue| offer::name(catalogue, &date.employee));
    // The page was written without the token: a seat that is held with it is free for who holds it.
    let left = date.seats_left.max(u16::from(holds(app, date)));
    let full = left == 0;
    let seats = if full {
        t("group.full")
    } else {
        tn("group.seats", left.into(), &[])
    };
    let is_chosen = app.chosen.get_untracked().date.as_ref() == Some(&date.id);
    el("button", "pick")
        .attr("data-group-date", date.id.as_str())
        .attr_if("aria-pressed", is_chosen.then_some("true"))
        .attr_if("disabled", full.then_some(""))
        .child(text("span", "name", &at(date.start, intl::MOMENT, app.zone())))
        .child(text("span", "tag", &seats))
        .child(text("span", "more", leader))
        .press(move || {
            app.choose_time(date.start, date.employee.clone(), Some(date.id.clone()));
            route::go(app, Step::Details);
        })
}

/// Whether a seat of this date is held by this page's booking.
fn holds(app: App, date: &GroupDate) -> bool {
    app.booking.get_untracked().is_some_and(|booking| {
        matches!(booking.state, State::Held { .. })
            && booking
                .choice
                .as_ref()
                .is_some_and(|choice| choice.date.as_ref() == Some(&date.id))
    })
}
