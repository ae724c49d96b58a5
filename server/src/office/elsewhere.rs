//! What was not over on an account at Stripe that the salon had before: its keys are gone, so only the salon can look after it.

use axum::{extract::Path, routing::post};
use domain::role::Right;
use maud::{Markup, html};

use super::{
    Route,
    desk::Desk,
    trouble::{Answer, Trouble},
};
use crate::store::elsewhere::{self, Left, What};

pub fn routes() -> Vec<Route> {
    vec![Route {
        path: "/office/{salon}/elsewhere/{what}/{id}/handled",
        right: Right::Disputes,
        answers: post(handled),
    }]
}

/// What of it waits for somebody, for the first page.
pub async fn waiting(desk: &Desk) -> Result<Vec<Markup>, Trouble> {
    if !desk.may(Right::Disputes) {
        return Ok(vec![]);
    }
    let left = elsewhere::of_salon(desk.app.store.read(), desk.slug()).await?;
    Ok(left.iter().map(|one| task(desk, one)).collect())
}

fn task(desk: &Desk, one: &Left) -> Markup {
    let Left {
        client, sum, account, ..
    } = one;
    let (title, to_do) = match &one.what {
        What::Dispute(_) => (
            format!("A dispute about {sum} of {client} is on your earlier Stripe account"),
            format!("Answer it in the dashboard of {account}: the present keys can't."),
        ),
        What::RefundToMake(_) => (
            format!("{sum} for {client} can't be given back from here"),
            format!(
                "It was paid on your earlier Stripe account. Give it back in the dashboard of {account}."
            ),
        ),
        What::RefundUnderWay(_) => (
            format!("A refund of {sum} to {client} was on its way on your earlier Stripe account"),
            format!("Look in the dashboard of {account} whether it arrived."),
        ),
        What::Payment(_) => (
            format!("{client} was paying {sum} when you changed to another Stripe account"),
            format!("Look in the dashboard of {account} whether it was paid. If so, give it back there."),
        ),
    };
    let (what, id) = one.what.name();
    html! {
        a href=(desk.path(&format!("visits/{}", one.booking))) { (title) }
        span.quiet { (to_do) }
        form.inline method="post" action=(desk.path(&format!("elsewhere/{what}/{id}/handled"))) { button.button.second { "Done" } }
    }
}

async fn handled(desk: Desk, Path((_, what, id)): Path<(String, String, String)>) -> Answer {
    let what = What::parse(&what, &id).ok_or_else(|| Trouble::not_found("task"))?;
    let mut write = desk.app.store.write().await?;
    let left = elsewhere::of_salon(&mut *write.conn(), desk.slug()).await?;
    let Some(one) = left.into_iter().find(|one| one.what == what) else {
        return Err(Trouble::changed());
    };
    if !elsewhere::note_handled(write.conn(), desk.slug(), &what, desk.app.now()).await? {
        return Err(Trouble::changed());
    }
    let subject = match what {
        What::Dispute(_) => "a dispute about",
        What::RefundToMake(_) | What::RefundUnderWay(_) => "a refund of",
        What::Payment(_) => "a payment of",
    };
    let what = format!("dealt with {subject} {} on the account {}", one.sum, one.account);
    desk.log(&mut write, &what, Some(&one.booking)).await?;
    desk.done(write, "Done.", "today").await
}
