//! Which day and time.

mod group;

use domain::time::Moment;
use server::api::{
    error::{ApiError, Code},
    free_times::{Day, FreeTime, FreeTimes, FreeTimesCall, FreeTimesRequest},
};

use super::frame_back;
use crate::{
    client::call,
    dom::{El, button, el, spawn, text, words},
    flow,
    intl::{self, at, on},
    number::count,
    parts,
    state::{App, Live, Step, Who, offer, route, store},
    texts::{t, tf, tn},
};

/// Days shown at once.
const WEEK: i64 = 7;

/// What the screen shows.
#[derive(Clone, Copy)]
pub struct Times {
    /// The free times of the week in view; `None` while they are asked for.
    found: Live<Option<Result<FreeTimes, ApiError>>>,
    /// The first day of the week in view.
    from: Live<String>,
    /// The last day that can be booked; empty while it is not known.
    last: Live<String>,
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
            from: Live::new(String::new()),
            last: Live::new(String::new()),
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
    frame_back(app, Step::Time, "time.title", back)
        .child(times.bar())
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
    /// Asks for the week from a day on; `None`: from today on, by the server's clock.
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
            from: from.clone(),
            days: 7,
        };
        self.times.from.set(from.unwrap_or_else(|| self.today()));
        let number = self.times.asked.get_untracked() + 1;
        self.times.asked.set(number);
        self.times.found.set(None);
        spawn(async move {
            let answer = {
                // With the token of a time that is held already: it is free for who holds it.
                let token = store::token(self.app);
                call(self.app, FreeTimesCall { request }, token.as_ref()).await
            };
            if self.times.asked.get_untracked() != number {
                return;
            }
            if let Ok(found) = &answer {
                let own = chosen
                    .start
                    .filter(|_| first)
                    .map(|start| intl::day_of(start, self.app.zone()));
                let open = |day: &&Day| !day.times.is_empty();
                // The day of a time chosen before, unless it has become full.
                let day = found.days.iter().filter(open);
                let day = day
                    .clone()
                    .find(|day| Some(&day.date) == own.as_ref())
                    .or(day.clone().next());
                self.times.day.set(day.map(|day| day.date.clone()));
                self.times.last.set(found.last.clone());
                if let Some(day) = found.days.first() {
                    self.times.from.set(day.date.clone());
                }
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
        if found.is_none() {
            let bars = (0..2).map(|_| el("i", "")).collect();
            return vec![el("div", "skeleton").label("time.loading").children(bars)];
        }
        vec![el("div", "week").children(days.iter().map(|day| self.day(day)).collect())]
    }

    /// Earlier and later: there whatever the week has, so that nobody is stuck in an empty one.
    fn bar(self) -> El {
        let step = |label: &str, name: &str, days: i64| {
            text("button", "plain", label)
                .press(move || {
                    self.ask(
                        Some(intl::days_after(&self.times.from.get_untracked(), days)),
                        false,
                    );
                })
                .label(name)
        };
        let before = step("‹", "time.before", -WEEK)
            .live_prop("disabled", move || self.times.from.get() <= self.today());
        let after = step("›", "time.after", WEEK).live_prop("disabled", move || {
            let last = self.times.last.get();
            !last.is_empty() && intl::days_after(&self.times.from.get(), WEEK) > last
        });
        el("div", "weekbar")
            .child(before)
            .child(el("h2", "").live_text(move || on(&self.times.from.get(), intl::MONTH)))
            .child(after)
    }

    fn today(self) -> String {
        intl::day_of(crate::state::clock::server_now(self.app), self.app.zone())
    }

    fn day(self, day: &Day) -> El {
        let date = day.date.clone();
        let free = count(day.times.len());
        let label = [&on(&date, intl::DAY), ", ", &tn("time.free", free, &[])].concat();
        let pressed = date.clone();
        el("button", "day")
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
            Some(Err(error)) => {
                let words = match error.code {
                    Code::Network | Code::Busy => t("time.failed"),
                    _ => flow::words(self.app, &error),
                };
                // What can't be had can't be had again.
                let again = (!matches!(error.code, Code::Invalid | Code::NotFound)).then(|| {
                    button("button second", "again", move || {
                        self.ask(Some(self.times.from.get_untracked()), false);
                    })
                });
                return vec![parts::note("bad", &words).maybe(again)];
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
                let heading = words("h3", "quiet small", name);
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
            .attr("data-start", &crate::number::text(start.0))
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
                parts::said("", "time.none").child(
                    text("button", "button second", &label)
                        .press(move || self.ask(Some(next.clone()), false))
                        .id("next-free-day"),
                )
            }
            // There may be some before.
            None if self.times.from.get() > self.today() => parts::said("", "time.none"),
            None => parts::said("", "time.none_at_all").child(parts::phone_link(self.app.phone())),
        }
    }
}
