//! What happens when: starting, taking a slot, paying, and finding out what became of it.

mod pay;
mod start;

use std::sync::Arc;

use domain::money::Money;
use server::api::{
    booking::{Booking, Payment, State, StatusCall, StatusRequest},
    error::{ApiError, Code},
    hold::{HoldCall, HoldRequest},
    quote::Choice,
    tip::{TipCall, TipRequest},
};

pub use pay::{check, pay, sum};
pub use start::start;

use crate::{
    client::call,
    dom::spawn,
    frame,
    screens::details,
    state::{App, Busy, Dead, Step, View, is_over, route, store, tabs},
    texts::tf,
};

/// Takes the chosen slot for the typed details, and goes on to payment.
pub fn hold(app: App) {
    take(app, false);
}

/// `again`: what was typed before and this page does not know stays as it is.
fn take(app: App, again: bool) {
    if app.busy.get_untracked() != Busy::No {
        return;
    }
    let (Some(choice), Some(token)) = (choice(app), store::token_or_new(app)) else {
        return;
    };
    app.busy.set(Busy::Holding);
    app.problem.set(None);
    let client = details::typed();
    spawn(async move {
        let held = call(
            app,
            HoldCall {
                request: HoldRequest {
                    choice,
                    client,
                    again,
                },
            },
            Some(&token),
        )
        .await;
        app.idle();
        match held {
            Ok(booking) => {
                frame::say("slot_held", &booking, None);
                app.take(booking);
                tabs::tell(app);
                route::go(app, Step::Payment);
            }
            Err(error) => not_held(app, &error),
        }
    });
}

/// Sets the tip that goes with the payment of a visit.
pub fn tip(app: App, tip: Money) {
    let Some(token) = store::token(app) else { return };
    if app.busy.get_untracked() != Busy::No {
        return;
    }
    app.busy.set(Busy::Holding);
    app.problem.set(None);
    spawn(async move {
        let request = TipRequest { tip };
        let answer = call(app, TipCall { request }, Some(&token)).await;
        app.idle();
        match answer {
            Ok(booking) => app.take(booking),
            Err(error) => pay::lost(app, &error),
        }
    });
}

fn not_held(app: App, error: &ApiError) {
    match error.code {
        Code::Invalid if error.field.as_deref().is_some_and(details::refuse) => {
            route::replace(app, Step::Details);
        }
        Code::SlotTaken => {
            app.chosen.update(|chosen| {
                chosen.start = None;
                chosen.date = None;
            });
            route::replace(app, Step::Taken);
        }
        Code::InProgress | Code::AlreadyPaid => check(app),
        _ => app.problem.set(Some(words(app, error))),
    }
}

/// The booking's choice, from what is chosen or from the booking itself.
fn choice(app: App) -> Option<Choice> {
    let chosen = app.chosen.get_untracked();
    Some(Choice {
        salon: app.page.salon.as_ref()?.slug.clone(),
        services: chosen.services,
        employee: chosen.employee?,
        start: chosen.start?,
        date: chosen.date,
    })
}

/// Shows where a booking stands: after a reload, or when another tab moved it on.
pub fn resume(app: App, booking: Arc<Booking>) {
    let over = is_over(&booking);
    let payment = booking.payment;
    let state = booking.state;
    if let Some(before) = app.booking.get_untracked() {
        if state == State::Cancelled && before.state != state {
            frame::say("cancelled", &booking, None);
        }
        if let (Payment::Paid { .. }, Payment::GivenBack { sum }) = (before.payment, payment) {
            frame::say("refunded", &booking, Some(sum));
        }
    }
    app.take(booking);
    match (state, payment) {
        _ if over => route::replace(app, Step::Done),
        (_, Payment::UnderWay | Payment::WithBank) => {
            route::replace(app, pay_step(app));
            check(app);
        }
        (State::Cancelled, _) => route::replace(app, Step::Link(Dead::Cancelled)),
        (State::Expired, _) => route::replace(app, Step::Expired),
        _ => route::replace(app, pay_step(app)),
    }
}

/// Asks where the booking stands, when something may have moved it: another tab, or a long time out of sight.
pub fn look_again(app: App) {
    let waiting = matches!(
        app.step.get_untracked(),
        Step::Payment
            | Step::Visit
            | Step::Details
            | Step::Expired
            | Step::Done
            | Step::Link(Dead::Cancelled)
    );
    if !waiting || app.busy.get_untracked() != Busy::No || app.booking.get_untracked().is_none() {
        return;
    }
    let Some(token) = store::token(app) else { return };
    if app.is_visit() && !store::is_ours(app) {
        return;
    }
    spawn(async move {
        let status = call(
            app,
            StatusCall {
                request: StatusRequest {},
            },
            Some(&token),
        )
        .await;
        if app.busy.get_untracked() != Busy::No {
            return;
        }
        match status {
            Ok(booking)
                if is_over(&booking) || matches!(booking.state, State::Expired | State::Cancelled) =>
            {
                let before = app.booking.get_untracked().map(|before| before.payment);
                let moved = before != Some(booking.payment);
                let step = app.step.get_untracked();
                resume(app, booking);
                // The same screen has something else to say: it is drawn anew.
                if moved && app.step.get_untracked() == step {
                    app.step.set(step);
                }
            }
            Ok(booking) => app.take(booking),
            Err(error) if error.code == Code::OpenedElsewhere => {
                route::replace(app, Step::Link(Dead::Elsewhere));
            }
            Err(_) => {}
        }
    });
}

/// The hold ended: the same slot for the same client again, in one tap. A visit is opened again.
pub fn take_again(app: App) {
    match &app.page.view {
        _ if !crate::BOOKS => start::open_again(app),
        View::Visit(_) => start::open_again(app),
        _ => {
            if let Some(booking) = app.booking.get_untracked() {
                details::fill(&booking.client, &booking.email);
            }
            take(app, true);
        }
    }
}

/// Opens a visit here that was opened elsewhere.
pub fn open_here(app: App) {
    start::open_again(app);
}

/// The screen that has the card field.
fn pay_step(app: App) -> Step {
    if app.is_visit() {
        Step::Visit
    } else {
        Step::Payment
    }
}

/// The page's own words for an error: the server's sentences are English.
#[must_use]
pub fn words(app: App, error: &ApiError) -> String {
    let key = match (error.code, error.field.as_deref().unwrap_or_default()) {
        (Code::Network | Code::Busy, _) => "error.network",
        (Code::TooMany, "card") => "error.cards",
        (Code::TooMany, _) => "error.too_many",
        (Code::PaymentDown, "amount") => "error.too_small",
        (Code::PaymentDown, _) => "error.payment_down",
        (Code::PriceChanged, _) => "error.price_changed",
        (Code::Invalid, "confirmation_token") => "card.again",
        (Code::Invalid, "services") => "services.too_long",
        (Code::NotFound | Code::Invalid, _) => "error.gone",
        _ => "error.failed",
    };
    tf(key, &[("phone", app.phone())])
}
