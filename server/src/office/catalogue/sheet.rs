//! Services and people as a table (CSV, RFC 4180): taken away, and brought in. What is brought in is shown first, then written, all
//! of it or nothing; what the table does not name stays as it is.

mod read;

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use maud::{Markup, html};

use self::read::{Change, Item, Sheet};
use super::{person, service};
use crate::{
    api::error::{ApiError, Code},
    office::{
        desk::Desk,
        field::Fields,
        form::{Form, Wrong},
        page::{Room, again, page},
        said::harmless,
        terms::{offered, rules},
        trouble::{Answer, Trouble},
    },
    store::offer::{self, Offer},
};

const TITLE: &str = "Import and export";

/// The columns of services, each with the field of the form that it fills.
const SERVICE: [(&str, &str); 8] = [
    ("Service", "name"),
    ("Description", "description"),
    ("Minutes", "minutes"),
    ("Price", "price"),
    ("Up to", "price_to"),
    ("People", "people"),
    ("Online payment", "rule"),
    ("How much", "part"),
];

/// The columns of people, before and after their days.
const PERSON: [(&str, &str); 2] = [("Person", "name"), ("Title", "title")];
const PERSON_RULE: (&str, &str) = ("Online payment", "rule");

/// The columns of people.
fn person_columns() -> Vec<(&'static str, &'static str)> {
    let days = person::DAYS.into_iter().map(|(field, name)| (name, field));
    PERSON.into_iter().chain(days).chain([PERSON_RULE]).collect()
}

pub async fn show(desk: Desk) -> Answer {
    let body = draw(&desk, &Form::default(), &Wrong::default(), None);
    Ok(page(&desk, Room::Settings, TITLE, &body))
}

/// Reads the table, and shows what it would change; when that was seen and wanted, writes it.
pub async fn bring_in(desk: Desk, form: Form) -> Answer {
    let offered = offered(&desk).await?;
    let mut wrong = Wrong::default();
    let Some(sheet) = read::read(&desk, form.raw("sheet"), &offered, &mut wrong)? else {
        let body = draw(&desk, &form, &wrong, None);
        return Ok(again(&desk, Room::Settings, TITLE, &body));
    };
    if form.get("step") != "import" || sheet.changes.is_empty() {
        let body = draw(&desk, &form, &wrong, Some(&sheet));
        return Ok(page(&desk, Room::Settings, TITLE, &body));
    }
    let mut write = desk.app.store.write().await?;
    let (slug, mut added) = (desk.slug(), 0);
    for change in &sheet.changes {
        match &change.item {
            Item::Service(one) => {
                service::put(&mut write, &desk, &offered, one, added).await?;
                offer::set_service_rule(write.conn(), slug, &one.id, one.rule, one.part).await?;
            }
            Item::Person(one) => {
                person::put(&mut write, &desk, &offered, one, added).await?;
                offer::set_employee_rule(write.conn(), slug, &one.employee.id, one.employee.rule).await?;
            }
        }
        added += usize::from(change.is_new);
    }
    let what = format!("imported a table: {}", counted(&sheet));
    desk.log(&mut write, &what, None).await?;
    desk.done(write, &format!("Imported: {}.", counted(&sheet)), "catalogue")
        .await
}

/// The services as a file.
pub async fn services(desk: Desk) -> Answer {
    let offered = offered(&desk).await?;
    let mut rows = vec![heads(&SERVICE)];
    for one in &offered.services {
        let fields = Form::of(&service::fields_of(one));
        let people: Vec<&str> = one
            .employees
            .iter()
            .map(|id| name_of(&offered, id.as_str()))
            .collect();
        let value = |field: &str| match field {
            "people" => people.join(", "),
            "rule" => rules::value(one.rule).to_owned(),
            "part" => rules::part_text(one.part),
            other => fields.get(other).to_owned(),
        };
        rows.push(SERVICE.map(|(_, field)| value(field)).to_vec());
    }
    file("services.csv", &rows)
}

/// The people as a file.
pub async fn people(desk: Desk) -> Answer {
    let offered = offered(&desk).await?;
    let columns = person_columns();
    let mut rows = vec![heads(&columns)];
    for one in &offered.employees {
        let fields = Form::of(&person::fields_of(one));
        let value = |field: &str| match field {
            "rule" => rules::value(one.employee.rule).to_owned(),
            other => fields.get(other).to_owned(),
        };
        rows.push(columns.iter().map(|(_, field)| value(field)).collect());
    }
    file("people.csv", &rows)
}

fn heads(columns: &[(&str, &str)]) -> Vec<String> {
    columns.iter().map(|(name, _)| (*name).to_owned()).collect()
}

fn name_of<'a>(offered: &'a Offer, id: &str) -> &'a str {
    let found = offered
        .employees
        .iter()
        .find(|one| one.employee.id.as_str() == id);
    found.map_or("", |one| one.employee.name.as_str())
}

fn file(name: &str, rows: &[Vec<String>]) -> Result<Response, Trouble> {
    let write = || -> Result<Vec<u8>, csv::Error> {
        let mut out = csv::Writer::from_writer(Vec::new());
        for row in rows {
            out.write_record(row.iter().map(|text| harmless(text)))?;
        }
        out.into_inner().map_err(|error| error.into_error().into())
    };
    let bytes = write().map_err(|error| {
        tracing::error!(%error, "a table can't be written");
        ApiError::new(Code::Failed, "The table could not be made.")
    })?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/csv; charset=utf-8"),
    );
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

fn counted(sheet: &Sheet) -> String {
    let new = sheet.changes.iter().filter(|one| one.is_new).count();
    format!(
        "{new} new, {} changed, {} as before",
        sheet.changes.len() - new,
        sheet.same
    )
}

fn draw(desk: &Desk, form: &Form, wrong: &Wrong, sheet: Option<&Sheet>) -> Markup {
    let fields = Fields { form, wrong };
    html! {
        form method="post" {
            (fields.summary())
            @if let Some(sheet) = sheet { (preview(sheet)) }
            (fields.text("sheet", "The table", "Paste it from a spreadsheet, or choose a file. The first line names the columns.", 12))
            input type="file" accept=".csv,.txt,text/csv" aria-label="Choose a file" data-file="sheet" hidden;
            button.button.wide name="step" value="check" { "See what it would change" }
        }
        h2 { "As it is now" }
        div.buttons {
            a.button.second href=(desk.path("catalogue/people.csv")) download { "People as CSV" }
            a.button.second href=(desk.path("catalogue/services.csv")) download { "Services as CSV" }
        }
        h2 { "The columns" }
        p { strong { "Services: " } (heads(&SERVICE).join(", ")) }
        p { strong { "People: " } (heads(&person_columns()).join(", ")) }
        ul {
            li { "What has the same name is changed, what has a new name is added, and what is not named stays." }
            li { "A column that is left out changes nothing." }
            li { "Online payment is forbidden, allowed or required; how much is full, 30% or a sum." }
            li { "Several people stand with commas between them; hours such as 9:00-12:30, 13:00-18:00." }
            li { "Bring people in before the services that they do." }
        }
    }
}

fn preview(sheet: &Sheet) -> Markup {
    html! {
        section.card role="status" {
            h2 { (counted(sheet)) }
            ul.rows {
                @for Change { item, is_new, line } in sheet.changes.iter().take(100) {
                    li {
                        span { (item.name()) }
                        span.quiet { "line " (line) }
                        @if *is_new { span.tag.good { "new" } } @else { span.tag.warn { "changed" } }
                    }
                }
            }
            @if sheet.changes.is_empty() { p { "It changes nothing: all of it is so already." } }
            @else { button.button.wide name="step" value="import" { "Import" } }
        }
    }
}
