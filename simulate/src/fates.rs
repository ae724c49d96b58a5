//! What befalls a call to Stripe.

use axum::http::StatusCode;
use serde_json::json;

use crate::{
    gate::{Call, cut_off, stranger},
    history::{Go, History, Parked},
};

/// What becomes of a parked call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fate {
    /// It arrives, and so does its answer.
    Through,
    /// It never arrives.
    LostBefore,
    /// It arrives, its answer does not.
    LostAfter,
    /// Whoever sent it gives up; it may arrive later.
    GivenUp,
    /// Only the head of its answer and some of the body arrive.
    CutOff,
    /// Stripe fails before it did anything, or after.
    ErrorBefore,
    ErrorAfter,
    /// A machine in between fails, before Stripe or after.
    StrangerBefore,
    StrangerAfter,
    /// The same key is in flight.
    Conflict,
    /// Somebody else changes the same object.
    Locked,
    /// Too many calls.
    TooMany,
    /// The key is refused for a while.
    KeyRefused,
}

const FATES: [(usize, Fate, &str); 13] = [
    (62, Fate::Through, "calls that went well"),
    (5, Fate::LostBefore, "calls lost before Stripe"),
    (7, Fate::LostAfter, "answers lost"),
    (5, Fate::GivenUp, "calls given up by their sender"),
    (2, Fate::CutOff, "answers cut off"),
    (3, Fate::ErrorBefore, "500 before the effect"),
    (4, Fate::ErrorAfter, "500 after the effect"),
    (
        2,
        Fate::StrangerBefore,
        "502 of a machine in between, before Stripe",
    ),
    (
        2,
        Fate::StrangerAfter,
        "502 of a machine in between, after Stripe",
    ),
    (2, Fate::Conflict, "409"),
    (1, Fate::Locked, "lock_timeout"),
    (3, Fate::TooMany, "429"),
    (2, Fate::KeyRefused, "401"),
];

impl History<'_> {
    /// One of the parked calls goes on.
    pub async fn resume_any(&mut self) -> Go {
        if self.parked.is_empty() {
            return Ok(());
        }
        let parked = self.parked.remove(self.dice.below(self.parked.len()));
        self.resume(parked).await
    }

    /// All parked calls are given up by their senders, who may try again: their time limits are over.
    pub async fn give_up_all(&mut self) -> Go {
        // One after the other: a process that dies meanwhile takes its own along.
        for _ in 0..self.parked.len() {
            if self.parked.is_empty() {
                break;
            }
            let parked = self.parked.remove(0);
            self.trace.step(
                self.clock.now(),
                &format!("{} takes too long", parked.call.name()),
            );
            self.meet(parked, Fate::GivenUp).await?;
        }
        Ok(())
    }

    async fn resume(&mut self, parked: Parked) -> Go {
        let fate = if self.calm {
            Fate::Through
        } else {
            let weights = FATES.map(|(weight, fate, _)| (weight, fate));
            self.dice.pick(&weights).unwrap_or(Fate::Through)
        };
        self.trace
            .step(self.clock.now(), &format!("{}: {fate:?}", parked.call.name()));
        self.meet(parked, fate).await
    }

    async fn meet(&mut self, parked: Parked, fate: Fate) -> Go {
        let Parked { operation, mut call } = parked;
        if let Some((_, _, what)) = FATES.iter().find(|(_, known, _)| *known == fate) {
            self.figures.count(what);
        }
        self.choose_weather();
        let who = self.operations.get(&operation).map(|operation| operation.who);
        // Before it hears the answer: what goes wrong, goes wrong with whoever waits.
        self.before_run(who).await?;
        match fate {
            Fate::Through => self.through(call).await,
            Fate::LostBefore => call.hang_up(),
            Fate::GivenUp => self.astray(call),
            Fate::LostAfter => {
                self.at_stripe_only(&call).await;
                call.hang_up();
            }
            Fate::CutOff => {
                self.at_stripe_only(&call).await;
                call.answer(cut_off(b"{\"id\": \"pi_"));
            }
            Fate::StrangerBefore => call.answer(stranger(StatusCode::BAD_GATEWAY, "<h1>Bad gateway</h1>")),
            Fate::StrangerAfter => {
                self.at_stripe_only(&call).await;
                call.answer(stranger(StatusCode::BAD_GATEWAY, "<h1>Bad gateway</h1>"));
            }
            Fate::KeyRefused => call.answer(stranger(
                StatusCode::UNAUTHORIZED,
                r#"{"error": {"type": "invalid_request_error", "message": "Expired API Key provided"}}"#,
            )),
            Fate::ErrorBefore => self.struck(call, json!({"fault": "500_before"})).await?,
            Fate::ErrorAfter => self.struck(call, json!({"fault": "500_after"})).await?,
            Fate::Conflict => self.struck(call, json!({"fault": "409"})).await?,
            Fate::Locked => {
                self.struck(call, json!({"fault": "429", "code": "lock_timeout"}))
                    .await?;
            }
            Fate::TooMany => self.struck(call, json!({"fault": "429"})).await?,
        }
        self.wait(operation).await
    }

    /// A call that nobody waits for any more arrives, or is lost for good.
    pub async fn stray_arrives(&mut self) -> Go {
        let now = self.now();
        self.strays.retain(|stray| stray.until > now);
        if self.strays.is_empty() {
            return Ok(());
        }
        let stray = self.strays.remove(self.dice.below(self.strays.len()));
        self.trace.step(
            now,
            &format!("{} arrives, sent by nobody who waits", stray.call.name()),
        );
        self.figures.count("calls that arrive late");
        self.at_stripe_only(&stray.call).await;
        Ok(())
    }

    async fn through(&mut self, call: Call) {
        let answer = self.sandbox.answer(call.request()).await;
        self.trace.then(&format!("← {}", answer.status().as_u16()));
        self.collect_post();
        call.answer(answer);
    }

    /// Through, with this fault on the way.
    async fn struck(&mut self, call: Call, fault: serde_json::Value) -> Go {
        let armed = self
            .stripe("POST", "/_sandbox/faults", "", fault.to_string())
            .await?;
        if armed.get("error").is_some() {
            self.trace.then(&format!("no such fault: {armed}"));
        }
        self.through(call).await;
        Ok(())
    }

    async fn at_stripe_only(&mut self, call: &Call) {
        let answer = self.sandbox.answer(call.request()).await;
        self.trace
            .then(&format!("Stripe answers {}, unheard", answer.status().as_u16()));
        self.collect_post();
    }
}
