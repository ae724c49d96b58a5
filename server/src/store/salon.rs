//! Salons, their settings and their keys.

use domain::{
    cancellation::CancellationTerms,
    changing::ChangeTerms,
    currency::Currency,
    hold::HoldMinutes,
    id::SalonSlug,
    key::{PublishableKey, SecretKey, SigningSecret},
    terms::SalonTerms,
    time::Moment,
};
use sqlx::{AnyConnection, AnyExecutor, FromRow};

use super::{
    StoreError, elsewhere, from_json,
    sealed::{FORMER_SIGNING_SECRET, MESSAGES_SECRET, SECRET_KEY, SIGNING_SECRET, place},
    to_json,
};
use crate::{api::catalogue::Salon, messages::GatewaySecret, vault::MasterKey};

/// A salon with its settings.
#[derive(Clone, Debug)]
pub struct SalonRecord {
    /// What clients see of it.
    pub salon: Salon,
    /// Its terms of payment in online booking.
    pub terms: SalonTerms,
    /// Its terms for cancelling.
    pub cancellation: CancellationTerms,
    /// What clients may change online, and how fees are taken.
    pub changes: ChangeTerms,
    /// How long a slot is held.
    pub hold: HoldMinutes,
    /// How long before a start it can still be booked, in minutes.
    pub lead_minutes: i64,
    /// Starts are offered every so many minutes.
    pub step_minutes: i64,
    /// Where letters to the salon itself go; empty: nowhere.
    pub email: String,
    /// Whether visits can be paid by link.
    pub link_payment: bool,
    /// Origins of the pages that may embed the widget; empty: any.
    pub embedders: Vec<String>,
    /// The key Stripe.js gets.
    pub publishable_key: Option<PublishableKey>,
    /// The account of the keys (`acct_…`) and its name, as they were when the keys were set up in the back office.
    pub account: Option<(String, String)>,
    /// Whether Stripe lets the account take cards, as far as is known.
    pub charges_enabled: bool,
    /// Whether Stripe pays the account out, as far as is known.
    pub payouts_enabled: bool,
    /// The latest event that was refused: when, and why.
    pub refused: Option<(Moment, String)>,
    /// Where short messages are handed over; `None`: nowhere.
    pub messages: Option<String>,
    /// What the gateway last refused: when, and why.
    pub messages_failed: Option<(Moment, String)>,
    sealed_messages_secret: Option<String>,
    sealed_secret_key: Option<String>,
    sealed_signing_secret: Option<String>,
    sealed_former_signing_secret: Option<String>,
    former_signing_until: Option<Moment>,
}

/// The keys a salon gets at Stripe.
#[derive(Clone, Debug)]
pub struct Keys {
    /// For the browser.
    pub publishable: PublishableKey,
    /// For the server.
    pub secret: SecretKey,
    /// For webhooks.
    pub signing: SigningSecret,
}

impl SalonRecord {
    /// The secret key.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it can't be decrypted.
    pub fn secret_key(&self, key: &MasterKey) -> Result<Option<SecretKey>, StoreError> {
        self.open(
            key,
            SECRET_KEY,
            self.sealed_secret_key.as_deref(),
            SecretKey::parse,
        )
    }

    /// Whether there are keys to take cards with.
    #[must_use]
    pub fn takes_cards(&self) -> bool {
        self.publishable_key.is_some() && self.sealed_secret_key.is_some()
    }

    /// The secrets that sign webhooks: the present one, and the one before it while Stripe may still sign with that. None: the
    /// salon has not set any.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when one can't be decrypted.
    pub fn signing_secrets(&self, key: &MasterKey, now: Moment) -> Result<Vec<SigningSecret>, StoreError> {
        let open = |field, sealed| self.open(key, field, sealed, SigningSecret::parse);
        let present = open(SIGNING_SECRET, self.sealed_signing_secret.as_deref())?;
        let former = self
            .sealed_former_signing_secret
            .as_deref()
            .filter(|_| self.former_signing_until > Some(now));
        Ok(present
            .into_iter()
            .chain(open(FORMER_SIGNING_SECRET, former)?)
            .collect())
    }

    /// What short messages are signed with.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it can't be decrypted.
    pub fn messages_secret(&self, key: &MasterKey) -> Result<Option<GatewaySecret>, StoreError> {
        let sealed = self.sealed_messages_secret.as_deref();
        self.open(key, MESSAGES_SECRET, sealed, GatewaySecret::parse)
    }

    fn open<T, E: std::fmt::Display>(
        &self,
        key: &MasterKey,
        field: &str,
        sealed: Option<&str>,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, StoreError> {
        let Some(sealed) = sealed else { return Ok(None) };
        let plain = key
            .open(&place(&self.salon.slug, field), sealed)
            .map_err(StoreError::damaged)?;
        parse(&plain).map(Some).map_err(StoreError::damaged)
    }
}

/// The salon of this name.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: impl AnyExecutor<'_>, slug: &SalonSlug) -> Result<Option<SalonRecord>, StoreError> {
    // Each column by its name: see `booking`.
    let row: Option<Row> = sqlx::query_as(
        "SELECT slug, name, address, phone, colour, currency, time_zone, country, terms, cancellation, changes, \
         hold_minutes, lead_minutes, step_minutes, email, link_payment, embedders, publishable_key, secret_key, signing_secret, \
         former_signing_secret, former_signing_until, account, account_name, charges_enabled, payouts_enabled, event_refused_at, event_refused, messages_url, \
         messages_secret, messages_failed_at, messages_failed \
         FROM salon WHERE slug = $1",
    )
    .bind(slug.as_str())
    .fetch_optional(db)
    .await?;
    row.map(Row::read).transpose()
}

/// Writes a new salon; does nothing when its name is taken. Answers whether it is new.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(db: &mut AnyConnection, new: &SalonRecord) -> Result<bool, StoreError> {
    let salon = &new.salon;
    let done = sqlx::query(
        "INSERT INTO salon (slug, name, address, phone, colour, currency, time_zone, country, terms, cancellation, \
         hold_minutes, lead_minutes, step_minutes, link_payment, embedders, email) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) ON CONFLICT DO NOTHING",
    )
    .bind(salon.slug.as_str())
    .bind(&salon.name)
    .bind(&salon.address)
    .bind(&salon.phone)
    .bind(&salon.colour)
    .bind(salon.currency.code())
    .bind(&salon.time_zone)
    .bind(&salon.country)
    .bind(to_json(&new.terms)?)
    .bind(to_json(&new.cancellation)?)
    .bind(i64::from(new.hold.get()))
    .bind(new.lead_minutes)
    .bind(new.step_minutes)
    .bind(i64::from(new.link_payment))
    .bind(to_json(&new.embedders)?)
    .bind(&new.email)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What Stripe lets an account do.
#[derive(Clone, Copy, Debug)]
pub struct May {
    /// Take cards.
    pub charge: bool,
    /// Be paid out.
    pub pay_out: bool,
}

/// Notes what Stripe says that a salon's account may do.
///
/// # Errors
/// [`StoreError`].
pub async fn note_account(db: &mut AnyConnection, slug: &SalonSlug, may: May) -> Result<(), StoreError> {
    sqlx::query("UPDATE salon SET charges_enabled = $2, payouts_enabled = $3 WHERE slug = $1")
        .bind(slug.as_str())
        .bind(i64::from(may.charge))
        .bind(i64::from(may.pay_out))
        .execute(db)
        .await?;
    Ok(())
}

/// Switches payment on or off: in online booking, and for visits by link.
///
/// # Errors
/// [`StoreError`].
pub async fn set_switches(
    db: &mut AnyConnection,
    slug: &SalonSlug,
    terms: &SalonTerms,
    link_payment: bool,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE salon SET terms = $2, link_payment = $3 WHERE slug = $1")
        .bind(slug.as_str())
        .bind(to_json(terms)?)
        .bind(i64::from(link_payment))
        .execute(db)
        .await?;
    Ok(())
}

/// Sets what cancelling costs, what clients may change online, and how fees are taken.
///
/// # Errors
/// [`StoreError`].
pub async fn set_changes(
    db: &mut AnyConnection,
    slug: &SalonSlug,
    cancellation: &CancellationTerms,
    changes: &ChangeTerms,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE salon SET cancellation = $2, changes = $3 WHERE slug = $1")
        .bind(slug.as_str())
        .bind(to_json(cancellation)?)
        .bind(to_json(changes)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Sets what a salon says of itself: name, address, telephone, colour, where its letters go, and whose pages may show its booking.
///
/// # Errors
/// [`StoreError`].
pub async fn set_about(db: &mut AnyConnection, to: &SalonRecord) -> Result<(), StoreError> {
    let salon = &to.salon;
    sqlx::query(
        "UPDATE salon SET name = $2, address = $3, phone = $4, colour = $5, email = $6, embedders = $7 WHERE slug = $1",
    )
    .bind(salon.slug.as_str())
    .bind(&salon.name)
    .bind(&salon.address)
    .bind(&salon.phone)
    .bind(&salon.colour)
    .bind(&to.email)
    .bind(to_json(&to.embedders)?)
    .execute(db)
    .await?;
    Ok(())
}

/// Sets the terms of payment, how long a time is held, how long before a start it can be booked, and how often starts are
/// offered (minutes).
///
/// # Errors
/// [`StoreError`].
pub async fn set_terms(
    db: &mut AnyConnection,
    slug: &SalonSlug,
    terms: &SalonTerms,
    hold: HoldMinutes,
    lead_minutes: i64,
    step_minutes: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE salon SET terms = $2, hold_minutes = $3, lead_minutes = $4, step_minutes = $5 WHERE slug = $1",
    )
    .bind(slug.as_str())
    .bind(to_json(terms)?)
    .bind(i64::from(hold.get()))
    .bind(lead_minutes)
    .bind(step_minutes)
    .execute(db)
    .await?;
    Ok(())
}

/// Notes whose account the keys are of. What was paid on another one is put aside ([`elsewhere`]).
///
/// # Errors
/// [`StoreError`].
pub async fn set_account(
    db: &mut AnyConnection,
    slug: &SalonSlug,
    id: &str,
    name: &str,
) -> Result<(), StoreError> {
    elsewhere::turn_to(db, slug, id).await?;
    sqlx::query(
        "UPDATE salon SET account = $2, account_name = $3, event_refused_at = NULL, event_refused = NULL WHERE slug = $1",
    )
    .bind(slug.as_str())
    .bind(id)
    .bind(name)
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that an event was refused, unless one was in the minute before: anybody can send some.
///
/// # Errors
/// [`StoreError`].
pub async fn note_refused(
    db: &mut AnyConnection,
    slug: &SalonSlug,
    why: &str,
    now: Moment,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE salon SET event_refused_at = $2, event_refused = $3 \
         WHERE slug = $1 AND (event_refused_at IS NULL OR event_refused_at < $4)",
    )
    .bind(slug.as_str())
    .bind(now.0)
    .bind(why)
    .bind(now.plus_minutes(-1).0)
    .execute(db)
    .await?;
    Ok(())
}

/// A salon without keys.
#[must_use]
pub fn without_keys(
    salon: Salon,
    terms: SalonTerms,
    cancellation: CancellationTerms,
    hold: HoldMinutes,
) -> SalonRecord {
    SalonRecord {
        salon,
        terms,
        cancellation,
        changes: ChangeTerms::default(),
        hold,
        lead_minutes: 60,
        step_minutes: 15,
        email: String::new(),
        link_payment: true,
        embedders: vec![],
        publishable_key: None,
        account: None,
        charges_enabled: true,
        payouts_enabled: true,
        refused: None,
        messages: None,
        messages_failed: None,
        sealed_messages_secret: None,
        sealed_secret_key: None,
        sealed_signing_secret: None,
        sealed_former_signing_secret: None,
        former_signing_until: None,
    }
}

#[derive(FromRow)]
struct Row {
    slug: String,
    name: String,
    address: String,
    phone: String,
    colour: String,
    currency: String,
    time_zone: String,
    country: String,
    terms: String,
    cancellation: String,
    changes: String,
    hold_minutes: i64,
    lead_minutes: i64,
    step_minutes: i64,
    email: String,
    link_payment: i64,
    embedders: String,
    publishable_key: Option<String>,
    secret_key: Option<String>,
    signing_secret: Option<String>,
    former_signing_secret: Option<String>,
    former_signing_until: Option<i64>,
    account: Option<String>,
    account_name: Option<String>,
    charges_enabled: i64,
    payouts_enabled: i64,
    event_refused_at: Option<i64>,
    event_refused: Option<String>,
    messages_url: Option<String>,
    messages_secret: Option<String>,
    messages_failed_at: Option<i64>,
    messages_failed: Option<String>,
}

impl Row {
    fn read(self) -> Result<SalonRecord, StoreError> {
        let hold = u8::try_from(self.hold_minutes).ok().and_then(HoldMinutes::parse);
        Ok(SalonRecord {
            salon: Salon {
                slug: SalonSlug::parse(&self.slug).map_err(StoreError::damaged)?,
                name: self.name,
                address: self.address,
                phone: self.phone,
                colour: self.colour,
                currency: Currency::parse(&self.currency).map_err(StoreError::damaged)?,
                time_zone: self.time_zone,
                country: self.country,
            },
            terms: from_json(&self.terms)?,
            cancellation: from_json(&self.cancellation)?,
            changes: from_json(&self.changes)?,
            hold: hold.ok_or_else(|| StoreError::damaged("hold_minutes"))?,
            lead_minutes: self.lead_minutes,
            step_minutes: self.step_minutes,
            email: self.email,
            link_payment: self.link_payment != 0,
            embedders: from_json(&self.embedders)?,
            publishable_key: self
                .publishable_key
                .as_deref()
                .map(PublishableKey::parse)
                .transpose()
                .map_err(StoreError::damaged)?,
            account: self.account.map(|id| (id, self.account_name.unwrap_or_default())),
            charges_enabled: self.charges_enabled != 0,
            payouts_enabled: self.payouts_enabled != 0,
            refused: self
                .event_refused_at
                .map(|at| (Moment(at), self.event_refused.unwrap_or_default())),
            messages: self.messages_url,
            messages_failed: self
                .messages_failed_at
                .map(|at| (Moment(at), self.messages_failed.unwrap_or_default())),
            sealed_messages_secret: self.messages_secret,
            sealed_secret_key: self.secret_key,
            sealed_signing_secret: self.signing_secret,
            sealed_former_signing_secret: self.former_signing_secret,
            former_signing_until: self.former_signing_until.map(Moment),
        })
    }
}
