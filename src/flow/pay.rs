//! Paying, and finding out what became of it.

use domain::{id::BookingToken, money::Money, terms::Offer};
use server::api::{
    booking::{Booking, Payment, State, StatusCall, StatusRequest},
    confirm::{ConfirmCall, ConfirmRequest, Next, Pay, SettleCall, SettleRequest},
    error::{ApiError, Code},
};

use super::{pay_step, words};
use crate::{
    client::{call, sleep},
    dom::spawn,
    frame,
    state::{App, Busy, Dead, Step, is_over, route, store, tabs},
    stripe::{self, CardError},
    texts::t,
    wire::Confirmed,
};

/// How long it is asked what became of a payment, in milliseconds.
const PATIENCE: i32 = 300_000;

/// The sum the button says: `None` books without payment.
#[must_use]
pub fn sum(booking: &Booking, all: bool, at_salon: bool) -> Option<Money> {
    let due = match booking.quote.offer {
        Offer::AtSalon => return None,
        Offer::Choice(_) if at_salon => return None,
        Offer::Choice(due) | Offer::Must(due) => due,
    };
    Some(due.all.filter(|_| all).unwrap_or(due.now))
}

/// The pay button.
pub fn pay(app: App) {
    let (Some(booking), Some(token)) = (app.booking.get_untracked(), store::token(app)) else {
        return;
    };
    if app.busy.get_untracked() != Busy::No {
        return;
    }
    app.problem.set(None);
    if let Some(secret) = app.question.get_untracked() {
        spawn(async move { ask_bank(app, secret, &token).await });
        return;
    }
    app.busy.set(Busy::Paying);
    let sum = sum(&booking, app.all.get_untracked(), app.at_salon.get_untracked());
    // Straight from the click: Stripe's check of the fields may wait for nothing else.
    let agreed = sum.is_some() && app.agreed.get_untracked();
    let consent = booking.consent.clone().filter(|_| agreed);
    let card = sum.map(|_| stripe::token(&booking.client, &booking.email));
    spawn(async move {
        let pay = match (sum, card) {
            (Some(sum), Some(card)) => match card.await {
                Ok(confirmation_token) => Pay::Card {
                    sum,
                    confirmation_token,
                },
                Err(error) => return no_token(app, &error),
            },
            _ => Pay::AtSalon,
        };
        if sum.is_some() {
            frame::say("payment_started", &booking, sum);
        }
        let answer = call(
            app,
            ConfirmCall {
                request: ConfirmRequest { pay, consent },
            },
            Some(&token),
        )
        .await;
        tabs::tell(app);
        match answer {
            Ok(confirmed) => outcome(app, confirmed, &token, true).await,
            Err(error) => refused(app, &error, &token).await,
        }
    });
}

/// Finds out what became of a payment that is under way.
pub fn check(app: App) {
    let Some(token) = store::token(app) else { return };
    if app.busy.get_untracked() != Busy::No {
        return;
    }
    spawn(async move { settle(app, &token).await });
}

/// Asks until it is known. Boxed where it calls itself: an outcome may have to be asked for, and an answer is an outcome.
async fn settle(app: App, token: &BookingToken) {
    app.busy.set(Busy::Checking);
    let mut waited = 0;
    let mut wait = 1_000;
    while waited < PATIENCE {
        match call(
            app,
            SettleCall {
                request: SettleRequest {},
            },
            Some(token),
        )
        .await
        {
            Ok(confirmed) if is_pending(&confirmed) => app.take(confirmed.booking),
            Ok(confirmed) => return known(app, confirmed),
            Err(error)
                if error.code.is_passing() || matches!(error.code, Code::InProgress | Code::TooMany) => {}
            Err(error) => return lost(app, &error),
        }
        sleep(wait).await;
        while tabs::is_hidden() {
            sleep(1_000).await;
        }
        waited += wait;
        wait = (wait * 2).min(8_000);
    }
    app.idle();
    app.problem.set(Some(t("pay.unknown")));
}

/// Whether there is more to wait for.
fn is_pending(confirmed: &Confirmed) -> bool {
    match confirmed.next {
        Next::Wait => {
            confirmed.booking.payment == Payment::UnderWay || confirmed.booking.payment == Payment::WithBank
        }
        _ => false,
    }
}

/// What the server answered to a payment.
async fn outcome(app: App, confirmed: Confirmed, token: &BookingToken, ask: bool) {
    match &confirmed.next {
        Next::ConfirmWithBank { client_secret } if ask => {
            let secret = client_secret.clone();
            app.take(confirmed.booking);
            ask_bank(app, secret, token).await;
        }
        Next::Wait => {
            app.take(confirmed.booking);
            settle(app, token).await;
        }
        _ => known(app, confirmed),
    }
}

/// Shows a known outcome.
fn known(app: App, confirmed: Confirmed) {
    let Confirmed { booking, next } = confirmed;
    let over = is_over(&booking);
    app.question.set(None);
    app.take(booking.clone());
    app.idle();
    match next {
        _ if over => {
            if let Payment::Paid { sum } = booking.payment {
                frame::say("paid", &booking, Some(sum));
            }
            frame::say("booked", &booking, None);
            tabs::tell(app);
            route::replace(app, Step::Done);
        }
        Next::ConfirmWithBank { client_secret } => {
            app.question.set(Some(client_secret));
            app.problem.set(Some(t("decline.authenticate")));
            back_to_payment(app);
        }
        Next::AnotherTry { decline } => {
            frame::say("failed", &booking, None);
            app.problem.set(Some(t(&["decline.", decline.as_str()].concat())));
            back_to_payment(app);
        }
        Next::TooLate => {
            frame::say("expired", &booking, None);
            route::replace(app, Step::Expired);
        }
        _ if booking.state == State::Expired => {
            frame::say("expired", &booking, None);
            route::replace(app, Step::Expired);
        }
        _ => {
            app.problem.set(Some(t("pay.not_charged")));
            back_to_payment(app);
        }
    }
}

/// Lets the payer confirm with their bank, then asks the server what came of it.
async fn ask_bank(app: App, secret: String, token: &BookingToken) {
    app.busy.set(Busy::AtBank);
    stripe::bank(&secret).await;
    settle(app, token).await;
}

/// There is no token for the card.
fn no_token(app: App, error: &CardError) {
    app.idle();
    app.problem.set(Some(match error {
        CardError::Incomplete => t("card.incomplete"),
        CardError::Declined(decline) => t(&["decline.", decline.as_str()].concat()),
        CardError::Unreachable => t("card.unreachable"),
    }));
}

/// The server did not take the payment, or its answer was lost.
async fn refused(app: App, error: &ApiError, token: &BookingToken) {
    match error.code {
        // Not known what became of it: ask, and never send it again.
        Code::Network | Code::Busy | Code::Failed | Code::InProgress | Code::AlreadyPaid => {
            settle(app, token).await
        }
        Code::PriceChanged => {
            if let Ok(booking) = call(
                app,
                StatusCall {
                    request: StatusRequest {},
                },
                Some(token),
            )
            .await
            {
                app.take(booking);
            }
            app.idle();
            app.problem.set(Some(words(app, error)));
        }
        _ => lost(app, error),
    }
}

/// The booking can't be paid here any more, or not now.
pub fn lost(app: App, error: &ApiError) {
    app.idle();
    match error.code {
        Code::OpenedElsewhere => route::replace(app, Step::Link(Dead::Elsewhere)),
        Code::NotYours if app.is_visit() => route::replace(app, Step::Link(Dead::Elsewhere)),
        Code::LinkExpired => route::replace(app, Step::Link(Dead::Expired)),
        Code::Cancelled => route::replace(app, Step::Link(Dead::Cancelled)),
        Code::HoldEnded | Code::NotYours => {
            if let Some(booking) = app.booking.get_untracked() {
                frame::say("expired", &booking, None);
            }
            route::replace(app, Step::Expired);
        }
        _ => app.problem.set(Some(words(app, error))),
    }
}

fn back_to_payment(app: App) {
    if app.step.get_untracked() != pay_step(app) {
        route::replace(app, pay_step(app));
    }
}
