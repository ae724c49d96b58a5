//! Where histories take place: a folder in memory, the books that every history begins with, a gate.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use axum::Router;
use domain::{
    id::{EmployeeId, LinkToken, SalonSlug, ServiceId},
    key::{PublishableKey, SecretKey, SigningSecret},
    time::Moment,
};
use server::{
    api::{catalogue, free_times, quote::Choice},
    app::{App, StartError},
    config::{Config, DatabaseUrl},
    demo,
    handlers::context::{CONTEXT, Context},
    store::{Store, salon::Keys},
    stripe::{StripeClient, client::Patience},
    vault::MasterKey,
};
use sqlx::Connection as _;
use tokio::sync::mpsc;

use crate::{clock::Clock, gate, history::Happened};

/// The secret with which Stripe signs events.
pub const SIGNING_SECRET: &str = "whsec_of_the_simulation";
/// The secret before that one, which the salon has replaced.
pub const FORMER_SECRET: &str = "whsec_of_the_simulation_before";
/// Monday, 2 November 2026, 08:00 UTC.
pub const START: Moment = Moment(1_793_606_400_000);
/// How the world reaches the server.
pub const PUBLIC_URL: &str = "http://salon.example";
/// The salon.
pub const SALON: &str = demo::SALON;

/// What cannot be begun.
pub type Trouble = Box<dyn std::error::Error + Send + Sync>;

/// What all histories of one thread share.
#[derive(Debug)]
pub struct Place {
    folder: tempfile::TempDir,
    template: Vec<u8>,
    /// Choices that clients go for: two of the same time, another time, seats of a group event.
    pub choices: Vec<Choice>,
    /// Links to visits.
    pub links: Vec<LinkToken>,
    /// When the first and the last of what clients go for begins.
    pub visits: (Moment, Moment),
    /// An application of which every process of a history is a copy with books and a clock of its own.
    app: App,
    /// The same, where Stripe can't be reached.
    nowhere: StripeClient,
    /// What happens at the gate and in processes.
    pub inbox: mpsc::UnboundedReceiver<Happened>,
    /// The other end of it.
    pub outbox: mpsc::UnboundedSender<Happened>,
}

impl Place {
    /// Makes everything ready, within a runtime of one thread.
    ///
    /// # Errors
    /// When there is no folder, no port, or the demo salon can't be made.
    pub async fn new() -> Result<Place, Trouble> {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() {
            tempfile::tempdir_in(memory)?
        } else {
            tempfile::tempdir()?
        };
        let (outbox, inbox) = mpsc::unbounded_channel();
        let stripe_api = gate::open(outbox.clone()).await?;
        let path = folder.path().join("template.db");
        let clock = Clock::at(START);
        let app = start(&path, &folder.path().join("mail"), &stripe_api, &clock).await?;
        let links = seed(&app).await?;
        let choices = choices(&app).await?;
        let starts = || choices.iter().map(|choice| choice.start);
        let visits = starts().min().zip(starts().max());
        let visits = visits.ok_or("there is nothing to go for")?;
        adapt(&app.store).await?;
        // All of it in the one file that is copied.
        let mut books = sqlx::AnyConnection::connect(&format!("sqlite://{}", path.display())).await?;
        sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            .execute(&mut books)
            .await?;
        books.close().await?;
        app.store.close().await;
        // Nobody listens there: a port that was ours a moment ago.
        let closed = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        Ok(Place {
            template: std::fs::read(&path)?,
            folder,
            choices,
            visits,
            links,
            nowhere: StripeClient::with_patience(&format!("http://{closed}"), patience())?,
            app,
            inbox,
            outbox,
        })
    }

    /// Fresh books for a history.
    ///
    /// # Errors
    /// When they can't be written.
    pub fn fresh_books(&self) -> io::Result<Books> {
        let folder = tempfile::tempdir_in(self.folder.path())?;
        std::fs::write(folder.path().join("booking.db"), &self.template)?;
        Ok(Books { folder })
    }

    /// A process on these books.
    ///
    /// # Errors
    /// When they can't be opened.
    pub async fn process(&self, books: &Books, clock: &Clock) -> Result<Process, Trouble> {
        let app = App {
            store: Store::open(&DatabaseUrl::parse(books.url())?).await?,
            mail_dir: Some(books.letters().into()),
            clock: clock.of_server(),
            ..self.app.clone()
        };
        Ok(Process {
            doors: server::http::router(app.clone()),
            app,
        })
    }

    /// Stripe, where it can't be reached.
    #[must_use]
    pub fn nowhere(&self) -> StripeClient {
        self.nowhere.clone()
    }
}

/// A process of the server's.
#[derive(Debug)]
pub struct Process {
    /// What it has at hand.
    pub app: App,
    /// Its doors, made once, as the server does.
    pub doors: Router,
}

/// A history's books.
#[derive(Debug)]
pub struct Books {
    folder: tempfile::TempDir,
}

impl Books {
    /// Their address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("sqlite://{}/booking.db", self.folder.path().display())
    }

    /// Where letters go.
    #[must_use]
    pub fn letters(&self) -> PathBuf {
        self.folder.path().join("mail")
    }
}

/// Time is the history's: nothing waits for the machine's.
fn patience() -> Patience {
    Patience {
        one_try: Duration::from_secs(3_600),
        connect: Duration::from_secs(60),
        pause: Duration::ZERO,
    }
}

async fn start(path: &Path, letters: &Path, stripe_api: &str, clock: &Clock) -> Result<App, Trouble> {
    let config = Config {
        listen: ([127, 0, 0, 1], 0).into(),
        public_url: PUBLIC_URL.to_owned(),
        database_url: DatabaseUrl::parse(format!("sqlite://{}", path.display()))?,
        stripe_api: stripe_api.to_owned(),
        stripe_js: format!("{stripe_api}/stripe.js"),
        master_key: MasterKey::parse(&"5a".repeat(32)).ok_or("no master key")?,
        mail_dir: Some(letters.to_owned()),
        smtp: None,
        local_gateways: false,
    };
    let app = App::start(&config, clock.of_server())
        .await
        .map_err(|error: StartError| error.to_string())?;
    Ok(App {
        stripe: StripeClient::with_patience(stripe_api, patience())?,
        ..app
    })
}

/// The demo salon, and two visits of it.
async fn seed(app: &App) -> Result<Vec<LinkToken>, Trouble> {
    let wishes = demo::Wishes {
        keys: Keys {
            publishable: PublishableKey::parse(stripe_sandbox::PUBLISHABLE_KEY)?,
            secret: SecretKey::parse(stripe_sandbox::SECRET_KEY)?,
            signing: SigningSecret::parse(SIGNING_SECRET)?,
        },
        embedders: vec![],
        gateway: None,
        history: 0,
    };
    let mut links = Vec::new();
    for _ in 0..2 {
        let made = demo::seed(app, &wishes).await?.to_string();
        let made: serde_json::Value = serde_json::from_str(&made)?;
        let link = made.get("visit_link").and_then(serde_json::Value::as_str);
        let token = link.and_then(|link| link.rsplit('/').next()).unwrap_or_default();
        links.push(LinkToken::parse(token)?);
    }
    Ok(links)
}

/// What clients go for. All of it is weeks away, so that only a history that is to get there does.
async fn choices(app: &App) -> Result<Vec<Choice>, Trouble> {
    let context = Context {
        app: app.clone(),
        token: None,
        client: None,
    };
    let salon = SalonSlug::parse(SALON)?;
    let jonas = EmployeeId::parse("emp_jonas")?;
    let request = free_times::FreeTimesRequest {
        salon: salon.clone(),
        services: vec![ServiceId::parse("svc_cut")?],
        employee: Some(jonas.clone()),
        from: Some("2026-11-23".to_owned()),
        days: 7,
    };
    let call = CONTEXT.scope(context.clone(), free_times::free_times(request));
    let free = call.await.map_err(|error| error.to_string())?;
    let mut starts = free.days.iter().flat_map(|day| &day.times).map(|time| time.start);
    let (Some(first), Some(other)) = (starts.next(), starts.nth(20)) else {
        return Err("the demo salon has no free times".into());
    };
    let of = |service: &str, start| {
        Ok::<_, Trouble>(Choice {
            salon: salon.clone(),
            services: vec![ServiceId::parse(service)?],
            employee: jonas.clone(),
            start,
            date: None,
        })
    };
    let mut choices = vec![
        of("svc_cut", first)?,
        of("svc_beard", first)?,
        of("svc_cut", other)?,
    ];
    let request = catalogue::CatalogueRequest { salon: salon.clone() };
    let call = CONTEXT.scope(context, catalogue::catalogue(request));
    let offered = call.await.map_err(|error| error.to_string())?;
    let event = offered.services.iter().find(|service| service.dates.is_some());
    let event = event.ok_or("the demo salon has no group event")?;
    let date = event.dates.iter().flatten().nth(4).ok_or("it has no dates")?;
    choices.push(Choice {
        salon,
        services: vec![event.id.clone()],
        employee: date.employee.clone(),
        start: date.start,
        date: Some(date.id.clone()),
    });
    Ok(choices)
}

/// Few seats, and jobs that are done in the order in which they were written: their ids are random, and the worker takes
/// those that are due together in the order of ids.
async fn adapt(store: &Store) -> Result<(), Trouble> {
    let mut write = store.write().await?;
    for sql in [
        "UPDATE group_date SET seats = 2",
        // Calling off costs four fifths at any time, and a cut is paid by a third: of its fee a part is kept, and the rest is the
        // saved card's.
        "UPDATE salon SET changes = '{\"save_cards\":true}', \
         cancellation = '{\"tiers\":[{\"within_hours\":720,\"fee\":{\"percent\":80}}]}'",
        "UPDATE service SET rule = 'required', part = '{\"percent\":33}' WHERE id = 'svc_cut'",
        "CREATE TRIGGER jobs_in_order AFTER INSERT ON job BEGIN \
         UPDATE job SET id = printf('%032x', NEW.rowid) WHERE rowid = NEW.rowid; END",
    ] {
        sqlx::query(sql).execute(write.conn()).await?;
    }
    Ok(write.commit().await?)
}
