//! Pricing a choice.

use domain::{
    id::ServiceId,
    terms::{self, History, Line, Quote},
    time::Moment,
};

use super::context::{Context, current};
use crate::{
    api::{
        booking,
        catalogue::{Employee, Service},
        error::{ApiError, Code},
        quote::{Choice, Quoted},
    },
    store::{
        offer::{self, DateRecord, EmployeeRecord},
        salon::SalonRecord,
    },
};

/// Answers [`crate::api::quote::quote`].
///
/// # Errors
/// See there.
pub async fn quote(request: Choice) -> Result<Quoted, ApiError> {
    let context = current()?;
    let chosen = Chosen::read(&context, &request).await?;
    let quote = chosen.price(History::New)?;
    Ok(Quoted {
        cancellation: chosen.salon.cancellation.explain(request.start, quote.price),
        quote,
    })
}

/// A choice, looked up in the salon's own tables.
#[derive(Debug)]
pub struct Chosen {
    /// The salon.
    pub salon: SalonRecord,
    /// The services, in the order they are done.
    pub services: Vec<Service>,
    /// Who does them.
    pub employee: EmployeeRecord,
    /// The date of a group event.
    pub date: Option<DateRecord>,
    /// When it ends.
    pub end: Moment,
}

impl Chosen {
    /// Looks a choice up.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`.
    pub async fn read(context: &Context, choice: &Choice) -> Result<Chosen, ApiError> {
        let salon = context.salon(&choice.salon).await?;
        Chosen::of(context, salon, choice).await
    }

    /// Looks a choice up, its salon being known.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`.
    pub async fn of(context: &Context, salon: SalonRecord, choice: &Choice) -> Result<Chosen, ApiError> {
        let db = context.app.store.read();
        let (slug, currency) = (&choice.salon, salon.salon.currency);
        check_count(&choice.services)?;
        let employee = offer::employee(db, slug, &choice.employee)
            .await?
            .ok_or_else(|| ApiError::new(Code::NotFound, "Nobody of that id works at this salon."))?;
        let mut services = Vec::new();
        for id in &choice.services {
            let service = offer::service(db, slug, currency, id, &choice.employee).await?;
            services.push(service.ok_or_else(not_offered)?);
        }
        let date = match &choice.date {
            None => None,
            Some(id) => {
                // How near it may be is another question ([`Chosen::check_start`]), and none of a seat that is held already.
                let dates = offer::dates(db, slug, choice.start, None).await?;
                Some(
                    dates
                        .into_iter()
                        .find(|record| record.date.id == *id)
                        .ok_or_else(|| {
                            ApiError::new(
                                Code::NotFound,
                                "This date can't be booked any more. Choose another one.",
                            )
                        })?,
                )
            }
        };
        check(choice, &services, &employee.employee, date.as_ref())?;
        let minutes: i64 = services.iter().map(|service| i64::from(service.minutes)).sum();
        Ok(Chosen {
            salon,
            services,
            employee,
            date,
            end: choice.start.plus_minutes(minutes),
        })
    }

    /// What it costs this client, what is due now and why.
    ///
    /// # Errors
    /// `Invalid` when the sums can't be added.
    pub fn price(&self, history: History) -> Result<Quote, ApiError> {
        let lines: Vec<Line> = self
            .services
            .iter()
            .map(|service| line(service, &self.employee.employee))
            .collect();
        let mut salon = self.salon.terms.clone();
        salon.online &= self.salon.publishable_key.is_some();
        terms::quote(&salon, history, &lines)
            .map_err(|error| ApiError::invalid("services", error.to_string()))
    }

    /// Its services as lines of a booking.
    #[must_use]
    pub fn lines(&self) -> Vec<booking::Line> {
        let line = |service: &Service| booking::Line {
            name: service.name.clone(),
            minutes: service.minutes,
            price: service.price,
            from: service.price_to.is_some(),
        };
        self.services.iter().map(line).collect()
    }

    /// The earliest start that the salon still offers to whoever comes now.
    #[must_use]
    pub fn earliest(&self, now: Moment) -> Moment {
        now.plus_minutes(self.salon.lead_minutes)
    }

    /// Whether the salon offers this start at all: inside the working hours, on the salon's steps, and not before `earliest`.
    ///
    /// Other bookings are not looked at: whoever claims the time first has it.
    ///
    /// # Errors
    /// `SlotTaken` when it does not; `Failed` when the salon's settings are damaged.
    pub fn check_start(&self, start: Moment, earliest: Moment) -> Result<(), ApiError> {
        let offered = match &self.date {
            Some(date) => date.date.start == start && start >= earliest,
            None => {
                super::free_times::is_offered(&self.salon, &self.employee, &self.services, start, earliest)?
            }
        };
        if offered {
            return Ok(());
        }
        Err(ApiError::new(
            Code::SlotTaken,
            "This time can't be booked. Choose another one.",
        ))
    }
}

/// A service with a person, as the terms see it.
#[must_use]
pub fn line(service: &Service, employee: &Employee) -> Line {
    Line {
        price: service.price,
        from: service.price_to.is_some(),
        service: service.rule,
        part: service.part,
        group: service.dates.is_some(),
        employee: employee.rule,
    }
}

/// The services of these ids, in this order.
///
/// # Errors
/// `Invalid` for none or more than five; `NotFound`.
pub fn pick_services(all: &[Service], ids: &[ServiceId]) -> Result<Vec<Service>, ApiError> {
    check_count(ids)?;
    ids.iter()
        .map(|id| all.iter().find(|service| service.id == *id).cloned())
        .collect::<Option<Vec<_>>>()
        .ok_or_else(not_offered)
}

fn check_count(ids: &[ServiceId]) -> Result<(), ApiError> {
    if (1..=5).contains(&ids.len()) {
        return Ok(());
    }
    Err(ApiError::invalid("services", "Choose one to five services."))
}

fn not_offered() -> ApiError {
    ApiError::new(Code::NotFound, "This salon doesn't offer that service.")
}

fn check(
    choice: &Choice,
    services: &[Service],
    employee: &Employee,
    date: Option<&DateRecord>,
) -> Result<(), ApiError> {
    let group = services.iter().any(|service| service.dates.is_some());
    match date {
        None if group => Err(ApiError::invalid("date", "Choose a date of this group event.")),
        None if services
            .iter()
            .all(|service| service.employees.contains(&choice.employee)) =>
        {
            Ok(())
        }
        None => Err(ApiError::invalid(
            "employee",
            "This person doesn't do that service. Choose another one.",
        )),
        Some(date) => {
            let fits = services.len() == 1
                && services.iter().all(|service| service.id == date.service)
                && date.date.employee == employee.id;
            if fits {
                Ok(())
            } else {
                Err(ApiError::invalid("date", "This date belongs to another event."))
            }
        }
    }
}
