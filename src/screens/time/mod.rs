//! Which day and time.

mod group;

use domain::time::Moment;
use server::api::{
    error::ApiError,
    free_times::{Day, FreeTime, FreeTimes, FreeTimesCall, FreeTimesRequest},
};

use super::frame_back;
use crate::{
    client::call,
    dom::{El, button, el, spawn, text},
    intl::{self, at, on},
    number::count,
    parts,
    state::{App, Live, Step, Who, offer, route},
    texts::{t, tf, tn},
};

/// Days shown at once.
const WEEK: i64 = 7;

/// What the screen shows.
#[derive(Clone, Copy)]
pub struct Times {
    /// The free times of the week in view; `None` while they are asked for.
    found: Live<Option<Result<FreeTimes, ApiError>>>,
    /// The day in view.
    day: Live<Option<String>>,
    /// The number of the last question: an older one's answer comes too late.
    asked: Live<u32>,
}

/// The times, for the page they are of.
#[derive(Clone, Copy)]
struct View {
    app: App,
    times: Times,
}

impl Default for Times {
    fn default() -> Times {
        Times {
            found: Live::new(None),
            day: Live::new(None),
            asked: Live::new(0),
        }
    }
}

/// A week of days, and the times of one. A group event has its dates instead.
#[must_use]
pub fn screen(app: App) -> El {
    let Some(catalogue) = app.catalogue() else {
        return el("div", "");
    };
    let chosen = app.chosen.get_untracked();
    if let Some(dates) = offer::group_dates(catalogue, &chosen) {
        return group::screen(app, dates);
    }
    let people = offer::people(catalogue, &offer::services(catalogue, &chosen));
    let back = if people.len() > 1 {
        Step::Employee
    } else {
        Step::Services
    };
    app.times.day.set(None);
    let times = View {
        app,
        times: app.times,
    };
    // The week of a time chosen before, else the one that begins today.
    let from = chosen.start.map(|start| intl::day_of(start, app.zone()));
    times.ask(from, true);
    frame_back(app, Step::Time, &t("time.title"), back)
        .child(el("div", "stack").live(move || times.week()))
        .child(
            el("div", "stack")
                .attr("aria-live", "polite")
                .live(move || times.of_day()),
        )
}

/// The times' zone, named when the client's clock goes differently.
fn zone_note(app: App, moment: Moment) -> Option<El> {
    let place = intl::foreign_zone(app.zone(), moment)?;
    Some(text("p", "quiet small", &tf("time.zone", &[("place", &place)])))
}

impl View {
    fn ask(self, from: Option<String>, first: bool) {
        let Some(catalogue) = self.app.catalogue() else {
            return;
        };
        let chosen = self.app.chosen.get_untracked();
        let request = FreeTimesRequest {
            salon: catalogue.salon.slug.clone(),
            services: chosen.services.clone(),
            employee: match &chosen.who {
                Some(Who::One(id)) => Some(id.clone()),
                _ => None,
            },
            from,
            days: 7,
        };
        let number = self.times.asked.get_untracked() + 1;
        self.times.asked.set(number);
        self.times.found.set(None);
        spawn(async move {
            let answer = call(self.app, FreeTimesCall { request }, None).await;
            if self.times.asked.get_untracked() != number {
                return;
            }
            if let Ok(found) = &answer {
                let chosen = chosen
                    .start
                    .filter(|_| first)
                    .map(|start| intl::day_of(start, self.app.zone()));
                let open = |day: &&Day| {
                    !day.times.is_empty() && chosen.as_ref().is_none_or(|date| *date == day.date)
                };
                self.times
                    .day
                    .set(found.days.iter().find(open).map(|day| day.date.clone()));
            }
            self.times.found.set(Some(answer));
        });
    }

    fn week(self) -> Vec<El> {
        let found = self.times.found.get();
        let days = match &found {
            Some(Ok(found)) => found.days.as_slice(),
            Some(Err(_)) => return Vec::new(),
            None => &[],
        };
        let (Some(first), Some(last)) = (days.first(), days.last()) else {
            let bars = (0..2).map(|_| el("i", "")).collect();
            return vec![
                el("div", "skeleton")
                    .attr("aria-label", &t("time.loading"))
                    .children(bars),
            ];
        };
        let first = first.date.clone();
        let next = intl::days_after(&last.date, 1);
        let today = intl::day_of(crate::state::clock::server_now(self.app), self.app.zone());
        let before = intl::days_after(&first, -WEEK).max(today.clone());
        let step = |label: &str, name: &str, date: String, off: bool| {
            button("plain", label, move || self.ask(Some(date.clone()), false))
                .attr("aria-label", &t(name))
                .attr_if("disabled", off.then_some(""))
        };
        let bar = el("div", "weekbar")
            .child(step("‹", "time.before", before, first <= today))
            .child(text("h2", "", &on(&first, intl::MONTH)))
            .child(step("›", "time.after", next, false));
        vec![
            bar,
            el("div", "week").children(days.iter().map(|day| self.day(day)).collect()),
        ]
    }

    fn day(self, day: &Day) -> El {
        let date = day.date.clone();
        let free = count(day.times.len());
        let label = [&on(&date, intl::DAY), ", ", &tn("time.free", free, &[])].concat();
        let pressed = date.clone();
        el("button", "day")
            .attr("type", "button")
            .attr("data-date", &date)
            .attr("aria-label", &label)
            .attr_if("disabled", day.times.is_empty().then_some(""))
            .child(text("small", "", &on(&date, intl::WEEKDAY)))
            .child(text("b", "", &on(&date, intl::NUMBER)))
            .live_attr("aria-pressed", move || {
                Some(if self.times.day.with(|day| day.as_ref() == Some(&pressed)) {
                    "true"
                } else {
                    "false"
                })
            })
            .press(move || self.times.day.set(Some(date.clone())))
    }

    fn of_day(self) -> Vec<El> {
        let found = match self.times.found.get() {
            None => return Vec::new(),
            Some(Err(_)) => {
                let again = button("button second", &t("again"), move || self.ask(None, false));
                return vec![parts::note("bad", &t("time.failed")).child(again)];
            }
            Some(Ok(found)) => found,
        };
        let Some(date) = self.times.day.get() else {
            return vec![self.none(found.next)];
        };
        let times = found
            .days
            .iter()
            .find(|day| day.date == date)
            .map(|day| day.times.as_slice())
            .unwrap_or_default();
        let mut shown = vec![text("h2", "", &on(&date, intl::DAY))];
        shown.extend(times.first().and_then(|time| zone_note(self.app, time.start)));
        let hour = |time: &FreeTime| intl::hour_of(time.start, self.app.zone());
        for (name, from, to) in [
            ("time.morning", 0, 12),
            ("time.afternoon", 12, 17),
            ("time.evening", 17, 24),
        ] {
            let part: Vec<El> = times
                .iter()
                .filter(|time| (from..to).contains(&hour(time)))
                .map(|time| self.time(time))
                .collect();
            if !part.is_empty() {
                let heading = text("h3", "quiet small", &t(name));
                shown.push(
                    el("div", "tight")
                        .child(heading)
                        .child(el("div", "times").children(part)),
                );
            }
        }
        shown
    }

    fn time(self, time: &FreeTime) -> El {
        let app = self.app;
        let FreeTime { start, employee } = time.clone();
        let is_chosen = app.chosen.get_untracked().start == Some(start);
        el("button", "time")
            .attr("type", "button")
            .attr("data-start", &start.0.to_string())
            .attr_if("aria-pressed", is_chosen.then_some("true"))
            .text(&at(start, intl::TIME, app.zone()))
            .press(move || {
                app.choose_time(start, employee.clone(), None);
                route::go(app, Step::Details);
            })
    }

    fn none(self, next: Option<String>) -> El {
        match next {
            Some(next) => {
                let label = tf("time.next", &[("day", &on(&next, intl::DAY))]);
                parts::note("", &t("time.none")).child(
                    button("button second", &label, move || {
                        self.ask(Some(next.clone()), false)
                    })
                    .id("next-free-day"),
                )
            }
            None => parts::note("", &t("time.none_at_all")).child(parts::phone_link(self.app.phone())),
        }
    }
}
