//! Which time a report is of, and what it is grouped by.

use domain::time::Moment;
use jiff::{ToSpan as _, civil::Date, tz::TimeZone};
use maud::{Markup, html};
use serde::Deserialize;

use crate::{
    office::{desk::Desk, when},
    store::rollup::By,
};

/// The longest period, in days.
const LONGEST: i32 = 3_660;

/// What the address asks for.
#[derive(Debug, Default, Deserialize)]
pub struct Wish {
    from: Option<String>,
    to: Option<String>,
    by: Option<String>,
}

/// From one of the salon's days to another, both included.
#[derive(Clone, Copy, Debug)]
pub struct Period {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// What it is grouped by.
    pub group: Group,
}

/// What a report is grouped by.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Group {
    Day,
    Week,
    Month,
    Service,
    Employee,
    Way,
}

const GROUPS: [(Group, &str, &str); 6] = [
    (Group::Day, "day", "Day"),
    (Group::Week, "week", "Week"),
    (Group::Month, "month", "Month"),
    (Group::Service, "service", "Service"),
    (Group::Employee, "employee", "Person"),
    (Group::Way, "way", "Way to pay"),
];

impl Group {
    /// What the books are asked for.
    pub fn by(self) -> By {
        match self {
            Group::Day | Group::Week => By::Day,
            Group::Month => By::Month,
            Group::Service => By::Service,
            Group::Employee => By::Employee,
            Group::Way => By::Way,
        }
    }

    /// Whether its lines follow each other in time.
    pub fn is_time(self) -> bool {
        matches!(self, Group::Day | Group::Week | Group::Month)
    }

    /// What people call it.
    pub fn name(self) -> &'static str {
        GROUPS
            .iter()
            .find(|(group, ..)| *group == self)
            .map_or("", |(_, _, name)| name)
    }

    fn word(self) -> &'static str {
        GROUPS
            .iter()
            .find(|(group, ..)| *group == self)
            .map_or("", |(_, word, _)| word)
    }
}

impl Period {
    /// What the address asks for; what it does not say, or says wrongly, is this month by day.
    pub fn read(desk: &Desk, wish: &Wish) -> Period {
        let zone = when::zone(&desk.salon.salon.time_zone);
        let today = when::local(desk.app.now(), &zone).date();
        let day = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<Date>().ok());
        let (from, to) = match (day(&wish.from), day(&wish.to)) {
            (Some(from), Some(to)) if from <= to => (from, to),
            (Some(from), Some(to)) => (to, from),
            (Some(from), None) => (from, from.max(today)),
            _ => (today.first_of_month(), today.last_of_month()),
        };
        let from = from.max(to.saturating_sub(LONGEST.days()));
        let wanted = wish.by.as_deref().unwrap_or_default();
        let group = GROUPS.iter().find(|(_, word, _)| *word == wanted);
        Period {
            from,
            to,
            group: group.map_or(Group::Day, |(group, ..)| *group),
        }
    }

    /// Its first moment, and the first after it.
    pub fn moments(&self, zone: &TimeZone) -> (Moment, Moment) {
        let after = self.to.saturating_add(1.day());
        (when::begin(self.from, zone), when::begin(after, zone))
    }

    /// As it stands in an address.
    pub fn query(&self) -> String {
        format!("from={}&to={}&by={}", self.from, self.to, self.group.word())
    }

    /// A line's day, Monday or month as people write it.
    pub fn name_of(&self, key: &str) -> String {
        let day = match self.group {
            Group::Month => format!("{key}-01").parse::<Date>(),
            _ => key.parse::<Date>(),
        };
        match (day, self.group) {
            (Err(_), _) => key.to_owned(),
            (Ok(day), Group::Month) => day.strftime("%B %Y").to_string(),
            (Ok(day), Group::Week) => {
                let last = day.saturating_add(6.days());
                format!("{} – {}", day.strftime("%-d %b"), last.strftime("%-d %b %Y"))
            }
            (Ok(day), _) => when::long_day(day),
        }
    }

    /// Everything one can choose.
    pub fn choices(&self, desk: &Desk) -> Markup {
        let zone = when::zone(&desk.salon.salon.time_zone);
        let today = when::local(desk.app.now(), &zone).date();
        let monday = today.saturating_sub(i64::from(today.weekday().to_monday_zero_offset()).days());
        let last = today.first_of_month().saturating_sub(1.day());
        let usual = [
            ("Today", today, today),
            ("This week", monday, monday.saturating_add(6.days())),
            ("This month", today.first_of_month(), today.last_of_month()),
            ("Last month", last.first_of_month(), last),
            ("This year", today.first_of_year(), today.last_of_year()),
        ];
        let path = |period: Period| desk.path(&format!("reports?{}", period.query()));
        html! {
            div.buttons {
                @for (name, from, to) in usual {
                    @let now = (self.from, self.to) == (from, to);
                    a.pill href=(path(Period { from, to, ..*self })) aria-current=[now.then_some("true")] { (name) }
                }
            }
            form.period method="get" action=(desk.path("reports")) {
                div.field { label for="from" { "From" } input #from name="from" type="date" value=(self.from); }
                div.field { label for="to" { "To" } input #to name="to" type="date" value=(self.to); }
                div.field {
                    label for="by" { "By" }
                    select #by name="by" {
                        @for (group, word, name) in GROUPS { option value=(word) selected[group == self.group] { (name) } }
                    }
                }
                button.button.second { "Show" }
            }
        }
    }
}

/// The week of a day, named by its Monday.
pub fn week_of(day: &str) -> String {
    match day.parse::<Date>() {
        Ok(day) => day
            .saturating_sub(i64::from(day.weekday().to_monday_zero_offset()).days())
            .to_string(),
        Err(_) => day.to_owned(),
    }
}
