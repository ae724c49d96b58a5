//! Paying, or booking without; and asking what became of it.

use domain::{
    decline::Decline,
    id::AttemptId,
    money::Money,
    payment::{AttemptState, BookingState},
    time::Moment,
};

use super::{
    bill::{self, Bill},
    consent,
    context::{Context, current},
    declines, link,
    quote::Chosen,
    tip,
    view::{Around, manage_address, view_for, view_of},
};
use crate::{
    api::{
        confirm::{ConfirmRequest, Confirmed, Next, Pay, SettleRequest},
        error::{ApiError, Code},
    },
    app::{App, random_id},
    payments::{
        After, TRIES,
        ask::{self, Asked},
        mail,
    },
    store::{
        self, StoreError,
        attempt::{self, AttemptRecord, Reach},
        booking::{self, BookingRecord},
        card::Consent,
        is_taken,
        job::Letter,
        missed, offer,
        salon::SalonRecord,
    },
    stripe::StripeError,
};

/// Answers [`crate::api::confirm::confirm`].
///
/// # Errors
/// See there.
pub async fn confirm(request: ConfirmRequest) -> Result<Confirmed, ApiError> {
    let context = current()?;
    let booking = context.booking().await?;
    let salon = context.salon(&booking.salon).await?;
    let bill = bill::of_page(&context.app, &booking).await?;
    check_price(&context, &salon, &booking).await?;
    match request.pay {
        Pay::AtSalon if !matches!(bill, Bill::Visit) => Err(online_only()),
        Pay::AtSalon => book_unpaid(&context, &salon, booking).await,
        Pay::Card {
            sum,
            confirmation_token,
        } => {
            let consent = consent::check(&salon, &booking, &bill, request.consent, context.app.now())?;
            let card = Card {
                confirmation_token,
                consent,
            };
            pay(&context, &salon, booking, &bill, sum, card).await
        }
    }
}

/// Answers [`crate::api::confirm::settle`].
///
/// # Errors
/// See there.
pub async fn settle(_: SettleRequest) -> Result<Confirmed, ApiError> {
    let context = current()?;
    let booking = context.booking().await?;
    let salon = context.salon(&booking.salon).await?;
    let bill = bill::of_page(&context.app, &booking).await?;
    let attempts = attempt::of_purpose(context.app.store.read(), &booking.id, bill.purpose()).await?;
    let Some(latest) = attempts.first().cloned() else {
        return unpaid(&context, &salon, &bill, &booking, &attempts).await;
    };
    // Another request is waiting for Stripe's answer to this one: it will write it down.
    // And a charge of the saved card is the worker's to send.
    let to_send = !latest.by_client() && latest.intent.is_none();
    if !latest.state.is_open() || latest.is_in_flight(context.app.now()) || to_send {
        // Read again after its attempts: what has ended one of them meanwhile has changed the booking too.
        let booking = context.booking().await?;
        let after = After {
            booking,
            attempt: latest,
            attempts,
        };
        return answer(&context, &salon, &bill, Asked::only(after)).await;
    }
    let asked = ask::ask(&context.app, &latest).await?;
    answer(&context, &salon, &bill, asked).await
}

async fn book_unpaid(
    context: &Context,
    salon: &SalonRecord,
    mut booking: BookingRecord,
) -> Result<Confirmed, ApiError> {
    if !booking.quote.accepts_unpaid() {
        return Err(online_only());
    }
    for _ in 0..TRIES {
        check_open(&booking, context.app.now())?;
        let mut write = context.app.store.write().await?;
        let attempts = attempt::of_booking(write.conn(), &booking.id).await?;
        if attempts.iter().any(|attempt| attempt.state.is_open()) {
            return Err(in_progress());
        }
        if booking::advance(write.conn(), &booking.id, booking.version, BookingState::Booked).await? {
            mail(&mut write, &booking, Letter::Booked, context.app.now()).await?;
            match write.commit().await {
                Ok(()) => {
                    booking.state = BookingState::Booked;
                    return unpaid(context, salon, &Bill::Visit, &booking, &attempts).await;
                }
                Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        booking = context.booking().await?;
    }
    Err(busy())
}

/// The card, and what its holder agreed to.
struct Card {
    confirmation_token: String,
    consent: Option<Consent>,
}

async fn pay(
    context: &Context,
    salon: &SalonRecord,
    booking: BookingRecord,
    bill: &Bill,
    sum: Money,
    card: Card,
) -> Result<Confirmed, ApiError> {
    check_sum(&booking, bill, sum)?;
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    if !(5..=255).contains(&card.confirmation_token.len()) || !card.confirmation_token.bytes().all(is_token) {
        return Err(ApiError::invalid(
            "confirmation_token",
            "The card could not be read. Enter it again.",
        ));
    }
    let key = salon.secret_key(&context.app.master_key)?;
    let key =
        key.ok_or_else(|| ApiError::new(Code::PaymentDown, "This salon takes no cards at the moment."))?;
    let attempt = begin(context, salon, booking.clone(), bill, sum, &card).await?;
    let asked = ask::charge(&context.app, &key, &booking, &attempt, card.consent.is_some()).await?;
    answer(context, salon, bill, asked).await
}

/// Writes the attempt down, before Stripe hears of it. An earlier one that only waits for the bank is ended first: the payer
/// has turned to another card.
async fn begin(
    context: &Context,
    salon: &SalonRecord,
    mut booking: BookingRecord,
    bill: &Bill,
    sum: Money,
    card: &Card,
) -> Result<AttemptRecord, ApiError> {
    let app = &context.app;
    for _ in 0..TRIES {
        let now = app.now();
        match bill {
            Bill::Fee(_) => check_payable(app, &booking).await?,
            Bill::Rest(_) => {
                check_rest(app, &booking, sum).await?;
                check_link(salon, &booking)?;
            }
            Bill::Visit => {
                check_open(&booking, now)?;
                check_link(salon, &booking)?;
                if booking.state == BookingState::Booked {
                    link::check_not_missed(app, &booking).await?;
                }
            }
        }
        // Read again, it may ask for another sum: a tip was chosen in another tab.
        check_sum(&booking, bill, sum)?;
        let purpose = bill.purpose();
        let attempts = attempt::of_purpose(app.store.read(), &booking.id, purpose).await?;
        if attempts.iter().any(AttemptRecord::pays) {
            return Err(ApiError::new(Code::AlreadyPaid, "This booking is paid already."));
        }
        declines::check(app, salon, &attempts, now).await?;
        if let Some(open) = attempts.iter().find(|attempt| attempt.state.is_open()) {
            if open.state != AttemptState::RequiresAction || ask::end(app, open).await?.state.is_open() {
                return Err(in_progress());
            }
            booking = context.booking().await?;
            continue;
        }
        let id = format!("{}{}", AttemptId::PREFIX, random_id()?);
        let new = AttemptRecord {
            id: AttemptId::parse(&id).map_err(|error| ApiError::invalid("id", error.to_string()))?,
            booking: booking.id.clone(),
            purpose,
            salon: booking.salon.clone(),
            sum,
            state: AttemptState::Created,
            confirmation_token: card.confirmation_token.clone(),
            intent: None,
            charge: None,
            decline: None,
            refunded: 0,
            reserved: 0,
            for_nothing: false,
            reach: Reach::Now,
            asks: 0,
            ask_at: Some(now.plus_millis(ask::patience(card.consent.is_some()))),
            created: now,
        };
        let mut write = app.store.write().await?;
        if !booking::advance(write.conn(), &booking.id, booking.version, booking.state).await? {
            drop(write);
            booking = context.booking().await?;
            continue;
        }
        match attempt::insert(write.conn(), &new, context.client).await {
            Ok(()) => {}
            Err(StoreError::Failed(error)) if is_taken(&error) => return Err(in_progress()),
            Err(error) => return Err(error.into()),
        }
        if let Some(consent) = &card.consent {
            store::card::insert(write.conn(), &new.id, consent).await?;
        }
        match write.commit().await {
            Ok(()) => return Ok(new),
            Err(StoreError::Conflict(_)) => booking = context.booking().await?,
            Err(error) => return Err(error.into()),
        }
    }
    Err(busy())
}

fn check_sum(booking: &BookingRecord, bill: &Bill, sum: Money) -> Result<(), ApiError> {
    if bill.accepts(booking, sum) {
        return Ok(());
    }
    Err(ApiError::new(
        Code::PriceChanged,
        "The sum is not what the salon asks for. Look at the terms again before you pay.",
    ))
}

/// Whether the fee still waits to be paid: the salon may have done without it meanwhile.
async fn check_payable(app: &App, booking: &BookingRecord) -> Result<(), ApiError> {
    match bill::of_link(app, booking).await? {
        Bill::Fee(fee) if fee.state.is_payable() => Ok(()),
        Bill::Fee(_) => Err(ApiError::new(Code::AlreadyPaid, "This fee is paid already.")),
        Bill::Rest(_) | Bill::Visit => Err(ApiError::new(
            Code::Cancelled,
            "The salon does without this fee. Nothing was charged.",
        )),
    }
}

/// Whether the rest still waits to be paid: the visit may be called off meanwhile, or its first payment given back.
async fn check_rest(app: &App, booking: &BookingRecord, sum: Money) -> Result<(), ApiError> {
    match bill::of_link(app, booking).await? {
        Bill::Rest(rest) if rest.is_paid => {
            Err(ApiError::new(Code::AlreadyPaid, "This visit is paid already."))
        }
        again @ Bill::Rest(_) => check_sum(booking, &again, sum),
        Bill::Fee(_) | Bill::Visit => Err(ApiError::new(
            Code::Cancelled,
            "There is nothing left to pay by this link. Nothing was charged.",
        )),
    }
}

/// Whether the booking still waits to be paid or booked.
fn check_open(booking: &BookingRecord, now: Moment) -> Result<(), ApiError> {
    let visit = booking.choice.is_none();
    match booking.state {
        BookingState::Held if booking.hold_until > Some(now) => Ok(()),
        BookingState::Booked if visit => Ok(()),
        BookingState::Held | BookingState::Expired => Err(ApiError::new(
            Code::HoldEnded,
            "The time is not held for you any more. Take it again if it is still free. Nothing was charged.",
        )),
        BookingState::Booked => Err(ApiError::new(Code::AlreadyPaid, "This booking is made already.")),
        BookingState::Cancelled => Err(ApiError::new(
            Code::Cancelled,
            "This booking was called off. Nothing was charged.",
        )),
    }
}

/// Whether the salon still takes payments by link, for a page that was opened by one.
fn check_link(salon: &SalonRecord, booking: &BookingRecord) -> Result<(), ApiError> {
    if booking.token_until.is_none() || salon.link_payment {
        return Ok(());
    }
    Err(link::switched_off())
}

/// Prices the booking again from the salon's tables. When it comes out otherwise than the client was told, the booking gets
/// the new price and the call is refused: the page shows the new one and asks again.
async fn check_price(
    context: &Context,
    salon: &SalonRecord,
    booking: &BookingRecord,
) -> Result<(), ApiError> {
    // A visit was priced by the salon itself, line by line: its own row is the table.
    let Some(choice) = &booking.choice else {
        return Ok(());
    };
    if booking.state != BookingState::Held {
        return Ok(());
    }
    let chosen = Chosen::of(context, salon.clone(), choice).await?;
    let db = context.app.store.read();
    let history = missed::history(db, &booking.salon, &booking.client.email, context.app.now()).await?;
    let quote = chosen.price(history)?;
    if quote == booking.quote {
        return Ok(());
    }
    let repriced = BookingRecord {
        quote,
        ..booking.clone()
    };
    let mut write = context.app.store.write().await?;
    let attempts = attempt::of_booking(write.conn(), &booking.id).await?;
    let under_way = attempts.iter().any(|attempt| attempt.state.is_open());
    // What is under way was begun at the old price. If somebody else changed the booking, the next call sees it.
    if !under_way && booking::rewrite(write.conn(), &repriced, &chosen.lines()).await? {
        write.commit().await?;
    }
    Err(ApiError::new(
        Code::PriceChanged,
        "The salon has just changed its price or terms. Look at them again.",
    ))
}

/// The answer while there is no attempt.
async fn unpaid(
    context: &Context,
    salon: &SalonRecord,
    bill: &Bill,
    booking: &BookingRecord,
    attempts: &[AttemptRecord],
) -> Result<Confirmed, ApiError> {
    let next = match booking.state {
        BookingState::Expired => Next::TooLate,
        BookingState::Held | BookingState::Booked | BookingState::Cancelled => Next::Done,
    };
    confirmed(context, salon, bill, booking, attempts, next).await
}

/// The answer after an attempt.
async fn answer(
    context: &Context,
    salon: &SalonRecord,
    bill: &Bill,
    asked: Asked,
) -> Result<Confirmed, ApiError> {
    let After {
        mut booking,
        attempt,
        attempts,
    } = asked.after;
    if let Bill::Fee(fee) = bill {
        booking = bill::shown(booking, fee);
    }
    if let Some(error) = &asked.refused
        && !attempt.state.is_open()
    {
        return Err(refusal(salon, error));
    }
    let next = match attempt.state {
        AttemptState::Succeeded if booking.state == BookingState::Booked => Next::Done,
        // It came for nothing, and the time is held anew: nothing of that is paid.
        AttemptState::Succeeded if booking.state == BookingState::Held => Next::Done,
        AttemptState::Succeeded => Next::TooLate,
        AttemptState::Created | AttemptState::Unknown | AttemptState::Processing => Next::Wait,
        AttemptState::RequiresAction => {
            asked
                .client_secret
                .map_or(Next::Wait, |secret| Next::ConfirmWithBank {
                    client_secret: secret.reveal().to_owned(),
                })
        }
        AttemptState::Canceled if booking.state == BookingState::Expired => Next::TooLate,
        AttemptState::Declined | AttemptState::Canceled => Next::AnotherTry {
            decline: attempt.declined().unwrap_or(Decline::OnceMore),
        },
    };
    confirmed(context, salon, bill, &booking, &attempts, next).await
}

async fn confirmed(
    context: &Context,
    salon: &SalonRecord,
    bill: &Bill,
    booking: &BookingRecord,
    attempts: &[AttemptRecord],
    next: Next,
) -> Result<Confirmed, ApiError> {
    let app = &context.app;
    if !matches!(bill, Bill::Visit) {
        let booking = view_for(app, booking, bill).await?;
        return Ok(Confirmed { booking, next });
    }
    let currency = booking.quote.price.currency();
    let around = Around {
        salon,
        attempts,
        lines: booking::lines(app.store.read(), &booking.id, currency).await?,
        employee: offer::employee_name(app.store.read(), &booking.employee).await?,
        manage: manage_address(app, booking).await?,
        tips: tip::is_offered(app, booking).await?,
        deadline: link::deadline(app, salon, booking, &booking.quote, attempts).await?,
    };
    Ok(Confirmed {
        booking: view_of(app, booking, around),
        next,
    })
}

/// What to tell the payer when Stripe refused the request itself. The salon must hear of it: it is in the log as an error.
fn refusal(salon: &SalonRecord, error: &StripeError) -> ApiError {
    let phone = &salon.salon.phone;
    match error {
        StripeError::Refused { code: Some(code), .. } if code == "amount_too_small" => ApiError {
            field: Some("amount".to_owned()),
            ..ApiError::new(
                Code::PaymentDown,
                format!(
                    "The sum is too small to be paid by card. Please call the salon: {phone}. Nothing was charged."
                ),
            )
        },
        // It stands for a card for some hours and for one payment only, and the page may have kept it for longer.
        StripeError::Refused {
            param: Some(param), ..
        } if param == "confirmation_token" => ApiError::invalid(
            param,
            "The card could not be read. Enter it again. Nothing was charged.",
        ),
        StripeError::Unreachable(_) => ApiError::new(
            Code::PaymentDown,
            "The card service can't be reached right now. Nothing was charged. Try again in a moment.",
        ),
        _ => ApiError::new(
            Code::PaymentDown,
            format!("The salon can't take cards right now. Please call it: {phone}. Nothing was charged."),
        ),
    }
}

fn online_only() -> ApiError {
    ApiError::new(
        Code::PriceChanged,
        "This booking is paid online. Choose a card to go on.",
    )
}

fn in_progress() -> ApiError {
    ApiError::new(Code::InProgress, "A payment of this booking is under way.")
}

fn busy() -> ApiError {
    ApiError::new(
        Code::Busy,
        "The salon's booking is busy. Trying again in a moment.",
    )
}
