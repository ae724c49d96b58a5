//! A round trip: to Stripe by a call, and back by its event.

use std::time::Duration;

use domain::{
    key::{Mode, SecretKey},
    time::Moment,
};
use serde::Deserialize;

use super::report;
use crate::{
    api::error::ApiError,
    app::random_id,
    office::{desk::Desk, trouble::Answer, when},
    store::event,
    stripe::StripeError,
};

/// So long an event is waited for, looked for so often.
const PATIENCE: Duration = Duration::from_secs(10);
const EVERY: Duration = Duration::from_millis(200);

#[derive(Deserialize)]
struct Made {
    id: String,
}

/// Tests the connection: in test mode with a test card, in live mode without touching money.
pub async fn run(desk: Desk) -> Answer {
    let Some(key) = desk.salon.secret_key(&desk.app.master_key)? else {
        return Ok(desk.go("methods"));
    };
    let mut lines = Vec::new();
    match desk.app.stripe.account(&key).await {
        Ok(account) => lines.push((
            true,
            format!("Stripe answers, for the account {}.", account.name()),
        )),
        Err(error) => {
            lines.push((false, refused(&error)));
            return Ok(report(&desk, "Test of the connection", &lines));
        }
    }
    let mode = desk
        .salon
        .publishable_key
        .as_ref()
        .map(domain::key::PublishableKey::mode);
    if mode == Some(Mode::Test) {
        pay_and_wait(&desk, &key, &mut lines).await?;
    } else {
        look_back(&desk, &key, &mut lines).await?;
    }
    Ok(report(&desk, "Test of the connection", &lines))
}

/// With real keys nothing is paid for a test: what shows that events come is the latest that Stripe has had.
async fn look_back(desk: &Desk, key: &SecretKey, lines: &mut Vec<(bool, String)>) -> Result<(), ApiError> {
    // One of the last minute may still be on its way.
    let until = desk.app.now().plus_minutes(-1).0.div_euclid(1000);
    let latest = match desk.app.stripe.latest_event(key, until).await {
        Ok(latest) => latest,
        Err(StripeError::Refused { status: 403, .. }) => {
            lines.push((
                false,
                "This restricted key may not read what events there were. Add the right Events: read at Stripe to test it."
                    .to_owned(),
            ));
            return Ok(());
        }
        Err(error) => {
            lines.push((false, refused(&error)));
            return Ok(());
        }
    };
    let Some(latest) = latest else {
        lines.push((
            false,
            "Stripe has had no event of a payment of late, so nothing shows yet that they come. Pay a small sum by a link of a \
             visit, test again a minute later, and give it back."
                .to_owned(),
        ));
        return Ok(());
    };
    let zone = when::zone(&desk.salon.salon.time_zone);
    let at = when::full(Moment(latest.created.saturating_mul(1000)), &zone);
    let came = event::is_kept(desk.app.store.read(), desk.slug(), &latest.id).await?;
    lines.push(if came {
        (
            true,
            format!("Stripe's latest event, of {at}, came here, with the right signature."),
        )
    } else {
        (
            false,
            format!(
                "Stripe's latest event, of {at}, did not come here. Is the address of the endpoint right, can Stripe reach it, does \
                 it have the 13 events, and is the signing secret that of this endpoint? Set it up again to be sure. (Events of the \
                 time before it was set up do not come either.)"
            ),
        )
    });
    Ok(())
}

async fn pay_and_wait(desk: &Desk, key: &SecretKey, lines: &mut Vec<(bool, String)>) -> Result<(), ApiError> {
    let (stripe, currency) = (&desk.app.stripe, desk.salon.salon.currency);
    let id = format!("try_{}", random_id()?);
    let sum = currency.minimum_charge().unwrap_or(100).max(100);
    let form = [
        ("amount", sum.to_string()),
        ("currency", currency.stripe_code()),
        ("allowed_payment_method_types[]", "card".to_owned()),
        ("payment_method", "pm_card_visa".to_owned()),
        ("confirm", "true".to_owned()),
        (
            "description",
            "Test of the connection, given back at once".to_owned(),
        ),
    ];
    let since = desk.app.now().plus_minutes(-1);
    let made: Made = match stripe.post(key, "/v1/payment_intents", &id, &form).await {
        Ok(made) => made,
        Err(error) => {
            lines.push((false, refused(&error)));
            return Ok(());
        }
    };
    lines.push((true, "A payment with a test card succeeded.".to_owned()));
    let wait = async {
        while !event::named_since(desk.app.store.read(), desk.slug(), &made.id, since).await? {
            tokio::time::sleep(EVERY).await;
        }
        Ok::<_, ApiError>(())
    };
    lines.push(match tokio::time::timeout(PATIENCE, wait).await {
        Ok(heard) => {
            heard?;
            (true, "Stripe's event about it came, with the right signature.".to_owned())
        }
        Err(_) => (
            false,
            "No event about it came within 10 seconds. Is the address of the endpoint right, can Stripe reach it, and is the \
             signing secret that of this endpoint? Set it up again to be sure."
                .to_owned(),
        ),
    });
    let form = [("payment_intent", made.id)];
    let back: Result<Made, _> = stripe
        .post(key, "/v1/refunds", &format!("{id}-back"), &form)
        .await;
    lines.push(match back {
        Ok(_) => (true, "The test payment was given back.".to_owned()),
        Err(error) => (false, refused(&error)),
    });
    Ok(())
}

fn refused(error: &StripeError) -> String {
    tracing::info!(%error, "a test of the connection failed");
    match error {
        StripeError::Refused { status: 401, .. } => {
            "Stripe does not know the key any more. Was it replaced? Set up the new one.".to_owned()
        }
        StripeError::Refused { message, .. } => format!("Stripe refused: {message}"),
        StripeError::Declined { .. } => "Stripe declined the test card. Are these test keys?".to_owned(),
        StripeError::Unreachable(_) | StripeError::Unknown(_) => {
            "Stripe can't be reached at the moment. Try again in a minute.".to_owned()
        }
    }
}
