//! A visit that was booked by phone and is to be paid by link.

use domain::{
    currency::Currency,
    id::{EmployeeId, LinkToken, SalonSlug, ServiceId},
    money::Money,
    time::Moment,
};

use super::damaged;
use crate::{
    api::{booking::Line, error::ApiError, free_times::FreeTimesRequest, hold::Client},
    app::App,
    handlers::{
        context::Context,
        free_times,
        visit::{self, NewVisit, Wishes},
    },
    store::Write,
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
            client: None,
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
    app: &App,
    write: &mut Write,
    salon: &SalonSlug,
    starts: Vec<Moment>,
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
    let new = NewVisit {
        salon: salon.clone(),
        currency: Currency::EUR,
        employee: EmployeeId::parse("emp_anna").map_err(damaged)?,
        start: app.now(),
        lines: vec![
            line("Cut and finish", 45, 4800)?,
            line("Repair mask, 200 ml", 0, 1650)?,
        ],
        client: Client {
            name: "Ada Lovelace".to_owned(),
            email: "ada@example.com".to_owned(),
            phone: String::new(),
            note: String::new(),
            language: "en".to_owned(),
        },
        due: Some(eur(6450)?),
    };
    for start in starts {
        let new = NewVisit { start, ..new.clone() };
        if let Some(visit) = visit::make(write, new, app.now()).await? {
            return visit::make_link(app, write, &visit, Wishes::default()).await;
        }
    }
    Err(damaged("Anna is busy for a month"))
}
