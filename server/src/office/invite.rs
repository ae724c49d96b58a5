//! Accepting an invitation: the owner's first visit, and everybody's.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use domain::{
    id::{SalonSlug, StaffId},
    money::Money,
    role::Role,
};
use maud::html;
use zeroize::Zeroizing;

use super::{
    desk::see,
    field::{Fields, Kind},
    form::{Form, Wrong},
    page::bare,
    password,
    said::limit_in_words,
    sign_in::{begin_in, salon_of, with_cookie},
    trouble::{Answer, Trouble},
};
use crate::{
    api::error::{ApiError, Code},
    app::{App, random_id},
    store::{
        Write,
        audit::{self, By},
        booking::token_hash,
        salon::SalonRecord,
        staff::{self, Invitation, StaffRecord},
        wrong_password,
    },
};

/// How long an invitation may be accepted, in days.
pub const DAYS: i64 = 7;

/// Writes an invitation, and answers its address. An earlier one for the same person does not work any more.
///
/// # Errors
/// [`ApiError`].
pub async fn invitation_link(
    app: &App,
    write: &mut Write,
    slug: &SalonSlug,
    email: &str,
    role: Role,
    refund_limit: Option<Money>,
) -> Result<String, ApiError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "the system gives no random numbers");
        ApiError::new(
            Code::Failed,
            "The server could not do this. Try again in a moment.",
        )
    })?;
    let token = hex::encode(bytes);
    let now = app.now();
    let new = Invitation {
        email: email.to_lowercase(),
        role,
        refund_limit,
        expires: now.plus_minutes(DAYS * 24 * 60),
    };
    staff::invite(write.conn(), slug, &new, &token_hash(&token), now).await?;
    Ok(format!("{}/office/{slug}/welcome/{token}", app.public_url))
}

/// The form to accept.
///
/// # Errors
/// `NotFound`, `LinkExpired`.
pub async fn show(State(app): State<App>, Path((slug, token)): Path<(String, String)>) -> Answer {
    let salon = salon_of(&app, &slug).await?;
    let invitation = open(&app, &salon, &token).await?;
    Ok(draw(
        StatusCode::OK,
        &salon,
        &invitation,
        &Form::default(),
        &Wrong::default(),
    ))
}

/// Accepts, and signs in.
///
/// # Errors
/// `NotFound`, `LinkExpired`.
pub async fn accept(
    State(app): State<App>,
    Path((slug, token)): Path<(String, String)>,
    form: Form,
) -> Answer {
    let salon = salon_of(&app, &slug).await?;
    let invitation = open(&app, &salon, &token).await?;
    let mut wrong = Wrong::default();
    let name = form.get("name");
    if !(1..=80).contains(&name.chars().count()) {
        wrong.add(
            "name",
            "Enter your name, as the others shall read it: at most 80 letters.",
        );
    }
    let given = form.raw("password");
    if let Some(weakness) = password::weakness(given, name, &invitation.email) {
        wrong.add("password", weakness);
    }
    if !wrong.is_empty() {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(draw(status, &salon, &invitation, &form, &wrong));
    }
    let hash = password::hash(Zeroizing::new(given.to_owned())).await?;
    let now = app.now();
    let id = format!("{}{}", StaffId::PREFIX, random_id()?);
    let new = StaffRecord {
        id: StaffId::parse(&id).map_err(|error| ApiError::invalid("id", error.to_string()))?,
        email: invitation.email.clone(),
        name: name.to_owned(),
        role: invitation.role,
        refund_limit: invitation.refund_limit,
        active: true,
    };
    let public = &salon.salon.slug;
    let mut write = app.store.write().await?;
    // Whoever was quicker with the same link has it; who was here before gets a new password by it.
    if !staff::end_invitation(write.conn(), public, &invitation.email).await? {
        return Err(gone().into());
    }
    let known = staff::all(&mut *write.conn(), public, salon.salon.currency).await?;
    let known = known.into_iter().find(|one| one.email == new.email);
    let who = match known {
        Some(known) => {
            let back = StaffRecord { id: known.id, ..new };
            if !staff::change(write.conn(), public, &back).await? {
                return Err(Trouble::changed());
            }
            staff::set_password(write.conn(), &back.id, &hash).await?;
            wrong_password::forget(write.conn(), public, &back.email).await?;
            crate::store::session::end_all(write.conn(), &back.id).await?;
            back
        }
        None => {
            if !staff::insert(write.conn(), public, &new, &hash, now).await? {
                return Err(Trouble::changed());
            }
            new
        }
    };
    let what = format!(
        "accepted the invitation as {}, {}",
        who.role.name(),
        limit_in_words(who.refund_limit)
    );
    let by = By::Staff(&who);
    audit::insert(write.conn(), &random_id()?, public, by, &what, None, now).await?;
    let cookie = begin_in(&app, &salon, &who.id, &mut write).await?;
    write.commit().await?;
    Ok(with_cookie(see(&format!("/office/{public}/today")), &cookie))
}

async fn open(app: &App, salon: &SalonRecord, token: &str) -> Result<Invitation, Trouble> {
    let public = &salon.salon;
    let found = staff::invitation(
        app.store.read(),
        &public.slug,
        public.currency,
        &token_hash(token),
    )
    .await?;
    let open = found.filter(|invitation| invitation.expires > app.now());
    Ok(open.ok_or_else(gone)?)
}

fn gone() -> ApiError {
    ApiError::new(
        Code::LinkExpired,
        "This invitation was used, taken back, or is older than a week. Sign in, or ask for a new one.",
    )
}

fn draw(
    status: StatusCode,
    salon: &SalonRecord,
    invitation: &Invitation,
    form: &Form,
    wrong: &Wrong,
) -> Response {
    let fields = Fields { form, wrong };
    let body = html! {
        p { "You are invited as " strong { (invitation.role.name()) } ". You will sign in with " strong { (invitation.email) } "." }
        form method="post" {
            (fields.summary())
            (fields.input("name", "Your name", Kind::Text, ""))
            (fields.input("password", "A password", Kind::NewPassword,
                "At least 10 characters. Three or four words that do not belong together are strong, and easy to remember."))
            button.button.wide { "Begin" }
        }
    };
    bare(status, salon, "Welcome", &body)
}
