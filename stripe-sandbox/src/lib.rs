//! A stateful, strict stand-in for Stripe: the API, a Stripe.js with a Payment Element, signed webhooks, faults on demand.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! let sandbox = stripe_sandbox::start(stripe_sandbox::Config::default()).await?;
//! // Point a Stripe client at `sandbox.url()`, with `stripe_sandbox::SECRET_KEY`.
//! sandbox.stop().await;
//! # Ok(())
//! # }
//! ```

// The largest objects are written as one `json!` each.
#![recursion_limit = "256"]

mod account;
mod cards;
mod charges;
mod confirm;
mod confirmation_tokens;
mod control;
mod currencies;
mod customers;
mod deliveries;
mod disputes;
mod errors;
mod events;
mod expand;
mod faults;
pub mod form;
mod http;
mod idempotency;
mod ids;
mod lists;
mod pages;
mod params;
mod payment_intent;
mod payment_intents;
mod payment_methods;
mod payouts;
mod persist;
mod refunds;
mod routes;
mod sender;
mod setup_intents;
mod signature;
mod state;
mod still;
mod table;
mod transactions;
mod webhook_endpoints;
mod world;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::any;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::account::Settings;
pub use crate::still::Happened;
use crate::world::{App, World};

/// The publishable key of the account that exists from the start.
pub const PUBLISHABLE_KEY: &str = "pk_test_51SandboxDemoSalon000001";
/// The secret key of the account that exists from the start.
pub const SECRET_KEY: &str = "sk_test_51SandboxDemoSalon000001";
/// The version of the API the sandbox speaks.
pub const API_VERSION: &str = "2026-09-30.endive";

/// How a sandbox is set up. A delay of `None` waits for `POST /_sandbox/advance`.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where the state is kept over restarts; nowhere by default.
    pub state_file: Option<PathBuf>,
    /// When a charge's fee is known (`charge.updated`).
    pub fee_delay: Option<Duration>,
    /// When the refunds of the two refund test cards change.
    pub refund_delay: Option<Duration>,
    /// When the payments of the dispute test cards are disputed.
    pub dispute_delay: Option<Duration>,
    /// When a payout is paid.
    pub payout_delay: Option<Duration>,
    /// How long a receiver of webhooks may take.
    pub webhook_timeout: Duration,
    /// First pause before a delivery is tried again; doubled each time.
    pub webhook_retry: Duration,
    /// Longest pause between two tries.
    pub webhook_retry_cap: Duration,
    /// Tries before a delivery is given up.
    pub webhook_attempts: usize,
    /// Deliveries on their way at once. With 1 they arrive in order.
    pub webhook_concurrency: usize,
    /// Events, deliveries (twice as many) and confirmation tokens remembered.
    pub max_events: usize,
    /// Idempotency keys remembered.
    pub max_keys: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            state_file: None,
            fee_delay: Some(Duration::from_secs(2)),
            refund_delay: Some(Duration::from_secs(2)),
            dispute_delay: Some(Duration::from_millis(500)),
            payout_delay: Some(Duration::from_secs(2)),
            webhook_timeout: Duration::from_secs(10),
            webhook_retry: Duration::from_millis(500),
            webhook_retry_cap: Duration::from_secs(30),
            webhook_attempts: 16,
            webhook_concurrency: 8,
            max_events: 10_000,
            max_keys: 100_000,
        }
    }
}

impl Config {
    fn url(&self) -> String {
        format!("http://{}", self.listen)
    }

    fn settings(&self) -> Settings {
        let ms = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Settings {
            fee_delay: self.fee_delay.map(ms),
            refund_delay: self.refund_delay.map(ms),
            dispute_delay: self.dispute_delay.map(ms),
            payout_delay: self.payout_delay.map(ms),
            max_events: self.max_events.max(1),
            max_keys: self.max_keys.max(1),
            base_url: self.url(),
            tricks: deliveries::Tricks::default(),
            retry_base: ms(self.webhook_retry),
            retry_cap: ms(self.webhook_retry_cap),
            max_attempts: self.webhook_attempts,
        }
    }
}

/// A running sandbox. Dropping it ends it too, without saving.
#[derive(Debug)]
pub struct Sandbox {
    url: String,
    stop: Option<oneshot::Sender<()>>,
    tasks: Vec<JoinHandle<()>>,
    app: Handle,
}

/// Hides the state from `Debug`: it holds keys.
struct Handle(Arc<App>);

impl std::fmt::Debug for Handle {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("App")
    }
}

/// Starts a sandbox and returns at once. It refuses to listen anywhere but on this machine.
///
/// # Errors
/// When the address can't be listened at, or the state file can't be read.
pub async fn start(mut config: Config) -> std::io::Result<Sandbox> {
    if !config.listen.ip().is_loopback() {
        return Err(std::io::Error::new(
            std::io::ErrorKind::InvalidInput,
            "the sandbox knows no real secrets and listens on this machine only: use 127.0.0.1 or [::1]",
        ));
    }
    let listener = TcpListener::bind(config.listen).await?;
    config.listen = listener.local_addr()?;
    let world = world(&config)?;
    let app = Arc::new(App::new(config, world));
    let router = router(&app);
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(async move {
        let serve = axum::serve(listener, router).with_graceful_shutdown(async {
            let _ = stopped.await;
        });
        if let Err(error) = serve.await {
            tracing::error!(%error, "the sandbox stopped serving");
        }
    });
    let tasks = vec![
        server,
        tokio::spawn(sender::run(Arc::clone(&app))),
        tokio::spawn(persist::run(Arc::clone(&app))),
    ];
    Ok(Sandbox {
        url: app.config.url(),
        stop: Some(stop),
        tasks,
        app: Handle(app),
    })
}

fn world(config: &Config) -> std::io::Result<World> {
    let mut world = World::new(config.settings());
    let restored = match &config.state_file {
        Some(path) => persist::load(&mut world, path)?,
        None => false,
    };
    if !restored {
        world
            .add_default()
            .map_err(|error| std::io::Error::other(error.message))?;
    }
    Ok(world)
}

fn router(app: &Arc<App>) -> Router {
    Router::new()
        .route("/v1/{*path}", any(http::v1))
        .route("/_sandbox/{*path}", any(control::control))
        .fallback(pages::page)
        .with_state(Arc::clone(app))
}

impl Sandbox {
    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// Ends it: calls that are being answered get half a second, then the state is saved.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(server) = self.tasks.first_mut() {
            let _ = tokio::time::timeout(Duration::from_millis(500), server).await;
        }
        self.abort();
        if let Some(path) = &self.app.0.config.state_file
            && let Err(error) = persist::save(&self.app.0, path)
        {
            tracing::error!(%error, "the state could not be saved");
        }
    }

    /// What `GET /_sandbox/state` shows of the first account.
    pub fn state(&self) -> Value {
        let world = self.app.0.lock();
        world
            .accounts
            .first()
            .map(|account| state::json(&world, account))
            .unwrap_or_default()
    }

    /// The charges of the first account, newest first, as the API shows them.
    pub fn charges(&self) -> Vec<Value> {
        let world = self.app.0.lock();
        world
            .accounts
            .first()
            .map(|account| {
                account
                    .charges
                    .iter()
                    .rev()
                    .map(|charge| charge.json(account))
                    .collect()
            })
            .unwrap_or_default()
    }

    /// The payment intents of the first account, newest first.
    pub fn payment_intents(&self) -> Vec<Value> {
        let world = self.app.0.lock();
        world
            .accounts
            .first()
            .map(|account| {
                account
                    .intents
                    .iter()
                    .rev()
                    .map(|intent| intent.json(account))
                    .collect()
            })
            .unwrap_or_default()
    }

    fn abort(&self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.abort();
    }
}
