//! The keys the demo works with, and its webhook endpoint: at the sandbox, or one's own at Stripe.

use crate::failure::{Failure, OrSay, Outcome};
use crate::http::{self, Client, Content};
use crate::{files, services};
use std::path::Path;
use std::time::Duration;

pub const SANDBOX_PUBLISHABLE_KEY: &str = "pk_test_51SandboxDemoSalon000001";
pub const SANDBOX_SECRET_KEY: &str = "sk_test_51SandboxDemoSalon000001";
const API_VERSION: &str = "2026-09-30.endive";

/// A salon's three keys.
pub struct Keys {
    pub publishable: String,
    pub secret: String,
    pub signing: String,
}

/// One's own keys from the environment; `None` when none of the three is set.
pub fn own_keys(variable: impl Fn(&str) -> Option<String>) -> Outcome<Option<Keys>> {
    const NAMES: [&str; 3] = [
        "STRIPE_PUBLISHABLE_KEY",
        "STRIPE_SECRET_KEY",
        "STRIPE_WEBHOOK_SECRET",
    ];
    let [publishable, secret, signing] = NAMES.map(|name| variable(name).filter(|value| !value.is_empty()));
    let (publishable, secret, signing) = match (publishable, secret, signing) {
        (None, None, None) => return Ok(None),
        (Some(publishable), Some(secret), Some(signing)) => (publishable, secret, signing),
        (publishable, secret, signing) => {
            let given = [publishable, secret, signing];
            let missing: Vec<&str> = NAMES
                .iter()
                .zip(given)
                .filter(|(_, value)| value.is_none())
                .map(|(name, _)| *name)
                .collect();
            let what = format!("To talk to Stripe the demo also needs {}.", missing.join(" and "));
            return Err(Failure::new(what).hint(
                "`stripe listen --forward-to http://127.0.0.1:8300/webhooks/stripe/lumen` prints a signing secret. \
                 Without any of the three the demo uses its own sandbox.",
            ));
        }
    };
    if !publishable.starts_with("pk_test_")
        || !["sk_test_", "rk_test_"]
            .iter()
            .any(|kind| secret.starts_with(kind))
    {
        return Err(
            Failure::new("The demo takes test keys only: pk_test_… and sk_test_… or rk_test_….")
                .hint("Live keys would take real money for a salon that doesn't exist."),
        );
    }
    Ok(Some(Keys {
        publishable,
        secret,
        signing,
    }))
}

/// The sandbox's keys, with a webhook endpoint there that sends to our server; kept in the data folder.
pub fn sandbox_keys(sandbox: u16, server_url: &str, salon: &str, data: &Path) -> Outcome<Keys> {
    let url = format!("{server_url}/webhooks/stripe/{salon}");
    let note = data.join("webhook.json");
    let mut client = Client::new(services::local(sandbox), Duration::from_secs(10));
    let signing = match kept(&mut client, &note, &url) {
        Some(secret) => secret,
        None => create(&mut client, &note, &url)?,
    };
    Ok(Keys {
        publishable: SANDBOX_PUBLISHABLE_KEY.to_owned(),
        secret: SANDBOX_SECRET_KEY.to_owned(),
        signing,
    })
}

/// The secret from the last start, if the sandbox still knows that endpoint.
fn kept(client: &mut Client, note: &Path, url: &str) -> Option<String> {
    let note: serde_json::Value = serde_json::from_str(&files::read(note).ok()?).ok()?;
    let (id, secret) = (note.get("id")?.as_str()?, note.get("secret")?.as_str()?);
    let reply = ask(client, "GET", &format!("/v1/webhook_endpoints/{id}"), "").ok()?;
    let same = reply.status == 200 && reply.json().get("url")?.as_str()? == url;
    same.then(|| secret.to_owned())
}

fn create(client: &mut Client, note: &Path, url: &str) -> Outcome<String> {
    let body = http::form(&[
        ("url", url),
        ("enabled_events[]", "*"),
        ("api_version", API_VERSION),
    ]);
    let reply = ask(client, "POST", "/v1/webhook_endpoints", &body)
        .or_say("The sandbox did not answer when it was asked for a webhook endpoint")?;
    let answer = reply.json();
    let field = |name: &str| answer.get(name).and_then(|value| value.as_str());
    let (Some(id), Some(secret)) = (field("id"), field("secret")) else {
        return Err(Failure::new(format!(
            "The sandbox made no webhook endpoint (status {}).",
            reply.status
        ))
        .output(vec![reply.text()]));
    };
    files::write_secret(
        note,
        &serde_json::json!({ "id": id, "secret": secret }).to_string(),
    )?;
    Ok(secret.to_owned())
}

fn ask(client: &mut Client, method: &str, path: &str, body: &str) -> std::io::Result<http::Reply> {
    let bearer = format!("Bearer {SANDBOX_SECRET_KEY}");
    let mut headers = vec![
        ("authorization", bearer.as_str()),
        ("stripe-version", API_VERSION),
    ];
    if method == "POST" {
        headers.push(("content-type", "application/x-www-form-urlencoded"));
    }
    client.send(
        method,
        path,
        Content {
            headers: &headers,
            body: body.as_bytes(),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(given: &[(&str, &str)]) -> Outcome<Option<Keys>> {
        own_keys(|name| {
            given
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn none_means_the_sandbox_and_some_must_be_all() {
        assert!(keys(&[]).unwrap().is_none());
        assert!(keys(&[("STRIPE_SECRET_KEY", "")]).unwrap().is_none());
        let Err(failure) = keys(&[("STRIPE_SECRET_KEY", "sk_test_1")]) else {
            panic!("taken")
        };
        assert!(
            failure
                .to_string()
                .contains("STRIPE_PUBLISHABLE_KEY and STRIPE_WEBHOOK_SECRET"),
            "{failure}"
        );
    }

    #[test]
    fn live_keys_are_refused() {
        let mut given = [
            ("STRIPE_PUBLISHABLE_KEY", "pk_test_1"),
            ("STRIPE_SECRET_KEY", "sk_live_1"),
            ("STRIPE_WEBHOOK_SECRET", "whsec_1"),
        ];
        assert!(keys(&given).is_err());
        given[1].1 = "rk_test_1";
        assert!(keys(&given).unwrap().is_some());
    }
}
