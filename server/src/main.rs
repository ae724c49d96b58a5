//! The server's binary: `serve`, and what is done at the command line.
#![expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "this file talks to the person who starts the server"
)]

use std::{process::ExitCode, time::Duration};

use domain::id::SalonSlug;
use server::{
    app::{App, Clock},
    config::{Config, doors::Doors},
    demo,
    http::{self, limits::Limits},
    office::opening,
    payments::books,
    store::{Store, rollup, sealed},
    worker,
};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

const USAGE: &str = "\
booking-checkout serve
    Runs the server. Settings come from the environment: see docs/OPERATING.md.
booking-checkout seed-demo --publishable-key pk_… [--embed-origin URL]
    Takes the salon's secrets from STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET. Fills the database with a demo salon if it is not there yet, sets its keys, makes a visit link, and prints the addresses
    as JSON.
booking-checkout new-salon SALON CURRENCY TIME_ZONE COUNTRY EMAIL NAME…
    Opens an empty salon, such as `new-salon lumen EUR Europe/Vienna AT anna@example.com Lumen Hair`, and prints the address by
    which its owner sets up the back office.
booking-checkout invite SALON EMAIL [owner | manager | reception]
    Prints the address by which somebody gets into a salon's back office: an owner unless told otherwise.
booking-checkout reconcile SALON
    Compares the salon's books with Stripe's list of movements as it was read last, and names what differs.
booking-checkout check-reports SALON
    Compares the figures of the reports with what comes out when all is read anew; `rebuild-reports SALON` rolls them up anew, which
    is needed after the salon's time zone changed.
booking-checkout reseal
    Encrypts with BOOKING_MASTER_KEY_FILE whatever is still encrypted with one of BOOKING_FORMER_MASTER_KEY_FILES, and says how
    much that was.";

#[tokio::main]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("booking-checkout: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &[String]) -> Result<(), String> {
    let (command, rest) = args.split_first().ok_or(USAGE)?;
    match command.as_str() {
        "serve" => {
            let config = settings()?;
            let doors = Doors::read(variable, &config.public_url).map_err(|error| error.to_string())?;
            serve(&config, doors).await
        }
        "seed-demo" => {
            let wishes =
                demo::Wishes::parse(rest, variable).map_err(|error| format!("{error}\n\n{USAGE}"))?;
            let config = settings()?;
            let app = App::start(&config, Clock::system())
                .await
                .map_err(|error| error.to_string())?;
            let made = demo::seed(&app, &wishes)
                .await
                .map_err(|error| error.to_string())?;
            app.store.close().await;
            println!("{made}");
            Ok(())
        }
        "new-salon" => {
            let [slug, currency, zone, country, email, name @ ..] = rest else {
                return Err(format!("something is missing\n\n{USAGE}"));
            };
            let new = opening::NewSalon::parse(slug, currency, zone, country, email, &name.join(" "))?;
            let app = App::start(&settings()?, Clock::system())
                .await
                .map_err(|error| error.to_string())?;
            let link = opening::open(&app, &new)
                .await
                .map_err(|error| error.to_string())?;
            app.store.close().await;
            println!("{link}");
            Ok(())
        }
        "invite" => {
            let (slug, email, role) = match rest {
                [slug, email] => (slug, email, "owner"),
                [slug, email, role] => (slug, email, role.as_str()),
                _ => return Err(format!("whom, and to which salon?\n\n{USAGE}")),
            };
            let app = App::start(&settings()?, Clock::system())
                .await
                .map_err(|error| error.to_string())?;
            let link = opening::invite(&app, slug, email, role).await;
            app.store.close().await;
            println!("{}", link?);
            Ok(())
        }
        "reconcile" => {
            let [slug] = rest else {
                return Err(format!("which salon?\n\n{USAGE}"));
            };
            let slug = SalonSlug::parse(slug).map_err(|error| error.to_string())?;
            let app = App::start(&settings()?, Clock::system())
                .await
                .map_err(|error| error.to_string())?;
            let compared = books::compare_all(&app.store, &slug)
                .await
                .map_err(|error| error.to_string())?;
            app.store.close().await;
            println!("{}", books::report(&compared));
            if compared.differences.is_empty() {
                Ok(())
            } else {
                Err("the books and Stripe's list do not agree".to_owned())
            }
        }
        "check-reports" | "rebuild-reports" => {
            let [slug] = rest else {
                return Err(format!("which salon?\n\n{USAGE}"));
            };
            let slug = SalonSlug::parse(slug).map_err(|error| error.to_string())?;
            let app = App::start(&settings()?, Clock::system())
                .await
                .map_err(|error| error.to_string())?;
            let done = figures(&app, &slug, command == "rebuild-reports").await;
            app.store.close().await;
            done
        }
        "reseal" => {
            println!("{}", reseal(&settings()?).await?);
            Ok(())
        }
        "--help" | "help" => {
            println!("{USAGE}");
            Ok(())
        }
        other => Err(format!("there is no command `{other}`\n\n{USAGE}")),
    }
}

async fn figures(app: &App, slug: &SalonSlug, anew: bool) -> Result<(), String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let mut write = app.store.write().await.map_err(|error| text(&error))?;
    if anew {
        rollup::begin_anew(write.conn(), slug)
            .await
            .map_err(|error| text(&error))?;
        write.commit().await.map_err(|error| text(&error))?;
        worker::roll::run(app).await.map_err(|error| text(&error))?;
        println!("the figures are rolled up anew");
        return Ok(());
    }
    let differ = rollup::check(write.conn(), slug)
        .await
        .map_err(|error| text(&error))?;
    for (key, kept, other) in &differ {
        println!("{key:?}: kept {kept:?}, anew {other:?}");
    }
    if differ.is_empty() {
        println!("the figures are what comes out when all is read anew");
        Ok(())
    } else {
        Err(format!(
            "{} figures differ: rebuild-reports mends them",
            differ.len()
        ))
    }
}

async fn reseal(config: &Config) -> Result<String, String> {
    let store = Store::open(&config.database_url)
        .await
        .map_err(|error| error.to_string())?;
    let mut write = store.write().await.map_err(|error| error.to_string())?;
    let done = sealed::reseal(write.conn(), &config.master_key)
        .await
        .map_err(|error| error.to_string())?;
    write.commit().await.map_err(|error| error.to_string())?;
    store.close().await;
    Ok(format!(
        "{} of {} encrypted values were encrypted anew; all are under master key {} now",
        done.anew,
        done.all,
        config.master_key.id()
    ))
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn settings() -> Result<Config, String> {
    let config = Config::read(variable).map_err(|error| error.to_string())?;
    let filter = std::env::var("BOOKING_LOG").unwrap_or_else(|_| "info".to_owned());
    let filter = EnvFilter::try_new(&filter).map_err(|error| format!("BOOKING_LOG: {error}"))?;
    let registry = tracing_subscriber::registry().with(filter);
    match std::env::var("BOOKING_LOG_FORMAT").as_deref() {
        Ok("json") => registry
            .with(fmt::layer().json().with_writer(std::io::stderr))
            .init(),
        Ok("text") | Err(_) => registry.with(fmt::layer().with_writer(std::io::stderr)).init(),
        Ok(other) => return Err(format!("BOOKING_LOG_FORMAT: `{other}` is neither text nor json")),
    }
    Ok(config)
}

async fn serve(config: &Config, doors: Doors) -> Result<(), String> {
    let app = App::start(config, Clock::system())
        .await
        .map_err(|error| error.to_string())?;
    let app = App {
        limits: if doors.limits {
            Limits::counting()
        } else {
            Limits::default()
        },
        ..app
    };
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| format!("BOOKING_LISTEN: can't listen on {}: {error}", config.listen))?;
    let stop_signal = Stop::listen()?;
    tracing::info!(listen = %config.listen, public = %config.public_url, database = ?config.database_url, "ready");

    if !app.sends_mail() {
        tracing::warn!(
            "no mail server is set (BOOKING_SMTP_URL): letters to clients and salons are not sent"
        );
    }

    let (stop, stopped) = watch::channel(false);
    let worker = tokio::spawn(worker::run(app.clone(), stopped.clone()));
    let server = tokio::spawn(http::serve(listener, app.clone(), doors, stopped));

    stop_signal.told().await;
    tracing::info!("stopping: finishing what is under way");
    // Nobody listening any more would be fine too.
    let _ = stop.send(true);
    let finished = async {
        let _ = server.await;
        let _ = worker.await;
    };
    if tokio::time::timeout(Duration::from_secs(15), finished)
        .await
        .is_err()
    {
        tracing::warn!("something was still under way after 15 s: it goes on at the next start");
    }
    app.store.close().await;
    Ok(())
}

/// What tells the server to stop. Listened for before it says that it is ready.
struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    fn listen() -> Result<Stop, String> {
        let listen = |kind| signal(kind).map_err(|error| format!("signals can't be listened for: {error}"));
        Ok(Stop {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }

    async fn told(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
