//! The sandbox as a program: `stripe-sandbox --listen 127.0.0.1:8310 --state FILE`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that talks to a person"
)]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use stripe_sandbox::{Config, PUBLISHABLE_KEY, SECRET_KEY};

const HELP: &str = "\
stripe-sandbox: a stand-in for Stripe on this machine

  --listen ADDRESS   where to listen (127.0.0.1:8310; port 0 takes a free one)
  --state FILE       keep everything in this file over restarts
  --fee-delay MS     when a charge's fee is known (2000; `never` waits for the panel)
  --max-events N     events remembered (10000)
  --help             this text";

fn options() -> Result<Option<Config>, String> {
    let mut config = Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 8310)),
        ..Config::default()
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        if name == "--help" || name == "-h" {
            return Ok(None);
        }
        let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
        let wrong = |what: &str| format!("{name} needs {what}, not `{value}`");
        match name.as_str() {
            "--listen" => {
                config.listen = value
                    .parse()
                    .map_err(|_| wrong("an address such as 127.0.0.1:8310"))?
            }
            "--state" => config.state_file = Some(PathBuf::from(value)),
            "--fee-delay" if value == "never" => config.fee_delay = None,
            "--fee-delay" => {
                config.fee_delay = Some(Duration::from_millis(
                    value.parse().map_err(|_| wrong("milliseconds"))?,
                ))
            }
            "--max-events" => config.max_events = value.parse().map_err(|_| wrong("a number"))?,
            _ => return Err(format!("unknown option {name}; try --help")),
        }
    }
    Ok(Some(config))
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    let config = match options() {
        Ok(Some(config)) => config,
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("stripe-sandbox: {error}");
            return ExitCode::from(2);
        }
    };
    let listen = config.listen;
    let sandbox = match stripe_sandbox::start(config).await {
        Ok(sandbox) => sandbox,
        Err(error) => {
            eprintln!("stripe-sandbox: can't start at {listen}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let url = sandbox.url();
    println!(
        "Stripe sandbox ready: panel {url}/  API {url}/v1  Stripe.js {url}/endive/stripe.js\n  keys {PUBLISHABLE_KEY} {SECRET_KEY}"
    );
    match asked_to_stop().await {
        Ok(()) => {
            sandbox.stop().await;
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("stripe-sandbox: can't listen for signals: {error}");
            sandbox.stop().await;
            ExitCode::FAILURE
        }
    }
}

/// Ctrl-C, or SIGTERM where there is one.
async fn asked_to_stop() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            pressed = tokio::signal::ctrl_c() => pressed,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
