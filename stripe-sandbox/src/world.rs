//! All state of the sandbox, behind one mutex.
//!
//! CAUTION: [`App::lock`] is the only way in. Its guard must never live across an await, and nothing done under it may block:
//! every call of every client waits for it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tokio::sync::Notify;

use crate::account::{Account, NewAccount, Settings};
use crate::deliveries::Tricks;
use crate::errors::{ApiError, Outcome};
use crate::faults::Faults;
use crate::idempotency::Answer;
use crate::{Config, PUBLISHABLE_KEY, SECRET_KEY, ids, routes};

/// What the tasks and handlers share.
pub struct App {
    world: Mutex<World>,
    pub config: Config,
    /// Something may be due.
    pub wake: Notify,
    /// Something changed that a waiting test may look for.
    pub changed: Notify,
}

impl App {
    pub fn new(config: Config, world: World) -> Self {
        Self {
            world: Mutex::new(world),
            config,
            wake: Notify::new(),
            changed: Notify::new(),
        }
    }

    pub fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    Secret,
    Publishable,
    Restricted(Vec<String>),
}

#[derive(Default)]
pub struct World {
    pub accounts: Vec<Account>,
    keys: HashMap<String, (usize, Key)>,
    pub faults: Faults,
    pub tricks: Tricks,
    pub settings: Settings,
    /// How far the sandbox's clock was put forward.
    pub clock_offset_ms: i64,
    /// The time, where somebody else's clock says it; else it is the machine's.
    told_ms: Option<i64>,
    /// Whether there is something to save.
    pub dirty: bool,
}

/// One call as it arrived.
pub struct Call {
    pub method: String,
    pub path: String,
    /// Query of a GET or DELETE, body of a POST.
    pub form: String,
    pub key: Option<String>,
    pub idempotency_key: Option<String>,
    pub version: Option<String>,
    pub request_id: String,
}

/// How a call starts.
pub enum Begun {
    Replay(Answer),
    /// Work for this account; true for a publishable key.
    Work(usize, bool),
}

impl World {
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }

    /// The account that is there from the start.
    pub fn add_default(&mut self) -> Outcome<()> {
        let default = NewAccount {
            display_name: Some("Sandbox Salon".to_owned()),
            email: Some("salon@example.com".to_owned()),
            publishable_key: Some(PUBLISHABLE_KEY.to_owned()),
            secret_key: Some(SECRET_KEY.to_owned()),
            ..NewAccount::default()
        };
        self.add(default).map(drop)
    }

    pub fn add(&mut self, new: NewAccount) -> Outcome<&Account> {
        let mut settings = self.settings.clone();
        settings.tricks = self.tricks.clone();
        let account = new.build(self.now_ms(), settings)?;
        let taken = [&account.publishable_key, &account.secret_key]
            .into_iter()
            .chain(account.restricted_keys.keys())
            .find(|key| self.keys.contains_key(*key));
        if taken.is_some() {
            return Err(ApiError::invalid(
                "This key belongs to another account.",
                "secret_key",
            ));
        }
        self.accounts.push(account);
        self.index_keys();
        self.dirty = true;
        self.accounts.last().ok_or_else(ApiError::internal)
    }

    /// Accounts from a saved state.
    pub fn restore(&mut self, accounts: Vec<Account>, clock_offset_ms: i64) {
        self.clock_offset_ms = clock_offset_ms;
        self.accounts = accounts;
        for account in &mut self.accounts {
            account.settings = self.settings.clone();
            account.keys.forget_unfinished();
            crate::deliveries::restore(account);
        }
        self.index_keys();
    }

    fn index_keys(&mut self) {
        self.keys.clear();
        for (place, account) in self.accounts.iter().enumerate() {
            self.keys.insert(account.secret_key.clone(), (place, Key::Secret));
            self.keys
                .insert(account.publishable_key.clone(), (place, Key::Publishable));
            for (key, rights) in &account.restricted_keys {
                self.keys
                    .insert(key.clone(), (place, Key::Restricted(rights.clone())));
            }
        }
    }

    pub fn now_ms(&self) -> i64 {
        self.told_ms
            .unwrap_or_else(unix_ms)
            .saturating_add(self.clock_offset_ms)
    }

    /// From now on it is as late as this (milliseconds since 1970), until told otherwise.
    pub fn set_now(&mut self, now_ms: i64) {
        self.told_ms = Some(now_ms);
    }

    pub fn account_of(&self, key: &str) -> Option<(usize, &Key)> {
        self.keys.get(key).map(|(place, kind)| (*place, kind))
    }

    pub fn set_tricks(&mut self, tricks: Tricks) {
        let now = self.now_ms();
        for account in &mut self.accounts {
            account.now_ms = now;
            account.settings.tricks = tricks.clone();
            if tricks.reorder < 2 {
                crate::deliveries::release(account);
            }
        }
        self.tricks = tricks;
    }

    /// Checks key, rights, version and idempotency key.
    pub fn begin(&mut self, call: &Call) -> Outcome<Begun> {
        let now = self.now_ms();
        let Some(key) = call.key.as_deref().filter(|key| !key.is_empty()) else {
            return Err(ApiError::unauthorized(
                "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
            ));
        };
        let Some((place, kind)) = self.keys.get(key).cloned() else {
            return Err(
                ApiError::unauthorized(format!("Invalid API Key provided: {}", masked(key)))
                    .code("api_key_invalid"),
            );
        };
        if let Some(version) = &call.version {
            let mut parts = version.splitn(2, '.');
            let date = parts.next().unwrap_or_default();
            if date.len() != 10
                || !date
                    .chars()
                    .all(|letter| letter.is_ascii_digit() || letter == '-')
            {
                return Err(ApiError::invalid(
                    format!("Invalid Stripe API version: {version}."),
                    "Stripe-Version",
                ));
            }
        }
        let Some(account) = self.accounts.get_mut(place) else {
            return Err(ApiError::internal());
        };
        if let Key::Restricted(rights) = &kind {
            check_right(account, rights, call, key)?;
        }
        account.now_ms = now;
        *account
            .calls
            .entry(call_name(&call.method, &call.path))
            .or_default() += 1;
        if let (Some(key), "POST") = (&call.idempotency_key, call.method.as_str()) {
            let limit = account.settings.max_keys;
            if let Some(answer) = account.keys.begin(key, &call.path, &call.form, now, limit)? {
                return Ok(Begun::Replay(answer));
            }
        }
        Ok(Begun::Work(place, kind == Key::Publishable))
    }

    /// Does the work of a call that has begun, and keeps its answer under the idempotency key. `refusal` replaces the work.
    pub fn work(
        &mut self,
        place: usize,
        publishable: bool,
        call: &Call,
        refusal: Option<Box<ApiError>>,
        spoilt: Option<(Box<ApiError>, bool)>,
    ) -> (u16, String) {
        let now = self.now_ms();
        self.dirty |= call.method != "GET";
        let Some(account) = self.accounts.get_mut(place) else {
            return (500, ApiError::internal().body().to_string());
        };
        account.now_ms = now;
        account.run_due();
        account.request = (Some(call.request_id.clone()), call.idempotency_key.clone());
        let result: Outcome<Value> = match refusal {
            Some(error) => Err(error),
            None => routes::answer(account, &call.method, &call.path, &call.form, publishable),
        };
        account.request = (None, None);
        let (mut status, mut body, mut stored) = match result {
            Ok(value) => (200, value.to_string(), true),
            Err(error) => (error.status, with_request(&error, &call.request_id), error.stored),
        };
        if let Some((error, keep)) = spoilt {
            (status, body, stored) = (error.status, error.body().to_string(), keep && stored);
        }
        if let (Some(key), "POST") = (&call.idempotency_key, call.method.as_str()) {
            let answer = stored.then(|| Answer {
                status,
                body: body.clone(),
                request_id: call.request_id.clone(),
            });
            account.keys.end(key, answer);
        }
        (status, body)
    }
}

fn with_request(error: &ApiError, request_id: &str) -> String {
    let mut body = error.body();
    if let Some(members) = body.get_mut("error").and_then(Value::as_object_mut) {
        members.insert(
            "request_log_url".to_owned(),
            Value::from(format!("https://dashboard.stripe.com/test/logs/{request_id}")),
        );
    }
    body.to_string()
}

fn check_right(account: &Account, rights: &[String], call: &Call, key: &str) -> Outcome<()> {
    let resource = call
        .path
        .trim_start_matches("/v1/")
        .trim_start_matches("test_helpers/")
        .split('/')
        .next()
        .unwrap_or_default();
    let verb = if call.method == "GET" { "read" } else { "write" };
    let enough = rights.iter().any(|right| {
        *right == format!("{resource}:write") || (verb == "read" && *right == format!("{resource}:read"))
    });
    if enough {
        return Ok(());
    }
    Err(ApiError::forbidden(format!(
        "The provided key '{}' does not have the required permissions for this endpoint on account '{}'. Having the 'rak_{}_{verb}' permission would allow this request to continue.",
        masked(key),
        account.id,
        resource.trim_end_matches('s')
    )))
}

/// A key as it may be shown.
fn masked(key: &str) -> String {
    let end = key.get(key.len().saturating_sub(4)..).unwrap_or_default();
    let start: String = key.chars().take(8).collect();
    if key.len() > 16 {
        format!("{start}*********{end}")
    } else {
        "****".to_owned()
    }
}

/// `POST /v1/payment_intents/:id/confirm`.
fn call_name(method: &str, path: &str) -> String {
    let mut name = format!("{method} ");
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        name.push('/');
        let id = segment.chars().any(|letter| letter.is_ascii_digit()) && !matches!(segment, "v1" | "3ds2");
        name.push_str(if id { ":id" } else { segment });
    }
    name
}

/// The real time, in milliseconds since 1970.
pub fn unix_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or_default()
}

impl Call {
    pub fn request_id() -> String {
        ids::new("req_")
    }
}
