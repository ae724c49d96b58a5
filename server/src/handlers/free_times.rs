//! When a choice of services can be had.

use std::collections::{BTreeMap, HashMap};

use domain::{
    availability::{Busy, Date, DurationMinutes, Search, StepMinutes, local_date, parse_date, start_of_day},
    id::EmployeeId,
    time::Moment,
};
use jiff::{ToSpan as _, tz::TimeZone};

use super::{
    context::{Context, current},
    quote::pick_services,
};
use crate::{
    api::{
        catalogue::Service,
        error::{ApiError, Code},
        free_times::{Day, FreeTime, FreeTimes, FreeTimesRequest},
    },
    app::App,
    store::{
        StoreError,
        booking::{self, BookingRecord, token_hash},
        offer::{self, EmployeeRecord},
        salon::SalonRecord,
    },
};

/// How far ahead a client may look, in days.
const HORIZON: i64 = 60;

/// Answers [`crate::api::free_times::free_times`].
///
/// # Errors
/// See there.
pub async fn free_times(request: FreeTimesRequest) -> Result<FreeTimes, ApiError> {
    find(&current()?, request).await
}

/// Free times of a choice of services: five queries.
///
/// # Errors
/// See [`crate::api::free_times::free_times`].
pub async fn find(context: &Context, request: FreeTimesRequest) -> Result<FreeTimes, ApiError> {
    let app = &context.app;
    let salon = context.salon(&request.salon).await?;
    let offer = offer::read(app.store.read(), &request.salon, salon.salon.currency).await?;
    let services = pick_services(&offer.services, &request.services)?;
    let people = able(&services, offer.employees, request.employee.as_ref())?;
    if !(1..=31).contains(&request.days) {
        return Err(ApiError::invalid("days", "Ask for 1 to 31 days."));
    }
    let zone = zone(&salon)?;
    let now = app.now();
    let today = local_date(&zone, now);
    let from = match &request.from {
        None => today,
        Some(text) => parse_date(text)
            .map_err(|error| ApiError::invalid("from", error.to_string()))?
            .max(today),
    };
    let last = today.saturating_add(HORIZON.days());

    // One read for all that is looked at, the search for the next free day included.
    let (Some(start), Some(end)) = (
        start_of_day(&zone, from),
        start_of_day(&zone, last.saturating_add(2.days())),
    ) else {
        return Err(ApiError::invalid("from", "This date is out of range."));
    };
    let mut busy: HashMap<EmployeeId, Vec<Busy>> = HashMap::new();
    let own = context.token.as_ref().map(|token| token_hash(token.reveal()));
    let taken = booking::busy(app.store.read(), &request.salon, start, end, own.as_deref()).await?;
    for (employee, from, to) in taken {
        busy.entry(employee).or_default().push(Busy { from, to });
    }

    let first = look(
        &salon,
        &zone,
        &services,
        &people,
        &busy,
        now,
        from,
        u16::from(request.days),
    )?;
    let days: Vec<Day> = first
        .into_iter()
        .filter(|(date, _)| *date <= last)
        .map(day)
        .collect();
    let next = if days.iter().all(|day| day.times.is_empty()) {
        let beyond = from.saturating_add(i64::from(request.days).days());
        look(
            &salon,
            &zone,
            &services,
            &people,
            &busy,
            now,
            beyond,
            u16::try_from(HORIZON).unwrap_or_default(),
        )?
        .into_iter()
        .find(|(date, times)| !times.is_empty() && *date <= last)
        .map(|(date, _)| date.to_string())
    } else {
        None
    };
    Ok(FreeTimes {
        days,
        next,
        last: last.to_string(),
    })
}

/// Whether the salon offers this start with this person: inside the working hours, on the salon's steps, not before `earliest`.
/// Other bookings are not looked at.
///
/// # Errors
/// When the salon's settings are damaged.
pub fn is_offered(
    salon: &SalonRecord,
    person: &EmployeeRecord,
    services: &[Service],
    start: Moment,
    earliest: Moment,
) -> Result<bool, ApiError> {
    let zone = zone(salon)?;
    Ok(search(salon, &zone, person, length(services), &[], earliest)?.offers(start))
}

/// When a booking could be instead with this person, on the days from `from` on: within the working hours and from now on,
/// whatever clients are offered. Its own time counts as free.
///
/// # Errors
/// [`ApiError`].
pub async fn instead(
    app: &App,
    salon: &SalonRecord,
    booking: &BookingRecord,
    person: &EmployeeRecord,
    from: Date,
    count: u16,
) -> Result<Vec<domain::availability::Day>, ApiError> {
    let zone = zone(salon)?;
    let days = i64::from(count) + 1;
    let (Some(start), Some(end)) = (
        start_of_day(&zone, from),
        start_of_day(&zone, from.saturating_add(days.days())),
    ) else {
        return Ok(vec![]);
    };
    let busy = booking::busy(app.store.read(), &booking.salon, start, end, None).await?;
    let own = (&booking.employee, booking.start, booking.end);
    let busy: Vec<Busy> = busy
        .into_iter()
        .filter(|(who, from, to)| *who == person.employee.id && (who, *from, *to) != own)
        .map(|(_, from, to)| Busy { from, to })
        .collect();
    let minutes = booking.end.since(booking.start).div_euclid(60_000);
    let minutes = u16::try_from(minutes).map_err(StoreError::damaged)?;
    Ok(search(salon, &zone, person, minutes, &busy, app.now())?.days(from, count))
}

/// The free times of some days, with whom: the first in the salon's order who is free.
#[expect(clippy::too_many_arguments, reason = "two calls, side by side")]
fn look(
    salon: &SalonRecord,
    zone: &TimeZone,
    services: &[Service],
    people: &[EmployeeRecord],
    busy: &HashMap<EmployeeId, Vec<Busy>>,
    now: Moment,
    from: Date,
    count: u16,
) -> Result<BTreeMap<Date, BTreeMap<Moment, EmployeeId>>, ApiError> {
    let mut days: BTreeMap<Date, BTreeMap<Moment, EmployeeId>> = BTreeMap::new();
    let earliest = now.plus_minutes(salon.lead_minutes);
    for person in people {
        let busy = busy
            .get(&person.employee.id)
            .map(Vec::as_slice)
            .unwrap_or_default();
        for day in search(salon, zone, person, length(services), busy, earliest)?.days(from, count) {
            let times = days.entry(day.date).or_default();
            for start in day.starts {
                times.entry(start).or_insert_with(|| person.employee.id.clone());
            }
        }
    }
    Ok(days)
}

fn length(services: &[Service]) -> u16 {
    services.iter().map(|service| service.minutes).sum()
}

fn search<'a>(
    salon: &SalonRecord,
    zone: &'a TimeZone,
    person: &'a EmployeeRecord,
    minutes: u16,
    busy: &'a [Busy],
    earliest: Moment,
) -> Result<Search<'a>, ApiError> {
    let duration = DurationMinutes::parse(minutes).ok_or_else(|| {
        ApiError::invalid(
            "services",
            "Together these services take longer than a day. Choose fewer.",
        )
    })?;
    let step = u8::try_from(salon.step_minutes).ok().and_then(StepMinutes::parse);
    Ok(Search {
        zone,
        hours: &person.hours,
        busy,
        duration,
        step: step.ok_or_else(|| StoreError::damaged("step_minutes"))?,
        earliest,
    })
}

/// Those who can do all of these services; only the one asked for, if one is.
fn able(
    services: &[Service],
    people: Vec<EmployeeRecord>,
    wish: Option<&EmployeeId>,
) -> Result<Vec<EmployeeRecord>, ApiError> {
    if let Some(id) = wish
        && !people.iter().any(|person| person.employee.id == *id)
    {
        return Err(ApiError::new(
            Code::NotFound,
            "Nobody of that id works at this salon.",
        ));
    }
    let can = |person: &EmployeeRecord| {
        services
            .iter()
            .all(|service| service.employees.contains(&person.employee.id))
            && wish.is_none_or(|id| person.employee.id == *id)
    };
    Ok(people.into_iter().filter(can).collect())
}

fn zone(salon: &SalonRecord) -> Result<TimeZone, ApiError> {
    Ok(TimeZone::get(&salon.salon.time_zone).map_err(StoreError::damaged)?)
}

fn day((date, times): (Date, BTreeMap<Moment, EmployeeId>)) -> Day {
    Day {
        date: date.to_string(),
        times: times
            .into_iter()
            .map(|(start, employee)| FreeTime { start, employee })
            .collect(),
    }
}
