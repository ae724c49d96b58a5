//! As much HTTP/1.1 as it takes to talk to programs on this machine: one connection, kept open.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// No answer that we ask for is larger.
const LARGEST: usize = 64 << 20;
const HEADERS_AT_MOST: usize = 100;

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    /// A header's value; the name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A connection to one address, opened when first used.
pub struct Client {
    address: SocketAddr,
    patience: Duration,
    stream: Option<BufReader<TcpStream>>,
    request: Vec<u8>,
}

/// What to send beside method and path.
#[derive(Clone, Copy, Default)]
pub struct Content<'a> {
    pub headers: &'a [(&'a str, &'a str)],
    pub body: &'a [u8],
}

impl Client {
    pub fn new(address: SocketAddr, patience: Duration) -> Self {
        Self {
            address,
            patience,
            stream: None,
            request: Vec::new(),
        }
    }

    pub fn get(&mut self, path: &str) -> io::Result<Reply> {
        self.send("GET", path, Content::default())
    }

    /// One request, one answer. After an error the next request gets a new connection.
    pub fn send(&mut self, method: &str, path: &str, content: Content<'_>) -> io::Result<Reply> {
        let answer = self.exchange(method, path, content);
        let closing = match &answer {
            Ok(reply) => reply
                .header("connection")
                .is_some_and(|value| value.eq_ignore_ascii_case("close")),
            Err(_) => true,
        };
        if closing {
            self.stream = None;
        }
        answer
    }

    fn exchange(&mut self, method: &str, path: &str, content: Content<'_>) -> io::Result<Reply> {
        let request = &mut self.request;
        request.clear();
        write!(request, "{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.address)?;
        for (name, value) in content.headers {
            write!(request, "{name}: {value}\r\n")?;
        }
        if method != "GET" {
            write!(request, "content-length: {}\r\n", content.body.len())?;
        }
        request.extend_from_slice(b"\r\n");
        request.extend_from_slice(content.body);

        let stream = match &mut self.stream {
            Some(stream) => stream,
            None => self.stream.insert(connect(self.address, self.patience)?),
        };
        stream.get_mut().write_all(&self.request)?;
        read_reply(stream, method)
    }
}

fn connect(address: SocketAddr, patience: Duration) -> io::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    stream.set_nodelay(true)?;
    Ok(BufReader::with_capacity(16 << 10, stream))
}

fn read_reply(stream: &mut impl BufRead, method: &str) -> io::Result<Reply> {
    let first = read_line(stream)?;
    let status = first.split(' ').nth(1).and_then(|word| word.parse().ok());
    let status: u16 = status.ok_or_else(|| malformed("no status line"))?;
    let mut reply = Reply {
        status,
        headers: Vec::new(),
        body: Vec::new(),
    };
    loop {
        let line = read_line(stream)?;
        if line.is_empty() {
            break;
        }
        if reply.headers.len() == HEADERS_AT_MOST {
            return Err(malformed("too many headers"));
        }
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| malformed("a header without a colon"))?;
        reply
            .headers
            .push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    if method == "HEAD" || matches!(status, 204 | 304) {
        return Ok(reply);
    }
    if reply
        .header("transfer-encoding")
        .is_some_and(|value| value.eq_ignore_ascii_case("chunked"))
    {
        while read_chunk(stream, &mut reply.body)? {}
    } else if let Some(length) = reply.header("content-length") {
        let length = length.parse().map_err(|_| malformed("a bad content-length"))?;
        read_exactly(stream, length, &mut reply.body)?;
    } else {
        stream
            .take(u64::try_from(LARGEST).unwrap_or(u64::MAX))
            .read_to_end(&mut reply.body)?;
        reply.headers.push(("connection".to_owned(), "close".to_owned()));
    }
    Ok(reply)
}

/// Reads one chunk; false at the last.
fn read_chunk(stream: &mut impl BufRead, body: &mut Vec<u8>) -> io::Result<bool> {
    let line = read_line(stream)?;
    let size = line.split(';').next().unwrap_or_default().trim();
    let size = usize::from_str_radix(size, 16).map_err(|_| malformed("a bad chunk"))?;
    read_exactly(stream, size, body)?;
    read_line(stream)?;
    Ok(size > 0)
}

fn read_exactly(stream: &mut impl BufRead, length: usize, body: &mut Vec<u8>) -> io::Result<()> {
    if length.saturating_add(body.len()) > LARGEST {
        return Err(malformed("an answer that is too large"));
    }
    let wanted = u64::try_from(length).unwrap_or(u64::MAX);
    let got = stream.take(wanted).read_to_end(body)?;
    if got == length {
        Ok(())
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

fn read_line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    let count = stream.take(16 << 10).read_line(&mut line)?;
    if count == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    line.truncate(line.trim_end().len());
    Ok(line)
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("not HTTP: {what}"))
}

/// A form's body: `a=1&b=%20`.
pub fn form(fields: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    pairs.join("&")
}

fn encode(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> io::Result<Reply> {
        read_reply(&mut text.as_bytes(), "GET")
    }

    #[test]
    fn answers_of_all_three_lengths_are_read() {
        let known = parsed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokMORE").unwrap();
        assert_eq!((known.status, known.text().as_str()), (200, "ok"));
        let chunked =
            "HTTP/1.1 402 X\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n";
        let chunked = parsed(chunked).unwrap();
        assert_eq!((chunked.status, chunked.text().as_str()), (402, "abcde"));
        let open = parsed("HTTP/1.0 200 OK\r\n\r\nto the end").unwrap();
        assert_eq!(
            (open.text().as_str(), open.header("connection")),
            ("to the end", Some("close"))
        );
    }

    #[test]
    fn half_an_answer_is_an_error() {
        assert!(parsed("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok").is_err());
        assert!(parsed("HTTP/1.1 200 OK\r\n").is_err());
        assert!(parsed("").is_err());
    }

    #[test]
    fn forms_are_escaped() {
        assert_eq!(
            form(&[("enabled_events[]", "*"), ("url", "a b")]),
            "enabled_events%5B%5D=%2A&url=a%20b"
        );
    }
}
