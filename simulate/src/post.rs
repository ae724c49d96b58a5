//! Stripe's webhooks: late, twice, in any order, never, signed with a secret that was replaced.

use axum::{body::Body, http::Request};
use domain::time::Moment;
use hmac::Mac as _;
use stripe_sandbox::Happened as Event;
use tower::ServiceExt as _;

use crate::{
    dice::Dice,
    history::{Doing, End, Go, History, Who, Wrong},
    place::{FORMER_SECRET, SALON, SIGNING_SECRET},
};

/// The events of a webhook that was set up by hand.
const BY_HAND: [&str; 13] = [
    "charge.captured",
    "charge.expired",
    "charge.failed",
    "charge.pending",
    "charge.refunded",
    "charge.succeeded",
    "charge.updated",
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.refund.updated",
];

/// What Stripe has to send.
#[derive(Debug)]
pub struct Post {
    subscribed: Subscribed,
    /// How many of Stripe's events were looked at.
    seen: usize,
    letters: Vec<Letter>,
}

#[derive(Clone, Copy, Debug)]
enum Subscribed {
    All,
    ByHand,
    Nothing,
}

/// One delivery of an event.
#[derive(Clone, Debug)]
struct Letter {
    event: Event,
    due: Moment,
    tries: usize,
    on_its_way: bool,
    done: bool,
}

impl Post {
    /// To a salon that has set its webhook up, or has not.
    pub fn new(dice: &mut Dice) -> Post {
        let kinds = [
            (50, Subscribed::All),
            (35, Subscribed::ByHand),
            (15, Subscribed::Nothing),
        ];
        Post {
            subscribed: dice.pick(&kinds).unwrap_or(Subscribed::All),
            seen: 0,
            letters: Vec::new(),
        }
    }

    fn wants(&self, kind: &str) -> bool {
        match self.subscribed {
            Subscribed::All => true,
            Subscribed::ByHand => BY_HAND.contains(&kind),
            Subscribed::Nothing => false,
        }
    }

    /// Whether anything is still to be sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.letters.iter().all(|letter| letter.done)
    }
}

impl History<'_> {
    /// Takes what happened at Stripe, and decides when it is told, and whether.
    pub fn collect_post(&mut self) {
        let events = self.sandbox.events_after(self.post.seen);
        self.post.seen += events.len();
        let now = self.now();
        for event in events {
            self.trace.then(&format!("Stripe: {} {}", event.kind, event.id));
            if !self.post.wants(&event.kind) {
                continue;
            }
            let copies = match self.dice.below(100) {
                0..12 if !self.calm => 0,
                12..22 => 2,
                22..25 => 3,
                _ => 1,
            };
            if copies == 0 {
                self.figures.count("webhooks that never come");
            }
            for _ in 0..copies {
                let late = match self.dice.below(10) {
                    0..5 => self.dice.between(50, 3_000),
                    5..8 => self.dice.between(3_000, 120_000),
                    _ => self.dice.between(120_000, 36_000_000),
                };
                self.post.letters.push(Letter {
                    event: event.clone(),
                    due: now.plus_millis(late),
                    tries: 0,
                    on_its_way: false,
                    done: false,
                });
            }
        }
    }

    /// Delivers one of the events that are due, in no order. `false` when none is.
    pub async fn deliver(&mut self) -> Go<bool> {
        let now = self.now();
        let due: Vec<usize> = self
            .post
            .letters
            .iter()
            .enumerate()
            .filter(|(_, letter)| !letter.done && !letter.on_its_way && letter.due <= now)
            .map(|(number, _)| number)
            .collect();
        let Some(number) = due.get(self.dice.below(due.len())).copied() else {
            return Ok(false);
        };
        let Some(letter) = self.post.letters.get_mut(number) else {
            return Ok(false);
        };
        letter.tries += 1;
        letter.on_its_way = true;
        let event = letter.event.clone();
        self.trace
            .step(now, &format!("webhook {} {}", event.kind, event.id));
        let former = !self.calm && self.dice.chance(3);
        if former {
            self.figures.count("webhooks signed with a former secret");
            self.trace.then("(signed with a former secret)");
        }
        let secret = if former { FORMER_SECRET } else { SIGNING_SECRET };
        let seconds = (now.0 + self.skew).div_euclid(1_000);
        let request = Request::builder()
            .method("POST")
            .uri(format!("/webhooks/stripe/{SALON}"))
            .header("stripe-signature", sign(secret, seconds, &event.body))
            .header("content-type", "application/json; charset=utf-8")
            .body(Body::from(event.body))
            .map_err(|error| Wrong::Trouble(error.into()))?;
        let (process, _) = self.any_process()?;
        let Some(doors) = self.processes.get(process).map(|process| process.doors.clone()) else {
            return Ok(false);
        };
        let doing: Doing = Box::pin(async move {
            let answer = doors.oneshot(request).await;
            End::Kept(answer.map_or(0, |answer| answer.status().as_u16()))
        });
        self.choose_weather();
        self.figures.count("webhooks");
        self.start(Who::Post(number), process, None, doing).await?;
        Ok(true)
    }

    /// Stripe hears how a delivery went; what was not kept is sent again.
    pub fn post_answered(&mut self, number: usize, status: Option<u16>) {
        let now = self.now();
        let Some(letter) = self.post.letters.get_mut(number) else {
            return;
        };
        letter.on_its_way = false;
        letter.done = status.is_some_and(|status| (200..300).contains(&status));
        if !letter.done {
            let doublings = u32::try_from(letter.tries.min(8)).unwrap_or(8);
            letter.due = now.plus_millis(30_000 << doublings);
            self.figures.count("webhooks sent again");
        }
        self.trace.then(&match status {
            Some(status) => format!("answered {status}"),
            None => "not answered".to_owned(),
        });
    }
}

fn sign(secret: &str, seconds: i64, body: &str) -> String {
    // A key of any length will do.
    let Ok(mut mac) = hmac::Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(format!("{seconds}.{body}").as_bytes());
    format!("t={seconds},v1={}", hex::encode(mac.finalize().into_bytes()))
}
