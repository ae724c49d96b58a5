//! The demo salon: what `seed-demo` fills the database with.

mod history;
mod salon;
mod visit;

use std::fmt;

use domain::{
    id::{LinkToken, SalonSlug},
    key::{PublishableKey, SecretKey, SigningSecret, pair},
    role::Role,
};

use zeroize::Zeroizing;

use crate::{
    api::error::{ApiError, Code},
    app::App,
    http::policy,
    messages::GatewaySecret,
    office::invitation_link,
    store::{
        messages::set_gateway,
        salon::{Keys, find},
        sealed::set_up,
        staff,
    },
    worker::roll,
};

/// The demo salon's name in addresses.
pub const SALON: &str = "lumen";
/// With this address its owner signs in.
const OWNER: &str = "anna@example.com";

/// What the demo is to be set up with.
#[derive(Clone, Debug)]
pub struct Wishes {
    /// The salon's keys.
    pub keys: Keys,
    /// The origins of its web site.
    pub embedders: Vec<String>,
    /// Where short messages are handed over, if nothing is set yet.
    pub gateway: Option<String>,
    /// So many paid bookings of the past are made up, for measuring.
    pub history: i64,
}

/// What was made.
#[derive(Clone, Debug)]
pub struct Made {
    salon: SalonSlug,
    booking_url: String,
    visit_link: String,
    /// The back office, or, as long as nobody can sign in there, the address to set it up by.
    office_url: String,
}

impl Wishes {
    /// Reads the command line, and the two secrets from the environment (`get`): arguments are for all to see, in `ps` and in
    /// a shell's history.
    ///
    /// # Errors
    /// A sentence that says what is missing or wrong; never a key.
    pub fn parse(args: &[String], get: impl Fn(&str) -> Option<String>) -> Result<Wishes, String> {
        let value = |name: &str| {
            let mut rest = args.iter().skip_while(|arg| *arg != name);
            rest.next()
                .and_then(|_| rest.next())
                .ok_or(format!("{name} is missing"))
        };
        let secret_in = |name: &str| {
            get(name)
                .map(Zeroizing::new)
                .ok_or(format!("{name} is not set: secrets come from the environment"))
        };
        for (argument, name) in [
            ("--secret-key", "STRIPE_SECRET_KEY"),
            ("--signing-secret", "STRIPE_WEBHOOK_SECRET"),
        ] {
            if args.iter().any(|given| given.starts_with(argument)) {
                return Err(format!(
                    "{argument} is not taken any more, because everybody on this machine sees arguments: set {name}"
                ));
            }
        }
        let of = |name: &str, error: &dyn fmt::Display| format!("{name}: {error}");
        let publishable =
            PublishableKey::parse(value("--publishable-key")?).map_err(|e| of("--publishable-key", &e))?;
        let secret =
            SecretKey::parse(&secret_in("STRIPE_SECRET_KEY")?).map_err(|e| of("STRIPE_SECRET_KEY", &e))?;
        let signing = SigningSecret::parse(&secret_in("STRIPE_WEBHOOK_SECRET")?)
            .map_err(|e| of("STRIPE_WEBHOOK_SECRET", &e))?;
        pair(&publishable, &secret).map_err(|error| error.to_string())?;
        let embedders = value("--embed-origin")
            .map(|origin| vec![origin.clone()])
            .unwrap_or_default();
        if embedders.iter().any(|origin| !policy::is_origin(origin)) {
            return Err("--embed-origin: must be an origin such as https://salon.example".to_owned());
        }
        Ok(Wishes {
            keys: Keys {
                publishable,
                secret,
                signing,
            },
            embedders,
            gateway: value("--gateway").ok().cloned(),
            history: value("--history")
                .map_or(Ok(0), |count| count.parse())
                .map_err(|_| "--history: must be a number".to_owned())?,
        })
    }
}

/// Makes the demo salon if it is not there yet, sets its keys, and makes a visit to pay.
///
/// # Errors
/// [`ApiError`].
pub async fn seed(app: &App, wishes: &Wishes) -> Result<Made, ApiError> {
    let slug = SalonSlug::parse(SALON).map_err(damaged)?;
    let now = app.now();
    let mut write = app.store.write().await?;
    salon::make(write.conn(), &slug, now).await?;
    set_up(
        write.conn(),
        &app.master_key,
        &slug,
        &wishes.keys,
        &wishes.embedders,
        now,
    )
    .await?;
    if let Some(url) = &wishes.gateway
        && let Some(record) = find(&mut *write.conn(), &slug).await?
        && record.messages.is_none()
    {
        let secret = GatewaySecret::new()?;
        set_gateway(write.conn(), &app.master_key, &slug, Some((url, &secret))).await?;
    }
    write.commit().await?;
    if wishes.history > 0 {
        history::write(app, &slug, wishes.history).await?;
        roll::run(app).await?;
    }
    let starts = visit::starts(app, &slug).await?;
    let mut write = app.store.write().await?;
    let link = visit::make(app, &mut write, &slug, starts).await?;
    let office_url = if staff::has_owner(&mut *write.conn(), &slug).await? {
        format!("{}/office/{slug}/today", app.public_url)
    } else {
        invitation_link(app, &mut write, &slug, OWNER, Role::Owner, None).await?
    };
    write.commit().await?;
    Ok(Made {
        booking_url: format!("{}/book/{slug}", app.public_url),
        visit_link: link_address(app, &link),
        office_url,
        salon: slug,
    })
}

/// The address of a visit link.
#[must_use]
pub fn link_address(app: &App, link: &LinkToken) -> String {
    format!("{}/pay/{}", app.public_url, link.reveal())
}

/// As JSON, for whoever started the demo.
impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::json!({
            "salon": self.salon,
            "booking_url": self.booking_url,
            "visit_link": self.visit_link,
            "office_url": self.office_url,
        });
        json.fmt(f)
    }
}

fn damaged(error: impl fmt::Display) -> ApiError {
    tracing::error!(%error, "the demo's data are wrong");
    ApiError::new(Code::Failed, format!("the demo's data are wrong: {error}"))
}
