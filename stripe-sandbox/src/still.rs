//! A sandbox that does nothing by itself: for simulations, where time and the network belong to somebody else.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, Response};
use serde_json::Value;
use tower::ServiceExt as _;

use crate::world::App;
use crate::{API_VERSION, Config, Handle, Sandbox, router, world};

/// An event as Stripe would send it.
#[derive(Clone, Debug)]
pub struct Happened {
    /// `evt_…`.
    pub id: String,
    /// Such as `charge.succeeded`.
    pub kind: String,
    /// The body of a delivery: what is signed.
    pub body: String,
}

impl Sandbox {
    /// A sandbox without a socket, tasks or a clock of its own: it is asked with [`Sandbox::answer`], sends nothing, and its
    /// time is what [`Sandbox::set_now`] says.
    ///
    /// # Errors
    /// When the first account can't be made.
    pub fn still(config: Config, now_ms: i64) -> std::io::Result<Sandbox> {
        let mut world = world(&config)?;
        world.set_now(now_ms);
        let app = Arc::new(App::new(config, world));
        Ok(Sandbox {
            url: app.config.url(),
            stop: None,
            tasks: Vec::new(),
            app: Handle(app),
        })
    }

    /// Answers a call as if it had come over the network, of the API or of the control API.
    pub async fn answer(&self, request: Request<Body>) -> Response<Body> {
        router(&self.app.0)
            .oneshot(request)
            .await
            .unwrap_or_else(|never| match never {})
    }

    /// Sets the clock of a [`Sandbox::still`] one, in milliseconds since 1970, and does what has fallen due.
    pub fn set_now(&self, now_ms: i64) {
        let mut world = self.app.0.lock();
        world.set_now(now_ms);
        for account in &mut world.accounts {
            account.now_ms = now_ms;
            account.run_due();
        }
    }

    /// The events of the first account after the first `known` ones, oldest first.
    pub fn events_after(&self, known: usize) -> Vec<Happened> {
        let world = self.app.0.lock();
        let account = world.accounts.first();
        let events = account.into_iter().flat_map(|account| account.events.iter());
        events
            .skip(known)
            .map(|event| Happened {
                id: event.id.clone(),
                kind: event.kind.clone(),
                body: event.body(API_VERSION, 1),
            })
            .collect()
    }

    /// An object of the first account (`pi_…`, `ch_…`, `re_…`, `du_…`, …) as the API shows it.
    pub fn object(&self, id: &str) -> Option<Value> {
        self.app.0.lock().accounts.first()?.object(id)
    }

    /// The refunds of the first account, newest first.
    pub fn refunds(&self) -> Vec<Value> {
        let world = self.app.0.lock();
        let account = world.accounts.first();
        let refunds = account
            .into_iter()
            .flat_map(|account| account.refunds.iter().rev());
        refunds.map(crate::refunds::Refund::json).collect()
    }

    /// The disputes of the first account, newest first.
    pub fn disputes(&self) -> Vec<Value> {
        let world = self.app.0.lock();
        let account = world.accounts.first();
        let all = account.into_iter().flat_map(|account| {
            let disputes = account.disputes.iter().rev();
            disputes.map(|dispute| dispute.json(account))
        });
        all.collect()
    }
}
