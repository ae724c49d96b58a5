//! Booked: what happens next, the receipt, the calendar file.

mod calendar;

use server::api::booking::{Booking, Payment};

use super::{frame, visit};
use crate::{
    dom::{El, button, el, text, words},
    parts,
    state::{App, Step},
    texts::{tf, with_sum},
};

/// The end of a booking, or of a visit's payment.
#[must_use]
pub fn screen(app: App) -> El {
    let Some(booking) = app.booking.get_untracked() else {
        return el("div", "");
    };
    let paid = match booking.payment {
        Payment::Paid { sum } => Some(sum),
        _ => None,
    };
    let heading = if app.is_visit() {
        "done.paid"
    } else {
        "done.booked"
    };
    let mail = (!booking.email.is_empty()).then(|| {
        let key = if paid.is_some() {
            "done.mail_receipt"
        } else {
            "done.mail"
        };
        text("p", "", &tf(key, &[("email", &booking.email)]))
    });
    // The booking stands: it was the salon that gave the money back.
    let back = match booking.payment {
        Payment::GivenBack { sum } => Some(text("p", "", &with_sum("done.refunded", sum)).id("refunded")),
        _ => None,
    };
    let facts = el("dl", "facts")
        .child(fact(
            "done.reference",
            text("span", "", &booking.reference).id("reference"),
        ))
        .child(fact("done.when", text("span", "", &visit::when(app, &booking))))
        .child(fact("done.what", visit::lines(&booking)))
        .maybe(paid.map(|sum| fact("done.receipt", parts::sum(sum).text(" ").words("done.by_card"))))
        .maybe(rest(&booking).map(|rest| fact("due.salon", rest)))
        .maybe(app.page.salon.as_ref().map(|salon| {
            fact(
                "done.where",
                el("span", "").text(&salon.name).text(", ").text(&salon.address),
            )
        }));
    let tick = text("div", "tick", "✓").attr("aria-hidden", "true");
    let another = (!app.is_visit())
        .then(|| button("button second", "done.another", move || app.begin_anew()).id("book-another"));
    // In a tab of its own: nothing here may take the salon's page away.
    let manage = booking.manage.as_ref().map(|address| {
        words("a", "button second", "done.manage")
            .id("manage")
            .attr("href", address)
            .attr("target", "_blank")
            .attr("rel", "noopener")
    });
    let actions = el("div", "actions")
        .maybe(calendar::link(app, &booking))
        .maybe(manage)
        .maybe(another);
    let phone = app.phone();
    let call = (!phone.is_empty() && !app.is_visit()).then(|| {
        el("p", "quiet small")
            .words("done.change")
            .text(" ")
            .child(parts::phone_link(phone))
    });
    el("div", "screen").child(tick).child(
        frame(Step::Done, heading)
            .maybe(mail)
            .maybe(back)
            .child(facts)
            .child(actions)
            .maybe(call),
    )
}

fn fact(name: &str, value: El) -> El {
    el("div", "")
        .child(words("dt", "", name))
        .child(el("dd", "").child(value))
}

/// What is still to be paid at the salon.
fn rest(booking: &Booking) -> Option<El> {
    let rest = match booking.payment {
        Payment::Paid { sum } => booking.quote.price.less(sum).ok()?,
        Payment::GivenBack { .. } => return None,
        _ => booking.quote.price,
    };
    (!rest.is_zero()).then(|| parts::price(rest, booking.quote.from))
}
