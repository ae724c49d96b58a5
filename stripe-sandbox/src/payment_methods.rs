//! Payment methods: cards, ready-made (`pm_card_…`) or from a confirmation token.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::account::Account;
use crate::cards::{self, Card};
use crate::errors::{ApiError, Outcome};
use crate::lists::{self, Page};
use crate::params::{Params, merge};
use crate::table::Row;
use crate::{customers, events, ids};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PaymentMethod {
    pub id: String,
    pub created: i64,
    pub card: Card,
    pub billing: Billing,
    pub customer: Option<String>,
    pub metadata: BTreeMap<String, String>,
    /// Used without a customer, or detached: can't be used again.
    pub spent: bool,
}

/// `billing_details`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Billing {
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub address: BTreeMap<String, String>,
}

impl Billing {
    pub fn read(params: &mut Params) -> Outcome<Self> {
        let Some(mut level) = params.map("billing_details")? else {
            return Ok(Self::default());
        };
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        let mut billing = Self {
            name: filled(level.clearable("name")?),
            email: filled(level.clearable("email")?),
            phone: filled(level.clearable("phone")?),
            address: BTreeMap::new(),
        };
        if let Some(address) = level.map("address")? {
            billing.address =
                address.texts(&["city", "country", "line1", "line2", "postal_code", "state"])?;
            billing.address.retain(|_, text| !text.is_empty());
        }
        level.accept(&["tax_id"]);
        level.finish()?;
        Ok(billing)
    }

    pub fn json(&self) -> Value {
        let part = |key: &str| self.address.get(key);
        json!({
            "address": { "city": part("city"), "country": part("country"), "line1": part("line1"), "line2": part("line2"), "postal_code": part("postal_code"), "state": part("state") },
            "email": self.email, "name": self.name, "phone": self.phone, "tax_id": null,
        })
    }
}

impl Row for PaymentMethod {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

impl PaymentMethod {
    pub fn json(&self) -> Value {
        json!({
            "id": self.id, "object": "payment_method", "allow_redisplay": "unspecified", "billing_details": self.billing.json(), "card": self.card.json(),
            "created": self.created, "customer": self.customer, "customer_account": null, "livemode": false, "metadata": self.metadata, "type": "card",
        })
    }
}

/// Reads `payment_method_data`: a card's number, or a ready-made card.
pub fn read_data(account: &Account, mut level: Params) -> Outcome<PaymentMethod> {
    if level.one_of("type", &["card"])?.is_none() {
        return Err(level.required("type"));
    }
    let billing = Billing::read(&mut level)?;
    let mut card_level = level.map("card")?.ok_or_else(|| level.required("card"))?;
    let metadata = level.metadata()?.unwrap_or_default();
    level.accept(&["allow_redisplay", "radar_options"]);
    level.finish()?;
    if let Some(token) = card_level.text("token")? {
        card_level.finish()?;
        let alias = token.replacen("tok_", "pm_card_", 1);
        let card = cards::by_alias(&alias)
            .ok_or_else(|| ApiError::missing("token", &token, "payment_method_data[card][token]"))?;
        return Ok(build(account, Card::of(card), billing, metadata));
    }
    let number = card_level.require_text("number")?;
    let (month, year) = (
        card_level.require_integer("exp_month")?,
        card_level.require_integer("exp_year")?,
    );
    let cvc = card_level.text("cvc")?;
    card_level.accept(&["networks"]);
    let name = |key: &str| card_level.name(key);
    let (number_name, month_name, year_name, cvc_name) =
        (name("number"), name("exp_month"), name("exp_year"), name("cvc"));
    card_level.finish()?;
    if !cards::luhn(&number) {
        return Err(ApiError::card("incorrect_number", "Your card number is incorrect.").param(&number_name));
    }
    if cards::by_number(&number).is_none() {
        // What Stripe says to a real card in test mode.
        return Err(ApiError::card("card_declined", "Your card was declined. Your request was in test mode, but used a non test card. For a list of valid test cards, visit: https://stripe.com/docs/testing.")
            .with("decline_code", json!("test_mode_live_card")));
    }
    if !(1..=12).contains(&month) {
        return Err(
            ApiError::card("invalid_expiry_month", "Your card's expiration month is invalid.")
                .param(&month_name),
        );
    }
    let year = if year < 100 { year + 2_000 } else { year };
    let (this_year, this_month) = year_and_month(account.now());
    if year > this_year + 50 || year < this_year {
        return Err(
            ApiError::card("invalid_expiry_year", "Your card's expiration year is invalid.")
                .param(&year_name),
        );
    }
    if year == this_year && month < this_month {
        return Err(
            ApiError::card("invalid_expiry_month", "Your card's expiration month is invalid.")
                .param(&month_name),
        );
    }
    if cvc.as_ref().is_some_and(|cvc| {
        !(3..=4).contains(&cvc.len()) || !cvc.chars().all(|letter| letter.is_ascii_digit())
    }) {
        return Err(ApiError::card("invalid_cvc", "Your card's security code is invalid.").param(&cvc_name));
    }
    Ok(build(
        account,
        Card {
            number,
            exp_month: month,
            exp_year: year,
            cvc: cvc.is_some(),
            set_up: false,
        },
        billing,
        metadata,
    ))
}

fn build(
    account: &Account,
    card: Card,
    billing: Billing,
    metadata: BTreeMap<String, String>,
) -> PaymentMethod {
    PaymentMethod {
        id: ids::new("pm_1"),
        created: account.now(),
        card,
        billing,
        customer: None,
        metadata,
        spent: false,
    }
}

/// A payment method that can be used: one of the account's, or a fresh copy of a ready-made card.
pub fn resolve(account: &Account, id: &str) -> Outcome<PaymentMethod> {
    if let Some(card) = cards::by_alias(id) {
        return Ok(build(
            account,
            Card::of(card),
            Billing::default(),
            BTreeMap::new(),
        ));
    }
    let method = account
        .payment_methods
        .get(id)
        .ok_or_else(|| ApiError::missing("PaymentMethod", id, "payment_method"))?;
    if method.spent {
        return Err(ApiError::invalid(
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a connected account without Customer attachment, or was detached from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer first.",
            "payment_method",
        ));
    }
    Ok(method.clone())
}

/// Keeps a method for a customer.
pub fn save(account: &mut Account, mut method: PaymentMethod, customer: &str) {
    method.customer = Some(customer.to_owned());
    method.spent = false;
    let json = method.json();
    put(account, method);
    events::emit(account, "payment_method.attached", &json);
}

pub fn put(account: &mut Account, method: PaymentMethod) {
    match account.payment_methods.get_mut(&method.id) {
        Some(row) => *row = method,
        None => account.payment_methods.insert(method),
    }
}

pub fn create(account: &mut Account, params: Params) -> Outcome<Value> {
    let method = read_data(account, params)?;
    let json = method.json();
    account.payment_methods.insert(method);
    Ok(json)
}

pub fn retrieve(account: &Account, id: &str, params: Params) -> Outcome<Value> {
    params.finish()?;
    account
        .payment_methods
        .get(id)
        .map(PaymentMethod::json)
        .ok_or_else(|| ApiError::missing("PaymentMethod", id, "payment_method"))
}

pub fn update(account: &mut Account, id: &str, mut params: Params) -> Outcome<Value> {
    let metadata = params.metadata()?;
    let billing = Billing::read(&mut params)?;
    params.accept(&["allow_redisplay"]);
    params.finish()?;
    let method = account
        .payment_methods
        .get_mut(id)
        .ok_or_else(|| ApiError::missing("PaymentMethod", id, "payment_method"))?;
    merge(&mut method.metadata, metadata.unwrap_or_default());
    method.billing.name = billing.name.or_else(|| method.billing.name.take());
    method.billing.email = billing.email.or_else(|| method.billing.email.take());
    let json = method.json();
    events::emit(account, "payment_method.updated", &json);
    Ok(json)
}

pub fn attach(account: &mut Account, id: &str, mut params: Params) -> Outcome<Value> {
    let customer = params.require_text("customer")?;
    params.finish()?;
    customers::find(account, &customer, "customer")?;
    let method = resolve(account, id)?;
    if method.customer.as_ref().is_some_and(|owner| *owner != customer) {
        return Err(ApiError::state(
            "payment_method_unexpected_state",
            "The payment method you provided has already been attached to a customer.",
        ));
    }
    let card = method.card.test_card();
    if let (Some(decline), false, cards::Challenge::Never) = (card.decline, card.saves, card.challenge) {
        return Err(decline.error());
    }
    let id = method.id.clone();
    save(account, method, &customer);
    account
        .payment_methods
        .get(&id)
        .map(PaymentMethod::json)
        .ok_or_else(|| ApiError::missing("PaymentMethod", &id, "payment_method"))
}

pub fn detach(account: &mut Account, id: &str, params: Params) -> Outcome<Value> {
    params.finish()?;
    let method = account
        .payment_methods
        .get_mut(id)
        .ok_or_else(|| ApiError::missing("PaymentMethod", id, "payment_method"))?;
    if method.customer.is_none() {
        return Err(ApiError::state(
            "payment_method_unexpected_state",
            "The payment method you provided is not attached to a customer so detachment is impossible.",
        ));
    }
    method.customer = None;
    method.spent = true;
    let json = method.json();
    events::emit(account, "payment_method.detached", &json);
    Ok(json)
}

pub fn list(account: &Account, mut params: Params, customer: Option<&str>) -> Outcome<Value> {
    let page = Page::read(&mut params)?;
    let customer = match customer {
        Some(customer) => Some(customer.to_owned()),
        None => params.text("customer")?,
    };
    let other_type = params.text("type")?.is_some_and(|kind| kind != "card");
    params.accept(&["allow_redisplay"]);
    params.finish()?;
    if let Some(customer) = &customer {
        customers::find(account, customer, "customer")?;
    }
    // Only saved methods are listed, with or without a customer in the question.
    let wanted = |row: &PaymentMethod| {
        !other_type && row.customer.is_some() && (customer.is_none() || row.customer == customer)
    };
    lists::list(
        &account.payment_methods,
        &page,
        "/v1/payment_methods",
        wanted,
        PaymentMethod::json,
    )
}

/// Year and month (1–12) of a moment, in UTC.
fn year_and_month(unix: i64) -> (i64, i64) {
    // Days to civil date, counting years from March (Hinnant's algorithm).
    let days = unix.div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month)
}

#[cfg(test)]
mod tests {
    #[test]
    fn calendar() {
        for (unix, expected) in [
            (0, (1970, 1)),
            (951_782_399, (2000, 2)),
            (951_868_800, (2000, 3)),
            (1_798_761_599, (2026, 12)),
            (1_798_761_600, (2027, 1)),
        ] {
            assert_eq!(super::year_and_month(unix), expected, "{unix}");
        }
    }
}
