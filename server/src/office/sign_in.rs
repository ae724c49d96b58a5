//! Signing in and out.

use axum::{
    Extension,
    extract::{Path, Query, State},
    http::{HeaderValue, StatusCode, header},
    response::Response,
    routing::post,
};
use domain::{
    id::{SalonSlug, StaffId},
    role::Right,
};
use maud::{Markup, html};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{
    Route,
    desk::{Desk, see},
    door::COOKIE,
    field::{Fields, Kind},
    form::{Form, Wrong},
    page::bare,
    password,
    trouble::{Answer, Trouble},
};
use crate::{
    api::error::ApiError,
    app::App,
    http::{limits::What, peer::Client},
    store::{
        booking::token_hash,
        salon::{self, SalonRecord},
        session, staff, wrong_password,
    },
};

/// After so many wrong passwords in a row the next has to wait, each time twice as long.
const FREE_TRIES: i64 = 5;
const FIRST_WAIT: i64 = 30_000;
const LONGEST_WAIT: i64 = 15 * 60_000;

/// Where somebody wanted to go.
#[derive(Debug, Default, Deserialize)]
pub struct Wish {
    #[serde(default)]
    then: String,
}

pub fn routes() -> Vec<Route> {
    vec![
        Route {
            path: "/office/{salon}/sign-out",
            right: Right::Own,
            answers: post(sign_out),
        },
        Route {
            path: "/office/{salon}/sign-out-everywhere",
            right: Right::Own,
            answers: post(sign_out_everywhere),
        },
    ]
}

/// The form to sign in.
///
/// # Errors
/// `NotFound`.
pub async fn show(State(app): State<App>, Path(slug): Path<String>, Query(wish): Query<Wish>) -> Answer {
    let salon = salon_of(&app, &slug).await?;
    let form = Form::of(&[("then", wish.then)]);
    Ok(draw(StatusCode::OK, &salon, &form, &Wrong::default()))
}

/// Signs in.
///
/// # Errors
/// `NotFound`; `TooMany` for an address with many tries.
pub async fn sign_in(
    State(app): State<App>,
    Path(slug): Path<String>,
    client: Option<Extension<Client>>,
    form: Form,
) -> Answer {
    let salon = salon_of(&app, &slug).await?;
    let now = app.now();
    app.limits
        .take(What::SignIn, client.map(|Extension(client)| client), now)?;
    let email = form.get("email").to_lowercase();
    let slug = &salon.salon.slug;
    if let Some(sentence) = wait(&app, slug, &email).await? {
        let mut wrong = Wrong::default();
        wrong.add("password", sentence);
        return Ok(draw(StatusCode::TOO_MANY_REQUESTS, &salon, &form, &wrong));
    }
    let known = staff::by_email(app.store.read(), slug, &email).await?;
    let given = Zeroizing::new(form.raw("password").chars().take(password::LONGEST).collect());
    let hash = known.as_ref().map(|(_, hash)| hash.clone());
    let fits = password::matches(given, hash).await;
    match known {
        Some((id, _)) if fits => {
            let mut write = app.store.write().await?;
            wrong_password::forget(write.conn(), slug, &email).await?;
            let cookie = begin_in(&app, &salon, &id, &mut write).await?;
            write.commit().await?;
            let then = form.get("then");
            let home = format!("/office/{}/", salon.salon.slug);
            let safe = then.starts_with(&home) && !then.contains("//") && !then.contains('\\');
            let to = if safe { then.to_owned() } else { home + "today" };
            Ok(with_cookie(see(&to), &cookie))
        }
        _ => {
            note_failure(&app, slug, &email).await?;
            tracing::warn!(salon = %salon.salon.slug, "a wrong password or address");
            let mut wrong = Wrong::default();
            wrong.add(
                "password",
                "This address and this password do not belong together. Check both; capital letters count.",
            );
            Ok(draw(StatusCode::UNAUTHORIZED, &salon, &form, &wrong))
        }
    }
}

/// Why no password of this address is tried now; `None`: it is. Nobody knows whether there is such an address.
///
/// # Errors
/// [`ApiError`].
pub async fn wait(app: &App, slug: &SalonSlug, email: &str) -> Result<Option<String>, ApiError> {
    let tried = wrong_password::of(app.store.read(), slug, email).await?;
    let wait = tried.blocked_until.since(app.now());
    if wait <= 0 {
        return Ok(None);
    }
    let seconds = wait.div_euclid(1000) + 1;
    let again = if seconds > 90 {
        format!("{} minutes", seconds.div_euclid(60) + 1)
    } else {
        format!("{seconds} seconds")
    };
    Ok(Some(format!(
        "The password was wrong several times. Try again in {again}."
    )))
}

/// Counts a wrong password.
///
/// # Errors
/// [`ApiError`].
pub async fn note_failure(app: &App, slug: &SalonSlug, email: &str) -> Result<(), ApiError> {
    let now = app.now();
    let mut write = app.store.write().await?;
    let before = wrong_password::of(&mut *write.conn(), slug, email)
        .await?
        .failures;
    let over = u32::try_from(before + 1 - FREE_TRIES).ok();
    let wait = over.map_or(0, |over| {
        FIRST_WAIT.saturating_mul(1 << over.min(10)).min(LONGEST_WAIT)
    });
    wrong_password::note(write.conn(), slug, email, now.plus_millis(wait), now).await?;
    Ok(write.commit().await?)
}

/// Begins a session within a transaction, and answers its cookie.
///
/// # Errors
/// [`ApiError`].
pub async fn begin_in(
    app: &App,
    salon: &SalonRecord,
    id: &StaffId,
    write: &mut crate::store::Write,
) -> Result<String, ApiError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "the system gives no random numbers");
        ApiError::new(
            crate::api::error::Code::Failed,
            "The server could not do this. Try again in a moment.",
        )
    })?;
    let token = hex::encode(bytes);
    session::insert(write.conn(), &token_hash(&token), id, app.now()).await?;
    Ok(cookie(app, &salon.salon.slug, &token, 60 * 24 * 3600))
}

/// An answer that sets the session's cookie.
#[must_use]
pub fn with_cookie(mut answer: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        answer.headers_mut().insert(header::SET_COOKIE, value);
    }
    answer
}

/// The salon of this address.
///
/// # Errors
/// `NotFound`.
pub async fn salon_of(app: &App, slug: &str) -> Result<SalonRecord, Trouble> {
    let slug = SalonSlug::parse(slug).map_err(|_| Trouble::not_found("salon"))?;
    let found = salon::find(app.store.read(), &slug).await?;
    found.ok_or_else(|| Trouble::not_found("salon"))
}

async fn sign_out(desk: Desk) -> Answer {
    let mut write = desk.app.store.write().await?;
    session::end(write.conn(), &desk.token_hash).await?;
    write.commit().await?;
    Ok(signed_out(&desk))
}

async fn sign_out_everywhere(desk: Desk) -> Answer {
    let mut write = desk.app.store.write().await?;
    session::end_all(write.conn(), &desk.staff().id).await?;
    desk.log(&mut write, "signed out everywhere", None).await?;
    write.commit().await?;
    Ok(signed_out(&desk))
}

fn signed_out(desk: &Desk) -> Response {
    let gone = cookie(&desk.app, desk.slug(), "", 0);
    with_cookie(desk.go("sign-in"), &gone)
}

/// Scripts can't read it, other sites' forms do not carry it, and it is sent to this salon's pages alone.
fn cookie(app: &App, slug: &SalonSlug, token: &str, seconds: u32) -> String {
    let secure = if app.public_url.starts_with("https://") {
        "; Secure"
    } else {
        ""
    };
    format!("{COOKIE}={token}; Path=/office/{slug}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

fn draw(status: StatusCode, salon: &SalonRecord, form: &Form, wrong: &Wrong) -> Response {
    let fields = Fields { form, wrong };
    let body: Markup = html! {
        form method="post" {
            (fields.summary())
            input type="hidden" name="then" value=(form.get("then"));
            (fields.input("email", "E-mail", Kind::Email, ""))
            (fields.input("password", "Password", Kind::Password, ""))
            button.button.wide { "Sign in" }
            p.hint { "Forgotten? The owner of the salon can invite you again." }
        }
    };
    bare(status, salon, "Sign in", &body)
}
