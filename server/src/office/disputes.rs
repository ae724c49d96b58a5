//! Disputes: what must be answered until when, and the answer.

mod facts;

use axum::{extract::Path, routing::get};
use domain::{dispute::DisputeState, role::Right, time::Moment};
use maud::{Markup, html};

use super::{
    Route,
    desk::Desk,
    field::Fields,
    form::{Form, Wrong},
    page::{Room, again, page},
    trouble::{Answer, Trouble},
    when,
};
use crate::{
    app::random_id,
    store::{
        attempt::{self, AttemptRecord},
        booking::{self, BookingRecord},
        dispute::{self as disputes, DisputeRecord},
        evidence::{self, Evidence},
        job::{self, Job},
    },
};

/// Stripe takes so many characters of text in all (Stripe: "Dispute evidence").
const MOST: usize = 20_000;

pub fn routes() -> Vec<Route> {
    let route = |path, answers| Route {
        path,
        right: Right::Disputes,
        answers,
    };
    vec![
        route("/office/{salon}/disputes", get(show)),
        route("/office/{salon}/disputes/{id}", get(show_one).post(answer)),
    ]
}

async fn show(desk: Desk) -> Answer {
    let rows = disputes::of_salon(desk.app.store.read(), desk.slug()).await?;
    let zone = when::zone(&desk.salon.salon.time_zone);
    let body = html! {
        @if rows.is_empty() {
            p.quiet { "When a client asks their bank for a payment back, it appears here with its deadline, and with all you need to answer." }
        }
        ul.rows {
            @for row in &rows {
                li {
                    a href=(desk.path(&format!("disputes/{}", row.id))) { (row.sum) ", " (why(&row.reason)) }
                    (state(row.seen.state))
                    @if let (Some(due), true) = (row.due_by, row.seen.state.wants_answer()) {
                        span.quiet { "Answer until " (when::full(Moment(due * 1000), &zone)) }
                    }
                }
            }
        }
    };
    Ok(page(&desk, Room::Today, "Disputes", &body))
}

const ELSEWHERE: &str =
    "This dispute is on a Stripe account that you had before. Answer it in the dashboard of that account.";

/// A dispute with what it is about.
struct Case {
    dispute: DisputeRecord,
    attempt: AttemptRecord,
    visit: BookingRecord,
    answer: Option<Evidence>,
}

async fn find(desk: &Desk, id: &str) -> Result<Case, Trouble> {
    let db = desk.app.store.read();
    let none = || Trouble::not_found("dispute");
    let dispute = disputes::find(db, desk.slug(), id).await?.ok_or_else(none)?;
    let attempt = attempt::find(db, &dispute.attempt).await?.ok_or_else(none)?;
    let visit = booking::find(db, &attempt.booking).await?.ok_or_else(none)?;
    let answer = evidence::of_dispute(db, desk.slug(), id).await?;
    Ok(Case {
        dispute,
        attempt,
        visit,
        answer,
    })
}

async fn show_one(desk: Desk, Path((_, id)): Path<(String, String)>) -> Answer {
    let case = find(&desk, &id).await?;
    let form = Form::of(&[("story", facts::story(&desk, &case).await?)]);
    let body = draw(&desk, &case, &form, &Wrong::default()).await?;
    Ok(page(&desk, Room::Today, "Dispute", &body))
}

async fn answer(desk: Desk, Path((_, id)): Path<(String, String)>, form: Form) -> Answer {
    let case = find(&desk, &id).await?;
    let mut wrong = Wrong::default();
    if !case.dispute.seen.state.wants_answer() {
        wrong.add("story", "This dispute can't be answered any more.");
    }
    if case.dispute.elsewhere {
        wrong.add("story", ELSEWHERE);
    }
    let text = form.get("story");
    if !(20..=MOST).contains(&text.chars().count()) {
        wrong.add("story", format!("Write what happened, in 20 to {MOST} letters."));
    }
    let new = Evidence {
        id: format!("evd_{}", random_id()?),
        salon: desk.slug().clone(),
        dispute: id.clone(),
        fields: facts::fields(&desk, &case, text).await?,
        sent: None,
        refused: None,
    };
    let now = desk.app.now();
    let mut write = desk.app.store.write().await?;
    if wrong.is_empty() && !evidence::insert(write.conn(), &new, now).await? {
        wrong.add(
            "story",
            "An answer to this dispute is on its way already. Banks take one only.",
        );
    }
    if !wrong.is_empty() {
        drop(write);
        let body = draw(&desk, &case, &form, &wrong).await?;
        return Ok(again(&desk, Room::Today, "Dispute", &body));
    }
    let job = Job::AnswerDispute { evidence: new.id };
    job::insert(write.conn(), &random_id()?, &job, now).await?;
    desk.log(
        &mut write,
        &format!("answered the dispute {id}"),
        Some(&case.visit.id),
    )
    .await?;
    desk.done(
        write,
        "The answer is on its way to the bank, by Stripe.",
        &format!("disputes/{id}"),
    )
    .await
}

async fn draw(desk: &Desk, case: &Case, form: &Form, wrong: &Wrong) -> Result<Markup, Trouble> {
    let zone = when::zone(&desk.salon.salon.time_zone);
    let dispute = &case.dispute;
    let open = dispute.seen.state.wants_answer();
    let sent = case.answer.as_ref().filter(|answer| answer.refused.is_none());
    let facts = facts::fields(desk, case, "").await?;
    let fields = Fields { form, wrong };
    Ok(html! {
        p { strong { (dispute.sum) } ", " (why(&dispute.reason)) " " (state(dispute.seen.state)) }
        p { a href=(desk.path(&format!("visits/{}", case.visit.id))) { "The visit of " (case.visit.client.name) } }
        @if let (Some(due), true) = (dispute.due_by, open) {
            p.warning { "Answer until " strong { (when::full(Moment(due * 1000), &zone)) } ". Without an answer the money is lost." }
        }
        @if let Some(refused) = case.answer.as_ref().and_then(|answer| answer.refused.as_ref()) {
            p.warning { "Stripe did not take the answer: " (refused) }
        }
        @if let Some(answer) = sent {
            (fields.summary())
            section.card.narrow {
                h2 { "Your answer " @if answer.sent.is_some() { span.tag.good { "With the bank" } } @else { span.tag.warn { "On its way" } } }
                @for (name, text) in &answer.fields { p { span.quiet { (label(name)) } br; span.lines { (text) } } }
            }
        } @else if open && dispute.elsewhere {
            p.warning { (ELSEWHERE) }
        } @else if open {
            h2 { "Your answer" }
            p { "These facts go along by themselves:" }
            dl.facts { @for (name, text) in &facts { dt { (label(name)) } dd { (text) } } }
            form method="post" {
                (fields.summary())
                (fields.text("story", "What happened", "This is a draft from what is written down here. Say whether the client came, and add what you agreed on. Banks take one answer only.", 12))
                button.button.wide { "Send the answer" }
            }
            p.hint { "If the client is right, give the money back instead: on the visit's page as long as it is an inquiry, in Stripe's dashboard later." }
        }
    })
}

fn label(name: &str) -> &str {
    match name {
        "customer_name" => "Client",
        "customer_email_address" => "E-mail",
        "customer_purchase_ip" => "Address of the payer's connection",
        "product_description" => "What was booked",
        "service_date" => "When",
        "cancellation_policy_disclosure" => "Terms for cancelling",
        "uncategorized_text" => "What happened",
        other => other,
    }
}

/// Stripe's `reason` in words.
pub fn why(reason: &str) -> &str {
    match reason {
        "fraudulent" => "the cardholder says that it was not them",
        "product_not_received" => "the client says that the visit did not take place",
        "product_unacceptable" => "the client was not content",
        "duplicate" => "the client says that it was charged twice",
        "credit_not_processed" => "the client waits for a refund",
        "subscription_canceled" => "the client says that it was cancelled",
        "unrecognized" => "the client does not recognize the payment",
        _ => "the client's bank asks for it back",
    }
}

fn state(state: DisputeState) -> Markup {
    match state {
        DisputeState::WarningNeedsResponse => html! { span.tag.bad { "Inquiry, to be answered" } },
        DisputeState::NeedsResponse | DisputeState::AppealNeedsResponse => {
            html! { span.tag.bad { "To be answered" } }
        }
        DisputeState::WarningUnderReview | DisputeState::UnderReview | DisputeState::AppealUnderReview => {
            html! { span.tag.warn { "The bank decides" } }
        }
        DisputeState::Won | DisputeState::WarningClosed | DisputeState::Prevented => {
            html! { span.tag.good { "You keep the money" } }
        }
        DisputeState::Lost => html! { span.tag { "The client keeps the money" } },
    }
}
