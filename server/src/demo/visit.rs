//! A visit that was booked by phone and is to be paid by link.

use domain::{
    currency::Currency,
    id::{BookingId, EmployeeId, LinkToken, SalonSlug, ServiceId},
    money::Money,
    payment::BookingState,
    terms::{Due, Offer, Quote, Reason},
    time::Moment,
};

use super::damaged;
use crate::{
    api::{booking::Line, error::ApiError, free_times::FreeTimesRequest, hold::Client},
    app::{App, random_id},
    handlers::{context::Context, free_times, hold::reference},
    payments::take_slot,
    store::{
        Write,
        booking::{self, BookingRecord, token_hash},
        link,
    },
};

/// When Anna is free for it, in the next days.
pub async fn starts(app: &App, salon: &SalonSlug) -> Result<Vec<Moment>, ApiError> {
    let request = FreeTimesRequest {
        salon: salon.clone(),
        services: vec![ServiceId::parse("svc_cut").map_err(damaged)?],
        employee: Some(EmployeeId::parse("emp_anna").map_err(damaged)?),
        from: None,
        days: 31,
    };
    let found = free_times::find(
        &Context {
            app: app.clone(),
            token: None,
        },
        request,
    )
    .await?;
    Ok(found
        .days
        .into_iter()
        .flat_map(|day| day.times)
        .map(|time| time.start)
        .collect())
}

/// Writes the visit and its link, at the first of these starts that Anna has free.
pub async fn make(
    write: &mut Write,
    salon: &SalonSlug,
    starts: Vec<Moment>,
    now: Moment,
) -> Result<LinkToken, ApiError> {
    let eur = |minor| Money::new(minor, Currency::EUR).map_err(damaged);
    let line = |name: &str, minutes, price| {
        Ok::<_, ApiError>(Line {
            name: name.to_owned(),
            minutes,
            price: eur(price)?,
            from: false,
        })
    };
    let lines = [
        line("Cut and finish", 45, 4800)?,
        line("Repair mask, 200 ml", 0, 1650)?,
    ];
    let price = eur(6450)?;
    let id = random_id()?;
    let mut visit = BookingRecord {
        id: BookingId::parse(&format!("{}{id}", BookingId::PREFIX)).map_err(damaged)?,
        salon: salon.clone(),
        reference: reference(&id),
        version: 0,
        token_until: None,
        state: BookingState::Booked,
        hold_until: None,
        employee: EmployeeId::parse("emp_anna").map_err(damaged)?,
        group_date: None,
        start: now,
        end: now,
        client: Client {
            name: "Ada Lovelace".to_owned(),
            email: "ada@example.com".to_owned(),
            phone: String::new(),
            note: String::new(),
            language: "en".to_owned(),
        },
        choice: None,
        quote: Quote {
            price,
            from: false,
            offer: Offer::Must(Due {
                now: price,
                all: None,
            }),
            reasons: vec![Reason::ServiceInFull, Reason::Added],
        },
    };
    for start in starts {
        visit.start = start;
        visit.end = start.plus_minutes(45);
        if take_slot(write, &visit).await? {
            break;
        }
    }
    booking::insert(write.conn(), &visit, None, &lines, now).await?;
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(damaged)?;
    let token = LinkToken::from_random(&bytes);
    link::insert(write.conn(), &token_hash(token.reveal()), &visit.id, None, now).await?;
    Ok(token)
}
