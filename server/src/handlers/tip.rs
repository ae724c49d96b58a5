//! The tip of a visit: a line of its own after the others, chosen by who pays.

use domain::{
    money::Money,
    payment::BookingState,
    terms::{Offer, Quote},
};

use super::{
    bill::{self, Bill},
    context::current,
    view::view,
    visit,
};
use crate::{
    api::{
        booking::{Booking, Line},
        error::{ApiError, Code},
        tip::TipRequest,
    },
    app::App,
    payments::TRIES,
    store::{
        StoreError,
        attempt::{self, AttemptRecord},
        booking::{self, BookingRecord},
        link,
    },
};

/// What the line is called in the books.
const NAME: &str = "Tip";

/// Answers [`crate::api::tip::tip`].
///
/// # Errors
/// See there.
pub async fn tip(request: TipRequest) -> Result<Booking, ApiError> {
    let context = current()?;
    let app = &context.app;
    for _ in 0..TRIES {
        let visit = context.booking().await?;
        if !is_offered(app, &visit).await? {
            return Err(ApiError::invalid("tip", "This visit is paid without a tip."));
        }
        let attempts = attempt::of_booking(app.store.read(), &visit.id).await?;
        if attempts.iter().any(AttemptRecord::pays) {
            return Err(ApiError::new(Code::AlreadyPaid, "This visit is paid already."));
        }
        if attempts.iter().any(|attempt| attempt.state.is_open()) {
            return Err(ApiError::new(
                Code::InProgress,
                "A payment of this visit is under way.",
            ));
        }
        let currency = visit.quote.price.currency();
        let lines = booking::lines(app.store.read(), &visit.id, currency).await?;
        let (lines, due) = without(&visit.quote, lines)?;
        let (quote, lines) = with(&visit.quote, lines, due, request.tip)?;
        if quote == visit.quote {
            return view(app, &visit).await;
        }
        let to = BookingRecord { quote, ..visit };
        let mut write = app.store.write().await?;
        if booking::rewrite(write.conn(), &to, &lines).await? {
            match write.commit().await {
                Err(StoreError::Conflict(_)) => continue,
                done => done?,
            }
            return view(app, &context.booking().await?).await;
        }
    }
    Err(ApiError::new(
        Code::Busy,
        "The salon's booking is busy. Trying again in a moment.",
    ))
}

/// Whether the page that was opened by a link may choose a tip: the salon offered it, and there is a visit to pay.
///
/// # Errors
/// [`ApiError`].
pub async fn is_offered(app: &App, visit: &BookingRecord) -> Result<bool, ApiError> {
    let is_visit =
        visit.choice.is_none() && visit.token_until.is_some() && visit.state == BookingState::Booked;
    if !is_visit || !matches!(bill::of_link(app, visit).await?, Bill::Visit) {
        return Ok(false);
    }
    let link = link::of_booking(app.store.read(), &visit.id).await?;
    Ok(link.is_some_and(|link| link.tips))
}

/// The lines of a visit without its tip, and what is due of them.
///
/// # Errors
/// When the sums do not go together.
pub fn without(quote: &Quote, mut lines: Vec<Line>) -> Result<(Vec<Line>, Option<Money>), ApiError> {
    let due = match quote.offer {
        Offer::AtSalon => None,
        Offer::Choice(due) | Offer::Must(due) => Some(due.now),
    };
    let Some(tip) = quote.tip else {
        return Ok((lines, due));
    };
    lines.pop();
    let due = due.map(|due| due.less(tip)).transpose();
    Ok((
        lines,
        due.map_err(|error| ApiError::invalid("tip", error.to_string()))?,
    ))
}

/// The lines with the tip's name in the client's language.
pub fn name(lines: &mut [Line], quote: &Quote, language: &str) {
    if let Some(last) = lines.last_mut().filter(|_| quote.tip.is_some())
        && language.starts_with("de")
    {
        "Trinkgeld".clone_into(&mut last.name);
    }
}

fn with(
    before: &Quote,
    mut lines: Vec<Line>,
    due: Option<Money>,
    tip: Money,
) -> Result<(Quote, Vec<Line>), ApiError> {
    let wrong = |sentence: &str| ApiError::invalid("tip", sentence);
    let due = due.ok_or_else(|| wrong("This visit is paid at the salon."))?;
    let services = before.services();
    if tip.currency() != services.currency() || tip.minor() > services.minor() {
        return Err(wrong("A tip is at most as much as the visit."));
    }
    if tip.is_zero() {
        return Ok((visit::quote(&lines, Some(due), services.currency())?, lines));
    }
    let price = |lines: &[Line], due| visit::quote(lines, Some(due), services.currency());
    let plain = price(&lines, due)?;
    lines.push(Line {
        name: NAME.to_owned(),
        minutes: 0,
        price: tip,
        from: false,
    });
    let due = due
        .plus(tip)
        .map_err(|error| ApiError::invalid("tip", error.to_string()))?;
    if !matches!(due.chargeable(), domain::money::Chargeable::Yes) {
        return Err(wrong("A card can't be charged this sum."));
    }
    let quote = Quote {
        tip: Some(tip),
        // The tip is no reason for what is due.
        reasons: plain.reasons,
        ..price(&lines, due)?
    };
    Ok((quote, lines))
}
