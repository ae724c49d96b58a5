//! Settings › You: another password for oneself.

use axum::routing::get;
use domain::role::Right;
use maud::{Markup, html};
use zeroize::Zeroizing;

use super::{
    Route,
    desk::Desk,
    field::{Fields, Kind},
    form::{Form, Wrong},
    page::{Room, again, page},
    password,
    sign_in::{note_failure, wait},
    trouble::Answer,
};
use crate::store::{session, staff, wrong_password};

const TITLE: &str = "Another password";

pub fn routes() -> Vec<Route> {
    vec![Route {
        path: "/office/{salon}/password",
        right: Right::Own,
        answers: get(show).post(change),
    }]
}

async fn show(desk: Desk) -> Answer {
    let body = draw(&desk, &Wrong::default());
    Ok(page(&desk, Room::Settings, TITLE, &body))
}

/// The old one is asked for: who finds a telephone lying about must not keep its owner out. Wrong ones count as at signing in.
async fn change(desk: Desk, form: Form) -> Answer {
    let me = desk.staff();
    let mut wrong = Wrong::default();
    if let Some(sentence) = wait(&desk.app, desk.slug(), &me.email).await? {
        wrong.add("old", sentence);
        return not_yet(&desk, &wrong);
    }
    let kept = staff::by_email(desk.app.store.read(), desk.slug(), &me.email).await?;
    let old = Zeroizing::new(form.raw("old").chars().take(password::LONGEST).collect());
    if !password::matches(old, kept.map(|(_, hash)| hash)).await {
        note_failure(&desk.app, desk.slug(), &me.email).await?;
        wrong.add("old", "This is not your present password. Capital letters count.");
        return not_yet(&desk, &wrong);
    }
    let new = form.raw("new");
    if let Some(weakness) = password::weakness(new, &me.name, &me.email) {
        wrong.add("new", weakness);
    } else if new != form.raw("again") {
        wrong.add("again", "The two are not the same. Type the new one twice.");
    }
    if !wrong.is_empty() {
        return not_yet(&desk, &wrong);
    }
    let hash = password::hash(Zeroizing::new(new.to_owned())).await?;
    let mut write = desk.app.store.write().await?;
    staff::set_password(write.conn(), &me.id, &hash).await?;
    wrong_password::forget(write.conn(), desk.slug(), &me.email).await?;
    session::end_others(write.conn(), &me.id, &desk.token_hash).await?;
    desk.log(&mut write, "set another password for themselves", None)
        .await?;
    let said = "The new password counts from now on. You are signed out everywhere else.";
    desk.done(write, said, "settings").await
}

fn not_yet(desk: &Desk, wrong: &Wrong) -> Answer {
    Ok(again(desk, Room::Settings, TITLE, &draw(desk, wrong)))
}

fn draw(desk: &Desk, wrong: &Wrong) -> Markup {
    let form = Form::default();
    let fields = Fields { form: &form, wrong };
    html! {
        form.narrow method="post" {
            (fields.summary())
            // For the browser's keeper of passwords: whose it is.
            input type="email" name="email" autocomplete="username" value=(desk.staff().email) hidden;
            (fields.input("old", "Your present password", Kind::Password, ""))
            (fields.input("new", "The new one", Kind::NewPassword,
                "At least 10 characters. Three or four words that do not belong together are strong, and easy to remember."))
            (fields.input("again", "The new one once more", Kind::NewPassword, ""))
            button.button.wide { "Use the new one" }
            p.hint { "You are signed out everywhere else then." }
        }
    }
}
