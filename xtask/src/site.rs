//! The demo salon's own web site: a few static files, served from another origin than the widget's; and its mailbox.

use crate::failure::{OrSay, Outcome};
use crate::{files, mailbox, services};
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// A browser that says nothing for so long is gone.
const PATIENCE: Duration = Duration::from_secs(10);
const LONGEST_REQUEST: u64 = 16 << 10;

/// Serves `xtask/demo-site` on a port until the program ends, where `{{BOOKING}}` becomes the server's address; and what is in the
/// folder of mail, where short messages are put too.
pub fn serve(port: u16, booking: &str, mail: PathBuf) -> Outcome {
    let listener =
        TcpListener::bind(services::local(port)).or_say(format!("Port {port} can't be listened on"))?;
    let (booking, mail): (Arc<str>, Arc<Path>) = (booking.into(), mail.into());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (booking, mail) = (Arc::clone(&booking), Arc::clone(&mail));
            thread::spawn(move || answer(stream, &booking, &mail));
        }
    });
    Ok(())
}

fn answer(mut stream: TcpStream, booking: &str, mail: &Path) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new((&stream).take(LONGEST_REQUEST));
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let (mut line, mut length) = (String::new(), 0);
    while reader.read_line(&mut line)? > 2 {
        if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = text.trim().parse().unwrap_or(0);
        }
        line.clear();
    }
    let answer = if first.starts_with("POST /messages ") {
        let mut body = Vec::new();
        reader.take(length).read_to_end(&mut body)?;
        let taken = mailbox::take(mail, &body).is_ok();
        taken.then(|| ("text/plain; charset=utf-8", b"Taken.\n".to_vec()))
    } else if let Some(rest) = first
        .strip_prefix("GET /mailbox")
        .filter(|rest| !rest.starts_with('.'))
    {
        let path = rest.split_whitespace().next().unwrap_or_default();
        let path = if rest.starts_with(' ') { "" } else { path };
        mailbox::page(mail, path).map(|page| ("text/html; charset=utf-8", page.into_bytes()))
    } else {
        page(&first, booking)
    };
    let (status, kind, body) = match answer {
        Some((kind, body)) => ("200 OK", kind, body),
        None => (
            "404 Not Found",
            "text/plain; charset=utf-8",
            b"There is no such page.\n".to_vec(),
        ),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\ncache-control: no-cache\r\n\
         x-content-type-options: nosniff\r\nconnection: close\r\n\r\n",
        body.len()
    )?;
    if !first.starts_with("HEAD ") {
        stream.write_all(&body)?;
    }
    stream.flush()
}

/// The page a request's first line asks for.
fn page(request: &str, booking: &str) -> Option<(&'static str, Vec<u8>)> {
    let path = file(request)?;
    let kind = match path.extension()?.to_str()? {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => return None,
    };
    let text = fs::read_to_string(path).ok()?;
    Some((kind, text.replace("{{BOOKING}}", booking).into_bytes()))
}

/// The file behind an address: a plain name in the site's folder and nothing else.
fn file(request: &str) -> Option<PathBuf> {
    let mut words = request.split_whitespace();
    let _ = words.next().filter(|method| matches!(*method, "GET" | "HEAD"))?;
    let address = words.next()?.strip_prefix('/')?;
    let name = address.split(['?', '#']).next()?;
    let plain = name
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.'));
    if !plain || name.starts_with('.') {
        return None;
    }
    let name = if name.is_empty() { "index.html" } else { name };
    Some(files::root().join("xtask").join("demo-site").join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_sites_own_files_are_served() {
        assert!(file("GET / HTTP/1.1").unwrap().ends_with("demo-site/index.html"));
        assert!(
            file("GET /style.css?v=1 HTTP/1.1")
                .unwrap()
                .ends_with("demo-site/style.css")
        );
        let refused = [
            "GET /../Cargo.toml HTTP/1.1",
            "GET /.git HTTP/1.1",
            "POST / HTTP/1.1",
            "GET /a%2e HTTP/1.1",
            "",
        ];
        for request in refused {
            assert!(file(request).is_none(), "{request}");
        }
    }

    #[test]
    fn the_page_embeds_the_widget_in_one_line() {
        let (kind, body) = page("GET / HTTP/1.1", "http://127.0.0.1:8300").unwrap();
        let body = String::from_utf8(body).unwrap();
        assert_eq!(kind, "text/html; charset=utf-8");
        let line = r#"<script src="http://127.0.0.1:8300/embed.js" data-salon="lumen" async></script>"#;
        assert!(body.lines().any(|own| own.trim() == line), "{body}");
        assert!(!body.contains("{{BOOKING}}"));
    }
}
