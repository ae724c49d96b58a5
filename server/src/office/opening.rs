//! Opening a salon and letting its first people in, from the command line.

use domain::{
    cancellation::CancellationTerms,
    currency::Currency,
    hold::HoldMinutes,
    id::SalonSlug,
    role::Role,
    terms::{Clients, SalonTerms},
};
use jiff::tz::TimeZone;

use super::invite::invitation_link;
use crate::{
    api::{
        catalogue::Salon,
        error::{ApiError, Code},
    },
    app::App,
    store::salon::{self, SalonRecord, without_keys},
};

/// A salon that is to be opened.
#[derive(Clone, Debug)]
pub struct NewSalon {
    record: SalonRecord,
}

impl NewSalon {
    /// Reads what a salon needs to begin with. Everything else is set in its back office.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(
        slug: &str,
        currency: &str,
        zone: &str,
        country: &str,
        email: &str,
        name: &str,
    ) -> Result<NewSalon, String> {
        let slug = SalonSlug::parse(slug).map_err(|error| error.to_string())?;
        let currency = Currency::parse(currency).map_err(|error| error.to_string())?;
        TimeZone::get(zone).map_err(|_| format!("`{zone}` is no time zone, such as Europe/Vienna"))?;
        if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(format!("`{country}` is no country, such as AT (ISO 3166)"));
        }
        if !(1..=80).contains(&name.chars().count()) {
            return Err("the salon needs a name of at most 80 letters".to_owned());
        }
        let salon = Salon {
            slug,
            name: name.to_owned(),
            address: String::new(),
            phone: String::new(),
            colour: "#3d5a6c".to_owned(),
            currency,
            time_zone: zone.to_owned(),
            country: country.to_owned(),
        };
        // Nothing is paid online until somebody switches it on.
        let terms = SalonTerms {
            online: false,
            optional: false,
            clients: Clients::All,
            from_value: None,
        };
        let mut record = without_keys(salon, terms, CancellationTerms::default(), HoldMinutes::default());
        record.link_payment = false;
        record.email = address(email)?;
        Ok(NewSalon { record })
    }
}

/// Opens a salon, and answers the address by which its owner sets up the back office.
///
/// # Errors
/// [`ApiError`] when there is a salon of this name.
pub async fn open(app: &App, new: &NewSalon) -> Result<String, ApiError> {
    let mut write = app.store.write().await?;
    let slug = &new.record.salon.slug;
    if !salon::insert(write.conn(), &new.record).await? {
        return Err(ApiError::new(
            Code::Invalid,
            format!("there is a salon `{slug}` already"),
        ));
    }
    let link = invitation_link(app, &mut write, slug, &new.record.email, Role::Owner, None).await?;
    write.commit().await?;
    Ok(link)
}

/// Invites somebody to a salon, and answers the address to accept by.
///
/// # Errors
/// A sentence that says what is wrong.
pub async fn invite(app: &App, slug: &str, email: &str, role: &str) -> Result<String, String> {
    let slug = SalonSlug::parse(slug).map_err(|error| error.to_string())?;
    let found = Role::ALL
        .into_iter()
        .find(|one| one.name().to_lowercase() == role);
    let role = found.ok_or_else(|| format!("`{role}` is none of owner, manager, reception"))?;
    let email = address(email)?;
    let write = async {
        if salon::find(app.store.read(), &slug).await?.is_none() {
            return Err(ApiError::new(
                Code::NotFound,
                format!("there is no salon `{slug}`"),
            ));
        }
        let mut write = app.store.write().await?;
        let link = invitation_link(app, &mut write, &slug, &email, role, None).await?;
        write.commit().await?;
        Ok(link)
    };
    write.await.map_err(|error: ApiError| error.to_string())
}

fn address(email: &str) -> Result<String, String> {
    let parsed: Result<lettre::Address, _> = email.parse();
    parsed
        .map(|_| email.to_lowercase())
        .map_err(|_| format!("`{email}` is no e-mail address"))
}
