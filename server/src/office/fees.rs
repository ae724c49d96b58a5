//! Cancelling a visit, noting that a client did not come, and deciding about fees: on the visit's page.

use axum::{extract::Path, routing::post};
use domain::{
    fee::{FeeState, Way},
    id::BookingId,
    payment::BookingState,
    role::Right,
};
use maud::{Markup, html};

use super::{
    Route,
    desk::Desk,
    form::Form,
    trouble::{Answer, Trouble},
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
    if visit.state == BookingState::Booked && !is_missed {
        offers.push(plan(desk, visit, Cause::Cancelled, Decision::Take).await?);
        if desk.app.now() >= visit.start {
            offers.push(plan(desk, visit, Cause::Missed, Decision::Take).await?);
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
    let may_waive = fee.state.waived().is_some() || fee.state == FeeState::Charging;
    html! {
        section.card {
            h2 { "Fee " (what(fee.cause)) " " (state(fee.state)) }
            dl.facts {
                dt { "Fee" } dd.sum { (fee.sum) }
                @if !fee.kept.is_zero() { dt { "Of the payment" } dd.sum { (fee.kept) } }
                @if !fee.rest.is_zero() { dt { "Besides" } dd.sum { (fee.rest) } }
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
    let parts = &plan.parts;
    let (label, path, button) = match plan.cause {
        Cause::Cancelled => ("Cancel", "cancel", "Cancel the visit"),
        Cause::Missed => ("Did not come", "missed", "Note that nobody came"),
    };
    html! {
        details.narrow {
            summary { (label) }
            form method="post" action=(at(path)) {
                input type="hidden" name="shown" value=(shown(plan));
                dl.facts {
                    dt { "Fee by your terms" } dd.sum { @if parts.fee.is_zero() { "None" } @else { (parts.fee) } }
                    @if !parts.kept.is_zero() { dt { "Kept of the payment" } dd.sum { (parts.kept) } }
                    @match parts.way {
                        Way::Card => { dt { "Charged to the saved card" } dd.sum { (parts.rest) } }
                        Way::Client => { dt { "The client is asked to pay by a link" } dd.sum { (parts.rest) } }
                        Way::NotByCard => { dt { "No card can be charged" } dd.sum { (parts.rest) } }
                        Way::Nothing => {}
                    }
                    @if !parts.refund.is_zero() { dt { "Goes back" } dd.sum { (parts.refund) } }
                }
                @if plan.cause == Cause::Missed && parts.fee.is_zero() {
                    p.hint { "What was paid online stays with you, until you give it back." }
                }
                @if desk.may(Right::Fees) && !parts.fee.is_zero() {
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
    let by_terms = plan(desk, &visit, cause, Decision::Take).await?;
    if form.get("shown") != shown(&by_terms) {
        return Err(Trouble::changed());
    }
    let decision = match form.get("fee") {
        _ if !desk.may(Right::Fees) => Decision::AsSet,
        "waive" => Decision::Waive,
        _ => Decision::Take,
    };
    let plan = plan(desk, &visit, cause, decision).await?;
    let mut write = desk.app.store.write().await?;
    if !cancelling::carry_out(&mut write, &plan, desk.app.now()).await? {
        return Err(Trouble::changed());
    }
    let did = match cause {
        Cause::Cancelled => "cancelled the visit",
        Cause::Missed => "noted that the client did not come",
    };
    let told = format!("{did}: fee {}, {} goes back", plan.parts.fee, plan.parts.refund);
    desk.log(&mut write, &told, Some(&visit.id)).await?;
    let said = match cause {
        Cause::Cancelled => "The visit is cancelled.",
        Cause::Missed => "It is noted that the client did not come.",
    };
    desk.done(write, said, &format!("visits/{}", visit.id)).await
}

async fn came(desk: Desk, Path((_, id)): Path<(String, String)>) -> Answer {
    let visit = free(&desk, &id).await?;
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
    let sum = sum_of(&desk, &visit.id).await?;
    if !fee::take(&mut write, &visit, desk.app.now()).await? {
        return Err(Trouble::changed());
    }
    desk.log(&mut write, &format!("took the fee of {sum}"), Some(&visit.id))
        .await?;
    let said = "Done. What the payment does not cover is charged now, or the client is asked to pay it.";
    desk.done(write, said, &format!("visits/{}", visit.id)).await
}

async fn waive(desk: Desk, Path((_, id)): Path<(String, String)>) -> Answer {
    let visit = free(&desk, &id).await?;
    let mut write = desk.app.store.write().await?;
    let sum = sum_of(&desk, &visit.id).await?;
    if !fee::waive(&mut write, &visit, desk.app.now()).await? {
        return Err(Trouble::changed());
    }
    desk.log(&mut write, &format!("waived the fee of {sum}"), Some(&visit.id))
        .await?;
    desk.done(write, "The fee is waived.", &format!("visits/{}", visit.id))
        .await
}

/// The visit, after what charges its fee at this moment was ended.
async fn free(desk: &Desk, id: &str) -> Result<BookingRecord, Trouble> {
    let visit = find(desk, id).await?;
    fee::end_charge(&desk.app, &visit).await?;
    find(desk, id).await
}

async fn find(desk: &Desk, id: &str) -> Result<BookingRecord, Trouble> {
    let id = BookingId::parse(id).map_err(|_| Trouble::not_found("visit"))?;
    let found = booking::find(desk.app.store.read(), &id).await?;
    let ours = found.filter(|visit| visit.salon == *desk.slug());
    ours.ok_or_else(|| Trouble::not_found("visit"))
}

async fn sum_of(desk: &Desk, visit: &BookingId) -> Result<domain::money::Money, Trouble> {
    let fee = fees::of_booking(desk.app.store.read(), visit).await?;
    fee.map(|fee| fee.sum)
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

/// What a page showed, so that nothing else is done.
fn shown(plan: &Plan) -> String {
    format!("{} {}", plan.parts.fee.minor(), plan.parts.refund.minor())
}

fn what(cause: Cause) -> &'static str {
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
