//! How a page begins: at what the address says, or where a booking was left.

use domain::id::LinkToken;
use server::api::{
    booking::{State, StatusCall, StatusRequest},
    error::{ApiError, Code},
    link::{OpenLinkCall, OpenRequest},
};

use super::{pay_step, resume, words};
use crate::{
    client::call,
    dom::{self, spawn},
    state::{App, Busy, Dead, Step, View, is_over, route, store},
};

/// Begins.
pub fn start(app: App) {
    match &app.page.view {
        View::NoLink { expired } => {
            app.step
                .set(Step::Link(if *expired { Dead::Expired } else { Dead::Unknown }));
        }
        View::Visit(booking) => {
            app.take(booking.clone());
            match booking.state {
                _ if is_over(booking) => app.step.set(Step::Done),
                State::Cancelled => app.step.set(Step::Link(Dead::Cancelled)),
                _ => {
                    app.step.set(Step::Visit);
                    open(app);
                }
            }
        }
        // A visit link's program can't read such a page.
        View::Book(_) if !crate::BOOKS => {}
        View::Book(_) => match store::token(app) {
            Some(token) => {
                app.step.set(Step::Loading);
                spawn(async move {
                    let status = call(
                        app,
                        StatusCall {
                            request: StatusRequest {},
                        },
                        Some(&token),
                    )
                    .await;
                    match status {
                        // What is over is shown again after a reload, which keeps the address of its step. Who opens the
                        // page anew, or in another tab, wants to book something else.
                        Ok(booking)
                            if (is_over(&booking) && is_opened_anew())
                                || (!store::is_ours(app) && !matches!(booking.state, State::Held { .. })) =>
                        {
                            store::forget_token(app);
                            route::begin(app);
                        }
                        Ok(booking) => {
                            store::keep_token(app, &token);
                            resume(app, booking);
                        }
                        Err(error) => {
                            if error.code == Code::NotYours {
                                store::forget_token(app);
                            }
                            route::begin(app);
                        }
                    }
                });
            }
            None => route::begin(app),
        },
    }
}

/// Opens the visit's link once more, as a new page.
pub fn open_again(app: App) {
    store::forget_token(app);
    app.step.set(Step::Visit);
    open(app);
}

/// Opens the visit's link, unless this tab has opened it before: then it goes on where it was.
fn open(app: App) {
    if app.busy.get_untracked() != Busy::No {
        return;
    }
    let before = store::token(app);
    let (Some(link), Some(token)) = (link(), store::token_or_new(app)) else {
        return;
    };
    app.busy.set(Busy::Holding);
    spawn(async move {
        let mut opened = Err(ApiError::new(Code::NotYours, ""));
        if before.is_some() {
            opened = call(
                app,
                StatusCall {
                    request: StatusRequest {},
                },
                Some(&token),
            )
            .await;
        }
        if opened.as_ref().is_err_and(|error| error.code == Code::NotYours) {
            opened = call(
                app,
                OpenLinkCall {
                    request: OpenRequest { link },
                },
                Some(&token),
            )
            .await;
        }
        app.idle();
        match opened {
            Ok(booking) => resume(app, booking),
            Err(error) => match error.code {
                Code::NotFound => app.step.set(Step::Link(Dead::Unknown)),
                Code::LinkExpired => app.step.set(Step::Link(Dead::Expired)),
                Code::OpenedElsewhere => app.step.set(Step::Link(Dead::Elsewhere)),
                Code::Cancelled => app.step.set(Step::Link(Dead::Cancelled)),
                _ => {
                    app.problem.set(Some(words(app, &error)));
                    app.step.set(pay_step(app));
                }
            },
        }
    });
}

/// Whether the address names no step yet.
fn is_opened_anew() -> bool {
    dom::location("hash").is_empty()
}

/// The link's secret part: the last part of the address.
fn link() -> Option<LinkToken> {
    let path = dom::location("pathname");
    LinkToken::parse(path.split(['/']).rfind(|part| !part.is_empty())?).ok()
}
