//! Cancelling a visit, noting that a client did not come, and deciding about fees: on the visit's page.

use axum::{extract::Path, http::StatusCode, routing::post};
use domain::{
    fee::{FeeState, Way},
    id::BookingId,
    money::Money,
    payment::BookingState,
    role::Right,
};
use maud::{Markup, html};

use super::{
    Route,
    desk::Desk,
    form::Form,
    page,
    trouble::{Answer, Trouble},
    visits::refund::within_limit,
};
use crate::{
    api::error::{ApiError, Code},
    payments::{
        cancelling::{self, Decision, Plan},
        fee,
    },
    store::{
        booking::{self, BookingRecord},
        fee::{self as fees, Cause, FeeRecord},
        missed,
    },
};

pub fn routes() -> Vec<Route> {
    let route = |path, right, answers| Route { path, right, answers };
    vec![
        route("/office/{salon}/visits/{id}/cancel", Right::Visits, post(cancel)),
        route(
            "/office/{salon}/visits/{id}/missed",
            Right::Visits,
            post(note_missed),
        ),
        route("/office/{salon}/visits/{id}/came", Right::Fees, post(came)),
        route("/office/{salon}/visits/{id}/fee", Right::Fees, post(take)),
        route("/office/{salon}/visits/{id}/fee/waive", Right::Fees, post(waive)),
    ]
}

/// Fees that wait for somebody, for the first page. Who may not decide does not see them.
pub async fn waiting(desk: &Desk) -> Result<Vec<Markup>, Trouble> {
    if !desk.may(Right::Fees) {
        return Ok(vec![]);
    }
    let open = fees::to_decide(desk.app.store.read(), desk.slug()).await?;
    let task = |one: &FeeRecord| {
        html! {
            a href=(desk.path(&format!("visits/{}", one.booking))) { "A fee of " (one.sum) " " (what(one.cause)) }
            (state(one.state))
        }
    };
    Ok(open.iter().map(task).collect())
}

/// What of this a visit's page shows.
pub async fn section(desk: &Desk, visit: &BookingRecord) -> Result<Markup, Trouble> {
    let db = desk.app.store.read();
    let is_missed = missed::at(db, &visit.id).await?.is_some();
    let fee = fees::latest(db, &visit.id).await?;
    let mut offers = Vec::new();
    let decision = by_terms(desk);
    if visit.state == BookingState::Booked && !is_missed {
        offers.push(plan(desk, visit, Cause::Cancelled, decision).await?);
        if desk.app.now() >= visit.start {
            offers.push(plan(desk, visit, Cause::Missed, decision).await?);
        }
    }
    let at = |rest: &str| desk.path(&format!("visits/{}/{rest}", visit.id));
    Ok(html! {
        @if is_missed {
            p.warning { "The client did not come." }
            @if desk.may(Right::Fees) {
                form.inline method="post" action=(at("came")) { button.button.second { "Came after all" } }
            }
        }
        @if let Some(fee) = &fee { (about(desk, fee, &at)) }
        @for plan in &offers { (offer(desk, plan, &at)) }
    })
}

fn about(desk: &Desk, fee: &FeeRecord, at: &impl Fn(&str) -> String) -> Markup {
    let wants = matches!(
        fee.state,
        FeeState::Asked | FeeState::Failed | FeeState::NeedsClient
    );
    let may_waive = fee.state.waived().is_some();
    html! {
        section.card {
            h2 { "Fee " (what(fee.cause)) " " (state(fee.state)) }
            dl.facts {
                dt { "Fee" } dd.sum { (fee.sum) }
                @if !fee.kept.is_zero() { dt { "Of the payment" } dd.sum { (fee.kept) } }
                @if !fee.rest.is_zero() {
                    dt { @if fee.state == FeeState::Kept { "Not asked for" } @else { "Besides" } } dd.sum { (fee.rest) }
                }
            }
            @if desk.may(Right::Fees) && (wants || may_waive) {
                div.buttons {
                    @if wants {
                        form.inline method="post" action=(at("fee")) {
                            button.button { @if fee.state == FeeState::Asked { "Take it" } @else { "Try the card again" } }
                        }
                    }
                    @if may_waive {
                        form.inline method="post" action=(at("fee/waive")) { button.button.second { "Do without it" } }
                    }
                }
            }
        }
    }
}

fn offer(desk: &Desk, plan: &Plan, at: &impl Fn(&str) -> String) -> Markup {
    let (parts, costs) = (&plan.parts, plan.costs());
    let (label, path, button) = match plan.cause {
        Cause::Cancelled => ("Cancel", "cancel", "Cancel the visit"),
        Cause::Missed => ("Did not come", "missed", "Note that nobody came"),
    };
    html! {
        details.narrow {
            summary { (label) }
            form method="post" action=(at(path)) {
                input type="hidden" name="shown" value=(plan.shown());
                dl.facts {
                    dt { "Fee by your terms" } dd.sum { @if costs.is_zero() { "None" } @else { (costs) } }
                    @if !parts.kept.is_zero() { dt { "Kept of the payment" } dd.sum { (parts.kept) } }
                    @match (plan.begins, parts.way) {
                        (Some(FeeState::Asked), Way::Card | Way::Client) => { dt { "Besides, if a manager wants it" } dd.sum { (parts.rest) } }
                        (Some(FeeState::Charging), _) => { dt { "Charged to the saved card" } dd.sum { (parts.rest) } }
                        (Some(FeeState::NeedsClient), _) => { dt { "The client is asked to pay by a link" } dd.sum { (parts.rest) } }
                        (_, Way::NotByCard) => { dt { "No card can be charged" } dd.sum { (parts.rest) } }
                        (_, Way::Client) => { dt { "Not asked for: no card is saved" } dd.sum { (parts.rest) } }
                        _ => {}
                    }
                    @if !parts.refund.is_zero() { dt { "Goes back" } dd.sum { (parts.refund) } }
                }
                @if plan.cause == Cause::Missed && costs.is_zero() {
                    p.hint { "What was paid online stays with you, until you give it back." }
                }
                @if desk.may(Right::Fees) && !costs.is_zero() {
                    div.field {
                        label for={ (path) "-fee" } { "The fee" }
                        select id={ (path) "-fee" } name="fee" {
                            option value="take" selected[plan.cause == Cause::Missed] { "Take it" }
                            option value="waive" selected[plan.cause == Cause::Cancelled] { "Do without: all that was paid goes back" }
                        }
                    }
                }
                button.button.danger.wide { (button) }
            }
        }
    }
}

async fn cancel(desk: Desk, Path((_, id)): Path<(String, String)>, form: Form) -> Answer {
    call_off(&desk, &id, &form, Cause::Cancelled).await
}

async fn note_missed(desk: Desk, Path((_, id)): Path<(String, String)>, form: Form) -> Answer {
    call_off(&desk, &id, &form, Cause::Missed).await
}

async fn call_off(desk: &Desk, id: &str, form: &Form, cause: Cause) -> Answer {
    let visit = cancelling::clear_way(&desk.app, &find(desk, id).await?).await?;
    let mut doing = plan(desk, &visit, cause, by_terms(desk)).await?;
    if form.get("shown") != doing.shown() {
        return Err(Trouble::changed());
    }
    if desk.may(Right::Fees) && form.get("fee") == "waive" {
        doing = plan(desk, &visit, cause, Decision::Waive).await?;
    }
    if !doing.parts.refund.is_zero() {
        // Who may cancel need not be who may give that much back.
        if let Err(sentence) = within_limit(desk, doing.given_back()?) {
            return Ok(page::sentence(StatusCode::FORBIDDEN, &sentence));
        }
    }
    let mut write = desk.app.store.write().await?;
    if !cancelling::carry_out(&mut write, &doing, desk.app.now()).await? {
        return Err(Trouble::changed());
    }
    let did = match cause {
        Cause::Cancelled => "cancelled the visit",
        Cause::Missed => "noted that the client did not come",
    };
    let told = format!("{did}: fee {}, {} goes back", doing.costs(), doing.parts.refund);
    desk.log(&mut write, &told, Some(&visit.id)).await?;
    let said = match cause {
        Cause::Cancelled => "The visit is cancelled.",
        Cause::Missed => "It is noted that the client did not come.",
    };
    desk.done(write, said, &format!("visits/{}", visit.id)).await
}

async fn came(desk: Desk, Path((_, id)): Path<(String, String)>) -> Answer {
    let visit = find(&desk, &id).await?;
    let mut write = desk.app.store.write().await?;
    if !cancelling::came_after_all(&mut write, &visit, desk.app.now()).await? {
        return Err(Trouble::changed());
    }
    desk.log(
        &mut write,
        "noted that the client came after all",
        Some(&visit.id),
    )
    .await?;
    desk.done(write, "Noted.", &format!("visits/{}", visit.id)).await
}

async fn take(desk: Desk, Path((_, id)): Path<(String, String)>) -> Answer {
    let visit = find(&desk, &id).await?;
    let mut write = desk.app.store.write().await?;
    let (sum, _) = sum_of(&desk, &visit.id).await?;
    if !fee::take(&mut write, &visit, desk.app.now()).await? {
        return Err(Trouble::changed());
    }
    desk.log(&mut write, &format!("took the fee of {sum}"), Some(&visit.id))
        .await?;
    let said = "Done. What the payment does not cover is charged now, or the client is asked to pay it.";
    desk.done(write, said, &format!("visits/{}", visit.id)).await
}

async fn waive(desk: Desk, Path((_, id)): Path<(String, String)>) -> Answer {
    let visit = find(&desk, &id).await?;
    let mut write = desk.app.store.write().await?;
    let (sum, charging) = sum_of(&desk, &visit.id).await?;
    if !fee::waive(&mut write, &visit, desk.app.now()).await? {
        return Err(Trouble::changed());
    }
    desk.log(&mut write, &format!("waived the fee of {sum}"), Some(&visit.id))
        .await?;
    let said = if charging {
        "The fee is waived. If the card was charged just now, the money goes back."
    } else {
        "The fee is waived."
    };
    desk.done(write, said, &format!("visits/{}", visit.id)).await
}

async fn find(desk: &Desk, id: &str) -> Result<BookingRecord, Trouble> {
    let id = BookingId::parse(id).map_err(|_| Trouble::not_found("visit"))?;
    let found = booking::find(desk.app.store.read(), &id).await?;
    let ours = found.filter(|visit| visit.salon == *desk.slug());
    ours.ok_or_else(|| Trouble::not_found("visit"))
}

/// The fee of a visit, and whether it is being charged.
async fn sum_of(desk: &Desk, visit: &BookingId) -> Result<(Money, bool), Trouble> {
    let fee = fees::of_booking(desk.app.store.read(), visit).await?;
    fee.map(|fee| (fee.sum, fee.state == FeeState::Charging))
        .ok_or_else(|| Trouble(ApiError::new(Code::NotFound, "This visit has no fee (any more).")))
}

async fn plan(
    desk: &Desk,
    visit: &BookingRecord,
    cause: Cause,
    decision: Decision,
) -> Result<Plan, ApiError> {
    cancelling::look(&desk.app, &desk.salon, visit, cause, decision).await
}

/// What becomes of a fee unless it is waived: whoever decides about fees takes it; for others it is as the salon has set it.
fn by_terms(desk: &Desk) -> Decision {
    if desk.may(Right::Fees) {
        Decision::Take
    } else {
        Decision::AsSet
    }
}

/// What a fee is for, after its name.
pub fn what(cause: Cause) -> &'static str {
    match cause {
        Cause::Cancelled => "for cancelling late",
        Cause::Missed => "for not coming",
    }
}

fn state(state: FeeState) -> Markup {
    match state {
        FeeState::Asked => html! { span.tag.warn { "For you to decide" } },
        FeeState::Waived => html! { span.tag { "Waived" } },
        FeeState::Kept => html! { span.tag.good { "Kept of the payment" } },
        FeeState::Charging => html! { span.tag.warn { "Being charged" } },
        FeeState::Charged => html! { span.tag.good { "Charged" } },
        FeeState::NeedsClient => html! { span.tag.warn { "Waits for the client" } },
        FeeState::Failed => html! { span.tag.bad { "The card was declined" } },
    }
}
