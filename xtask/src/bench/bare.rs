//! A page with nothing but Stripe's card field: no page can have its field sooner, on this machine at this hour.

use crate::failure::{OrSay, Outcome};
use crate::services;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

const LONGEST_REQUEST: u64 = 16 << 10;

/// Serves it on a free port until the program ends, and says where.
pub fn serve(stripe_js: &str, key: &str) -> Outcome<String> {
    let port = services::free_port()?;
    let listener =
        TcpListener::bind(services::local(port)).or_say(format!("Port {port} can't be listened on"))?;
    let page = page(stripe_js, key);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let page = page.clone();
            // A browser may open a connection and say nothing.
            thread::spawn(move || answer(stream, &page));
        }
    });
    Ok(format!("http://{}/", services::local(port)))
}

fn page(stripe_js: &str, key: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Bare</title><link rel=\"icon\" href=\"data:,\"><script src=\"{stripe_js}\" async onload=\"go()\"></script><script>\
         function go() {{ const field = Stripe('{key}').elements({{ mode: 'payment', amount: 4500, currency: 'eur' }})\
         .create('payment'); field.on('ready', () => performance.mark('card-ready')); field.mount('#card'); }}\
         </script><h1>Card</h1><div id=\"card\"></div></html>"
    )
}

fn answer(mut stream: TcpStream, page: &str) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut reader = BufReader::new((&stream).take(LONGEST_REQUEST));
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{page}",
        page.len()
    )?;
    stream.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Client;

    #[test]
    fn the_page_is_served_and_loads_stripe_alone() {
        let url = serve("http://127.0.0.1:1/stripe.js", "pk_test_1").unwrap();
        let port = url
            .trim_end_matches('/')
            .rsplit(':')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        let reply = Client::new(services::local(port), Duration::from_secs(5))
            .get("/")
            .unwrap();
        let body = String::from_utf8(reply.body).unwrap();
        assert_eq!(body.matches("src=").count(), 1, "{body}");
        assert!(body.contains("http://127.0.0.1:1/stripe.js"), "{body}");
    }
}
