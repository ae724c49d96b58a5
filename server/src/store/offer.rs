//! What a salon offers: services, people, dates of group events.

use std::collections::HashMap;

use domain::{
    availability::WorkingHours,
    currency::Currency,
    id::{EmployeeId, GroupDateId, SalonSlug, ServiceId},
    money::Money,
    terms::{Part, Rule},
    time::Moment,
};
use sqlx::{AnyConnection, AnyPool, FromRow};

use super::{StoreError, claim, from_json, from_name, to_json, to_name};
use crate::api::catalogue::{Employee, GroupDate, Service};

/// Somebody who works at the salon, with working hours.
#[derive(Clone, Debug)]
pub struct EmployeeRecord {
    /// What clients see.
    pub employee: Employee,
    /// When they work.
    pub hours: WorkingHours,
}

/// A date of a group event.
#[derive(Clone, Debug)]
pub struct DateRecord {
    /// What clients see, but for the seats left.
    pub date: GroupDate,
    /// How many seats there are.
    pub seats: u16,
    /// The event.
    pub service: ServiceId,
}

/// All that a salon offers, without dates.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Its services. `dates` is an empty list for group events.
    pub services: Vec<Service>,
    /// Its people.
    pub employees: Vec<EmployeeRecord>,
}

// Each column by its name: see `booking`.
macro_rules! service {
    ($where:literal) => {
        concat!(
            "SELECT id, name, description, minutes, price, price_to, rule, part, is_group FROM service WHERE withdrawn = 0 AND ",
            $where
        )
    };
}
macro_rules! employee {
    ($where:literal) => {
        concat!(
            "SELECT id, name, title, rule, hours FROM employee WHERE withdrawn = 0 AND ",
            $where
        )
    };
}

/// Reads all that a salon offers: three queries.
///
/// # Errors
/// [`StoreError`].
pub async fn read(db: &AnyPool, salon: &SalonSlug, currency: Currency) -> Result<Offer, StoreError> {
    let services: Vec<ServiceRow> = sqlx::query_as(service!("salon = $1 ORDER BY position LIMIT 500"))
        .bind(salon.as_str())
        .fetch_all(db)
        .await?;
    let employees: Vec<EmployeeRow> = sqlx::query_as(employee!("salon = $1 ORDER BY position LIMIT 200"))
        .bind(salon.as_str())
        .fetch_all(db)
        .await?;
    let pairs: Vec<(String, String)> = sqlx::query_as(
        "SELECT p.service, p.employee FROM service_employee p JOIN service s ON s.id = p.service \
         JOIN employee e ON e.id = p.employee WHERE s.salon = $1 AND e.withdrawn = 0 ORDER BY s.position, e.position",
    )
    .bind(salon.as_str())
    .fetch_all(db)
    .await?;
    let mut who: HashMap<String, Vec<EmployeeId>> = HashMap::new();
    for (service, employee) in pairs {
        who.entry(service)
            .or_default()
            .push(EmployeeId::parse(&employee).map_err(StoreError::damaged)?);
    }
    Ok(Offer {
        services: services
            .into_iter()
            .map(|row| {
                let employees = who.remove(&row.id).unwrap_or_default();
                row.read(currency, employees)
            })
            .collect::<Result<_, _>>()?,
        employees: employees
            .into_iter()
            .map(EmployeeRow::read)
            .collect::<Result<_, _>>()?,
    })
}

/// A service of a salon, done by this person or by nobody: two queries. `dates` is an empty list for group events.
///
/// # Errors
/// [`StoreError`].
pub async fn service(
    db: &AnyPool,
    salon: &SalonSlug,
    currency: Currency,
    id: &ServiceId,
    by: &EmployeeId,
) -> Result<Option<Service>, StoreError> {
    let row: Option<ServiceRow> = sqlx::query_as(service!("id = $1 AND salon = $2"))
        .bind(id.as_str())
        .bind(salon.as_str())
        .fetch_optional(db)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let does: Option<(String,)> =
        sqlx::query_as("SELECT employee FROM service_employee WHERE service = $1 AND employee = $2")
            .bind(id.as_str())
            .bind(by.as_str())
            .fetch_optional(db)
            .await?;
    let employees = if does.is_some() { vec![by.clone()] } else { vec![] };
    row.read(currency, employees).map(Some)
}

/// Somebody who works at a salon: one query.
///
/// # Errors
/// [`StoreError`].
pub async fn employee(
    db: &AnyPool,
    salon: &SalonSlug,
    id: &EmployeeId,
) -> Result<Option<EmployeeRecord>, StoreError> {
    let row: Option<EmployeeRow> = sqlx::query_as(employee!("id = $1 AND salon = $2"))
        .bind(id.as_str())
        .bind(salon.as_str())
        .fetch_optional(db)
        .await?;
    row.map(EmployeeRow::read).transpose()
}

/// The name of somebody who works or worked at a salon; empty when nobody has this id.
///
/// # Errors
/// [`StoreError`].
pub async fn employee_name(db: &AnyPool, id: &EmployeeId) -> Result<String, StoreError> {
    let row: Option<(String,)> = sqlx::query_as("SELECT name FROM employee WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(db)
        .await?;
    Ok(row.map(|(name,)| name).unwrap_or_default())
}

/// The dates of a salon's group events from this moment on, earliest first, with the seats that are left. A seat that is held with the
/// token of this hash counts as free: whoever holds it can have it.
///
/// # Errors
/// [`StoreError`].
pub async fn dates(
    db: &AnyPool,
    salon: &SalonSlug,
    from: Moment,
    own: Option<&str>,
) -> Result<Vec<DateRecord>, StoreError> {
    let rows: Vec<DateRow> = sqlx::query_as(
        "SELECT d.id, d.service, d.employee, d.starts, d.seats, \
         (SELECT COUNT(*) FROM claim c WHERE c.resource = d.id AND NOT EXISTS (SELECT 1 FROM booking b WHERE b.id = c.holder \
         AND b.state = 'held' AND b.token_hash = $3)) AS taken \
         FROM group_date d JOIN service s ON s.id = d.service WHERE s.salon = $1 AND d.starts >= $2 AND d.withdrawn = 0 \
         ORDER BY d.starts LIMIT 200",
    )
    .bind(salon.as_str())
    .bind(from.0)
    .bind(own.unwrap_or_default())
    .fetch_all(db)
    .await?;
    rows.into_iter().map(DateRow::read).collect()
}

/// The event that a date is of.
///
/// # Errors
/// [`StoreError`].
pub async fn event_of(db: &AnyPool, date: &GroupDateId) -> Result<Option<ServiceId>, StoreError> {
    let row: Option<(String,)> = sqlx::query_as("SELECT service FROM group_date WHERE id = $1")
        .bind(date.as_str())
        .fetch_optional(db)
        .await?;
    let found = row.map(|(service,)| ServiceId::parse(&service));
    found.transpose().map_err(StoreError::damaged)
}

/// Writes a new person.
///
/// # Errors
/// [`StoreError`].
pub async fn insert_employee(
    db: &mut AnyConnection,
    salon: &SalonSlug,
    position: i64,
    new: &EmployeeRecord,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO employee (id, salon, position, name, title, rule, hours) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(new.employee.id.as_str())
    .bind(salon.as_str())
    .bind(position)
    .bind(&new.employee.name)
    .bind(&new.employee.title)
    .bind(to_name(&new.employee.rule)?)
    .bind(to_json(&new.hours)?)
    .execute(db)
    .await?;
    Ok(())
}

/// Writes a new service and who does it.
///
/// # Errors
/// [`StoreError`].
pub async fn insert_service(
    db: &mut AnyConnection,
    salon: &SalonSlug,
    position: i64,
    new: &Service,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO service (id, salon, position, name, description, minutes, price, price_to, rule, part, is_group) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(new.id.as_str())
    .bind(salon.as_str())
    .bind(position)
    .bind(&new.name)
    .bind(&new.description)
    .bind(i64::from(new.minutes))
    .bind(new.price.minor())
    .bind(new.price_to.map(|price| price.minor()))
    .bind(to_name(&new.rule)?)
    .bind(to_json(&new.part)?)
    .bind(i64::from(new.dates.is_some()))
    .execute(&mut *db)
    .await?;
    insert_pairs(db, new).await
}

/// Rewrites what a salon's service is called, how long it takes, what it costs and who does it. Bookings keep what they had.
///
/// # Errors
/// [`StoreError`].
pub async fn rewrite_service(
    db: &mut AnyConnection,
    salon: &SalonSlug,
    to: &Service,
) -> Result<(), StoreError> {
    let done = sqlx::query(
        "UPDATE service SET name = $3, description = $4, minutes = $5, price = $6, price_to = $7 WHERE id = $1 AND salon = $2",
    )
    .bind(to.id.as_str())
    .bind(salon.as_str())
    .bind(&to.name)
    .bind(&to.description)
    .bind(i64::from(to.minutes))
    .bind(to.price.minor())
    .bind(to.price_to.map(|price| price.minor()))
    .execute(&mut *db)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(());
    }
    sqlx::query("DELETE FROM service_employee WHERE service = $1")
        .bind(to.id.as_str())
        .execute(&mut *db)
        .await?;
    insert_pairs(db, to).await
}

/// Rewrites a salon's person: name, title and hours.
///
/// # Errors
/// [`StoreError`].
pub async fn rewrite_employee(
    db: &mut AnyConnection,
    salon: &SalonSlug,
    to: &EmployeeRecord,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE employee SET name = $3, title = $4, hours = $5 WHERE id = $1 AND salon = $2")
        .bind(to.employee.id.as_str())
        .bind(salon.as_str())
        .bind(&to.employee.name)
        .bind(&to.employee.title)
        .bind(to_json(&to.hours)?)
        .execute(db)
        .await?;
    Ok(())
}

async fn insert_pairs(db: &mut AnyConnection, service: &Service) -> Result<(), StoreError> {
    for employee in &service.employees {
        sqlx::query("INSERT INTO service_employee (service, employee) VALUES ($1, $2)")
            .bind(service.id.as_str())
            .bind(employee.as_str())
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// Sets whether a salon's service is paid online, and how much of it.
///
/// # Errors
/// [`StoreError`].
pub async fn set_service_rule(
    db: &mut AnyConnection,
    salon: &SalonSlug,
    id: &ServiceId,
    rule: Rule,
    part: Part,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE service SET rule = $3, part = $4 WHERE id = $1 AND salon = $2")
        .bind(id.as_str())
        .bind(salon.as_str())
        .bind(to_name(&rule)?)
        .bind(to_json(&part)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Sets whether what a salon's person does is paid online.
///
/// # Errors
/// [`StoreError`].
pub async fn set_employee_rule(
    db: &mut AnyConnection,
    salon: &SalonSlug,
    id: &EmployeeId,
    rule: Rule,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE employee SET rule = $3 WHERE id = $1 AND salon = $2")
        .bind(id.as_str())
        .bind(salon.as_str())
        .bind(to_name(&rule)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Writes a new date of a group event, and takes its leader's time for it. Answers whether that was free; if not, the transaction
/// must be dropped.
///
/// # Errors
/// [`StoreError`].
pub async fn insert_date(
    db: &mut AnyConnection,
    service: &Service,
    date: &GroupDate,
    seats: u16,
) -> Result<bool, StoreError> {
    sqlx::query("INSERT INTO group_date (id, service, employee, starts, seats) VALUES ($1, $2, $3, $4, $5)")
        .bind(date.id.as_str())
        .bind(service.id.as_str())
        .bind(date.employee.as_str())
        .bind(date.start.0)
        .bind(i64::from(seats))
        .execute(&mut *db)
        .await?;
    let end = date.start.plus_minutes(i64::from(service.minutes));
    claim::take_time(db, &date.employee, date.start, end, date.id.as_str()).await
}

/// Takes a date of a salon's group event back: its seats are given to nobody, and its leader is free. Answers whether that could be
/// done: not when a seat is held or booked. If not, the transaction must be dropped.
///
/// # Errors
/// [`StoreError`].
pub async fn withdraw_date(
    db: &mut AnyConnection,
    salon: &SalonSlug,
    id: &GroupDateId,
) -> Result<bool, StoreError> {
    let done: Option<(i64,)> = sqlx::query_as(
        "UPDATE group_date SET withdrawn = 1 WHERE id = $1 AND withdrawn = 0 \
         AND service IN (SELECT id FROM service WHERE salon = $2) RETURNING seats",
    )
    .bind(id.as_str())
    .bind(salon.as_str())
    .fetch_optional(&mut *db)
    .await?;
    let Some((seats,)) = done else { return Ok(false) };
    claim::give_up(db, id.as_str()).await?;
    let seats = u16::try_from(seats).map_err(StoreError::damaged)?;
    claim::take_all_seats(db, id, seats).await
}

#[derive(FromRow)]
struct ServiceRow {
    id: String,
    name: String,
    description: String,
    minutes: i64,
    price: i64,
    price_to: Option<i64>,
    rule: String,
    part: String,
    is_group: i64,
}

impl ServiceRow {
    fn read(self, currency: Currency, employees: Vec<EmployeeId>) -> Result<Service, StoreError> {
        let money = |minor| Money::new(minor, currency).map_err(StoreError::damaged);
        Ok(Service {
            id: ServiceId::parse(&self.id).map_err(StoreError::damaged)?,
            name: self.name,
            description: self.description,
            minutes: u16::try_from(self.minutes).map_err(StoreError::damaged)?,
            price: money(self.price)?,
            price_to: self.price_to.map(money).transpose()?,
            rule: from_name::<Rule>(&self.rule)?,
            part: from_json::<Part>(&self.part)?,
            employees,
            dates: (self.is_group != 0).then(Vec::new),
        })
    }
}

#[derive(FromRow)]
struct EmployeeRow {
    id: String,
    name: String,
    title: String,
    rule: String,
    hours: String,
}

impl EmployeeRow {
    fn read(self) -> Result<EmployeeRecord, StoreError> {
        Ok(EmployeeRecord {
            employee: Employee {
                id: EmployeeId::parse(&self.id).map_err(StoreError::damaged)?,
                name: self.name,
                title: self.title,
                rule: from_name::<Rule>(&self.rule)?,
            },
            hours: from_json(&self.hours)?,
        })
    }
}

#[derive(FromRow)]
struct DateRow {
    id: String,
    service: String,
    employee: String,
    starts: i64,
    seats: i64,
    taken: i64,
}

impl DateRow {
    fn read(self) -> Result<DateRecord, StoreError> {
        let seats = u16::try_from(self.seats).map_err(StoreError::damaged)?;
        let taken = u16::try_from(self.taken).unwrap_or(u16::MAX);
        Ok(DateRecord {
            date: GroupDate {
                id: GroupDateId::parse(&self.id).map_err(StoreError::damaged)?,
                start: Moment(self.starts),
                employee: EmployeeId::parse(&self.employee).map_err(StoreError::damaged)?,
                seats_left: seats.saturating_sub(taken),
            },
            seats,
            service: ServiceId::parse(&self.service).map_err(StoreError::damaged)?,
        })
    }
}
