//! Who works here: inviting, roles, limits, leaving.

use axum::{
    extract::Path,
    response::Response,
    routing::{get, post},
};
use domain::{
    id::StaffId,
    money::Money,
    role::{Right, Role},
};
use maud::{Markup, html};

use super::{
    Route,
    desk::Desk,
    field::{Fields, Kind},
    form::{Form, Wrong},
    invite::{self, invitation_link},
    page::{Room, again, page},
    said::{limit_in_words, plain},
    trouble::{Answer, Trouble},
};
use crate::store::{
    session,
    staff::{self, StaffRecord},
};

const ROLES: [(&str, &str); 3] = [
    ("reception", "Reception: visits, links, small refunds"),
    ("manager", "Manager: everything but keys and staff"),
    ("owner", "Owner: everything"),
];

pub fn routes() -> Vec<Route> {
    vec![
        Route {
            path: "/office/{salon}/staff",
            right: Right::Staff,
            answers: get(show).post(invite_one),
        },
        Route {
            path: "/office/{salon}/staff/{id}",
            right: Right::Staff,
            answers: get(show_one).post(change),
        },
        Route {
            path: "/office/{salon}/staff-invitation/take-back",
            right: Right::Staff,
            answers: post(take_back),
        },
    ]
}

async fn show(desk: Desk) -> Answer {
    // The reception gives back small sums, unless the owner says otherwise.
    let currency = desk.salon.salon.currency;
    let small = currency.minimum_charge().unwrap_or(50).saturating_mul(100);
    let small = Money::new(small, currency).map(plain).unwrap_or_default();
    let form = Form::of(&[("role", "reception".to_owned()), ("limit", small)]);
    let body = everybody(&desk, &form, &Wrong::default()).await?;
    Ok(page(&desk, Room::Settings, "Staff", &body))
}

async fn invite_one(desk: Desk, form: Form) -> Answer {
    let mut wrong = Wrong::default();
    let email = wrong.keep("email", email(form.get("email")));
    let role = wrong.keep("role", role(form.get("role")));
    let limit = wrong.keep("limit", limit(&desk, &form));
    let (Some(email), Some(role), Some(limit)) = (email, role, limit) else {
        let body = everybody(&desk, &form, &wrong).await?;
        return Ok(again(&desk, Room::Settings, "Staff", &body));
    };
    let mut write = desk.app.store.write().await?;
    let link = invitation_link(&desk.app, &mut write, desk.slug(), &email, role, limit).await?;
    desk.log(
        &mut write,
        &format!("invited {email} as {}, {}", role.name(), limit_in_words(limit)),
        None,
    )
    .await?;
    write.commit().await?;
    let body = html! {
        p { "Send this address to " strong { (email) } ". Whoever has it can sign in as " (role.name()) "; it works once, for "
            (invite::DAYS) " days." }
        p.copy {
            input #link readonly aria-label="The invitation's address" value=(link);
            button.button.second type="button" data-copy="link" hidden { "Copy" }
        }
        p { a.button href=(desk.path("staff")) { "Done" } }
    };
    Ok(page(&desk, Room::Settings, "An invitation", &body))
}

async fn take_back(desk: Desk, form: Form) -> Answer {
    let email = form.get("email");
    let mut write = desk.app.store.write().await?;
    if !staff::end_invitation(write.conn(), desk.slug(), email).await? {
        return Err(Trouble::changed());
    }
    desk.log(&mut write, &format!("took back the invitation of {email}"), None)
        .await?;
    desk.done(write, "The invitation does not work any more.", "staff")
        .await
}

async fn show_one(desk: Desk, Path((_, id)): Path<(String, String)>) -> Answer {
    let one = find(&desk, &id).await?;
    let form = Form::of(&[
        ("role", role_value(one.role).to_owned()),
        ("limit", one.refund_limit.map(plain).unwrap_or_default()),
        ("active", if one.active { "yes" } else { "" }.to_owned()),
    ]);
    Ok(page(
        &desk,
        Room::Settings,
        &one.name,
        &draw_one(&form, &Wrong::default(), &one),
    ))
}

async fn change(desk: Desk, Path((_, id)): Path<(String, String)>, form: Form) -> Answer {
    let one = find(&desk, &id).await?;
    let mut wrong = Wrong::default();
    let role = wrong.keep("role", role(form.get("role")));
    let limit = wrong.keep("limit", limit(&desk, &form));
    let (Some(role), Some(refund_limit)) = (role, limit) else {
        return Ok(not_yet(&desk, &form, &wrong, &one));
    };
    let to = StaffRecord {
        role,
        refund_limit,
        active: form.ticked("active"),
        ..one.clone()
    };
    let mut write = desk.app.store.write().await?;
    if !staff::change(write.conn(), desk.slug(), &to).await? {
        wrong.add(
            "role",
            "A salon needs an owner who can sign in. Make somebody else an owner first.",
        );
        return Ok(not_yet(&desk, &form, &wrong, &one));
    }
    if !to.active || to.role < one.role {
        session::end_all(write.conn(), &to.id).await?;
    }
    let may = if to.active {
        role.name()
    } else {
        "somebody who can't sign in"
    };
    let (before, after) = (limit_in_words(one.refund_limit), limit_in_words(refund_limit));
    let limits = if before == after {
        after
    } else {
        format!("{after} (before: {before})")
    };
    desk.log(&mut write, &format!("made {} {may}, {limits}", one.name), None)
        .await?;
    desk.done(write, &format!("{} was changed.", one.name), "staff")
        .await
}

async fn find(desk: &Desk, id: &str) -> Result<StaffRecord, Trouble> {
    let id = StaffId::parse(id).map_err(|_| Trouble::not_found("person"))?;
    let all = staff::all(desk.app.store.read(), desk.slug(), desk.salon.salon.currency).await?;
    let found = all.into_iter().find(|one| one.id == id);
    found.ok_or_else(|| Trouble::not_found("person"))
}

fn not_yet(desk: &Desk, form: &Form, wrong: &Wrong, one: &StaffRecord) -> Response {
    again(desk, Room::Settings, &one.name, &draw_one(form, wrong, one))
}

fn draw_one(form: &Form, wrong: &Wrong, one: &StaffRecord) -> Markup {
    let fields = Fields { form, wrong };
    html! {
        p.quiet { (one.email) }
        form method="post" {
            (fields.summary())
            (fields.select("role", "Role", "", &ROLES))
            (fields.input("limit", "Largest refund at once", Kind::Sum, "Empty: any sum."))
            (fields.tick("active", "May sign in", "Whoever leaves is signed out at once; what they did stays in the log."))
            button.button.wide { "Save" }
        }
    }
}

async fn everybody(desk: &Desk, form: &Form, wrong: &Wrong) -> Result<Markup, Trouble> {
    let (db, currency) = (desk.app.store.read(), desk.salon.salon.currency);
    let all = staff::all(db, desk.slug(), currency).await?;
    let invited = staff::invitations(db, desk.slug(), currency).await?;
    let fields = Fields { form, wrong };
    Ok(html! {
        ul.rows {
            @for one in &all {
                li {
                    a href=(desk.path(&format!("staff/{}", one.id))) { (one.name) }
                    span.quiet {
                        (one.role.name())
                        @if let Some(limit) = one.refund_limit { ", refunds up to " (limit) }
                        @if !one.active { ", can't sign in" }
                    }
                }
            }
            @for one in &invited {
                li {
                    span { (one.email) }
                    span.quiet { "Invited as " (one.role.name()) @if one.expires <= desk.app.now() { ", too long ago" } }
                    form.inline method="post" action=(desk.path("staff-invitation/take-back")) {
                        input type="hidden" name="email" value=(one.email);
                        button.plain { "Take back" }
                    }
                }
            }
        }
        h2 { "Invite somebody" }
        form method="post" {
            (fields.summary())
            (fields.input("email", "E-mail", Kind::Email, "They sign in with it."))
            (fields.select("role", "Role", "", &ROLES))
            (fields.input("limit", "Largest refund at once", Kind::Sum, "Of a payment, all together. Empty: any sum, for the reception too."))
            button.button.wide { "Make an invitation" }
        }
    })
}

fn role_value(role: Role) -> &'static str {
    match role {
        Role::Reception => "reception",
        Role::Manager => "manager",
        Role::Owner => "owner",
    }
}

fn role(text: &str) -> Result<Role, &'static str> {
    let found = Role::ALL.into_iter().find(|role| role_value(*role) == text);
    found.ok_or("Choose a role.")
}

fn limit(desk: &Desk, form: &Form) -> Result<Option<Money>, String> {
    match form.get("limit") {
        "" => Ok(None),
        text => Money::read(text, desk.salon.salon.currency).map(Some),
    }
}

/// An e-mail address as it can be written to, in small letters.
fn email(text: &str) -> Result<String, &'static str> {
    let address: Result<lettre::Address, _> = text.parse();
    match address {
        Ok(_) if text.len() <= 254 => Ok(text.to_lowercase()),
        _ => Err("Enter an e-mail address, such as anna@example.com."),
    }
}
