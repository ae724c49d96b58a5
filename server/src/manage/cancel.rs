//! Cancelling: what it costs and what goes back, then one button.

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use domain::{
    fee::{FeeState, Way},
    payment::BookingState,
};
use maud::html;

use super::{Answer, Care, changed};
use crate::{
    api::error::{ApiError, Code},
    app::App,
    office::form::Form,
    payments::{
        TRIES,
        cancelling::{self, Decision, Plan},
        note, tell,
    },
    store::{StoreError, audit::By, fee::Cause, job::News},
};

/// Whether the client may still cancel here.
pub fn may(care: &Care) -> bool {
    let may = care.booking.permissions(&care.salon, !care.paid().is_zero());
    care.booking.state == BookingState::Booked
        && !care.missed
        && may.cancel.allows(care.booking.start, care.app.now())
}

pub async fn ask(State(app): State<App>, Path(token): Path<String>) -> Answer {
    let care = Care::of(app, &token).await?;
    if !may(&care) {
        return Ok(care.refused(too_late(&care)));
    }
    let plan = look(&care).await?;
    Ok(draw(&care, &plan, false))
}

pub async fn done(State(app): State<App>, Path(token): Path<String>, form: Form) -> Answer {
    for _ in 0..TRIES {
        let care = Care::of(app.clone(), &token).await?;
        if care.booking.state == BookingState::Cancelled {
            // Pressed twice, or somebody was first: the page says how it stands.
            return Ok(care.back());
        }
        if !may(&care) {
            return Ok(care.refused(too_late(&care)));
        }
        let booking = cancelling::clear_way(&app, &care.booking).await?;
        let care = Care { booking, ..care };
        let plan = look(&care).await?;
        if form.get("shown") != plan.shown() {
            return Ok(draw(&care, &plan, true));
        }
        let mut write = app.store.write().await?;
        if !cancelling::carry_out(&mut write, &plan, app.now()).await? {
            continue;
        }
        tell(&mut write, &plan.booking.id, News::Cancelled, app.now()).await?;
        let what = format!(
            "cancelled the visit online: fee {}, {} goes back",
            plan.costs(),
            plan.parts.refund
        );
        let about = (&plan.booking.salon, &plan.booking.id);
        note(&mut write, about, By::Client, &what, app.now()).await?;
        match write.commit().await {
            Ok(()) => return Ok(care.back()),
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(changed().into())
}

/// What cancelling here does now.
pub async fn look(care: &Care) -> Result<Plan, ApiError> {
    let (app, cause) = (&care.app, Cause::Cancelled);
    let plan = cancelling::look(app, &care.salon, &care.booking, cause, Decision::AsSet).await;
    plan.inspect_err(|error| {
        if error.code != Code::Cancelled {
            tracing::info!(booking = %care.booking.id, %error, "can't be cancelled now");
        }
    })
}

fn draw(care: &Care, plan: &Plan, again: bool) -> axum::response::Response {
    let (words, parts, costs) = (&care.words, &plan.parts, plan.costs());
    let asked = plan.begins == Some(FeeState::Asked);
    let body = html! {
        @if again {
            p.warning { (words.pick(
                "What it costs has just changed. Please look at it again.",
                "Der Betrag hat sich gerade geändert. Bitte sehen Sie ihn sich noch einmal an.",
            )) }
        }
        p { (words.moment(care.booking.start)) }
        dl.facts {
            dt { (words.pick("Fee", "Gebühr")) }
            dd.sum { @if costs.is_zero() { (words.pick("None", "Keine")) } @else { (words.sum(costs)) } }
            @if !parts.kept.is_zero() {
                dt { (words.pick("Taken from your payment", "Von Ihrer Zahlung")) } dd.sum { (words.sum(parts.kept)) }
            }
            @if parts.way == Way::Card && !costs.is_zero() {
                dt { (words.pick("Charged to your saved card", "Von Ihrer gespeicherten Karte")) } dd.sum { (words.sum(parts.rest)) }
            }
            @if !parts.refund.is_zero() {
                dt { (words.pick("Goes back to your card", "Geht auf Ihre Karte zurück")) } dd.sum { (words.sum(parts.refund)) }
            }
        }
        @if asked {
            p { (words.pick("The salon decides whether it wants the fee, and lets you know.",
                            "Der Salon entscheidet, ob er die Gebühr verlangt, und sagt Ihnen Bescheid.")) }
        }
        @if !parts.refund.is_zero() {
            p.quiet { (words.pick("Money on its way back takes 5 to 10 days.", "Bis das Geld zurück ist, dauert es 5 bis 10 Tage.")) }
        }
        form method="post" action=(care.path("cancel")) {
            input type="hidden" name="shown" value=(plan.shown());
            button.button.danger.wide {
                (words.pick("Cancel the booking", "Termin absagen"))
                @if !costs.is_zero() { " · " (words.sum(costs)) }
            }
        }
        p { a href=(care.path("")) { (words.pick("Keep it", "Behalten")) } }
    };
    let status = if again {
        StatusCode::CONFLICT
    } else {
        StatusCode::OK
    };
    care.page(
        status,
        words.pick("Cancel your booking?", "Termin absagen?"),
        &body,
    )
}

fn too_late(care: &Care) -> &str {
    care.words.pick(
        "It can't be cancelled here any more. Please call the salon.",
        "Er kann hier nicht mehr abgesagt werden. Bitte rufen Sie den Salon an.",
    )
}
