//! The settings, from the environment: read once, with a clear sentence for everything that is wrong.

pub mod doors;

use std::{fmt, net::SocketAddr, path::PathBuf};

use zeroize::Zeroizing;

use crate::{mail::post::Smtp, vault::MasterKey};

/// What the server works with. How it stands to the network is in [`doors`].
#[derive(Clone, Debug)]
pub struct Config {
    /// `BOOKING_LISTEN`: where to listen.
    pub listen: SocketAddr,
    /// `BOOKING_PUBLIC_URL`: how the world reaches the server, without a slash at the end.
    pub public_url: String,
    /// `BOOKING_DATABASE_URL`: `sqlite://path/to/file.db` or `postgres://…`.
    pub database_url: DatabaseUrl,
    /// `BOOKING_STRIPE_API`: Stripe's API, without a slash at the end.
    pub stripe_api: String,
    /// `BOOKING_STRIPE_JS`: the address of Stripe.js.
    pub stripe_js: String,
    /// `BOOKING_MASTER_KEY_FILE`: the key that encrypts the salons' keys; and `BOOKING_FORMER_MASTER_KEY_FILES`, divided by
    /// commas: those before it, while it is being replaced.
    pub master_key: MasterKey,
    /// `BOOKING_MAIL_DIR`: where mail is written as files; without it mail is only noted in the log.
    pub mail_dir: Option<PathBuf>,
    /// `BOOKING_SMTP_URL` and `BOOKING_MAIL_FROM`: the mail server that letters go to instead, and the address they come from.
    pub smtp: Option<Smtp>,
    /// `BOOKING_LOCAL_GATEWAYS`: `yes` where gateways for short messages may be on this machine or in its network. Whoever may set
    /// a salon's gateway can then reach what is there.
    pub local_gateways: bool,
}

/// The address of the database. Shown without its password.
#[derive(Clone)]
pub struct DatabaseUrl(String);

/// A setting that is missing or wrong: which, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {what}")]
pub struct ConfigError {
    name: &'static str,
    what: String,
}

impl Config {
    /// Reads the settings; `get` is the environment.
    ///
    /// # Errors
    /// [`ConfigError`] for the first setting that is missing or wrong.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
        let get = |name: &'static str, default: Option<&str>| match get(name).filter(|text| !text.is_empty())
        {
            Some(text) => Ok(text),
            None => default.map(str::to_owned).ok_or(ConfigError {
                name,
                what: "is not set".to_owned(),
            }),
        };
        let listen = get("BOOKING_LISTEN", Some("127.0.0.1:8300"))?;
        let listen = listen.parse().map_err(|_| ConfigError {
            name: "BOOKING_LISTEN",
            what: format!("`{listen}` is no address and port, such as 127.0.0.1:8300"),
        })?;
        let key_file = get("BOOKING_MASTER_KEY_FILE", None).map_err(|_| ConfigError {
            name: "BOOKING_MASTER_KEY_FILE",
            what: "is not set: name a file with 64 hexadecimal digits, such as `openssl rand -hex 32` makes"
                .to_owned(),
        })?;
        let mut master_key = key_in("BOOKING_MASTER_KEY_FILE", &key_file, MasterKey::parse)?;
        let former = get("BOOKING_FORMER_MASTER_KEY_FILES", Some(""))?;
        for file in former.split(',').map(str::trim).filter(|file| !file.is_empty()) {
            let read = |text: &str| master_key.clone().with_former(text);
            master_key = key_in("BOOKING_FORMER_MASTER_KEY_FILES", file, read)?;
        }
        let mail_dir = get("BOOKING_MAIL_DIR", Some(""))
            .ok()
            .filter(|dir| !dir.is_empty())
            .map(PathBuf::from);
        Ok(Config {
            listen,
            public_url: url(
                "BOOKING_PUBLIC_URL",
                get("BOOKING_PUBLIC_URL", Some("http://127.0.0.1:8300"))?,
            )?,
            database_url: DatabaseUrl::parse(get("BOOKING_DATABASE_URL", Some("sqlite://data/booking.db"))?)?,
            stripe_api: url(
                "BOOKING_STRIPE_API",
                get("BOOKING_STRIPE_API", Some("https://api.stripe.com"))?,
            )?,
            stripe_js: url(
                "BOOKING_STRIPE_JS",
                get(
                    "BOOKING_STRIPE_JS",
                    Some("https://js.stripe.com/endive/stripe.js"),
                )?,
            )?,
            master_key,
            local_gateways: yes_or_no(
                "BOOKING_LOCAL_GATEWAYS",
                &get("BOOKING_LOCAL_GATEWAYS", Some("no"))?,
            )?,
            mail_dir,
            smtp: smtp(
                &get("BOOKING_SMTP_URL", Some(""))?,
                &get("BOOKING_MAIL_FROM", Some("booking@localhost"))?,
            )?,
        })
    }
}

/// A switch, in the words that people write for it. What is none of them is refused: taken for `no`, it would do so silently.
fn yes_or_no(name: &'static str, text: &str) -> Result<bool, ConfigError> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "1" => Ok(true),
        "no" | "false" | "0" => Ok(false),
        _ => Err(ConfigError {
            name,
            what: format!("`{text}` is neither yes nor no"),
        }),
    }
}

/// The mail server, if one is set.
fn smtp(url: &str, from: &str) -> Result<Option<Smtp>, ConfigError> {
    if url.is_empty() {
        return Ok(None);
    }
    Smtp::parse(url, from).map(Some).map_err(|what| ConfigError {
        name: "BOOKING_SMTP_URL",
        what,
    })
}

impl DatabaseUrl {
    /// Reads an address.
    ///
    /// # Errors
    /// [`ConfigError`] when it is neither SQLite's nor PostgreSQL's.
    pub fn parse(text: String) -> Result<DatabaseUrl, ConfigError> {
        if ["sqlite:", "postgres:", "postgresql:"]
            .iter()
            .any(|scheme| text.starts_with(scheme))
        {
            return Ok(DatabaseUrl(text));
        }
        Err(ConfigError {
            name: "BOOKING_DATABASE_URL",
            what: "must begin with sqlite:// or postgres://".to_owned(),
        })
    }

    /// Whether this is a SQLite file.
    #[must_use]
    pub fn is_sqlite(&self) -> bool {
        self.0.starts_with("sqlite:")
    }

    /// The address with its password, for the driver alone.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_sqlite() {
            return f.write_str(&self.0);
        }
        // A password can stand before the last `@`, and among what follows a `?`. Where it is not plain which is which,
        // nothing is shown.
        let head = self.0.split('?').next().unwrap_or_default();
        let host: String = head
            .rsplit_once('@')
            .map(|(_, tail)| {
                tail.chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || ".-:".contains(*c))
            })
            .map(Iterator::collect)
            .unwrap_or_default();
        write!(f, "postgres://…{host}")
    }
}

/// Reads a key out of a file.
fn key_in(
    name: &'static str,
    file: &str,
    parse: impl Fn(&str) -> Option<MasterKey>,
) -> Result<MasterKey, ConfigError> {
    let text = std::fs::read_to_string(file).map_err(|error| ConfigError {
        name,
        what: format!("`{file}` can't be read: {error}"),
    })?;
    parse(Zeroizing::new(text).trim()).ok_or_else(|| ConfigError {
        name,
        what: format!("`{file}` must hold 64 hexadecimal digits and nothing else"),
    })
}

fn url(name: &'static str, text: String) -> Result<String, ConfigError> {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    if host.is_some_and(|host| !host.is_empty()) {
        return Ok(text.trim_end_matches('/').to_owned());
    }
    Err(ConfigError {
        name,
        what: format!("`{text}` must begin with https:// (or http:// on this machine)"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: &[(&str, &str)]) -> Result<Config, String> {
        let get = |name: &str| {
            settings
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, v)| (*v).to_owned())
        };
        Config::read(get).map_err(|error| error.to_string())
    }

    #[test]
    fn each_wrong_setting_is_named() {
        assert!(
            read(&[])
                .unwrap_err()
                .starts_with("BOOKING_MASTER_KEY_FILE: is not set")
        );
        let missing = read(&[("BOOKING_MASTER_KEY_FILE", "/nowhere/key")]).unwrap_err();
        assert!(missing.contains("/nowhere/key` can't be read"), "{missing}");
        assert!(
            read(&[("BOOKING_LISTEN", "here")])
                .unwrap_err()
                .contains("`here` is no address")
        );
    }

    #[test]
    fn a_switch_takes_what_people_write_and_nothing_else() {
        for (text, expected) in [
            ("yes", true),
            ("Yes", true),
            ("true", true),
            ("TRUE", true),
            ("1", true),
            ("no", false),
            ("false", false),
            ("0", false),
        ] {
            assert_eq!(yes_or_no("BOOKING_X", text).unwrap(), expected, "{text}");
        }
        for text in ["on", "y", "ja", "yes please", "2"] {
            let refused = yes_or_no("BOOKING_X", text).unwrap_err().to_string();
            assert_eq!(refused, format!("BOOKING_X: `{text}` is neither yes nor no"));
        }
    }

    #[test]
    fn a_database_address_is_shown_without_its_password() {
        let url = DatabaseUrl::parse("postgres://salon:hunter2@db/booking".to_owned()).unwrap();
        assert_eq!(format!("{url:?}"), "postgres://…db");
        for address in [
            "postgres://salon:hunter2@db:5432/booking",
            "postgres:///booking?host=/run/pg&user=salon&password=hunter2",
            "postgres://salon@db/booking?password=hunter2",
            "postgres://db/booking?password=x@hunter2",
            "postgres://salon:a@hunter2/x",
            "postgresql://salon:who?hunter2@db/booking",
        ] {
            let shown = format!("{:?}", DatabaseUrl::parse(address.to_owned()).unwrap());
            let host = address.contains("@hunter2/");
            assert!(
                shown.starts_with("postgres://…") && shown.contains("hunter2") == host,
                "{shown}"
            );
        }
        assert!(DatabaseUrl::parse("mysql://x".to_owned()).is_err());
    }
}
