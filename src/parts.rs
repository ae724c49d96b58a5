//! Small pieces that several screens show.

use domain::{
    money::Money,
    terms::{Offer, Quote, Reason},
};
use server::api::catalogue::Service;

use crate::{
    dom::{El, el, text, words},
    intl::money,
    number::text as digits,
    texts::{t, tf, tn, with_sum},
};

/// A sum: its minor units stand in `data-sum`.
#[must_use]
pub fn sum(sum: Money) -> El {
    text("span", "sum", &money(sum)).attr("data-sum", &digits(sum.minor()))
}

/// A price, perhaps the lower end of a range.
#[must_use]
pub fn price(lowest: Money, from: bool) -> El {
    if lowest.is_zero() {
        return words("span", "sum", "free").attr("data-sum", "0");
    }
    let shown = money(lowest);
    let shown = if from {
        tf("price.from", &[("sum", &shown)])
    } else {
        shown
    };
    text("span", "sum", &shown).attr("data-sum", &digits(lowest.minor()))
}

/// `1 h 30 min`
#[must_use]
pub fn minutes(minutes: u16) -> String {
    let (hours, rest) = (minutes / 60, digits((minutes % 60).into()));
    match (hours, rest.as_str()) {
        (0, rest) => tf("minutes", &[("m", rest)]),
        (hours, "0") => tf("hours", &[("h", &digits(hours.into()))]),
        (hours, rest) => tf("hours_minutes", &[("h", &digits(hours.into())), ("m", rest)]),
    }
}

/// The short terms of a service in a list: `Pay 30 % now`.
#[must_use]
pub fn short_terms(quote: &Quote) -> Option<String> {
    let due = match quote.offer {
        Offer::AtSalon => return None,
        Offer::Choice(_) => return Some(t("terms.choice")),
        Offer::Must(due) => due,
    };
    let part = quote.reasons.iter().find_map(|reason| match reason {
        Reason::ServicePercent { percent } => {
            Some(tf("terms.percent", &[("percent", &digits(percent.get().into()))]))
        }
        _ => None,
    });
    Some(part.unwrap_or_else(|| {
        if due.now == quote.price {
            t("terms.full")
        } else {
            with_sum("terms.sum", due.now)
        }
    }))
}

/// Why an amount is as it is, in one sentence.
#[must_use]
pub fn why(reason: Reason) -> String {
    match reason {
        Reason::Free => t("why.free"),
        Reason::OnlineOff => t("why.online_off"),
        Reason::NotOffered => t("why.not_offered"),
        Reason::YourChoice => t("why.your_choice"),
        Reason::ServiceInFull => t("why.service_in_full"),
        Reason::ServicePercent { percent } => tf(
            "why.service_percent",
            &[("percent", &digits(percent.get().into()))],
        ),
        Reason::ServiceFixed { sum } => with_sum("why.service_fixed", sum),
        Reason::EmployeeInFull => t("why.employee_in_full"),
        Reason::GroupInFull => t("why.group_in_full"),
        Reason::Added => t("why.added"),
        Reason::FromPrice => t("why.from_price"),
        Reason::KnownClient => t("why.known_client"),
        Reason::BelowValue { from } => with_sum("why.below_value", from),
        Reason::RaisedToMinimum { minimum } => with_sum("why.raised_to_minimum", minimum),
        Reason::TooSmall { minimum } => with_sum("why.too_small", minimum),
        Reason::TooLarge => t("why.too_large"),
    }
}

/// A line of words and a sum.
#[must_use]
pub fn row(class: &str, words: &str, value: El) -> El {
    el("div", &["row ", class].concat())
        .child(text("span", "", words))
        .child(value)
}

/// A line of a text, by its key, and a sum.
#[must_use]
pub fn named(class: &str, key: &str, value: El) -> El {
    row(class, &t(key), value)
}

/// A note of a text, by its key.
#[must_use]
pub fn said(class: &str, key: &str) -> El {
    note(class, &t(key))
}

/// A note: a box of one or more sentences.
#[must_use]
pub fn note(class: &str, words: &str) -> El {
    el("div", &["note ", class].concat()).child(text("p", "", words))
}

/// How many services: `2 services`, or the name of the only one.
#[must_use]
pub fn names(services: &[&Service]) -> String {
    match services {
        [one] => one.name.clone(),
        many => tn("services.count", crate::number::count(many.len()), &[]),
    }
}

/// A number to call, as a link.
#[must_use]
pub fn phone_link(phone: &str) -> El {
    let dialled: String = phone
        .chars()
        .filter(|c| c.is_ascii_digit() || *c == '+')
        .collect();
    text("a", "", phone).attr("href", &["tel:", &dialled].concat())
}
