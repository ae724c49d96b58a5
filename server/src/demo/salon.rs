//! Lumen Hair & Skin, Vienna: eight services, four people.

use domain::{
    availability::{Interval, WorkingHours},
    cancellation::{CancellationTerms, Fee, Tier},
    currency::Currency,
    hold::HoldMinutes,
    id::{EmployeeId, GroupDateId, SalonSlug, ServiceId},
    money::{Money, Percent},
    terms::{Clients, Part, Rule, SalonTerms},
    time::Moment,
};
use jiff::{Timestamp, civil::Weekday, tz::TimeZone};
use sqlx::AnyConnection;

use super::damaged;
use crate::{
    api::{
        catalogue::{Employee, GroupDate, Salon, Service},
        error::ApiError,
    },
    app::random_id,
    store::{
        offer::{EmployeeRecord, insert_date, insert_employee, insert_service},
        salon::{insert, without_keys},
    },
};

const ZONE: &str = "Europe/Vienna";

/// Writes the salon with all that it offers, unless it is there.
pub async fn make(db: &mut AnyConnection, slug: &SalonSlug, now: Moment) -> Result<(), ApiError> {
    let tier = |within_hours, percent| {
        Ok::<_, ApiError>(Tier {
            within_hours,
            fee: Fee::Percent(Percent::parse(percent).ok_or_else(|| damaged("percent"))?),
        })
    };
    let salon = Salon {
        slug: slug.clone(),
        name: "Lumen Hair & Skin".to_owned(),
        address: "Lindengasse 14, 1070 Wien".to_owned(),
        phone: "+43 1 890 12 34".to_owned(),
        colour: "#7a4456".to_owned(),
        currency: Currency::EUR,
        time_zone: ZONE.to_owned(),
        country: "AT".to_owned(),
    };
    let terms = SalonTerms {
        online: true,
        optional: true,
        clients: Clients::All,
        from_value: None,
    };
    let cancellation =
        CancellationTerms::new(vec![tier(24, 50)?, tier(4, 100)?]).ok_or_else(|| damaged("tiers"))?;
    let mut record = without_keys(salon, terms, cancellation, HoldMinutes::default());
    record.email = "salon@example.com".to_owned();
    if !insert(db, &record).await? {
        return Ok(());
    }
    for (position, record) in (0_i64..).zip(people()?) {
        insert_employee(db, slug, position, &record).await?;
    }
    for (position, service) in (0_i64..).zip(services()?) {
        insert_service(db, slug, position, &service).await?;
        if service.dates.is_some() {
            for date in evenings(now)? {
                if !insert_date(db, &service, &date, 8).await? {
                    return Err(damaged("the leader of the group event is busy then"));
                }
            }
        }
    }
    Ok(())
}

fn people() -> Result<Vec<EmployeeRecord>, ApiError> {
    let person = |id: &str, name: &str, title: &str, rule, days: &[u8], from: u16, to: u16| {
        let noon = 12 * 60 + 30;
        let between = |from, to| Interval::new(from, to).map_err(damaged);
        let mut week: [Vec<Interval>; 7] = Default::default();
        for (number, day) in (1_u8..).zip(&mut week) {
            if days.contains(&number) {
                // Half an hour of lunch.
                *day = vec![between(from, noon)?, between(noon + 30, to)?];
            }
        }
        Ok::<_, ApiError>(EmployeeRecord {
            employee: Employee {
                id: EmployeeId::parse(id).map_err(damaged)?,
                name: name.to_owned(),
                title: title.to_owned(),
                rule,
            },
            hours: WorkingHours::new(week).map_err(damaged)?,
        })
    };
    Ok(vec![
        person(
            "emp_anna",
            "Anna Berger",
            "Owner, cut and colour",
            Rule::Allowed,
            &[2, 3, 4, 5, 6],
            9 * 60,
            18 * 60,
        )?,
        person(
            "emp_jonas",
            "Jonas Weiss",
            "Barber",
            Rule::Allowed,
            &[1, 2, 3, 4, 5],
            8 * 60,
            16 * 60,
        )?,
        person(
            "emp_mira",
            "Mira Novak",
            "Master colourist",
            Rule::Required,
            &[3, 4, 5, 6],
            10 * 60,
            19 * 60,
        )?,
        person(
            "emp_lea",
            "Lea Hofer",
            "Skin and brows",
            Rule::Allowed,
            &[1, 2, 4, 5, 6],
            9 * 60,
            17 * 60,
        )?,
    ])
}

fn services() -> Result<Vec<Service>, ApiError> {
    let eur = |minor| Money::new(minor, Currency::EUR).map_err(damaged);
    let percent = |n| {
        Percent::parse(n)
            .map(Part::Percent)
            .ok_or_else(|| damaged("percent"))
    };
    let service = |id: &str, name: &str, text: &str, minutes, price, rule, part, who: &[&str]| {
        Ok::<_, ApiError>(Service {
            id: ServiceId::parse(id).map_err(damaged)?,
            name: name.to_owned(),
            description: text.to_owned(),
            minutes,
            price: eur(price)?,
            price_to: None,
            rule,
            part,
            employees: who
                .iter()
                .map(|id| EmployeeId::parse(id))
                .collect::<Result<_, _>>()
                .map_err(damaged)?,
            dates: None,
        })
    };
    let colour = service(
        "svc_colour",
        "Colour",
        "Roots to ends, with gloss and blow-dry. The final price depends on the length of your hair.",
        120,
        9500,
        Rule::Required,
        percent(30)?,
        &["emp_anna", "emp_mira"],
    )?;
    let workshop = service(
        "svc_braiding",
        "Braiding evening",
        "Learn three braids in a small group, with a drink and a comb to take home.",
        90,
        3500,
        Rule::Required,
        Part::Full,
        &[],
    )?;
    Ok(vec![
        service(
            "svc_fringe",
            "Fringe touch-up",
            "Five snips between two visits.",
            10,
            40,
            Rule::Allowed,
            Part::Full,
            &["emp_anna", "emp_jonas"],
        )?,
        service(
            "svc_beard",
            "Beard trim",
            "Shaped with scissors and a hot towel.",
            20,
            1800,
            Rule::Allowed,
            Part::Full,
            &["emp_jonas"],
        )?,
        service(
            "svc_cut",
            "Cut and finish",
            "Consultation, wash, cut and blow-dry.",
            45,
            4800,
            Rule::Required,
            Part::Full,
            &["emp_anna", "emp_jonas", "emp_mira"],
        )?,
        Service {
            price_to: Some(eur(14_000)?),
            ..colour
        },
        service(
            "svc_balayage",
            "Balayage",
            "Hand-painted lights, toner, care and finish.",
            180,
            18_000,
            Rule::Required,
            Part::Fixed(eur(5000)?),
            &["emp_anna", "emp_mira"],
        )?,
        service(
            "svc_facial",
            "Clear skin facial",
            "Cleansing, peel, mask and massage.",
            60,
            7200,
            Rule::Allowed,
            percent(50)?,
            &["emp_lea"],
        )?,
        service(
            "svc_brows",
            "Brow shaping",
            "Tweezed, trimmed, tinted if you like.",
            25,
            2400,
            Rule::Forbidden,
            Part::Full,
            &["emp_lea", "emp_mira"],
        )?,
        Service {
            dates: Some(vec![]),
            ..workshop
        },
    ])
}

/// The next eight Thursdays at half past six in the evening, with Lea.
fn evenings(now: Moment) -> Result<Vec<GroupDate>, ApiError> {
    let zone = TimeZone::get(ZONE).map_err(damaged)?;
    let today = Timestamp::from_millisecond(now.0)
        .map_err(damaged)?
        .to_zoned(zone.clone())
        .date();
    (1..=8)
        .map(|week| {
            let day = today.nth_weekday(week, Weekday::Thursday).map_err(damaged)?;
            let start = day.at(18, 30, 0, 0).to_zoned(zone.clone()).map_err(damaged)?;
            Ok(GroupDate {
                id: GroupDateId::parse(&format!("{}{}", GroupDateId::PREFIX, random_id()?))
                    .map_err(damaged)?,
                start: Moment(start.timestamp().as_millisecond()),
                employee: EmployeeId::parse("emp_lea").map_err(damaged)?,
                seats_left: 8,
            })
        })
        .collect()
}
