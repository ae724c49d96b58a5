//! Reading such a table, however a spreadsheet has written it.

use domain::money::Money;

use super::{SERVICE, person_columns};
use crate::{
    api::catalogue::Service,
    office::{
        catalogue::{person, service},
        desk::Desk,
        form::{Form, Wrong},
        terms::rules,
        trouble::Trouble,
    },
    store::offer::{EmployeeRecord, Offer},
};

/// No table is longer, in lines.
const MOST_LINES: usize = 500;

/// What a table comes to.
pub struct Sheet {
    /// What it changes, in its order.
    pub changes: Vec<Change>,
    /// How many of its lines change nothing.
    pub same: usize,
}

/// What a line changes.
pub struct Change {
    /// The service or person as it is to be.
    pub item: Item,
    /// Whether there is none of this name yet.
    pub is_new: bool,
    /// The line, from 1.
    pub line: u64,
}

/// A service or a person.
pub enum Item {
    /// A service.
    Service(Service),
    /// A person.
    Person(EmployeeRecord),
}

impl Item {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Item::Service(one) => &one.name,
            Item::Person(one) => &one.employee.name,
        }
    }
}

/// Reads a table; `None` when something is wrong, with the lines where it is.
///
/// # Errors
/// When there are no random numbers for new ids.
pub fn read(desk: &Desk, text: &str, offered: &Offer, wrong: &mut Wrong) -> Result<Option<Sheet>, Trouble> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(text))
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let Some(columns) = columns(&mut reader, wrong) else {
        return Ok(None);
    };
    let is_service = columns.is_service;
    let mut sheet = Sheet {
        changes: vec![],
        same: 0,
    };
    let mut seen: Vec<String> = Vec::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                tracing::info!(%error, "a table that can't be read");
                let line = error.position().map_or(0, csv::Position::line);
                wrong.add(
                    "sheet",
                    format!("Line {line} can't be read: look at its quotation marks."),
                );
                break;
            }
        };
        let line = record.position().map_or(0, csv::Position::line);
        if record.iter().all(str::is_empty) {
            continue;
        }
        let row = Row {
            line,
            cells: columns
                .fields
                .iter()
                .zip(&record)
                .map(|(field, cell)| (*field, unquoted(cell)))
                .collect(),
        };
        let name = row.cell("name").unwrap_or_default().to_owned();
        if seen.contains(&name) {
            wrong.add(
                "sheet",
                format!("Line {line}: “{name}” stands in the table twice."),
            );
            continue;
        }
        seen.push(name);
        if seen.len() > MOST_LINES {
            wrong.add(
                "sheet",
                format!("A table has at most {MOST_LINES} lines. Bring it in in parts."),
            );
            break;
        }
        let change = if is_service {
            row.service(desk, offered, wrong)?
        } else {
            row.person(offered, wrong)?
        };
        match change {
            Some(change) => sheet.changes.push(change),
            None => sheet.same += 1,
        }
    }
    if seen.is_empty() && wrong.is_empty() {
        wrong.add("sheet", "There is no line under the names of the columns.");
    }
    Ok(wrong.is_empty().then_some(sheet))
}

struct Columns {
    is_service: bool,
    fields: Vec<&'static str>,
}

fn columns(reader: &mut csv::Reader<&[u8]>, wrong: &mut Wrong) -> Option<Columns> {
    let heads = match reader.headers() {
        Ok(heads) => heads.clone(),
        Err(error) => {
            tracing::info!(%error, "a table that can't be read");
            wrong.add(
                "sheet",
                "This is no table that can be read. Save it as CSV, and try again.",
            );
            return None;
        }
    };
    let first = heads.get(0).unwrap_or_default().to_lowercase();
    let is_service = first == "service";
    if !is_service && first != "person" {
        wrong.add(
            "sheet",
            "The first line names the columns, and begins with Service or with Person.",
        );
        return None;
    }
    let known = if is_service {
        SERVICE.to_vec()
    } else {
        person_columns()
    };
    let mut fields = Vec::new();
    for head in &heads {
        let found = known
            .iter()
            .find(|(name, _)| name.to_lowercase() == head.to_lowercase());
        match found {
            Some((_, field)) if !fields.contains(field) => fields.push(*field),
            Some(_) => wrong.add(
                "sheet",
                format!("Line 1: the column “{head}” stands there twice."),
            ),
            None => wrong.add(
                "sheet",
                format!("Line 1: there is no column “{head}”. The columns are named below."),
            ),
        }
    }
    wrong.is_empty().then_some(Columns { is_service, fields })
}

struct Row {
    line: u64,
    cells: Vec<(&'static str, String)>,
}

impl Row {
    fn cell(&self, field: &str) -> Option<&str> {
        let found = self.cells.iter().find(|(name, _)| *name == field);
        found.map(|(_, text)| text.as_str())
    }

    /// The fields of a form: what is known, and over it what the line says.
    fn form(&self, known: Vec<(&'static str, String)>, without: &[&str]) -> Form {
        let own = self.cells.iter().filter(|(name, _)| !without.contains(name));
        let kept = known.into_iter().filter(|(name, _)| self.cell(name).is_none());
        let all: Vec<(&str, String)> = kept.chain(own.cloned()).collect();
        Form::of(&all)
    }

    fn service(&self, desk: &Desk, offered: &Offer, wrong: &mut Wrong) -> Result<Option<Change>, Trouble> {
        let name = self.cell("name").unwrap_or_default();
        let known = offered.services.iter().find(|one| one.name == name);
        let mut fields = known.map(service::fields_of).unwrap_or_default();
        let mut own = Wrong::default();
        if let Some(people) = self.cell("people") {
            fields.retain(|(field, _)| *field != "employee");
            for person in people
                .split([',', ';', '|'])
                .map(str::trim)
                .filter(|one| !one.is_empty())
            {
                match offered.employees.iter().find(|one| one.employee.name == person) {
                    Some(one) => fields.push(("employee", one.employee.id.to_string())),
                    None => own.add(
                        "people",
                        format!("There is no “{person}” among your people. Bring the people in first."),
                    ),
                }
            }
        }
        let form = self.form(fields, &["people", "rule", "part"]);
        let read = if own.is_empty() {
            service::read(desk, &form, offered, known, &mut own)?
        } else {
            None
        };
        let rule = self.cell("rule").map(|text| rules::rule(&text.to_lowercase()));
        let rule = rule.and_then(|rule| own.keep("rule", rule.map_err(|_| RULE)));
        let price = read.as_ref().map(|one| one.price);
        let part = self.part(desk, price, &mut own);
        self.note(own, wrong);
        let Some(mut service) = read else { return Ok(None) };
        service.rule = rule.unwrap_or(service.rule);
        if service.dates.is_none() {
            service.part = part.unwrap_or(service.part);
        }
        let same = known.is_some_and(|known| *known == service);
        Ok((!same).then(|| self.change(Item::Service(service), known.is_none())))
    }

    fn part(&self, desk: &Desk, price: Option<Money>, own: &mut Wrong) -> Option<domain::terms::Part> {
        let part = rules::part(desk.salon.salon.currency, self.cell("part")?, price);
        own.keep("part", part)
    }

    fn person(&self, offered: &Offer, wrong: &mut Wrong) -> Result<Option<Change>, Trouble> {
        let name = self.cell("name").unwrap_or_default();
        let known = offered.employees.iter().find(|one| one.employee.name == name);
        let fields = known.map(person::fields_of).unwrap_or_default();
        let form = self.form(fields, &["rule"]);
        let mut own = Wrong::default();
        let read = person::read(&form, known, &mut own)?;
        let rule = self.cell("rule").map(|text| rules::rule(&text.to_lowercase()));
        let rule = rule.and_then(|rule| own.keep("rule", rule.map_err(|_| RULE)));
        self.note(own, wrong);
        let Some(mut person) = read else { return Ok(None) };
        person.employee.rule = rule.unwrap_or(person.employee.rule);
        let same =
            known.is_some_and(|known| known.employee == person.employee && known.hours == person.hours);
        Ok((!same).then(|| self.change(Item::Person(person), known.is_none())))
    }

    fn change(&self, item: Item, is_new: bool) -> Change {
        Change {
            item,
            is_new,
            line: self.line,
        }
    }

    /// What is wrong with the line, under the one field that the page has.
    fn note(&self, own: Wrong, wrong: &mut Wrong) {
        for (field, sentence) in own.all() {
            let column = column(field);
            wrong.add("sheet", format!("Line {}, {column}: {sentence}", self.line));
        }
    }
}

const RULE: &str = "Write forbidden, allowed or required.";

fn column(field: &str) -> &'static str {
    let all = SERVICE.into_iter().chain(person_columns());
    let mut found = all.filter(|(_, own)| *own == field);
    match field {
        "name" => "name",
        "employee" => "People",
        _ => found.next().map_or("", |(name, _)| name),
    }
}

/// What stands between the cells: spreadsheets write commas, semicolons or tabs, by the language they run in.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    let count = |mark: char| first.matches(mark).count();
    [';', '\t', ',']
        .into_iter()
        .max_by_key(|mark| count(*mark))
        .and_then(|mark| u8::try_from(mark).ok())
        .unwrap_or(b',')
}

/// Without the mark that keeps a spreadsheet from taking a text for a formula.
fn unquoted(cell: &str) -> String {
    let rest = cell
        .strip_prefix('\'')
        .filter(|rest| rest.starts_with(['=', '+', '-', '@']));
    rest.unwrap_or(cell).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_cells_is_seen_by_the_first_line() {
        for (text, mark) in [
            ("Service;Price\nCut, long;1,50", b';'),
            ("Service,Price\n\"a;b;c\",1", b','),
            ("Person\tTitle\nAda\tOwner", b'\t'),
            ("Service", b','),
        ] {
            assert_eq!(delimiter(text), mark, "{text}");
        }
    }

    #[test]
    fn a_mark_against_formulas_is_taken_away_and_no_other() {
        assert_eq!(unquoted("'=1"), "=1");
        assert_eq!(unquoted("'s Hair"), "'s Hair");
    }
}
