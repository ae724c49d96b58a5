//! The files of the pages, carried in the binary, compressed when they were built.

use std::{borrow::Cow, sync::LazyLock};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;

use super::compress::accepts;

/// What `cargo xtask pages` made of the widget.
#[derive(RustEmbed)]
#[folder = "../dist"]
#[allow_missing = true]
struct Pages;

/// The widget's texts, one file a language.
#[derive(RustEmbed)]
#[folder = "../public/texts"]
#[allow_missing = true]
struct Texts;

/// The widget's page, before anything is filled in, and what it refers to.
pub struct Template {
    /// The page.
    pub html: String,
    /// Its style sheet, which goes into the page: a first paint waits for nothing else.
    pub style: String,
    /// The address of `boot.js`.
    pub boot: String,
    /// The address of `form.js`, which bookings need.
    pub form: String,
    /// The program of a booking: its address without `.js` and `.wasm`.
    pub book: String,
    /// The program of a visit link.
    pub visit: String,
}

/// The widget's page, if the binary was built with one.
pub static TEMPLATE: LazyLock<Option<Template>> = LazyLock::new(|| {
    let text = |name| Some(String::from_utf8_lossy(&Pages::get(name)?.data).into_owned());
    let script = |name| hashed(name, Pages::iter().map(|file| file.into_owned()));
    let program = |name| Some(script(name)?.trim_end_matches(".js").to_owned());
    Some(Template {
        html: text("index.html")?,
        style: text("style.css")?,
        boot: script("boot")?,
        form: script("form")?,
        book: program("book")?,
        visit: program("visit")?,
    })
});

/// The texts of a language as JSON, or `None` where there are none.
#[must_use]
pub fn texts(language: &str) -> Option<Cow<'static, [u8]>> {
    Texts::get(&format!("{language}.json")).map(|file| file.data)
}

/// Answers a request for a file.
pub async fn answer(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let name = uri.path().trim_start_matches('/');
    let sidecar = |encoding: &'static str, ending: &str| {
        accepts(&headers, encoding)
            .then(|| Pages::get(&format!("{name}{ending}")))
            .flatten()
            .map(|f| (encoding, f))
    };
    let visible =
        !name.is_empty() && name != "index.html" && !name.ends_with(".br") && !name.ends_with(".gz");
    let plain = if visible { Pages::get(name) } else { None };
    let Some(plain) = plain else {
        return (StatusCode::NOT_FOUND, "There is nothing at this address.\n").into_response();
    };
    match sidecar("br", ".br").or_else(|| sidecar("gzip", ".gz")) {
        Some((encoding, small)) => file(name, Some(encoding), small.data),
        None => file(name, None, plain.data),
    }
}

fn file(name: &str, encoding: Option<&'static str>, bytes: Cow<'static, [u8]>) -> Response {
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(name)));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    // A name with a hash never means anything else. Others (embed.js) are asked about again after five minutes.
    let cache = if is_hashed(name) {
        "public, max-age=31536000, immutable"
    } else {
        "public, max-age=300"
    };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    // Any salon's page may load embed.js.
    headers.insert(
        "cross-origin-resource-policy",
        HeaderValue::from_static("cross-origin"),
    );
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    *response.body_mut() = match bytes {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    };
    response
}

/// Whether a name holds a hash of the content: `-` and 16 hexadecimal digits before an ending.
fn is_hashed(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let hash = |part: &str| part.len() == 16 && part.bytes().all(|b| b.is_ascii_hexdigit());
    stem.rsplit('-').next().is_some_and(hash)
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "html" => "text/html; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// The address of the script with this name and a hash.
fn hashed(name: &str, mut files: impl Iterator<Item = String>) -> Option<String> {
    let is_it = |file: &String| {
        let rest = file
            .strip_prefix(name)
            .filter(|rest| rest.starts_with('-') && rest.ends_with(".js"));
        rest.is_some() && is_hashed(file)
    };
    files.find(is_it).map(|file| ["/", &file].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_found_by_its_name_whatever_its_hash() {
        let files = [
            "boot-0123456789abcdef.js.br",
            "bootless-0123456789abcdef.js",
            "boot-0123456789abcdef.js",
            "embed.js",
        ];
        let find = |name| hashed(name, files.into_iter().map(str::to_owned));
        assert_eq!(find("boot").as_deref(), Some("/boot-0123456789abcdef.js"));
        assert_eq!(find("embed"), None);
    }

    #[test]
    fn only_a_hash_makes_a_name_immutable() {
        for (name, expected) in [
            ("booking-checkout-0123456789abcdef.js", true),
            ("visit-0123456789abcdef.wasm", true),
            ("boot-0123456789abcde.js", false),
            ("embed.js", false),
            ("booking-checkout.js", false),
        ] {
            assert_eq!(is_hashed(name), expected, "{name}");
        }
    }
}
