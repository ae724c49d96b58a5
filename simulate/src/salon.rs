//! The salon: it gives money back, here and in Stripe's dashboard, calls visits off, decides about fees, and has disputes.

use domain::{
    id::{AttemptId, BookingId},
    money::Money,
};
use serde_json::{Value, json};
use server::{
    api::error::ApiError,
    app::App,
    payments::{cancelling::Decision, refund},
    store::{
        attempt::{self, AttemptRecord},
        fee::Cause,
        refund::Reason,
    },
};

use crate::{
    fees::{Verdict, call_off, came, decide},
    history::{Doing, End, Go, History, Who},
};

/// What a salon may do.
#[derive(Clone, Copy, Debug)]
enum Act {
    RefundHere,
    RefundAtStripe,
    CallOff(Decision),
    Decide(Verdict),
    /// Nobody came, or somebody did after all.
    NotCome(Decision),
    Came,
    Move,
    Dispute,
    CloseDispute,
    Payout,
}

impl History<'_> {
    /// The salon does something.
    pub async fn salon_acts(&mut self) -> Go {
        let weight = |weight| if self.visits_come { weight } else { 0 };
        let acts = [
            (weight(50), Act::NotCome(Decision::AsSet)),
            (weight(12), Act::NotCome(Decision::Later)),
            (weight(25), Act::NotCome(Decision::Take)),
            (weight(6), Act::NotCome(Decision::Waive)),
            (weight(10), Act::Came),
            (30, Act::RefundHere),
            (25, Act::RefundAtStripe),
            (22, Act::CallOff(Decision::AsSet)),
            (5, Act::CallOff(Decision::Later)),
            (8, Act::CallOff(Decision::Take)),
            (5, Act::CallOff(Decision::Waive)),
            (10, Act::Decide(Verdict::Take)),
            (14, Act::Decide(Verdict::Waive)),
            (14, Act::Move),
            (6, Act::Dispute),
            (10, Act::CloseDispute),
            (4, Act::Payout),
        ];
        let act = self.dice.pick(&acts).unwrap_or(Act::RefundHere);
        match act {
            Act::RefundHere => self.give_back_here().await,
            Act::CallOff(decision) => self.calls_off("is called off", Cause::Cancelled, decision).await,
            Act::NotCome(decision) => self.calls_off("did not come", Cause::Missed, decision).await,
            Act::Decide(verdict) => {
                self.about_a_booking(
                    &format!("has its fee decided about: {verdict:?}"),
                    move |app, id| {
                        Box::pin(async move {
                            let _ = decide(&app, &id, verdict).await;
                            End::Worked
                        })
                    },
                )
                .await
            }
            Act::Move => self.moves().await,
            Act::Came => {
                self.about_a_booking("did come", |app, id| {
                    Box::pin(async move {
                        let _ = came(&app, &id).await;
                        End::Worked
                    })
                })
                .await
            }
            Act::RefundAtStripe | Act::Dispute => {
                let charges: Vec<Value> = self.sandbox.charges().into_iter().filter(is_paid).collect();
                let Some(charge) = charges.get(self.dice.below(charges.len())) else {
                    return Ok(());
                };
                let (id, left) = (text(charge, "id"), left(charge));
                if matches!(act, Act::Dispute) {
                    let kind = self
                        .dice
                        .pick(&[(2, "fraudulent"), (1, "not_received"), (1, "inquiry")]);
                    return self
                        .at_stripe(&format!("charges/{id}/dispute"), &json!({ "kind": kind }))
                        .await;
                }
                let part = self.part_of(left);
                self.at_stripe(&format!("charges/{id}/refund"), &json!({ "amount": part }))
                    .await
            }
            Act::CloseDispute => {
                let disputes = self.sandbox.disputes();
                let Some(dispute) = disputes.get(self.dice.below(disputes.len())) else {
                    return Ok(());
                };
                let won = self.dice.chance(50);
                let path = format!("disputes/{}/close", text(dispute, "id"));
                self.at_stripe(&path, &json!({ "won": won })).await
            }
            Act::Payout => self.at_stripe("payouts", &json!({})).await,
        }
    }

    async fn at_stripe(&mut self, path: &str, order: &Value) -> Go {
        self.trace.step(self.now(), &format!("at Stripe: {path} {order}"));
        self.figures.count("acts in Stripe's dashboard");
        let path = format!("/_sandbox/{path}");
        let answer = self.stripe("POST", &path, "", order.to_string()).await?;
        let said = answer.pointer("/error/message").or(answer.get("id"));
        self.trace.then(said.and_then(Value::as_str).unwrap_or("done"));
        self.collect_post();
        Ok(())
    }

    async fn calls_off(&mut self, what: &str, cause: Cause, decision: Decision) -> Go {
        self.about_a_booking(&format!("{what}, {decision:?}"), move |app, id| {
            Box::pin(async move {
                // A failure leaves everything as it was, and who did it sees that.
                let _ = call_off(&app, &id, cause, decision).await;
                End::Worked
            })
        })
        .await
    }

    /// A booking is called off by its client or the salon, or missed, or its fee is decided about.
    pub async fn about_a_booking(&mut self, what: &str, act: impl FnOnce(App, BookingId) -> Doing) -> Go {
        let bookings = self.bookings().await?;
        let Some(id) = bookings.get(self.dice.below(bookings.len())).cloned() else {
            return Ok(());
        };
        let (process, app) = self.any_process()?;
        self.trace.step(self.now(), &format!("{id} {what}"));
        let doing = act(app, id);
        self.choose_weather();
        self.start(Who::Salon, process, None, doing).await
    }

    async fn give_back_here(&mut self) -> Go {
        let attempts = self.paid_attempts().await?;
        let Some(id) = attempts.get(self.dice.below(attempts.len())).cloned() else {
            return Ok(());
        };
        let part = self.dice.between(1, 100);
        let (process, app) = self.any_process()?;
        self.trace.step(
            self.now(),
            &format!("the salon gives back up to {part} % of {id}"),
        );
        let doing: Doing = Box::pin(async move {
            let _ = give_back(&app, &id, part).await;
            End::Worked
        });
        self.choose_weather();
        self.start(Who::Salon, process, None, doing).await
    }

    fn part_of(&mut self, left: i64) -> i64 {
        if self.dice.chance(60) {
            left
        } else {
            self.dice.between(1, left.max(1))
        }
    }
}

/// Whether a charge took money.
#[must_use]
pub fn is_paid(charge: &Value) -> bool {
    charge.get("status").and_then(Value::as_str) == Some("succeeded")
        && charge.get("captured").and_then(Value::as_bool) == Some(true)
}

/// What is left of a charge's money with the salon, in minor units.
#[must_use]
pub fn left(charge: &Value) -> i64 {
    number(charge, "amount_captured") - number(charge, "amount_refunded")
}

/// A number of an object of Stripe's.
#[must_use]
pub fn number(object: &Value, name: &str) -> i64 {
    object.get(name).and_then(Value::as_i64).unwrap_or_default()
}

/// A text of an object of Stripe's.
#[must_use]
pub fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

async fn give_back(app: &App, id: &AttemptId, part: i64) -> Result<(), ApiError> {
    let mut write = app.store.write().await?;
    let Some(paid) = attempt::find(write.conn(), id).await? else {
        return Ok(());
    };
    refund_part(app, &mut write, &paid, part).await?;
    Ok(write.commit().await?)
}

async fn refund_part(
    app: &App,
    write: &mut server::store::Write,
    paid: &AttemptRecord,
    part: i64,
) -> Result<(), ApiError> {
    let left = paid.sum.minor() - paid.refunded - paid.reserved;
    let some = (left * part / 100).clamp(left.min(1), left.max(0));
    let sum =
        Money::new(some, paid.sum.currency()).map_err(|error| ApiError::invalid("sum", error.to_string()))?;
    if !sum.is_zero() {
        refund::begin(write, paid, sum, Reason::Requested, app.now()).await?;
    }
    Ok(())
}
