//! Compresses what is made afresh for a request: pages and answers. Files are compressed when they are built.

use std::io::Write as _;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};

/// Below this many bytes compressing saves less than it costs.
const WORTH_IT: usize = 1000;

/// Puts `bytes` into the answer, compressed if the client takes that.
pub fn fill(response: &mut Response, request: &HeaderMap, bytes: Vec<u8>) {
    response
        .headers_mut()
        .insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    let bytes = match bytes.len() > WORTH_IT && accepts(request, "br") {
        true => match brotli(&bytes) {
            Some(small) => {
                response
                    .headers_mut()
                    .insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
                small
            }
            None => bytes,
        },
        false => bytes,
    };
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    *response.body_mut() = Body::from(bytes);
}

/// Whether a client takes this encoding.
#[must_use]
pub fn accepts(request: &HeaderMap, encoding: &str) -> bool {
    let list = request
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    list.split(',').any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        name.trim() == encoding && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

fn brotli(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut small = Vec::with_capacity(bytes.len() / 3);
    // Quality 5: a page of 20 kB in half a millisecond.
    let mut writer = brotli::CompressorWriter::new(&mut small, 16 * 1024, 5, 20);
    writer.write_all(bytes).ok()?;
    drop(writer);
    Some(small)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_counts_when_it_is_named_and_not_refused() {
        for (list, expected) in [
            ("gzip, deflate, br", true),
            ("br;q=0.5", true),
            ("br;q=0, gzip", false),
            ("brotli", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, list.parse().unwrap());
            assert_eq!(accepts(&headers, "br"), expected, "{list}");
        }
    }
}
