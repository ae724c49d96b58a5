//! Keys: read, examined at Stripe, kept.

use domain::key::{Mode, PublishableKey, SecretKey, SigningSecret, pair};
use zeroize::Zeroizing;

use super::{hook_address, report};
use crate::{
    api::error::ApiError,
    app::random_id,
    office::{
        desk::Desk,
        form::{Form, Wrong},
        trouble::Answer,
    },
    store::{
        salon::{self, Keys, May},
        sealed,
    },
    stripe::{StripeError, account::AccountFacts},
};

/// What was typed, as far as it can be right.
pub struct Given {
    publishable: PublishableKey,
    secret: SecretKey,
    /// None: Stripe shall make an endpoint and tell its secret.
    signing: Option<SigningSecret>,
}

/// What Stripe said of it.
pub struct Found {
    account: AccountFacts,
    signing: SigningSecret,
    lines: Vec<(bool, String)>,
}

impl Given {
    /// Reads the fields, to the letter: a space that came along is named. `None` when something is wrong.
    pub fn read(desk: &Desk, form: &Form, wrong: &mut Wrong) -> Result<Option<Given>, ApiError> {
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let publishable = PublishableKey::parse(form.raw("publishable")).map_err(|error| text(&error));
        let publishable = wrong.keep("publishable", publishable);
        let typed = Zeroizing::new(form.raw("secret").to_owned());
        let kept = desk.salon.secret_key(&desk.app.master_key)?;
        let secret = match kept.filter(|_| typed.is_empty()) {
            Some(kept) => Some(kept),
            None => wrong.keep("secret", SecretKey::parse(&typed).map_err(|error| text(&error))),
        };
        let manual = form.get("webhook") == "manual";
        let signing = if manual {
            let signing = SigningSecret::parse(form.raw("signing")).map_err(|error| text(&error));
            wrong.keep("signing", signing).map(Some)
        } else {
            Some(None)
        };
        let (Some(publishable), Some(secret), Some(signing)) = (publishable, secret, signing) else {
            return Ok(None);
        };
        if let Err(error) = pair(&publishable, &secret) {
            wrong.add("secret", error.to_string());
            return Ok(None);
        }
        Ok(Some(Given {
            publishable,
            secret,
            signing,
        }))
    }
}

/// Asks Stripe about the keys. `None` when something is wrong; then nothing is kept.
pub async fn examine(
    desk: &Desk,
    given: &Given,
    form: &Form,
    wrong: &mut Wrong,
) -> Result<Option<Found>, ApiError> {
    let stripe = &desk.app.stripe;
    let id = format!("set_{}", random_id()?);
    let account = match stripe.account(&given.secret).await {
        Ok(account) => account,
        Err(error) => {
            wrong.add("secret", said(&error, "read the account"));
            return Ok(None);
        }
    };
    if given.secret.is_restricted() {
        match stripe.missing_rights(&given.secret, &id, given.signing.is_none()).await {
            Ok(missing) if missing.is_empty() => {}
            Ok(missing) => wrong.add(
                "secret",
                format!(
                    "This restricted key lacks rights. Add them in Stripe's dashboard, under Developers › API keys: {}.",
                    missing.join("; ")
                ),
            ),
            Err(error) => wrong.add("secret", said(&error, "look at its rights")),
        }
    }
    if wrong.is_empty() {
        match stripe.same_account(&given.publishable, &given.secret, &id).await {
            Ok(true) => {}
            Ok(false) => wrong.add(
                "publishable",
                "The two keys are of different Stripe accounts: copy both from the same one.",
            ),
            Err(error) => wrong.add("secret", said(&error, "compare the keys")),
        }
    }
    let public = &desk.salon.salon;
    let currency = account.default_currency.to_uppercase();
    if account.name().trim().is_empty() {
        wrong.add(
            "secret",
            "Your account at Stripe has no name, which clients see on their statements. Fill it in at Stripe, under \
             Settings › Business, and save here again.",
        );
    }
    let before = desk.salon.account.as_ref();
    if before.is_some_and(|(before, _)| *before != account.id) && !form.ticked("another") {
        wrong.add(
            "another",
            "These keys are of another Stripe account than before. Payments of the earlier one can then be refunded at Stripe \
             only, and what is not over there is listed under Today. Tick the box below if you want this.",
        );
    }
    let mode = given.publishable.mode();
    let was = desk.salon.publishable_key.as_ref().map(PublishableKey::mode);
    if (was, mode) == (Some(Mode::Live), Mode::Test) && !form.ticked("to_test") {
        wrong.add(
            "to_test",
            "These are test keys, and until now real payments were taken. Clients can't pay any more then, and what they paid is \
             neither counted nor given back here, until the keys for real payments are back. Tick the box below if you want this.",
        );
    }
    if !wrong.is_empty() {
        return Ok(None);
    }
    let signing = match given.signing.clone() {
        Some(signing) => signing,
        None => match stripe
            .make_endpoint(&given.secret, &hook_address(desk), &id)
            .await
        {
            Ok(secret) => {
                let secret = Zeroizing::new(secret.unwrap_or_default());
                SigningSecret::parse(&secret).map_err(|error| {
                    tracing::error!(%error, "Stripe's signing secret can't be read");
                    ApiError::invalid(
                        "webhook",
                        "Stripe told no signing secret. Set the endpoint up at Stripe instead.",
                    )
                })?
            }
            Err(error) => {
                wrong.add(
                    "webhook",
                    format!(
                        "{} Set the endpoint up at Stripe instead, with the address and the events below.",
                        said(&error, "make a webhook endpoint")
                    ),
                );
                return Ok(None);
            }
        },
    };
    let mut lines = vec![
        (
            true,
            format!("The account is {} ({}).", account.name(), account.country),
        ),
        (true, "Both keys are of this account.".to_owned()),
        (true, "The key may do all that is needed.".to_owned()),
        (
            true,
            if given.signing.is_some() {
                "The signing secret is kept. Test the connection to see whether it is the right one."
                    .to_owned()
            } else {
                "Stripe tells us what happens: the webhook endpoint is made.".to_owned()
            },
        ),
    ];
    lines.push(if account.charges_enabled {
        (true, "The account can take payments.".to_owned())
    } else {
        (
            false,
            "The account can't take payments yet: complete it at Stripe, under Settings › Business."
                .to_owned(),
        )
    });
    if currency != public.currency.code() {
        lines.push((
            true,
            format!(
                "Prices are in {}, the account is kept in {currency}: Stripe converts each payment, for a fee.",
                public.currency.code()
            ),
        ));
    }
    if (was, mode) == (Some(Mode::Test), Mode::Live) {
        lines.push((
            true,
            "These are keys for real payments. What was paid in test mode is no longer counted in the reports, and can't be given \
             back here: no money moved."
                .to_owned(),
        ));
    }
    if mode == Mode::Test {
        lines.push((
            true,
            "These are test keys: only test cards work, and no money moves.".to_owned(),
        ));
    }
    Ok(Some(Found {
        account,
        signing,
        lines,
    }))
}

/// Keeps the keys, and shows what was found.
pub async fn save(desk: &Desk, given: Given, found: Found) -> Answer {
    let now = desk.app.now();
    let keys = Keys {
        publishable: given.publishable,
        secret: given.secret,
        signing: found.signing,
    };
    let mut write = desk.app.store.write().await?;
    let embedders = &desk.salon.embedders;
    sealed::set_up(
        write.conn(),
        &desk.app.master_key,
        desk.slug(),
        &keys,
        embedders,
        now,
    )
    .await?;
    let (id, name) = (&found.account.id, found.account.name());
    salon::set_account(write.conn(), desk.slug(), id, name).await?;
    let may = May {
        charge: found.account.charges_enabled,
        pay_out: found.account.payouts_enabled,
    };
    salon::note_account(write.conn(), desk.slug(), may).await?;
    desk.log(&mut write, &format!("set up the keys of {name} ({id})"), None)
        .await?;
    write.commit().await?;
    Ok(report(desk, "Stripe is connected", &found.lines))
}

/// What Stripe's refusal means for the owner.
fn said(error: &StripeError, doing: &str) -> String {
    tracing::info!(%error, doing, "keys were not set up");
    match error {
        StripeError::Refused { status: 401, .. } => {
            "Stripe does not know this key, or it was replaced. Copy it again from Developers › API keys."
                .to_owned()
        }
        StripeError::Refused { status: 403, .. } => {
            format!("This restricted key may not {doing}. Add the right at Stripe, or use the secret key.")
        }
        StripeError::Refused { message, .. } => format!("Stripe would not {doing}: {message}"),
        StripeError::Unreachable(_) | StripeError::Unknown(_) | StripeError::Declined { .. } => {
            "Stripe can't be reached at the moment. Nothing was changed: try again in a minute.".to_owned()
        }
    }
}
