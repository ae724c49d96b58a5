//! Lists: newest first, by cursor.

use serde_json::{Value, json};

use crate::errors::{ApiError, Outcome};
use crate::params::Params;
use crate::table::{Row, Table};

/// Which part of a list is asked for.
pub struct Page {
    limit: usize,
    starting_after: Option<String>,
    ending_before: Option<String>,
    from: i64,
    to: i64,
}

impl Page {
    pub fn read(params: &mut Params) -> Outcome<Self> {
        let limit = match params.integer("limit")?.unwrap_or(10) {
            limit @ 1..=100 => usize::try_from(limit).unwrap_or(100),
            _ => {
                return Err(ApiError::invalid("Limit must be between 1 and 100.", "limit")
                    .code("parameter_invalid_integer"));
            }
        };
        let mut page = Self {
            limit,
            starting_after: params.text("starting_after")?,
            ending_before: params.text("ending_before")?,
            from: i64::MIN,
            to: i64::MAX,
        };
        if page.starting_after.is_some() && page.ending_before.is_some() {
            return Err(ApiError::invalid(
                "You may specify starting_after or ending_before, not both.",
                "starting_after",
            ));
        }
        let (from, to) = range(params, "created")?;
        page.from = from;
        page.to = to;
        Ok(page)
    }
}

/// `created=5` or `created[gte]=5&created[lt]=9`.
pub fn range(params: &mut Params, key: &str) -> Outcome<(i64, i64)> {
    if let Ok(Some(mut range)) = params.map(key) {
        let (mut from, mut to) = (i64::MIN, i64::MAX);
        if let Some(value) = range.integer("gte")? {
            from = value;
        }
        if let Some(value) = range.integer("gt")? {
            from = from.max(value.saturating_add(1));
        }
        if let Some(value) = range.integer("lte")? {
            to = value;
        }
        if let Some(value) = range.integer("lt")? {
            to = to.min(value.saturating_sub(1));
        }
        range.finish()?;
        return Ok((from, to));
    }
    Ok((i64::MIN, i64::MAX))
}

/// One page of a table.
pub fn list<T: Row>(
    table: &Table<T>,
    page: &Page,
    url: &str,
    wanted: impl Fn(&T) -> bool,
    json: impl Fn(&T) -> Value,
) -> Outcome<Value> {
    let position = |id: &String, param: &str| {
        table
            .position(id)
            .ok_or_else(|| ApiError::missing("object", id, param))
    };
    let wanted = |row: &&T| row.created() >= page.from && row.created() <= page.to && wanted(row);
    let mut rows: Vec<&T>;
    if let Some(id) = &page.ending_before {
        let after = position(id, "ending_before")? + 1;
        rows = (after..table.len())
            .filter_map(|at| table.at(at))
            .filter(wanted)
            .take(page.limit + 1)
            .collect();
        let more = rows.len() > page.limit;
        rows.truncate(page.limit);
        rows.reverse();
        return Ok(envelope(rows.into_iter().map(json).collect(), more, url));
    }
    let end = match &page.starting_after {
        Some(id) => position(id, "starting_after")?,
        None => table.len(),
    };
    rows = (0..end)
        .rev()
        .filter_map(|at| table.at(at))
        .filter(wanted)
        .take(page.limit + 1)
        .collect();
    let more = rows.len() > page.limit;
    rows.truncate(page.limit);
    Ok(envelope(rows.into_iter().map(json).collect(), more, url))
}

/// One page of the few rows named by these ids (the refunds of a charge, say), given oldest first.
pub fn list_ids<T: Row>(
    table: &Table<T>,
    ids: &[String],
    page: &Page,
    url: &str,
    json: impl Fn(&T) -> Value,
) -> Outcome<Value> {
    let mut few = Table::default();
    for row in ids.iter().filter_map(|id| table.get(id)) {
        few.insert(Borrowed(row));
    }
    list(&few, page, url, |_| true, |row: &Borrowed<'_, T>| json(row.0))
}

struct Borrowed<'a, T>(&'a T);

impl<T: Row> Row for Borrowed<'_, T> {
    fn id(&self) -> &str {
        self.0.id()
    }
    fn created(&self) -> i64 {
        self.0.created()
    }
}

pub fn envelope(data: Vec<Value>, has_more: bool, url: &str) -> Value {
    json!({ "object": "list", "data": data, "has_more": has_more, "url": url })
}
