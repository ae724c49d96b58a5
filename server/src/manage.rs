//! The page where a client looks after a booking: what is booked and paid, cancelling, moving, paying a fee.
//!
//! Drawn by the server, without any script. Whoever has the address may act: it stands in the client's letter, and the database
//! knows only its hash. Looking changes nothing; each change is a form of its own that says first what it costs.

mod calendar;
mod cancel;
mod moving;
mod pay;
mod show;
mod words;

use axum::{
    Router,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use domain::{id::ManageToken, money::Money};
use maud::{DOCTYPE, Markup, html};

use self::words::Words;
use crate::{
    api::error::{ApiError, Code},
    app::App,
    office::files,
    store::{
        attempt::{self, AttemptRecord},
        booking::{self, BookingRecord},
        fee::{self, FeeRecord},
        manage, missed,
        salon::{self, SalonRecord},
    },
};

/// The content security policy of these pages: their style and their forms, in no frame.
const POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; style-src 'self'; \
                      img-src data:";

/// The pages.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/manage/{token}", get(show::show))
        .route("/manage/{token}/cancel", get(cancel::ask).post(cancel::done))
        .route("/manage/{token}/move", get(moving::choose).post(moving::done))
        .route("/manage/{token}/pay", post(pay::go))
        .route("/manage/{token}/visit.ics", get(calendar::file))
}

/// All that a page here knows of its booking.
#[derive(Debug)]
struct Care {
    app: App,
    token: ManageToken,
    salon: SalonRecord,
    booking: BookingRecord,
    attempts: Vec<AttemptRecord>,
    fee: Option<FeeRecord>,
    missed: bool,
    words: Words,
}

impl Care {
    async fn of(app: App, token: &str) -> Result<Care, Trouble> {
        let nowhere = Trouble::nowhere;
        let token = ManageToken::parse(token).map_err(|_| nowhere())?;
        let db = app.store.read();
        let id = manage::find(db, &token).await?.ok_or_else(nowhere)?;
        let booking = booking::find(db, &id).await?.ok_or_else(nowhere)?;
        let salon = salon::find(db, &booking.salon).await?.ok_or_else(nowhere)?;
        let attempts = attempt::of_visit(db, &id).await?;
        let (fee, missed) = (fee::latest(db, &id).await?, missed::at(db, &id).await?.is_some());
        let words = Words::new(&booking.client.language, &salon.salon.time_zone);
        Ok(Care {
            app,
            token,
            salon,
            booking,
            attempts,
            fee,
            missed,
            words,
        })
    }

    /// What was paid online and neither went back nor is about to.
    fn paid(&self) -> Money {
        let sum = self
            .attempts
            .iter()
            .filter(|one| one.pays())
            .map(AttemptRecord::left)
            .sum::<i64>();
        let currency = self.booking.quote.price.currency();
        Money::new(sum, currency).unwrap_or(Money::zero(currency))
    }

    fn path(&self, rest: &str) -> String {
        let slash = if rest.is_empty() { "" } else { "/" };
        format!("/manage/{}{slash}{rest}", self.token.reveal())
    }

    fn back(&self) -> Response {
        (StatusCode::SEE_OTHER, [(header::LOCATION, self.path(""))]).into_response()
    }

    fn page(&self, status: StatusCode, title: &str, body: &Markup) -> Response {
        let public = &self.salon.salon;
        let place = html! {
            (public.address)
            @if !public.phone.is_empty() { ", " a href={ "tel:" (public.phone.replace(' ', "")) } { (public.phone) } }
        };
        draw(
            status,
            self.words.pick("en", "de"),
            &public.name,
            title,
            &html! { (body) p.quiet.small { (place) } },
        )
    }

    /// What can't be done, and why.
    fn refused(&self, sentence: &str) -> Response {
        let body = html! {
            p.warning { (sentence) }
            p { a.button.second href=(self.path("")) { (self.words.pick("Back to your booking", "Zurück zum Termin")) } }
        };
        let title = self.words.pick("Not possible", "Nicht möglich");
        self.page(StatusCode::CONFLICT, title, &body)
    }
}

/// What a page answers.
type Answer = Result<Response, Trouble>;

/// Why there is no page. The cause is in the log; the sentence is for the client.
#[derive(Debug)]
struct Trouble(ApiError);

impl Trouble {
    fn nowhere() -> Trouble {
        Trouble(ApiError::new(
            Code::NotFound,
            "There is no booking at this address. Check that you opened all of it. \
             Unter dieser Adresse gibt es keinen Termin. Bitte prüfen Sie, ob sie vollständig ist.",
        ))
    }
}

impl<E: Into<ApiError>> From<E> for Trouble {
    fn from(error: E) -> Trouble {
        Trouble(error.into())
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        tracing::info!(code = ?self.0.code, message = %self.0.message, "refused");
        let sentence = html! { p { (self.0.message) } };
        draw(status, "en", "", "Not possible", &sentence)
    }
}

fn draw(status: StatusCode, language: &str, house: &str, title: &str, body: &Markup) -> Response {
    let markup = html! {
        (DOCTYPE)
        html lang=(language) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) @if !house.is_empty() { " · " (house) } }
                link rel="stylesheet" href={ "/office/files/" (*files::STYLE) };
                link rel="icon" href="data:,";
            }
            body.bare {
                main #main {
                    @if !house.is_empty() { p.house { (house) } }
                    h1 { (title) }
                    (body)
                }
            }
        }
    };
    let mut response = (status, markup.0).into_response();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

fn changed() -> ApiError {
    ApiError::new(
        Code::InProgress,
        "Somebody changed this at the same moment. Look at it again.",
    )
}
