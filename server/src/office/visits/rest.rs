//! The link for what is left to pay of a visit after a part was paid.

use axum::extract::Path;
use domain::{
    money::Money,
    payment::{BookingState, Purpose},
};
use maud::{Markup, html};

use super::{
    link::{Unit, after},
    one::{Typed, find, not_yet},
};
use crate::{
    handlers::visit::{self, Wishes},
    office::{
        desk::Desk,
        field::Kind,
        form::{Form, Wrong},
        said::plain,
        trouble::{Answer, Trouble},
    },
    payments::rest,
    store::{
        StoreError,
        attempt::{self, AttemptRecord},
        booking::{self, BookingRecord},
        link::Shown,
        missed,
    },
};

/// Where a visit stands that is paid by link.
#[derive(Clone, Copy, Debug)]
pub enum Stand {
    /// Nothing is paid.
    Unpaid,
    /// A part is; this is left, and can be asked for.
    PartPaid(Money),
    /// Nothing more can be asked for.
    Settled {
        /// Whether the rest was paid by itself.
        rest: bool,
    },
}

impl Stand {
    /// Where it stands after these attempts to pay it and its rest.
    pub fn of(visit: &BookingRecord, attempts: &[AttemptRecord]) -> Result<Stand, Trouble> {
        let of = |purpose| attempts.iter().filter(move |one| one.purpose == purpose);
        let first: Vec<AttemptRecord> = of(Purpose::Booking).cloned().collect();
        if !first.iter().any(AttemptRecord::pays) {
            return Ok(Stand::Unpaid);
        }
        let rest = of(Purpose::Rest).any(AttemptRecord::pays);
        let left = rest::left(visit, &first).map_err(StoreError::damaged)?;
        Ok(left
            .filter(|_| !rest)
            .map_or(Stand::Settled { rest }, Stand::PartPaid))
    }

    /// Whether nothing more can be asked for.
    pub fn is_settled(self) -> bool {
        matches!(self, Stand::Settled { .. })
    }

    /// Whether what this link asks for is paid.
    pub fn is_paid(self, link: &Shown) -> bool {
        match self {
            Stand::Unpaid => false,
            Stand::PartPaid(_) => !link.rest,
            Stand::Settled { rest } => rest || !link.rest,
        }
    }
}

/// The form that makes it. The sum is the visit's: what was shown is asked for, or nothing.
pub fn form(desk: &Desk, visit: &BookingRecord, left: Money, link: Option<&Shown>, typed: &Typed) -> Markup {
    let mine = !typed.form.get("rest").is_empty();
    let fresh = Typed {
        form: Form::of(&[("remind", "24".to_owned())]),
        wrong: Wrong::default(),
    };
    let fields = typed.or(&fresh, mine);
    let another = link.is_some_and(|link| link.rest);
    html! {
        details.narrow open[mine] {
            summary { @if another { "Another link" } @else { "Let the client pay the rest by link" } }
            form method="post" action=(desk.path(&format!("visits/{}/rest", visit.id))) {
                input type="hidden" name="rest" value=(plain(left));
                p { "The client is asked for " strong { (left) } ", what is left of " (visit.quote.price) "." }
                (fields.summary())
                div.pair {
                    (fields.input("expires", "Works for so many days", Kind::Number, "Empty: until it is paid."))
                    (fields.input("remind", "Reminder after so many hours", Kind::Number, "Empty: none."))
                }
                button.button.wide { "Make a link for " (left) }
                @if link.is_some() { p.hint { "The earlier one does not work any more then." } }
            }
        }
    }
}

/// Makes it.
pub async fn make(desk: Desk, Path((_, id)): Path<(String, String)>, form: Form) -> Answer {
    let record = find(&desk, &id).await?;
    let attempts = attempt::of_visit(desk.app.store.read(), &record.id).await?;
    let Stand::PartPaid(left) = Stand::of(&record, &attempts)? else {
        return Err(Trouble::changed());
    };
    let is_missed = missed::at(desk.app.store.read(), &record.id).await?.is_some();
    if record.state != BookingState::Booked || is_missed || form.get("rest") != plain(left) {
        return Err(Trouble::changed());
    }
    let mut wrong = Wrong::default();
    if attempts.iter().any(|one| one.state.is_open()) {
        wrong.add(
            "expires",
            "The client is paying at this moment. Look again in a minute.",
        );
    }
    let now = desk.app.now();
    let expires = after(&form, &mut wrong, "expires", Unit::Days, now);
    let remind = after(&form, &mut wrong, "remind", Unit::Hours, now);
    let (Some(expires), Some(remind_at), true) = (expires, remind, wrong.is_empty()) else {
        return not_yet(&desk, &record, &Typed { form, wrong }).await;
    };
    let mut write = desk.app.store.write().await?;
    // So that of two at once one notices.
    if !booking::advance(write.conn(), &record.id, record.version, record.state).await? {
        return Err(Trouble::changed());
    }
    let wishes = Wishes {
        expires,
        remind_at,
        rest: true,
        ..Wishes::default()
    };
    visit::make_link(&desk.app, &mut write, &record, wishes).await?;
    let what = format!("made a link to pay the rest, {left}");
    desk.log(&mut write, &what, Some(&record.id)).await?;
    desk.done(
        write,
        "The link is made. Send it, copy it, or show it.",
        &format!("visits/{id}"),
    )
    .await
}
