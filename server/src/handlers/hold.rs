//! Taking a slot while the client pays.

use domain::{
    id::BookingId,
    payment::BookingState,
    terms::{History, Quote},
    time::Moment,
};

use super::{
    context::{Context, current},
    email,
    quote::Chosen,
    view::{Around, view_of},
};
use crate::{
    api::{
        booking::Booking,
        error::{ApiError, Code},
        hold::{Client, HoldRequest},
    },
    app::random_id,
    payments::{TRIES, manage, take_slot},
    store::{
        StoreError,
        attempt::{self, AttemptRecord},
        booking::{self, BookingRecord, token_hash},
        claim, is_taken, missed,
    },
};

/// Answers [`crate::api::hold::hold`].
///
/// # Errors
/// See there.
pub async fn hold(request: HoldRequest) -> Result<Booking, ApiError> {
    let context = current()?;
    let hash = token_hash(context.token()?.reveal());
    let client = check_client(request.client)?;
    let request = HoldRequest { client, ..request };
    let chosen = Chosen::read(&context, &request.choice).await?;
    let quote = chosen.price(history(&context, &request).await?)?;
    for _ in 0..TRIES {
        if let Some(held) = try_hold(&context, &hash, &request, &chosen, &quote).await? {
            return Ok(held.view(&context, &chosen));
        }
    }
    Err(ApiError::new(
        Code::Busy,
        "The salon's booking is busy. Trying again in a moment.",
    ))
}

/// A hold, and the attempts of the booking before it was held anew.
struct Held {
    booking: BookingRecord,
    attempts: Vec<AttemptRecord>,
}

impl Held {
    fn view(&self, context: &Context, chosen: &Chosen) -> Booking {
        let around = Around {
            salon: &chosen.salon,
            attempts: &self.attempts,
            lines: chosen.lines(),
            employee: chosen.employee.employee.name.clone(),
            manage: None,
            tips: false,
            deadline: None,
        };
        view_of(&context.app, &self.booking, around)
    }
}

/// Tries once; `None` when somebody else changed the same booking meanwhile.
async fn try_hold(
    context: &Context,
    hash: &str,
    request: &HoldRequest,
    chosen: &Chosen,
    quote: &Quote,
) -> Result<Option<Held>, ApiError> {
    let app = &context.app;
    let now = app.now();
    let mut write = app.store.write().await?;
    let before = booking::by_token(write.conn(), hash).await?;
    let request = &with_what_was_typed(request, before.as_ref());
    let (record, attempts) = match &before {
        None => (new_booking(request, chosen, quote, now)?, vec![]),
        Some(before) => {
            let attempts = check_may_change(&mut write, before).await?;
            let same = before.choice.as_ref() == Some(&request.choice)
                && before.client == request.client
                && before.quote == *quote;
            if same && before.state == BookingState::Held && before.hold_until > Some(now) {
                let booking = before.clone();
                return Ok(Some(Held { booking, attempts }));
            }
            let fresh = new_booking(request, chosen, quote, now)?;
            let again = BookingRecord {
                id: before.id.clone(),
                reference: before.reference.clone(),
                version: before.version,
                ..fresh
            };
            (again, attempts)
        }
    };
    // Who was granted this time in time may have it again until it begins.
    let granted = before
        .as_ref()
        .is_some_and(|before| before.choice.as_ref() == Some(&request.choice));
    let earliest = if granted { now } else { chosen.earliest(now) };
    chosen.check_start(request.choice.start, earliest)?;
    // The booking's row first, then its time, as everywhere: two that want both can't wait for each other.
    let lines = chosen.lines();
    let written = match &before {
        Some(_) => booking::rewrite(write.conn(), &record, &lines).await?,
        None => match booking::insert(write.conn(), &record, Some(hash), &lines, now).await {
            Ok(()) => true,
            Err(StoreError::Failed(error)) if is_taken(&error) => false,
            Err(error) => return Err(error.into()),
        },
    };
    if !written {
        return Ok(None);
    }
    if before.is_some() {
        claim::give_up(write.conn(), record.id.as_str()).await?;
    } else {
        manage::give(&mut write, app, &record.id).await?;
    }
    if !take_slot(&mut write, &record).await? {
        return Err(ApiError::new(
            Code::SlotTaken,
            "Somebody else has just taken this time. Choose another one.",
        ));
    }
    match write.commit().await {
        Err(StoreError::Conflict(_)) => return Ok(None),
        done => done?,
    }
    Ok(Some(Held {
        booking: record,
        attempts,
    }))
}

/// The request with the details that its page does not know, from the booking before it.
fn with_what_was_typed(request: &HoldRequest, before: Option<&BookingRecord>) -> HoldRequest {
    let mut request = request.clone();
    if let Some(before) = before.filter(|_| request.again) {
        for (new, old) in [
            (&mut request.client.phone, &before.client.phone),
            (&mut request.client.note, &before.client.note),
        ] {
            if new.is_empty() {
                new.clone_from(old);
            }
        }
    }
    request
}

/// Whether the hold may be changed: not while money may be on its way, and not once it is booked.
/// Answers its attempts, the latest first.
async fn check_may_change(
    write: &mut crate::store::Write,
    before: &BookingRecord,
) -> Result<Vec<AttemptRecord>, ApiError> {
    match before.state {
        BookingState::Booked => {
            return Err(ApiError::new(Code::AlreadyPaid, "This booking is made already."));
        }
        BookingState::Cancelled => {
            return Err(ApiError::new(
                Code::Cancelled,
                "This booking was called off. Start a new one.",
            ));
        }
        BookingState::Held | BookingState::Expired => {}
    }
    let attempts = attempt::of_booking(write.conn(), &before.id).await?;
    if attempts.iter().any(|attempt| attempt.state.is_open()) {
        return Err(ApiError::new(
            Code::InProgress,
            "A payment of this booking is under way.",
        ));
    }
    Ok(attempts)
}

fn new_booking(
    request: &HoldRequest,
    chosen: &Chosen,
    quote: &Quote,
    now: Moment,
) -> Result<BookingRecord, ApiError> {
    let id = random_id()?;
    let reference = reference(&random_id()?);
    Ok(BookingRecord {
        id: BookingId::parse(&format!("{}{id}", BookingId::PREFIX))
            .map_err(|error| ApiError::invalid("id", error.to_string()))?,
        salon: request.choice.salon.clone(),
        reference,
        version: 0,
        token_until: None,
        state: BookingState::Held,
        hold_until: Some(chosen.salon.hold.until(now)),
        employee: request.choice.employee.clone(),
        group_date: request.choice.date.clone(),
        start: request.choice.start,
        end: chosen.end,
        client: request.client.clone(),
        choice: Some(request.choice.clone()),
        quote: quote.clone(),
        cancellation: Some(chosen.salon.cancellation.clone()),
        changes: Some(chosen.salon.changes.agreed()),
    })
}

/// Six letters and digits that can't be mistaken for one another, from the digits of a random id.
#[must_use]
pub fn reference(id: &str) -> String {
    const LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let digits: Vec<usize> = id
        .chars()
        .filter_map(|c| c.to_digit(16))
        .filter_map(|d| usize::try_from(d).ok())
        .collect();
    digits
        .chunks_exact(2)
        .take(6)
        .filter_map(|pair| LETTERS.get(pair.iter().fold(0, |sum, digit| sum * 16 + digit) % LETTERS.len()))
        .map(|letter| char::from(*letter))
        .collect()
}

async fn history(context: &Context, request: &HoldRequest) -> Result<History, ApiError> {
    let db = context.app.store.read();
    Ok(missed::history(
        db,
        &request.choice.salon,
        &request.client.email,
        context.app.now(),
    )
    .await?)
}

/// Trims what was typed, and says which field is not right.
fn check_client(client: Client) -> Result<Client, ApiError> {
    let trim = |text: String| text.trim().to_owned();
    let email = email::read(&client.email)
        .ok_or_else(|| ApiError::invalid("email", "Enter an e-mail address such as name@example.com."));
    let client = Client {
        name: trim(client.name),
        email: String::new(),
        phone: trim(client.phone),
        // Lines are welcome. No other control character says anything, and PostgreSQL keeps no NUL.
        note: trim(client.note.replace(|c: char| c.is_control() && c != '\n', "")),
        language: client.language,
    };
    let length = |text: &str| text.chars().count();
    let is_line = |text: &str| !text.chars().any(char::is_control);
    if !(1..=100).contains(&length(&client.name)) || !is_line(&client.name) {
        return Err(ApiError::invalid(
            "name",
            "Enter your first and last name, at most 100 characters.",
        ));
    }
    let client = Client {
        email: email?,
        ..client
    };
    let is_phone = |c: char| c.is_ascii_digit() || " +-/().".contains(c);
    let digits = client.phone.chars().filter(char::is_ascii_digit).count();
    let dials = client.phone.chars().all(is_phone) && (5..=20).contains(&digits) && client.phone.len() <= 30;
    if !client.phone.is_empty() && !dials {
        return Err(ApiError::invalid(
            "phone",
            "Enter a phone number such as +43 1 234 56 78.",
        ));
    }
    if length(&client.note) > 500 {
        return Err(ApiError::invalid("note", "Shorten your note to 500 characters."));
    }
    let is_language = |text: &str| {
        (2..=12).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    if !is_language(&client.language) {
        return Err(ApiError::invalid(
            "language",
            "The language must be a tag such as de.",
        ));
    }
    Ok(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_trimmed_and_checked_field_by_field() {
        let good = Client {
            name: " Ada Lovelace ".into(),
            email: "Ada@Example.com ".into(),
            phone: "+43 1 234 56 78".into(),
            note: " Ring\0 twice.\r\nThanks. ".into(),
            language: "de-AT".into(),
        };
        let checked = check_client(good.clone()).unwrap();
        assert_eq!(
            (
                checked.name.as_str(),
                checked.email.as_str(),
                checked.note.as_str()
            ),
            ("Ada Lovelace", "ada@example.com", "Ring twice.\nThanks.")
        );
        for (field, client) in [
            (
                "name",
                Client {
                    name: "  ".into(),
                    ..good.clone()
                },
            ),
            (
                "name",
                Client {
                    name: "a\nBcc: x".into(),
                    ..good.clone()
                },
            ),
            (
                "email",
                Client {
                    email: "ada".into(),
                    ..good.clone()
                },
            ),
            (
                "email",
                Client {
                    email: "a@b@c.de".into(),
                    ..good.clone()
                },
            ),
            (
                "email",
                Client {
                    email: "ada@localhost".into(),
                    ..good.clone()
                },
            ),
            (
                "email",
                Client {
                    email: "ada@a..b".into(),
                    ..good.clone()
                },
            ),
            (
                "phone",
                Client {
                    phone: "call me".into(),
                    ..good.clone()
                },
            ),
            (
                "phone",
                Client {
                    phone: "12".into(),
                    ..good.clone()
                },
            ),
            (
                "note",
                Client {
                    note: "x".repeat(501),
                    ..good.clone()
                },
            ),
            (
                "language",
                Client {
                    language: "../de".into(),
                    ..good.clone()
                },
            ),
        ] {
            let error = check_client(client).unwrap_err();
            assert_eq!(error.field.as_deref(), Some(field), "{error}");
        }
    }

    #[test]
    fn a_reference_is_six_clear_characters() {
        assert_eq!(reference("00010203040506070809aabbccddeeff"), "234567");
        assert_eq!(reference("ffffffffffffffffffffffffffffffff"), "ZZZZZZ");
    }
}
