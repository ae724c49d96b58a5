//! What every request and every job has at hand.

use std::{fmt, path::PathBuf, sync::Arc};

use domain::time::Moment;

use crate::{
    api::error::{ApiError, Code},
    config::Config,
    http::limits::Limits,
    mail::post::Smtp,
    messages::Gateways,
    store::{Store, StoreError},
    stripe::{StripeClient, StripeError},
    vault::MasterKey,
};

/// The application. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    /// The books.
    pub store: Store,
    /// Stripe.
    pub stripe: StripeClient,
    /// What decrypts the salons' keys.
    pub master_key: MasterKey,
    /// How the world reaches the server.
    pub public_url: Arc<str>,
    /// The address of Stripe.js.
    pub stripe_js: Arc<str>,
    /// Where mail is written.
    pub mail_dir: Option<Arc<PathBuf>>,
    /// The mail server that letters go to instead.
    pub smtp: Option<Smtp>,
    /// The way to gateways for short messages.
    pub gateways: Gateways,
    /// What each address has done of late. Nothing is counted or refused until told to ([`Limits::counting`]).
    pub limits: Limits,
    /// What time it is.
    pub clock: Clock,
}

/// Tells the time: the system's, or a test's.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Moment + Send + Sync>);

/// Why the server can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error(
        "BOOKING_DATABASE_URL: {0} can't be opened. Of a file: is its folder there, and may it be written? Of a server: does it run, and are name and password right? ({1})"
    )]
    Store(String, #[source] StoreError),
    /// The Stripe client.
    #[error(transparent)]
    Stripe(#[from] StripeError),
}

impl App {
    /// Opens the books and makes everything ready.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(config: &Config, clock: Clock) -> Result<App, StartError> {
        Ok(App {
            store: Store::open(&config.database_url)
                .await
                .map_err(|error| StartError::Store(format!("{:?}", config.database_url), error))?,
            stripe: StripeClient::new(&config.stripe_api)?,
            master_key: config.master_key.clone(),
            public_url: config.public_url.as_str().into(),
            stripe_js: config.stripe_js.as_str().into(),
            mail_dir: config.mail_dir.clone().map(Arc::new),
            smtp: config.smtp.clone(),
            gateways: Gateways::new(config.local_gateways)?,
            limits: Limits::default(),
            clock,
        })
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Whether letters go anywhere.
    #[must_use]
    pub fn sends_mail(&self) -> bool {
        self.smtp.is_some() || self.mail_dir.is_some()
    }
}

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Clock {
        Clock(Arc::new(|| {
            let since = std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .unwrap_or_default();
            Moment(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
        }))
    }

    /// A clock of another kind, for tests.
    pub fn of(read: impl Fn() -> Moment + Send + Sync + 'static) -> Clock {
        Clock(Arc::new(read))
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Moment {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now().0)
    }
}

/// 32 hexadecimal digits of the system's random numbers, for an id.
///
/// # Errors
/// [`ApiError`] when the system gives none.
pub fn random_id() -> Result<String, ApiError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "the system gives no random numbers");
        ApiError::new(
            Code::Failed,
            "The server could not do this. Try again in a moment.",
        )
    })?;
    Ok(hex::encode(bytes))
}

/// The cause goes to the log, a sentence to the client.
impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> ApiError {
        match &error {
            StoreError::Busy(_) | StoreError::Conflict(_) => {
                tracing::warn!(%error, "busy");
                ApiError::new(
                    Code::Busy,
                    "The salon's booking is busy. Trying again in a moment.",
                )
            }
            StoreError::Full(_) | StoreError::Damaged(_) | StoreError::Failed(_) => {
                tracing::error!(%error, "the database failed");
                ApiError::new(
                    Code::Failed,
                    "The salon's booking can't save anything right now. Nothing was charged. Try again in a few minutes.",
                )
            }
        }
    }
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> ApiError {
        StoreError::from(error).into()
    }
}
