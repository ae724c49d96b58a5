//! Opening a visit link.

use domain::{
    fee::FeeState,
    id::LinkToken,
    payment::{BookingState, Purpose},
    terms::Quote,
};

use super::{
    bill::{self, Bill},
    context::{Context, current},
    view::view,
};
use crate::{
    api::{
        booking::Booking,
        error::{ApiError, Code},
        link::OpenRequest,
    },
    app::App,
    mail::link::Asked,
    payments::{TRIES, ask},
    store::{
        StoreError,
        attempt::{self, AttemptRecord},
        booking::{self, BookingRecord, token_hash},
        is_taken,
        link::{self, LinkRecord},
        missed,
        salon::SalonRecord,
    },
};

/// How long an opened page may act for its visit, in minutes.
const PAGE_MINUTES: i64 = 60;

/// A link and its visit.
#[derive(Debug)]
pub enum Found {
    /// It works, or worked until it was paid.
    Link(LinkRecord, Box<BookingRecord>),
    /// Its time is over.
    Expired(Box<BookingRecord>),
    /// There is no such link.
    Unknown,
}

/// Looks a link up, without opening it.
///
/// # Errors
/// [`ApiError`].
pub async fn find(context: &Context, token: &LinkToken) -> Result<Found, ApiError> {
    let db = context.app.store.read();
    let Some(link) = link::find(db, &token_hash(token.reveal())).await? else {
        return Ok(Found::Unknown);
    };
    let Some(visit) = booking::find(db, &link.booking).await? else {
        return Ok(Found::Unknown);
    };
    let over = link.expires.is_some_and(|at| at <= context.app.now());
    let bill = bill::of_link(&context.app, &visit).await?;
    let over = over && !is_paid(&context.app, &visit, &bill).await?;
    let visit = Box::new(visit);
    Ok(if over {
        Found::Expired(visit)
    } else {
        Found::Link(link, visit)
    })
}

/// Answers [`crate::api::link::open_link`].
///
/// # Errors
/// See there.
pub async fn open(request: OpenRequest) -> Result<Booking, ApiError> {
    let context = current()?;
    let app = &context.app;
    let bearer = token_hash(context.token()?.reveal());
    let visit = match find(&context, &request.link).await? {
        Found::Link(_, visit) => visit,
        Found::Expired(_) => {
            return Err(ApiError::new(
                Code::LinkExpired,
                "The time to pay by this link is over. Please ask the salon for a new one.",
            ));
        }
        Found::Unknown => {
            return Err(ApiError::new(
                Code::NotFound,
                "This link is not complete, or the salon took it back. Check that you opened all of it.",
            ));
        }
    };
    let salon = context.salon(&visit.salon).await?;
    let bill = bill::of_link(app, &visit).await?;
    let is_fee = matches!(bill, Bill::Fee(_));
    let paid = is_paid(app, &visit, &bill).await?;
    if !salon.link_payment && !is_fee && !paid {
        return Err(switched_off());
    }
    if visit.state == BookingState::Cancelled && !is_fee {
        return Err(ApiError::new(
            Code::Cancelled,
            "This visit was called off. Nothing is to be paid.",
        ));
    }
    if matches!(bill, Bill::Visit) && !paid {
        check_not_missed(app, &visit).await?;
    }
    end_earlier(&context, &visit, bill.purpose()).await?;
    let now = app.now();
    let mut write = app.store.write().await?;
    link::note_opened(write.conn(), &token_hash(request.link.reveal()), now).await?;
    match booking::set_token(write.conn(), &visit.id, &bearer, now.plus_minutes(PAGE_MINUTES)).await {
        Err(StoreError::Failed(error)) if is_taken(&error) => {
            return Err(ApiError::new(
                Code::NotYours,
                "This page already acts for another booking. Load it again.",
            ));
        }
        other => other?,
    }
    write.commit().await?;
    let visit = context.booking().await?;
    view(app, &visit).await
}

/// The salon's switch for payments by link is off.
#[must_use]
pub fn switched_off() -> ApiError {
    ApiError::new(
        Code::LinkExpired,
        "The salon takes no payments by link at the moment.",
    )
}

/// Whether a visit is one that its client may still pay by its link: who did not come owes a fee, or nothing.
///
/// # Errors
/// `Cancelled` when the salon noted that nobody came.
pub async fn check_not_missed(app: &App, visit: &BookingRecord) -> Result<(), ApiError> {
    match missed::at(app.store.read(), &visit.id).await? {
        None => Ok(()),
        Some(_) => Err(ApiError::new(
            Code::Cancelled,
            "The salon noted that nobody came to this visit. Nothing is to be paid, and nothing was charged. If you did come, \
             please call the salon.",
        )),
    }
}

/// Whether what a link is about is paid: then it says so, however long ago its time was over.
async fn is_paid(app: &App, visit: &BookingRecord, bill: &Bill) -> Result<bool, ApiError> {
    match bill {
        Bill::Fee(fee) => Ok(fee.state == FeeState::Charged),
        Bill::Rest(rest) => Ok(rest.is_paid),
        Bill::Visit => {
            let attempts = attempt::of_booking(app.store.read(), &visit.id).await?;
            Ok(attempts.iter().any(AttemptRecord::pays))
        }
    }
}

/// By when a visit is to be paid by its link, as the page says it that was opened by that; `None` where there is no end to it, or
/// nothing to be paid. `quote` says what is to be paid, `attempts` are those to pay it.
///
/// # Errors
/// [`ApiError`].
pub async fn deadline(
    app: &App,
    salon: &SalonRecord,
    visit: &BookingRecord,
    quote: &Quote,
    attempts: &[AttemptRecord],
) -> Result<Option<String>, ApiError> {
    let by_link = visit.token_until.is_some() && visit.state == BookingState::Booked;
    if !by_link || attempts.iter().any(AttemptRecord::pays) {
        return Ok(None);
    }
    let link = link::of_booking(app.store.read(), &visit.id).await?;
    let asked = link
        .map(|link| Asked::by(quote, &link))
        .filter(|asked| asked.by > Some(app.now()));
    let german = visit.client.language.starts_with("de");
    Ok(asked.map(|asked| asked.sentence(&salon.salon.time_zone, german)))
}

/// Ends the payment that the page which opened the link before has under way, so that only one page can pay. If it was paid
/// meanwhile, it was paid: the new page will say so.
async fn end_earlier(context: &Context, visit: &BookingRecord, purpose: Purpose) -> Result<(), ApiError> {
    for _ in 0..TRIES {
        let attempts = attempt::of_purpose(context.app.store.read(), &visit.id, purpose).await?;
        let Some(open) = attempts.into_iter().find(|attempt| attempt.state.is_open()) else {
            return Ok(());
        };
        if open.is_in_flight(context.app.now()) || ask::end(&context.app, &open).await?.state.is_open() {
            break;
        }
    }
    Err(ApiError::new(
        Code::InProgress,
        "A payment of this visit is under way on another page. Try again in a moment.",
    ))
}
