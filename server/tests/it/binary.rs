//! The binary as a person starts it: one clear sentence and a non-zero exit for whatever is wrong.

use std::process::{Command, Output, Stdio};

struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("key"), "5a".repeat(32)).unwrap();
        Place { dir }
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    fn command(&self, args: &[&str], settings: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_booking-checkout"));
        command
            .args(args)
            .env_clear()
            .env("BOOKING_LISTEN", "127.0.0.1:0")
            .env("BOOKING_MASTER_KEY_FILE", self.path("key"))
            .env(
                "BOOKING_DATABASE_URL",
                format!("sqlite://{}", self.path("booking.db")),
            )
            .envs(settings.iter().copied());
        command
    }

    fn run(&self, args: &[&str], settings: &[(&str, &str)]) -> Output {
        self.command(args, settings).output().unwrap()
    }
}

#[test]
fn whatever_is_wrong_is_said_in_one_sentence_that_names_it() {
    let place = Place::new();
    std::fs::write(place.path("short"), "abc").unwrap();
    std::fs::write(
        place.path("text.db"),
        "this is no database, but long enough to be taken for one. ".repeat(40),
    )
    .unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().to_string();
    let text_db = format!("sqlite://{}", place.path("text.db"));
    let short = place.path("short");
    for (settings, expected) in [
        (
            ("BOOKING_MASTER_KEY_FILE", "/nowhere/key"),
            "BOOKING_MASTER_KEY_FILE: `/nowhere/key` can't be read",
        ),
        (
            ("BOOKING_MASTER_KEY_FILE", short.as_str()),
            "must hold 64 hexadecimal digits",
        ),
        (("BOOKING_LISTEN", "somewhere"), "BOOKING_LISTEN: `somewhere`"),
        (
            ("BOOKING_LISTEN", port.as_str()),
            "BOOKING_LISTEN: can't listen on",
        ),
        (
            ("BOOKING_PUBLIC_URL", "salon.example"),
            "BOOKING_PUBLIC_URL: `salon.example`",
        ),
        (("BOOKING_STRIPE_API", "ftp://x"), "BOOKING_STRIPE_API"),
        (
            ("BOOKING_DATABASE_URL", "mysql://x"),
            "BOOKING_DATABASE_URL: must begin with",
        ),
        (
            ("BOOKING_DATABASE_URL", "sqlite:///nowhere/at/all.db"),
            "BOOKING_DATABASE_URL: sqlite:///nowhere/at/all.db can't be opened",
        ),
        (("BOOKING_DATABASE_URL", text_db.as_str()), "BOOKING_DATABASE_URL"),
        (("BOOKING_LOG", "=[,"), "BOOKING_LOG"),
        (
            ("BOOKING_LOCAL_GATEWAYS", "on"),
            "BOOKING_LOCAL_GATEWAYS: `on` is neither yes nor no",
        ),
        (
            ("BOOKING_FORMER_MASTER_KEY_FILES", short.as_str()),
            "BOOKING_FORMER_MASTER_KEY_FILES: `",
        ),
        (
            ("BOOKING_PUBLIC_URL", "https://salon.example"),
            "BOOKING_TRUSTED_PROXY: is not set",
        ),
        (
            ("BOOKING_TRUSTED_PROXY", "nginx"),
            "BOOKING_TRUSTED_PROXY: `nginx`",
        ),
        (("BOOKING_CONNECTIONS", "many"), "BOOKING_CONNECTIONS: `many`"),
        (("BOOKING_LIMITS", "few"), "BOOKING_LIMITS: `few`"),
        (("BOOKING_LOG_FORMAT", "xml"), "BOOKING_LOG_FORMAT: `xml`"),
    ] {
        let output = place.run(&["serve"], &[settings]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{settings:?}: {said}");
        assert!(said.contains(expected), "{settings:?}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[test]
fn a_command_that_is_none_shows_those_there_are() {
    let place = Place::new();
    for args in [
        &[][..],
        &["serv"][..],
        &["seed-demo", "--publishable-key", "pk_live_0123456789"][..],
    ] {
        let output = place.run(args, &[]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(said.contains("booking-checkout serve"), "{said}");
    }
}

#[test]
fn keys_of_two_modes_are_refused_and_not_repeated() {
    let place = Place::new();
    let (publishable, secret) = ("pk_test_0123456789", "sk_live_9876543210");
    let args = ["seed-demo", "--publishable-key", publishable];
    let secrets = [
        ("STRIPE_SECRET_KEY", secret),
        ("STRIPE_WEBHOOK_SECRET", "whsec_0123456789"),
    ];
    let output = place.run(&args, &secrets);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("is for tests") && said.contains("for real payments") && !said.contains(secret),
        "{said}"
    );
}

#[test]
fn a_secret_among_the_arguments_is_refused_and_not_repeated() {
    let place = Place::new();
    for (argument, secret, name) in [
        ("--secret-key", "sk_test_9876543210", "STRIPE_SECRET_KEY"),
        ("--signing-secret", "whsec_9876543210", "STRIPE_WEBHOOK_SECRET"),
    ] {
        for args in [
            vec![argument.to_owned(), secret.to_owned()],
            vec![format!("{argument}={secret}")],
        ] {
            let args: Vec<&str> = ["seed-demo", "--publishable-key", "pk_test_0123456789"]
                .into_iter()
                .chain(args.iter().map(String::as_str))
                .collect();
            let output = place.run(&args, &[]);
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(1));
            assert!(
                said.contains(&format!("set {name}")) && !said.contains(secret),
                "{said}"
            );
        }
    }
}

#[test]
fn it_stops_cleanly_when_told_to() {
    use std::io::{BufRead as _, BufReader};
    let place = Place::new();
    let mut child = place
        .command(&["serve"], &[])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.by_ref().any(|line| line.unwrap().contains("ready")));
    let killed = Command::new("kill")
        .arg("-TERM")
        .arg(child.id().to_string())
        .status()
        .unwrap();
    assert!(killed.success());
    assert!(child.wait().unwrap().success());
}
