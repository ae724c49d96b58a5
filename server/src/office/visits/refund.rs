//! Giving money back: open, look, press.

use axum::extract::Path;
use domain::{id::AttemptId, money::Money, payment::Purpose, report::shares, role::may_refund};
use maud::{Markup, html};

use super::one::{Typed, find, not_yet};
use crate::{
    api::error::{ApiError, Code},
    office::{
        desk::Desk,
        field::{Fields, Kind},
        form::{Form, Wrong},
        said::plain,
        trouble::{Answer, Trouble},
    },
    payments::refund,
    store::{
        StoreError,
        attempt::{self, AttemptRecord},
        ledger,
        refund::{self as refunds, Reason},
    },
};

const MEANWHILE: &str = "Meanwhile something of this payment went back, or came back. Look at it again before you give more back.";

const WHY: [(&str, &str); 4] = [
    ("as agreed", "As agreed with the client"),
    ("complaint", "Complaint"),
    ("our mistake", "Our mistake"),
    ("paid twice", "Paid twice"),
];

/// The form below a payment.
pub async fn form(desk: &Desk, of: &AttemptRecord, typed: &Typed) -> Result<Markup, Trouble> {
    let left = left(of)?;
    let mine = typed.form.get("attempt") == of.id.as_str();
    if left.is_zero() {
        // There is no form any more, but what happened to the one that was sent is said.
        let said = typed.wrong.of("sum").filter(|_| mine);
        return Ok(html! { @if let Some(sentence) = said { p.warning { (sentence) } } });
    }
    if let Some(why) = of.reach.refusal() {
        return Ok(html! { p.hint { (why) } });
    }
    let fee = match &of.charge {
        Some(charge) => ledger::fee_of(desk.app.store.read(), desk.slug(), charge).await?,
        None => None,
    };
    let fresh = Form::of(&[("sum", plain(left))]);
    let none = Wrong::default();
    let fields = if mine {
        Fields {
            form: &typed.form,
            wrong: &typed.wrong,
        }
    } else {
        Fields {
            form: &fresh,
            wrong: &none,
        }
    };
    // A visit has several payments at times, and each has this form.
    let fields = fields.within(of.id.as_str());
    let services = services(desk, of).await?;
    let mut choices = vec![(String::new(), format!("All that was paid: {left} left"))];
    choices.extend(
        services
            .iter()
            .map(|(name, left)| (name.clone(), format!("{name}: {left} of it"))),
    );
    Ok(html! {
        details.narrow open[mine] {
            summary { "Refund" }
            form method="post" action=(desk.path(&format!("visits/{}/refund", of.booking))) {
                (fields.summary())
                input type="hidden" name="attempt" value=(of.id);
                input type="hidden" name="shown" value=(of.given_back());
                (fields.input("sum", "Sum to give back", Kind::Sum, &format!("At most {left}. It reaches the client's card in 5 to 10 days.")))
                @if services.len() > 1 {
                    (fields.select("service", "Of what", "The report counts it there.", &choices))
                    div.buttons aria-label="Per service" {
                        @for (name, left) in &services {
                            button.button.second type="button" data-fill="sum" data-value=(plain(*left)) data-choose=(name) hidden { (name) " " (left) }
                        }
                    }
                }
                (fields.select("why", "Why", "Kept in the log.", &WHY))
                p.hint {
                    @match fee {
                        Some(fee) => { "Stripe keeps its fee of this payment: " (fee) "." }
                        None => { "Stripe keeps its fee of this payment." }
                    }
                }
                button.button.wide { "Give back" }
            }
        }
    })
}

/// Gives money back.
pub async fn give_back(desk: Desk, Path((_, id)): Path<(String, String)>, form: Form) -> Answer {
    let visit = find(&desk, &id).await?;
    let of = match AttemptId::parse(form.get("attempt")) {
        Ok(id) => attempt::find(desk.app.store.read(), &id).await?,
        Err(_) => None,
    };
    let of = of.filter(|of| of.booking == visit.id);
    let of = of.ok_or_else(|| Trouble::not_found("payment"))?;
    if let Some(why) = of.reach.refusal() {
        return Err(ApiError::new(Code::Invalid, why).into());
    }
    let mut wrong = Wrong::default();
    let sum = as_shown(&of, &form)
        .and_then(|()| Money::read(form.get("sum"), of.sum.currency()))
        .and_then(|sum| allowed(&desk, &of, sum));
    let why = WHY.iter().find(|(value, _)| *value == form.get("why"));
    let why = wrong.keep("why", why.ok_or("Choose why: it is kept in the log."));
    let sum = wrong.keep("sum", sum);
    let service = form.get("service");
    if let Some(sum) = sum
        && !service.is_empty()
    {
        let services = services(&desk, &of).await?;
        match services.iter().find(|(name, _)| name == service) {
            Some((_, left)) if sum.minor() <= left.minor() => {}
            Some((_, left)) => wrong.add("sum", format!("Of what was paid for {service}, {left} is left.")),
            None => wrong.add(
                "service",
                format!("Of what was paid for {service}, nothing is left."),
            ),
        }
    }
    let (Some(sum), Some((why, _)), true) = (sum, why, wrong.is_empty()) else {
        return not_yet(&desk, &visit, &Typed { form, wrong }).await;
    };
    let mut write = desk.app.store.write().await?;
    let service = (!service.is_empty()).then(|| service.to_owned());
    let named = service
        .as_ref()
        .map(|name| format!(" for {name}"))
        .unwrap_or_default();
    if !refund::begin_as_shown(&mut write, &of, service, sum, Reason::Requested, desk.app.now()).await? {
        drop(write);
        wrong.add("sum", MEANWHILE);
        return not_yet(&desk, &visit, &Typed { form, wrong }).await;
    }
    desk.log(
        &mut write,
        &format!("gave back {sum}{named} ({why})"),
        Some(&visit.id),
    )
    .await?;
    desk.done(
        write,
        &format!("{sum} goes back to the client's card."),
        &format!("visits/{id}"),
    )
    .await
}

/// Whether the form was sent of the page as it is now: sent twice, or by two at once, it would give back twice.
fn as_shown(of: &AttemptRecord, form: &Form) -> Result<(), String> {
    let given_back = of.given_back();
    match form.get("shown").parse::<i64>() {
        Ok(shown) if shown == given_back => Ok(()),
        Ok(shown) if shown < given_back => {
            let sum = Money::new(given_back - shown, of.sum.currency()).map_err(|error| error.to_string())?;
            Err(format!(
                "Since you opened this page {sum} of this payment went back, or is about to. Nothing more was given back now: \
                 if more is to go back, press again."
            ))
        }
        _ => Err(MEANWHILE.to_owned()),
    }
}

fn allowed(desk: &Desk, of: &AttemptRecord, sum: Money) -> Result<Money, String> {
    let left = left(of).map_err(|trouble| trouble.0.message)?;
    if sum.is_zero() {
        return Err("Enter a sum above zero.".to_owned());
    }
    if sum.minor() > left.minor() {
        return Err(format!("Only {left} of this payment is left to give back."));
    }
    // All that went back of this payment counts: two small refunds are not a way around the limit.
    let all = Money::new(of.given_back() + sum.minor(), sum.currency()).map_err(|error| error.to_string())?;
    within_limit(desk, all)?;
    Ok(sum)
}

/// Whether whoever is at work may let so much go back of a payment, all together.
///
/// # Errors
/// With a sentence that says who may.
pub fn within_limit(desk: &Desk, all: Money) -> Result<(), String> {
    match desk.staff().refund_limit {
        limit if may_refund(limit, all) => Ok(()),
        Some(limit) => Err(format!(
            "You may give back up to {limit} of a payment. Ask a manager or the owner for more."
        )),
        None => Err("You may not give this back.".to_owned()),
    }
}

/// The services and products of a payment: of each, what was paid for it and is left to give back.
async fn services(desk: &Desk, of: &AttemptRecord) -> Result<Vec<(String, Money)>, Trouble> {
    if of.purpose == Purpose::Fee {
        return Ok(vec![]);
    }
    let db = desk.app.store.read();
    let lines = attempt::lines(db, &of.id).await?;
    let given_back = refunds::of_booking(db, &of.booking).await?;
    let prices: Vec<i64> = lines.iter().map(|(_, price)| *price).collect();
    let mut services: Vec<(String, i64)> = Vec::new();
    for ((name, _), share) in lines.into_iter().zip(shares(of.sum.minor(), &prices)) {
        match services.iter_mut().find(|(known, _)| *known == name) {
            Some((_, all)) => *all += share,
            None => services.push((name, share)),
        }
    }
    for refund in given_back
        .iter()
        .filter(|one| one.attempt == of.id && !one.state.is_over())
    {
        let of_it = services
            .iter_mut()
            .find(|(name, _)| Some(name) == refund.service.as_ref());
        if let Some((_, rest)) = of_it {
            *rest -= refund.sum.minor();
        }
    }
    let left = left(of)?.minor();
    let sum = |minor: i64| Money::new(minor.min(left), of.sum.currency()).map_err(StoreError::damaged);
    let rest = services.into_iter().filter(|(_, rest)| *rest > 0);
    Ok(rest
        .map(|(name, rest)| Ok((name, sum(rest)?)))
        .collect::<Result<_, StoreError>>()?)
}

/// What can still be given back of a payment.
fn left(of: &AttemptRecord) -> Result<Money, Trouble> {
    Money::new(of.left(), of.sum.currency()).map_err(|error| StoreError::damaged(error).into())
}
