//! `cargo xtask demo`: a salon with online booking on this machine.

use crate::build::{self, Profile, Programs};
use crate::failure::{Failure, OrSay, Outcome};
use crate::services::{self, Service};
use crate::stripe::{self, Keys};
use crate::tools::{self, Need};
use crate::{args, files, pages, run, say, site};
use lexopt::Arg;
use serde_json::Value;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A file that says: this folder is the demo's, it may be emptied.
const MARK: &str = "booking-checkout-demo";
const SALON: &str = "lumen";

/// What the person chose.
struct Options {
    port: u16,
    data: PathBuf,
    fresh: bool,
}

/// Addresses and files of one running salon; the benchmark starts one too.
pub struct Salon {
    pub server_port: u16,
    pub sandbox_port: u16,
    pub site_port: u16,
    pub data: PathBuf,
    pub log: &'static str,
    /// So many paid bookings of the past are made up, for measuring.
    pub history: u64,
}

impl Salon {
    pub fn server_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.server_port)
    }

    pub fn sandbox_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.sandbox_port)
    }

    pub fn site_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.site_port)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.data.join(name)
    }
}

/// A salon that runs, what it runs on, and what seeding said.
pub struct Running {
    pub services: Vec<Service>,
    pub booking_url: String,
    pub visit_link: String,
    pub office_url: String,
    pub keys: Keys,
}

/// `cargo xtask demo`.
pub fn main(parser: lexopt::Parser) -> Outcome {
    let options = parse(parser)?;
    let own = stripe::own_keys(|name| std::env::var(name).ok())?;
    let [server_port, sandbox_port, site_port] = ports(options.port, own.is_some())?;
    // What belongs to Stripe and what belongs to the sandbox never meet in one database.
    let data = options
        .data
        .join(if own.is_some() { "stripe" } else { "sandbox" });
    let salon = Salon {
        server_port,
        sandbox_port,
        site_port,
        data,
        log: "info",
        history: 0,
    };

    prepare_folder(&salon.data, options.fresh)?;
    say::line("Getting the demo salon ready.");
    tools::get(Need::Demo)?;
    pages::build()?;
    let programs = build::programs(Profile::Release)?;
    let mut running = start(&salon, &programs, own)?;
    site::serve(salon.site_port, &salon.server_url(), salon.file("mail"))?;
    say::line(&welcome(&salon, &running));

    let outcome = services::watch(&mut running.services);
    if outcome.is_ok() {
        say::line("\nEnding.");
    }
    services::end(running.services);
    outcome
}

/// Starts sandbox and server and fills the salon.
pub fn start(salon: &Salon, programs: &Programs, own: Option<Keys>) -> Outcome<Running> {
    files::make_folder(&salon.file("mail"))?;
    make_master_key(&salon.file("master.key"))?;
    let mut services = Vec::new();
    let (keys, at_sandbox) = match own {
        Some(keys) => (keys, false),
        None => {
            services.push(start_sandbox(salon, &programs.sandbox)?);
            (
                stripe::sandbox_keys(salon.sandbox_port, &salon.server_url(), SALON, &salon.data)?,
                true,
            )
        }
    };
    let [booking_url, visit_link, office_url] = seed(salon, programs, &keys, at_sandbox)?;
    let mut command = server(salon, programs, at_sandbox);
    command.arg("serve");
    services.push(Service::start(
        "server",
        &mut command,
        &salon.file("logs/server.log"),
        salon.server_port,
    )?);
    Ok(Running {
        services,
        booking_url,
        visit_link,
        office_url,
        keys,
    })
}

/// Starts the sandbox alone.
pub fn start_sandbox(salon: &Salon, program: &Path) -> Outcome<Service> {
    let mut command = run::command(program);
    command
        .arg("--listen")
        .arg(services::local(salon.sandbox_port).to_string());
    command.arg("--state").arg(salon.file("sandbox.json"));
    Service::start(
        "sandbox",
        &mut command,
        &salon.file("logs/sandbox.log"),
        salon.sandbox_port,
    )
}

/// Fills the salon, keeping what is there, and gives the addresses of its booking, of a new visit link and of its back office.
fn seed(salon: &Salon, programs: &Programs, keys: &Keys, at_sandbox: bool) -> Outcome<[String; 3]> {
    let mut command = server(salon, programs, at_sandbox);
    command.arg("seed-demo");
    command.arg("--publishable-key").arg(&keys.publishable);
    command.arg("--embed-origin").arg(salon.site_url());
    command
        .arg("--gateway")
        .arg(format!("{}/messages", salon.site_url()));
    if salon.history > 0 {
        command.arg("--history").arg(salon.history.to_string());
    }
    // Not as arguments: `ps` shows those to everybody.
    command.env("STRIPE_SECRET_KEY", &keys.secret);
    command.env("STRIPE_WEBHOOK_SECRET", &keys.signing);
    let said = run::quietly(&mut command, Duration::from_secs(1200)).map_err(|failure| {
        Failure::new("The demo salon could not be filled.")
            .output(failure.output_lines().to_vec())
            .hint("If an older version made the data, begin anew: cargo xtask demo --fresh")
    })?;
    let answer = said
        .iter()
        .rev()
        .find_map(|line| serde_json::from_str::<Value>(line).ok());
    let field = |name: &str| answer.as_ref()?.get(name)?.as_str().map(str::to_owned);
    match (field("booking_url"), field("visit_link"), field("office_url")) {
        (Some(booking_url), Some(visit_link), Some(office_url)) => Ok([booking_url, visit_link, office_url]),
        _ => Err(Failure::new("The server's `seed-demo` did not say where the salon is.").output(said)),
    }
}

/// Invites somebody to the salon as its owner, and gives the address to accept by.
pub fn invite(salon: &Salon, programs: &Programs, email: &str) -> Outcome<String> {
    let mut command = server(salon, programs, true);
    command.args(["invite", SALON, email]);
    let said = run::quietly(&mut command, Duration::from_secs(60))?;
    let link = said.iter().rev().find(|line| line.contains("/welcome/"));
    link.cloned()
        .ok_or_else(|| Failure::new("The server's `invite` printed no address.").output(said))
}

fn server(salon: &Salon, programs: &Programs, at_sandbox: bool) -> Command {
    let mut command = run::command(&programs.server);
    command
        .env("BOOKING_LISTEN", services::local(salon.server_port).to_string())
        .env("BOOKING_PUBLIC_URL", salon.server_url())
        .env(
            "BOOKING_DATABASE_URL",
            format!("sqlite://{}", salon.file("booking.db").display()),
        )
        .env("BOOKING_MASTER_KEY_FILE", salon.file("master.key"))
        .env("BOOKING_MAIL_DIR", salon.file("mail"))
        .env("BOOKING_LOCAL_GATEWAYS", "yes")
        // One address does it all here, and the benchmark far more than any guest.
        .env("BOOKING_LIMITS", "off")
        .env("BOOKING_LOG", salon.log)
        .env("BOOKING_LOG_FORMAT", "text");
    for name in [
        "STRIPE_PUBLISHABLE_KEY",
        "STRIPE_SECRET_KEY",
        "STRIPE_WEBHOOK_SECRET",
    ] {
        command.env_remove(name);
    }
    if at_sandbox {
        command.env("BOOKING_STRIPE_API", salon.sandbox_url()).env(
            "BOOKING_STRIPE_JS",
            format!("{}/endive/stripe.js", salon.sandbox_url()),
        );
    }
    command
}

fn parse(mut parser: lexopt::Parser) -> Outcome<Options> {
    let mut options = Options {
        port: 8300,
        data: files::root().join("data"),
        fresh: false,
    };
    while let Some(argument) = args::next(&mut parser)? {
        match argument {
            Arg::Long("port") => {
                let port = args::value(&mut parser)?;
                let number = port.parse().ok().filter(|port| (1024..=65_000).contains(port));
                options.port = number.ok_or_else(|| {
                    Failure::new(format!(
                        "`{port}` is no port for the demo: take a number from 1024 to 65000."
                    ))
                })?;
            }
            Arg::Long("data") => {
                let folder = args::value(&mut parser)?;
                options.data = std::path::absolute(&folder).or_say(format!("`{folder}` is no folder"))?;
            }
            Arg::Long("fresh") => options.fresh = true,
            other => return Err(args::unknown(other, "--port N, --data DIR, --fresh")),
        }
    }
    Ok(options)
}

/// The ports of server, sandbox and site; a sentence when one is taken.
fn ports(server: u16, with_stripe: bool) -> Outcome<[u16; 3]> {
    let ports = [
        (server, "server"),
        (server + 10, "sandbox"),
        (server + 20, "salon's site"),
    ];
    for (port, whose) in ports {
        if (whose != "sandbox" || !with_stripe) && !services::is_free(port) {
            let what =
                format!("Port {port}, for the {whose}, is in use: perhaps by another demo that still runs.");
            let hint = format!(
                "End that one, or start this one elsewhere: cargo xtask demo --port {}",
                server + 100
            );
            return Err(Failure::new(what).hint(hint));
        }
    }
    Ok(ports.map(|(port, _)| port))
}

/// Makes the data folder; `--fresh` empties it first, if it is ours to empty.
fn prepare_folder(folder: &Path, fresh: bool) -> Outcome {
    let mark = folder.join(MARK);
    if fresh && folder.exists() {
        let empty = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
        if !empty && !mark.is_file() {
            let what = format!(
                "{} was not made by the demo, so --fresh doesn't empty it.",
                folder.display()
            );
            return Err(
                Failure::new(what).hint("Give another folder with --data, or empty this one yourself.")
            );
        }
        fs::remove_dir_all(folder).or_say(format!("{} can't be emptied", folder.display()))?;
    }
    files::make_folder(folder)?;
    files::write(
        &mark,
        b"Made by `cargo xtask demo`. `--fresh` deletes this folder.\n",
    )
}

/// The key that encrypts the salon's keys: 32 random bytes, made once.
fn make_master_key(path: &Path) -> Outcome {
    if path.is_file() {
        return Ok(());
    }
    let mut bytes = [0_u8; 32];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .or_say("No random numbers")?;
    files::write_secret(path, &hex::encode(bytes))
}

fn welcome(salon: &Salon, running: &Running) -> String {
    let at_sandbox = running.services.len() > 1;
    let mut rows = vec![
        ("The salon's web site", salon.site_url()),
        ("The widget alone", running.booking_url.clone()),
        ("A visit to pay by link", running.visit_link.clone()),
        ("The back office", running.office_url.clone()),
    ];
    if at_sandbox {
        rows.push(("The sandbox (Stripe's part)", salon.sandbox_url()));
    }
    rows.push((
        "Letters and messages sent",
        format!("{}/mailbox", salon.site_url()),
    ));
    rows.push(("Logs", salon.file("logs").display().to_string()));
    let mut text = String::from("\n  Lumen Hair & Skin is open.\n\n");
    for (name, value) in rows {
        text.push_str(&format!("    {name:<29}{value}\n"));
    }
    text.push_str(
        "\n  Pay with 4242 4242 4242 4242, any date to come, any CVC.\n  \
         4000 0000 0000 3220 asks to confirm with the bank; 4000 0000 0000 9995 is declined.\n",
    );
    if !at_sandbox {
        text.push_str(&format!(
            "\n  Payments go to Stripe, with your test keys. For its webhooks run:\n  \
             stripe listen --forward-to {}/webhooks/stripe/{SALON}\n",
            salon.server_url()
        ));
    }
    text.push_str("\n  Ctrl-C ends it; what was booked is kept.");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_ours_is_never_emptied() {
        let folder = std::env::temp_dir().join(format!("xtask-folder-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("thesis.txt"), "years").unwrap();
        assert!(prepare_folder(&folder, true).is_err());
        assert!(folder.join("thesis.txt").is_file());
        fs::write(folder.join(MARK), "").unwrap();
        prepare_folder(&folder, true).unwrap();
        assert!(!folder.join("thesis.txt").exists() && folder.join(MARK).is_file());
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_taken_port_is_said_with_a_way_on() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let taken = listener.local_addr().unwrap().port();
        let failure = ports(taken, false).unwrap_err();
        assert!(
            failure.to_string().contains("for the server, is in use"),
            "{failure}"
        );
    }

    #[test]
    fn a_port_must_leave_room_for_the_others() {
        assert!(parse(lexopt::Parser::from_args(["--port", "65530"])).is_err());
        assert!(parse(lexopt::Parser::from_args(["--port", "eighty"])).is_err());
        assert_eq!(
            parse(lexopt::Parser::from_args(["--port", "9000"])).unwrap().port,
            9000
        );
    }
}
