//! The work that falls due: tasks, deliveries, saving.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::deliveries::{self, Parcel};
use crate::world::{App, unix_ms};

/// Sleeps at most this long, for want of anything known to be due.
const IDLE_MS: i64 = 5_000;
/// Deliveries collected for reordering wait at most this long for company.
const REORDER_MS: i64 = 1_500;

/// Runs tasks and sends deliveries, for ever.
pub async fn run(app: Arc<App>) {
    let client = match reqwest::Client::builder()
        .timeout(app.config.webhook_timeout)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
    {
        Ok(client) => client,
        Err(error) => {
            tracing::error!(%error, "no HTTP client: webhooks will not be sent");
            return;
        }
    };
    let slots = Arc::new(Semaphore::new(app.config.webhook_concurrency.max(1)));
    loop {
        let (parcels, wait) = due(&app, slots.available_permits());
        for (place, parcel) in parcels {
            let Ok(slot) = Arc::clone(&slots).acquire_owned().await else {
                return;
            };
            let (app, client) = (Arc::clone(&app), client.clone());
            tokio::spawn(async move {
                let result = send(&client, &parcel).await;
                {
                    let mut world = app.lock();
                    let now = world.now_ms();
                    world.dirty = true;
                    if let Some(account) = world.accounts.get_mut(place) {
                        account.now_ms = now;
                        deliveries::finish(account, &parcel.delivery, result);
                    }
                }
                drop(slot);
                app.wake.notify_one();
                app.changed.notify_waiters();
            });
        }
        tokio::select! {
            () = app.wake.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// What is due now (as many deliveries as there are free slots), and how long until something else is.
fn due(app: &App, slots: usize) -> (Vec<(usize, Parcel)>, Duration) {
    let mut world = app.lock();
    let now = world.now_ms();
    let mut ran = false;
    let mut parcels = Vec::new();
    let mut next = now.saturating_add(IDLE_MS);
    for (place, account) in world.accounts.iter_mut().enumerate() {
        account.now_ms = now;
        ran |= account.run_due();
        let oldest = account
            .held_for_reordering
            .first()
            .and_then(|id| account.deliveries.get(id))
            .map(|delivery| delivery.due_ms.saturating_add(REORDER_MS));
        match oldest {
            Some(at) if at <= now => deliveries::release(account),
            Some(at) => next = next.min(at),
            None => {}
        }
        while parcels.len() < slots {
            let Some(parcel) = deliveries::take(account, unix_ms().div_euclid(1_000)) else {
                break;
            };
            parcels.push((place, parcel));
        }
        if let Some((at, _, _)) = account.tasks.first() {
            next = next.min(*at);
        }
        if let Some((at, _, _)) = account
            .due
            .first()
            .filter(|_| !account.settings.tricks.paused && slots > parcels.len())
        {
            next = next.min(*at);
        }
    }
    world.dirty |= ran;
    drop(world);
    if ran {
        app.changed.notify_waiters();
    }
    let wait = u64::try_from(next.saturating_sub(now)).unwrap_or_default();
    (parcels, Duration::from_millis(wait.max(1)))
}

async fn send(client: &reqwest::Client, parcel: &Parcel) -> Result<u16, String> {
    let answer = client
        .post(&parcel.url)
        .header("content-type", "application/json; charset=utf-8")
        .header("user-agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
        .header("stripe-signature", &parcel.signature)
        .body(parcel.body.clone())
        .send()
        .await;
    match answer {
        Ok(answer) => Ok(answer.status().as_u16()),
        Err(error) if error.is_timeout() => Err("no answer in time".to_owned()),
        Err(error) if error.is_connect() => Err("connection refused".to_owned()),
        Err(_) => Err("the connection broke".to_owned()),
    }
}
