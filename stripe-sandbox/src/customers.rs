//! Customers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::account::Account;
use crate::errors::{ApiError, Outcome};
use crate::lists::{self, Page};
use crate::params::{Params, merge};
use crate::table::Row;
use crate::{events, ids, payment_methods};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Customer {
    pub id: String,
    pub created: i64,
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub description: Option<String>,
    pub metadata: BTreeMap<String, String>,
    pub deleted: bool,
}

impl Row for Customer {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

impl Customer {
    pub fn json(&self) -> Value {
        if self.deleted {
            return json!({ "id": self.id, "object": "customer", "deleted": true });
        }
        json!({
            "id": self.id, "object": "customer", "address": null, "balance": 0, "created": self.created, "currency": null,
            "customer_account": null, "default_source": null, "delinquent": false, "description": self.description, "email": self.email,
            "invoice_prefix": null, "invoice_settings": { "custom_fields": null, "default_payment_method": null, "footer": null, "rendering_options": null },
            "livemode": false, "metadata": self.metadata, "name": self.name, "next_invoice_sequence": 1, "phone": self.phone,
            "preferred_locales": [], "shipping": null, "tax_exempt": "none", "test_clock": null,
        })
    }
}

const UNUSED: &[&str] = &[
    "address",
    "balance",
    "business_name",
    "individual_name",
    "invoice_prefix",
    "invoice_settings",
    "next_invoice_sequence",
    "preferred_locales",
    "shipping",
    "tax",
    "tax_exempt",
    "validate",
];

fn read(params: &mut Params, customer: &mut Customer) -> Outcome<()> {
    for (key, field) in [
        ("name", &mut customer.name),
        ("email", &mut customer.email),
        ("phone", &mut customer.phone),
        ("description", &mut customer.description),
    ] {
        if let Some(text) = params.clearable(key)? {
            *field = Some(text).filter(|text| !text.is_empty());
        }
    }
    if customer.email.as_ref().is_some_and(|email| !email.contains('@')) {
        return Err(ApiError::invalid(
            format!(
                "Invalid email address: {}",
                customer.email.as_deref().unwrap_or_default()
            ),
            "email",
        )
        .code("email_invalid"));
    }
    merge(&mut customer.metadata, params.metadata()?.unwrap_or_default());
    params.accept(UNUSED);
    Ok(())
}

pub fn create(account: &mut Account, mut params: Params) -> Outcome<Value> {
    let mut customer = Customer {
        id: ids::new("cus_"),
        created: account.now(),
        ..Customer::default()
    };
    read(&mut params, &mut customer)?;
    let method = params.text("payment_method")?;
    params.finish()?;
    let method = method
        .map(|method| payment_methods::resolve(account, &method))
        .transpose()?;
    let (id, json) = (customer.id.clone(), customer.json());
    account.customers.insert(customer);
    events::emit(account, "customer.created", &json);
    if let Some(method) = method {
        payment_methods::save(account, method, &id);
    }
    Ok(json)
}

pub fn retrieve(account: &Account, id: &str, params: Params) -> Outcome<Value> {
    params.finish()?;
    account
        .customers
        .get(id)
        .map(Customer::json)
        .ok_or_else(|| ApiError::missing("customer", id, "id"))
}

pub fn update(account: &mut Account, id: &str, mut params: Params) -> Outcome<Value> {
    let mut customer = find(account, id, "id")?.clone();
    read(&mut params, &mut customer)?;
    params.finish()?;
    let json = customer.json();
    if let Some(row) = account.customers.get_mut(id) {
        *row = customer;
    }
    events::emit(account, "customer.updated", &json);
    Ok(json)
}

pub fn delete(account: &mut Account, id: &str, params: Params) -> Outcome<Value> {
    params.finish()?;
    find(account, id, "id")?;
    for method in account
        .payment_methods
        .iter_mut()
        .filter(|method| method.customer.as_deref() == Some(id))
    {
        method.customer = None;
        method.spent = true;
    }
    let Some(customer) = account.customers.get_mut(id) else {
        return Err(ApiError::missing("customer", id, "id"));
    };
    let before = customer.json();
    customer.deleted = true;
    let json = customer.json();
    events::emit(account, "customer.deleted", &before);
    Ok(json)
}

pub fn list(account: &Account, mut params: Params) -> Outcome<Value> {
    let page = Page::read(&mut params)?;
    let email = params.text("email")?;
    params.finish()?;
    let wanted = |row: &Customer| {
        !row.deleted
            && email
                .as_ref()
                .is_none_or(|email| row.email.as_ref() == Some(email))
    };
    lists::list(&account.customers, &page, "/v1/customers", wanted, Customer::json)
}

/// A customer that exists and was not deleted.
pub fn find<'a>(account: &'a Account, id: &str, param: &str) -> Outcome<&'a Customer> {
    account
        .customers
        .get(id)
        .filter(|customer| !customer.deleted)
        .ok_or_else(|| ApiError::missing("customer", id, param))
}
