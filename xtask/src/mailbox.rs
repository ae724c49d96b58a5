//! The demo's mailbox: the letters that the server wrote into its folder, and the short messages that were handed over, to look at
//! in a browser. It stands in for everybody's mail program and telephone.

use mail_parser::MessageParser;
use serde_json::Value;
use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

/// So many are listed.
const MOST: usize = 200;

/// A letter or a message.
struct Item {
    /// The file's name.
    file: String,
    at: SystemTime,
    to: String,
    subject: String,
    text: String,
    /// None: a short message.
    html: Option<String>,
}

/// The list, or one of it: `path` is what follows `/mailbox`. None: there is no such letter.
pub fn page(folder: &Path, path: &str) -> Option<String> {
    let name = path.trim_start_matches('/');
    if name.is_empty() {
        return Some(list(folder));
    }
    let item = read(&folder.join(plain(name)?))?;
    let drawn = match &item.html {
        Some(html) => format!(
            "<iframe sandbox title=\"The letter\" srcdoc=\"{}\"></iframe><details><summary>As plain text</summary><pre>{}</pre></details>",
            escape(html),
            linked(&item.text)
        ),
        None => format!("<p class=\"message\">{}</p>", linked(&item.text)),
    };
    Some(document(
        &item.subject,
        &format!(
            "<p><a href=\"/mailbox\">All letters</a></p><h1>{}</h1><p>To {}</p><p>{}</p>{drawn}",
            escape(&item.subject),
            escape(&item.to),
            links(&item.text)
        ),
    ))
}

/// Keeps a short message, as a gateway would send it. An error when it is none.
pub fn take(folder: &Path, body: &[u8]) -> io::Result<()> {
    let message: Value = serde_json::from_slice(body)?;
    let id = message.get("id").and_then(Value::as_str).and_then(plain);
    let id = id.ok_or_else(|| io::Error::other("a message without an id"))?;
    fs::write(folder.join(format!("{id}.json")), body)
}

fn list(folder: &Path) -> String {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut items: Vec<Item> = files.filter_map(|file| read(&file.path())).collect();
    items.sort_by_key(|item| std::cmp::Reverse(item.at));
    let rows: String = items
        .iter()
        .take(MOST)
        .map(|item| {
            let kind = if item.html.is_some() { "Letter" } else { "Message" };
            format!(
                "<li><a href=\"/mailbox/{}\">{}</a> <span>{kind} to {}</span></li>",
                escape(&item.file),
                escape(&item.subject),
                escape(&item.to)
            )
        })
        .collect();
    let body = if rows.is_empty() {
        "<p>Nothing was sent yet. Book something, or send a link from the back office.</p>".to_owned()
    } else {
        format!("<ul>{rows}</ul>")
    };
    document(
        "Mailbox",
        &format!(
            "<h1>Mailbox of the demo</h1><p>What the salon sent: nothing of it left this machine.</p>{body}"
        ),
    )
}

fn read(path: &Path) -> Option<Item> {
    let file = path.file_name()?.to_str()?.to_owned();
    if file.starts_with('.') {
        return None;
    }
    let at = fs::metadata(path).ok()?.modified().ok()?;
    let bytes = fs::read(path).ok()?;
    if path.extension()? == "json" {
        let message: Value = serde_json::from_slice(&bytes).ok()?;
        let text = |name: &str| {
            message
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        return Some(Item {
            file,
            at,
            to: text("to"),
            subject: text("text"),
            text: text("text"),
            html: None,
        });
    }
    let letter = MessageParser::default().parse(&bytes)?;
    let to = letter.to().and_then(|to| to.first()).and_then(|to| to.address());
    Some(Item {
        file,
        at,
        to: to.unwrap_or_default().to_owned(),
        subject: letter.subject().unwrap_or_default().to_owned(),
        text: letter.body_text(0).unwrap_or_default().into_owned(),
        html: letter.body_html(0).map(std::borrow::Cow::into_owned),
    })
}

/// A name without anything that leads elsewhere.
fn plain(name: &str) -> Option<&str> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_');
    let fits = !name.is_empty() && !name.starts_with('.') && name.chars().all(is_plain);
    fits.then_some(name)
}

/// The addresses in a text as links: those in the letter's frame lead nowhere, for it may do nothing.
fn links(text: &str) -> String {
    addresses(text)
        .map(|address| {
            let address = escape(address);
            format!("<a class=\"go\" href=\"{address}\">{address}</a> ")
        })
        .collect()
}

fn linked(text: &str) -> String {
    addresses(text).fold(escape(text), |text, address| {
        let address = escape(address);
        text.replace(&address, &format!("<a href=\"{address}\">{address}</a>"))
    })
}

fn addresses(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace()
        .filter(|word| word.starts_with("http://") || word.starts_with("https://"))
}

fn document(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, \
         initial-scale=1\"><title>{}</title><link rel=\"stylesheet\" href=\"/mailbox.css\"></head><body>{body}</body></html>",
        escape(title)
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("mailbox-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn letters_and_messages_are_listed_and_shown_and_nothing_else_is() {
        let folder = folder("shown");
        let letter = "From: <a@example.com>\r\nTo: Ada <ada@example.com>\r\nSubject: =?utf-8?b?R3LDvMOfZQ==?=\r\nMIME-Version: 1.0\r\n\
                      Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\n\
                      Content-Transfer-Encoding: quoted-printable\r\n\r\nPay: http://127.0.0.1:8300/pay/vl_1=\r\n23\r\n--x\r\n\
                      Content-Type: text/html; charset=utf-8\r\n\r\n<p class=\"a\">Hello</p>\r\n--x--\r\n";
        fs::write(folder.join("AB12-1.eml"), letter).unwrap();
        take(
            &folder,
            br#"{"id":"m1","to":"+43 1","text":"Lumen: <b> http://127.0.0.1:8300/pay/vl_9"}"#,
        )
        .unwrap();
        let list = page(&folder, "").unwrap();
        assert!(
            list.contains("href=\"/mailbox/AB12-1.eml\">Grüße</a> <span>Letter to ada@example.com"),
            "{list}"
        );
        assert!(
            list.contains("&lt;b&gt;") && list.contains("Message to +43 1"),
            "{list}"
        );
        let letter = page(&folder, "/AB12-1.eml").unwrap();
        assert!(
            letter.contains("srcdoc=\"&lt;p class=&quot;a&quot;&gt;Hello"),
            "{letter}"
        );
        assert!(
            letter.contains("href=\"http://127.0.0.1:8300/pay/vl_123\""),
            "{letter}"
        );
        assert!(
            page(&folder, "/m1.json")
                .unwrap()
                .contains("href=\"http://127.0.0.1:8300/pay/vl_9\"")
        );
        for elsewhere in ["/../Cargo.toml", "/.AB12-1.eml.part", "/none.eml", "/%2e%2e"] {
            assert!(page(&folder, elsewhere).is_none(), "{elsewhere}");
        }
        for bad in [&b"{}"[..], b"no", br#"{"id":"../x"}"#] {
            assert!(take(&folder, bad).is_err());
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
