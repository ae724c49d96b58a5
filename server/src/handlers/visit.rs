//! Visits that the salon books itself, and the links to pay them.

use domain::{
    currency::Currency,
    id::{BookingId, EmployeeId, LinkToken, SalonSlug},
    money::Money,
    payment::BookingState,
    terms::{Due, Offer, Quote, Reason},
    time::Moment,
};

use super::hold::reference;
use crate::{
    api::{
        booking::Line,
        error::{ApiError, Code},
        hold::Client,
    },
    app::{App, random_id},
    payments::take_slot,
    store::{
        StoreError, Write,
        booking::{self, BookingRecord, token_hash},
        link::{self, NewLink},
        salon,
    },
};

/// A visit that is to be booked.
#[derive(Clone, Debug)]
pub struct NewVisit {
    /// The salon.
    pub salon: SalonSlug,
    /// Its currency.
    pub currency: Currency,
    /// Who does it.
    pub employee: EmployeeId,
    /// When it starts.
    pub start: Moment,
    /// Its services and products; together they take at least five minutes.
    pub lines: Vec<Line>,
    /// For whom.
    pub client: Client,
    /// What is to be paid by link; `None`: nothing.
    pub due: Option<Money>,
}

/// Books a visit; `None` when the time is taken. Then the transaction holds nothing of it.
///
/// # Errors
/// [`ApiError`].
pub async fn make(write: &mut Write, new: NewVisit, now: Moment) -> Result<Option<BookingRecord>, ApiError> {
    let salon = salon::find(write.conn(), &new.salon).await?;
    let id = random_id()?;
    let minutes: i64 = new.lines.iter().map(|line| i64::from(line.minutes)).sum();
    let visit = BookingRecord {
        id: BookingId::parse(&format!("{}{id}", BookingId::PREFIX))
            .map_err(|error| ApiError::invalid("id", error.to_string()))?,
        salon: new.salon,
        reference: reference(&id),
        version: 0,
        token_until: None,
        state: BookingState::Booked,
        hold_until: None,
        employee: new.employee,
        group_date: None,
        start: new.start,
        end: new.start.plus_minutes(minutes),
        client: new.client,
        choice: None,
        quote: quote(&new.lines, new.due, new.currency)?,
        changes: salon.as_ref().map(|salon| salon.changes.agreed()),
        cancellation: salon.map(|salon| salon.cancellation),
    };
    if !take_slot(write, &visit).await? {
        return Ok(None);
    }
    booking::insert(write.conn(), &visit, None, &new.lines, now).await?;
    Ok(Some(visit))
}

/// What a visit of these lines costs, and what of it is due by link.
///
/// # Errors
/// `Invalid` when the sums do not go together.
pub fn quote(lines: &[Line], due: Option<Money>, currency: Currency) -> Result<Quote, ApiError> {
    let together = |a: Money, b: Money| {
        a.plus(b)
            .map_err(|error| ApiError::invalid("lines", error.to_string()))
    };
    let price = lines
        .iter()
        .try_fold(Money::zero(currency), |sum, line| together(sum, line.price))?;
    let reasons = match due {
        None => vec![Reason::NotOffered],
        Some(sum) if sum == price && lines.len() > 1 => vec![Reason::ServiceInFull, Reason::Added],
        Some(sum) if sum == price => vec![Reason::ServiceInFull],
        Some(sum) => vec![Reason::ServiceFixed { sum }],
    };
    let offer = match due {
        None => Offer::AtSalon,
        Some(now) => Offer::Must(Due {
            now,
            all: (now.minor() < price.minor()).then_some(price),
        }),
    };
    Ok(Quote {
        price,
        from: lines.iter().any(|line| line.from),
        offer,
        reasons,
        tip: None,
    })
}

/// What a link is made with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wishes {
    /// Until when it works; `None`: until paid.
    pub expires: Option<Moment>,
    /// When a reminder goes out, if it is not paid by then.
    pub remind_at: Option<Moment>,
    /// When the visit is called off, if it is not paid by then.
    pub cancel_at: Option<Moment>,
    /// Whether the payer may add a tip.
    pub tips: bool,
    /// Whether it is for what is left to pay after a part was paid.
    pub rest: bool,
}

/// Makes a visit's link; an earlier one does not work any more.
///
/// # Errors
/// [`ApiError`].
pub async fn make_link(
    app: &App,
    write: &mut Write,
    visit: &BookingRecord,
    wishes: Wishes,
) -> Result<LinkToken, ApiError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "the system gives no random numbers");
        ApiError::new(
            Code::Failed,
            "The server could not do this. Try again in a moment.",
        )
    })?;
    let token = LinkToken::from_random(&bytes);
    let sealed = app
        .master_key
        .seal(&link::place(visit.id.as_str()), token.reveal())
        .map_err(StoreError::damaged)?;
    let new = NewLink {
        token_hash: token_hash(token.reveal()),
        sealed,
        expires: wishes.expires,
        remind_at: wishes.remind_at,
        cancel_at: wishes.cancel_at,
        tips: wishes.tips,
        rest: wishes.rest,
    };
    link::replace(write.conn(), &visit.id, &new, app.now()).await?;
    Ok(token)
}

/// The address of a visit's link, to be shown again; `None` when it was sealed with a key that is gone: then a new one is
/// made.
#[must_use]
pub fn address(app: &App, visit: &BookingId, sealed: &str) -> Option<String> {
    match app.master_key.open(&link::place(visit.as_str()), sealed) {
        Ok(token) => Some(format!("{}/pay/{}", app.public_url, *token)),
        Err(error) => {
            tracing::warn!(%error, booking = %visit, "a link can't be shown again");
            None
        }
    }
}
