//! The message to a client whose money the salon gives back, where there is no address for a letter.

use domain::{id::RefundId, money::Money};

use super::{hand, once};
use crate::{
    api::error::ApiError,
    app::App,
    mail::{refund::About, sum, when},
    store::job::Job,
};

/// What gateways are told that it is.
pub const KIND: &str = "refund";

/// Orders the message in the place of a letter, where the salon has a gateway and the client a telephone. Done twice, it is
/// ordered once.
///
/// # Errors
/// [`ApiError`].
pub async fn order(app: &App, mail: &str, about: &About, refund: &RefundId) -> Result<(), ApiError> {
    if about.salon.messages.is_none() || about.record.client.phone.is_empty() {
        return Ok(());
    }
    let refund = refund.clone();
    once(app, mail, &Job::MessageRefund { refund }).await
}

/// Hands the message over. `id` is the job's.
///
/// # Errors
/// [`ApiError`] when the gateway can't take it yet; the job is tried again.
pub async fn send(app: &App, id: &str, refund: &RefundId) -> Result<(), ApiError> {
    let Some(about) = About::read(app, refund).await? else {
        return Ok(());
    };
    let text = compose(&about, about.refund.sum);
    hand(app, id, (&about.salon, &about.record), KIND, &text).await
}

fn compose(about: &About, back: Money) -> String {
    let public = &about.salon.salon;
    let german = about.record.client.language.starts_with("de");
    let (back, at) = (
        sum(back, german),
        when(about.record.start, &public.time_zone, german),
    );
    let at = at.split(" (").next().unwrap_or_default();
    if german {
        format!(
            "{}: {back} für den Termin am {at} gehen auf Ihre Karte zurück. Das dauert 5 bis 10 Tage.",
            public.name
        )
    } else {
        format!(
            "{}: {back} for the visit of {at} goes back to your card, which takes 5 to 10 days.",
            public.name
        )
    }
}
