//! Takes letters away: by SMTP, or into a folder, one file a letter.

use std::{fmt, path::Path, sync::Arc, time::Duration};

use domain::id::BookingId;
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{Mailbox, MultiPart},
};

use super::html;
use crate::{
    api::error::{ApiError, Code},
    app::App,
    store::{
        salon::SalonRecord,
        unsent::{self, TO_SALON, Unsent, Way},
    },
};

/// So long a mail server may take for a letter.
const PATIENCE: Duration = Duration::from_secs(20);

/// A mail server, and the address that letters come from. Cheap to clone; shown without its password.
#[derive(Clone)]
pub struct Smtp {
    transport: Arc<AsyncSmtpTransport<Tokio1Executor>>,
    from: Address,
}

/// A letter that is written and goes to somebody.
#[derive(Debug)]
pub struct Written<'a> {
    /// The job's id: told twice, it is the same letter.
    pub id: &'a str,
    /// What it is about, as people call it: a booking's reference, a payout's id.
    pub reference: &'a str,
    /// The booking it is about, if it is about one.
    pub booking: Option<&'a BookingId>,
    /// What it is, such as `link`.
    pub letter: &'a str,
    /// Where it goes.
    pub to: &'a str,
    /// Whose address that is.
    pub name: &'a str,
    /// Its subject.
    pub subject: String,
    /// Its text: paragraphs divided by empty lines.
    pub body: String,
}

impl Smtp {
    /// A mail server by its address, `smtps://user:password@host` or `smtp://host?tls=required`; nothing is connected yet.
    ///
    /// # Errors
    /// A sentence that says what is wrong; never the address, which holds a password.
    pub fn parse(url: &str, from: &str) -> Result<Smtp, String> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|_| "is no address such as smtps://user:password@mail.example".to_owned())?;
        let from = from
            .parse()
            .map_err(|_| "BOOKING_MAIL_FROM is no e-mail address".to_owned())?;
        Ok(Smtp {
            transport: Arc::new(transport.timeout(Some(PATIENCE)).build()),
            from,
        })
    }
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Smtp(…, from {})", self.from)
    }
}

/// Sends a letter, or writes it into the folder; where neither is set, it is only in the log that there was one, and the back
/// office says that none are sent.
///
/// # Errors
/// [`ApiError`] when it could not be taken away yet. One that no server will ever take is written down for the salon, and not
/// tried again.
pub async fn post(app: &App, salon: &SalonRecord, letter: Written<'_>) -> Result<(), ApiError> {
    if !app.sends_mail() {
        return Ok(());
    }
    let file = format!("{}-{}.eml", letter.reference, letter.id);
    let lost = letter.booking.map(|booking| Unsent {
        id: letter.id.to_owned(),
        salon: salon.salon.slug.clone(),
        booking: booking.clone(),
        way: Way::Mail,
        letter: letter.letter.to_owned(),
        recipient: letter.to.to_owned(),
        why: String::new(),
        at: app.now(),
    });
    let message = match message(app, salon, letter) {
        Ok(message) => message,
        Err(error) => {
            tracing::error!(%error, "a letter can't be addressed, and is not sent");
            return give_up(app, lost, &error.to_string()).await;
        }
    };
    if let Some(smtp) = &app.smtp {
        return match smtp.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() && !refuses_us(&error) => {
                tracing::error!(%error, "the mail server will not take a letter, and it is not tried again");
                give_up(app, lost, &error.to_string()).await
            }
            Err(error) => {
                tracing::warn!(%error, "a letter can't be sent yet");
                Err(ApiError::new(Code::Failed, "mail can't be sent"))
            }
        };
    }
    match &app.mail_dir {
        Some(dir) => put(dir, &file, &message).await,
        None => Ok(()),
    }
}

/// Whether it is not the letter that is refused but the name and password: with the right ones it is taken.
fn refuses_us(error: &lettre::transport::smtp::Error) -> bool {
    let code = error.status().map(|code| code.to_string());
    code.is_some_and(|code| matches!(code.as_str(), "530" | "534" | "535" | "538"))
}

/// Writes down for the salon that a letter about a booking reaches nobody.
async fn give_up(app: &App, lost: Option<Unsent>, why: &str) -> Result<(), ApiError> {
    let Some(lost) = lost else { return Ok(()) };
    let why = why.chars().take(200).collect();
    let mut write = app.store.write().await?;
    unsent::insert(write.conn(), &Unsent { why, ..lost }).await?;
    Ok(write.commit().await?)
}

fn message(
    app: &App,
    salon: &SalonRecord,
    letter: Written<'_>,
) -> Result<Message, Box<dyn std::error::Error + Send + Sync>> {
    let from = match &app.smtp {
        Some(smtp) => smtp.from.clone(),
        None => "booking@localhost".parse()?,
    };
    let host = from.domain().to_owned();
    let html = html::of(salon, &letter.subject, &letter.body);
    let mut message = Message::builder()
        .from(Mailbox::new(Some(salon.salon.name.clone()), from))
        .to(Mailbox::new(Some(letter.name.to_owned()), letter.to.parse()?))
        .message_id(Some(format!("<{}@{host}>", letter.id)))
        .subject(letter.subject);
    // Letters come from the server's address: answers go to the salon's.
    if letter.letter != TO_SALON
        && let Ok(salon_address) = salon.email.parse()
    {
        message = message.reply_to(Mailbox::new(Some(salon.salon.name.clone()), salon_address));
    }
    Ok(message.multipart(MultiPart::alternative_plain_html(letter.body, html))?)
}

/// Written beside, then renamed: nobody reads half a letter.
async fn put(dir: &Path, name: &str, message: &Message) -> Result<(), ApiError> {
    let write = async {
        tokio::fs::create_dir_all(dir).await?;
        let part = dir.join(format!(".{name}.part"));
        tokio::fs::write(&part, message.formatted()).await?;
        tokio::fs::rename(part, dir.join(name)).await
    };
    write.await.map_err(|error: std::io::Error| {
        tracing::error!(%error, dir = %dir.display(), "mail can't be written");
        ApiError::new(Code::Failed, "mail can't be written")
    })
}
